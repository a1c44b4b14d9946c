"""Cases of the checks on the ways between sites: what they carry, and how long everything would take."""

from msgspec.structs import replace

from drcheck.policy import HOUR, Policy
from drcheck.topology.declared import Site
from drcheck.topology.hyperv import HyperVVm, VmReplication
from drcheck.topology.hyperv_replica import ReplicationProvider
from drcheck.topology.links import SiteLink
from drcheck.topology.site_recovery import ProtectedItem
from drcheck.topology.windows_host import VirtualHardDisk
from tests import estate_facts as facts
from tests import estate_names as names
from tests.check_cases.case import Table
from tests.estate_links import LINK, link
from tests.estate_replica_hosts import FOREIGN, hard_disk, provider
from tests.estates import Change, add, change, cut, drop, lose, together, unchanged

LONDON = f"hyperv:{names.HV_LON}"
OF_VMM, OF_FILE = names.VMM_REPLICATION, names.REPLICATION
GIB = 1 << 30
LOCAL = together(*(change(VmReplication, key, current_replica_server=names.HV_LON) for key in (OF_VMM, OF_FILE)))


def sends(**fields: object) -> Change:
    return change(VmReplication, OF_FILE, **fields)


def carries(mbps: float) -> Change:
    return add(link(mbps=mbps))


TO_AZURE = "azure<>london"
BACK = sends(mode="Replica", relationship="Extended", host=names.HV_LDS, current_replica_server=names.HV_LON)

carried = Table("DR-BWC-002", LINK)
carried.passes("healthy", unchanged, "2 replications", "0.2 Mbit/s", "london to leeds", "5 min")
carried.passes("both ways", BACK, "leeds to london", "london to leeds")
carried.passes(
    "what stays at home does not count", together(LOCAL, sends(current_replica_server=names.HV_LDS)), "1 replications"
)
carried.passes(
    "what another engine sends does not count",
    together(sends(average_bytes=3 * GIB), add(provider(OF_FILE, FOREIGN))),
    "1 replications",
)
carried.unknown("the engines unread", lose(ReplicationProvider, LONDON), "ReplicationProvider")
carried.fails("too narrow", carries(0.2), "0.2 Mbit/s", "30 % more")
carried.fails("a flood", sends(average_bytes=3 * GIB), "86.0 Mbit/s on average")
carried.fails(
    "a flood, another host unread",
    together(sends(average_bytes=3 * GIB), lose(VmReplication, f"hyperv:{names.HV_LDS}")),
)
carried.warns("peaks do not fit", sends(maximum_bytes=4 * GIB), "114.8 at most", "10.7 min", "11.4 min with 90 %")
ALONE = change(VmReplication, OF_VMM, current_replica_server=names.HV_LON)
QUARTER = Policy(churn_growth_percent=25)
EXACT = 3_000_000_000
carried.passes("just enough", together(ALONE, sends(average_bytes=EXACT, maximum_bytes=EXACT)), policy=QUARTER)
carried.fails("not quite", together(ALONE, sends(average_bytes=EXACT + 300)), "80.0 Mbit/s", policy=QUARTER)
carried.warns("peaks one way", together(BACK, sends(maximum_bytes=4 * GIB)), "114.5 at most")
carried.unknown("no cycle in the window", sends(average_bytes=None, maximum_bytes=None), "no cycle")
carried.unknown("to nobody knows where", sends(current_replica_server="hv9.far.lab"), "hv9.far.lab")
carried.unknown("a host unread", lose(VmReplication, LONDON), "VmReplication")
carried.unknown("links unread", lose(SiteLink, "estate:estate"), subject="SiteLink@estate:estate")
carried.skips("nothing goes over it", LOCAL, "no Hyper-V host")
SITES_CUT = together(add(link("azure", "london")), cut(Site, "estate:estate"))
carried.skips("to Azure, other sites unread", SITES_CUT, "Azure", subject=TO_AZURE, also=(LINK,))
carried.skips("to Azure", add(link("azure", "london")), "Azure", subject=TO_AZURE)
carried.skips(
    "to Azure, the host unread",
    together(add(link("azure", "london")), lose(VmReplication, LONDON)),
    subject=TO_AZURE,
    also=(LINK,),
)


def disk(size: int) -> Change:
    return add(hard_disk("D:\\VMs\\FILE01\\FILE01_data.vhdx", file_bytes=size))


again = Table("DR-BWC-003", LINK)
again.passes("healthy", unchanged, "largest takes", "all take")
again.passes("both ways", together(BACK, sends(replicated_disks=("C:\\VMs\\FILE01\\FILE01.vhdx",), host=names.HV_LON)))
again.fails("a large machine", disk(2048 * GIB), "FILE01 (2048 GiB)", "2 d", "1 d")
again.fails("a narrow link", carries(0.05), "VMM01", "FILE01", "7 d")
again.fails("the whole site", disk(100 * GIB), "all of london", policy=Policy(resync_site_max=HOUR))
again.fails("the changes leave nothing", sends(average_bytes=4 * GIB), "for ever")
IDLE = together(*(change(VmReplication, key, average_bytes=0) for key in (OF_VMM, OF_FILE)))
HALF = 1 << 29
again.passes("just in time", together(IDLE, disk(1_250_000_000 - HALF)), policy=Policy(resync_machine_max=100))
again.unknown("sizes unread", lose(VirtualHardDisk, LONDON), "VirtualHardDisk")
again.unknown("a disk not there", drop(VirtualHardDisk, f"{names.HV_LON}/c:\\vms\\file01\\file01.vhdx"), "not told")
again.unknown("disks not told", sends(replicated_disks=()), "its disks")
again.unknown("no cycle in the window", sends(average_bytes=None), "no cycle")
again.unknown("a host unread", lose(VmReplication, LONDON), "VmReplication")
again.unknown("at no site", drop(Site, "leeds"))
again.unknown("links unread", lose(SiteLink, "estate:estate"), subject="SiteLink@estate:estate")
again.skips("nothing goes over it", LOCAL, "no Hyper-V host")
again.skips("to Azure, other sites unread", SITES_CUT, "Azure", subject=TO_AZURE, also=(LINK,))
again.skips("to Azure", add(link("azure", "london")), "Azure", subject=TO_AZURE)

OF_ITEM = f"{names.WEB_VM}@{names.HV_LON}/Simple"


def copied(**fields: object) -> Change:
    """The host lists what Site Recovery replicates, and its figures."""
    listed = facts.replication(names.WEB_VM, "PAY-WEB01", names.HV_LON, "Primary")
    given: dict[str, object] = {"average_bytes": 4 * GIB, "maximum_bytes": 8 * GIB, "replica_server": "azure"}
    return together(add(replace(listed, **(given | fields))), add(provider(OF_ITEM, FOREIGN)))


def item(**fields: object) -> Change:
    return change(ProtectedItem, names.WEB_ITEM, **fields)


churn = Table("DR-BWC-001", names.WEB_ITEM)
churn.passes("within", copied(), "14.3 MB/s on average", "28.6 at most", "54 MB/s", "read 2026")
churn.fails("above", copied(average_bytes=16 * GIB), "57.3 MB/s", "54 MB/s")
churn.fails(
    "above, the VMs unread", together(copied(average_bytes=16 * GIB), lose(HyperVVm, LONDON)), also=(names.DB_ITEM,)
)
churn.warns("peaks above", copied(maximum_bytes=16 * GIB), "57.3 at most")
LIMIT = 54_000_000 * 300
churn.passes("exactly as allowed", copied(average_bytes=LIMIT, maximum_bytes=LIMIT), "54.0 at most")
churn.fails("just above", copied(average_bytes=LIMIT + 300))
churn.passes("in cycles of a second", copied(average_bytes=1000, maximum_bytes=2000, frequency_seconds=1))
churn.passes("another host unread", together(copied(), lose(VmReplication, f"hyperv:{names.HV_LDS}")))
churn.passes(
    "what a replica has taken in does not count",
    together(
        copied(),
        add(replace(facts.replication(names.WEB_VM, "W", names.HV_LDS, "Replica"), average_bytes=16 * GIB)),
    ),
)
churn.unknown("no peak", copied(maximum_bytes=None), "no cycle")
churn.unknown("no frequency", copied(frequency_seconds=0), "no cycle")
churn.unknown("no cycle in the window", copied(average_bytes=None), "no cycle")
churn.unknown("the host unread", lose(VmReplication, LONDON), "VmReplication", also=(names.DB_ITEM,))
churn.unknown("the VMs unread", lose(HyperVVm, LONDON), "HyperVVm", also=(names.DB_ITEM,))
churn.unknown("its VM not told", item(vm_id=""), "which VM")
churn.unknown("its VM gone", drop(HyperVVm, f"{names.WEB_VM}@{names.HV_LON}"), "0 hosts")
churn.unknown(
    "the vault unread", lose(ProtectedItem, f"vault:{names.VAULT}"), subject=f"ProtectedItem@vault:{names.VAULT}"
)
churn.skips("the host keeps no figures", unchanged, "keeps no figures")
churn.skips(
    "runs in Azure", together(copied(average_bytes=16 * GIB), item(active_location="Recovery")), "not on its way"
)
churn.unknown("what replicates it not told", change(ProtectedItem, names.WEB_ITEM, provider=""), "what replicates it")
churn.skips("between clouds", together(copied(average_bytes=16 * GIB), item(provider="HyperVReplica2012R2")), "2012R2")

CASES = [*carried.cases, *again.cases, *churn.cases]
