"""Cases of the checks on estimated recovery times, manual actions, waivers and slower drills."""

from datetime import date

import msgspec

from drcheck.policy import Policy
from drcheck.topology.base import Fact
from drcheck.topology.declared import Application, DeclaredScenario, DeclaredWaiver, SequenceStep
from drcheck.topology.drills import DrillRecord
from drcheck.topology.site_recovery import PlanAction, PlanGroup, ProtectedItem, RecoveryPlan
from drcheck.topology.sql_objects import AgListener
from drcheck.topology.vmm import VmmServer, VmmVm
from tests import estate_facts as facts
from tests import estate_governed as governed
from tests import estate_names as names
from tests import estate_vault as vault
from tests.check_cases.case import Table
from tests.estates import Change, add, ago, change, cut, drop, lose, reach, together, unchanged

VAULT_SCOPE = f"vault:{names.VAULT}"
LOST = f"RecoveryPlan@{VAULT_SCOPE}"
BOTH = ("ledger", "files")
ALL = ("payments", "ledger", "files")


def app(name: str, **fields: object) -> Change:
    return change(Application, name, **fields)


def drill(key: str, seconds: float | None, **fields: object) -> Fact:
    """A drill of the plan that took so long."""
    held = facts.record(key, names.PLAN, names.WEB_VM, names.DB_VM)
    return msgspec.structs.replace(held, rto_seconds=seconds, **fields)


added = Table("DR-PLN-010", "payments")
added.passes(
    "measured and declared", unchanged, "40 min, unproven", "step 1 vmm", "rp-payments 10 min (p90 of 1 drills)", "4 h"
)
added.passes("exactly as long as allowed", app("payments", rto_seconds=2400))
added.passes("a step before", unchanged, "30 min", subject="files")
added.passes("later steps do not count", add(facts.step(9, "manual", "tidy up", minutes=9999)))
added.passes(
    "nine of ten drills",
    add(*(drill(f"d{one}", 600.0 + one) for one in range(1, 9)), drill("slow", 99999.0)),
    "p90 of 10 drills",
    "40.1 min",
)
added.passes(
    "a failed drill measures nothing", add(drill("bad", 99999.0, verdict="FAIL"), drill("none", None)), "10 min"
)
added.passes(
    "in two plans, the earlier one counts",
    add(vault.plan(names.PLAN_2, "rp-later", (names.WEB_ITEM,)), facts.step(9, "plan", "rp-later", minutes=9999)),
    "40 min",
)
added.passes(
    "all measured", together(drop(SequenceStep), add(facts.step(1, "plan", names.PLAN))), "10 min =", also=BOTH
)
added.passes(
    "needs nothing that runs anyway", app("identity", rto_seconds=60, method="site-recovery"), also=("identity",)
)
added.passes("its group fails over by itself", app("ledger", method="availability-group"), also=("ledger",))
added.passes(
    "the VMM server's own machine",
    add(facts.application("vmm", 1, "VMM01", method="hyperv-replica")),
    "15 min",
    subject="vmm",
)
MANY = (facts.step(number, "manual", f"do {number}", minutes=1) for number in range(4, 30))
added.passes(
    "a long way", together(change(SequenceStep, "003", number=99), add(*MANY)), "9 steps more 9 min", also=("ledger",)
)
added.fails("a minute too long", app("payments", rto_seconds=2399), "40 min", "step 2 manual files")
added.fails(
    "what it needs comes later",
    together(
        app("payments", depends_on=("files",)),
        drop(SequenceStep, "002"),
        add(facts.step(9, "manual", "files", minutes=240)),
    ),
    "step 9",
    also=("files",),
)
added.fails(
    "never drilled", together(drop(DrillRecord), add(facts.step(3, "plan", "rp-payments", minutes=240))), "declared",
    also=("ledger",),
)  # fmt: skip
added.fails(
    "a question of the plan takes long",
    together(
        add(
            vault.plan(
                names.PLAN,
                "rp-payments",
                (names.DB_ITEM,),
                (names.WEB_ITEM,),
                actions=(vault.action(name="Ask", action_type="ManualActionDetails"),),
            )
        ),
        add(facts.step(8, "manual", "ask", minutes=240)),
    ),
    "step 8 manual ask 4 h",
    also=("ledger",),
)
added.fails(
    "too long for what was seen",
    together(app("payments", rto_seconds=60), lose(VmmVm, f"vmm:{names.HA_VMM}")),
    also=BOTH,
)
added.unknown("in no step", drop(SequenceStep, "003"), "no declared step brings back", also=("ledger",))
added.unknown(
    "one machine in no step", add(facts.vmm_vm("20000000-0000-0000-0000-000000000002", "PAY-WEB02")), "PAY-WEB02"
)
added.unknown("no machine", change(VmmVm, names.WEB_VM, name="OTHER"), "no declared step")
added.unknown("no sequence", drop(SequenceStep), also=BOTH)
added.unknown("the sequence unread", lose(SequenceStep, "estate:estate"), "SequenceStep", also=BOTH)
added.unknown("drills unread", lose(DrillRecord, "estate:estate"), "DrillRecord", also=BOTH)
added.unknown("plans unread", lose(RecoveryPlan, VAULT_SCOPE), "RecoveryPlan", also=BOTH)
added.unknown("items unread", lose(ProtectedItem, VAULT_SCOPE), "ProtectedItem", also=BOTH)
added.unknown("the inventory unread", lose(VmmVm, f"vmm:{names.VMM01}"), "VmmVm", also=BOTH)
added.unknown("VMM servers unread", lose(VmmServer, f"vmm:{names.VMM01}"), "VmmServer", also=BOTH)
LATER = together(add(vault.plan(names.PLAN_2, "rp-later", ())), change(RecoveryPlan, names.PLAN_2, groups=()))
added.unknown("a plan that may ask people first", LATER, "rp-later was read without its groups", also=BOTH)
added.fails(
    "too long, and a plan without groups", together(LATER, app("payments", rto_seconds=60)), "40 min", also=BOTH
)
added.skips("always on", unchanged, "by no step", subject="identity")
added.skips("a group", app("payments", method="availability-group"), "availability-group")
added.skips("not protected", app("payments", method="none"))
added.skips("no application", drop(Application), subject="estate")
added.skips("always on, and protected", app("identity", method="site-recovery"), subject="identity", also=BOTH)
added.unknown("no machine, and no time", together(
    app("payments", rto_seconds=60), lose(VmmVm, f"vmm:{names.VMM01}")), also=BOTH)  # fmt: skip
added.unknown("neither machines nor needs", add(facts.application("empty", 1, "NOBODY*")), subject="empty")
added.passes(
    "its group's machines in no step",
    together(app("ledger", method="availability-group"), add(vault.plan(names.PLAN, "rp-payments", (names.WEB_ITEM,)))),
    also=("ledger",),
)
added.passes("needs what nobody declared", app("payments", depends_on=("ghost",)))
added.passes("in a circle", app("ledger", depends_on=("payments",)), also=("ledger",))
added.passes("needs what nothing brings back", app("identity", always_on=False), also=("identity", "ledger"))


def question(action: str, target: str) -> Change:
    asked_first = vault.action(name="Ask", action_type="ManualActionDetails")
    return add(
        vault.plan(names.PLAN, "rp-payments", (names.DB_ITEM,), (names.WEB_ITEM,), actions=(asked_first,)),
        facts.step(8, action, target, minutes=240),
    )


added.passes("another kind of step is named like a question", question("vmm", "ask"), also=("ledger",))
added.fails("a question in capitals takes long", question("manual", "ASK"), "step 8 manual ASK", also=("ledger",))
added.fails(
    "two of ten drills were slow",
    add(*(drill(f"d{one}", 600.0) for one in range(7)), drill("slow", 99999.0), drill("slower", 99999.0)),
    "p90 of 10 drills",
    also=("ledger",),
)

asked = Table("DR-PLN-008", names.PLAN)
QUESTION = vault.action(name="Confirm", action_type="ManualActionDetails", detail="Ask the desk.")


def asking(*actions: PlanAction) -> Change:
    return add(vault.plan(names.PLAN, "rp-payments", (names.DB_ITEM,), (names.WEB_ITEM,), actions=actions))


DECLARED = add(facts.step(2, "manual", "confirm", minutes=5))
asked.passes("declared", together(asking(QUESTION), DECLARED), "Confirm")
asked.fails(
    "without instructions",
    together(asking(vault.action(name="Go", action_type="ManualActionDetails", detail=" ")), DECLARED),
    "Go has no instructions",
)
asked.fails("in no step", asking(QUESTION), "Confirm is no declared step")
asked.fails(
    "another kind of step", together(asking(QUESTION), add(facts.step(2, "vmm", "confirm"))), "no declared step"
)
asked.fails("no owner", together(asking(QUESTION), add(facts.step(2, "manual", "Confirm", owner=""))), "no owner")
asked.fails(
    "no duration", together(asking(QUESTION), add(facts.step(2, "manual", "Confirm", minutes=0))), "no duration"
)
asked.fails(
    "at the start of a group, one of two",
    together(
        change(
            RecoveryPlan,
            names.PLAN,
            groups=(
                PlanGroup(
                    group_type="Boot",
                    items=(),
                    start_actions=(QUESTION, vault.action(name="B", action_type="ManualActionDetails")),
                ),
            ),
        ),
        DECLARED,
    ),
    "B is no declared step",
)
asked.unknown("without groups", change(RecoveryPlan, names.PLAN, groups=()), "without its groups")
asked.unknown("the sequence unread", together(asking(QUESTION), lose(SequenceStep, "estate:estate")), "SequenceStep")
asked.unknown("plans unread", lose(RecoveryPlan, VAULT_SCOPE), subject=LOST)
asked.skips("none", unchanged, "no manual action")
SILENT_QUESTION = asking(vault.action(name="Go", action_type="ManualActionDetails", detail=" "))
asked.fails("without instructions, the sequence unread", together(SILENT_QUESTION, lose(SequenceStep, "estate:estate")))
asked.fails("a blank owner", together(asking(QUESTION), add(facts.step(2, "manual", "Confirm", owner=" "))), "no owner")
asked.passes("a minute", together(asking(QUESTION), add(facts.step(2, "manual", "Confirm", minutes=1))))

accepted = Table("DR-GOV-002", "W-1")


def waived(**fields: object) -> Change:
    return add(governed.waiver(**fields))  # type: ignore[arg-type]


accepted.passes("in force", unchanged, "Head of IT", "2026-12-31")
accepted.passes("on its last day", waived(expiry=date(2026, 11, 23)))
accepted.passes("as long as allowed", waived(expiry=date(2027, 4, 30)))
accepted.passes("not yet", waived(start=date(2026, 12, 1)))
accepted.passes("by pattern, whatever the case", waived(subject="F0000000-*"))
accepted.passes("about something derived", waived(subject=f"host:{names.HV_LON}"))
accepted.passes("more waivers unread", cut(DeclaredWaiver, "estate:estate"))
accepted.passes(
    "another one is about nothing, and something unread that others follow from",
    together(waived(key="W-2", subject="nothing"), lose(AgListener, f"sql:{names.SQL_LON}")),
)
accepted.fails("over", waived(expiry=date(2026, 11, 22)), "expired on 2026-11-22")
accepted.fails("a day too long", waived(expiry=date(2027, 5, 1)), "lasts 181 days", "180 days")
accepted.fails("too long by policy", unchanged, "lasts 60 days", policy=Policy(waiver_max_days=30))
accepted.fails("backwards", waived(start=date(2026, 12, 31), expiry=date(2026, 12, 1)), "before it starts")
accepted.fails("without compensation", waived(compensation=""), "without compensation")
accepted.fails("without risk and ticket", waived(risk=" ", ticket=""), "without risk, ticket")
accepted.fails("by its owner", waived(approver=" web TEAM "), "for themselves")
accepted.fails("about nothing", waived(subject="f0000000"), "no subject's key is like f0000000")
accepted.fails("over, something unread", together(waived(expiry=date(2026, 11, 1)), lose(VmmVm, f"vmm:{names.VMM01}")))
accepted.unknown(
    "its subject may be unread", together(waived(subject="x"), lose(VmmVm, f"vmm:{names.VMM01}")), "VmmVm@vmm"
)
accepted.unknown("waivers unread", lose(DeclaredWaiver, "estate:estate"), subject="DeclaredWaiver@estate:estate")
accepted.skips("none", drop(DeclaredWaiver), subject="estate")
accepted.fails("by its owner in other letters", waived(owner=" web team ", approver="Web Team"), "for themselves")
accepted.passes("for a day", waived(start=date(2026, 11, 23), expiry=date(2026, 11, 23)))
accepted.passes("by a key with brackets", together(add(facts.vmm_vm("vm[1]", "X")), waived(subject="vm[1]")))
accepted.passes("by a key in other letters", together(add(facts.vmm_vm("VM-ONE", "X")), waived(subject="vm-one")))
accepted.passes("something unread that others follow from", lose(AgListener, f"sql:{names.SQL_LON}"))

slower = Table("DR-DRL-006", "payments")


def history(newest: float, *earlier: float) -> Change:
    """Drills of the plan, the newest one first; an hour is half of the RTO of two."""
    older = (
        drill(f"o{at}", seconds, started=ago(days=90 * at, hours=2)) for at, seconds in enumerate(earlier, start=1)
    )
    return together(app("payments", rto_seconds=7200), add(drill("drill-plan", newest), *older))


slower.passes("as before", history(4000.0, 4000.0), "66.7 min", also=("ledger",))
slower.passes("a fifth slower", history(4800.0, 4000.0), also=("ledger",))
slower.passes("slower, and still quick", history(3599.0, 60.0), also=("ledger",))
slower.passes("the three before count", history(4800.0, 4000.0, 4000.0, 4000.0, 60.0, 60.0, 60.0), also=("ledger",))
slower.passes("the middle one counts", history(4800.0, 60.0, 4000.0, 9000.0), also=("ledger",))
slower.passes(
    "a failed one aside", together(history(4000.0, 4000.0), add(drill("f", 9e9, verdict="FAIL", started=ago(days=1)))),
    also=("ledger",),
)  # fmt: skip
slower.fails("more than a fifth slower", history(4801.0, 4000.0), "80 min", "66.7 min", "20 %", also=("ledger",))
slower.fails("at half of its target", history(3600.0, 60.0), also=("ledger",))
slower.fails("by policy", history(4400.0, 4000.0), also=("ledger",), policy=Policy(drill_slowdown_percent=5.0))
slower.fails("two drills of long ago aside", history(9000.0, 4000.0, 4000.0, 4000.0, 9000.0, 9000.0), also=("ledger",))
slower.fails(
    "others unread",
    together(history(4801.0, 4000.0), lose(VmmVm, f"vmm:{names.HA_VMM}")),
    also=("ledger", "files"),
)
slower.fails(
    "new in the plan",
    together(
        history(4801.0, 4000.0, 4000.0), *(change(DrillRecord, key, vm_ids=(names.DB_VM,)) for key in ("o1", "o2"))
    ),
    "80 min",
    also=("ledger",),
)
slower.unknown("records unread", lose(DrillRecord, "estate:estate"), "DrillRecord", also=("ledger", "files"))
slower.unknown("the inventory unread", lose(VmmVm, f"vmm:{names.VMM01}"), "VmmVm", also=("ledger", "files"))
slower.unknown("no machine", change(VmmVm, names.WEB_VM, name="OTHER"), "no VM")
slower.skips("one drill", unchanged, "no two successful drills")
slower.skips("always on", unchanged, "no test failover", subject="identity")
slower.skips("another method", app("payments", method="none"), "no test failover")
slower.skips("no application", drop(Application), subject="estate")
slower.passes(
    "only the three before count", history(4800.0, 4000.0, 4000.0, 60.0, 60.0), also=("ledger",), evidence="tested"
)
slower.skips(
    "always on, though protected",
    together(history(4801.0, 4000.0), app("payments", rto_seconds=7200, always_on=True)),
    also=("ledger",),
)
slower.skips("only one was measured", together(
    history(4000.0, 4000.0), change(DrillRecord, "o1", rto_seconds=None)), also=("ledger",))  # fmt: skip
slower.passes("by Hyper-V Replica", add(
    facts.record("before", names.FILE_VM, names.FILE_VM, started=ago(days=90))), subject="files")  # fmt: skip

gone = Table("DR-DRL-008", "site-loss")


def through(**fields: object) -> Change:
    return change(DrillRecord, "drill-plan", **fields)


gone.passes("ten days ago", unchanged, "drill-plan, 10 d ago")
gone.passes("a year ago", through(finished=ago(days=365)))
gone.passes("the newest counts", add(drill("old", 600.0, scenarios=("site-loss",), finished=ago(days=900))), "10 d ago")
gone.fails("a second too long ago", through(finished=ago(days=365, seconds=1)), "365 d")
gone.fails("by policy", unchanged, "10 d ago", policy=Policy(scenario_interval=86400))
gone.fails("of another scenario", through(scenarios=("vmm-loss",)), "no successful drill names it")
gone.fails("failed", through(verdict="FAIL"), "no successful drill")
gone.fails("not cleaned up", through(cleaned_up=False), "no successful drill")
gone.unknown("records unread", lose(DrillRecord, "estate:estate"), "DrillRecord")
gone.unknown("scenarios unread", lose(DeclaredScenario, "estate:estate"), subject="DeclaredScenario@estate:estate")
gone.unknown("in the future", through(finished=ago(hours=-1)), "future")
gone.skips("none declared", drop(DeclaredScenario), subject="estate")
gone.passes("by a drill", unchanged, evidence="tested")
gone.passes("more records unread", together(reach("estate", "more"), lose(DrillRecord, "estate:more")))

CASES = [*gone.cases, *added.cases, *asked.cases, *accepted.cases, *slower.cases]
