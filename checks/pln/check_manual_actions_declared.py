"""Where a plan stops for people: do they know what to do, who does it, and for how long?"""

from collections.abc import Iterator

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed
from drcheck.topology.base import Topology
from drcheck.topology.declared import SequenceStep
from drcheck.topology.sequence import manual_actions
from drcheck.topology.site_recovery import PlanAction, RecoveryPlan
from drcheck.verdict import Severity

EXPECTED = "instructions in the plan, and a manual step of its name with an owner and its minutes"


@check(
    "DR-PLN-008",
    "Every manual action of a plan has instructions, an owner and a duration",
    severity=Severity.MEDIUM,
    why=(
        "At a manual action the plan waits, for as long as it takes, until somebody says that it is done. Whoever "
        "reads it at night has nothing but its text, and its minutes are missing in every estimate."
    ),
    source="Microsoft, Create and customize recovery plans (manual actions)",
    remedy=(
        "Write the instructions into the action (vault > Recovery Plans > Customize), and a step "
        "{action: manual, target: <the action's name>, owner: ..., minutes: ...} into sequence in estate.yaml."
    ),
    controls=("NIST SP 800-53 CP-2(3)", "ISO 22301 8.4"),
)
def check_manual_actions_declared(plan: RecoveryPlan, topology: Topology) -> Outcome:
    """Find the declared step of each action by name; DR-PLN-010 adds its minutes up.

    How long a script or a runbook may take is not judged: the service does not tell it of all of them.
    """
    if not plan.groups:
        raise Unknown(f"{plan.name} was read without its groups; only the plan's own GET has them")
    actions = manual_actions(plan)
    if not actions:
        raise NotApplicable(f"{plan.name} has no manual action")
    faults = [f"{one.name} has no instructions" for one in actions if not one.detail.strip()]
    if not faults:
        topology.require(SequenceStep)
    faults += [fault for one in actions for fault in _undeclared(one, topology)]
    if faults:
        what = "; ".join(faults)
        return failed(f"{plan.name}: {what}; allowed: {EXPECTED}", observed=what, expected=EXPECTED)
    what = f"{', '.join(one.name for one in actions)} declared"
    return passed(f"{plan.name}: {what}", observed=what, expected=EXPECTED)


def _undeclared(action: PlanAction, topology: Topology) -> Iterator[str]:
    steps = [
        step
        for step in topology.seen(SequenceStep)
        if step.action == "manual" and step.target.lower() == action.name.lower()
    ]
    if not steps:
        yield f"{action.name} is no declared step"
    for step in steps:
        if not step.owner.strip():
            yield f"step {step.number} ({action.name}) has no owner"
        if step.minutes <= 0:
            yield f"step {step.number} ({action.name}) has no duration"
