"""When a plan starts its first machine, is there anybody to sign in to, and a database to write to?"""

from collections.abc import Iterator

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed
from drcheck.topology.base import Topology
from drcheck.topology.declared import Application, SequenceStep
from drcheck.topology.hyperv import HyperVVm
from drcheck.topology.identity import ControllerService, DomainController
from drcheck.topology.membership import application_of
from drcheck.topology.sequence import plan_of_step
from drcheck.topology.site_recovery import PlanAction, PlanGroup, ProtectedItem, RecoveryPlan
from drcheck.topology.sites import site_of
from drcheck.topology.workload import running
from drcheck.verdict import Severity

EXPECTED = "a domain controller that runs at a recovery site or starts first, and SQL Server failed over before"
AWAY = ("secondary", "azure")


@check(
    "DR-PLN-005",
    "Domain controllers and SQL Server are there before the first machine of a plan",
    severity=Severity.HIGH,
    why=(
        "Machines that start without a domain controller wait, fail, or come up with a public firewall profile. Those "
        "that start before their availability group has moved write to nothing."
    ),
    source=(
        "Microsoft, Set up disaster recovery for Active Directory and DNS; Microsoft, Set up disaster recovery for "
        "SQL Server (availability groups in recovery plans)"
    ),
    remedy=(
        "Keep a writable controller running at the recovery site (and name it under endpoints.identity), or give the "
        "plan's first group to controllers alone; put a sql step before the plan's in sequence of estate.yaml, or a "
        "script at the start of the plan's first group."
    ),
    controls=("NIST SP 800-53 CP-2", "NIST SP 800-53 CP-10", "ISO/IEC 27001:2022 A.5.30"),
)
def check_foundations_first(plan: RecoveryPlan, topology: Topology) -> Outcome:
    """A controller that answers at another site than the primary one is live; else the first group decides.

    A machine is a controller when its guest has a controller's address. What a script at the start of the first group
    does cannot be read: that there is one is taken for the failover of SQL Server.
    """
    if not plan.groups:
        raise Unknown(f"{plan.name} was read without its groups; only the plan's own GET has them")
    if not plan.items:
        raise NotApplicable(f"{plan.name} holds no machine")
    faults = list(_database(plan, topology))
    unclear = ""
    live = _live(topology)
    if not live:
        try:
            faults += _first_group(plan, topology)
        except Unknown as unknown:
            unclear = unknown.reason
    if faults:
        what = "; ".join(faults)
        return failed(f"{plan.name}: {what}; allowed: {EXPECTED}", observed=what, expected=EXPECTED)
    topology.require(ProtectedItem)
    if unclear:
        raise Unknown(f"{plan.name}: {unclear}")
    what = f"{live} runs at a recovery site" if live else "controllers start first"
    return passed(f"{plan.name}: {what}", observed=what, expected=EXPECTED)


def _live(topology: Topology) -> str:
    """A writable controller that answered from another site than the primary one; empty when none was seen."""
    for controller in topology.seen(DomainController):
        if controller.read_only or topology.get(ControllerService, controller.host) is None:
            continue
        try:
            if site_of(topology, controller.host).role in AWAY:
                return controller.host
        except Unknown:
            continue
    return ""


def _first_group(plan: RecoveryPlan, topology: Topology) -> Iterator[str]:
    """What is wrong with who starts first, when no controller is known to run.

    Raises:
        Unknown: a controller may run after all, or a machine may be one.
    """
    first = _first(plan)
    kinds = {key: _is_controller(key, topology) for key in first.items}
    if all(kinds.values()):
        return
    controllers = topology.all(DomainController)
    if not controllers:
        raise Unknown("no domain controller was asked; name one under endpoints.identity in estate.yaml")
    for controller in controllers:
        if site_of(topology, controller.host).role in AWAY and not controller.read_only:
            topology.require(ControllerService, f"identity:{controller.host}")
    if False not in kinds.values():
        topology.require(ProtectedItem)
        topology.require(HyperVVm)
        raise Unknown("the guests of the first group do not tell their addresses")
    yield "no controller is known to run at a recovery site, and the first group is not one of controllers alone"


def _first(plan: RecoveryPlan) -> PlanGroup:
    return next(group for group in plan.groups if group.items)


def _is_controller(item: str, topology: Topology) -> bool | None:
    """Does a protected machine have a controller's address? ``None``: it tells none."""
    found = topology.get(ProtectedItem, item)
    machines = running(topology, found.vm_id) if found else ()
    told = {address for vm in machines for adapter in vm.adapters for address in adapter.addresses or ()}
    return bool(told & {one.address for one in topology.seen(DomainController)}) if told else None


def _database(plan: RecoveryPlan, topology: Topology) -> Iterator[str]:
    """Applications of the plan whose availability group nobody moves before."""
    needing = sorted(set(_on_groups(plan, topology)))
    if not needing or any(map(_acts, _boot(plan).start_actions)):
        return
    steps = topology.all(SequenceStep)
    mine = [step.number for step in steps if (found := plan_of_step(topology, step)) and found.key == plan.key]
    moved = [step.number for step in steps if step.action == "sql"]
    if not mine or not moved or min(moved) > min(mine):
        yield f"nothing fails SQL Server over before {plan.name}, and {' and '.join(needing)}"


def _acts(action: PlanAction) -> bool:
    """Does it do something by itself when a site is lost?"""
    there = "UnplannedFailover" in action.failover_types and "PrimaryToRecovery" in action.failover_directions
    return there and action.action_type != "ManualActionDetails"


def _on_groups(plan: RecoveryPlan, topology: Topology) -> Iterator[str]:
    for key in plan.items:
        item = topology.get(ProtectedItem, key)
        owner = application_of(topology, item.vm_id, item.name) if item else None
        for name in owner.depends_on if owner else ():
            needed = topology.get(Application, name)
            if needed and needed.method == "availability-group" and not needed.always_on:
                yield f"{owner.name if owner else item} needs {name}"


def _boot(plan: RecoveryPlan) -> PlanGroup:
    """The first boot group, before which databases have to be there."""
    return next((group for group in plan.groups if group.group_type == "Boot"), plan.groups[0])
