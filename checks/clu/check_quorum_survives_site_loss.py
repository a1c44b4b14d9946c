"""Would the cluster still have a majority of votes after any one site is lost?"""

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed
from drcheck.topology.base import Topology
from drcheck.topology.cluster import ClusterNode, FailoverCluster
from drcheck.topology.quorum import lose, places_of
from drcheck.verdict import Severity

EXPECTED = "more than half of all votes remain after the loss of any one site"


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
    places = places_of(topology, cluster)
    nodes = topology.where(ClusterNode, "cluster", cluster.key)
    sites = sorted(set(places.values()))
    if len(sites) == 1:
        raise NotApplicable(f"all {len(nodes)} nodes of {cluster.name} are at {sites[0]}; it is not stretched")
    losses = [lose(topology, cluster, site, places) for site in sites]
    what = "; ".join(str(loss) for loss in losses) + f" (witness: {cluster.witness or 'not told'})"
    if any(loss.certain is False for loss in losses):
        return failed(f"{cluster.name}: {what}; allowed: {EXPECTED}", observed=what, expected=EXPECTED, facts=nodes)
    if any(loss.certain is None for loss in losses):
        raise Unknown(f"{cluster.name}: {what}; the place of the witness ({cluster.witness_place}) decides")
    return passed(f"{cluster.name}: {what}", observed=what, expected=EXPECTED, facts=nodes)
