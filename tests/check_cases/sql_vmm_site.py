"""Cases of the checks on VMM's cluster role, SQL Server groups and listeners, and room at the recovery site."""

from dataclasses import replace

import msgspec

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
from drcheck.topology.sql import AvailabilityGroup, AvailabilityReplica
from drcheck.topology.vmm_fabric import VmmNode
from tests import estate_facts as facts
from tests import estate_names as names
from tests import estate_sql_vmm_site as site
from tests.check_cases.case import Table
from tests.estates import Change, Estate, add, change, drop, lose, reach, seen, together, unchanged

VMM_SCOPE = f"cluster:{names.HA_VMM}"
SQL_SCOPE = f"cluster:{site.SQL_CLUSTER_NAME}"
VMMB = f"{names.VMM_CLUSTER}/vmmb.lds.contoso.lab"


def unread(table: Table, scope: str, *kinds: type[Fact]) -> None:
    """Each of these answers is needed."""
    for kind in kinds:
        table.unknown(f"{kind.__name__} unread", lose(kind, scope), kind.__name__)


def role(**fields: object) -> Change:
    return add(site.group(**fields))


def nameless(fact: ClusterNetworkName) -> ClusterNetworkName:
    return msgspec.structs.replace(fact, dns_name=None)


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
NAMELESS = nameless(
    site.network_name(f"{names.VMM_CLUSTER}/n2", names.VMM_CLUSTER, names.HA_VMM, "files", group="Files")
)
OTHER_ROLE = together(
    add(msgspec.structs.replace(site.group(name="Files"), key=f"{names.VMM_CLUSTER}/files")),
    add(NAMELESS),
    add(site.resource("share", group="Files")),
)
moves.passes("another role beside it", OTHER_ROLE)
moves.unknown("possible owners of nobody", add(site.possible(site.SERVICE)), site.SERVICE)
for build in (None, 14393):
    moves.unknown(
        f"a node that does not tell, {build}", change(ClusterNode, VMMB, status=None, build=build), "quarantine"
    )
moves.passes("a node that knows no quarantine", change(ClusterNode, VMMB, status=None, build=14392))
moves.warns("a node paused, which tells no more", change(ClusterNode, VMMB, state="Paused", status=None), "Paused")
moves.warns("a node isolated", change(ClusterNode, VMMB, state="Down", status="Isolated"), "Isolated")

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
reached.unknown(
    "a client's database not told",
    together(EVERY, GOOD_CLIENTS, connects(site.VMM_NODES[0], database_server=None, multi_subnet_failover=False)),
    "vmma",
)
reached.unknown("how clients connect", EVERY, "vmma")
reached.unknown("no port", add(site.listener(*TWO, port=None)), "never told its port")
reached.unknown("no mask", add(site.listener(TWO[0], site.listener_ip("10.2.0.50", mask=""))), "mask")
reached.unknown("nobody looks", unasked, "reachability")
reached.unknown("registration not told", registered(registers_every_address=None), "RegisterAllProvidersIP")
reached.unknown(
    "registration not told, remembered long", registered(registers_every_address=None, ttl_seconds=1200), "RegisterAll"
)
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


def also_tried(fact: NameAnswer | Connection, key: str, **fields: object) -> Change:
    """One more attempt, planned and made."""
    made = msgspec.structs.replace(fact, key=key, seen=seen(key), **fields)
    return together(reach(type(fact).ROLE, key), add(made))


SLOW = nameless(
    site.network_name(f"{names.SQL_CLUSTER}/a", names.SQL_CLUSTER, site.SQL_CLUSTER_NAME, "aaa", ttl_seconds=9999)
)
AT_HOME_DNS, AT_HOME_PORT = f"{names.HV_LON}>{site.DC}/{site.LISTENER}", f"{names.HV_LON}>{site.LISTENER}:1433"
reached.passes("wrong in the primary's own site", together(
    also_tried(site.name_answer("10.9.9.9"), AT_HOME_DNS, host=names.HV_LON),
    also_tried(site.connection("timed-out"), AT_HOME_PORT, host=names.HV_LON)))  # fmt: skip
reached.passes("unread in the primary's own site", together(
    reach("dns", AT_HOME_DNS), lose(NameAnswer, f"dns:{AT_HOME_DNS}")))  # fmt: skip
reached.passes("another port is closed", also_tried(
    site.connection("timed-out"), f"{names.HV_LDS}>{site.LISTENER}:1434", port=1434))  # fmt: skip
reached.passes("a card without an address", add(msgspec.structs.replace(
    site.sql_interface(names.SQL_LDS, ""), key=f"{names.SQL_CLUSTER}/if-second")))  # fmt: skip
reached.passes("another name of the cluster", add(
    SLOW))  # fmt: skip
reached.passes("a network name in capitals", registered(dns_name="AG-VMM"))
reached.passes("all addresses registered, the TTL not told", together(
    registered(registers_every_address=True, ttl_seconds=None), GOOD_CLIENTS))  # fmt: skip
reached.passes("a client of something else", together(EVERY, GOOD_CLIENTS, connects(
    names.VMM01, database_server="other.lab", multi_subnet_failover=False)))  # fmt: skip
reached.fails("a client, another does not tell its server", together(
    EVERY, GOOD_CLIENTS, connects(names.VMM01, database_server=None),
    connects(site.VMM_NODES[0], multi_subnet_failover=False)))  # fmt: skip
reached.unknown("a client that does not tell its server", together(
    EVERY, GOOD_CLIENTS, connects(names.VMM01, database_server=None)))  # fmt: skip
reached.fails("a client, others unread", together(
    EVERY, GOOD_CLIENTS, connects(site.VMM_NODES[0], multi_subnet_failover=False),
    lose(VmmNode, f"vmm-node:{names.VMM01}")))  # fmt: skip

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
promised.passes("by itself, another group by hand", sql_step("ag-other", manual=True), "fails over by itself")
promised.passes("by itself, a step of another kind", add(facts.step(9, "manual", "ag-vmm")), "fails over by itself")
promised.passes("by hand, by one of two listeners", together(
    ASYNC, change(AvailabilityGroup, names.AG, listeners=("other.lab", site.LISTENER)), sql_step(manual=True)),
    "by hand")  # fmt: skip
promised.passes("by hand, in a minute", together(ASYNC, sql_step(manual=True, minutes=1)), "by hand")
THIRD = facts.ag_replica("replica-3", "sql3.lds.contoso.lab", "SECONDARY")
promised.passes("by itself, to one of two", add(msgspec.structs.replace(THIRD, failover_mode="MANUAL")))
promised.unknown("an availability mode not told", replica(availability_mode=""), "modes of a replica")

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
SQL1 = f"{names.SQL_CLUSTER}/{names.SQL_LON}"
NODE_3 = add(site.sql_node("sql3.dub.contoso.lab", "Dublin"))
votes.passes("a third node without replicas", NODE_3)
votes.passes("three votes and no witness", together(
    NODE_3, change(FailoverCluster, names.SQL_CLUSTER, witness="none")))  # fmt: skip
votes.unknown("a role not told", replica(role=""), "role")
votes.passes("a target without data", replica(availability_mode="CONFIGURATION_ONLY", failover_mode="MANUAL"))
votes.fails("the primary, set to manual, without", together(
    replica(names.AG_LON, failover_mode="MANUAL"), change(ClusterNode, SQL1, node_weight=0)),
    "sql1 has no vote")  # fmt: skip
OTHER_AG = tuple(
    msgspec.structs.replace(one, group="ag-other", failover_mode="MANUAL")
    for one in (
        facts.ag_replica("other-lon", names.SQL_LON, "PRIMARY"),
        facts.ag_replica("other-lds", names.SQL_LDS, "SECONDARY"),
    )
)  # fmt: skip
votes.passes("a target of one group, by hand of another", add(*OTHER_AG))
votes.passes("by hand, beside the primary", together(
    ASYNC, replica(host="sql3.lon.contoso.lab"), drop(ClusterNode, SQL2),
    add(site.sql_node("sql3.lon.contoso.lab", "London"))))  # fmt: skip

CASES = tuple(case for table in (moves, reached, promised, votes) for case in table.cases)
