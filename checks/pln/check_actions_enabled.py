"""Would every action of a recovery plan run when the plan runs?"""

from collections.abc import Iterator

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed, warned
from drcheck.topology.site_recovery import PlanAction, RecoveryPlan
from drcheck.verdict import Severity

EXPECTED = "every action has failover types and directions"
FORWARD = "PrimaryToRecovery"


@check(
    "DR-PLN-007",
    "No action of a recovery plan has been silently disabled",
    severity=Severity.CRITICAL,
    why=(
        "An action without failover types stays visible in the plan and never runs. Tools that update a plan have "
        "emptied these lists, so the DNS change or the approval that a recovery needs is skipped without a word."
    ),
    source="github.com/Azure/azure-powershell/issues/12837; Site Recovery REST API, replication recovery plans",
    remedy=(
        "Open the plan in the vault, remove the action and add it again with its failover types and directions; then "
        "read the plan back and compare."
    ),
    controls=("NIST SP 800-53 CP-2", "NIST SP 800-53 CP-10", "NIST SP 800-53 CM-3"),
)
def check_actions_enabled(plan: RecoveryPlan) -> Outcome:
    """Fail on an empty list; warn on an action that a real failover, or every rehearsal, leaves out."""
    if not plan.groups:
        raise Unknown(f"{plan.name} was read without its groups; only the plan's own GET has them")
    actions = [action for group in plan.groups for action in (*group.start_actions, *group.end_actions)]
    if not actions:
        raise NotApplicable(f"{plan.name} has no actions")
    dead = [fault for action in actions for fault in _disabled(action)]
    if dead:
        what = "; ".join(dead)
        return failed(f"{plan.name}: {what}; allowed: {EXPECTED}", observed=what, expected=EXPECTED)
    partial = [fault for action in actions for fault in _partial(action)]
    if partial:
        what = "; ".join(partial)
        return warned(f"{plan.name}: {what}", observed=what, expected=EXPECTED)
    what = f"{len(actions)} actions, all enabled"
    return passed(f"{plan.name}: {what}", observed=what, expected=EXPECTED)


def _disabled(action: PlanAction) -> Iterator[str]:
    if not action.failover_types:
        yield f"action {action.name!r} has no failover types and never runs"
    if not action.failover_directions:
        yield f"action {action.name!r} has no failover direction and never runs"


def _partial(action: PlanAction) -> Iterator[str]:
    """An action of the way back only is meant to be left out here."""
    if FORWARD not in action.failover_directions:
        return
    if "TestFailover" not in action.failover_types:
        yield f"action {action.name!r} is left out of test failovers, so no drill proves it"
    if not {"PlannedFailover", "UnplannedFailover"} & set(action.failover_types):
        yield f"action {action.name!r} runs in test failovers only"
