"""Cases in which a replica, a plan or a drill proves nothing, and what is easily looked at is well."""

from datetime import date

import msgspec

from drcheck.policy import HOUR, Policy
from drcheck.topology.declared import Application, SequenceStep, Site
from drcheck.topology.drills import DrillProbe, DrillRecord, DrillReview
from drcheck.topology.history import RpoHistory, RpoLevel
from drcheck.topology.hyperv import HyperVVm
from drcheck.topology.site_recovery import PlanGroup, ProtectedItem, RecoveryPlan
from drcheck.topology.vmm import VmmVm
from drcheck.topology.windows_host import VirtualHardDisk
from tests import estate_facts as facts
from tests import estate_names as names
from tests import estate_vault as vault
from tests.check_cases.case import Table
from tests.check_cases.links import GIB, IDLE
from tests.check_cases.programme import CLOSED, after, found, held, signed
from tests.check_cases.replica_reach import FABRIC, HELD, REPLICA, VMM_HELD, adapter, address, lives_at
from tests.estate_links import LINK
from tests.estate_rehearsed import DAY
from tests.estate_replica_hosts import hard_disk, provider, replica_adapter
from tests.estates import Change, Estate, add, ago, change, drop, together, unchanged

BOTH = ("payments", "ledger")


def item(**fields: object) -> Change:
    return change(ProtectedItem, names.WEB_ITEM, **fields)


network = Table("DR-HVR-005", HELD)
ELSEWHERE = together(lives_at("10.10.0.4"), address("10.10.0.4"))
network.fails("given an address of the other site", ELSEWHERE, "is given 10.10.0.4 there", also=(VMM_HELD,))
network.fails("the address of one not told, the other's is of the other site", together(
    ELSEWHERE, change(HyperVVm, REPLICA, adapters=(replica_adapter(id="new", name="new"), replica_adapter()))),
    "is given 10.10.0.4 there", also=(VMM_HELD,))  # fmt: skip
network.unknown("at no site", together(address("10.10.0.4"), drop(Site, "leeds")), also=(VMM_HELD,))
network.unknown("which address it is given not told", lives_at("10.10.0.4"), "given in a failover", also=(VMM_HELD,))
network.passes("in the right subnet, which address it is given not told", lives_at("10.20.0.4"), also=(VMM_HELD,))
network.passes("the switch in other letters", adapter(test_replica_switch=names.SWITCH.upper()))

again = Table("DR-BWC-003", LINK)
PATH = "D:\\VMs\\FILE01\\FILE01_data"
ATTACHED = f"{names.HV_LON}/{PATH.lower()}.vhdx"


def checkpointed(gib: int) -> Change:
    """The machine runs on a checkpoint's file of a disk of that size."""
    child = hard_disk(f"{PATH}_1.avhdx", size_bytes=gib * GIB, file_bytes=GIB, parent_path=f"{PATH}.vhdx")
    return together(IDLE, drop(VirtualHardDisk, ATTACHED), add(child))


again.unknown("on a checkpoint of a large disk", checkpointed(2048), "disks with checkpoints may have", "FILE01")
again.passes("on a checkpoint of a small disk", checkpointed(1))
again.passes("a large disk that is nearly empty", add(hard_disk(f"{PATH}.vhdx", size_bytes=2048 * GIB)))
again.unknown("all on checkpoints", checkpointed(64), "all of london", policy=Policy(resync_site_max=HOUR))

owner = Table("DR-ASR-008", names.WEB_ITEM)
SENDS = facts.replication(names.WEB_VM, "PAY-WEB01", names.HV_LON, "Primary")
NOWHERE = msgspec.structs.replace(SENDS, replica_server="azure", current_replica_server="")
owner.unknown("by an engine without a name", together(add(NOWHERE), add(provider(SENDS.key, ""))), "does not tell")

churn = Table("DR-BWC-001", names.WEB_ITEM)
FIRST = msgspec.structs.replace(NOWHERE, average_bytes=1, maximum_bytes=2)
SECOND = msgspec.structs.replace(FIRST, key=f"{names.WEB_VM}@{names.HV_LDS}/Simple", host=names.HV_LDS)
ENGINES = add(provider(FIRST.key, "x"), provider(SECOND.key, "x"))
churn.warns("the peaks of another host", together(
    ENGINES, add(FIRST, msgspec.structs.replace(SECOND, maximum_bytes=16 * GIB))), "57.3 at most")  # fmt: skip
churn.unknown("another host does not tell", together(
    ENGINES, add(FIRST, msgspec.structs.replace(SECOND, average_bytes=None))), names.HV_LDS)  # fmt: skip

orphan = Table("DR-CLN-003", names.WEB_ITEM)
NO_HOST = together(drop(HyperVVm, f"{names.WEB_VM}@{names.HV_LON}"), FABRIC)
orphan.fails("VMM misses it", together(NO_HOST, change(VmmVm, names.WEB_VM, status="Missing")), names.WEB_VM)
orphan.fails("in VMM's library only", together(NO_HOST, change(VmmVm, names.WEB_VM, host="")), names.WEB_VM)

kept = Table("DR-RPL-002", names.WEB_VM)


def recorded(days: float, covered: float) -> Change:
    level = RpoLevel(lag_seconds=60, held_seconds=round(covered * DAY))
    return change(RpoHistory, names.WEB_VM, since=ago(days=days), levels=(level,))


kept.unknown("recorded lately, with holes", recorded(20, 17.9), "17.9 d of that", "90 % are needed")
kept.skips("recorded lately, just often enough", recorded(20, 18))
kept.unknown("recorded for just as long as samples have to stand for", recorded(27, 26.9), "needed")

figure = Table("DR-RPL-001", names.WEB_ITEM)
BY_ID = change(Application, "payments", vm_names=(), vm_ids=(names.WEB_VM,), rpo_seconds=60)
figure.fails("by the promise of its application", BY_ID, "1 min")
figure.unknown("whose machine it is not told", together(BY_ID, item(vm_id="")), "which VM it is")
figure.passes("known by its name alone", item(vm_id=""))

first = Table("DR-PLN-005", names.PLAN)
ON_GROUP = change(Application, "ledger", method="availability-group")


def starts(**fields: object) -> Change:
    """The first group starts with such an action."""
    group = PlanGroup(group_type="Boot", items=(names.WEB_ITEM,), start_actions=(vault.action(**fields),))
    return together(ON_GROUP, change(RecoveryPlan, names.PLAN, groups=(group,)))


first.fails("a script of the way back", starts(failover_directions=("RecoveryToPrimary",)), "SQL Server")
first.fails("a script of drills only", starts(failover_types=("TestFailover", "PlannedFailover")), "SQL Server")

order = Table("DR-PLN-004", names.PLAN)
CLAIMED = change(Application, "ledger", vm_names=(), vm_ids=(names.DB_VM,))
order.unknown(
    "whose machine it is not told", together(CLAIMED, change(ProtectedItem, names.DB_ITEM, vm_id="")), "which VM"
)

added = Table("DR-PLN-010", "payments")
added.unknown("a step that takes no time", change(SequenceStep, "001", minutes=0), "step 1 vmm", also=(*BOTH, "files"))
added.fails("too long with a step that takes no time", together(
    change(SequenceStep, "001", minutes=0), change(Application, "payments", rto_seconds=60)), also=("ledger", "files"),
)  # fmt: skip
TABLE_TOP = held("talk", drill_kind="table-top", started=ago(days=1, hours=1), finished=ago(days=1), rto_seconds=1.0)
added.passes("talked through", add(TABLE_TOP), "10 min (p90 of 1 drills)")


def talked_only() -> Change:
    """What the plan's drill was is no drill: people sat together."""
    return change(DrillRecord, "drill-plan", drill_kind="table-top")


recent = Table("DR-DRL-001", "payments")
recent.fails("talked through only", talked_only(), "never tested", also=BOTH)
recent.passes("switched over for real", change(DrillRecord, "drill-plan", drill_kind="planned-switchover"), also=BOTH)
for kind in ("protected-item", "rehearsal"):
    recent.passes(f"in a {kind}", change(DrillRecord, "drill-plan", drill_kind=kind), also=BOTH)

timed = Table("DR-DRL-002", "payments")
timed.skips("talked through only", talked_only(), "no drill has measured", also=BOTH)
timed.passes("talked through lately", add(TABLE_TOP), "10 min")

slower = Table("DR-DRL-006", "payments")
slower.skips("talked through beside it", add(TABLE_TOP), "no two successful drills")

exercised = Table("DR-DRL-008", "site-loss")
exercised.passes("held", unchanged, evidence="tested")
exercised.passes("talked through", talked_only(), evidence="declared")

green = Table("DR-DRL-004", "payments")
SERVICE = DrillProbe(name="service W3SVC", target="PAY-WEB01", mandatory=True, green_seconds=60.0, vm_id=names.WEB_VM)
DATABASE = DrillProbe(name="run-command", target="LEDGER-DB01", mandatory=True, green_seconds=60.0)
RENAMED = msgspec.structs.replace(SERVICE, name="service Pay", target="PAY-OLD", green_seconds=None)
NAMESAKE = msgspec.structs.replace(SERVICE, vm_id=names.AUX_VM)
green.fails("red, under its former name", change(
    DrillRecord, "drill-plan", probes=(SERVICE, RENAMED, DATABASE)), "service Pay on PAY-OLD red")  # fmt: skip
green.fails("of another machine of that name", change(
    DrillRecord, "drill-plan", probes=(NAMESAKE, DATABASE)), "no probe ran")  # fmt: skip


def loud(estate: Estate) -> Estate:
    """The reviewer copied the hash in capital letters."""
    review = next(one for one in estate.facts if isinstance(one, DrillReview) and one.key == "drill-plan")
    return signed(record_sha256=review.record_sha256.upper())(estate)


complete = Table("DR-DRL-007", "drill-plan")
TOMORROW, LATER = date(2026, 11, 24), date(2026, 11, 25)
complete.fails("signed the day after tomorrow", signed(reviewed=LATER), "yet to come")
complete.passes("signed where it is tomorrow", signed(reviewed=TOMORROW))
complete.fails("signed without a hash", together(
    signed(record_sha256=""), change(DrillRecord, "drill-plan", sha256="")), "not the record", also=("drill-files",),
)  # fmt: skip
complete.passes("the hash in capitals", loud)

followed = Table("DR-DRL-005", "drill-plan")
followed.fails("critical in other letters", found(after(due=date(2027, 6, 1), severity=" Critical")), "is critical and")
followed.passes("closed, critical in other letters", found(msgspec.structs.replace(CLOSED, severity="CRITICAL")))


CASES = [
    case
    for table in (
        network, again, owner, churn, orphan, kept, figure, first, order, added, recent, timed, slower, exercised,
        green, complete, followed,
    )
    for case in table.cases
]  # fmt: skip
