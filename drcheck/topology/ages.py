"""How old is a moment that an endpoint reported, and how sure can we be of that?"""

from datetime import datetime

from msgspec import Struct

from drcheck.topology.base import Clock, Topology, Unknown


class Age(Struct, frozen=True, kw_only=True):
    """An age at the end of discovery, in seconds, with the bound on its error."""

    seconds: float
    uncertainty: float = 0.0

    def exceeds(self, limit: float) -> bool:
        """Is it certainly above a limit, or certainly not?

        Raises:
            Unknown: the limit lies within the uncertainty of the clocks.
        """
        if self.seconds - self.uncertainty > limit:
            return True
        if self.seconds + self.uncertainty <= limit:
            return False
        raise Unknown(
            f"an age of {self.seconds:.0f} s ± {self.uncertainty:.0f} s is too close to {limit:.0f} s to call"
        )


def age_of(topology: Topology, when: datetime, endpoint: str, tolerance: float) -> Age:
    """The age of a moment told by an endpoint, corrected by how far that endpoint's clock was off.

    Args:
        topology: gives the end of discovery and the measured clocks.
        when: the moment, UTC on the endpoint's clock.
        endpoint: who told it, as in ``Seen.endpoint``.
        tolerance: how far in the future a moment may lie, in seconds, and still count as now.

    Raises:
        Unknown: the moment lies further in the future, which proves a wrong clock and nothing else.
    """
    clock = clock_of(topology, endpoint)
    offset = clock.offset_seconds if clock else 0.0
    seconds = (topology.as_of - when).total_seconds() + offset
    if seconds < -tolerance:
        raise Unknown(f"{endpoint} reports {when.isoformat()}, {-seconds:.0f} s in the future: a clock is wrong")
    return Age(seconds=max(0.0, seconds), uncertainty=clock.uncertainty_seconds if clock else 0.0)


def clock_of(topology: Topology, endpoint: str) -> Clock | None:
    """What was measured of an endpoint's clock."""
    return topology.memo("clocks", lambda: {one.endpoint: one for one in reversed(topology.clocks)}).get(endpoint)
