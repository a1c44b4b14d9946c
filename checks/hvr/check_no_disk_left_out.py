"""Does Hyper-V Replica copy every disk of a machine?"""

import re
from collections.abc import Iterator

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed
from drcheck.policy import Policy
from drcheck.topology.base import Topology, matches
from drcheck.topology.hyperv import HyperVVm, VmReplication
from drcheck.topology.hyperv_replica import by_hyperv
from drcheck.verdict import Severity

EXPECTED = "every disk of the VM, but those that estate.yaml excludes"
CHECKPOINT = re.compile(r"(_[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})?\.a(vhdx?)$")
"""What Hyper-V appends to a disk's name while the VM runs on a checkpoint's differencing disk."""


@check(
    "DR-HVR-004",
    "Hyper-V Replica leaves out no disk of a VM",
    severity=Severity.CRITICAL,
    why=(
        "Which disks are replicated is asked once, when replication is enabled, and a disk that comes later is not in "
        "it. The replica starts, and the data is not there."
    ),
    source="Microsoft, Set up Hyper-V Replica: choose replication VHDs; Microsoft, Set-VMReplication -ReplicatedDisks",
    remedy=(
        "Set-VMReplication -VMName <vm> -ReplicatedDisks (Get-VMHardDiskDrive -VMName <vm>); list page-file and "
        "scratch disks that may be lost under `policy: excluded_disks` in estate.yaml."
    ),
    controls=("NIST SP 800-53 CP-9", "ISO/IEC 27001:2022 A.8.13"),
)
def check_no_disk_left_out(replication: VmReplication, topology: Topology, policy: Policy) -> Outcome:
    """Compare, on the sending host, the disks that are attached with the disks that are replicated."""
    if not by_hyperv(topology, replication):
        raise NotApplicable(f"{replication.name} on {replication.host} is replicated by another engine than Hyper-V's")
    if replication.mode != "Primary":
        raise NotApplicable(f"{replication.host} does not send {replication.name}: the sending side tells of its disks")
    vm = topology.get(HyperVVm, f"{replication.vm_id}@{replication.host}")
    lost = sorted({*_excluded(replication, policy), *(_left_out(vm, replication, policy) if vm else ())})
    name = f"{replication.name} on {replication.host}"
    facts = (vm,) if vm else ()
    if lost:
        what = f"not replicated: {', '.join(lost)}"
        return failed(f"{name}: {what}; allowed: {EXPECTED}", observed=what, expected=EXPECTED, facts=facts)
    if vm is None:
        topology.require(HyperVVm, f"hyperv:{replication.seen.endpoint}")
        raise Unknown(f"{name} is replicated, and was no VM of that host when its VMs were listed")
    if not vm.disks or not replication.replicated_disks:
        raise Unknown(f"{name}: {len(vm.disks)} disks and {len(replication.replicated_disks)} replicated were told")
    what = f"{len(vm.disks)} disks, {len(replication.replicated_disks)} of them replicated"
    return passed(f"{name}: {what}", observed=what, expected=EXPECTED, facts=facts)


def _excluded(replication: VmReplication, policy: Policy) -> Iterator[str]:
    """What somebody chose to leave out, and nobody declared."""
    return (path for path in replication.excluded_disks if not matches(path, policy.excluded_disks))


def _left_out(vm: HyperVVm, replication: VmReplication, policy: Policy) -> Iterator[str]:
    """What is attached and in neither list; a physical disk that is passed through can be in none."""
    physical = {drive.path: drive.disk_number for drive in vm.drives if drive.disk_number is not None}
    yield from (f"physical disk {number}" for number in physical.values())
    if not replication.replicated_disks:
        return
    known = {_plain(path) for path in (*replication.replicated_disks, *replication.excluded_disks)}
    for path in vm.disks:
        if path not in physical and _plain(path) not in known and not matches(path, policy.excluded_disks):
            yield path


def _plain(path: str) -> str:
    return CHECKPOINT.sub(r".\3", path.lower())
