"""Cases of the checks on protected items: disks, recovery points, support."""

from datetime import UTC, datetime

from drcheck.policy import Policy
from drcheck.topology.declared import Application
from drcheck.topology.hyperv import HyperVVm
from drcheck.topology.site_recovery import ProtectedDisk, ProtectedItem
from tests import estate_facts as facts
from tests import estate_names as names
from tests.check_cases.case import Table
from tests.estates import Change, add, ago, change, drop, lose, skew, together, unchanged

VAULT_SCOPE = f"vault:{names.VAULT}"
LOST = f"ProtectedItem@{VAULT_SCOPE}"
WEB_HOST = f"{names.WEB_VM}@{names.HV_LON}"
FIRST, SECOND = "C:\\VMs\\PAY-WEB01\\PAY-WEB01.vhdx", "D:\\VMs\\PAY-WEB01\\PAY-WEB01_data.vhdx"


def web(**fields: object) -> Change:
    return change(ProtectedItem, names.WEB_ITEM, **fields)


def disks(*paths: str) -> Change:
    return change(HyperVVm, WEB_HOST, disks=paths)


def held(*given: str) -> Change:
    return web(disks=tuple(ProtectedDisk(id=str(at), name=name, size_mb=1) for at, name in enumerate(given)))


complete = Table("DR-ASR-004", names.WEB_ITEM)
complete.passes("both disks", unchanged, "pay-web01_data")
complete.passes("with extensions in the vault", held("PAY-WEB01.VHDX", "PAY-WEB01_data.vhd"))
complete.passes(
    "on a checkpoint", disks(FIRST, "D:\\VMs\\PAY-WEB01\\PAY-WEB01_data_0A1B2C3D-0000-1111-2222-0123456789AB.avhdx")
)
complete.passes("names with dots", together(disks("C:\\a\\web.v2.vhdx"), held("web.v2")))
complete.passes("one name in two folders", together(disks("C:\\a\\d.vhdx", "D:\\a\\d.vhdx"), held("d", "d")))
complete.passes(
    "an excluded disk left out",
    disks(FIRST, SECOND, "E:\\scratch\\tmp.vhdx"),
    policy=Policy(excluded_disks=("*\\scratch\\*",)),
)
complete.passes(
    "an excluded disk replicated all the same",
    together(disks(FIRST, SECOND, "E:\\scratch\\tmp.vhdx"), held("PAY-WEB01", "PAY-WEB01_data", "tmp")),
    policy=Policy(excluded_disks=("*\\scratch\\*",)),
)
complete.passes(
    "the replica's disks do not count",
    add(facts.hyperv_vm(names.WEB_VM, "PAY-WEB01", names.HV_LDS, mode="Replica", disks=("X:\\other.vhdx",))),
)
complete.fails("a new disk", disks(FIRST, SECOND, "E:\\new.vhdx"), "new is not replicated", names.HV_LON)
complete.fails("a disk too many", disks(FIRST), "pay-web01_data is not on the VM")
complete.fails(
    "one of two disks of a name", together(disks("C:\\a\\d.vhdx", "D:\\a\\d.vhdx"), held("d")), "d is not replicated"
)
complete.unknown("no disks told by the vault", web(disks=()))
complete.unknown("no disks told by the host", disks())
complete.unknown("the VM's id not told", web(vm_id=""), "does not tell which VM")
complete.unknown("on no host that was asked", drop(HyperVVm, WEB_HOST), "no Hyper-V host that was asked")
complete.unknown("the host unread", lose(HyperVVm, f"hyperv:{names.HV_LON}"), "HyperVVm", also=(names.DB_ITEM,))
complete.unknown(
    "two hosts that disagree",
    add(facts.hyperv_vm(names.WEB_VM, "PAY-WEB01", names.HV_LDS, disks=("X:\\other.vhdx",))),
    "disagree",
    impossible=True,
)
complete.unknown("items unread", lose(ProtectedItem, VAULT_SCOPE), subject=LOST)
complete.skips("failed over", web(active_location="Recovery"), "recovery side")
complete.skips("nothing protected", drop(ProtectedItem), subject="estate")
complete.fails("a disk twice in the vault", held("PAY-WEB01", "PAY-WEB01", "PAY-WEB01_data"), "is not on the VM")
complete.passes("paths with slashes", disks("C:/VMs/PAY-WEB01.vhdx", "D:/VMs/PAY-WEB01_data.vhdx"))

rpo = Table("DR-RPL-001", names.WEB_ITEM)
rpo.passes("within the target", unchanged, "4 min", "15 min allowed")
rpo.passes("exactly the target", web(rpo_seconds=900))
rpo.passes("nothing to lose", web(rpo_seconds=0))
rpo.passes("of no application: the default tier", web(name="SPARE", vm_id="", rpo_seconds=901), "4 h allowed")
rpo.passes("a figure as old as allowed", web(rpo_calculated=ago(minutes=30)))
rpo.passes("a figure from the future, within the skew", web(rpo_calculated=ago(seconds=-60)))
rpo.fails("a second above", web(rpo_seconds=901), "15 min allowed")
rpo.fails("above, and old", web(rpo_seconds=901, rpo_calculated=ago(hours=5)))
rpo.fails("above the application's own target", change(Application, "payments", rpo_seconds=239), "4 min allowed")
rpo.passes("an application laxer than its tier", change(Application, "payments", rpo_seconds=7200), "15 min allowed")
rpo.fails(
    "a tier stricter than the application",
    together(change(Application, "payments", rpo_seconds=7200), web(rpo_seconds=901)),
)
rpo.passes(
    "an application without a target of its own",
    change(Application, "payments", rpo_seconds=0),
    "15 min allowed",
)
rpo.fails("health critical", web(replication_health="Critical"), "Critical")
rpo.fails("health warning", web(replication_health="Warning"), "Warning")
rpo.unknown("health not told", web(replication_health=""), "not told")
rpo.unknown("health none", web(replication_health="None"))
rpo.unknown("no figure", web(rpo_seconds=None), "no usable RPO figure")
rpo.unknown("a negative figure", web(rpo_seconds=-1), "no usable RPO figure")
rpo.unknown("a figure without a time", web(rpo_calculated=None), "no usable RPO figure")
rpo.unknown("a stale figure", web(rpo_calculated=ago(minutes=30, seconds=1)), "30 min allowed")
rpo.unknown("a figure from the future", web(rpo_calculated=ago(seconds=-61)), "future")
rpo.unknown("a figure of long ago", web(rpo_calculated=datetime(1753, 1, 1, tzinfo=UTC)))
rpo.unknown(
    "too close to call",
    together(web(rpo_calculated=ago(minutes=29)), skew(names.VAULT, 0.0, 120.0)),
    "too close",
)
rpo.unknown("items unread", lose(ProtectedItem, VAULT_SCOPE), subject=LOST)
rpo.skips("nothing protected", drop(ProtectedItem), subject="estate")
rpo.fails("above a target of a second", change(Application, "payments", rpo_seconds=1), "1 s allowed")

retired = Table("DR-SUP-001", names.WEB_ITEM)
retired.passes("to Azure", unchanged, "HyperVReplicaAzure")
retired.fails("between VMM clouds, 2012 R2", web(provider="HyperVReplica2012R2"), "HyperVReplica2012R2")
retired.fails("between VMM clouds, 2012", web(provider="HyperVReplica2012"), "HyperVReplica2012")
retired.unknown("the provider not told", web(provider=""), "not told")
retired.unknown("items unread", lose(ProtectedItem, VAULT_SCOPE), subject=LOST)
retired.skips("another kind of machine", web(provider="A2A"), "A2A")

CASES = [*complete.cases, *rpo.cases, *retired.cases]
