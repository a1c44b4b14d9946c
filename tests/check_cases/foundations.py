"""Cases of the checks on what has to be there before a plan starts, and on time."""

from drcheck.topology.base import Fact
from drcheck.topology.declared import Application, SequenceStep, Site
from drcheck.topology.hyperv import Adapter, HyperVVm
from drcheck.topology.identity import ControllerService, DomainController
from drcheck.topology.site_recovery import PlanGroup, ProtectedItem, RecoveryPlan
from tests import estate_facts as facts
from tests import estate_governed as governed
from tests import estate_names as names
from tests import estate_vault as vault
from tests.check_cases.case import Table
from tests.estates import Change, Estate, add, change, drop, lose, reach, skew, together, unchanged

VAULT_SCOPE = f"vault:{names.VAULT}"
IDENTITY = f"identity:{governed.DC}"

first = Table("DR-PLN-005", names.PLAN)
DEAD = drop(DomainController, governed.DC)


def guest(vm_id: str, *addresses: str) -> Change:
    """What the guest of a VM tells."""
    adapter = Adapter(id="nic", name="nic", switch="Corp", test_replica_switch="", addresses=addresses)
    return change(HyperVVm, f"{vm_id}@{names.HV_LON}", adapters=(adapter,))


def boots(*groups: tuple[str, ...]) -> Change:
    return add(vault.plan(names.PLAN, "rp-payments", *groups))


IN_PLAN = together(DEAD, guest(names.DB_VM, "10.10.0.10"), guest(names.WEB_VM, "10.10.0.9"))
ON_GROUP = change(Application, "ledger", method="availability-group")
SCRIPT_FIRST = change(
    RecoveryPlan,
    names.PLAN,
    groups=(PlanGroup(group_type="Boot", items=(names.WEB_ITEM,), start_actions=(vault.action(),)),),
)
first.passes("a controller is live", unchanged, governed.DC)
first.passes(
    "live in Azure",
    together(change(Site, "london", role="secondary"), change(Site, "leeds", role="azure")),
    "runs at a recovery site",
)
first.passes("controllers start first", IN_PLAN, "controllers start first")
first.passes("SQL in an earlier step", together(ON_GROUP, add(facts.step(1, "sql", "ag-vmm"))))
first.passes("SQL by a script of the plan", together(ON_GROUP, SCRIPT_FIRST))
first.passes("it needs a group that runs anyway", change(Application, "ledger", method="none"))
first.fails("no controller first", together(IN_PLAN, boots((names.WEB_ITEM,), (names.DB_ITEM,))), "no controller is")
first.fails("not alone", together(IN_PLAN, boots((names.WEB_ITEM, names.DB_ITEM))), "controllers alone")
first.fails(
    "a read-only one lives", together(add(governed.controller(governed.DC, "Leeds", read_only=True)),
    guest(names.DB_VM, "10.1.1.1")), "no controller is known",
)  # fmt: skip
first.fails("nobody moves SQL", ON_GROUP, "nothing fails SQL Server over", "payments needs ledger")
first.fails("SQL afterwards", together(ON_GROUP, add(facts.step(9, "sql", "ag-vmm"))), "nothing fails SQL Server over")
first.fails(
    "the plan in no step", together(ON_GROUP, drop(SequenceStep, "003"), add(facts.step(1, "sql", "x"))), "SQL Server"
)
first.fails(
    "SQL by hand", together(ON_GROUP, SCRIPT_FIRST, change(
        RecoveryPlan, names.PLAN, groups=(PlanGroup(group_type="Boot", items=(names.WEB_ITEM,), start_actions=(
            vault.action(action_type="ManualActionDetails"),)),),
    )), "SQL Server",
)  # fmt: skip
first.unknown("a guest does not tell", DEAD, "do not tell their addresses")
first.unknown("no controller asked", together(drop(DomainController), guest(names.DB_VM, "10.1.1.1")), "was asked")
first.unknown("controllers unread", lose(DomainController, IDENTITY))
first.unknown("does it live", together(guest(names.DB_VM, "1.1.1.1"), lose(ControllerService, IDENTITY)), "Controller")
first.unknown("guests unread", together(IN_PLAN, lose(HyperVVm, f"hyperv:{names.HV_LON}")), "HyperVVm")
first.unknown("items unread", lose(ProtectedItem, VAULT_SCOPE), "ProtectedItem")
first.unknown("the sequence unread", together(ON_GROUP, lose(SequenceStep, "estate:estate")), "SequenceStep")
first.unknown("without groups", change(RecoveryPlan, names.PLAN, groups=()), "without its groups")
first.unknown("plans unread", lose(RecoveryPlan, VAULT_SCOPE), subject=f"RecoveryPlan@{VAULT_SCOPE}")
first.skips("an empty plan", change(RecoveryPlan, names.PLAN, groups=(PlanGroup(group_type="Boot", items=()),)))
OTHER_DC = "dc9.contoso.lab"


def unread(kind: type[Fact]) -> Change:
    """One more controller, which was not read for a kind."""
    return together(reach("identity", OTHER_DC), lose(kind, f"identity:{OTHER_DC}"))


LATE = together(IN_PLAN, boots((names.WEB_ITEM,), (names.DB_ITEM,)))
first.fails("nobody moves SQL, controllers unread", together(ON_GROUP, lose(DomainController, IDENTITY)), "SQL Server")
first.passes("a controller is live, another unread", unread(DomainController), governed.DC)
first.fails("one lives at the primary site", together(
    change(Site, "leeds", role="primary"), guest(names.DB_VM, "10.1.1.1")), "no controller is known")  # fmt: skip
first.passes("one is live, another at no site", together(
    drop(Site, "london"), add(governed.service(governed.DC_LON))), governed.DC)  # fmt: skip
first.unknown("no controller first, another unread", together(LATE, unread(DomainController)))
first.passes("controllers start first, another unread", together(IN_PLAN, unread(DomainController)))
first.fails(
    "a read-only one lives, its services unread",
    together(
        add(governed.controller(governed.DC, "Leeds", read_only=True)),
        guest(names.DB_VM, "10.1.1.1"),
        lose(ControllerService, IDENTITY),
    ),
)
first.fails("one tells nothing of itself, another is unread", together(
    drop(ControllerService), guest(names.DB_VM, "10.1.1.1"), unread(ControllerService)))  # fmt: skip
first.fails("one of the first group is none, the other does not tell", together(
    DEAD, guest(names.WEB_VM, "10.10.0.9"), boots((names.DB_ITEM, names.WEB_ITEM))))  # fmt: skip
first.unknown("an item that is not listed", together(DEAD, boots(("i-ghost",))))
ON_TWO = together(ON_GROUP, add(facts.step(2, "sql", "ag-vmm")), drop(SequenceStep, "001"))
first.passes(
    "SQL before this plan, after another",
    together(ON_TWO, add(vault.plan(names.PLAN_2, "rp-later", (names.DB_ITEM,)), facts.step(1, "plan", "rp-later"))),
    also=(names.PLAN_2,),
)
first.passes("SQL in an earlier step, and again", together(ON_TWO, add(facts.step(9, "sql", "ag-vmm"))))
first.fails("SQL between two runs of the plan", together(
    ON_GROUP, add(facts.step(9, "sql", "ag-vmm"), facts.step(10, "plan", "rp-payments"))))  # fmt: skip
first.passes("it needs what nobody declared", change(Application, "payments", depends_on=("ghost",)))
first.passes("it needs a group that is always on", together(
    ON_GROUP, change(Application, "ledger", always_on=True)))  # fmt: skip
first.fails("a script of another group", together(ON_GROUP, change(
    RecoveryPlan, names.PLAN, groups=(
        PlanGroup(group_type="Shutdown", items=(), start_actions=(vault.action(),)),
        PlanGroup(group_type="Boot", items=(names.WEB_ITEM,)),
    ))))  # fmt: skip

timed = Table("DR-IDN-101", governed.DC)


def without_clock(estate: Estate) -> Estate:
    return Estate(facts=estate.facts, targets=estate.targets, gaps=estate.gaps)


def time(**fields: object) -> Change:
    return add(governed.service(**fields))  # type: ignore[arg-type]


timed.passes("by its domain", unchanged, "NT5DS")
timed.passes("by a server", time(time_type="NTP"), "NTP")
timed.passes("five minutes off", governed.clock(-300.0), "5 min")
timed.passes("by its domain, whatever servers are named", time(time_servers=None))
timed.fails("by nobody", time(time_type="NoSync"), "follows nobody")
timed.fails("by servers without a name", time(time_type="NTP", time_servers=()), "none is named")
timed.fails("more than five minutes ahead", governed.clock(301.0, 0.5), "off", "5 min")
timed.fails("more than five minutes behind", governed.clock(-301.0, 0.5), "off")
timed.fails("off, its source not told", together(governed.clock(900.0), time(time_type=None)), "15 min off")
timed.unknown("too close to call", governed.clock(300.0, 1.0), "too close")
timed.unknown("its source not told", time(time_type=None), "does not tell")
timed.unknown("its servers not told", time(time_type="NTP", time_servers=None), "does not tell")
timed.unknown("its clock not measured", without_clock, "nobody measured")
timed.unknown("services unread", lose(ControllerService, IDENTITY), subject=f"ControllerService@{IDENTITY}")
timed.unknown("at no site", change(Site, "leeds", hosts=()), "no site")
timed.skips("at the primary site", change(Site, "leeds", role="primary"), "no recovery site")
timed.passes("by both", time(time_type="AllSync"), "AllSync")
timed.passes("by its domain, no servers named", time(time_servers=()))
timed.unknown("another's clock measured only", together(without_clock, skew(names.HV_LDS, 900.0)), "nobody measured")

CASES = [*first.cases, *timed.cases]
