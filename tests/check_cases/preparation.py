"""Cases of the checks on what people prepared: quorum designs, credentials, a drill's controller, the recovery kit."""

from datetime import date

from msgspec.structs import replace

from drcheck.policy import Policy
from drcheck.topology.cluster import ClusterNode, FailoverCluster
from drcheck.topology.declared import Site
from drcheck.topology.hyperv import VmReplication
from drcheck.topology.identity import DomainController
from drcheck.topology.prepared import BreakGlass, DrillController, QuorumDesign, RecoveryKit
from drcheck.topology.site_recovery import ProtectedItem, RecoveryPlan, ReplicationPolicy
from tests import estate_facts as facts
from tests import estate_names as names
from tests import estate_prepared as prepared
from tests import estate_vault as vault
from tests.check_cases.case import Table
from tests.estates import Change, add, change, cut, drop, lose, together, unchanged

ESTATE, VAULT, IDENTITY = "estate:estate", f"vault:{names.VAULT}", "identity:dc1.lds.contoso.lab"
SCOPE = f"cluster:{names.HV_CLUSTER_NAME}"
LON_NODE, LDS_NODE = f"{names.HV_CLUSTER}/{names.HV_LON}", f"{names.HV_CLUSTER}/{names.HV_LDS}"

quorum = Table("DR-CLU-004", names.HV_CLUSTER)


def designed(**fields: object) -> Change:
    return change(QuorumDesign, names.HV_CLUSTER_NAME, **fields)


def renamed(name: str) -> Change:
    """The design goes by another name."""
    return together(drop(QuorumDesign), add(prepared.design(name)))


quorum.passes("as designed", unchanged, "one vote each, dynamic quorum on, witness share", "2 nodes")
quorum.passes("the witness left open", together(designed(witness=""), change(
    FailoverCluster, names.HV_CLUSTER, witness="disk")))  # fmt: skip
quorum.passes("a node without a vote", together(designed(votes=((names.HV_LDS, 0),)), change(
    ClusterNode, LDS_NODE, node_weight=0)), f"but for {names.HV_LDS}")  # fmt: skip
quorum.passes("by its short name", renamed("hvc"))
quorum.passes(
    "the cluster tells its short name",
    together(renamed("hvc.lon.lab"), change(FailoverCluster, names.HV_CLUSTER, name="HVC", domain="lon.lab")),
)
quorum.fails("a vote taken away", change(ClusterNode, LDS_NODE, node_weight=0), f"{names.HV_LDS} has 0 votes, not 1")
quorum.fails("a vote not taken away", designed(votes=((names.HV_LON, 0),)), f"{names.HV_LON} has 1 votes, not 0")
quorum.fails("dynamic quorum off", change(FailoverCluster, names.HV_CLUSTER, dynamic_quorum=False), "quorum is off")
quorum.fails("dynamic quorum on", designed(dynamic_quorum=False), "quorum is on", "designed:")
quorum.fails("another witness", designed(witness="cloud"), "its witness is share")
quorum.fails("no such node", designed(votes=(("hv9.lds.contoso.lab", 1),)), "hv9.lds.contoso.lab is no node of it")
quorum.fails(
    "a fault, nodes unread",
    together(change(FailoverCluster, names.HV_CLUSTER, dynamic_quorum=False), lose(ClusterNode, SCOPE)),
    "quorum is off",
)
quorum.unknown("nodes unread", lose(ClusterNode, SCOPE), "ClusterNode")
quorum.unknown(
    "designs unread", lose(QuorumDesign, ESTATE), "QuorumDesign", also=(names.VMM_CLUSTER, names.SQL_CLUSTER)
)
quorum.unknown(
    "a design of no cluster", renamed("hcv.lon.contoso.lab"), "hcv.lon.contoso.lab", "no cluster's name",
    also=(names.VMM_CLUSTER, names.SQL_CLUSTER),
)  # fmt: skip
quorum.unknown(
    "a design of another domain's cluster",
    together(renamed("hvc.other.lab"), change(FailoverCluster, names.HV_CLUSTER, name="HVC", domain="lon.lab")),
    "hvc.other.lab",
    also=(names.VMM_CLUSTER, names.SQL_CLUSTER),
)
quorum.passes("as designed, and more designs unread", cut(QuorumDesign, ESTATE), also=(
    names.VMM_CLUSTER, names.SQL_CLUSTER))  # fmt: skip
quorum.skips("no design", drop(QuorumDesign), "no design")
quorum.skips("a design of another cluster", unchanged, "no design", subject=names.VMM_CLUSTER)

usable = Table("DR-IDN-004", "hyper-v")


def glass(**fields: object) -> Change:
    return change(BreakGlass, "hyper-v", **fields)


BAD_SITE = change(Site, "leeds", hosts=())
NO_DC_THERE = drop(DomainController, "dc1.lds.contoso.lab")
usable.passes("usable", unchanged, "kept at london and leeds", "2 holders", "2026-11-01")
usable.passes("no directory, nothing needed", glass(domain="", needs=()))
usable.passes("as old as allowed", glass(tested=date(2026, 5, 27)))
READ_ONLY = replace(facts.controller("dc0.lds.contoso.lab", "Leeds"), read_only=True)
usable.passes("a read-only controller beside a writable one", add(READ_ONLY))
usable.passes("a controller at no site beside one", add(facts.controller("dc0.far.lab", "Far")))
usable.fails("at the primary site only", glass(kept_at=("london",)), "is kept at london only")
usable.fails("one holder twice", glass(holders=("One", "one ")), "one holder, One")
usable.fails("never tried", glass(tested=None), "never tried")
usable.fails("too long ago", glass(tested=date(2026, 5, 26)), "181 d ago", "within 180 d")
usable.fails("by another policy", unchanged, "22 d ago", policy=Policy(break_glass_test_interval=86400))
usable.fails("needs the primary site", glass(needs=(names.HV_LON, names.HV_LDS)), f"needs {names.HV_LON}", "london")
usable.fails("no controller elsewhere", NO_DC_THERE, "contoso.lab, which has no writable controller")
usable.fails(
    "a read-only controller elsewhere", change(DomainController, "dc1.lds.contoso.lab", read_only=True), "no writable"
)
usable.fails(
    "a disabled controller elsewhere", change(DomainController, "dc1.lds.contoso.lab", enabled=False), "no writable"
)
usable.fails("a fault, a place unknown", together(glass(tested=None), BAD_SITE), "never tried")
usable.unknown("a need at no site", glass(needs=("mfa.example",)), "mfa.example", "no site")
usable.unknown("a controller at no site", together(BAD_SITE, glass(needs=())), "no site")
usable.unknown("controllers unread", lose(DomainController, IDENTITY), "DomainController")
usable.unknown("a directory nobody was asked about", glass(domain="fabrikam.lab"), "no controller of fabrikam.lab")
usable.unknown(
    "whether the controller elsewhere is enabled not told",
    change(DomainController, "dc1.lds.contoso.lab", enabled=None), "is enabled was not told",
)  # fmt: skip
usable.passes(
    "one of two does not tell whether it is enabled",
    add(replace(facts.controller("dc0.lds.contoso.lab", "Leeds"), enabled=None)),
)
usable.fails(
    "at the primary site one does not tell whether it is enabled",
    together(NO_DC_THERE, add(replace(facts.controller("dc9.lon.contoso.lab", "London"), enabled=None))),
    "no writable controller",
)
usable.unknown("sites unread", together(glass(needs=(), domain=""), lose(Site, ESTATE)), "Site")
usable.unknown("nobody told", lose(BreakGlass, ESTATE), subject="BreakGlass@estate:estate")
usable.skips("none declared", drop(BreakGlass), subject="estate")

fit = Table("DR-IDN-005", prepared.FIRST)


def controller(**fields: object) -> Change:
    return change(DrillController, prepared.FIRST, **fields)


def another(name: str) -> Change:
    """Another machine is the declared controller."""
    return together(drop(DrillController), add(prepared.drill_controller(name)))


def receives(**fields: object) -> Change:
    return change(VmReplication, f"{names.FILE_VM}@{names.HV_LDS}/Simple", **fields)


REPLICA = together(another("file01"), receives(vss_enabled=True))
fit.passes("fit", unchanged, "dc0.lon.contoso.lab is a global catalog and copied", "seize")
fit.passes("by its id", another(names.DB_VM), subject=names.DB_VM)
fit.passes("a replica", REPLICA, subject="file01")
fit.fails(
    "one copy in no plan, the other does not tell",
    together(REPLICA, receives(vss_enabled=None), add(vault.item("item-f", "FILE01", names.FILE_VM))),
    "no recovery plan holds it",
    subject="file01",
)
fit.fails("roles undecided", controller(fsmo=""), "FSMO")
fit.fails("its new id not noted", controller(generation_id_accepted=False), "VM-GenerationID")
fit.fails(
    "no global catalog", change(DomainController, prepared.CONTROLLER, global_catalog=False), "is no global catalog"
)
fit.fails("not copied", another("DC01"), "nothing copies it", subject="DC01")
fit.fails("started later", another("PAY-WEB01"), "rp-payments does not start it first", subject="PAY-WEB01")
fit.fails("in no plan", drop(RecoveryPlan), "no recovery plan holds it")
fit.fails("crash-consistent only", change(ReplicationPolicy, names.POLICY, app_consistent_hours=0), "makes no")
fit.fails(
    "a crash-consistent replica", together(REPLICA, receives(vss_enabled=False)), "its replica on", subject="file01"
)
fit.fails("a fault, copies unread", together(controller(fsmo=""), lose(ProtectedItem, VAULT)), "FSMO")
fit.fails(
    "a fault of the plan, policies unread", together(another("PAY-WEB01"), lose(ReplicationPolicy, VAULT)),
    "does not start it first", subject="PAY-WEB01",
)  # fmt: skip
fit.passes("more of them may be declared", cut(DrillController, ESTATE))
fit.unknown("a replica that does not tell", together(REPLICA, receives(vss_enabled=None)), subject="file01")
fit.unknown("copies unread", lose(ProtectedItem, VAULT), "ProtectedItem")
fit.unknown("replicas unread", together(another("DC01"), lose(VmReplication, f"hyperv:{names.HV_LDS}")), subject="DC01")
fit.unknown("plans unread", lose(RecoveryPlan, VAULT), "RecoveryPlan")
fit.unknown("a hollow plan", change(RecoveryPlan, names.PLAN, groups=()), "without its groups")
LATER = add(vault.plan(names.PLAN_2, "rp-later", ()))
fit.passes("beside another plan", LATER)
fit.unknown(
    "a hollow plan beside its own",
    together(LATER, change(RecoveryPlan, names.PLAN_2, groups=())),
    "rp-later may hold LEDGER-DB01",
)
fit.fails(
    "in another plan than all there are", add(vault.plan(names.PLAN, "rp", (names.WEB_ITEM,))), "no recovery plan"
)
fit.unknown("policies unread", lose(ReplicationPolicy, VAULT), "ReplicationPolicy")
fit.unknown("interval not told", change(ReplicationPolicy, names.POLICY, app_consistent_hours=None), "interval")
fit.unknown("controllers unread", lose(DomainController, IDENTITY), "DomainController")
fit.unknown("no controller tells of it", controller(host="dc7.lon.contoso.lab"), "dc7.lon.contoso.lab")
fit.skips("none declared", drop(DrillController), subject="estate")

ready = Table("DR-GOV-102", "recovery kit")
ready.passes("whole", unchanged, "contacts, keys, media, runbook are there")
ready.passes("a copy at the primary site too", add(prepared.kit(prepared.part("keys", kept_at=("london", "leeds")))))
ready.passes("as old as allowed", add(prepared.kit(prepared.part("keys", reviewed=date(2026, 5, 27)))))
ready.fails(
    "no media", change(RecoveryKit, "recovery kit", parts=tuple(prepared.part(one) for one in prepared.PARTS[:3])),
    "no media",
)  # fmt: skip
ready.fails("at the primary site", add(prepared.kit(prepared.part("keys", kept_at=("london",)))), "the keys at london")
ready.fails("never looked through", add(prepared.kit(prepared.part("contacts", reviewed=None))), "contacts never")
ready.fails("too old", add(prepared.kit(prepared.part("runbook", reviewed=date(2026, 5, 26)))), "181 d ago")
ready.fails("by another policy", unchanged, "22 d ago", policy=Policy(recovery_kit_max_age=86400))
ready.unknown("sites unread", lose(Site, ESTATE), "Site")
ready.unknown("nobody told", lose(RecoveryKit, ESTATE), subject="RecoveryKit@estate:estate")
ready.skips("none declared", drop(RecoveryKit), subject="estate")

CASES = [*quorum.cases, *usable.cases, *fit.cases, *ready.cases]
