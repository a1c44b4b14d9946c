"""What carries replication between two sites, and what Hyper-V Replica sends over it?"""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from msgspec import Struct

from drcheck.topology.base import Fact, Topology, Unknown
from drcheck.topology.hyperv import VmReplication
from drcheck.topology.hyperv_replica import by_hyperv
from drcheck.topology.sites import site_of

Way = tuple[str, str]
"""Names of the sites, from and to."""


class SiteLink(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """What somebody wrote down about the way between two sites. Key: their names in order, ``leeds<>london``."""

    ROLE: ClassVar[str] = "estate"
    SUBJECT: ClassVar[str] = "site link"

    name: str
    sites: tuple[str, str]
    """Names of the two sites, in order."""
    mbps: float
    """Megabits a second that replication may use each way, when throttling and all other use are taken off."""

    @property
    def bytes_per_second(self) -> float:
        """The same in bytes."""
        return self.mbps * 1e6 / 8


class Traffic(Struct, frozen=True, kw_only=True):
    """What was seen to be sent over a link, by way; ``doubts`` are replications whose way is not known."""

    ways: Mapping[Way, Sequence[VmReplication]]
    doubts: Sequence[Unknown]

    def require(self, topology: Topology) -> None:
        """Raise ``Unknown`` unless this is all there is, with figures for each."""
        topology.require(VmReplication)
        if self.doubts:
            raise self.doubts[0]
        for one in (one for sent in self.ways.values() for one in sent):
            if one.average_bytes is None or one.maximum_bytes is None or one.frequency_seconds <= 0:
                raise Unknown(f"{one.name} on {one.host} does not tell how much it sends (no cycle in its window)")


def traffic(topology: Topology, link: SiteLink) -> Traffic:
    """Every replication of Hyper-V's own engine that was seen to go over a link."""
    return topology.memo(("traffic", link.key), lambda: _traffic(topology, link))


def _traffic(topology: Topology, link: SiteLink) -> Traffic:
    first, second = link.sites
    ways: dict[Way, list[VmReplication]] = {(first, second): [], (second, first): []}
    doubts = []
    for one in topology.seen(VmReplication):
        try:
            if sends(one) and by_hyperv(topology, one):
                ways.get(_way(topology, one), []).append(one)
        except Unknown as unknown:
            doubts.append(unknown)
    return Traffic(ways=ways, doubts=doubts)


def _way(topology: Topology, one: VmReplication) -> Way:
    there = site_of(topology, one.current_replica_server or one.replica_server)
    return site_of(topology, one.host).name, there.name


def sends(one: VmReplication) -> bool:
    """Is this the side that sends? The host in the middle of a chain holds a replica, and sends the second hop."""
    return one.mode == "Primary" or (one.mode == "Replica" and one.relationship == "Extended")


def average(one: VmReplication) -> float:
    """Bytes a second of the current monitoring window; 0 where they were not told: at least so much."""
    return (one.average_bytes or 0) / one.frequency_seconds if one.frequency_seconds > 0 else 0.0


def peak(one: VmReplication) -> float:
    """Bytes a second of the largest cycle in that window; 0 where it was not told."""
    return (one.maximum_bytes or 0) / one.frequency_seconds if one.frequency_seconds > 0 else 0.0
