"""Cases of the checks on plans that changed after their drill."""

import msgspec

from drcheck.policy import Policy
from drcheck.topology.base import Fact
from drcheck.topology.declared import Application
from drcheck.topology.drills import DrilledPlan, DrillRecord, PlanState
from drcheck.topology.site_recovery import ProtectedItem, RecoveryPlan
from tests import estate_facts as facts
from tests import estate_names as names
from tests import estate_vault as vault
from tests.check_cases.case import Table
from tests.estate_rehearsed import PLAN_DRILL
from tests.estates import Change, add, ago, change, drop, lose, together, unchanged

RECORDS = "estate:estate"
VAULT_SCOPE = f"vault:{names.VAULT}"


def plan_drill(**fields: object) -> Change:
    return change(DrillRecord, "drill-plan", **fields)


def another(key: str, **fields: object) -> Fact:
    return msgspec.structs.replace(facts.record(key, names.PLAN, names.WEB_VM, names.DB_VM), **fields)


def plan(**fields: object) -> Change:
    return change(RecoveryPlan, names.PLAN, **fields)


def boots(*groups: tuple[str, ...], **fields: object) -> Change:
    """Other boot groups, with the action of old at the end."""
    made = vault.plan(names.PLAN, "rp-payments", *groups, actions=(vault.action(**fields),))
    return plan(groups=made.groups)


def rehearsal(days: int, state: PlanState, **fields: object) -> Change:
    """One that went through the plan, among other things."""
    drilled = DrilledPlan(key=names.PLAN, name="rp-payments", state=state)
    held = {"drill_kind": "rehearsal", "plan": None, "plans": (drilled,), "started": ago(days=days)}
    whole = facts.record("site", "all-of-it", names.WEB_VM, names.DB_VM, names.FILE_VM)
    return add(msgspec.structs.replace(whole, **{**held, "finished": ago(days=days), **fields}))


AS_IT_IS: PlanState = PLAN_DRILL["plan"]
OTHER = msgspec.structs.replace(AS_IT_IS, groups="0" * 64)
TIER_2 = together(change(Application, "payments", tier=2), change(Application, "ledger", tier=2))
REWIRED = change(
    ProtectedItem,
    names.WEB_ITEM,
    nics=tuple(
        msgspec.structs.replace(nic, target_subnet="dmz")
        for nic in vault.item(names.WEB_ITEM, "PAY-WEB01", names.WEB_VM).nics
    ),
)
THIRD = vault.item(f"{names.WEB_ITEM}-2", "PAY-WEB02", "20000000-0000-0000-0000-000000000002")

same = Table("DR-PLN-009", names.PLAN)
same.passes("as it was", unchanged, "as it was in drill-plan 10 d ago", evidence="tested")
same.passes("what replication tells does not count", change(ProtectedItem, names.WEB_ITEM, rpo_seconds=9))
same.passes("machines of a group in another order", boots((names.DB_ITEM,), (names.WEB_ITEM,)))
same.passes(
    "the newest good one counts",
    add(another("old", plan=None, started=ago(days=99)), another("bad", verdict="FAIL", started=ago(days=1))),
)
same.fails("another order", boots((names.WEB_ITEM,), (names.DB_ITEM,)), "rp-payments: groups changed since drill-plan")
same.fails("a machine fewer", boots((names.DB_ITEM,)), "groups, actions, networks", "1 machines left")
same.fails(
    "a machine more",
    together(add(THIRD), boots((names.DB_ITEM,), (names.WEB_ITEM, THIRD.key))),
    "PAY-WEB02 joined",
)
same.fails("another script", boots((names.DB_ITEM,), (names.WEB_ITEM,), detail="\\\\lib\\new.ps1"), "actions changed")
same.fails("left out of drills", boots((names.DB_ITEM,), (names.WEB_ITEM,), failover_types=()), "actions changed")
same.fails("another subnet", REWIRED, "networks of its machines changed")
same.fails("of tier 2, long ago", together(TIER_2, REWIRED, plan_drill(finished=ago(days=31))), "31 d ago")
same.fails("by policy", together(TIER_2, REWIRED), policy=Policy(change_drilled_within=86400))
same.passes("in a rehearsal, as it is", rehearsal(2, AS_IT_IS), "as it was in site 2 d ago")
same.passes("only there", together(plan_drill(verdict="FAIL"), rehearsal(2, AS_IT_IS)), "as it was in site")
same.passes("a rehearsal before the drill", rehearsal(20, OTHER), "as it was in drill-plan")
same.passes("a rehearsal that failed", rehearsal(2, OTHER, verdict="FAIL"), "as it was in drill-plan")
same.passes("a rehearsal of another plan", rehearsal(2, OTHER, plans=()), "as it was in drill-plan")
same.fails("in a rehearsal, otherwise", rehearsal(2, OTHER), "rp-payments: groups changed since site 2 d ago;")
NARROW = rehearsal(2, OTHER, vm_ids=(names.WEB_VM,))
same.fails("a machine that no rehearsal had", NARROW, "groups changed since site 2 d ago (LEDGER-DB01 joined);")
same.fails("of tier 2 and tier 1", together(change(Application, "payments", tier=2), REWIRED))
same.warns("of no application", together(drop(Application, "payments", "ledger"), REWIRED), "networks")
same.warns("of tier 2, lately", together(TIER_2, REWIRED), "networks of its machines changed")
same.warns("exactly as long ago as allowed", together(TIER_2, REWIRED, plan_drill(finished=ago(days=30))))
same.unknown("the record does not tell", plan_drill(plan=None), "does not tell what the plan was")
same.unknown("without groups", plan(groups=()), "without its groups")
same.unknown("a machine unread", lose(ProtectedItem, VAULT_SCOPE), "ProtectedItem")
same.unknown("a machine that is not there", drop(ProtectedItem, names.WEB_ITEM), "does not know")
same.unknown("records unread", lose(DrillRecord, RECORDS), "DrillRecord")
same.unknown("plans unread", lose(RecoveryPlan, VAULT_SCOPE), subject=f"RecoveryPlan@{VAULT_SCOPE}")
same.skips("never drilled", plan_drill(verdict="FAIL"), "DR-DRL-001")
same.skips("never cleaned up", plan_drill(cleaned_up=False), "DR-DRL-001")
same.skips("no plans", drop(RecoveryPlan), subject="estate")

CASES = [*same.cases]
