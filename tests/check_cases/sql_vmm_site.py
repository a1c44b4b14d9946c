"""Cases of the checks on VMM's cluster role, SQL Server groups and listeners, and room at the recovery site."""

from dataclasses import replace

from drcheck.policy import Policy
from drcheck.topology.base import Fact
from drcheck.topology.cluster import (
    ClusterGroup,
    ClusterInterface,
    ClusterNetworkName,
    ClusterNode,
    ClusterResource,
    FailoverCluster,
    PossibleOwners,
    PreferredOwners,
)
from drcheck.topology.declared import SequenceStep
from drcheck.topology.network import Connection, NameAnswer
from drcheck.topology.sql import AvailabilityReplica
from drcheck.topology.vmm_fabric import VmmNode
from tests import estate_facts as facts
from tests import estate_names as names
from tests import estate_sql_vmm_site as site
from tests.check_cases.case import Table
from tests.estates import Change, Estate, add, change, drop, lose, together, unchanged

VMM_SCOPE = f"cluster:{names.HA_VMM}"
SQL_SCOPE = f"cluster:{site.SQL_CLUSTER_NAME}"
VMMB = f"{names.VMM_CLUSTER}/vmmb.lds.contoso.lab"


def unread(table: Table, scope: str, *kinds: type[Fact]) -> None:
    """Each of these answers is needed."""
    for kind in kinds:
        table.unknown(f"{kind.__name__} unread", lose(kind, scope), kind.__name__)


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
unread(
    moves, VMM_SCOPE, ClusterGroup, ClusterNetworkName, ClusterNode, ClusterResource, PossibleOwners, PreferredOwners
)
moves.skips("at one site", drop(ClusterNode, VMMB), "at london")
moves.skips("standalone", unchanged, "not highly available", subject=names.VMM01)

LON, LDS = f"sql:{names.SQL_LON}", f"sql:{names.SQL_LDS}"
TWO = (site.listener_ip("10.1.0.50", "ONLINE"), site.listener_ip("10.2.0.50"))


def replica(key: str = names.AG_LDS, **fields: object) -> Change:
    return change(AvailabilityReplica, key, **fields)


def registered(**fields: object) -> Change:
    return change(ClusterNetworkName, site.SQL_NAME, **fields)


def connects(host: str, **fields: object) -> Change:
    return change(VmmNode, host, **({"database_server": site.LISTENER} | fields))


def unasked(estate: Estate) -> Estate:
    """Nobody tries the listener."""
    return replace(estate, targets=tuple(one for one in estate.targets if one.endpoint not in TRIED))


TRIED = (site.ASKED_DNS, site.ASKED_PORT)
EVERY = registered(registers_every_address=True)
GOOD_CLIENTS = together(*(connects(host, multi_subnet_failover=True) for host in site.VMM_NODES))
reached = Table("DR-SQL-008", site.LISTENER_KEY)
reached.passes("from leeds", unchanged, "2 addresses, resolved and open from leeds")
reached.passes("one stretched subnet", add(site.listener(site.listener_ip("10.1.0.50", mask="255.0.0.0"))))
reached.passes("all addresses registered", together(EVERY, GOOD_CLIENTS))
reached.fails("no address at leeds", add(site.listener(TWO[0])), "no address in a subnet of leeds")
reached.fails("unknown name", add(site.name_answer(outcome="no-such-name")), "with no-such-name", site.DC)
reached.fails("another's address", add(site.name_answer("10.9.9.9")), "with 10.9.9.9")
reached.fails("closed", add(site.connection("timed-out")), "port 1433 is timed-out", names.HV_LDS)
reached.fails("remembered too long", registered(ttl_seconds=1200), "HostRecordTTL is 1200 s, 5 min")
reached.passes("remembered long, as allowed", registered(ttl_seconds=1200), policy=Policy(listener_ttl_max=1200))
reached.fails(
    "a client that tries one address after the other",
    together(EVERY, GOOD_CLIENTS, connects(site.VMM_NODES[0], multi_subnet_failover=False)),
    "vmma connects without MultiSubnetFailover",
)
reached.unknown("how clients connect", EVERY, "vmma")
reached.unknown("no port", add(site.listener(*TWO, port=None)), "never told its port")
reached.unknown("no mask", add(site.listener(TWO[0], site.listener_ip("10.2.0.50", mask=""))), "mask")
reached.unknown("nobody looks", unasked, "reachability")
reached.unknown("registration not told", registered(registers_every_address=None), "RegisterAllProvidersIP")
reached.unknown("TTL not told", registered(ttl_seconds=None), "HostRecordTTL")
reached.unknown("no network name", drop(ClusterNetworkName, site.SQL_NAME), "RegisterAllProvidersIP")
reached.unknown("no interfaces", drop(ClusterInterface), "machine at")
reached.unknown("no cluster", drop(ClusterNode), "cluster that sql1")
unread(reached, f"dns:{site.ASKED_DNS}", NameAnswer)
unread(reached, f"reach:{site.ASKED_PORT}", Connection)
unread(reached, SQL_SCOPE, ClusterInterface, ClusterNetworkName, ClusterNode)
unread(reached, LON, AvailabilityReplica)
reached.unknown("clients unread", together(EVERY, GOOD_CLIENTS, lose(VmmNode, f"vmm-node:{names.VMM01}")), "VmmNode")
reached.skips("at one site", drop(AvailabilityReplica, names.AG_LDS), "at london")

WITNESS_LON = change(FailoverCluster, names.SQL_CLUSTER, witness_place="\\\\fs1.lon.contoso.lab\\w")
ASYNC = replica(availability_mode="ASYNCHRONOUS_COMMIT", failover_mode="MANUAL")


def sql_step(target: str = site.LISTENER, **fields: object) -> Change:
    return add(facts.step(9, "sql", target, **fields))


promised = Table("DR-SQL-005", names.AG)
promised.passes("by itself", unchanged, "fails over by itself from SQL1")
promised.passes("by itself, as declared", sql_step(manual=False), "by itself")
promised.passes("by hand", together(ASYNC, sql_step("ag-vmm", manual=True)), "by hand in step 9", "15 min")
promised.passes("by hand, by its database", together(ASYNC, sql_step("VirtualManagerDB", manual=True)), "by hand")
promised.fails("declared automatic, is not", together(ASYNC, sql_step(manual=False)), "ASYNCHRONOUS_COMMIT/MANUAL")
promised.fails("nobody does it", ASYNC, "no manual step is declared")
promised.fails("the primary is set to manual", replica(names.AG_LON, failover_mode="MANUAL"), "SQL1 is SYNCHRONOUS")
promised.fails("no quorum left", WITNESS_LON, "loses its quorum", "without london 1 of 3")
promised.fails("by nobody", together(ASYNC, sql_step(manual=True, owner=" ")), "no owner")
promised.fails("in no time", together(ASYNC, sql_step(manual=True, minutes=0)), "no owner or no duration")
promised.unknown("a mode not told", replica(failover_mode=""), "modes of a replica")
promised.unknown(
    "the witness's place",
    change(FailoverCluster, names.SQL_CLUSTER, witness_place="\\\\fs9.nowhere.lab\\w"),
    "hangs on the place of its witness",
)
promised.unknown("no primary", replica(names.AG_LON, role="RESOLVING"), "0 primary")
unread(promised, SQL_SCOPE, FailoverCluster, ClusterNode)
unread(promised, LON, AvailabilityReplica)
unread(promised, "estate:estate", SequenceStep)
promised.skips("at one site", drop(AvailabilityReplica, names.AG_LDS), "at london")

SQL2 = f"{names.SQL_CLUSTER}/{names.SQL_LDS}"
votes = Table("DR-SQL-009", names.SQL_CLUSTER)
votes.passes("each has one", unchanged, "sql2: 1", "witness: share")
votes.passes("a manual target without", together(ASYNC, change(ClusterNode, SQL2, node_weight=0)), "sql2: 0")
votes.fails("a manual target with", ASYNC, "sql2 takes over by hand only, and has a vote")
votes.fails("a target without", change(ClusterNode, SQL2, node_weight=0), "sql2 has no vote")
votes.fails("an even split", change(FailoverCluster, names.SQL_CLUSTER, witness="none"), "2 votes and no witness")
votes.passes(
    "a manual target at the same site",
    together(ASYNC, replica(host="sql1.lon.contoso.lab"), drop(ClusterNode, SQL2)),
)
votes.unknown("a mode not told", replica(failover_mode=""), "failover mode")
votes.unknown("the witness not told", change(FailoverCluster, names.SQL_CLUSTER, witness=""), "its witness")
votes.unknown(
    "replicas unread", lose(AvailabilityReplica, LON), "AvailabilityReplica", also=(names.HV_CLUSTER, names.VMM_CLUSTER)
)
votes.unknown("nodes unread", lose(ClusterNode, SQL_SCOPE), "ClusterNode")
votes.skips("no replica", drop(AvailabilityReplica), "no availability replica")
votes.skips("other nodes", unchanged, "no availability replica", subject=names.VMM_CLUSTER)

CASES = tuple(case for table in (moves, reached, promised, votes) for case in table.cases)
