"""For how long would a machine, or a site, be without a replica while everything is sent again?"""

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed
from drcheck.policy import Policy, human
from drcheck.topology.base import Topology
from drcheck.topology.declared import Site
from drcheck.topology.hyperv import VmReplication
from drcheck.topology.links import SiteLink, Traffic, Way, average, traffic
from drcheck.topology.volumes import disk_at
from drcheck.topology.windows_host import VirtualHardDisk
from drcheck.verdict import Severity

GIB = 1 << 30


@check(
    "DR-BWC-003",
    "Sending the largest machine, and all machines of a site, again takes no longer than may be borne",
    severity=Severity.MEDIUM,
    why=(
        "After a resynchronisation, and after a real failover on the way back, everything is sent again. Until it has "
        "arrived there is no second copy."
    ),
    source="Microsoft, Hyper-V Replica capacity planning; Set up Hyper-V Replica: initial replication methods",
    remedy=(
        "Seed the first copy offline (Start-VMInitialReplication -DestinationPath), add bandwidth, or plan the way "
        "back in batches; correct `links` in estate.yaml when it is out of date."
    ),
    controls=("NIST SP 800-53 CP-10", "DORA Art. 12", "ISO/IEC 27001:2022 A.5.30"),
)
def check_resync_in_time(link: SiteLink, topology: Topology, policy: Policy) -> Outcome:
    """The files of replicated disks over what the link has left beside the present changes, each way.

    The size of a file is what is sent at most: a resynchronisation compares first and may send less. Compression, which
    shortens it, and the time that the comparison takes are not counted.
    """
    if any(site.role == "azure" for site in topology.seen(Site) if site.name in link.sites):
        raise NotApplicable(f"{link.name}: what Site Recovery sends to Azure is told by nothing that is read")
    expected = f"{human(policy.resync_machine_max)} for a machine, {human(policy.resync_site_max)} for a site"
    seen = traffic(topology, link)
    ways = [way for way, sent in seen.ways.items() if sent]
    late = [word for way in ways for word in _late(way, seen, link, topology, policy)]
    if late:
        what = "; ".join(late)
        return failed(f"{link.name}: {what}; allowed: {expected}", observed=what, expected=expected)
    seen.require(topology)
    if not ways:
        raise NotApplicable(f"{link.name}: no Hyper-V host replicates over it")
    for one in (one for way in ways for one in seen.ways[way]):
        _prove_size(one, topology)
    doubtful = [word for way in ways for word in _late(way, seen, link, topology, policy, most=True)]
    if doubtful:
        raise Unknown(f"{link.name}: by the sizes that disks with checkpoints may have, {'; '.join(doubtful)}")
    what = "; ".join(_described(way, seen, link, topology) for way in ways)
    return passed(f"{link.name}: {what}; allowed: {expected}", observed=what, expected=expected)


def _late(
    way: Way, seen: Traffic, link: SiteLink, topology: Topology, policy: Policy, *, most: bool = False
) -> list[str]:
    """What takes too long for certain: with the changes and the sizes that were seen, there can only be more."""
    found = [
        f"{one.name} ({size / GIB:.0f} GiB) takes {_span(size, spare)} from {way[0]} to {way[1]}"
        for one in seen.ways[way]
        if (size := _size(one, topology, most=most))
        and _exceeds(size, spare := _spare(way, seen, link), policy.resync_machine_max)
    ]
    total, spare = sum(_size(one, topology, most=most) for one in seen.ways[way]), _spare(way, seen, link)
    if _exceeds(total, spare, policy.resync_site_max):
        found.append(f"all of {way[0]} ({total / GIB:.0f} GiB) takes {_span(total, spare)} to {way[1]}")
    return found


def _described(way: Way, seen: Traffic, link: SiteLink, topology: Topology) -> str:
    sizes, spare = [_size(one, topology) for one in seen.ways[way]], _spare(way, seen, link)
    return (
        f"from {way[0]} to {way[1]} the largest takes {_span(max(sizes), spare)}, all take {_span(sum(sizes), spare)}"
    )


def _spare(way: Way, seen: Traffic, link: SiteLink) -> float:
    """Bytes a second that the present changes leave."""
    return max(0.0, link.bytes_per_second - sum(map(average, seen.ways[way])))


def _exceeds(size: int, spare: float, limit: int) -> bool:
    return size > spare * limit


def _span(size: int, spare: float) -> str:
    return human(size / spare) if spare else "for ever"


def _size(one: VmReplication, topology: Topology, *, most: bool = False) -> int:
    """Bytes of the files of its replicated disks that were seen; at ``most`` where only a checkpoint's file was."""
    found = (disk_at(topology, one.host, path) for path in one.replicated_disks)
    return sum(max(disk.file_bytes, disk.size_bytes if most and disk.parent_path else 0) for disk in found if disk)


def _prove_size(one: VmReplication, topology: Topology) -> None:
    lost = [path for path in one.replicated_disks if disk_at(topology, one.host, path) is None]
    if lost or not one.replicated_disks:
        topology.require(VirtualHardDisk, f"{VirtualHardDisk.ROLE}:{one.seen.endpoint}")
        raise Unknown(f"{one.name} on {one.host}: the size of {', '.join(lost) or 'its disks'} was not told")
