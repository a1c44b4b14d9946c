"""Can replication find its way into and out of each cluster that takes part in it?"""

from collections.abc import Sequence

from drcheck.check import NotApplicable, Outcome, check, failed, passed
from drcheck.topology.base import Topology
from drcheck.topology.by_host import ByHost
from drcheck.topology.cluster import ClusterNode, ClusterResource, FailoverCluster
from drcheck.topology.hyperv import VmReplication
from drcheck.topology.hyperv_replica import of_hyperv
from drcheck.topology.vmm import ManagedHost
from drcheck.verdict import Severity

BROKER = "Virtual Machine Replication Broker"
EXPECTED = f"a resource of type {BROKER}, Online"


@check(
    "DR-HVR-003",
    "The Replica Broker is online in every cluster that sends or receives replicas",
    severity=Severity.CRITICAL,
    why=(
        "Partners talk to the broker's name, and the broker finds the node that owns the VM. Without it replication "
        "ends at the first live migration, and the reverse direction cannot be set up after a failover."
    ),
    source=(
        "Microsoft, Set up Hyper-V Replica (2025-01), failover clusters; "
        "Microsoft, Analyze the Hyper-V Deployment Planner report (Azure Site Recovery)"
    ),
    remedy=(
        "Add the role in Failover Cluster Manager (Configure Role > Hyper-V Replica Broker) or bring it up: "
        "Start-ClusterResource <broker>; its computer object must exist in Active Directory."
    ),
    controls=("NIST SP 800-53 CP-10", "ISO/IEC 27001:2022 A.8.14"),
)
def check_broker_online(cluster: FailoverCluster, topology: Topology) -> Outcome:
    """Judge the broker's resource, not its group: a group can be online with a failed broker in it."""
    scope = f"cluster:{cluster.seen.endpoint}"
    nodes = topology.where(ClusterNode, "cluster", cluster.key)
    taking_part = of_hyperv(topology, _replications_on(nodes, topology))
    if not taking_part:
        topology.require(ClusterNode, scope)
        _prove_no_replication(topology, nodes)
        raise NotApplicable(f"no VM on a node of {cluster.name} is replicated by Hyper-V Replica")
    brokers = [one for one in topology.where(ClusterResource, "cluster", cluster.key) if one.resource_type == BROKER]
    online = [one for one in brokers if one.state == "Online"]
    if online:
        what = f"{online[0].name} is Online on {online[0].owner_node}"
        return passed(f"{cluster.name}: {what}", observed=what, expected=EXPECTED, facts=tuple(online))
    topology.require(ClusterResource, scope)
    what = f"{brokers[0].name} is {brokers[0].state}" if brokers else "there is no broker"
    replicas = f"{len(taking_part)} replications run on its nodes, {taking_part[0].name} among them"
    return failed(
        f"{cluster.name}: {what}, and {replicas}; allowed: {EXPECTED}",
        observed=what,
        expected=EXPECTED,
        facts=(*brokers, taking_part[0]),
    )


def _replications_on(nodes: Sequence[ClusterNode], topology: Topology) -> list[VmReplication]:
    """Those of machines on the nodes, in order."""
    known = topology.memo("replications by host", lambda: ByHost(topology.seen(VmReplication), lambda one: one.host))
    found = {one.key: one for node in nodes for one in known.on(node.host)}
    return [found[key] for key in sorted(found)]


def _prove_no_replication(topology: Topology, nodes: Sequence[ClusterNode]) -> None:
    """Each node was asked, or is known to be no Hyper-V host: nobody declared it and no VMM server manages it."""
    topology.require(ManagedHost)
    hosts = (one for one in topology.targets if one.role == VmReplication.ROLE)
    known = topology.memo("Hyper-V endpoints by host", lambda: ByHost(hosts, lambda one: one.endpoint))
    for target in sorted(one for node in nodes for one in known.on(node.host)):
        topology.require(VmReplication, target.scope)
