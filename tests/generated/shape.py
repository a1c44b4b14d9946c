"""What a drawn estate is to consist of, in numbers; a failing example can be pasted into a test as it is printed."""

from hypothesis import strategies as st
from msgspec import Struct

SITE_RECOVERY, REPLICA, GROUP = "site-recovery", "hyperv-replica", "availability-group"
PLANNED = 90
"""Machines of an application; Site Recovery takes 100 in a plan."""


class App(Struct, frozen=True):
    """An application: its tier, its machines, whether it needs the one before it and shares a plan with it."""

    method: str = SITE_RECOVERY
    tier: int = 1
    vms: int = 1
    needs: bool = False
    joins: bool = False


class Deployment(Struct, frozen=True):
    """A standalone VMM server with its vault, its hosts at two sites and what runs on them."""

    apps: tuple[App, ...] = ()
    spare: int = 0
    """Machines of no application."""
    virtual: bool = True
    """VMM runs in a machine that is replicated; else it is physical."""
    controller: bool = False
    """There is a domain controller among the machines."""
    pairs: int = 1
    """Clusters, each over both sites."""
    nodes: int = 1
    """Hosts of each cluster at each site."""
    clouds: int = 1
    clustered: bool = False
    """There is a highly available VMM server besides, with its database in an availability group."""
    groups: int = 0
    """More availability groups, each with an application."""

    @property
    def vms(self) -> int:
        """How many machines there are; replicas are not counted."""
        return sum(app.vms for app in self.apps) + self.spare + self.virtual + self.controller


class Shape(Struct, frozen=True):
    """A whole estate. ``apart``: every deployment has sites and an Azure region of its own."""

    deployments: tuple[Deployment, ...] = (Deployment(),)
    apart: bool = False

    @property
    def vms(self) -> int:
        """How many machines there are in all."""
        return sum(one.vms for one in self.deployments)


@st.composite
def shapes(draw: st.DrawFn, smallest: int, largest: int) -> Shape:
    """Estates with so many machines."""
    vms = draw(st.integers(smallest, largest))
    count = draw(st.integers(1, 4 if vms > 60 else 1 + (vms > 8)))
    shares = _shares(draw, vms, count)
    return Shape(tuple(draw(_deployments(share)) for share in shares), draw(st.booleans()))


def _shares(draw: st.DrawFn, whole: int, parts: int) -> list[int]:
    """Numbers that add up to the whole."""
    cuts = sorted(draw(st.lists(st.integers(0, whole), min_size=parts - 1, max_size=parts - 1)))
    return [high - low for low, high in zip([0, *cuts], [*cuts, whole], strict=True)]


@st.composite
def _deployments(draw: st.DrawFn, vms: int) -> Deployment:
    virtual = vms > 0 and draw(st.booleans())
    controller = vms > virtual and draw(st.booleans())
    rest = vms - virtual - controller
    spare = draw(st.integers(0, min(rest, 4)))
    rest -= spare
    least = -(-rest // PLANNED)
    sizes = _sizes(draw, rest, draw(st.integers(least, max(least, min(rest, 8)))))
    return Deployment(
        apps=tuple(draw(_apps(size)) for size in sizes),
        spare=spare,
        virtual=virtual,
        controller=controller,
        pairs=draw(st.integers(1, 3)),
        nodes=draw(st.integers(1, 3)),
        clouds=draw(st.integers(1, 3)),
        clustered=draw(st.booleans()),
        groups=draw(st.integers(0, 2)),
    )


def _sizes(draw: st.DrawFn, whole: int, parts: int) -> list[int]:
    """Shares of which none is empty and none larger than a plan may be."""
    sizes = []
    for left in range(parts, 0, -1):
        low, high = max(1, whole - (left - 1) * PLANNED), min(PLANNED, whole - (left - 1))
        sizes.append(draw(st.integers(low, high)))
        whole -= sizes[-1]
    return sizes


def _apps(size: int) -> st.SearchStrategy[App]:
    return st.builds(
        App,
        method=st.sampled_from([SITE_RECOVERY, SITE_RECOVERY, REPLICA]),
        tier=st.integers(1, 3),
        vms=st.just(size),
        needs=st.booleans(),
        joins=st.booleans(),
    )
