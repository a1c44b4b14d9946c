"""Which step of the declared recovery sequence brings back what?"""

from drcheck.topology.base import Topology
from drcheck.topology.declared import Application, SequenceStep
from drcheck.topology.site_recovery import PlanAction, ProtectedItem, RecoveryPlan
from drcheck.topology.vmm import VmmServer, VmmVm
from drcheck.topology.workload import machines_of, plans_of


def plan_of_step(topology: Topology, step: SequenceStep) -> RecoveryPlan | None:
    """The plan that a step runs, by its name or id; ``None`` when it runs none that was seen."""
    if step.action != "plan":
        return None
    named = topology.memo("plans by name", lambda: {one.name.lower(): one for one in topology.seen(RecoveryPlan)})
    return topology.get(RecoveryPlan, step.target.lower()) or named.get(step.target.lower())


def steps_of(topology: Topology, application: Application) -> tuple[list[int], set[str]]:
    """For each machine of an application the first step that brings it back, and the names of machines without one.

    A step names a plan that holds the machine, the machine itself (name or id), its application, or the VMM server
    that runs in it. Only what was seen counts.
    """
    by_text = topology.memo("steps by target", lambda: _by_target(topology))
    numbers: list[int] = []
    machines = machines_of(topology, application)
    missing = set() if machines else {f"a machine of {application.name}"}
    for vm in machines:
        found = [number for text in _names(topology, application, vm) for number in by_text.get(text, ())]
        if found:
            numbers.append(min(found))
        else:
            missing.add(vm.name)
    return numbers, missing


def manual_actions(plan: RecoveryPlan) -> list[PlanAction]:
    """Where a plan stops until somebody confirms."""
    actions = (action for group in plan.groups for action in (*group.start_actions, *group.end_actions))
    return [action for action in actions if action.action_type == "ManualActionDetails"]


def _by_target(topology: Topology) -> dict[tuple[str, str], list[int]]:
    steps: dict[tuple[str, str], list[int]] = {}
    for step in topology.seen(SequenceStep):
        plan = plan_of_step(topology, step)
        kind = "plan" if step.action == "plan" else "people"
        steps.setdefault((kind, plan.key if plan else step.target.lower()), []).append(step.number)
    return steps


def _names(topology: Topology, application: Application, vm: VmmVm) -> list[tuple[str, str]]:
    """What steps may call a machine."""
    texts = [application.name, vm.name, vm.key]
    texts += [text for one in topology.where(VmmServer, "vm_id", vm.key) for text in (one.key, one.name)]
    items = topology.where(ProtectedItem, "vm_id", vm.key)
    plans = [plan.key for item in items for plan in plans_of(topology, item.key)]
    return [*(("people", text.lower()) for text in texts), *(("plan", key) for key in plans)]
