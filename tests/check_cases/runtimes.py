"""Cases of the check on the runtimes of runbooks."""

from datetime import UTC, datetime

from drcheck.topology.azure_governance import Runbook
from drcheck.topology.site_recovery import RecoveryPlan
from tests import estate_azure_ready as ready
from tests import estate_names as names
from tests import estate_vault as vault
from tests.check_cases.azure_ready import starts
from tests.check_cases.case import Table
from tests.estates import Change, add, at, change, drop, lose, together, unchanged

VAULT = f"vault:{names.VAULT}"

runtime = Table("DR-SUP-103", ready.RUNBOOK)


def typed(name: str) -> Change:
    """A plan starts the runbook, and it is of this type."""
    return together(starts(), change(Runbook, ready.RUNBOOK, runbook_type=name))


runtime.passes("Windows PowerShell", starts(), "PowerShell, a part of Windows")
runtime.passes("a graphical one", typed("GraphPowerShell"))
runtime.fails("a retired PowerShell", typed("PowerShell72"), "PowerShell 7.2 until 2024-11-08")
runtime.fails("a retired Python", typed("Python2"), "Python 2.7 until 2020-01-01")
runtime.passes("on its last day", together(typed("PowerShell72"), at(datetime(2024, 11, 8, 23, tzinfo=UTC))))
runtime.fails("on the day after", together(typed("PowerShell72"), at(datetime(2024, 11, 9, tzinfo=UTC))))
runtime.unknown("a version without data", typed("Python3"), "Python3 is not in the lifecycle data")
runtime.unknown("an unheard-of type", typed("Ruby"), "Ruby")
runtime.unknown("its type not told", typed(""), "not told")
runtime.unknown("runbooks unread", together(starts(), lose(Runbook, VAULT)), subject=f"Runbook@{VAULT}")
runtime.unknown("plans unread", lose(RecoveryPlan, VAULT), "RecoveryPlan")
runtime.unknown("a hollow plan", change(RecoveryPlan, names.PLAN, groups=()), "without its groups")
runtime.skips("started by no plan", unchanged, "no recovery plan starts")
STEP = vault.action(action_type="ManualActionDetails", detail=ready.RUNBOOK)
BY_HAND = add(vault.plan(names.PLAN, "rp-payments", (names.DB_ITEM,), (names.WEB_ITEM,), actions=(STEP,)))
runtime.skips("named by a manual action only", BY_HAND, "no recovery plan starts")
runtime.skips("no runbook", drop(Runbook), subject="estate")
for kind in ("PowerShellWorkflow", "Graph", "GraphPowerShellWorkflow", "Script"):
    runtime.passes(f"of the type {kind}", typed(kind), "a part of Windows")

CASES = runtime.cases
