"""Do the runbooks of recovery plans run on a language version that anybody still mends?"""

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed
from drcheck.data.lifecycle import lifecycle
from drcheck.topology.azure_governance import Runbook
from drcheck.topology.base import Topology
from drcheck.topology.site_recovery import RecoveryPlan
from drcheck.verdict import Severity

EXPECTED = "a language version that its maker supports"
RUNBOOK = "AutomationRunbookActionDetails"
RUNTIMES = {"PowerShell72": ("powershell", "7.2"), "Python2": ("python", "2.7"), "Python3": ("python", "3.8")}
"""Type of runbook -> product and version, of those whose type tells it."""
OF_WINDOWS = ("PowerShell", "PowerShellWorkflow", "Graph", "GraphPowerShell", "GraphPowerShellWorkflow", "Script")
"""Types that run on Windows PowerShell 5.1, which is a part of Windows."""


@check(
    "DR-SUP-103",
    "Runbooks of recovery plans run on a supported version of their language",
    severity=Severity.MEDIUM,
    why=(
        "Azure Automation goes on running a retired runtime without support and with no promise. The night of the "
        "failover is when its modules stop to sign in."
    ),
    source="Microsoft, Azure Automation: language runtime support policy; Azure Automation runbook types",
    remedy="Automation account > Runtime environments: make one of a supported version, test it, and link the runbook.",
    controls=("NIST SP 800-53 SA-22", "ISO/IEC 27001:2022 A.8.8"),
)
def check_runbook_runtime_supported(runbook: Runbook, topology: Topology) -> Outcome:
    """The runbook's type, which names the language version, against the dated lifecycle data.

    A runtime environment that a runbook is linked to, and the versions of its modules, are not read: a type without a
    version of its own passes as Windows PowerShell 5.1.
    """
    if not any(runbook.key in _started(plan) for plan in topology.seen(RecoveryPlan)):
        topology.require(RecoveryPlan)
        hollow = [plan.name for plan in topology.seen(RecoveryPlan) if not plan.groups]
        if hollow:
            raise Unknown(f"{' and '.join(hollow)} may start {runbook.name}, and was read without its groups")
        raise NotApplicable(f"no recovery plan starts {runbook.name}")
    if runbook.runbook_type in OF_WINDOWS:
        what = f"{runbook.runbook_type}, a part of Windows"
        return passed(f"{runbook.name}: {what}", observed=what, expected=EXPECTED)
    known = lifecycle(*RUNTIMES.get(runbook.runbook_type, ("", "")))
    if known is None:
        raise Unknown(f"{runbook.name}: the type {runbook.runbook_type or 'not told'} is not in the lifecycle data")
    what = str(known)
    judge = failed if known.ends < topology.as_of.date() else passed
    return judge(f"{runbook.name}: {what}; allowed: {EXPECTED}", observed=what, expected=EXPECTED)


def _started(plan: RecoveryPlan) -> set[str]:
    """Runbooks that a plan starts, by id."""
    actions = (action for group in plan.groups for action in (*group.start_actions, *group.end_actions))
    return {action.detail.lower() for action in actions if action.action_type == RUNBOOK}
