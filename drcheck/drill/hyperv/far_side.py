"""How a drill talks to the machines and the vault it changes: one thin adapter per protocol."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from drcheck.drill.guest.scripts import act_script
from drcheck.drill.timing.measurement import Moment
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

    def turned(self, good: Callable[[Mapping[str, Any]], bool], floor: datetime) -> Moment | None:
        """When it turned good: between the start of the look before the first good one and that one's end.

        ``floor`` is when, on our clock, it cannot have been good yet; it stands in when the very first look is good.
        """
        slack = timedelta(seconds=self.uncertainty)
        for row in self.rows:
            if good(row):
                by = self._ours(row["utc"]) + slack
                before = row.get("previous_utc")
                after = floor if before is None else max(floor, self._ours(before) - slack)
                return Moment(after=min(after, by), by=by)
        return None

    def last(self, name: str) -> str:
        """The newest value of a field, as text."""
        return str(self.rows[-1].get(name, "")) if self.rows else "nothing was observed"

    def _ours(self, text: str) -> datetime:
        return _utc(text) - self.offset


@dataclass(kw_only=True)
class Windows:
    """One Windows machine."""

    endpoint: WinRmEndpoint
    now: Callable[[], datetime]
    offset: timedelta = timedelta(0)
    clock_uncertainty: float = 0.0

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
        answer = act(self.endpoint, act_script(), verb, args, now=self.now, seconds=seconds)
        self.offset = timedelta(seconds=answer.clock.offset_seconds)
        self.clock_uncertainty = answer.clock.uncertainty_seconds
        return answer.rows


def _utc(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
