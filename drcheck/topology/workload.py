"""Which machines are workload, and which sources know how each of them is protected?"""

from drcheck.topology.base import Topology, Unknown
from drcheck.topology.declared import Application
from drcheck.topology.hyperv import COPIES, HyperVVm
from drcheck.topology.membership import application_of
from drcheck.topology.site_recovery import ProtectedItem, RecoveryPlan
from drcheck.topology.vmm import VmmServer, VmmVm


def no_workload(topology: Topology, vm: VmmVm) -> str:
    """Why a VM is no workload of its own: a replica, a test copy, the VMM server itself; empty when it is one.

    Raises:
        Unknown: it may be a VMM server that was not read.
    """
    if vm.is_test_replica:
        return f"{vm.name} is the copy made by a test failover"
    if vm.is_recovery:
        return f"{vm.name} is the replica of a machine that runs elsewhere"
    if topology.where(VmmServer, "vm_id", vm.key):
        return f"{vm.name} is the VMM server itself; DR-VMM-001 to DR-VMM-005 judge it"
    topology.require(VmmServer)
    return ""


def owner_of(topology: Topology, vm: VmmVm) -> Application | None:
    """The application a VM belongs to, if one claims it."""
    return application_of(topology, vm.key, vm.name)


def machines_of(topology: Topology, application: Application) -> tuple[VmmVm, ...]:
    """The VMs that VMM was seen to have of an application: themselves, not their replicas and test copies."""
    return topology.memo("machines by application", lambda: _by_owner(topology)).get(application.key, ())


def _by_owner(topology: Topology) -> dict[str, tuple[VmmVm, ...]]:
    owned: dict[str, list[VmmVm]] = {}
    for vm in topology.seen(VmmVm):
        owner = None if vm.is_recovery or vm.is_test_replica else owner_of(topology, vm)
        if owner:
            owned.setdefault(owner.key, []).append(vm)
    return {key: tuple(machines) for key, machines in owned.items()}


def plans_of(topology: Topology, item: str) -> tuple[RecoveryPlan, ...]:
    """The recovery plans that were seen to hold a protected item, by its key."""
    return topology.memo("plans by item", lambda: _by_item(topology)).get(item, ())


def _by_item(topology: Topology) -> dict[str, tuple[RecoveryPlan, ...]]:
    plans: dict[str, tuple[RecoveryPlan, ...]] = {}
    for plan in topology.seen(RecoveryPlan):
        for item in plan.items:
            plans[item] = (*plans.get(item, ()), plan)  # a machine is in a few plans
    return plans


def items_of(topology: Topology, vm_id: str) -> tuple[ProtectedItem, ...]:
    """The protected items of a VM; an empty answer is proof that it has none.

    Raises:
        Unknown: a vault was not read to its end, or has an item that does not tell whose it is.
    """
    mine = topology.where(ProtectedItem, "vm_id", vm_id)
    if mine:
        return mine
    topology.require(ProtectedItem)
    nameless = [item.name for item in topology.where(ProtectedItem, "vm_id", "")]
    if nameless:
        raise Unknown(f"Site Recovery does not tell which VM stands behind {', '.join(nameless[:3])}")
    return ()


def running(topology: Topology, vm_id: str) -> tuple[HyperVVm, ...]:
    """Where a VM itself was seen, replicas and test copies left out."""
    return topology.memo("running", lambda: _running(topology)).get(vm_id, ())


def _running(topology: Topology) -> dict[str, tuple[HyperVVm, ...]]:
    found: dict[str, tuple[HyperVVm, ...]] = {}
    for vm in topology.seen(HyperVVm):
        if vm.replication_mode not in COPIES:
            found[vm.vm_id] = (*found.get(vm.vm_id, ()), vm)  # mostly the only one
    return found
