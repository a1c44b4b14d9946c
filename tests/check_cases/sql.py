"""Cases of the checks on VMM's database and on availability groups."""

import math

from msgspec.structs import replace

from drcheck.policy import DEFAULT_TIERS, Policy
from drcheck.topology.declared import Site
from drcheck.topology.hyperv import HyperVVm
from drcheck.topology.site_recovery import ProtectedItem
from drcheck.topology.sql import AvailabilityGroup, AvailabilityReplica, DatabaseReplica
from drcheck.topology.vmm import VmmServer, VmmVm
from tests import estate_facts as facts
from tests import estate_names as names
from tests import estate_vault as vault
from tests.check_cases.case import Table
from tests.estates import Change, add, change, drop, lose, together, unchanged

SQL_LON, SQL_LDS = f"sql:{names.SQL_LON}", f"sql:{names.SQL_LDS}"
VM9 = "90000000-0000-0000-0000-000000000009"

database = Table("DR-SQL-001", names.HA_VMM)
REMOTE = change(VmmServer, names.VMM01, database_server="sql9.lon.contoso.lab")
SQL9 = together(REMOTE, add(facts.vmm_vm(VM9, "SQL9"), facts.hyperv_vm(VM9, "SQL9")))
database.passes("a replica at the other site", unchanged, "AG-VMM", "SQL2")
database.passes("beside VMM", unchanged, "own machine", subject=names.VMM01)
database.passes("beside VMM, by another word", change(VmmServer, names.VMM01, database_server="."), subject=names.VMM01)
database.passes(
    "connected to a replica's own name", change(VmmServer, names.HA_VMM, database_server="sql2.lds.contoso.lab")
)
database.passes("a database name in other letters", change(VmmServer, names.HA_VMM, database_name="VIRTUALMANAGERDB"))
database.passes(
    "standalone, remote, in the group",
    change(VmmServer, names.VMM01, database_server="ag-vmm.contoso.lab", database_name="VirtualManagerDB"),
    "AG-VMM",
    subject=names.VMM01,
)
database.fails("highly available, beside VMM", change(VmmServer, names.HA_VMM, database_server="vmma.lon.contoso.lab"))
database.fails(
    "both replicas at one site",
    change(AvailabilityReplica, names.AG_LDS, host="sql3.lon.contoso.lab"),
    "no data replica outside the site",
)
database.fails(
    "the other one holds no data", change(AvailabilityReplica, names.AG_LDS, availability_mode="CONFIGURATION_ONLY")
)
database.fails(
    "another group's replica at the other site",
    together(
        change(AvailabilityReplica, names.AG_LDS, host="sql3.lon.contoso.lab"),
        add(replace(facts.ag_replica("replica-other", "sql4.lds.contoso.lab", "SECONDARY"), group="ag-other")),
    ),
)
database.fails(
    "highly available, remote, in a protected VM",
    together(
        change(VmmServer, names.HA_VMM, database_server="sql9.lon.contoso.lab"),
        add(facts.vmm_vm(VM9, "SQL9"), vault.item("i-sql9", "SQL9", VM9)),
    ),
    "no availability group",
)
database.fails("no other replica", drop(AvailabilityReplica, names.AG_LDS), "no data replica")
database.fails("no group", drop(AvailabilityGroup), "no availability group")
database.fails("a group without the database", change(AvailabilityGroup, names.AG, databases=("Other",)))
database.fails(
    "another server's database of that name", change(VmmServer, names.HA_VMM, database_server="sql9.lon.contoso.lab")
)
database.fails("remote, in a VM that nothing protects", SQL9, "no availability group", subject=names.VMM01)
database.fails("remote, on no VM", REMOTE, "sql9.lon.contoso.lab", subject=names.VMM01)
database.warns(
    "remote, in a VM that Site Recovery protects",
    together(SQL9, add(vault.item("i-sql9", "SQL9", VM9))),
    "Site Recovery",
    VM9,
    subject=names.VMM01,
)
database.warns(
    "remote, in a VM that Hyper-V Replica protects",
    together(SQL9, change(HyperVVm, f"{VM9}@{names.HV_LON}", replication_mode="Primary")),
    "Hyper-V Replica",
    subject=names.VMM01,
)
database.unknown("remote, on a VM on no asked host", together(SQL9, drop(HyperVVm)), subject=names.VMM01)
database.unknown(
    "remote, items unread", together(SQL9, lose(ProtectedItem, f"vault:{names.VAULT}")), subject=names.VMM01
)
database.unknown("remote, inventory unread", together(REMOTE, lose(VmmVm, f"vmm:{names.VMM01}")), subject=names.VMM01)
database.unknown("its place not told", change(VmmServer, names.HA_VMM, database_server=""))
database.unknown("groups unread", lose(AvailabilityGroup, SQL_LON), "AvailabilityGroup")
database.unknown("replicas unread", lose(AvailabilityReplica, SQL_LON), "AvailabilityReplica")
database.unknown(
    "replicas unread, connected to one of them",
    together(change(VmmServer, names.HA_VMM, database_server=names.SQL_LDS), lose(AvailabilityReplica, SQL_LON)),
)
database.unknown("no primary", change(AvailabilityReplica, names.AG_LON, role="RESOLVING"), "0 primary")
database.unknown("at no declared site", drop(Site, "leeds"), "no site")
database.skips("no VMM server", drop(VmmServer), "no VMM server", subject="estate")
for word in ("localhost", "(local)"):
    database.passes(f"beside VMM, as {word}", change(VmmServer, names.VMM01, database_server=word), subject=names.VMM01)
database.unknown(
    "both replicas at one site, others unread",
    together(
        lose(AvailabilityReplica, SQL_LON),
        add(
            facts.ag_replica(names.AG_LON, names.SQL_LON, "PRIMARY"),
            facts.ag_replica(names.AG_LDS, "sql3.lon.contoso.lab", "SECONDARY"),
        ),
    ),
)
database.passes(
    "another group's replica beside it",
    add(replace(facts.ag_replica("a-other", "sql4.lds.contoso.lab", "SECONDARY"), group="ag-other")),
)
database.warns(
    "remote, in a VM that one of two hosts replicates",
    together(
        SQL9,
        change(HyperVVm, f"{VM9}@{names.HV_LON}", replication_mode="Primary"),
        add(facts.hyperv_vm(VM9, "SQL9", names.HV_LDS)),
    ),
    "Hyper-V Replica",
    subject=names.VMM01,
    impossible=True,
)

health = Table("DR-SQL-003", names.AG_LDS)
health.passes("in step", unchanged, "SYNCHRONOUS_COMMIT", "SYNCHRONIZED")
ASYNC = change(AvailabilityReplica, names.AG_LDS, availability_mode="ASYNCHRONOUS_COMMIT")
health.passes(
    "asynchronous and following",
    together(ASYNC, change(DatabaseReplica, names.AG_DB, synchronization_state="SYNCHRONIZING")),
    "SYNCHRONIZING",
)
health.passes(
    "another group has its primary elsewhere",
    add(replace(facts.ag_replica("replica-other", "sql4.lds.contoso.lab", "PRIMARY"), group="ag-other")),
)
health.fails("disconnected", change(AvailabilityReplica, names.AG_LDS, connected_state="DISCONNECTED"), "DISCONNECTED")
health.fails("unhealthy", change(AvailabilityReplica, names.AG_LDS, synchronization_health="PARTIALLY_HEALTHY"))
health.fails("suspended", change(DatabaseReplica, names.AG_DB, suspended=True), "suspended", "VirtualManagerDB")
health.fails("not joined", change(DatabaseReplica, names.AG_DB, joined=False), "has not joined")
health.fails("a database unhealthy", change(DatabaseReplica, names.AG_DB, synchronization_health="NOT_HEALTHY"))
health.fails(
    "out of step",
    change(DatabaseReplica, names.AG_DB, synchronization_state="SYNCHRONIZING"),
    "SYNCHRONIZED is allowed",
)
health.fails(
    "asynchronous and not following",
    together(ASYNC, change(DatabaseReplica, names.AG_DB, synchronization_state="NOT SYNCHRONIZING")),
    "NOT SYNCHRONIZING",
)
health.fails("no copy of a database", drop(DatabaseReplica, names.AG_DB), "no copy of virtualmanagerdb")
health.fails(
    "one database of two",
    change(AvailabilityGroup, names.AG, databases=("VirtualManagerDB", "Second")),
    "no copy of second",
)
health.unknown("connection not told", change(AvailabilityReplica, names.AG_LDS, connected_state=""))
health.unknown("health not told", change(AvailabilityReplica, names.AG_LDS, synchronization_health=""))
health.unknown("a database's state not told", change(DatabaseReplica, names.AG_DB, synchronization_state=""))
health.unknown("a database's health not told", change(DatabaseReplica, names.AG_DB, synchronization_health=""))
health.unknown("an unknown mode", change(AvailabilityReplica, names.AG_LDS, availability_mode="NEW"))
health.unknown("databases unread", lose(DatabaseReplica, SQL_LON), "DatabaseReplica")
health.unknown("the group unread", lose(AvailabilityGroup, SQL_LON), "AvailabilityGroup")
health.unknown("the group not told", drop(AvailabilityGroup))
health.unknown("no primary", change(AvailabilityReplica, names.AG_LON, role="RESOLVING"), also=(names.AG_LON,))
health.skips("the primary", unchanged, "is the primary", subject=names.AG_LON)
health.skips("beside the primary", change(AvailabilityReplica, names.AG_LDS, host="sql3.lon.contoso.lab"), "london")
health.skips("no data", change(AvailabilityReplica, names.AG_LDS, availability_mode="CONFIGURATION_ONLY"), "no data")
health.skips("an empty group", change(AvailabilityGroup, names.AG, databases=()), "no database")
health.passes("asynchronous and in step", ASYNC)

loss = Table("DR-SQL-004", names.AG_DB)


def lagging(*samples: float, queue: int | None = None) -> Change:
    return together(
        ASYNC,
        change(DatabaseReplica, names.AG_DB, failover_ready=False, lag_seconds=samples, log_send_queue_kb=queue),
    )


loss.passes("ready without loss", unchanged, "ready for failover")
loss.passes("lag exactly as allowed", lagging(10.0, 900.0, 20.0), "15 min behind at worst", "15 min allowed")
loss.passes("idle with an empty queue", lagging(0.0, 0.0, 0.0, queue=0))
loss.passes(
    "not VMM's database: the default tier's target",
    together(lagging(901.0, 1.0, 1.0), change(DatabaseReplica, names.AG_DB, name="Other")),
    "4 h allowed",
)
loss.fails(
    "the application's target",
    together(
        lagging(901.0, 1.0, 1.0),
        change(DatabaseReplica, names.AG_DB, name="Other"),
        change(AvailabilityReplica, names.AG_LDS, host="pay-sql.lds.contoso.lab"),
    ),
    "15 min allowed",
)
loss.fails("synchronous and not ready", change(DatabaseReplica, names.AG_DB, failover_ready=False), "not ready")
loss.fails("one sample above", lagging(10.0, 901.0, 20.0), "15 min allowed")
loss.fails(
    "VMM's database is of tier 0",
    lagging(301.0, 1.0, 1.0),
    "5 min allowed",
    policy=Policy(tiers={**DEFAULT_TIERS, 0: replace(DEFAULT_TIERS[0], rpo=300)}),
)
loss.fails("one sample above, and too few", lagging(901.0))
loss.fails("one sample above, one no number", lagging(math.nan, 901.0))
loss.unknown("too few samples", lagging(10.0, 20.0), "2 lag samples", "3 are needed")
loss.unknown("a negative sample", lagging(10.0, -1.0, 20.0), "negative")
loss.unknown("no number", lagging(10.0, math.nan, 20.0), "no number")
loss.unknown("idle with a queue", lagging(0.0, 0.0, 0.0, queue=5), "5 KB")
loss.unknown("idle, the queue not told", lagging(0.0, 0.0, 0.0))
loss.unknown("the replica unread", lose(AvailabilityReplica, SQL_LON), "AvailabilityReplica")
loss.unknown("the replica not told", drop(AvailabilityReplica, names.AG_LDS))
loss.unknown(
    "it may be VMM's database",
    together(
        lagging(1.0, 1.0, 1.0),
        change(DatabaseReplica, names.AG_DB, name="Other"),
        lose(VmmServer, f"vmm:{names.HA_VMM}"),
    ),
    "VmmServer",
)
loss.skips("the primary's", unchanged, "original", subject=f"{names.AG_LON}/db-vmm")
loss.skips("beside the primary", change(AvailabilityReplica, names.AG_LDS, host="sql3.lon.contoso.lab"), "london")

CASES = [*database.cases, *health.cases, *loss.cases]
