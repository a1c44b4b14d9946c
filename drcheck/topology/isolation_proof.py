"""What did a canary reach from inside a drill network?

A port that is refused has answered: the packet went there, and the refusal came back. A name that is not resolved
proves nothing, as nothing was sent.
"""

from collections.abc import Iterator
from datetime import datetime

from msgspec import Struct

SILENT = ("timed-out", "unreachable")
"""Outcomes of an attempt that nothing came back to."""
ANSWERED = ("open", "refused")


class NetworkTry(Struct, frozen=True, kw_only=True, gc=False):
    """One attempt to connect."""

    host: str
    port: int
    must_reach: bool
    """A control of the drill network; else a sentinel of production, which must not answer."""
    outcome: str
    """``open``, ``refused``, ``timed-out``, ``unreachable``, ``name-not-resolved`` or ``failed``."""
    name: str = ""
    """What people call the host; empty: nothing else."""

    @property
    def end(self) -> str:
        """``host:port``, as it is declared."""
        return f"{self.host}:{self.port}"

    @property
    def label(self) -> str:
        """As people read it."""
        return f"{self.name} ({self.end})" if self.name else self.end

    @property
    def reached(self) -> bool:
        """Did a sentinel of production answer?"""
        return not self.must_reach and self.outcome in ANSWERED

    @property
    def problem(self) -> str:
        """What is wrong with it; empty when it is as it has to be."""
        if self.must_reach:
            lost = f"does not reach its control {self.label} ({self.outcome}), so that silence means nothing"
            return "" if self.outcome == "open" else lost
        if self.outcome in SILENT:
            return ""
        if self.outcome == "open":
            return f"reached {self.label}"
        if self.outcome == "refused":
            return f"was answered by {self.label}, which refused the port: packets find their way there and back"
        return f"could not try {self.label} ({self.outcome}), which proves nothing; declare an address"


class NetworkProof(Struct, frozen=True, kw_only=True, gc=False):
    """What one canary saw in one round."""

    network: str
    """The VNet's ARM id, or the switch's name."""
    canary: str
    at: datetime
    before: bool
    """Before anything was failed over, rather than while copies ran."""
    tries: tuple[NetworkTry, ...] = ()
    trouble: str = ""
    """Why it could not be asked; empty when it was."""
    inward: bool = False
    """Tried from production by the machine that ``canary`` names, to get in."""

    @property
    def problems(self) -> tuple[str, ...]:
        """Why the round proves no isolation; none when it does."""
        side = "production's" if self.inward else "canary"
        who = f"{side} {self.canary.rpartition('/')[2]}"
        if self.trouble:
            return (f"{who} could not be asked: {self.trouble}",)
        return tuple(
            f"{who} {problem}" for problem in (*self._untried(), *(one.problem for one in self.tries)) if problem
        )

    def _untried(self) -> Iterator[str]:
        if not any(one.must_reach for one in self.tries):
            yield "tried no control, so that silence means nothing"
        if all(one.must_reach for one in self.tries):
            yield "tried nothing of production, which proves nothing"
