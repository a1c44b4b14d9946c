"""Which calls to the simulated ARM go wrong, and how?"""

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

from drcheck.lab.chance import Chance

FaultKind = Literal["reset", "hang", "401", "403", "429", "500", "unregistered", "garbage", "truncated", "lost"]
"""``reset`` cuts the connection before anything happens; ``lost`` lets the call take effect and then cuts it.

``unregistered`` is the 409 upon which Microsoft's generated clients register the provider, unasked: a hidden write.
"""

AT_RANDOM: tuple[FaultKind, ...] = ("reset", "hang", "403", "429", "500", "garbage", "truncated", "lost")
"""What meets a call that goes wrong by chance."""


@dataclass(kw_only=True)
class Fault:
    """One way in which matching calls go wrong."""

    kind: FaultKind
    method: str = ""
    """HTTP method; empty for any."""
    path: str = ""
    """Regular expression searched in the call's path, ignoring case; empty for any."""
    skip: int = 0
    """This many matching calls go through first."""
    times: int | None = 1
    """This many calls fail after that; ``None`` for all."""
    retry_after: int | None = 1
    """Seconds in Retry-After of a 429; ``None`` leaves the header out."""

    def matches(self, method: str, path: str) -> bool:
        """Does it concern this call?"""
        return self.method.upper() in {"", method.upper()} and re.search(self.path, path, re.IGNORECASE) is not None


@dataclass(kw_only=True)
class Faults:
    """The faults in force, in the order in which they are tried."""

    pending: list[Fault] = field(default_factory=list)
    chance: Chance = field(default_factory=Chance)
    """What goes wrong besides."""
    calls: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Calls so far, by method and path with query."""

    def add(self, fault: Fault) -> None:
        """Put a fault in force."""
        self.pending.append(fault)

    def clear(self) -> None:
        """Let everything work again."""
        self.pending.clear()

    def take(self, method: str, path: str) -> Fault | None:
        """The fault that this call meets, counted as met; ``None`` when it meets none."""
        self.calls[method, path] += 1
        for fault in self.pending:
            if not fault.matches(method, path) or fault.times == 0:
                continue
            if fault.skip > 0:
                fault.skip -= 1
                continue
            if fault.times is not None:
                fault.times -= 1
            return fault
        drawn = self.chance.draw(AT_RANDOM, method, path)
        return next((Fault(kind=kind) for kind in AT_RANDOM if kind == drawn), None)
