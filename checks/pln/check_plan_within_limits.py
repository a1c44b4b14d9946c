"""Is a recovery plan one that Site Recovery would still run as a whole?"""

from drcheck.check import Outcome, Unknown, check, failed, passed
from drcheck.data.limits import limit
from drcheck.topology.site_recovery import RecoveryPlan
from drcheck.verdict import Severity


@check(
    "DR-PLN-002",
    "A recovery plan is inside the limits of the service",
    severity=Severity.MEDIUM,
    why=(
        "A plan that has grown to the limit takes no further machine: the next one is protected and has no place in "
        "any order. Nobody notices before the day it is needed."
    ),
    source="Microsoft, About recovery plans (Azure Site Recovery); Microsoft, Create and customize recovery plans",
    remedy="Split the plan by application, and give each part a step of its own under `sequence` in estate.yaml.",
    controls=("NIST SP 800-53 CP-2(2)",),
)
def check_plan_within_limits(plan: RecoveryPlan) -> Outcome:
    """Count the machines and the boot groups; the two built-in groups are no groups of the limit."""
    if not plan.groups:
        raise Unknown(f"{plan.name} was read without its groups; only the plan's own GET has them")
    machines, groups = limit("recovery-plan.machines"), limit("recovery-plan.groups")
    boots = sum(group.group_type == "Boot" for group in plan.groups)
    observed = f"{len(plan.items)} machines in {boots} groups"
    expected = f"at most {machines} and {groups}"
    if len(plan.items) > machines.value or boots > groups.value:
        return failed(f"{plan.name} has {observed}; allowed: {expected}", observed=observed, expected=expected)
    return passed(f"{plan.name} has {observed}", observed=observed, expected=expected)
