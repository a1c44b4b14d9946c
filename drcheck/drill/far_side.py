"""How a drill talks to the machines and the vault it changes: one thin adapter per protocol."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from drcheck.discovery.driver import windows_endpoint
from drcheck.drill.measurement import Moment
from drcheck.estate import Estate
from drcheck.transport.winrm import WinRmEndpoint, act

ACT_SECONDS = 120.0
MARGIN_SECONDS = 60.0
"""What a watched verb may take beyond the time it was told to watch."""


@dataclass(frozen=True, kw_only=True)
class Watched:
    """What a streaming verb told, in order, with the far side's own times, and the clock relation to read them by."""

    rows: Sequence[Mapping[str, Any]]
    offset: timedelta
    uncertainty: float

    def turned(self, good: Callable[[Mapping[str, Any]], bool]) -> Moment | None:
        """When the first good observation was made: between the observation before it and itself."""
        for row in self.rows:
            if good(row):
                by = _utc(row["utc"]) - self.offset
                before = row.get("previous_utc")
                after = by if before is None else _utc(before) - self.offset
                return Moment(after=after, by=by).widened(self.uncertainty)
        return None

    def last(self, name: str) -> str:
        """The newest value of a field, as text."""
        return str(self.rows[-1].get(name, "")) if self.rows else "nothing was observed"


@dataclass(kw_only=True)
class Windows:
    """One Windows machine."""

    endpoint: WinRmEndpoint
    script: str
    now: Callable[[], datetime]
    offset: timedelta = timedelta(0)
    clock_uncertainty: float = 0.0
    _rows: list[Mapping[str, Any]] = field(default_factory=list)

    def act(self, verb: str, **args: object) -> list[dict[str, Any]]:
        """Send one verb, once, and return its rows."""
        return self._send(verb, args, ACT_SECONDS)

    def watch(self, verb: str, *, seconds: float, **args: object) -> Watched:
        """Send a verb that observes for up to some seconds."""
        rows = self._send(verb, {**args, "seconds": seconds}, seconds + MARGIN_SECONDS)
        return Watched(rows=rows, offset=self.offset, uncertainty=self.clock_uncertainty)

    def to_our_clock(self, moment: datetime) -> datetime:
        """A time of the far side's clock on ours."""
        return moment - self.offset

    def _send(self, verb: str, args: Mapping[str, object], seconds: float) -> list[dict[str, Any]]:
        answer = act(self.endpoint, self.script, verb, args, now=self.now, seconds=seconds)
        self.offset = timedelta(seconds=answer.clock.offset_seconds)
        self.clock_uncertainty = answer.clock.uncertainty_seconds
        return answer.rows


def _utc(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
