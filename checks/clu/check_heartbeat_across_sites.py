"""For how long may the link between sites be silent before a stretched cluster gives up a node?"""

from collections.abc import Sequence

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed
from drcheck.policy import Policy, human
from drcheck.topology.base import Topology
from drcheck.topology.cluster import ClusterNode, FailoverCluster
from drcheck.topology.quorum import nodes_of
from drcheck.topology.sites import site_of
from drcheck.verdict import Severity


@check(
    "DR-CLU-102",
    "A stretched cluster bears a short silence between its sites, and no long one",
    severity=Severity.MEDIUM,
    why=(
        "A cluster that gives up a node after a few seconds fails over whenever the link between sites stutters; one "
        "that waits for a minute adds that minute to every real failover."
    ),
    source="Microsoft, Tuning Failover Cluster Network Thresholds; Get-Cluster (CrossSiteDelay, CrossSiteThreshold)",
    remedy="(Get-Cluster).CrossSiteThreshold = 20; (Get-Cluster).CrossSiteDelay = 1000 (milliseconds).",
    controls=("NIST SP 800-53 CP-10", "ISO/IEC 27001:2022 A.8.14"),
)
def check_heartbeat_across_sites(cluster: FailoverCluster, topology: Topology, policy: Policy) -> Outcome:
    """The delay between heartbeats times how many of them may be missed, against what policy bears.

    Where nodes are in two site fault domains or more, the cross-site values hold; otherwise those between subnets.
    Whether nodes at two sites share one subnet, where yet others would hold, is not judged.
    """
    nodes = nodes_of(topology, cluster)
    sites = {site_of(topology, node.host).name for node in nodes}
    if len(sites) < 2:
        raise NotApplicable(f"every node of {cluster.name} is at {', '.join(sites)}")
    kind, delay, threshold = _in_force(cluster, nodes)
    if delay is None or threshold is None:
        raise Unknown(f"{cluster.name} does not tell how long a silence it bears between {kind}")
    silence = delay * threshold / 1000
    low, high = policy.heartbeat_silence_min, policy.heartbeat_silence_max
    what = f"{human(silence)} of silence between {kind} ({threshold} heartbeats, {delay} ms apart)"
    expected = f"{human(low)} to {human(high)}"
    judge = passed if low <= silence <= high else failed
    return judge(f"{cluster.name} bears {what}; allowed: {expected}", observed=what, expected=expected)


def _in_force(cluster: FailoverCluster, nodes: Sequence[ClusterNode]) -> tuple[str, int | None, int | None]:
    if len({node.fault_domain_site for node in nodes if node.fault_domain_site}) > 1:
        return "sites", cluster.cross_site_delay_ms, cluster.cross_site_threshold
    return "subnets", cluster.cross_subnet_delay_ms, cluster.cross_subnet_threshold
