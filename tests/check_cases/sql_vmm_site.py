"""Cases of the checks on VMM's cluster role, SQL Server groups and listeners, and room at the recovery site."""

from drcheck.topology.cluster import (
    ClusterGroup,
    ClusterNetworkName,
    ClusterNode,
    ClusterResource,
    PossibleOwners,
    PreferredOwners,
)
from tests import estate_names as names
from tests import estate_sql_vmm_site as site
from tests.check_cases.case import Table
from tests.estates import Change, add, change, drop, lose, unchanged

VMM_SCOPE = f"cluster:{names.HA_VMM}"
SQL_SCOPE = f"cluster:{site.SQL_CLUSTER_NAME}"
VMMB = f"{names.VMM_CLUSTER}/vmmb.lds.contoso.lab"


def role(**fields: object) -> Change:
    return add(site.group(**fields))


moves = Table("DR-VHA-002", names.HA_VMM)
moves.passes("to both sites", unchanged, "may move to leeds and london")
moves.passes("preferred at both", add(site.preferred(*site.VMM_NODES)))
moves.fails("offline", role(state="Failed"), "HA-VMM is Failed")
moves.fails("never", role(failover_threshold=0), "may not fail over")
moves.fails("in no time", role(failover_period_hours=0), "may not fail over")
moves.fails("preferred at one", add(site.preferred(site.VMM_NODES[0])), "no node at leeds", "preferred owners")
moves.fails("possible at one", add(site.possible(site.SERVICE, site.VMM_NODES[1])), "no node at london", site.SERVICE)
moves.warns("a node paused", change(ClusterNode, VMMB, state="Paused"), "vmmb is Paused")
moves.warns("a node in quarantine", change(ClusterNode, VMMB, state="Down", status="Quarantined"), "Quarantined")
moves.unknown("state not told", role(state=""), "not told")
moves.unknown("policy not told", role(failover_threshold=None), "not told")
moves.unknown("preferred not told", drop(PreferredOwners), "preferably owns")
moves.unknown("possible not told", drop(PossibleOwners), site.SERVICE)
moves.unknown("a node's state not told", change(ClusterNode, VMMB, state=""), "state of a node")
moves.unknown("no resources", drop(ClusterResource), "HA-VMM")
moves.unknown("which role", drop(ClusterNetworkName, f"{names.VMM_CLUSTER}/name"), "0 cluster groups")
for kind in (ClusterGroup, ClusterNetworkName, ClusterNode, ClusterResource, PossibleOwners, PreferredOwners):
    moves.unknown(f"{kind.__name__} unread", lose(kind, VMM_SCOPE), kind.__name__)
moves.skips("at one site", drop(ClusterNode, VMMB), "at london")
moves.skips("standalone", unchanged, "not highly available", subject=names.VMM01)

CASES = tuple(case for table in (moves,) for case in table.cases)
