"""Has anybody validated the cluster lately?"""

from drcheck.check import Outcome, Unknown, check, failed, passed
from drcheck.policy import Policy, human
from drcheck.topology.ages import age_of
from drcheck.topology.base import Topology
from drcheck.topology.cluster import FailoverCluster, ValidationReport
from drcheck.verdict import Severity


@check(
    "DR-CLU-005",
    "The cluster was validated within the last year",
    severity=Severity.LOW,
    why=(
        "Networks, disks and drivers change under a cluster without a word. Validation finds what would keep a node "
        "from taking over, and Microsoft's support asks for its report first."
    ),
    source="Microsoft, Validate hardware for a failover cluster; Test-Cluster",
    remedy="Test-Cluster -Include 'Network','System Configuration','Inventory' on a node, and read the report.",
    controls=("NIST SP 800-53 CA-2", "ISO/IEC 27001:2022 A.8.34"),
)
def check_validated_lately(cluster: FailoverCluster, topology: Topology, policy: Policy) -> Outcome:
    """The newest validation report on the node that answered for the cluster.

    What the report says, which tests it covers, and whether a node or a disk was added after it, is not judged: its
    text is not read. That no report was seen proves nothing, since only administrators may see the folder.
    """
    expected = f"a report of the last {human(policy.validation_max_age)}"
    reports = topology.where(ValidationReport, "cluster", cluster.key)
    topology.require(ValidationReport, f"cluster:{cluster.seen.endpoint}")
    if not reports:
        raise Unknown(f"{cluster.name}: no validation report was seen; there is none, or the account may not see it")
    newest = max(reports, key=lambda report: report.written)
    age = age_of(topology, newest.written, newest.seen.endpoint, policy.clock_skew_max)
    what = f"the newest report on the node that answered is {human(age.seconds)} old"
    judge = failed if age.exceeds(policy.validation_max_age) else passed
    return judge(f"{cluster.name}: {what}; allowed: {expected}", observed=what, expected=expected, facts=(newest,))
