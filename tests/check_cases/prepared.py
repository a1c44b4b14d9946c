"""Cases of the checks on heartbeats between sites and on drcheck's own data."""

from datetime import date

from drcheck.policy import Policy
from drcheck.topology.cluster import ClusterNode, FailoverCluster
from drcheck.topology.declared import Site
from drcheck.topology.prepared import DataFile
from tests import estate_facts as facts
from tests import estate_names as names
from tests.check_cases.case import Table
from tests.estates import Change, add, change, drop, lose, together, unchanged

SCOPE = f"cluster:{names.HV_CLUSTER_NAME}"
LON_NODE, LDS_NODE = f"{names.HV_CLUSTER}/{names.HV_LON}", f"{names.HV_CLUSTER}/{names.HV_LDS}"


def cluster(**fields: object) -> Change:
    return change(FailoverCluster, names.HV_CLUSTER, **fields)


def no_domain(*nodes: str) -> Change:
    return together(*(change(ClusterNode, node, fault_domain_site="") for node in nodes))


beat = Table("DR-CLU-102", names.HV_CLUSTER)
beat.passes("as Windows sets it", unchanged, "20 s of silence between sites", "20 heartbeats, 1000 ms apart")
beat.passes("as short as allowed", cluster(cross_site_threshold=10))
beat.passes("as long as allowed", cluster(cross_site_delay_ms=4000, cross_site_threshold=10))
beat.passes(
    "no fault domains",
    together(
        no_domain(LON_NODE, LDS_NODE),
        cluster(cross_subnet_delay_ms=1000, cross_subnet_threshold=20, cross_site_delay_ms=None),
    ),
    "between subnets",
)
beat.fails("impatient", cluster(cross_site_threshold=9), "9 s", "allowed: 10 s to 40 s")
beat.fails("too patient", cluster(cross_site_delay_ms=2000, cross_site_threshold=21), "42 s")
beat.fails(
    "impatient between subnets",
    together(no_domain(LDS_NODE), cluster(cross_subnet_delay_ms=1000, cross_subnet_threshold=5)),
    "5 s",
    "subnets",
)
beat.fails("by another policy", unchanged, "20 s", policy=Policy(heartbeat_silence_max=19), also=(
    names.VMM_CLUSTER, names.SQL_CLUSTER))  # fmt: skip
beat.unknown("the delay not told", cluster(cross_site_delay_ms=None), "does not tell")
beat.unknown("the threshold not told", cluster(cross_site_threshold=None), "does not tell")
beat.unknown("nodes unread", lose(ClusterNode, SCOPE), "ClusterNode")
beat.unknown(
    "a node at no site", change(Site, "leeds", hosts=()), "no site", also=(names.VMM_CLUSTER, names.SQL_CLUSTER)
)
STRANGER = facts.node("other", names.HV_CLUSTER_NAME, "hv9.lds.contoso.lab")
beat.skips("at one site, told of a node of another", together(drop(ClusterNode, LDS_NODE), add(STRANGER)), "london")
beat.skips("at one site", drop(ClusterNode, LDS_NODE), "every node", "london")

data = Table("DR-SUP-102", "limits.yaml")


def looked_up(year: int, month: int, day: int) -> Change:
    return change(DataFile, "limits.yaml", as_of=date(year, month, day))


data.passes("this month", unchanged, "recovery-plan.groups was looked up on 2026-11-01")
data.passes("as old as allowed", looked_up(2026, 5, 27), "180 d ago")
data.fails("a day older", looked_up(2026, 5, 26), "181 d ago", "at most 180 d old")
data.fails("by another policy", unchanged, "22 d ago", policy=Policy(data_max_age=86400), also=("lifecycle.yaml",))
data.unknown("files unread", lose(DataFile, "estate:estate"), subject="DataFile@estate:estate")
data.skips("no file", drop(DataFile), subject="estate")

CASES = [*beat.cases, *data.cases]
