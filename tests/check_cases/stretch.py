"""Cases of the checks on stretched clusters, VMM's agents, chosen addresses and declared promises."""

from drcheck.policy import Policy
from drcheck.topology.azure import NetworkInterface, Subnet, VirtualNetwork
from drcheck.topology.cluster import ClusterNode, FailoverCluster
from drcheck.topology.declared import Application, Site
from drcheck.topology.site_recovery import ProtectedItem, ProtectedNic
from drcheck.topology.vmm import ManagedHost
from drcheck.topology.vmm_fabric import VmmAgent
from tests import estate_names as names
from tests import estate_servers as servers
from tests.check_cases.case import Table
from tests.estates import Change, add, change, drop, lose, seen, together, unchanged

SCOPE = f"cluster:{names.HV_CLUSTER_NAME}"
VMM_SCOPE = f"cluster:{names.HA_VMM}"
SUBSCRIPTION = f"azure:{names.SUBSCRIPTION}"
LON_NODE, LDS_NODE = f"{names.HV_CLUSTER}/{names.HV_LON}", f"{names.HV_CLUSTER}/{names.HV_LDS}"


def cluster(**fields: object) -> Change:
    return change(FailoverCluster, names.HV_CLUSTER, **fields)


def node(key: str = LDS_NODE, **fields: object) -> Change:
    return change(ClusterNode, key, **fields)


NOWHERE = cluster(witness_place="\\\\fs9.nowhere.lab\\witness")
witness = Table("DR-CLU-002", names.HV_CLUSTER)
witness.passes("at a third site", unchanged, "dublin", "Online")
witness.fails("none", cluster(witness="none", witness_place=""), "no witness", "leeds, london")
witness.fails("beside a node", cluster(witness_place="\\\\fs1.lon.contoso.lab\\w"), "is at london")
witness.fails("offline", cluster(witness_state="Failed"), "Failed")
witness.unknown("at no site", NOWHERE, "no site")
witness.unknown("a disk", cluster(witness="disk", witness_place="Disk 1"), "disk witness")
witness.unknown("its state not told", cluster(witness_state=""), "does not tell")
witness.unknown("nodes unread", lose(ClusterNode, SCOPE), "ClusterNode")
witness.skips("at one site", drop(ClusterNode, LDS_NODE), "every node", "london")

domains = Table("DR-CLU-001", names.HV_CLUSTER)
domains.passes("each has its own", unchanged, "leeds: 1 nodes, london: 1 nodes")
domains.fails(
    "none", together(node(fault_domain_site=""), node(LON_NODE, fault_domain_site="")), "no site fault domain"
)
domains.fails("one for both", node(fault_domain_site="London"), "holds nodes at leeds and at london")
domains.fails("nobody up", node(state="Down"), "no node is up at leeds")
domains.fails(
    "two at one site",
    add(
        ClusterNode(
            key=f"{names.HV_CLUSTER}/hv3.lds.contoso.lab", seen=seen(names.HV_CLUSTER_NAME), cluster=names.HV_CLUSTER,
            name="hv3", host="hv3.lds.contoso.lab", state="Up", node_weight=1, dynamic_weight=1, fault_domain_site="",
        )
    ),
    "2 site fault domains",
)  # fmt: skip
domains.unknown("nodes unread", lose(ClusterNode, SCOPE), "ClusterNode")
domains.unknown(
    "a node at no site", change(Site, "leeds", hosts=()), "no site", also=(names.VMM_CLUSTER, names.SQL_CLUSTER)
)
domains.skips("at one site", drop(ClusterNode, LDS_NODE), "every node")
domains.passes(
    "one of two down",
    add(
        ClusterNode(
            key=f"{names.HV_CLUSTER}/hv3.lds.contoso.lab", seen=seen(names.HV_CLUSTER_NAME), cluster=names.HV_CLUSTER,
            name="hv3", host="hv3.lds.contoso.lab", state="Down", node_weight=1, dynamic_weight=1,
            fault_domain_site="Leeds",
        )
    ),
)  # fmt: skip

agent = Table("DR-VMM-003", names.HV_LON)
agent.passes("responds", unchanged, "Responding, UpToDate")
agent.fails("silent", add(servers.agent(names.HV_LON, state="NotResponding")), "NotResponding")
agent.fails("too old", add(servers.agent(names.HV_LON, version_state="UpgradeAvailable")), "UpgradeAvailable")
agent.fails(
    "silent, not rated", add(servers.agent(names.HV_LON, state="AccessDenied", version_state="")), "AccessDenied"
)
agent.unknown("not rated", add(servers.agent(names.HV_LON, version_state="")), "not rated")
agent.unknown("state not told", add(servers.agent(names.HV_LON, state="")))
agent.unknown("agents unread", lose(VmmAgent, f"vmm:{names.VMM01}"), "VmmAgent", also=(names.HV_LDS,))
agent.unknown("no agent", drop(VmmAgent, f"agent-{names.HV_LON}"), "does not tell of its agent")
agent.skips("no host", drop(ManagedHost), subject="estate")


def chosen(address: str, subnet: str = "corp", network: str = names.PROD_NET) -> ProtectedNic:
    return ProtectedNic(
        id="n", source_network="Prod", target_network=network, target_subnet=subnet, target_address=address,
        test_network="", selection="SelectedByUser",
    )  # fmt: skip


def pin(address: str, subnet: str = "corp", key: str = names.WEB_ITEM) -> Change:
    return change(ProtectedItem, key, nics=(chosen(address, subnet),))


def held(address: str, network: str = names.PROD_NET) -> Change:
    return add(
        NetworkInterface(
            key=f"{names.NETWORKS}/nic-x", seen=seen(names.SUBSCRIPTION), name="nic-x", virtual_machine="",
            subnets=(f"{network}/subnets/corp",), addresses=(address,), public_addresses=(),
        )
    )  # fmt: skip


pinned = Table("DR-IPC-003", names.WEB_ITEM)
pinned.passes("in range", pin("10.0.1.10"), "10.0.1.10")
pinned.passes("the first usable", pin("10.0.1.4"))
pinned.passes("the last usable", pin("10.0.1.254"))
pinned.passes("in any subnet", pin("10.0.1.10", ""))
pinned.fails("reserved at the start", pin("10.0.1.3"), "no usable address of corp")
pinned.fails("reserved at the end", pin("10.0.1.255"), "no usable address")
pinned.fails("elsewhere", pin("10.9.9.9"), "no usable address")
pinned.fails("in another subnet", pin("10.0.1.10", "dmz"), "of dmz")
pinned.fails("no address at all", pin("ten"), "no usable address")
pinned.fails(
    "twice", together(pin("10.0.1.10"), pin("10.0.1.10", key=names.DB_ITEM)), "LEDGER-DB01", also=(names.DB_ITEM,)
)
pinned.fails("held", together(pin("10.0.1.10"), held("10.0.1.10")), "held by nic-x")
pinned.passes("held in another network", together(pin("10.0.1.10"), held("10.0.1.10", names.DRILL_NET)))
for lost, where in (
    (VirtualNetwork, SUBSCRIPTION),
    (NetworkInterface, SUBSCRIPTION),
):
    pinned.unknown(f"{lost.__name__} unread", together(pin("10.0.1.10"), lose(lost, where)), lost.__name__)
pinned.skips("none chosen", unchanged, "no address chosen")
pinned.skips(
    "an address, and no network", change(ProtectedItem, names.WEB_ITEM, nics=(chosen("10.0.1.3", network=""),))
)
pinned.skips("in Azure, at such an address", together(
    pin("10.0.1.3"), change(ProtectedItem, names.WEB_ITEM, active_location="Recovery")))  # fmt: skip
pinned.passes("a choice in capitals", pin("10.0.1.10", "CORP"))


def made(name: str, *prefixes: str) -> Change:
    subnet = Subnet(name=name, prefixes=prefixes, security_group="", route_table="", nat_gateway="", attached=())
    return change(VirtualNetwork, names.PROD_NET, subnets=(subnet,))


pinned.passes("a subnet in capitals", together(made("CORP", "10.0.1.0/24"), pin("10.0.1.10")))
pinned.passes("in the second prefix", together(made("corp", "10.0.1.0/24", "10.0.2.0/24"), pin("10.0.2.10")))

promise = Table("DR-GOV-001", "payments")


def app(**fields: object) -> Change:
    return change(Application, "payments", **fields)


promise.passes("fits", unchanged, "RTO 4 h", "RPO 15 min", "someone")
promise.fails("nobody", app(owner=" "), "no owner")
promise.fails("RTO too long", app(rto_seconds=86400), "RTO 1 d", "tier 1 allows 4 h")
promise.fails("RPO too long", app(rpo_seconds=3600), "RPO 1 h", "15 min")
promise.passes("a lesser tier", app(tier=3, rto_seconds=86400))
promise.fails(
    "stricter policy", unchanged, "tier 1", policy=Policy(tiers={1: Policy().tier(0)}), also=("ledger", "files")
)
promise.unknown("applications unread", lose(Application, "estate:estate"), subject="Application@estate:estate")
promise.skips("always there", unchanged, "promises nothing", subject="identity")
promise.passes("unprotected, and not there", change(Application, "identity", always_on=False), subject="identity")
promise.passes("there, and protected", change(Application, "identity", method="site-recovery"), subject="identity")

CASES = tuple(case for table in (witness, domains, agent, pinned, promise) for case in table.cases)
