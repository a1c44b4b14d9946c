"""Does any step of a recovery plan start more machines at once than the storage bears?"""

from drcheck.check import Outcome, check, failed, passed
from drcheck.topology.site_recovery import RecoveryPlan
from drcheck.verdict import Severity

MOST = 20


@check(
    "ACME-STO-001",
    f"No boot group starts more than {MOST} machines at once",
    severity=Severity.MEDIUM,
    why="The recovery site's storage saturated when forty machines started together (exercise of March).",
    source="ACME storage standard 4.2",
    remedy="Customise the plan: move machines to a later group.",
    controls=("ACME 4.2",),
)
def check_boot_storm(plan: RecoveryPlan) -> Outcome:
    """Count the machines of each boot group."""
    sizes = [len(group.items) for group in plan.groups if group.group_type == "Boot"]
    most = max(sizes, default=0)
    judge = failed if most > MOST else passed
    return judge(
        f"{plan.name} starts {most} machines at once; allowed: {MOST}", observed=str(most), expected=f"at most {MOST}"
    )
