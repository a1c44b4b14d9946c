"""Would a stretched cluster's witness still be there when one of its sites is gone?"""

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed
from drcheck.topology.base import Topology
from drcheck.topology.cluster import FailoverCluster
from drcheck.topology.quorum import nodes_of
from drcheck.topology.sites import site_of, witness_place
from drcheck.verdict import Severity

EXPECTED = "an online witness at a site that has no node"


@check(
    "DR-CLU-002",
    "The witness of a stretched cluster is at a site of its own",
    severity=Severity.CRITICAL,
    why=(
        "A witness beside the nodes of one site makes that site the one whose loss stops the cluster, whatever else "
        "was planned. Without a witness an even split leaves nobody with a majority."
    ),
    source="Microsoft, Configure and manage quorum (file share and cloud witness for multi-site clusters)",
    remedy=(
        "Set-ClusterQuorum -FileShareWitness <share at a third site>, or Set-ClusterQuorum -CloudWitness; then say in "
        "estate.yaml under `sites` where it is."
    ),
    controls=("NIST SP 800-53 CP-7(1)", "NIST SP 800-53 CP-10", "ISO/IEC 27001:2022 A.8.14"),
)
def check_witness_apart(cluster: FailoverCluster, topology: Topology) -> Outcome:
    """Place every node and the witness by the declared sites."""
    facts = nodes_of(topology, cluster)
    sites = {site_of(topology, node.host).name for node in facts}
    if len(sites) < 2:
        raise NotApplicable(f"every node of {cluster.name} is at {', '.join(sites)}")
    if cluster.witness == "none":
        what = f"no witness, with nodes at {', '.join(sorted(sites))}"
        return failed(f"{cluster.name} has {what}; allowed: {EXPECTED}", observed=what, expected=EXPECTED, facts=facts)
    there = _place(cluster, topology)
    what = (
        f"the {cluster.witness} witness {cluster.witness_place} is at {there} and {cluster.witness_state or 'silent'}"
    )
    if there in sites or cluster.witness_state not in ("", "Online"):
        return failed(f"{cluster.name}: {what}; allowed: {EXPECTED}", observed=what, expected=EXPECTED, facts=facts)
    if not cluster.witness_state:
        raise Unknown(f"{cluster.name} does not tell whether its witness is online")
    return passed(f"{cluster.name}: {what}", observed=what, expected=EXPECTED, facts=facts)


def _place(cluster: FailoverCluster, topology: Topology) -> str:
    if cluster.witness not in ("share", "cloud"):
        raise Unknown(f"nobody can tell at which site the {cluster.witness} witness of {cluster.name} is")
    return site_of(topology, witness_place(cluster)).name
