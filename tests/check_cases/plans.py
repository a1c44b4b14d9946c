"""Cases of the checks on recovery plans and on drills."""

from drcheck.policy import Policy
from drcheck.topology.base import Fact
from drcheck.topology.declared import Application, DeclaredEndpoint, SequenceStep
from drcheck.topology.drills import DrillRecord
from drcheck.topology.site_recovery import PlanAction, PlanGroup, ProtectedItem, RecoveryPlan
from drcheck.topology.vmm import VmmServer, VmmVm
from tests import estate_facts as facts
from tests import estate_names as names
from tests import estate_vault as vault
from tests.check_cases.case import Table
from tests.estates import Change, add, ago, change, drop, lose, reach, skew, together, unchanged

VAULT_SCOPE = f"vault:{names.VAULT}"
VMM_SCOPE = f"vmm:{names.VMM01}"
LOST = f"RecoveryPlan@{VAULT_SCOPE}"


def boots(*groups: tuple[str, ...], actions: tuple[PlanAction, ...] = ()) -> Change:
    """The plan with these boot groups."""
    return add(vault.plan(names.PLAN, "rp-payments", *groups, actions=actions))


def later(*items: str, number: int = 9) -> Change:
    """A second plan and its step."""
    return add(vault.plan(names.PLAN_2, "rp-later", items), facts.step(number, "plan", "rp-later"))


planned = Table("DR-PLN-001", names.WEB_VM)
planned.passes("in a plan", unchanged, "rp-payments")
planned.passes("in another plan", together(boots((names.DB_ITEM,)), later(names.WEB_ITEM)), "rp-later")
planned.passes("in a step, by application", unchanged, "step 2", subject=names.FILE_VM)
planned.passes("in a step, by name", add(facts.step(2, "manual", "file01")), subject=names.FILE_VM)
planned.passes("in a step, by id", add(facts.step(2, "manual", names.FILE_VM)), subject=names.FILE_VM)
planned.fails("in no plan", boots((names.DB_ITEM,)), "none of the 1 recovery plans")
planned.unknown(
    "another plan without groups",
    together(boots((names.DB_ITEM,)), later(names.WEB_ITEM), change(RecoveryPlan, names.PLAN_2, groups=())),
    "rp-later was read without its groups",
)
planned.fails("no plan at all", drop(RecoveryPlan), "none of the 0", also=(names.DB_VM,))
planned.fails("not protected", drop(ProtectedItem, names.WEB_ITEM), "no protected item")
planned.fails("in no step", drop(SequenceStep, "002"), "no step names it or files", subject=names.FILE_VM)
planned.fails("its name is no pattern", add(facts.step(2, "manual", "FILE*")), subject=names.FILE_VM)
planned.unknown("plans unread", together(boots((names.DB_ITEM,)), lose(RecoveryPlan, VAULT_SCOPE)), also=(names.DB_VM,))
planned.unknown("items unread", lose(ProtectedItem, VAULT_SCOPE), "ProtectedItem", also=(names.DB_VM,))
planned.unknown("the sequence unread", lose(SequenceStep, "estate:estate"), subject=names.FILE_VM)
planned.unknown(
    "it may be a VMM server",
    lose(VmmServer, f"vmm:{names.HA_VMM}"),
    also=(names.DB_VM, names.FILE_VM, names.DC_VM, names.AUX_VM),
)
planned.skips("always on", unchanged, "at all times", subject=names.DC_VM)
planned.skips("a tier without plans", unchanged, "tier", subject=names.AUX_VM)
planned.skips("another method", change(Application, "payments", method="availability-group"), "availability-group")
planned.skips("the VMM server", unchanged, "VMM server", subject=names.VMM_VM)
planned.skips("a replica", change(VmmVm, names.WEB_VM, is_recovery=True), "replica")
planned.fails("of no application", unchanged, "no protected item", subject=names.AUX_VM, policy=Policy(default_tier=1))
planned.passes("in a step, in capitals", add(facts.step(2, "manual", "FILES")), subject=names.FILE_VM)
planned.passes("of an application in capitals", change(Application, "files", name="Files"), subject=names.FILE_VM)

ordered = Table("DR-PLN-004", names.PLAN)
ANY_ORDER = together(*(change(Application, name, depends_on=()) for name in ("ledger", "payments")))
ordered.passes("needs first", unchanged, "ledger before payments")
ordered.passes("needs in an earlier plan", together(boots((names.WEB_ITEM,)), later(names.DB_ITEM, number=2)))
ordered.passes(
    "needs an availability group",
    together(
        boots((names.WEB_ITEM,)),
        change(Application, "ledger", method="availability-group"),
    ),
)
ordered.passes(
    "needs Hyper-V Replica in an earlier step", change(Application, "payments", depends_on=("ledger", "files"))
)
ordered.fails(
    "needs last",
    boots((names.WEB_ITEM,), (names.DB_ITEM,)),
    "payments starts in group 3",
    "ledger",
    "group 4",
)
ordered.fails("needs in the same group", boots((names.WEB_ITEM, names.DB_ITEM)), "group 3")
ordered.fails(
    "one of several needed machines late",
    together(add(vault.item("i-db2", "LEDGER-DB02", "")), boots((names.DB_ITEM,), (names.WEB_ITEM,), ("i-db2",))),
    "group 5",
)
ordered.fails("needs in no plan", boots((names.WEB_ITEM,)), "no recovery plan brings back")
ordered.fails("needs in a later plan", together(boots((names.WEB_ITEM,)), later(names.DB_ITEM)), "before step 3")
ordered.fails(
    "needs in a plan without a step",
    together(boots((names.WEB_ITEM,)), add(vault.plan(names.PLAN_2, "rp-later", (names.DB_ITEM,)))),
    "no declared step",
)
ordered.fails(
    "this plan in no step",
    together(boots((names.WEB_ITEM,)), later(names.DB_ITEM, number=2), drop(SequenceStep, "003")),
    "no declared step",
)
ordered.fails(
    "part of what it needs in a later plan",
    together(add(vault.item("i-db2", "LEDGER-DB02", "")), later("i-db2")),
    "no declared step",
)
ordered.fails(
    "needs Hyper-V Replica in a later step",
    together(
        change(Application, "payments", depends_on=("files",)),
        add(facts.step(9, "manual", "files")),
        drop(SequenceStep, "002"),
    ),
    "files",
)
ordered.fails(
    "needs Hyper-V Replica in no step",
    together(change(Application, "payments", depends_on=("files",)), drop(SequenceStep, "002")),
    "files",
)
ordered.fails("needs what nobody declared", change(Application, "payments", depends_on=("ghost",)), "ghost")
ordered.fails(
    "a circle",
    change(Application, "ledger", depends_on=("payments",)),
    "circle",
    "ledger needs payments",
)
ordered.fails(
    "a circle further on", change(Application, "identity", depends_on=("identity",)), "identity needs identity"
)
ordered.unknown("without groups", change(RecoveryPlan, names.PLAN, groups=()), "without its groups")
ordered.unknown("items unread", lose(ProtectedItem, VAULT_SCOPE), "ProtectedItem")
ordered.unknown("an item that is not listed", boots((names.DB_ITEM,), (names.WEB_ITEM, "i-ghost")), "i-ghost")
ordered.unknown(
    "the sequence unread",
    together(boots((names.WEB_ITEM,)), later(names.DB_ITEM, number=2), lose(SequenceStep, "estate:estate")),
    "SequenceStep",
)
ordered.unknown("plans unread", lose(RecoveryPlan, VAULT_SCOPE), subject=LOST)
ordered.skips("nothing depends on anything", ANY_ORDER, "no application in rp-payments depends")


def more(kind: type[Fact], role: str = "vault") -> Change:
    """One more endpoint, which was not read for a kind."""
    return together(reach(role, "more"), lose(kind, f"{role}:more"))


ordered.passes("more applications unread", more(Application, "estate"))
ordered.fails(
    "one of several machines early",
    together(add(vault.item("i-web2", "PAY-WEB02", "")), boots((names.WEB_ITEM,), (names.DB_ITEM,), ("i-web2",))),
    "payments starts in group 3",
)
ordered.passes(
    "needs what runs anyway, others unlisted",
    together(boots((names.WEB_ITEM,)), later(names.DB_ITEM, number=2), lose(DeclaredEndpoint, "estate:estate")),
    subject=names.PLAN_2,
    alone=True,
)
for kind in (RecoveryPlan, ProtectedItem):
    ordered.unknown(f"needs first, more of {kind.__name__} unread", more(kind), kind.__name__)
ordered.fails(
    "needs in no plan, beside another plan", together(boots((names.WEB_ITEM,)), later(names.WEB_ITEM, number=2)),
    also=(names.PLAN_2,),
)  # fmt: skip
for action in ("vmm", "sql"):
    ordered.passes(
        f"needs Hyper-V Replica in a step of {action}",
        together(
            change(Application, "payments", depends_on=("files",)),
            drop(SequenceStep, "002"),
            add(facts.step(2, action, "files")),
        ),
    )
EARLIER = together(boots((names.WEB_ITEM,)), later(names.DB_ITEM, number=2))
ordered.passes("needs in an earlier plan, in capitals", together(
    EARLIER, change(RecoveryPlan, names.PLAN, name="RP-PAYMENTS")))  # fmt: skip
ordered.passes("needs in an earlier plan, by a step in capitals", together(
    EARLIER, change(SequenceStep, "003", target="RP-PAYMENTS")))  # fmt: skip
ordered.passes("needs in an earlier plan that runs again by id", together(
    EARLIER, add(facts.step(9, "plan", names.PLAN_2))))  # fmt: skip
ordered.unknown(
    "needs first, and another plan without groups", together(later(names.DB_ITEM), change(
        RecoveryPlan, names.PLAN_2, groups=())), "rp-later was read without its groups",
)  # fmt: skip
ordered.passes("needs in an earlier plan that runs again", together(EARLIER, add(facts.step(9, "plan", "rp-later"))))
ordered.fails("needs in a plan at the same time", together(EARLIER, change(SequenceStep, "002", number=3)))
ordered.fails("this plan by hand only", together(EARLIER, change(SequenceStep, "003", action="manual")))

enabled = Table("DR-PLN-007", names.PLAN)


def acting(*actions: PlanAction) -> Change:
    return boots((names.DB_ITEM,), (names.WEB_ITEM,), actions=actions)


enabled.passes("enabled", unchanged, "1 actions")
enabled.passes(
    "of the way back only",
    acting(vault.action(failover_directions=("RecoveryToPrimary",), failover_types=("PlannedFailover",))),
)
enabled.passes("not for planned failovers", acting(vault.action(failover_types=("TestFailover", "UnplannedFailover"))))
enabled.passes("not for unplanned failovers", acting(vault.action(failover_types=("TestFailover", "PlannedFailover"))))
enabled.fails("no failover types", acting(vault.action(failover_types=())), "Point DNS at Azure", "no failover types")
enabled.fails("no direction", acting(vault.action(failover_directions=())), "no failover direction")
enabled.fails("one of two", acting(vault.action(), vault.action(name="Approve", failover_types=())), "Approve")
enabled.fails(
    "at the start of a group",
    change(
        RecoveryPlan,
        names.PLAN,
        groups=(PlanGroup(group_type="Boot", items=(), start_actions=(vault.action(failover_types=()),)),),
    ),
    "no failover types",
)
enabled.warns(
    "left out of drills",
    acting(vault.action(failover_types=("UnplannedFailover",))),
    "left out of test failovers",
)
enabled.warns("in drills only", acting(vault.action(failover_types=("TestFailover",))), "test failovers only")
enabled.unknown("without groups", change(RecoveryPlan, names.PLAN, groups=()), "without its groups")
enabled.unknown("plans unread", lose(RecoveryPlan, VAULT_SCOPE), subject=LOST)
enabled.skips("no actions", acting(), "no actions")

drilled = Table("DR-DRL-001", "payments")


def plan_drill(**fields: object) -> Change:
    return change(DrillRecord, "drill-plan", **fields)


def tested(**fields: object) -> Change:
    """Site Recovery's own record of the machine, and no drill of ours."""
    return together(plan_drill(vm_ids=(names.DB_VM,)), change(ProtectedItem, names.WEB_ITEM, **fields))


SECOND_WEB = add(facts.vmm_vm("20000000-0000-0000-0000-000000000002", "PAY-WEB02"))
drilled.passes("recent", unchanged, "10 d ago", "90 d")
drilled.passes("exactly as old as allowed", plan_drill(finished=ago(days=90)), also=("ledger",))
drilled.passes("by a drill of the machine itself", unchanged, "FILE01", subject="files")
drilled.passes("by Site Recovery's own record", tested(last_test_failover=ago(days=90)), "90 d ago")
drilled.passes(
    "the newest of two",
    add(facts.record("old", names.PLAN, names.WEB_VM, finished=ago(days=400))),
    "10 d ago",
)
drilled.passes(
    "the machine of longest ago is named",
    together(
        SECOND_WEB, add(facts.record("two", names.PLAN, "20000000-0000-0000-0000-000000000002", finished=ago(days=20)))
    ),
    "2 machines, PAY-WEB02 longest ago",
)
drilled.passes(
    "another tier's interval",
    together(plan_drill(finished=ago(days=100)), change(Application, "payments", tier=2)),
    "180 d",
    also=("ledger",),
)
drilled.passes(
    "an interval of its own",
    together(plan_drill(finished=ago(days=100)), change(Application, "payments", drill_interval_seconds=101 * 86400)),
    "101 d",
    also=("ledger",),
)
drilled.fails(
    "too old for itself", change(Application, "payments", drill_interval_seconds=9 * 86400), "in the last 9 d"
)
drilled.fails("a second too old", plan_drill(finished=ago(days=90, seconds=1)), "90 d", also=("ledger",))
drilled.fails("Site Recovery's record too old", tested(last_test_failover=ago(days=91)), "91 d ago")
drilled.fails("failed", plan_drill(verdict="FAIL"), "PAY-WEB01 was never tested", also=("ledger",))
drilled.fails("not cleaned up", plan_drill(cleaned_up=False), "never tested", also=("ledger",))
drilled.fails(
    "not cleaned up in Site Recovery",
    tested(last_test_failover=ago(days=1), allowed_operations=("TestFailoverCleanup",)),
    "never tested",
)
drilled.fails("never", drop(DrillRecord), "PAY-WEB01 was never tested", also=("ledger", "files"))
drilled.passes(
    "replicas and test copies aside",
    add(facts.vmm_vm("r", "PAY-WEB02", is_recovery=True), facts.vmm_vm("t", "PAY-WEB01 - Test", is_test_replica=True)),
    "1 machines",
)
drilled.fails(
    "another machine's record",
    together(plan_drill(vm_ids=(names.DB_VM,)), change(ProtectedItem, names.DB_ITEM, last_test_failover=ago(days=1))),
    "PAY-WEB01 was never tested",
)
drilled.fails(
    "tested by another method than declared",
    together(
        drop(DrillRecord, "drill-files"),
        add(vault.item("i-file", "FILE01", names.FILE_VM, last_test_failover=ago(days=1))),
    ),
    "FILE01 was never tested",
    subject="files",
)
drilled.fails(
    "a machine seen, others unread",
    together(plan_drill(verdict="FAIL"), lose(VmmVm, f"vmm:{names.HA_VMM}")),
    "PAY-WEB01 was never tested",
    also=("ledger", "files"),
)
drilled.fails("one machine of two never", SECOND_WEB, "PAY-WEB02 was never tested")
drilled.fails("Hyper-V's own record proves no success", drop(DrillRecord, "drill-files"), subject="files")
drilled.unknown("records unread", lose(DrillRecord, "estate:estate"), "DrillRecord", also=("ledger", "files"))
drilled.unknown(
    "items unread, and no record",
    together(drop(DrillRecord), lose(ProtectedItem, VAULT_SCOPE)),
    "ProtectedItem",
    also=("ledger", "files"),
)
drilled.unknown("the inventory unread", lose(VmmVm, VMM_SCOPE), "VmmVm", also=("ledger", "files"))
drilled.unknown("no machine", change(VmmVm, names.WEB_VM, name="OTHER"), "nothing to test")
drilled.unknown("in the future", plan_drill(finished=ago(hours=-1)), "future", also=("ledger",))
drilled.unknown(
    "too close to call",
    together(plan_drill(finished=ago(days=90)), skew("estate", 0.0, 5.0)),
    "too close",
    also=("ledger",),
)
drilled.skips("always on", unchanged, "at all times", subject="identity")
drilled.skips(
    "a method without test failover",
    change(Application, "payments", method="availability-group"),
    "availability-group",
)
drilled.skips("no application", drop(Application), subject="estate")
drilled.passes("by a drill", unchanged, evidence="tested")
drilled.passes("by Site Recovery's own", tested(last_test_failover=ago(days=1)), evidence="declared")
SECOND_ITEM = vault.item("i-web2", "PAY-WEB02", "20000000-0000-0000-0000-000000000002", last_test_failover=ago(days=1))
drilled.passes(
    "one by a drill, one by Site Recovery's own", together(SECOND_WEB, add(SECOND_ITEM)), evidence="declared"
)
drilled.passes("more records unread", more(DrillRecord, "estate"))

CASES = [*planned.cases, *ordered.cases, *enabled.cases, *drilled.cases]
