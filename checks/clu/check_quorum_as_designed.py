"""Does a cluster keep its quorum as somebody designed it?"""

from collections.abc import Iterator, Sequence

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed
from drcheck.topology.base import Topology, same_host
from drcheck.topology.cluster import ClusterNode, FailoverCluster
from drcheck.topology.prepared import QuorumDesign
from drcheck.topology.quorum import nodes_of
from drcheck.verdict import Severity


@check(
    "DR-CLU-004",
    "A cluster's votes and quorum settings are those of its design",
    severity=Severity.MEDIUM,
    why=(
        "Votes are changed in an emergency to get a cluster running, and stay as they are. The next loss of a site "
        "then stops the side that was meant to go on."
    ),
    source="Microsoft, Configure and manage quorum (adjusting votes, dynamic quorum); Disaster recovery, step by step",
    remedy=(
        "(Get-ClusterNode <name>).NodeWeight = <vote of the design>; (Get-Cluster).DynamicQuorum = 1; "
        "Set-ClusterQuorum for the witness; or correct `clusters` in estate.yaml when the design has changed."
    ),
    controls=("NIST SP 800-53 CP-10", "NIST SP 800-53 CM-3", "ISO/IEC 27001:2022 A.8.9"),
)
def check_quorum_as_designed(cluster: FailoverCluster, topology: Topology) -> Outcome:
    """Configured votes, dynamic quorum and the kind of witness, against ``clusters`` of estate.yaml.

    One design is declared, that of normal days: after a failover whoever runs at the other site decides whether it
    still holds. Who changed a setting, and with which ticket, nothing here tells.
    """
    design = _design(cluster, topology)
    seen = topology.where(ClusterNode, "cluster", cluster.key)
    expected = _expected(design)
    faults = [*_settings(cluster, design), *_votes(seen, design)]
    if not faults:
        nodes = nodes_of(topology, cluster)
        faults = [
            f"{name} is no node of it"
            for name, _ in design.votes
            if not any(same_host(name, one.host) for one in nodes)
        ]
    if not faults and design.witness and not cluster.witness:
        raise Unknown(f"{cluster.name} does not tell its witness")
    what = "; ".join(faults) or f"{expected}, on {len(seen)} nodes"
    judge = failed if faults else passed
    return judge(f"{cluster.name}: {what}; designed: {expected}", observed=what, expected=expected, facts=seen)


def _design(cluster: FailoverCluster, topology: Topology) -> QuorumDesign:
    name = cluster.name if "." in cluster.name else f"{cluster.name}.{cluster.domain}"
    mine = [design for design in topology.seen(QuorumDesign) if same_host(design.name, name)]
    if mine:
        return mine[0]
    topology.require(QuorumDesign)
    lost = [design.name for design in topology.seen(QuorumDesign) if not _found(design, topology)]
    if lost:
        topology.require(FailoverCluster)
        raise Unknown(
            f"estate.yaml has a design for {' and '.join(lost)}, which is no cluster's name: perhaps {name}'s"
        )
    raise NotApplicable(f"estate.yaml has no design for {cluster.name} under clusters")


def _found(design: QuorumDesign, topology: Topology) -> bool:
    clusters = topology.seen(FailoverCluster)
    return any(same_host(design.name, one.name if "." in one.name else f"{one.name}.{one.domain}") for one in clusters)


def _settings(cluster: FailoverCluster, design: QuorumDesign) -> Iterator[str]:
    if cluster.dynamic_quorum != design.dynamic_quorum:
        yield f"dynamic quorum is {'on' if cluster.dynamic_quorum else 'off'}"
    if cluster.witness and design.witness not in ("", cluster.witness):
        yield f"its witness is {cluster.witness}"


def _votes(nodes: Sequence[ClusterNode], design: QuorumDesign) -> Iterator[str]:
    for node in sorted(nodes, key=lambda one: one.host):
        wanted = next((vote for name, vote in design.votes if same_host(name, node.host)), 1)
        if node.node_weight != wanted:
            yield f"{node.host} has {node.node_weight} votes, not {wanted}"


def _expected(design: QuorumDesign) -> str:
    without = [name for name, vote in design.votes if not vote]
    votes = f"one vote each but for {' and '.join(without)}" if without else "one vote each"
    witness = f", witness {design.witness}" if design.witness else ""
    return f"{votes}, dynamic quorum {'on' if design.dynamic_quorum else 'off'}{witness}"
