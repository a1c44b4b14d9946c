"""Does the machine still exist that a copy is kept of?"""

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed
from drcheck.topology.base import Topology, same_host
from drcheck.topology.copies import Copy
from drcheck.topology.hyperv import HyperVVm, VmReplication
from drcheck.topology.hyperv_replica import by_hyperv
from drcheck.topology.site_recovery import Fabric, ProtectedItem, ProtectionContainer
from drcheck.topology.vmm import VmmVm
from drcheck.topology.workload import running
from drcheck.verdict import Severity

EXPECTED = "a VM with the same id on a host"
MISSING = "Missing"
"""VMM's state of a machine that it still lists and that its host no longer has."""


@check(
    "DR-CLN-003",
    "Each replica and each protected item has a live VM behind it",
    severity=Severity.MEDIUM,
    why=(
        "A copy of a machine that is gone costs money, counts as coverage, and stands in the way of the next machine "
        "of that name."
    ),
    source="Microsoft, Remove servers and disable protection (Site Recovery); Remove-VMReplication (Hyper-V module)",
    remedy=(
        "Remove-VMReplication on the replica's host and delete the replica, or vault > Replicated items > the machine "
        "> Disable replication, after somebody has confirmed that the VM was retired."
    ),
    controls=("NIST SP 800-53 CP-2(8)", "ISO/IEC 27001:2022 A.5.9"),
)
def check_no_orphan_copy(copy: Copy, topology: Topology) -> Outcome:
    """Look for the VM wherever it could run. How long a VM has been off is nowhere told, and not judged."""
    item, replication = topology.get(ProtectedItem, copy.key), topology.get(VmReplication, copy.key)
    if item and item.active_location == "Recovery":
        raise NotApplicable(f"{copy.name} runs at its recovery location")
    if replication and not by_hyperv(topology, replication):
        raise NotApplicable(f"{copy.name} on {copy.place} belongs to another engine than Hyper-V Replica")
    if not copy.vm_id:
        raise Unknown(f"{copy.name}: Site Recovery does not tell which VM stands behind it")
    live = running(topology, copy.vm_id)
    if live:
        what = f"its VM is on {live[0].host}"
        return passed(f"{copy.name}: {what}", observed=what, expected=EXPECTED, facts=(live[0],))
    known = topology.get(VmmVm, copy.vm_id)
    if known and not known.is_recovery and not known.is_test_replica and known.host and known.status != MISSING:
        what = f"VMM has its VM on {known.host}"
        return passed(f"{copy.name}: {what}", observed=what, expected=EXPECTED, facts=(known,))
    topology.require(HyperVVm)
    topology.require(VmmVm)
    if item:
        _prove_asked(copy, _source(item, topology), "vmm", topology)
    elif replication:
        _prove_asked(copy, replication.primary_server, "hyperv", topology)
    what = f"no host and no VMM server has a VM {copy.vm_id}"
    return failed(f"{copy.name}: {what}; allowed: {EXPECTED}", observed=what, expected=EXPECTED)


def _source(item: ProtectedItem, topology: Topology) -> str:
    """FQDN of the VMM server that the item comes from; empty when nobody told."""
    container = topology.get(ProtectionContainer, item.container)
    fabric = topology.get(Fabric, container.fabric) if container else None
    return fabric.name if fabric and fabric.fabric_type == "VMM" else ""


def _prove_asked(copy: Copy, source: str, role: str, topology: Topology) -> None:
    """Raise ``Unknown`` unless the place that the copy comes from is one of those that were read."""
    if not source:
        raise Unknown(f"{copy.name}: nobody told where its VM should be")
    if not any(same_host(source, target.host) for target in topology.targets if target.role == role):
        raise Unknown(f"{copy.name}: its VM should be with {source}, which was not asked")
