"""How far behind was a machine's copy over the last weeks? What earlier runs wrote down."""

from datetime import datetime
from typing import ClassVar

from msgspec import Struct

from drcheck.topology.base import Fact


class RpoLevel(Struct, frozen=True, kw_only=True, gc=False):
    """A sample, and for how long it stands: until the next one, or for one and a half intervals at most."""

    lag_seconds: int
    held_seconds: int


class RpoHistory(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """The recovery points of one machine's copy over a window. Key: its VM id."""

    ROLE: ClassVar[str] = "estate"
    SUBJECT: ClassVar[str] = "RPO history"
    GROWS: ClassVar[bool] = True

    vm_id: str
    name: str
    since: datetime
    """The first sample there is of it, which may lie before the window."""
    last: datetime
    """The last one."""
    window_seconds: int
    levels: tuple[RpoLevel, ...]
    """In order of time. Of several samples in one interval the worst stands."""

    @property
    def covered_seconds(self) -> int:
        """How much of the window samples stand for."""
        return sum(level.held_seconds for level in self.levels)

    def violation_seconds(self, target: float) -> int:
        """For how long it was further behind than that."""
        return sum(level.held_seconds for level in self.levels if level.lag_seconds > target)

    def percentile(self, share: float) -> int:
        """The lag that was not exceeded for that share of the time samples stand for; 0 without samples."""
        wanted, passed = self.covered_seconds * share, 0
        for level in sorted(self.levels, key=lambda one: one.lag_seconds):
            passed += level.held_seconds
            if passed >= wanted:
                return level.lag_seconds
        return 0
