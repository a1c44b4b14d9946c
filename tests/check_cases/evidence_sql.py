"""Cases of checks on SQL Server that could have passed without evidence."""

from datetime import date

from msgspec.structs import replace

from drcheck.topology.cluster import ClusterNode, FailoverCluster
from drcheck.topology.declared import Application
from drcheck.topology.network import Connection, NameAnswer
from drcheck.topology.sql import AvailabilityGroup, AvailabilityReplica, DatabaseReplica
from drcheck.topology.sql_objects import AgListener
from drcheck.topology.vmm import VmmServer
from tests import estate_facts as facts
from tests import estate_names as names
from tests import estate_sql_vmm_site as site
from tests.check_cases.case import Table
from tests.estate_servers import AT_LDS, AT_LON
from tests.estates import Change, add, change, cut, drop, lose, seen, together

LON = f"sql:{names.SQL_LON}"
ALL_CLUSTERS = (names.HV_CLUSTER, names.VMM_CLUSTER)

database = Table("DR-SQL-001", names.HA_VMM)
database.skips(
    "beside VMM, on a physical machine",
    change(VmmServer, names.VMM01, is_virtual=False),
    "a physical one",
    subject=names.VMM01,
)
database.unknown("its name not told", change(VmmServer, names.HA_VMM, database_name=""), "the name of its database")
database.unknown(
    "whether the other one holds data not told",
    change(AvailabilityReplica, names.AG_LDS, availability_mode=""),
    "whether SQL2 holds data",
)
database.passes(
    "another one holds data for certain",
    together(
        change(AvailabilityReplica, names.AG_LDS, availability_mode=""),
        add(facts.ag_replica("replica-3", "sql3.lds.contoso.lab", "SECONDARY")),
    ),
)

listened = Table("DR-SQL-002", names.HA_VMM)
listened.unknown("its name not told", change(VmmServer, names.HA_VMM, database_name=""), "does not tell")
listened.unknown("its place not told", change(VmmServer, names.HA_VMM, database_server=""), "does not tell")
listened.unknown(
    "joined on the replicas that were read",
    together(drop(AvailabilityReplica, names.AG_LDS), cut(AvailabilityReplica, LON)),
    "AvailabilityReplica",
    also=(names.VMM01,),
)
listened.unknown("no replica told", drop(AvailabilityReplica), "none of its replicas")

WITH_APP = facts.application("vmm console", 1, rpo_seconds=300, rto_seconds=1200, databases=("Ledger",))


def lagging(*more: Application, **fields: object) -> Change:
    """A database of an application, and of nobody else, on an asynchronous replica at the other site."""
    return together(
        add(*more),
        change(AvailabilityReplica, names.AG_LDS, availability_mode="ASYNCHRONOUS_COMMIT", failover_mode="MANUAL"),
        change(DatabaseReplica, names.AG_DB, name="Ledger", synchronization_state="SYNCHRONIZING", **fields),
    )


LAG = {"lag_seconds": (1.0, 301.0, 2.0), "log_send_queue_kb": 0}
loss = Table("DR-SQL-004", names.AG_DB)
loss.fails("more than its application allows", lagging(WITH_APP, **LAG), "5 min allowed")
loss.passes("as much as its tier allows, of no application", lagging(**LAG), "allowed")
loss.passes(
    "what its application allows beyond its tier",
    lagging(replace(WITH_APP, rpo_seconds=99999), **LAG),
    "15 min allowed",
)
loss.fails("a promise of a second", lagging(replace(WITH_APP, rpo_seconds=1), **LAG))
loss.passes("of an application without a promise", lagging(replace(WITH_APP, rpo_seconds=0), **LAG), "15 min allowed")
loss.unknown(
    "which database VMM has not told", together(lagging(**LAG), change(VmmServer, names.HA_VMM, database_name="")),
    "which may be Ledger",
)  # fmt: skip

QUEUE = {"redo_queue_kb": 60200, "redo_rate_kb_per_second": 200}
redo = Table("DR-SQL-101", names.AG_DB)
redo.fails("longer than a share of what its application allows", lagging(WITH_APP, **QUEUE), "25 % of the RTO")
redo.fails("a promise of a second", lagging(replace(WITH_APP, rto_seconds=1), **QUEUE))
redo.passes("a share of what its tier allows, of no application", lagging(**QUEUE))
redo.passes("of an application without a promise", lagging(replace(WITH_APP, rto_seconds=0), **QUEUE))

ASYNC = change(AvailabilityReplica, names.AG_LDS, availability_mode="ASYNCHRONOUS_COMMIT", failover_mode="MANUAL")
OTHER = AvailabilityGroup(
    key="ag-0002", seen=seen(names.SQL_LON), name="AG-VMM", primary_replica="SQL9", synchronization_health="HEALTHY",
    listeners=("ag-vmm.fabrikam.lab",), databases=("Another",),
)  # fmt: skip


def by_hand(number: int, target: str) -> Change:
    return add(facts.step(number, "sql", target, manual=True))


promised = Table("DR-SQL-005", names.AG)
promised.unknown(
    "by hand, one of two groups of a name", together(ASYNC, add(OTHER), by_hand(9, "AG-VMM")), "another group"
)
promised.unknown(
    "by hand, other groups unread",
    together(ASYNC, by_hand(9, "AG-VMM"), lose(AvailabilityGroup, f"sql:{names.SQL_LDS}")),
)
promised.passes(
    "by hand, one of two groups of a name, by its listener",
    together(ASYNC, add(OTHER), by_hand(8, "AG-VMM"), by_hand(9, site.LISTENER.upper())),
    "by hand in step 9",
)
promised.passes(
    "by hand, by its listener, other groups unread",
    together(ASYNC, by_hand(9, site.LISTENER.upper()), lose(AvailabilityGroup, f"sql:{names.SQL_LDS}")),
)
promised.passes(
    "by hand, by one of two listeners in capitals, other groups unread",
    together(
        ASYNC,
        change(AvailabilityGroup, names.AG, listeners=("other.lab", site.LISTENER.upper())),
        by_hand(9, site.LISTENER),
        lose(AvailabilityGroup, f"sql:{names.SQL_LDS}"),
    ),
)

reached = Table("DR-SQL-008", site.LISTENER_KEY)
reached.fails(
    "addresses that are needed all at once", change(AgListener, site.LISTENER_KEY, conformant=False), "joined by OR"
)
reached.unknown("how its addresses are joined", change(AgListener, site.LISTENER_KEY, conformant=None), "is enough")
reached.unknown("asked, and no answer kept", drop(NameAnswer, site.ASKED_DNS), "nobody at leeds")
reached.unknown("tried, and no attempt kept", drop(Connection, site.ASKED_PORT), "nobody at leeds")

votes = Table("DR-SQL-009", names.SQL_CLUSTER)
votes.fails(
    "an even split, the witness gone", change(FailoverCluster, names.SQL_CLUSTER, witness_state="Failed"), "is Failed"
)
votes.unknown(
    "the witness's state not told", change(FailoverCluster, names.SQL_CLUSTER, witness_state=""), "witness is online"
)
votes.passes(
    "an odd number of votes, the witness gone",
    together(
        change(FailoverCluster, names.SQL_CLUSTER, witness_state="Failed"),
        add(site.sql_node("sql3.dub.contoso.lab", "Dublin")),
    ),
)

method = Table("DR-SQL-010", "ledger")
DATA = change(Application, "ledger", databases=("virtual*",))
method.fails("data in a group, machines elsewhere", DATA, "no method")
method.fails("data in a group, others unread", together(DATA, lose(AvailabilityGroup, f"sql:{names.SQL_LDS}")))
method.passes(
    "data in a group, rehearsed",
    together(DATA, change(Application, "ledger", drill_method="restore-clone", drilled=date(2026, 11, 1))),
)
method.skips("data in no group", change(Application, "ledger", databases=("Ledger",)), "no group holds data")
method.unknown(
    "data in no group that was read",
    together(change(Application, "ledger", databases=("Ledger",)), lose(AvailabilityGroup, LON)),
    "AvailabilityGroup",
)

NOWHERE = change(AvailabilityReplica, names.AG_LDS, host="")
promised.unknown("no replica told", drop(AvailabilityReplica), "no replica with data")
reached.unknown("no replica told", drop(AvailabilityReplica), "no replica with data")
votes.unknown("a replica that does not tell its machine", NOWHERE, "the replica SQL2", also=ALL_CLUSTERS)
votes.fails(
    "the primary without, a replica that does not tell its machine",
    together(NOWHERE, change(ClusterNode, f"{names.SQL_CLUSTER}/{names.SQL_LON}", node_weight=0)),
    "sql1 has no vote",
    also=ALL_CLUSTERS,
)
inside = Table("DR-SQL-006", AT_LDS)
inside.unknown("a replica that does not tell its machine", NOWHERE, "the replica SQL2")
started = Table("DR-SQL-104", f"{AT_LDS}/1")
started.unknown("a replica that does not tell its machine", NOWHERE, "the replica SQL2")
session = Table("DR-SQL-103", AT_LDS)
session.unknown("a replica that does not tell its machine", NOWHERE, "the replica SQL2")
session.passes("here, and another does not tell its machine", NOWHERE, subject=AT_LON, also=(AT_LDS,))

TABLES = (database, listened, loss, redo, promised, reached, votes, method, inside, started, session)
CASES = tuple(case for table in TABLES for case in table.cases)
