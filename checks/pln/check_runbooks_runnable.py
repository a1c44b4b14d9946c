"""Are the runbooks that a recovery plan starts there, published, and able to sign in?"""

from collections.abc import Iterator, Sequence

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed
from drcheck.topology.azure_governance import AutomationAccount, Runbook, RunbookContent
from drcheck.topology.base import Topology
from drcheck.topology.programme import ApprovedRunbook
from drcheck.topology.site_recovery import PlanAction, RecoveryPlan
from drcheck.verdict import Severity

EXPECTED = "each runbook exists and is published, in a working account with a managed identity"
RUNBOOK = "AutomationRunbookActionDetails"


@check(
    "DR-PLN-006",
    "Every runbook that a recovery plan starts can run",
    severity=Severity.HIGH,
    why=(
        "A plan keeps the id of a runbook, not the runbook. One that was deleted, never published, or still signs in "
        "with a retired Run As account stops the plan in the middle of the failover."
    ),
    source="Microsoft, Add Azure Automation runbooks to recovery plans; Migrate from a Run As account",
    remedy=(
        "Publish-AzAutomationRunbook -Name <runbook>; Automation account > Identity: turn the system-assigned identity "
        "on and let the runbook use it; take actions whose runbook is gone out of the plan."
    ),
    controls=("NIST SP 800-53 CP-2", "NIST SP 800-53 CP-10", "NIST SP 800-53 CM-3", "ISO/IEC 27001:2022 A.8.32"),
)
def check_runbooks_runnable(plan: RecoveryPlan, topology: Topology) -> Outcome:
    """Join every runbook action with the runbook and its account.

    The text of a runbook is held against the digest under ``programme.runbooks`` in estate.yaml, where there is one.
    Not judged: scripts in VMM's library, and how a runbook's last run ended, which no source tells.
    """
    if not plan.groups:
        raise Unknown(f"the plan {plan.name} was read without its groups")
    actions = [
        action
        for group in plan.groups
        for action in (*group.start_actions, *group.end_actions)
        if action.action_type == RUNBOOK
    ]
    if not actions:
        raise NotApplicable(f"{plan.name} starts no runbook")
    faults = [fault for action in actions for fault in _faults(topology, action)]
    if not faults:
        faults = list(_gone(topology, plan, actions))
    if faults:
        what = "; ".join(dict.fromkeys(faults))
        return failed(f"{plan.name}: {what}; allowed: {EXPECTED}", observed=what, expected=EXPECTED)
    runbooks = tuple(topology.need(Runbook, action.detail.lower()) for action in actions)
    for runbook in runbooks:
        _must_be_known(topology, plan, runbook)
    what = f"{', '.join(runbook.name for runbook in runbooks)}: published, in working accounts with an identity"
    return passed(f"{plan.name}: {what}", observed=what, expected=EXPECTED, facts=runbooks)


def _faults(topology: Topology, action: PlanAction) -> Iterator[str]:
    runbook = topology.get(Runbook, action.detail.lower())
    if runbook is None:
        return
    if runbook.state == "New":
        yield f"the runbook {runbook.name} was never published"
    approved, content = _text(topology, runbook)
    if approved and content and content.sha256 != approved.sha256:
        yield f"the text of {runbook.name} is not the one that was approved"
    account = topology.get(AutomationAccount, runbook.account)
    if account is None:
        return
    if account.state not in ("Ok", ""):
        yield f"the account {account.name} of {runbook.name} is {account.state}"
    if account.identity_type in ("", "None"):
        yield f"the account {account.name} of {runbook.name} has no managed identity"


def _text(topology: Topology, runbook: Runbook) -> tuple[ApprovedRunbook | None, RunbookContent | None]:
    """What was approved, and what is published."""
    return topology.get(ApprovedRunbook, runbook.name.lower()), topology.get(RunbookContent, runbook.key)


def _gone(topology: Topology, plan: RecoveryPlan, actions: Sequence[PlanAction]) -> Iterator[str]:
    for action in actions:
        if not action.detail:
            raise Unknown(f"which runbook the action {action.name} of {plan.name} starts was not told")
        if topology.get(Runbook, action.detail.lower()) is None:
            topology.require(Runbook, f"vault:{plan.vault}")
            yield f"the runbook {action.detail.rpartition('/')[2]} does not exist"


def _must_be_known(topology: Topology, plan: RecoveryPlan, runbook: Runbook) -> None:
    topology.require(ApprovedRunbook)
    approved, content = _text(topology, runbook)
    if approved and not content:
        topology.require(RunbookContent, f"vault:{plan.vault}")
        raise Unknown(f"the text of the runbook {runbook.name} was not told")
    account = topology.get(AutomationAccount, runbook.account)
    if account is None or not account.state or not runbook.state:
        topology.require(AutomationAccount, f"vault:{plan.vault}")
        raise Unknown(f"the state of the runbook {runbook.name} or of its account was not told")
