"""Is a protected machine of a size, a shape and a name that Azure takes?"""

import re
from collections.abc import Iterator

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed
from drcheck.data.limits import limit
from drcheck.topology.azure_targets import TO_AZURE, by_provider
from drcheck.topology.base import Topology
from drcheck.topology.hyperv import HyperVVm
from drcheck.topology.site_recovery import ProtectedDisk, ProtectedItem
from drcheck.topology.workload import running
from drcheck.verdict import Severity

EXPECTED = "every disk, their number and the name within the limits of Site Recovery and Azure"
NAME = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?", re.IGNORECASE)


@check(
    "DR-ASR-002",
    "A protected item is within Azure's limits for its generation",
    severity=Severity.HIGH,
    why=(
        "A machine that outgrows a limit after it was protected fails over to an error, or replicates no more. The "
        "limits change with the service, which is why each is quoted with its document and date."
    ),
    source="Microsoft, Support matrix for disaster recovery of on-premises Hyper-V VMs to Azure, Azure VM requirements",
    remedy="Shrink or split the disk, give the target a name that Azure takes, or choose another method and record it.",
    controls=("NIST SP 800-53 CP-2(2)", "NIST SP 800-53 CP-10"),
)
def check_within_azure_limits(item: ProtectedItem, topology: Topology) -> Outcome:
    """Judge what the vault knows of disks and name. Guest systems, adapters per size and churn are not judged here."""
    if by_provider(item) != TO_AZURE:
        raise NotApplicable(f"{item.name} does not go to Azure ({item.provider})")
    if item.active_location == "Recovery":
        raise NotApplicable(f"{item.name} runs in Azure already")
    generations = {vm.generation for vm in running(topology, item.vm_id)}
    generation = next(iter(generations)) if len(generations) == 1 else None
    faults = [*_name(item), *_number(item), *(one for disk in item.disks for one in _size(disk, generation))]
    if faults:
        what = "; ".join(faults)
        return failed(f"{item.name}: {what}", observed=what, expected=EXPECTED)
    if not item.disks:
        raise Unknown(f"{item.name}: the vault tells no disks")
    for disk in item.disks:
        _prove_size(item, disk, generation, topology)
    what = f"{len(item.disks)} disks, the largest of {max(_gib(disk) for disk in item.disks)} GiB"
    return passed(f"{item.name}: {what}", observed=what, expected=EXPECTED)


def _name(item: ProtectedItem) -> Iterator[str]:
    name, longest = item.target.name or item.name, limit("site-recovery.name")
    if len(name) > longest.value:
        yield f"the name {name} has {len(name)} characters; allowed: {longest}"
    elif not NAME.fullmatch(name):
        yield f"the name {name} has characters that Azure refuses; allowed: letters, digits and hyphens between them"


def _number(item: ProtectedItem) -> Iterator[str]:
    most = limit("site-recovery.disks")
    if len(item.disks) > most.value:
        yield f"{len(item.disks)} disks; allowed: {most}"


def _size(disk: ProtectedDisk, generation: int | None) -> Iterator[str]:
    """The limit that a disk is above for certain, whatever is not known of it."""
    allowed = limit("site-recovery.disk")
    if disk.vhd_type == "OperatingSystem":
        allowed = limit(f"site-recovery.os-disk.generation-{1 if generation == 1 else 2}")
    if _gib(disk) > allowed.value:
        yield f"{disk.name} has {_gib(disk)} GiB; allowed: {allowed}"


def _prove_size(item: ProtectedItem, disk: ProtectedDisk, generation: int | None, topology: Topology) -> None:
    """Raise ``Unknown`` where what is not known of a disk decides."""
    if disk.size_mb is None:
        raise Unknown(f"{item.name}: the vault does not tell the size of {disk.name}")
    if disk.vhd_type == "Data" or _gib(disk) <= limit("site-recovery.os-disk.generation-1").value:
        return
    if disk.vhd_type != "OperatingSystem":
        raise Unknown(f"{item.name}: {disk.name} has {_gib(disk)} GiB, and may be the system's disk")
    if generation is None:
        topology.require(HyperVVm)
        raise Unknown(f"{item.name}: {disk.name} has {_gib(disk)} GiB, and the VM's generation is not known")


def _gib(disk: ProtectedDisk) -> int:
    """Rounded up."""
    return -(-(disk.size_mb or 0) // 1024)
