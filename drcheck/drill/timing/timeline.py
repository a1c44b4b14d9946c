"""How was the time of a drill spent? Phases one after another, on one clock."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import pairwise

from msgspec import Struct, structs

from drcheck.drill.timing.measurement import Moment
from drcheck.verdict import Phase

SHOWN_SECONDS = 0.5
"""Less is shown as no time at all."""
FAILOVER = "failover"
PREPARE = "prepare"
STAGES = ("boot", "network", "service", "application")
"""What a copy goes through once it exists, in order."""
STAGE_OF = {
    "heartbeat": "boot",
    "boot-time": "boot",
    "dns": "network",
    "tcp": "network",
    "service": "service",
    "ad": "service",
}
"""The stage that ends when a probe of a kind is green; any other kind tells that the application is there."""


class FarClock(Struct, frozen=True, kw_only=True):
    """How far another clock was ahead of ours, in seconds, and how sure that is."""

    endpoint: str
    offset_seconds: float
    uncertainty_seconds: float


class Detail(Struct, frozen=True, kw_only=True):
    """A stretch inside a phase, as the far side tells it; moments are on our clock, UTC."""

    name: str
    within: str
    """The phase."""
    started: datetime
    seconds: float
    uncertainty_seconds: float


class Point(Struct, frozen=True, kw_only=True):
    """The recovery point that a machine was brought up from."""

    vm: str
    """The machine's name."""
    at: Moment
    """The moment whose data it holds, on our clock."""
    type: str = ""
    """``crash-consistent`` or ``application-consistent``; empty: not told."""
    source: str = "platform"
    """Who says so: ``platform``, ``sentinel`` or ``lag``."""


class Timeline:
    """Phases as they pass. ``requested`` is t0: the moment the failover was asked for.

    Args:
        now: gives the time, UTC.
        say: told the name of each phase as it starts.
    """

    def __init__(self, now: Callable[[], datetime], say: Callable[[str], None]) -> None:
        self._now = now
        self._say = say
        self._began = now()
        self._greens: list[tuple[str, Moment]] = []
        self.phases: list[Phase] = []
        self.details: list[Detail] = []
        self.clocks: dict[str, FarClock] = {}
        """Clocks of others that figures rest on, by endpoint; the last look at each."""
        self.points: list[Point] = []
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

    def sign(self, by: str, owner: str = "") -> None:
        """Note who said that the newest phase was done, and whose it was."""
        self.phases[-1] = structs.replace(self.phases[-1], by=by, owner=owner)

    def declare(self, name: str, seconds: float, owner: str = "") -> None:
        """Add a duration that nobody measures here: a person's step of the recovery sequence."""
        if seconds > 0:
            phase = Phase(name=name, started=self._now(), seconds=seconds, declared=True, owner=owner)
            self.phases.append(phase)

    def request(self) -> datetime:
        """Set t0 to now. What came before is preparation, which a drill needs and a disaster does not wait for."""
        self.requested = self._now()
        passed = (self.requested - self._began).total_seconds()
        self.phases.append(Phase(name=PREPARE, started=self._began, seconds=passed))
        return self.requested

    def green(self, moment: Moment, kind: str = "") -> None:
        """A mandatory probe turned green at that moment; the last one counts, either of two that overlap.

        Args:
            moment: when, on our clock.
            kind: of the probe; decides the stage that it ends.
        """
        self._greens.append((STAGE_OF.get(kind, STAGES[-1]), moment))
        if self.ready is not None:
            moment = Moment(after=max(self.ready.after, moment.after), by=max(self.ready.by, moment.by))
        self.ready = moment

    def heard(self, endpoint: str, offset_seconds: float, uncertainty_seconds: float) -> None:
        """Note how far another clock was ahead of ours."""
        self.clocks[endpoint] = FarClock(
            endpoint=endpoint, offset_seconds=offset_seconds, uncertainty_seconds=uncertainty_seconds
        )

    def last(self, name: str) -> Phase:
        """The last phase of that name that is over; ``StopIteration`` when there is none."""
        return next(phase for phase in reversed(self.phases) if phase.name == name)

    def since_request(self, moment: Moment) -> float:
        """Seconds from t0 to a moment's best estimate."""
        assert self.requested is not None, "nothing can be measured before the request"  # noqa: S101 - order of calls
        return (moment.middle - self.requested).total_seconds()

    @property
    def counted(self) -> tuple[Phase, ...]:
        """The phases that make up the RTO: they fill the time from t0 to ready, and the others come on top.

        On top are the declared ones, and what somebody did when everything was ready, and confirmed. What happened
        inside a phase and has a name of its own (somebody confirmed something) is not the phase's.
        """
        if self.requested is None:
            return ()
        ready = self.ready
        said = [one for one in self.phases if one.declared or (one.by and ready and one.started >= ready.by)]
        done = [phase for phase in self.phases if not phase.declared and phase.started >= self.requested]
        if self.ready is None:
            return (*done, *said)
        return (*_filled(self.requested, self.ready.middle, [*self._stages(done), *_work(done)]), *said)

    def _stages(self, done: Sequence[Phase]) -> Iterator[Phase]:
        """From the copy's existence to ready, by the probes that turned green."""
        assert self.ready is not None, "stages end with ready"  # noqa: S101 - order of calls
        at = max((_end(phase) for phase in done if phase.name == FAILOVER), default=self.requested)
        names = [name for name in STAGES if any(stage == name for stage, _ in self._greens)]
        for name in names:
            green = max(moment.middle for stage, moment in self._greens if stage == name)
            end = self.ready.middle if name == names[-1] else min(green, self.ready.middle)
            if at is not None and end > at:
                yield Phase(name=name, started=at, seconds=(end - at).total_seconds())
                at = end


def _work(done: Sequence[Phase]) -> Iterator[Phase]:
    """The failover, and what was done in its course: later ones lie inside earlier ones."""
    over = max((_end(phase) for phase in done if phase.name == FAILOVER), default=None)
    if over is not None:
        yield from sorted((one for one in done if one.started < over), key=lambda one: one.started)


def _filled(start: datetime, end: datetime, phases: Sequence[Phase]) -> Iterator[Phase]:
    """The stretch from start to end in one phase after another; of several at one time the last given has it.

    What is in none of them is ``other``; if it is too short to be shown it goes to the phase before it, or after it.
    """
    edges = {min(max(edge, start), end) for one in phases for edge in (one.started, _end(one))}
    name, since = "", start
    for begins, ends in pairwise(sorted({start, *edges, end})):
        here = [one.name for one in phases if one.started <= begins and _end(one) >= ends]
        if not here and phases and (ends - begins).total_seconds() < SHOWN_SECONDS:
            continue
        mine = here[-1] if here else "other"
        if name and mine != name:
            yield Phase(name=name, started=since, seconds=(begins - since).total_seconds())
            since = begins
        name = mine
    if name:
        yield Phase(name=name, started=since, seconds=(end - since).total_seconds())


def _end(phase: Phase) -> datetime:
    return phase.started + timedelta(seconds=phase.seconds)
