"""Does a protected machine have storage that Site Recovery cannot replicate?"""

from collections.abc import Iterator

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed
from drcheck.topology.azure_targets import TO_AZURE, by_provider
from drcheck.topology.base import Topology
from drcheck.topology.hyperv import HyperVVm
from drcheck.topology.site_recovery import ProtectedItem
from drcheck.topology.windows_host import VirtualHardDisk
from drcheck.topology.workload import running
from drcheck.verdict import Severity

EXPECTED = "virtual hard disks of its own only, with sectors of 512 bytes, and no virtual fibre channel"


@check(
    "DR-ASR-003",
    "A protected VM has no storage that Site Recovery cannot replicate",
    severity=Severity.HIGH,
    why=(
        "Shared disks, disks that are passed through and disks behind fibre channel are not replicated. Added later to "
        "a protected machine, they break its replication or are simply not there after a failover."
    ),
    source="Microsoft, Support matrix for disaster recovery of on-premises Hyper-V VMs to Azure, storage",
    remedy=(
        "Move the data to virtual hard disks of the machine's own, or protect it with the application's own means and "
        "declare that method in estate.yaml."
    ),
    controls=("NIST SP 800-53 CP-2(2)", "NIST SP 800-53 CP-10"),
)
def check_no_unsupported_disk(item: ProtectedItem, topology: Topology) -> Outcome:
    """Judge what the host tells. What only the guest knows (BitLocker, dynamic disks, iSCSI) is not judged."""
    if by_provider(item) != TO_AZURE:
        raise NotApplicable(f"{item.name} does not go to Azure ({item.provider})")
    if item.active_location == "Recovery":
        raise NotApplicable(f"{item.name} runs in Azure already")
    if not item.vm_id:
        raise Unknown(f"{item.name}: Site Recovery does not tell which VM stands behind it")
    found = running(topology, item.vm_id)
    if not found:
        topology.require(HyperVVm)
        raise Unknown(f"{item.name}: no Hyper-V host that was asked has VM {item.vm_id}")
    faults = list(dict.fromkeys(fault for vm in found for fault in (*_drives(vm), *_files(vm, topology))))
    if faults:
        what = "; ".join(faults)
        return failed(f"{item.name}: {what}; allowed: {EXPECTED}", observed=what, expected=EXPECTED, facts=found)
    for vm in found:
        _prove_told(vm, topology)
    what = f"{len(found[0].drives)} virtual hard disks of its own on {found[0].host}"
    return passed(f"{item.name}: {what}", observed=what, expected=EXPECTED, facts=found)


def _drives(vm: HyperVVm) -> Iterator[str]:
    for drive in vm.drives:
        if drive.disk_number is not None:
            yield f"physical disk {drive.disk_number} of {vm.host} is passed through"
        if drive.shared:
            yield f"{drive.path} is shared with other VMs"
    if vm.fibre_channel_count:
        yield f"{vm.fibre_channel_count} virtual fibre channel adapters"


def _files(vm: HyperVVm, topology: Topology) -> Iterator[str]:
    for path in vm.disks:
        disk = topology.get(VirtualHardDisk, f"{vm.host}/{path.lower()}")
        if disk and disk.logical_sector_bytes and disk.logical_sector_bytes > 512:
            yield f"{path} has logical sectors of {disk.logical_sector_bytes} bytes"


def _prove_told(vm: HyperVVm, topology: Topology) -> None:
    """Raise ``Unknown`` unless everything that was judged was told."""
    if not vm.drives or vm.fibre_channel_count is None or any(drive.shared is None for drive in vm.drives):
        raise Unknown(f"{vm.name} on {vm.host}: its drives or fibre channel adapters were not told in full")
    for path in vm.disks:
        disk = topology.get(VirtualHardDisk, f"{vm.host}/{path.lower()}")
        if disk is None or disk.logical_sector_bytes is None:
            topology.require(VirtualHardDisk, f"hyperv:{vm.seen.endpoint}")
            raise Unknown(f"{vm.name} on {vm.host}: the sectors of {path} were not told")
