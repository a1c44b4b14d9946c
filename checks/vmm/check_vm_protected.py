"""Is every machine in scope protected by the method that was declared for it?"""

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed, warned
from drcheck.policy import Policy
from drcheck.topology.availability import holders
from drcheck.topology.base import Topology, same_host
from drcheck.topology.declared import Application
from drcheck.topology.hyperv import VmReplication
from drcheck.topology.hyperv_replica import of_hyperv
from drcheck.topology.site_recovery import ContainerMapping, ProtectedItem, ProtectionContainer
from drcheck.topology.sql import AvailabilityReplica
from drcheck.topology.vmm import VmmVm
from drcheck.topology.workload import items_of, no_workload, owner_of
from drcheck.verdict import Severity

SITE_RECOVERY = "site-recovery"
DECLARED = {
    "none": "it is declared to have no protection",
    "availability-group": "every replica with data of its availability group is at one site",
}
"""What a method lacks that does not begin with the VM's id."""


@check(
    "DR-VMM-004",
    "Every VM in scope is protected by its declared method",
    severity=Severity.CRITICAL,
    why=(
        "A VM that was added to a cloud after the project is not protected until somebody enables it, and nothing "
        "complains until the day it is missed. Whether a machine is protected is to be decided, not assumed."
    ),
    source=(
        "Microsoft, Deployment considerations for VMM and Site Recovery (2016), steps 3 and 4; "
        "Microsoft, Set up disaster recovery of Hyper-V VMs in VMM clouds to Azure (tutorial)"
    ),
    remedy=(
        "Associate a replication policy with the VM's cloud and enable replication for the VM in the vault (or "
        "Hyper-V Replica on its host), or correct `method` of the application in estate.yaml, or record a waiver."
    ),
    controls=(
        "NIST SP 800-53 CP-2(8)",
        "NIST SP 800-53 CP-9",
        "ISO/IEC 27001:2022 A.8.13",
        "SOC 2 A1.2",
        "DORA Art. 12(1)",
    ),
)
def check_vm_protected(vm: VmmVm, topology: Topology, policy: Policy) -> Outcome:
    """Follow the declared method to the fact that proves it; a tier may tolerate a share of unprotected machines."""
    reason = no_workload(topology, vm)
    if reason:
        raise NotApplicable(reason)
    application = owner_of(topology, vm)
    share = policy.tier(application.tier if application else None).coverage_percent
    if share <= 0:
        raise NotApplicable(f"the tier of {vm.name} does not ask for protection")
    if application and application.always_on:
        raise NotApplicable(f"{application.name} runs at the recovery site at all times")
    method = application.method if application else SITE_RECOVERY
    proof = _proof(topology, vm, method)
    if proof:
        return passed(f"{vm.name}: {proof}", observed=proof, expected=f"protected by {method}")
    what = f"is not protected by {method}: {_broken_link(topology, vm, method)}"
    return _unprotected(vm, topology, policy, (application, what))


def _proof(topology: Topology, vm: VmmVm, method: str) -> str:
    """What shows that the method protects the VM; empty when everything was read and nothing does."""
    if method == SITE_RECOVERY:
        return _enabled(topology, vm)
    if method == "hyperv-replica":
        return _replicated(topology, vm)
    if method == "availability-group":
        return _in_availability_group(topology, vm)
    return ""


def _enabled(topology: Topology, vm: VmmVm) -> str:
    item = next((one for one in items_of(topology, vm.key) if one.protection_state == "Protected"), None)
    if item is None:
        topology.require(ProtectedItem)
        return ""
    return f"protected item {item.name!r} is Protected"


def _replicated(topology: Topology, vm: VmmVm) -> str:
    """The side that sends: a replica that is left over from an earlier relationship protects nothing."""
    known = [one for one in topology.where(VmReplication, "vm_id", vm.key) if one.mode == "Primary"]
    sending = next(iter(of_hyperv(topology, known)), None)
    if sending is None:
        topology.require(VmReplication)
        return ""
    if sending.last_replication is None:
        raise Unknown(f"{vm.name}: {sending.host} does not tell of any replication that has ended")
    return f"Hyper-V Replica from {sending.primary_server} to {sending.replica_server}"


def _in_availability_group(topology: Topology, vm: VmmVm) -> str:
    """An availability replica knows its computer and no VM id, so a missing match proves nothing."""
    mine = [one for one in topology.seen(AvailabilityReplica) if same_host(one.host, vm.name)]
    if not mine:
        raise Unknown(f"{vm.name}: no availability replica was seen on a computer of that name")
    apart = [one for one in mine if len(holders(topology, one.group, one.seen.endpoint)) > 1]
    return f"availability replica {apart[0].name}" if apart else ""


def _broken_link(topology: Topology, vm: VmmVm, method: str) -> str:
    """Where the chain from the VM to its protection is broken, as far as it was seen."""
    if method in DECLARED:
        return DECLARED[method]
    if method != SITE_RECOVERY:
        return f"no {method} relationship sends it (id {vm.key})"
    item = next(iter(topology.where(ProtectedItem, "vm_id", vm.key)), None)
    if item:
        return f"protected item {item.name!r} is {item.protection_state or 'in no state'} ({item.state_description})"
    if not vm.cloud_id:
        return "it is in no cloud, and no protected item has its id"
    containers = {one.key for one in topology.seen(ProtectionContainer) if one.cloud_id == vm.cloud_id}
    if any(one.container in containers for one in topology.seen(ContainerMapping)):
        return f"its cloud {vm.cloud_id} is configured for protection, but the VM is not enabled"
    return f"no replication policy was seen on its cloud {vm.cloud_id}"


def _unprotected(vm: VmmVm, topology: Topology, policy: Policy, found: tuple[Application | None, str]) -> Outcome:
    """FAIL, unless the tier tolerates it: then WARN, which needs the whole tier to be known."""
    application, what = found
    needed = policy.tier(application.tier if application else None).coverage_percent
    expected = f"at least {needed:g} % of the tier protected"
    if needed >= 100:
        return failed(f"{vm.name} {what}; {expected} is required", observed=what, expected=expected)
    covered = _coverage(topology, policy, application)
    what = f"{what}; {covered:.1f} % of its tier are protected"
    judge = failed if covered < needed else warned
    return judge(f"{vm.name} {what}, {needed:g} % are required", observed=what, expected=expected)


def _coverage(topology: Topology, policy: Policy, application: Application | None) -> float:
    """The protected share of the tier's machines, in percent."""
    wanted = application.tier if application else policy.default_tier
    members = [vm for vm in topology.all(VmmVm) if _counts(topology, policy, vm, wanted)]
    methods = [(vm, owner_of(topology, vm)) for vm in members]
    held = [vm for vm, owner in methods if _proof(topology, vm, owner.method if owner else SITE_RECOVERY)]
    return 100.0 * len(held) / len(members)


def _counts(topology: Topology, policy: Policy, vm: VmmVm, tier: int) -> bool:
    owner = owner_of(topology, vm)
    if (owner.tier if owner else policy.default_tier) != tier or (owner and owner.always_on):
        return False
    return not no_workload(topology, vm)
