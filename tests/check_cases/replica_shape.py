"""Cases of the checks on what replicas keep and are made of, and on what Site Recovery needs on the hosts."""

from msgspec.structs import replace

from drcheck.topology.declared import Application
from drcheck.topology.hyperv import Drive, HyperVVm, VmReplication
from drcheck.topology.hyperv_replica import ReplicationProvider, VmCheckpoint, VmRecoveryPoints
from drcheck.topology.site_recovery import ProtectedItem
from drcheck.topology.windows_host import VirtualHardDisk
from tests import estate_names as names
from tests.check_cases.case import Table
from tests.estate_replica_hosts import FOREIGN, hard_disk, points, provider, storage
from tests.estates import Change, add, ago, change, drop, lose, seen, together, unchanged

LONDON, LEEDS = f"hyperv:{names.HV_LON}", f"hyperv:{names.HV_LDS}"
SENT, HELD = names.REPLICATION, f"{names.FILE_VM}@{names.HV_LDS}/Simple"
VMM_HELD = f"{names.VMM_VM}@{names.HV_LDS}/Simple"
REPLICA, PRIMARY = f"{names.FILE_VM}@{names.HV_LDS}", f"{names.FILE_VM}@{names.HV_LON}"


def link(**fields: object) -> Change:
    return change(VmReplication, HELD, **fields)


NO_VSS = change(VmReplication, VMM_HELD, vss_enabled=False)

kept = Table("DR-HVR-007", HELD)
kept.passes("as tier 1 asks", unchanged, "4 points", "3 h", "8 h")
kept.passes("as old as allowed", add(points(names.FILE_VM, newest_app_consistent=ago(hours=8))))
kept.fails("too old", add(points(names.FILE_VM, newest_app_consistent=ago(hours=9))), "9 h", "8 h")
kept.fails("none is consistent", add(points(names.FILE_VM, newest_app_consistent=None)), "none of 4")
kept.fails("the latest state only", link(recovery_points_kept=0), "latest state only")
kept.fails("consistent ones switched off", link(vss_enabled=False, recovery_points_kept=None), "makes no application")
kept.fails("too old, of no tier", add(points(names.VMM_VM, newest_app_consistent=ago(days=2))), subject=VMM_HELD)
kept.unknown("points unread", lose(VmRecoveryPoints, LEEDS), "VmRecoveryPoints", also=(VMM_HELD,))
kept.unknown("points not told", drop(VmRecoveryPoints, REPLICA), "not told")
kept.unknown("the interval not told", link(vss_hours=None), "not told")
kept.unknown("settings not told", link(vss_enabled=None), "does not tell")
kept.unknown("in the future", add(points(names.FILE_VM, newest_app_consistent=ago(hours=-2))), "future")
kept.unknown("the engines unread", lose(ReplicationProvider, LEEDS), also=(VMM_HELD,))
kept.skips("switched off in tier 3", NO_VSS, "does not ask", subject=VMM_HELD)
kept.skips("the sending side", unchanged, "not the receiving", subject=SENT)
kept.skips("by another engine", together(add(provider(HELD, FOREIGN)), link(vss_enabled=False)), "another engine")
kept.skips("the second hop", link(relationship="Extended"), "not the receiving")
kept.skips("switched off in tier 2", together(change(Application, "files", tier=2), link(vss_enabled=False)))
kept.unknown("how many it keeps not told", link(recovery_points_kept=None), "does not tell")
kept.passes("as tier 1 asks, others unread", together(lose(VmRecoveryPoints, LEEDS), add(points(names.FILE_VM))),
            also=(VMM_HELD,))  # fmt: skip


def replica(**fields: object) -> Change:
    return change(HyperVVm, REPLICA, **fields)


alike = Table("DR-HVR-104", HELD)
alike.passes("alike", unchanged, "processors", "1 adapters")
alike.fails("fewer processors", replica(processors=1), "1 processors, where the primary has")
alike.fails("less memory", replica(memory_startup_bytes=1 << 28), "256 MiB of memory")
alike.fails("no adapter", replica(adapters=()), "0 adapters, where the primary has 1")
alike.fails("fewer processors, memory not told", replica(processors=1, memory_startup_bytes=None), "1 processors")
alike.unknown("memory not told", replica(memory_startup_bytes=None), "not told")
alike.unknown("the primary unread", lose(HyperVVm, LONDON), "HyperVVm", also=(VMM_HELD,))
alike.unknown("the primary is gone", drop(HyperVVm, PRIMARY), "0 hosts")
alike.unknown("the replica unread", lose(HyperVVm, LEEDS), "HyperVVm", also=(VMM_HELD,))
alike.unknown("the replica is gone", drop(HyperVVm, REPLICA), "was no VM")
alike.skips("the sending side", unchanged, "not the receiving", subject=SENT)
alike.skips("by another engine", together(add(provider(HELD, FOREIGN)), replica(processors=1)), "another engine")
alike.skips("the second hop", link(relationship="Extended"), "not the receiving")
alike.unknown("the primary's processors not told", change(HyperVVm, PRIMARY, processors=None), "not told")


def web(**fields: object) -> Change:
    return change(HyperVVm, f"{names.WEB_VM}@{names.HV_LON}", **fields)


def item(**fields: object) -> Change:
    return change(ProtectedItem, names.WEB_ITEM, **fields)


OWN: tuple[Drive, ...] = storage("PAY-WEB01")["drives"]
SHARED = (replace(OWN[0], shared=True), OWN[1])
PHYSICAL = (*OWN, replace(OWN[0], path="Disk 7", disk_number=7))
NATIVE = add(hard_disk(OWN[1].path, logical_sector_bytes=4096))

plain = Table("DR-ASR-003", names.WEB_ITEM)
plain.passes("disks of its own", unchanged, "2 virtual hard disks")
plain.fails("a shared disk", web(drives=SHARED), "is shared")
plain.fails("a disk passed through", web(drives=PHYSICAL), "physical disk 7")
plain.fails("fibre channel", web(fibre_channel_count=2, drives=()), "2 virtual fibre")
plain.fails("4K sectors", NATIVE, "4096 bytes")
plain.unknown("drives not told", web(drives=()), "not told")
plain.unknown("fibre channel not told", web(fibre_channel_count=None), "not told")
plain.unknown("disks unread", lose(VirtualHardDisk, LONDON), "VirtualHardDisk", also=(names.DB_ITEM,))
plain.unknown("a disk not there", drop(VirtualHardDisk, f"{names.HV_LON}/{OWN[0].path.lower()}"), "sectors")
plain.unknown("the host unread", lose(HyperVVm, LONDON), "HyperVVm", also=(names.DB_ITEM,))
plain.unknown("on no host", drop(HyperVVm, f"{names.WEB_VM}@{names.HV_LON}"), "no Hyper-V host")
plain.unknown("the VM not told", item(vm_id=""), "which VM")
plain.skips("failed over", item(active_location="Recovery"), "in Azure already")
plain.skips("between VMM clouds", item(provider="HyperVReplica2012R2"), "not go to Azure")
plain.fails("a byte more than 512", add(hard_disk(OWN[1].path, logical_sector_bytes=513)), "513 bytes")
plain.unknown("sectors not told", add(hard_disk(OWN[1].path, logical_sector_bytes=None)), "sectors")
plain.unknown("whether shared not told", web(drives=(replace(OWN[0], shared=None), OWN[1])), "not told")
plain.unknown("what replicates it not told", change(ProtectedItem, names.WEB_ITEM, provider=""), "what replicates it")
plain.passes("disks of its own, others unread", together(
    lose(VirtualHardDisk, LONDON), add(*(hard_disk(one.path) for one in OWN))), also=(names.DB_ITEM,))  # fmt: skip


def checkpoint(kind: str = "Standard", **age: float) -> Change:
    return add(
        VmCheckpoint(
            key=f"c1@{names.HV_LON}", seen=seen(names.HV_LON), vm_id=names.WEB_VM, name="before", host=names.HV_LON,
            checkpoint_type=kind, created=ago(**age), automatic=None,
        )
    )  # fmt: skip


WEB = f"{names.WEB_VM}@{names.HV_LON}"
OTHERS = tuple(f"{one}@{names.HV_LON}" for one in (names.DB_VM, names.FILE_VM, names.VMM_VM))

left = Table("DR-CLN-005", WEB)
left.passes("none", unchanged, "no checkpoint")
left.passes("as old as allowed", checkpoint(days=3), "1 checkpoints")
left.passes("of another kind", checkpoint("Planned", days=9))
left.fails("an old one", checkpoint(days=4), "4 d old", "3 d")
left.fails("a backup's", checkpoint("Recovery", days=4), "of a backup")
left.unknown("in the future", checkpoint(days=-1), "future")
left.unknown("checkpoints unread", lose(VmCheckpoint, LONDON), "VmCheckpoint", also=OTHERS)
left.unknown(
    "items unread", together(checkpoint(days=4), lose(ProtectedItem, f"vault:{names.VAULT}")),
    also=tuple(f"{one}@{names.HV_LON}" for one in (names.DB_VM, names.DC_VM, names.AUX_VM)),
)  # fmt: skip
left.skips("not replicated", unchanged, "not replicated", subject=f"{names.AUX_VM}@{names.HV_LON}")
left.skips("a test copy", web(replication_mode="TestReplica"), "test failover")
left.fails("an old one, of a replica of a replica", together(
    web(replication_mode="ExtendedReplica"), checkpoint(days=4), drop(ProtectedItem, names.WEB_ITEM)))  # fmt: skip
left.passes("an old one of its copy elsewhere", add(
    VmCheckpoint(
        key=f"c2@{names.HV_LDS}", seen=seen(names.HV_LDS), vm_id=names.WEB_VM, name="before", host=names.HV_LDS,
        checkpoint_type="Standard", created=ago(days=9), automatic=None,
    )
))  # fmt: skip

CASES = [*kept.cases, *alike.cases, *plain.cases, *left.cases]
