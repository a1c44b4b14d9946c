"""Cases of the checks on Hyper-V Replica and on clusters."""

from drcheck.topology.cluster import ClusterNode, ClusterResource, FailoverCluster
from drcheck.topology.declared import DeclaredEndpoint, Site
from drcheck.topology.hyperv import VmReplication
from drcheck.topology.vmm import ManagedHost
from tests import estate_facts as facts
from tests import estate_names as names
from tests.check_cases.case import Table
from tests.estates import Change, add, change, drop, lose, reach, together, unchanged

HV_SCOPE = f"cluster:{names.HV_CLUSTER_NAME}"
VMM_SCOPE = f"cluster:{names.HA_VMM}"
REPLICA_SIDE = f"{names.FILE_VM}@{names.HV_LDS}/Simple"

normal = Table("DR-HVR-001", names.REPLICATION)
normal.passes("the sending side", unchanged, "Primary side", names.HV_LON, names.HV_LDS)
normal.passes("the receiving side", unchanged, "Replica side", subject=REPLICA_SIDE)
normal.fails("warning", change(VmReplication, names.REPLICATION, health="Warning"), "health Warning", "health Normal")
normal.fails("critical", change(VmReplication, names.REPLICATION, health="Critical"), "Critical")
normal.fails("suspended", change(VmReplication, names.REPLICATION, state="Suspended"), "Suspended")
normal.fails("on the receiving side only", change(VmReplication, REPLICA_SIDE, state="Error"), subject=REPLICA_SIDE)
normal.fails("warning, the state not told", change(VmReplication, names.REPLICATION, health="Warning", state=""))
normal.passes(
    "on another host than configured", change(VmReplication, names.REPLICATION, current_replica_server="hv7"), "hv7"
)
normal.passes(
    "on a host that is not told", change(VmReplication, names.REPLICATION, current_replica_server=""), names.HV_LDS
)
normal.unknown("state not told", change(VmReplication, names.REPLICATION, state=""), "not told")
normal.unknown("health not told", change(VmReplication, names.REPLICATION, health=""), "not told")
normal.unknown("a health that says nothing", change(VmReplication, names.REPLICATION, health="NotApplicable"))
normal.unknown(
    "the host unread",
    lose(VmReplication, f"hyperv:{names.HV_LON}"),
    subject=f"VmReplication@hyperv:{names.HV_LON}",
)
normal.skips("nothing is replicated", drop(VmReplication), subject="estate")

broker = Table("DR-HVR-003", names.HV_CLUSTER)
OTHER_TYPE = facts.broker(resource_type="Network Name")
broker.passes("online", unchanged, "HVC-BROKER", "Online")
broker.fails("offline", add(facts.broker(state="Failed")), "HVC-BROKER is Failed", "4 replications")
broker.fails("absent", drop(ClusterResource), "no broker", "VMM01")
broker.fails("a resource of another type", add(OTHER_TYPE), "no broker")
broker.fails(
    "another cluster's broker",
    change(ClusterResource, f"{names.HV_CLUSTER}/broker", cluster=names.VMM_CLUSTER),
    "no broker",
)
broker.unknown("resources unread", lose(ClusterResource, HV_SCOPE), "ClusterResource")
broker.unknown("nodes unread", lose(ClusterNode, HV_SCOPE), "ClusterNode")
broker.unknown(
    "replications unread",
    together(*(lose(VmReplication, f"hyperv:{host}") for host in (names.HV_LON, names.HV_LDS))),
    "VmReplication",
)
broker.unknown(
    "a node may be a Hyper-V host",
    lose(ManagedHost, f"vmm:{names.VMM01}"),
    "ManagedHost",
    subject=names.VMM_CLUSTER,
    also=(names.SQL_CLUSTER,),
)
broker.unknown(
    "a node may be a declared host",
    lose(DeclaredEndpoint, "estate:estate"),
    "DeclaredEndpoint",
    subject=names.VMM_CLUSTER,
    also=(names.SQL_CLUSTER,),
)
broker.skips("a node has other roles", reach("sql", "vmma.lon.contoso.lab"), subject=names.VMM_CLUSTER)
broker.unknown(
    "a node is a Hyper-V host that did not answer",
    together(reach("hyperv", "vmma.lon.contoso.lab"), lose(VmReplication, "hyperv:vmma.lon.contoso.lab")),
    "no answer",
    subject=names.VMM_CLUSTER,
)
broker.skips("no node is a Hyper-V host", unchanged, "no VM on a node", subject=names.VMM_CLUSTER)
broker.skips("nothing is replicated", drop(VmReplication), "no VM on a node")
broker.skips(
    "nothing is replicated, another host unread",
    together(drop(VmReplication), reach("hyperv", "hv9.far.lab"), lose(VmReplication, "hyperv:hv9.far.lab")),
)

quorum = Table("DR-CLU-003", names.HV_CLUSTER)


def shape(london: int, leeds: int, **cluster: object) -> Change:
    """The cluster with so many nodes at each site."""
    hosts = [f"n{one}.lon.contoso.lab" for one in range(london)] + [f"m{one}.lds.contoso.lab" for one in range(leeds)]
    return together(
        drop(ClusterNode, *(f"{names.HV_CLUSTER}/{host}" for host in (names.HV_LON, names.HV_LDS))),
        add(*(facts.node(names.HV_CLUSTER, names.HV_CLUSTER_NAME, host) for host in hosts)),
        change(FailoverCluster, names.HV_CLUSTER, **cluster),
    )


def node(host: str, **fields: object) -> Change:
    return change(ClusterNode, f"{names.HV_CLUSTER}/{host}", **fields)


SHARE_LON = "\\\\fs1.lon.contoso.lab\\witness"
quorum.passes("one each and a witness elsewhere", unchanged, "without london 2 of 3", "without leeds 2 of 3")
quorum.passes("two each and a witness elsewhere", shape(2, 2), "without london 3 of 5")
quorum.passes(
    "the witness's host by short name",
    change(FailoverCluster, names.HV_CLUSTER, domain="dub.contoso.lab", witness_place="\\\\fs1\\w"),
)
quorum.passes("a cloud witness", unchanged, "cloud", subject=names.VMM_CLUSTER)
quorum.passes(
    "three sites without a witness",
    together(
        shape(1, 1, witness="none"), add(facts.node(names.HV_CLUSTER, names.HV_CLUSTER_NAME, "d.dub.contoso.lab"))
    ),
    "2 of 3",
)
quorum.passes("a paused node still votes", node(names.HV_LDS, state="Paused"))
quorum.fails(
    "the witness at a site of nodes",
    change(FailoverCluster, names.HV_CLUSTER, witness_place=SHARE_LON),
    "without london 1 of 3",
    "without leeds 2 of 3",
)
quorum.fails("no witness", change(FailoverCluster, names.HV_CLUSTER, witness="none"), "without london 1 of 2")
quorum.fails(
    "more nodes at one site, no witness",
    shape(2, 1, witness="none"),
    "without london 1 of 3",
    "without leeds 2 of 3",
)
quorum.fails("more nodes at one site", shape(3, 1), "without london 2 of 5")
quorum.fails("exactly half", shape(2, 1), "without london 2 of 4")
quorum.fails("a witness that is offline", change(FailoverCluster, names.HV_CLUSTER, witness_state="Failed"), "1 of 3")
quorum.fails("a node without a vote", node(names.HV_LDS, node_weight=0), "without london 1 of 2")
quorum.fails("a node that is down", node(names.HV_LDS, state="Down"), "without london 1 of 3")
quorum.fails("a disk witness that saves nothing", shape(4, 1, witness="disk"), "without london 1 or 2 of 6")
quorum.unknown(
    "a disk witness at an unknown place",
    change(FailoverCluster, names.HV_CLUSTER, witness="disk"),
    "1 or 2 of 3",
    "decides",
)
quorum.unknown(
    "a share at no declared site",
    change(FailoverCluster, names.HV_CLUSTER, witness_place="\\\\fs1.far.lab\\w"),
)
quorum.unknown("the witness's state not told", change(FailoverCluster, names.HV_CLUSTER, witness_state=""))
quorum.unknown("the witness not told", change(FailoverCluster, names.HV_CLUSTER, witness=""), "cannot be counted")
quorum.unknown("votes of a disk only", change(FailoverCluster, names.HV_CLUSTER, quorum_type="DiskOnly"), "DiskOnly")
quorum.unknown("a node's state not told", node(names.HV_LDS, state=""))
quorum.unknown("nodes unread", lose(ClusterNode, HV_SCOPE), "ClusterNode")
quorum.unknown("no node told", shape(0, 0), "not told")
quorum.unknown("at no declared site", drop(Site, "leeds"), "no site", also=(names.VMM_CLUSTER, names.SQL_CLUSTER))
quorum.skips("all at one site", shape(3, 0), "all 3 nodes", "london")
quorum.unknown(
    "over three sites, the witness decides for one",
    together(
        shape(2, 1, witness_place="\\\\fs9.nowhere.lab\\w"),
        add(facts.node(names.HV_CLUSTER, names.HV_CLUSTER_NAME, "n9.dub.contoso.lab")),
    ),
)

CASES = [*normal.cases, *broker.cases, *quorum.cases]
