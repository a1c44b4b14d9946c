"""How was the time of a drill spent? Phases one after another, on one clock."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from drcheck.drill.measurement import Moment
from drcheck.verdict import Phase


class Timeline:
    """Phases as they pass. ``requested`` is t0: the moment the failover was asked for.

    Args:
        now: gives the time, UTC.
        say: told the name of each phase as it starts.
    """

    def __init__(self, now: Callable[[], datetime], say: Callable[[str], None]) -> None:
        self._now = now
        self._say = say
        self.phases: list[Phase] = []
        self.requested: datetime | None = None
        self.ready: Moment | None = None

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Time a stretch of work, whatever becomes of it."""
        started = self._now()
        self._say(name)
        try:
            yield
        finally:
            self.phases.append(Phase(name=name, started=started, seconds=(self._now() - started).total_seconds()))

    def declare(self, name: str, seconds: float) -> None:
        """Add a duration that nobody measures here: a person's step of the recovery sequence."""
        if seconds > 0:
            self.phases.append(Phase(name=name, started=self._now(), seconds=seconds, declared=True))

    def request(self) -> datetime:
        """Set t0 to now."""
        self.requested = self._now()
        return self.requested

    def green(self, moment: Moment) -> None:
        """A mandatory probe turned green at that moment; the last one counts, either of two that overlap."""
        if self.ready is not None:
            moment = Moment(after=max(self.ready.after, moment.after), by=max(self.ready.by, moment.by))
        self.ready = moment

    def since_request(self, moment: Moment) -> float:
        """Seconds from t0 to a moment's best estimate."""
        assert self.requested is not None, "nothing can be measured before the request"  # noqa: S101 - order of calls
        return (moment.middle - self.requested).total_seconds()

    @property
    def counted(self) -> tuple[Phase, ...]:
        """The phases that belong to the RTO: from t0 on, and the declared ones."""
        if self.requested is None:
            return ()
        requested = self.requested
        return tuple(phase for phase in self.phases if phase.declared or phase.started >= requested)
