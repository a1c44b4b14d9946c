"""Cases of the checks on room at the recovery site, and on versions in support."""

from datetime import UTC, datetime
from typing import Any

from drcheck.policy import Policy
from drcheck.topology.azure import Subnet, VirtualNetwork
from drcheck.topology.base import Fact
from drcheck.topology.cluster import ClusterNode
from drcheck.topology.declared import DrillNetwork
from drcheck.topology.hyperv import HyperVVm
from drcheck.topology.site_recovery import ProtectedItem, ProtectedNic, RecoveryPlan
from drcheck.topology.sql import SqlInstance
from drcheck.topology.vmm import ManagedHost, VmmServer
from drcheck.topology.windows_host import HyperVHost
from tests import estate_facts as facts
from tests import estate_names as names
from tests import estate_sql_vmm_site as site
from tests.check_cases.case import Table
from tests.estate_servers import AT_LDS
from tests.estates import Change, add, at, change, drop, lose, reach, together, unchanged

GIB = 1 << 30
REPLICA = f"{names.FILE_VM}@{names.HV_LDS}"
PRIMARY = f"{names.FILE_VM}@{names.HV_LON}"
SECOND = "hv3.lds.contoso.lab"


def host(name: str = names.HV_LDS, **fields: object) -> Change:
    return add(site.host(name, **fields))


def machine(key: str = REPLICA, **fields: object) -> Change:
    return change(HyperVVm, key, **fields)


def two_hosts(memory: int) -> Change:
    """A second host in the cluster of the first one."""
    cluster = facts.node(names.HV_CLUSTER, names.HV_CLUSTER_NAME, SECOND, fault_domain_site="Leeds")
    sizes = [site.host(name, memory_bytes=memory * GIB) for name in (names.HV_LDS, SECOND)]
    return together(add(cluster, *sizes), reach("hyperv", SECOND))


def busy(**fields: Any) -> Change:
    """A machine that runs at the site all the time."""
    return add(facts.hyperv_vm("b0000000", "BUSY", names.HV_LDS, **fields))


fit = Table("DR-CAP-001", "leeds")
fit.passes("there is room", unchanged, "2 replicas need 8 GiB and 4 vCPUs", "60 GiB and 32 vCPUs left")
fit.passes("one of two hosts is enough", two_hosts(16), "1 hosts have 8 GiB")
fit.fails("too little memory", host(memory_bytes=8 * GIB), "need 8 GiB", "have 4 GiB")
fit.fails("too few processors", unchanged, "4 vCPUs", policy=Policy(vcpus_per_processor=0.4))
fit.fails("something else has it", busy(memory_assigned_bytes=56 * GIB), "have 4 GiB")
fit.passes("something else is off", busy(memory_assigned_bytes=56 * GIB, state="Off"))
fit.fails("with one of two hosts gone", two_hosts(12), "1 hosts have 4 GiB")
fit.fails(
    "grown where it runs",
    together(machine(memory_dynamic=True), machine(PRIMARY, memory_assigned_bytes=58 * GIB)),
    "need 62 GiB",
)
fit.passes("only VMM has to run", host(memory_bytes=8 * GIB), "1 replicas", policy=Policy(recovered_tiers=0))
fit.unknown("memory not told", machine(memory_startup_bytes=None), "FILE01")
fit.unknown("memory of a running one not told", busy(memory_assigned_bytes=None), "BUSY")
fit.unknown(
    "dynamic, and not seen running", together(machine(memory_dynamic=True), drop(HyperVVm, PRIMARY)), "where it runs"
)
fit.unknown("the host unread", lose(HyperVHost, f"hyperv:{names.HV_LDS}"), "HyperVHost")
fit.unknown("machines unread", lose(HyperVVm, f"hyperv:{names.HV_LDS}"), "HyperVVm")
fit.unknown(
    "clusters unread", lose(ClusterNode, f"cluster:{names.HV_CLUSTER_NAME}"), "ClusterNode", also=("london", "dublin")
)
fit.unknown("VMM unread", lose(VmmServer, f"vmm:{names.HA_VMM}"), "VmmServer", also=("london", "dublin"))
fit.passes("a host elsewhere unread", lose(HyperVHost, f"hyperv:{names.HV_LON}"), also=("london",))
fit.skips("no replicas", unchanged, "no replica at london", subject="london")
fit.skips("Azure", unchanged, "quotas", subject="azure")
SMALL = host(memory_bytes=8 * GIB)
HALF, QUARTER = Policy(vcpus_per_processor=0.5), Policy(vcpus_per_processor=0.25)
fit.fails("a replica of a replica", together(SMALL, machine(replication_mode="ExtendedReplica")), "need 8 GiB")
fit.passes("a replica that runs counts once", together(host(memory_bytes=12 * GIB), machine(state="Running")))
fit.unknown("whether something else runs not told", busy(state="", memory_assigned_bytes=56 * GIB), "BUSY")
fit.unknown("memory of a running one not told, no more room", together(two_hosts(16), busy(memory_assigned_bytes=None)))
fit.fails("too few processors on one of two", two_hosts(16), policy=Policy(vcpus_per_processor=0.4))
fit.fails("something else has the processors", busy(processors=30))
fit.unknown("processors of a running one not told", busy(processors=None), "BUSY", policy=HALF)
fit.unknown("processors not told", machine(processors=None), "FILE01", policy=QUARTER)
fit.passes("just enough processors", unchanged, "4 vCPUs left", policy=HALF)
fit.fails("tier 1 has to run", SMALL, policy=Policy(recovered_tiers=1))
fit.unknown("which hosts there are unread", lose(ManagedHost, f"vmm:{names.VMM01}"), also=("london", "dublin"))
fit.unknown("a host without replicas unread", lose(HyperVHost, f"hyperv:{names.HV_LON}"), subject="london")
fit.fails("the larger of two hosts gone", together(two_hosts(64), SMALL), "have 0 GiB")
fit.passes("static, and larger where it runs", machine(PRIMARY, memory_assigned_bytes=58 * GIB))
fit.passes("static, and not seen running", drop(HyperVVm, PRIMARY))
fit.passes("dynamic, and seen running", machine(memory_dynamic=True))
DYNAMIC_UNTOLD = together(machine(memory_dynamic=True), machine(PRIMARY, memory_assigned_bytes=None))
fit.unknown("dynamic, and what it has not told", DYNAMIC_UNTOLD, "where it runs")
fit.unknown("memory not told, no more room", together(SMALL, machine(memory_startup_bytes=None)), "FILE01")
fit.unknown("the replica's state not told", machine(state=""), "FILE01")
fit.unknown("whether something else with many processors runs not told", busy(state="", processors=30), "BUSY")
fit.unknown("dynamic, of which nothing is told, no more room", together(
    SMALL, DYNAMIC_UNTOLD, machine(memory_startup_bytes=None)))  # fmt: skip
fit.fails(
    "too little memory, a VMM server unread",
    together(SMALL, lose(VmmServer, f"vmm:{names.HA_VMM}")),
    also=("london", "dublin"),
)


def corp(prefix: str, held: int = 0, *more: str) -> Change:
    """The subnet of the recovery network."""
    made = [
        Subnet(
            name=name, prefixes=(prefix,), security_group="", route_table="", nat_gateway="",
            attached=tuple(f"ip-{number}" for number in range(held)),
        )
        for name in ("corp", *more)
    ]  # fmt: skip
    return change(VirtualNetwork, names.PROD_NET, subnets=tuple(made))


def goes_to(network: str, subnet: str, test: str = "", *, item: str = names.WEB_ITEM) -> Change:
    nic = ProtectedNic(
        id="n", source_network="Prod", target_network=network, target_subnet=subnet, target_address="",
        test_network=test, selection="SelectedByUser",
    )  # fmt: skip
    return change(ProtectedItem, item, nics=(nic,))


NOWHERE = together(*(goes_to(f"{names.NETWORKS}/other", "corp", item=item) for item in (names.WEB_ITEM, names.DB_ITEM)))
room = Table("DR-IPC-002", names.PROD_NET)
room.passes("plenty", unchanged, "corp has 251 free for 2 adapters")
room.passes("just enough", corp("10.0.1.0/29"), "3 free for 2")
room.fails("less than the margin", corp("10.0.1.0/29", 1), "2 free for 2 adapters")
room.passes("no margin", corp("10.0.1.0/29", 1), policy=Policy(address_margin_percent=0))
room.fails("full", corp("10.0.1.0/28", 11), "0 free")
room.fails(
    "drills go there too",
    together(corp("10.0.1.0/29"), goes_to(names.PROD_NET, "corp", names.PROD_NET)),
    "3 free for 3 adapters",
)
room.passes("the drill network", unchanged, "251 free for 2", subject=names.DRILL_NET)
room.fails(
    "the drill network is small",
    change(
        VirtualNetwork,
        names.DRILL_NET,
        subnets=(
            Subnet(
                name="corp", prefixes=("10.9.0.0/30",), security_group="", route_table="", nat_gateway="", attached=()
            ),
        ),
    ),
    "for 2 adapters",
    subject=names.DRILL_NET,
)
room.passes(
    "one is recovered already",
    change(ProtectedItem, names.WEB_ITEM, active_location="Recovery"),
    "for 1",
    also=(names.DRILL_NET,),
)
room.passes("no choice, one subnet", goes_to(names.PROD_NET, ""), "for 2 adapters")
room.unknown(
    "no choice, two subnets", together(corp("10.0.1.0/24", 0, "dmz"), goes_to(names.PROD_NET, "")), "no certain subnet"
)
room.unknown("a subnet that is not there", goes_to(names.PROD_NET, "gone"), "gone")
for kind in (ProtectedItem, RecoveryPlan):
    room.unknown(f"{kind.__name__} unread", lose(kind, f"vault:{names.VAULT}"), kind.__name__, also=(names.DRILL_NET,))
room.unknown("drill networks unread", lose(DrillNetwork, "estate:estate"), "DrillNetwork", also=(names.DRILL_NET,))
HOLLOW = change(RecoveryPlan, names.PLAN, groups=())
room.unknown("a plan without groups", HOLLOW, "rp-payments was read without its groups", subject=names.DRILL_NET)
room.passes("no drill network, and a plan without groups", HOLLOW, "for 2 adapters", also=(names.DRILL_NET,))
UNTOLD = change(ProtectedItem, names.WEB_ITEM, provider="")
room.unknown("what replicates it not told", UNTOLD, "replicates PAY-WEB01", also=(names.DRILL_NET,))
room.fails("full, what replicates it not told", together(corp("10.0.1.0/28", 11), UNTOLD), also=(names.DRILL_NET,))
room.skips("nothing goes there", NOWHERE, "nothing would be recovered", also=(names.DRILL_NET,))


def subnets(network: str, *made: Subnet) -> Change:
    return change(VirtualNetwork, network, subnets=made)


def subnet(name: str, *prefixes: str, held: int = 0) -> Subnet:
    attached = tuple(f"ip-{number}" for number in range(held))
    return Subnet(name=name, prefixes=prefixes, security_group="", route_table="", nat_gateway="", attached=attached)


SHOUTED = subnets(names.PROD_NET, subnet("CORP", "10.0.1.0/29"))
room.passes("a subnet in capitals", SHOUTED, "CORP has 3 free for 2")
room.passes("a choice in capitals", goes_to(names.PROD_NET, "CORP"), "for 2 adapters", also=(names.DRILL_NET,))
room.passes("no choice, one subnet in capitals", together(SHOUTED, goes_to(names.PROD_NET, "")), "for 2 adapters")
room.fails(
    "the drill network's subnet in capitals", subnets(names.DRILL_NET, subnet("CORP", "10.9.0.0/30")),
    "for 2", subject=names.DRILL_NET,
)  # fmt: skip
HUNDREDFOLD = Policy(address_margin_percent=10_000)
room.fails("a hundredfold margin", corp("10.0.1.0/24", 50), "201 free for 2", policy=HUNDREDFOLD)
room.skips("nothing goes there, and it is tiny", together(NOWHERE, corp("10.0.1.0/30")), also=(names.DRILL_NET,))
room.fails("only v4 counts", subnets(names.PROD_NET, subnet("corp", "10.0.1.0/29", "fd00::/64", held=1)), "2 free")
DMZ = corp("10.0.1.0/29", 0, "dmz")
TESTED = ProtectedNic(
    id="n", source_network="Prod", target_network=names.PROD_NET, target_subnet="corp", target_address="",
    test_network=names.PROD_NET, test_subnet="dmz", selection="SelectedByUser",
)  # fmt: skip
room.passes("drills go to the next subnet", together(DMZ, change(ProtectedItem, names.WEB_ITEM, nics=(TESTED,))), "dmz")
room.fails("drills go to the same subnet", together(DMZ, goes_to(names.PROD_NET, "corp", names.PROD_NET)), "for 3")
room.passes(
    "an adapter of a plan chosen to go there",
    together(subnets(names.DRILL_NET, subnet("corp", "10.9.0.0/29")), goes_to(names.PROD_NET, "corp", names.DRILL_NET)),
    "for 2",
    subject=names.DRILL_NET,
)
room.passes(
    "a subnet that is elsewhere only", goes_to(names.PROD_NET, "gone"), subject=names.DRILL_NET, also=(names.PROD_NET,)
)

WINDOWS, SQL, VMM = f"windows:{names.SQL_LDS}", f"sql:{AT_LDS}", f"vmm:{names.VMM01}"
ALL: tuple[type[Fact], ...] = (HyperVHost, ClusterNode, SqlInstance, VmmServer)


def windows(build: int | None) -> Change:
    return change(ClusterNode, f"{names.SQL_CLUSTER}/{names.SQL_LDS}", build=build)


versions = Table("DR-SUP-002", WINDOWS)
versions.passes("Windows", unchanged, "Windows Server 2022 until 2031-10-14")
versions.passes("SQL Server", unchanged, "SQL Server 2022 until 2033-01-11", subject=SQL)
versions.passes("VMM", unchanged, "System Center 2022 VMM until 2032-04-13", subject=VMM)
versions.fails("old Windows", windows(9600), "Windows Server 2012 R2 until 2023-10-10", "180 d")
versions.fails("old SQL Server", change(SqlInstance, AT_LDS, version="13.0.6300.2"), "2026-07-14", subject=SQL)
versions.warns("soon", windows(14393), "Windows Server 2016 until 2027-01-12")
versions.warns("on its last day", together(windows(14393), at(datetime(2027, 1, 12, 23, tzinfo=UTC))))
versions.fails("on the day after", together(windows(14393), at(datetime(2027, 1, 13, tzinfo=UTC))))
versions.passes("soon, but far enough", windows(14393), policy=Policy(support_ends_ahead=86400))
versions.warns("old VMM", change(VmmServer, names.VMM01, version="4.0.2314.0"), "2027-01-11", subject=VMM)
versions.unknown("an unlisted build", windows(99999), "version 99999 is not in the lifecycle data")
versions.unknown("build not told", windows(None), "not told")
versions.passes("a host", unchanged, "Windows Server 2022", subject=f"windows:{names.HV_LDS}")
versions.unknown("version not told", change(SqlInstance, AT_LDS, version=""), "not told", subject=SQL)
versions.unknown(
    "hosts unread",
    lose(HyperVHost, f"hyperv:{names.HV_LDS}"),
    "HyperVHost",
    subject=f"HyperVHost@hyperv:{names.HV_LDS}",
)
versions.skips("nothing there", together(*(drop(kind) for kind in ALL)), "no installed product", subject="estate")
versions.passes("soon, and just far enough", windows(14393), policy=Policy(support_ends_ahead=50 * 86400))

CASES = tuple(case for table in (fit, room, versions) for case in table.cases)
