"""Cases of the check on validated clusters."""

from drcheck.policy import Policy
from drcheck.topology.cluster import FailoverCluster, ValidationReport
from tests import estate_names as names
from tests.check_cases.case import Table
from tests.estate_prepared import report
from tests.estates import Change, add, ago, change, drop, lose, unchanged

REPORT = f"{names.HV_CLUSTER}/report"

validated = Table("DR-CLU-005", names.HV_CLUSTER)


def written(**span: float) -> Change:
    return change(ValidationReport, REPORT, written=ago(**span))


validated.passes("lately", unchanged, "the newest report on the node that answered is 100 d old")
validated.passes("as long ago as allowed", written(days=365))
validated.unknown("in the future", written(days=-1), "a clock is wrong")
validated.fails("too long ago", written(days=365, seconds=1), "365 d old", "the last 365 d")
validated.fails(
    "by another policy", unchanged, "100 d", policy=Policy(validation_max_age=86400),
    also=(names.VMM_CLUSTER, names.SQL_CLUSTER),
)  # fmt: skip
validated.unknown("no report seen", drop(ValidationReport, REPORT), "no validation report was seen")
validated.unknown("reports unread", lose(ValidationReport, f"cluster:{names.HV_CLUSTER_NAME}"), "ValidationReport")
validated.skips("no cluster", drop(FailoverCluster), subject="estate")

OLD = report(names.HV_CLUSTER, names.HV_CLUSTER_NAME, key=f"{names.HV_CLUSTER}/old", written=ago(days=900))
validated.passes("an old one beside it", add(OLD), "100 d old")

CASES = validated.cases
