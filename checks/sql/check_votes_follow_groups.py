"""Do the votes of a cluster follow the availability groups on it?"""

from collections.abc import Iterator, Sequence

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed
from drcheck.topology.availability import primary_of, takes_over
from drcheck.topology.base import Fact, Topology, same_host
from drcheck.topology.cluster import ClusterNode, FailoverCluster
from drcheck.topology.sites import site_of
from drcheck.topology.sql import AvailabilityReplica
from drcheck.verdict import Severity

EXPECTED = (
    "a vote for each primary and automatic failover target, none for a manual one at another site, a majority that "
    "cannot split"
)


@check(
    "DR-SQL-009",
    "The votes of a cluster follow the availability groups on it",
    severity=Severity.HIGH,
    why=(
        "A node that only ever takes over by hand, behind a line that can fail, should not be able to stop the group "
        "at the primary site; and a node that has to take over needs its vote to do it."
    ),
    source="Microsoft, WSFC quorum modes and voting configuration (SQL Server), recommended adjustments",
    remedy=(
        "(Get-ClusterNode <node>).NodeWeight = 1 or 0; Set-ClusterQuorum -FileShareWitness or -CloudWitness; look "
        "again after every failover."
    ),
    controls=("NIST SP 800-53 CP-10", "ISO/IEC 27001:2022 A.8.14"),
)
def check_votes_follow_groups(cluster: FailoverCluster, topology: Topology) -> Outcome:
    """The configured vote of each node against the replicas of every group on it."""
    scope = f"cluster:{cluster.seen.endpoint}"
    nodes = topology.where(ClusterNode, "cluster", cluster.key)
    replicas = {node.key: _replicas(node, topology) for node in nodes}
    facts: tuple[Fact, ...] = (*nodes, *(one for found in replicas.values() for one in found))
    needed = [node for node in nodes if any(_votes(one) for one in replicas[node.key])]
    faults = [f"{node.name} has no vote" for node in needed if node.node_weight == 0]
    if faults:
        return _failed(cluster, faults, facts)
    topology.require(ClusterNode, scope)
    topology.require(AvailabilityReplica)
    silent = [one.name for one in topology.seen(AvailabilityReplica) if not one.host]
    if silent:
        raise Unknown(f"on which machine the replica {silent[0]} is was not told")
    if not any(replicas.values()):
        raise NotApplicable(f"no availability replica is on a node of {cluster.name}")
    faults = [*_too_many(nodes, replicas, topology), *_even(cluster, nodes)]
    if faults:
        return _failed(cluster, faults, facts)
    if not all(one.failover_mode and one.role for found in replicas.values() for one in found):
        raise Unknown(f"the role or failover mode of a replica on {cluster.name} was not told")
    what = ", ".join(f"{node.name}: {node.node_weight}" for node in nodes) + f", witness: {cluster.witness}"
    return passed(f"{cluster.name}: {what}", observed=what, expected=EXPECTED, facts=facts)


def _failed(cluster: FailoverCluster, faults: Sequence[str], facts: tuple[Fact, ...]) -> Outcome:
    what = "; ".join(faults)
    return failed(f"{cluster.name}: {what}; allowed: {EXPECTED}", observed=what, expected=EXPECTED, facts=facts)


def _replicas(node: ClusterNode, topology: Topology) -> tuple[AvailabilityReplica, ...]:
    found = (one for one in topology.seen(AvailabilityReplica) if same_host(one.host, node.host))
    return tuple(one for one in found if one.availability_mode != "CONFIGURATION_ONLY")


def _votes(replica: AvailabilityReplica) -> bool:
    return replica.role == "PRIMARY" or takes_over(replica)


def _too_many(
    nodes: Sequence[ClusterNode], replicas: dict[str, tuple[AvailabilityReplica, ...]], topology: Topology
) -> Iterator[str]:
    for node in nodes:
        held = replicas[node.key]
        if not held or node.node_weight == 0 or any(_votes(one) or not one.failover_mode for one in held):
            continue
        homes = {site_of(topology, primary_of(topology, one.group).host).name for one in held}
        if site_of(topology, node.host).name not in homes:
            yield f"{node.name} takes over by hand only, and has a vote"


def _even(cluster: FailoverCluster, nodes: Sequence[ClusterNode]) -> Iterator[str]:
    votes = sum(node.node_weight for node in nodes)
    if not cluster.witness:
        raise Unknown(f"{cluster.name} does not tell its witness")
    if votes % 2:
        return
    if cluster.witness == "none":
        yield f"{votes} votes and no witness can split evenly"
    elif not cluster.witness_state:
        raise Unknown(f"{cluster.name} does not tell whether its witness is online")
    elif cluster.witness_state != "Online":
        yield f"{votes} votes and a witness that is {cluster.witness_state} can split evenly"
