"""Cases of the checks on room for logs, versions, places and third copies of replicas, and on signs of life."""

from msgspec.structs import replace

from drcheck.policy import Policy
from drcheck.topology.base import Fact
from drcheck.topology.cluster import ClusterNode, ClusterSharedVolume
from drcheck.topology.hyperv import HyperVVm, VmReplication
from drcheck.topology.hyperv_replica import ReplicaServer, ReplicationProvider
from drcheck.topology.site_recovery import ProtectedItem
from drcheck.topology.site_recovery_state import RecoveryProvider
from drcheck.topology.windows_host import HostVolume, HyperVHost, VirtualHardDisk
from tests import estate_facts as facts
from tests import estate_names as names
from tests.check_cases.case import Table
from tests.estate_replica_hosts import FOREIGN, allowed, hard_disk, provider, replica_disks, server, volume
from tests.estate_sql_vmm_site import host
from tests.estates import Change, add, ago, change, drop, lose, reach, seen, skew, together, unchanged

LONDON, LEEDS = f"hyperv:{names.HV_LON}", f"hyperv:{names.HV_LDS}"
OF_VMM, OF_VMM_LDS = names.VMM_REPLICATION, f"{names.VMM_VM}@{names.HV_LDS}/Simple"
OF_FILE, OF_FILE_LDS = names.REPLICATION, f"{names.FILE_VM}@{names.HV_LDS}/Simple"
BY_OTHERS = add(provider(OF_FILE, FOREIGN), provider(OF_FILE_LDS, FOREIGN))
GIB = 1 << 30


def link(key: str = OF_FILE, **fields: object) -> Change:
    return change(VmReplication, key, **fields)


def room(letter: str, free: int | None) -> Change:
    return add(volume(names.HV_LON, letter, free_bytes=free))


SHARED = "C:\\ClusterStorage\\Volume1\\FILE01\\FILE01.vhdx"


def csv(free: int) -> Fact:
    return ClusterSharedVolume(
        key=f"{names.HV_CLUSTER}/disk/1", seen=seen(names.HV_CLUSTER_NAME), cluster=names.HV_CLUSTER, name="Disk 1",
        state="Online", owner_node="hv1", path="C:\\ClusterStorage\\Volume1", capacity_bytes=1 << 40, free_bytes=free,
    )  # fmt: skip


ON_SHARED = together(link(replicated_disks=(SHARED,)), add(hard_disk(SHARED), csv(GIB)))
ON_CHECKPOINT = "C:\\VMs\\FILE01\\FILE01.vhdx"
FLOOD = link(replicated_disks=(ON_CHECKPOINT,), average_bytes=8 * GIB)
"""In four hours, at a cycle of five minutes: 384 GiB."""

logs = Table("DR-HVR-006", OF_FILE)
logs.passes("healthy", unchanged, "512 GiB free")
logs.passes("half of the disks' sizes is enough", together(room("C", GIB), link(average_bytes=8 * GIB)))
logs.passes("on a shared volume", ON_SHARED, "ClusterStorage")
logs.passes(
    "on a checkpoint",
    together(
        drop(VirtualHardDisk, f"{names.HV_LON}/{ON_CHECKPOINT.lower()}"),
        add(hard_disk("C:\\VMs\\FILE01\\FILE01_1.avhdx", parent_path=ON_CHECKPOINT)),
    ),
)
logs.fails("a full volume", together(room("C", GIB >> 1), FLOOD), "0.5 GiB free for 384", "4 h", also=(OF_VMM,))
logs.fails("a resynchronisation is due", link(state="WaitingForStartResynchronize"), "WaitingForStartResynchronize")
logs.fails(
    "a full shared volume",
    together(ON_SHARED, add(csv(GIB >> 2)), link(average_bytes=8 * GIB)),
    "ClusterStorage",
)
MOUNTED = "C:\\mounts\\x\\FILE01.vhdx"
logs.passes(
    "volumes mounted in the drive take nothing of it",
    together(
        room("C", 700 << 20),
        add(replace(volume(names.HV_LON, "M"), name="C:\\mounts\\x\\"), hard_disk(MOUNTED)),
        link(replicated_disks=(MOUNTED,)),
    ),
    subject=OF_VMM,
)
logs.passes("nor do shared volumes", together(ON_SHARED, room("C", 700 << 20)), "C:\\ has 1 GiB free", subject=OF_VMM)
logs.warns("little room", room("D", 800 << 20), "less than half", also=(OF_VMM,))
logs.warns("just enough for all changes", room("D", 386 << 20), "less than half", also=(OF_VMM,))
logs.warns(
    "nothing changes",
    together(room("D", 386 << 20), link(average_bytes=0, frequency_seconds=1)),
    also=(OF_VMM,),
)
ALONE = link(replicated_disks=(ON_CHECKPOINT,), average_bytes=10 << 20)
logs.passes("half of the sizes, for all changes of one disk", together(FLOOD, room("C", GIB)))
logs.unknown("just enough for its own changes", together(ALONE, room("C", 481 << 20)), also=(OF_VMM,))
logs.fails("not quite", together(ALONE, room("C", 480 << 20)), "0.5 GiB free", also=(OF_VMM,))
logs.unknown("no room, changes not told", together(ALONE, link(average_bytes=None), room("C", 0)), also=(OF_VMM,))
logs.unknown("what waits not told", together(room("C", 800 << 20), link(pending_bytes=None)), also=(OF_VMM,))
logs.unknown("no cycle", together(room("C", 800 << 20), link(frequency_seconds=0)), also=(OF_VMM,))
for state in ("Resynchronizing", "ResynchronizeSuspended"):
    logs.fails(state, link(state=state), state)
logs.warns("nobody would start a resynchronisation", link(auto_resync=False), "waits for somebody")
logs.unknown("changes not told, little room", together(room("C", 800 << 20), link(average_bytes=None)), also=(OF_VMM,))
logs.unknown(
    "changes of two disks, little room", together(room("C", 800 << 20), link(average_bytes=GIB)), also=(OF_VMM,)
)
logs.unknown("whether it would resynchronise not told", link(auto_resync=None))
logs.unknown("free space not told", room("C", None), "free space", also=(OF_VMM,))
logs.unknown("volumes unread", lose(HostVolume, LONDON), "HostVolume", also=(OF_VMM,))
logs.unknown("on a share", link(replicated_disks=("\\\\fs1\\vms\\a.vhdx",)), "no volume")
logs.unknown("disks unread", lose(VirtualHardDisk, LONDON), also=(OF_VMM,))
logs.unknown("a disk not there", drop(VirtualHardDisk, f"{names.HV_LON}/{ON_CHECKPOINT.lower()}"), also=(OF_VMM,))
logs.unknown("no disks told", link(replicated_disks=()), "which disks")
logs.unknown("nodes unread", together(ON_SHARED, lose(ClusterNode, f"cluster:{names.HV_CLUSTER_NAME}")))
logs.unknown(
    "another node unread", together(ON_SHARED, lose(VmReplication, LEEDS)), "VmReplication",
)  # fmt: skip
logs.unknown(
    "shared volumes unread", together(ON_SHARED, lose(ClusterSharedVolume, f"cluster:{names.HV_CLUSTER_NAME}"))
)
logs.unknown("the engines unread", lose(ReplicationProvider, LONDON), also=(OF_VMM,))
logs.unknown("the host unread", lose(VmReplication, LONDON), subject=f"VmReplication@{LONDON}")
logs.skips("the receiving side", unchanged, "sending side", subject=OF_FILE_LDS)
logs.skips("by another engine", together(BY_OTHERS, link(state="Resynchronizing")), "another engine")


def vm(where: str, **fields: object) -> Change:
    return change(HyperVVm, f"{names.FILE_VM}@{where}", **fields)


def supports(*versions: str) -> Change:
    return add(host(names.HV_LDS, supported_versions=versions))


version = Table("DR-HVR-101", OF_FILE_LDS)
version.passes("healthy", unchanged, "version 9.0", "8.0, 9.0, 10.0")
version.fails("a primary that was upgraded", vm(names.HV_LON, version="12.0"), "12.0", names.HV_LON)
version.fails("an old host", supports("8.0"), "9.0", also=(OF_VMM_LDS,))
version.fails("a replica the host cannot run", vm(names.HV_LDS, version="11.0"), "11.0")
version.unknown("the host does not tell", add(host(names.HV_LDS, supported_versions=None)), also=(OF_VMM_LDS,))
version.unknown("the host unread", lose(HyperVHost, LEEDS), "HyperVHost", also=(OF_VMM_LDS,))
version.unknown("its version not told", vm(names.HV_LON, version=None), "not told")
version.unknown("the primary gone", drop(HyperVVm, f"{names.FILE_VM}@{names.HV_LON}"), "primary")
version.unknown("the primary unread", lose(HyperVVm, LONDON), "HyperVVm", also=(OF_VMM_LDS,))
version.unknown("the replica unread", lose(HyperVVm, LEEDS), "HyperVVm", also=(OF_VMM_LDS,))
version.unknown("the engines unread", lose(ReplicationProvider, LEEDS), also=(OF_VMM_LDS,))
version.skips("the sending side", unchanged, "not the receiving", subject=OF_FILE)
version.skips("by another engine", together(BY_OTHERS, supports("8.0")), "another engine", also=(OF_VMM_LDS,))

SECOND_HOP = f"{names.FILE_VM}@{names.HV_LDS}/Extended"


def hop(**fields: object) -> Change:
    first = facts.replication(names.FILE_VM, "FILE01", names.HV_LDS, "Replica")
    given: dict[str, object] = {"key": SECOND_HOP, "relationship": "Extended", "vss_enabled": False}
    return add(replace(first, **(given | fields)))


version.passes("on the third host", link(OF_FILE_LDS, mode="ExtendedReplica"))
version.fails(
    "on the third host, too old",
    together(link(OF_FILE_LDS, mode="ExtendedReplica"), supports("8.0")),
    also=(OF_VMM_LDS,),
)
version.skips("the second hop", together(hop(), supports("8.0")), subject=SECOND_HOP, also=(OF_FILE_LDS, OF_VMM_LDS))
version.passes(
    "another host unread",
    together(reach("hyperv", "hv9.lon.contoso.lab"), lose(HyperVVm, "hyperv:hv9.lon.contoso.lab")),
)

third = Table("DR-HVR-102", SECOND_HOP)
third.passes("healthy", hop(), "replicating", "15 min")
third.passes("on the third host", link(OF_FILE_LDS, mode="ExtendedReplica", vss_enabled=False), subject=OF_FILE_LDS)
third.fails("an error", hop(state="Error"), "state Error")
third.fails("critical", hop(health="Critical"), "health Critical")
third.fails("old", hop(last_replication=ago(hours=1)), "1 h ago", "15 min")
third.fails("claims what it cannot do", hop(vss_enabled=True), "application-consistent")
third.unknown("no time", hop(last_replication=None), "does not tell")
third.unknown("no state", hop(state=""), "does not tell")
third.unknown("no health", hop(health=""), "does not tell")
third.unknown("claims not told", hop(vss_enabled=None))
third.unknown("too close to call", together(hop(last_replication=ago(minutes=14)), skew(names.HV_LDS, 0.0, 120.0)))
third.unknown("the host unread", lose(VmReplication, LEEDS), subject=f"VmReplication@{LEEDS}")
third.skips("the first hop", unchanged, "third site", subject=OF_FILE)
third.skips(
    "by another engine", together(hop(state="Error"), add(provider(SECOND_HOP, FOREIGN))), "another engine"
)  # fmt: skip


def stored(*paths: str, vm_id: str = names.FILE_VM) -> Change:
    return change(HyperVVm, f"{vm_id}@{names.HV_LDS}", disks=paths)


ONE_DISK = together(stored(replica_disks("FILE01")[0]), stored(replica_disks("VMM01")[0], vm_id=names.VMM_VM))

stores = Table("DR-HVR-103", names.HV_LDS)
stores.passes("healthy", unchanged, "2 replicas on 2 volumes", "D:\\Replica")
stores.passes("one replica", together(ONE_DISK, drop(HyperVVm, f"{names.VMM_VM}@{names.HV_LDS}")), "1 replicas")
stores.passes(
    "all in the only place that is set",
    together(ONE_DISK, add(server(names.HV_LDS))),
    "2 replicas on 1 volumes",
)
stores.fails("moved by hand", stored("C:\\temp\\FILE01.vhdx"), "C:\\temp", "FILE01")
stores.fails("beside it", stored("D:\\Replica2\\FILE01.vhdx"), "Replica2")
stores.fails(
    "on the third host",
    change(HyperVVm, f"{names.FILE_VM}@{names.HV_LDS}", disks=("C:\\x.vhdx",), replication_mode="ExtendedReplica"),
)
stores.passes(
    "one place in two spellings",
    together(ONE_DISK, add(server(names.HV_LDS, allowed=(replace(allowed("x"), storage="d:\\REPLICA"),)))),
)
stores.warns("all on one volume", ONE_DISK, "share one volume")
stores.unknown("disks not told", stored(), "does not tell")
stores.unknown("places not told", add(server(names.HV_LDS, storage="")), "does not tell")
stores.unknown("VMs unread", lose(HyperVVm, LEEDS), "HyperVVm")
stores.unknown("volumes unread", lose(HostVolume, LEEDS), "HostVolume")
stores.unknown("settings unread", lose(ReplicaServer, LEEDS), subject=f"ReplicaServer@{LEEDS}")
stores.skips("holds none", unchanged, "no replica", subject=names.HV_LON)
stores.skips("no replica server", add(server(names.HV_LDS, enabled=False)), "no replica server")

DECLARED = Policy(excluded_disks=("*\\pagefile\\*",))
PAGE = "E:\\pagefile\\page.vhdx"

scratch = Table("DR-BWC-103", OF_FILE)
scratch.passes("left out", unchanged, "2 disks", policy=DECLARED)
scratch.fails("replicated", link(replicated_disks=(ON_CHECKPOINT, PAGE)), PAGE, policy=DECLARED)
scratch.unknown("disks not told", link(replicated_disks=()), "which disks", policy=DECLARED)
scratch.unknown(
    "the host unread", lose(VmReplication, LONDON), subject=f"VmReplication@{LONDON}", policy=DECLARED
)  # fmt: skip
scratch.skips("nothing declared", link(replicated_disks=(PAGE,)), "excluded_disks")
scratch.skips("the receiving side", unchanged, "sending side", subject=OF_FILE_LDS, policy=DECLARED)
scratch.skips(
    "by another engine", together(BY_OTHERS, link(replicated_disks=(PAGE,))), "another engine", policy=DECLARED
)  # fmt: skip

VAULT = f"vault:{names.VAULT}"


def item(**fields: object) -> Change:
    return change(ProtectedItem, names.WEB_ITEM, **fields)


def heard(**fields: object) -> Change:
    return together(
        item(recovery_provider=names.PROVIDER), change(RecoveryProvider, names.PROVIDER, **fields)
    )  # fmt: skip


silence = Table("DR-RPL-004", OF_FILE_LDS)
silence.passes("a replica", unchanged, "last cycle")
silence.passes("a protected item", unchanged, "RPO figure", subject=names.WEB_ITEM)
silence.passes("and its provider", heard(), "heartbeat", subject=names.WEB_ITEM)
silence.fails("a replica", link(OF_FILE_LDS, last_replication=ago(hours=2)), "2 h old", "1 h")
silence.fails("a figure", item(rpo_calculated=ago(hours=5)), "5 h old", subject=names.WEB_ITEM)
silence.fails("a provider", heard(last_heartbeat=ago(days=2)), "vmm01", "2 d old", subject=names.WEB_ITEM)
silence.fails(
    "a figure, and no heartbeat", together(heard(last_heartbeat=None), item(rpo_calculated=ago(hours=5))),
    subject=names.WEB_ITEM,
)  # fmt: skip
silence.unknown("healthy without a time", link(OF_FILE_LDS, last_replication=None), "not told")
silence.unknown("no figure", item(rpo_calculated=None), "not told", subject=names.WEB_ITEM)
silence.unknown("no heartbeat", heard(last_heartbeat=None), "not told", subject=names.WEB_ITEM)
silence.unknown("the providers unread", lose(RecoveryProvider, VAULT), subject=names.WEB_ITEM, also=(names.DB_ITEM,))
silence.unknown("the vault unread", lose(ProtectedItem, VAULT), subject=f"ProtectedItem@{VAULT}")
silence.unknown("the host unread", lose(VmReplication, LEEDS), subject=f"VmReplication@{LEEDS}")
silence.skips("an item that says it is unwell", item(replication_health="Critical"), "Critical", subject=names.WEB_ITEM)
silence.skips("an item that runs in Azure", item(active_location="Recovery"), "recovery", subject=names.WEB_ITEM)
silence.skips("a replica in error", link(OF_FILE_LDS, state="Error", last_replication=ago(days=9)), "state Error")
silence.skips("by another engine", together(BY_OTHERS, link(OF_FILE_LDS, last_replication=ago(days=9))), "engine")

CASES = [
    *logs.cases, *version.cases, *third.cases, *stores.cases, *scratch.cases, *silence.cases,
]  # fmt: skip
