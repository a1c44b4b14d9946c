"""Is there room for the logs of replication when the link is down for a while, and is no resynchronisation due?"""

from collections.abc import Iterator

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed, warned
from drcheck.policy import Policy, human
from drcheck.topology.base import Topology
from drcheck.topology.hyperv import VmReplication
from drcheck.topology.hyperv_replica import by_hyperv
from drcheck.topology.volumes import Volume, disk_at, sent_from, volume_of
from drcheck.topology.windows_host import VirtualHardDisk
from drcheck.verdict import Severity

RESYNC = ("WaitingForStartResynchronize", "Resynchronizing", "ResynchronizeSuspended")
GIB = 1 << 30


@check(
    "DR-HVR-006",
    "The volumes of replicated disks have room for the replication logs, and no resynchronisation is due",
    severity=Severity.HIGH,
    why=(
        "While the replica cannot be reached, changes pile up in logs beside the disks. When a log is half as large as "
        "its disk, or the volume is full, everything has to be compared again, and meanwhile there is no replica."
    ),
    source="Microsoft, Hyper-V to Azure architecture (resynchronisation at 50 %); Set up Hyper-V Replica",
    remedy=(
        "Add space or move disks to another volume (Move-VMStorage); Resume-VMReplication -Resynchronize where it is "
        "due; Set-VMReplication -AutoResynchronizeEnabled $true with a span of the night."
    ),
    controls=("NIST SP 800-53 CP-2(2)", "NIST SP 800-53 CP-9", "ISO/IEC 27001:2022 A.8.6"),
)
def check_room_for_logs(replication: VmReplication, topology: Topology, policy: Policy) -> Outcome:
    """Free space of each volume that the machine sends disks from, against all that is sent from there.

    Half of the disks' sizes always suffices, for a log never grows beyond that. With less, the volume must hold what
    is pending and the changes of ``replication_outage`` at the average of the current monitoring window: peaks are
    not told, so that this is a warning at best. Where a machine's changes go that has disks on several volumes is not
    told either: such a machine proves no lack of room.
    """
    if not by_hyperv(topology, replication):
        raise NotApplicable(f"{replication.name} on {replication.host} is replicated by another engine than Hyper-V's")
    if replication.mode != "Primary":
        raise NotApplicable(f"{replication.host} does not send {replication.name}: logs are kept on the sending side")
    name = f"{replication.name} on {replication.host}"
    span = policy.replication_outage
    expected = f"room for {human(span)} of changes and better half of the disks' sizes, no resynchronisation due"
    if replication.state in RESYNC:
        what = f"state {replication.state}"
        return failed(f"{name}: {what}; allowed: {expected}", observed=what, expected=expected)
    volumes = _volumes(replication, topology)
    full = [fault for volume in volumes for fault in _full(volume, topology, span)]
    if full:
        what = "; ".join(full)
        return failed(f"{name}: {what}; allowed: {expected}", observed=what, expected=expected)
    narrow = [word for volume in volumes for word in _narrow(volume, topology, span)]
    if replication.auto_resync is None:
        raise Unknown(f"{name} does not tell whether a resynchronisation would start by itself")
    if not replication.auto_resync:
        narrow.append("a resynchronisation waits for somebody to start it")
    if narrow:
        what = "; ".join(narrow)
        return warned(f"{name}: {what}; better: {expected}", observed=what, expected=expected)
    what = ", ".join(f"{volume.name} has {volume.room / GIB:.0f} GiB free" for volume in volumes)
    return passed(f"{name}: {what}", observed=what, expected=expected, facts=tuple(one.fact for one in volumes))


def _volumes(replication: VmReplication, topology: Topology) -> list[Volume]:
    """The volumes of the disks that are sent, each once."""
    every = (volume_of(topology, replication.host, path) for path in replication.replicated_disks)
    found = {volume.fact.key: volume for volume in every}
    if not found:
        raise Unknown(f"{replication.name} on {replication.host} does not tell which disks are replicated")
    return list(found.values())


def _full(volume: Volume, topology: Topology, span: int) -> Iterator[str]:
    """What is certain: machines that have all of their disks here, and less room than half of what was seen."""
    sent = sent_from(topology, volume)
    need = sum(_growth(one, span) or 0 for one, paths in sent if len(paths) == len(one.replicated_disks))
    if volume.room < need and not _ample(volume, topology):
        yield f"{volume.name} has {volume.room / GIB:.1f} GiB free for {need / GIB:.1f} GiB of changes"


def _narrow(volume: Volume, topology: Topology, span: int) -> Iterator[str]:
    """Less than the logs can grow to; raises ``Unknown`` unless the changes are known to find room."""
    for host in volume.hosts:
        topology.require(VmReplication, f"hyperv:{host}")
    if _ample(volume, topology):
        return
    grown = [_growth(one, span) for one, _ in sent_from(topology, volume)]
    told = [one for one in grown if one is not None]
    if len(told) < len(grown) or sum(told) > volume.room:
        raise Unknown(f"{volume.name} has {volume.room / GIB:.1f} GiB free, and how much changes there is not told")
    yield f"{volume.name} has {volume.room / GIB:.1f} GiB free, less than half of the disks that are replicated from it"


def _ample(volume: Volume, topology: Topology) -> bool:
    """Is there room for half of every disk that is sent from here?"""
    half = topology.memo(("half of what is sent", volume.fact.key, volume.hosts), lambda: _half(volume, topology))
    return volume.room >= half


def _half(volume: Volume, topology: Topology) -> int:
    half = 0
    for one, paths in sent_from(topology, volume):
        for path in paths:
            disk = disk_at(topology, one.host, path)
            if disk is None:
                topology.require(VirtualHardDisk, f"hyperv:{one.host}")
                raise Unknown(f"{one.name} on {one.host}: the size of {path} was not told")
            half += disk.size_bytes // 2
    return half


def _growth(one: VmReplication, span: int) -> int | None:
    """Bytes that wait and would be added; ``None`` without a cycle in the window to take an average of."""
    if one.average_bytes is None or one.pending_bytes is None or one.frequency_seconds <= 0:
        return None
    return one.pending_bytes + one.average_bytes * span // one.frequency_seconds
