"""Is the VMM server's own VM kept out of Site Recovery's hands?"""

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed
from drcheck.topology.base import Topology
from drcheck.topology.site_recovery import ContainerMapping, ProtectedItem, ProtectionContainer, Vault
from drcheck.topology.vmm import VmmServer, VmmVm
from drcheck.topology.workload import items_of
from drcheck.verdict import Severity

EXPECTED = "in no cloud that Site Recovery protects, and no protected item itself"


@check(
    "DR-VMM-001",
    "The VMM server's VM is outside every cloud that Site Recovery protects",
    severity=Severity.CRITICAL,
    why=(
        "Protecting the cloud hands the VM's replication to Site Recovery, which overwrites the Hyper-V Replica "
        "settings made by hand. VMM has to be running before Site Recovery can fail anything over, so the machine "
        "that must come back first would wait for itself."
    ),
    source=(
        "Microsoft, Deployment considerations for VMM and Site Recovery (2016), integrating a standalone VMM server; "
        "Microsoft, Common questions: Hyper-V to Azure disaster recovery (2024-12-27)"
    ),
    remedy=(
        "Take the VM out of the cloud (Set-SCVirtualMachine -VM <vm> -RemoveFromCloud) or disable its replication in "
        "the vault, then enable Hyper-V Replica for it again in Hyper-V Manager."
    ),
    controls=(
        "NIST SP 800-53 CP-2",
        "NIST SP 800-53 CP-10",
        "ISO/IEC 27001:2022 A.5.30",
        "ISO 22301 8.4",
        "DORA Art. 11(3)",
    ),
)
def check_vmm_outside_protected_clouds(server: VmmServer, topology: Topology) -> Outcome:
    """Look for the VM by its Hyper-V id among protected items, and for a mapped container behind its cloud."""
    if server.highly_available:
        raise NotApplicable(f"{server.name} is highly available; it is not brought back by Hyper-V Replica")
    if not server.is_virtual:
        raise NotApplicable(f"{server.name} is a physical machine")
    if not server.vm_id:
        raise Unknown(f"{server.name} runs in a VM whose Hyper-V id could not be read")
    items = topology.where(ProtectedItem, "vm_id", server.vm_id)
    if items:
        return _failed(server, f"is Site Recovery's protected item {items[0].name!r} ({items[0].key})", items[0])
    vm = topology.get(VmmVm, server.vm_id)
    mapping = _mapping_behind(topology, vm.cloud_id) if vm else None
    if vm and mapping:
        return _failed(server, f"is in cloud {vm.cloud_id}, which {mapping.target!r} protects", vm, mapping)
    return _outside(server, topology, vm)


def _outside(server: VmmServer, topology: Topology, vm: VmmVm | None) -> Outcome:
    """Prove absence: every inventory, container, mapping and item must have been read."""
    topology.require(VmmVm)
    topology.require(ProtectionContainer)
    topology.require(ContainerMapping)
    items_of(topology, server.vm_id)
    if not topology.all(Vault):
        raise NotApplicable("no Recovery Services vault is used")
    place = f"in cloud {vm.cloud_id}, which nothing protects" if vm and vm.cloud_id else "in no cloud"
    return passed(
        f"{server.name}: VM {server.vm_id} is {place}, and is no protected item",
        observed=place,
        expected=EXPECTED,
        facts=(vm,) if vm else (),
    )


def _mapping_behind(topology: Topology, cloud: str) -> ContainerMapping | None:
    """The mapping that makes a cloud protected, if one was seen."""
    containers = {one.key for one in topology.seen(ProtectionContainer) if cloud and one.cloud_id == cloud}
    return next((one for one in topology.seen(ContainerMapping) if one.container in containers), None)


def _failed(server: VmmServer, what: str, *facts: ProtectedItem | VmmVm | ContainerMapping) -> Outcome:
    return failed(
        f"{server.name}: its VM {server.vm_id} {what}; allowed: {EXPECTED}",
        observed=what,
        expected=EXPECTED,
        facts=facts,
    )
