"""Is every machine that a tier wants recovered in order part of an order?"""

from drcheck.check import NotApplicable, Outcome, check, failed, passed
from drcheck.policy import Policy
from drcheck.topology.base import Topology
from drcheck.topology.declared import Application, SequenceStep
from drcheck.topology.plan_state import require_groups
from drcheck.topology.site_recovery import RecoveryPlan
from drcheck.topology.vmm import VmmVm
from drcheck.topology.workload import items_of, no_workload, owner_of, plans_of
from drcheck.verdict import Severity


@check(
    "DR-PLN-001",
    "Every VM of a tier that needs an order is in a recovery plan or a declared step",
    severity=Severity.CRITICAL,
    why=(
        "A protected VM that is in no plan comes back when somebody remembers it, alone and at an arbitrary moment. "
        "Being protected is not being recoverable in order."
    ),
    source="Microsoft, About recovery plans (Azure Site Recovery); Microsoft, Create and customize recovery plans",
    remedy=(
        "Add the VM to a group of its application's plan (vault > Recovery Plans > Customize); for a machine that "
        "Hyper-V Replica protects, declare a `manual` step that names it or its application under `sequence`."
    ),
    controls=("NIST SP 800-53 CP-2", "ISO 22301 8.4.4", "DORA Art. 11(3)"),
)
def check_vm_in_plan(vm: VmmVm, topology: Topology, policy: Policy) -> Outcome:
    """Join the VM to its protected items by Hyper-V id, and those to the groups of every plan."""
    reason = no_workload(topology, vm)
    if reason:
        raise NotApplicable(reason)
    application = owner_of(topology, vm)
    if not policy.tier(application.tier if application else None).recovery_plan_required:
        raise NotApplicable(f"the tier of {vm.name} does not ask for a recovery plan")
    if application and application.always_on:
        raise NotApplicable(f"{application.name} runs at the recovery site at all times")
    method = application.method if application else "site-recovery"
    if method == "hyperv-replica" and application:
        return _in_sequence(vm, application, topology)
    if method != "site-recovery":
        raise NotApplicable(f"{vm.name} is declared with the method {method}, which has no recovery plan")
    return _in_plan(vm, topology)


def _in_plan(vm: VmmVm, topology: Topology) -> Outcome:
    expected = "in a group of a recovery plan"
    items = items_of(topology, vm.key)
    plans = {plan.key: plan for item in items for plan in plans_of(topology, item.key)}.values()
    if plans:
        what = f"in {', '.join(plan.name for plan in plans)}"
        return passed(f"{vm.name} is {what}", observed=what, expected=expected, facts=(*items, *plans))
    if items:
        require_groups(topology)
        count = len(topology.seen(RecoveryPlan))
        what = f"protected, but in none of the {count} recovery plans"
    else:
        what = "in no recovery plan, as no protected item has its id"
    return failed(f"{vm.name} is {what}; allowed: {expected}", observed=what, expected=expected, facts=items)


def _in_sequence(vm: VmmVm, application: Application, topology: Topology) -> Outcome:
    expected = "named by a step of the declared recovery sequence"
    for step in topology.all(SequenceStep):
        if step.target.lower() in {vm.name.lower(), vm.key, application.name.lower()}:
            what = f"brought back by step {step.number} ({step.action} {step.target})"
            return passed(f"{vm.name} is {what}", observed=what, expected=expected, facts=(step,))
    what = f"protected by Hyper-V Replica, but no step names it or {application.name}"
    return failed(f"{vm.name} is {what}; allowed: {expected}", observed=what, expected=expected)
