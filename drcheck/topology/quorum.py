"""How many votes would a cluster have left after the loss of a site?"""

from collections.abc import Mapping

from msgspec import Struct

from drcheck.topology.base import Topology, Unknown, same_host
from drcheck.topology.cluster import ClusterNode, FailoverCluster
from drcheck.topology.sites import site_of, witness_place

VOTING = ("Up", "Paused")
"""States in which a node takes part in a vote; one that is down saves nothing."""


class Loss(Struct, frozen=True, kw_only=True):
    """What remains when a site is lost. ``saved`` is None when the witness may be on either side."""

    site: str
    votes: int
    total: int
    saved: bool | None

    def __str__(self) -> str:
        """The arithmetic, as an operator would check it."""
        if self.saved is None:
            return f"without {self.site} {self.votes} or {self.votes + 1} of {self.total} votes"
        return f"without {self.site} {self.votes + self.saved} of {self.total} votes"

    @property
    def certain(self) -> bool | None:
        """Does quorum hold? None when that hangs on the unknown place of the witness."""
        without, along = 2 * self.votes > self.total, 2 * (self.votes + 1) > self.total
        if self.saved is None:
            return without if without == along else None
        return along if self.saved else without


def cluster_of(topology: Topology, host: str) -> FailoverCluster:
    """The Windows cluster that a machine is a node of.

    Raises:
        Unknown: it was not seen.
    """
    node = next((one for one in topology.seen(ClusterNode) if same_host(one.host, host)), None)
    cluster = topology.get(FailoverCluster, node.cluster) if node else None
    if cluster is None:
        topology.require(ClusterNode)
        topology.require(FailoverCluster)
        raise Unknown(f"the cluster that {host} is a node of was not seen")
    return cluster


def nodes_of(topology: Topology, cluster: FailoverCluster) -> tuple[ClusterNode, ...]:
    """Every node of a cluster.

    Raises:
        Unknown: they were not read, or none was told: no cluster is without.
    """
    topology.require(ClusterNode, f"cluster:{cluster.seen.endpoint}")
    nodes = topology.where(ClusterNode, "cluster", cluster.key)
    if not nodes:
        raise Unknown(f"{cluster.name}: its nodes were not told")
    return nodes


def places_of(topology: Topology, cluster: FailoverCluster) -> Mapping[str, str]:
    """The site's name for each node of a cluster, by the node's key.

    Raises:
        Unknown: the nodes, or the site of one of them, are not known.
    """
    nodes = nodes_of(topology, cluster)
    places = {node.key: site_of(topology, node.host).name for node in nodes}
    if not all(node.state for node in nodes):
        raise Unknown(f"{cluster.name}: the state of one of its nodes was not told")
    return places


def lose(topology: Topology, cluster: FailoverCluster, site: str, places: Mapping[str, str]) -> Loss:
    """Configured votes of the nodes that are left, and the witness if it is elsewhere.

    Raises:
        Unknown: the cluster does not count votes of nodes.
    """
    nodes = topology.where(ClusterNode, "cluster", cluster.key)
    if not cluster.witness or cluster.quorum_type == "DiskOnly":
        raise Unknown(f"{cluster.name}: its quorum cannot be counted in votes of nodes (type {cluster.quorum_type})")
    left = [node for node in nodes if places[node.key] != site and node.state in VOTING]
    return Loss(
        site=site,
        votes=sum(node.node_weight for node in left),
        total=sum(node.node_weight for node in nodes) + (cluster.witness != "none"),
        saved=_witness_left(topology, cluster, site),
    )


def _witness_left(topology: Topology, cluster: FailoverCluster, site: str) -> bool | None:
    """Whether the witness still votes; None when its place is not known."""
    if cluster.witness == "none" or cluster.witness_state not in ("", "Online"):
        return False
    if not cluster.witness_state:
        return None
    if cluster.witness == "cloud":
        return True
    if cluster.witness != "share":
        return None
    try:
        return site_of(topology, witness_place(cluster)).name != site
    except Unknown:
        return None
