"""Would the cluster still have a majority of votes after any one site is lost?"""

from msgspec import Struct

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed
from drcheck.topology.base import Topology
from drcheck.topology.cluster import ClusterNode, FailoverCluster
from drcheck.topology.sites import site_of
from drcheck.verdict import Severity

EXPECTED = "more than half of all votes remain after the loss of any one site"
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


@check(
    "DR-CLU-003",
    "The cluster keeps quorum when any one site is lost",
    severity=Severity.CRITICAL,
    why=(
        "Dynamic quorum adapts when nodes leave one after another. When a site takes the majority of votes with it at "
        "once, the survivors stop too, and somebody has to force quorum before anything else can begin."
    ),
    source="Microsoft, Configure and manage quorum in failover clusters (Windows Server), stretched clusters",
    remedy=(
        "Give both sites equal votes and put the witness at a third place: Set-ClusterQuorum -FileShareWitness "
        "\\\\<host at a third site>\\<share>, or -CloudWitness; or plan for Start-ClusterNode -FixQuorum."
    ),
    controls=("NIST SP 800-53 CP-10", "DORA Art. 11(6)", "DORA Art. 12(4)"),
)
def check_quorum_survives_site_loss(cluster: FailoverCluster, topology: Topology) -> Outcome:
    """Remove each site in turn and count: configured votes of the nodes left, and the witness if it is elsewhere."""
    topology.require(ClusterNode, f"cluster:{cluster.seen.endpoint}")
    nodes = tuple(one for one in topology.seen(ClusterNode) if one.cluster == cluster.key)
    places = {node.key: site_of(topology, node.host).name for node in nodes}
    sites = sorted(set(places.values()))
    if not sites or not all(node.state for node in nodes):
        raise Unknown(f"{cluster.name}: its nodes, or the state of one of them, were not told")
    if len(sites) == 1:
        raise NotApplicable(f"all {len(nodes)} nodes of {cluster.name} are at {sites[0]}; it is not stretched")
    losses = [_lose(site, cluster, topology, (nodes, places)) for site in sites]
    what = "; ".join(str(loss) for loss in losses) + f" (witness: {cluster.witness or 'not told'})"
    if any(loss.certain is False for loss in losses):
        return failed(f"{cluster.name}: {what}; {EXPECTED}", observed=what, expected=EXPECTED, facts=nodes)
    if any(loss.certain is None for loss in losses):
        raise Unknown(f"{cluster.name}: {what}; the place of the witness ({cluster.witness_place}) decides")
    return passed(f"{cluster.name}: {what}", observed=what, expected=EXPECTED, facts=nodes)


def _lose(
    site: str, cluster: FailoverCluster, topology: Topology, known: tuple[tuple[ClusterNode, ...], dict[str, str]]
) -> Loss:
    nodes, places = known
    if not cluster.witness or cluster.quorum_type == "DiskOnly":
        raise Unknown(f"{cluster.name}: its quorum cannot be counted in votes of nodes (type {cluster.quorum_type})")
    left = [node for node in nodes if places[node.key] != site and node.state in VOTING]
    return Loss(
        site=site,
        votes=sum(node.node_weight for node in left),
        total=sum(node.node_weight for node in nodes) + (cluster.witness != "none"),
        saved=_witness_left(site, cluster, topology),
    )


def _witness_left(site: str, cluster: FailoverCluster, topology: Topology) -> bool | None:
    """Whether the witness still votes; None when its place is not known."""
    if cluster.witness == "none" or cluster.witness_state not in ("", "Online"):
        return False
    if not cluster.witness_state:
        return None
    if cluster.witness == "cloud":
        return True
    if cluster.witness != "share":
        return None
    host = cluster.witness_place.lstrip("\\").partition("\\")[0]
    full = host if "." in host else f"{host}.{cluster.domain}"
    try:
        return site_of(topology, full).name != site
    except Unknown:
        return None
