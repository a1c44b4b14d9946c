"""Cases of the checks on SQL Server instances and what lives in them besides databases."""

from msgspec.structs import replace

from drcheck.policy import Policy
from drcheck.topology.sql import AvailabilityGroup, AvailabilityReplica, DatabaseReplica, SqlDatabase, SqlInstance
from drcheck.topology.sql_objects import LinkedServer, MirroringEndpoint, SqlCredential, SqlJob, SqlLogin
from drcheck.topology.vmm import VmmServer
from tests import estate_facts as facts
from tests import estate_names as names
from tests import estate_servers as servers
from tests.check_cases.case import Table
from tests.estate_servers import AT_LDS, AT_LON
from tests.estates import Change, add, change, drop, lose, together, unchanged

LON, LDS = f"sql:{names.SQL_LON}", f"sql:{names.SQL_LDS}"


def instance(**fields: object) -> Change:
    return change(SqlInstance, AT_LDS, **fields)


inside = Table("DR-SQL-006", AT_LDS)
EXTRA = add(servers.database(AT_LDS, "Forgotten", ""))
inside.passes("all in the group", unchanged, "1 user databases")
inside.fails("one beside it", EXTRA, "Forgotten")
inside.passes("one beside it, exempt", EXTRA, policy=Policy(exempt_databases=("forgot*",)))
inside.passes("a snapshot", add(servers.database(AT_LDS, "Snap", "", is_snapshot=True)))
inside.unknown("databases unread", lose(SqlDatabase, LDS), "SqlDatabase")
inside.unknown("replicas unread", together(*(lose(AvailabilityReplica, at) for at in (LON, LDS))), also=(AT_LON,))
inside.skips("no group here", drop(AvailabilityReplica), "no replica", also=(AT_LON,))

started = Table("DR-SQL-104", f"{AT_LDS}/1")
started.passes("started", unchanged, "STARTED, encrypted")
started.fails("stopped", change(MirroringEndpoint, f"{AT_LDS}/1", state="STOPPED"), "STOPPED")
started.fails("in the clear", change(MirroringEndpoint, f"{AT_LDS}/1", encrypted=False), "not encrypted")
started.unknown("endpoints unread", lose(MirroringEndpoint, LDS), subject=f"MirroringEndpoint@{LDS}")
started.skips("no group here", drop(AvailabilityReplica), "no replica", also=(f"{AT_LON}/1",))

alike = Table("DR-SQL-106", names.AG)
alike.passes("alike", unchanged, "Enterprise")
alike.fails("another edition", instance(edition="Standard"), "different edition", "Standard")
alike.fails("another collation", instance(collation="Turkish"), "different collation")
alike.fails("another version", instance(version="15.0.2000"), "different version")
alike.warns(
    "another build",
    together(change(SqlInstance, AT_LON, version="16.0.1000"), instance(version="16.0.4000")),
    "different builds",
)
alike.unknown("edition not told", together(change(SqlInstance, AT_LON, edition=""), instance(edition="")), "not every")
alike.unknown("an instance unread", lose(SqlInstance, LDS), "SqlInstance")
alike.unknown("replicas unread", lose(AvailabilityReplica, LON), "AvailabilityReplica")
alike.unknown("an instance that is not there", drop(SqlInstance, AT_LDS), "was not seen")
alike.skips("one replica", drop(AvailabilityReplica, names.AG_LDS), "one instance")
alike.fails("another version, builds told", together(
    change(SqlInstance, AT_LON, version="16.0.1000"), instance(version="15.0.2000")), "different version")  # fmt: skip
alike.unknown("the version of one not told", instance(version=""), "not every")
alike.unknown("the edition of one not told", instance(edition=""), "not every")
alike.unknown("the collation of one not told", instance(collation=""), "not every")

match = Table("DR-SQL-007", names.AG)
match.passes("the same", unchanged, "2 instances agree")
match.fails("a login is missing", drop(SqlLogin, f"{AT_LDS}/app"), "login app", AT_LDS)
match.fails("a login too many", add(servers.login(AT_LDS, "old")), "login old", AT_LON)
match.fails("another SID", add(servers.login(AT_LDS, "app", sid="0x0b")), "SID 0x0b", "SID 0x0a")
match.fails("disabled there", add(servers.login(AT_LDS, "app", disabled=True)), "disabled")
match.fails("a job is missing", drop(SqlJob, f"{AT_LDS}/backup"), "job backup")
match.fails("a job is off", add(servers.job(AT_LDS, "backup", enabled=False)), "disabled")
match.fails("a job does something else", add(servers.job(AT_LDS, "backup", "99")), "job backup")
match.fails("a linked server is missing", drop(LinkedServer, f"{AT_LDS}/erp"), "linked server erp")
match.fails("a credential is missing", drop(SqlCredential, f"{AT_LDS}/blob"), "credential blob")
match.fails(
    "many", add(*(servers.login(AT_LDS, f"old{number}", sid=f"0x{number}") for number in range(9))), "and 4 more"
)
match.passes("a machine's own login", add(servers.login(AT_LDS, "sql2\\Administrators")))
for kind in (SqlLogin, SqlJob, LinkedServer, SqlCredential):
    match.unknown(f"{kind.__name__} unread", lose(kind, LDS), kind.__name__)
match.skips("one replica", drop(AvailabilityReplica, names.AG_LDS), "one instance")
for own in ("sa", "distributor_admin", "BUILTIN\\Users", "NT SERVICE\\Winmgmt", "NT AUTHORITY\\SYSTEM"):
    match.passes(f"{own} of one of them", add(servers.login(AT_LDS, own, sid="0x99")))
match.passes("a machine's own login in capitals", add(servers.login(AT_LDS, "SQL2\\Administrators")))
match.passes("an own login on one only", drop(SqlLogin, f"{AT_LDS}/##MS_Agent##"))

listener = Table("DR-SQL-002", names.HA_VMM)
listener.passes("by the listener", unchanged, "AG-VMM", "joined everywhere")
listener.fails(
    "by a machine's name", change(VmmServer, names.HA_VMM, database_server=names.SQL_LON), "no listener of AG-VMM"
)
listener.fails("not joined", change(DatabaseReplica, names.AG_DB, joined=False), "not joined on SQL2")
listener.fails("left out", drop(DatabaseReplica, names.AG_DB), "not joined on SQL2")
listener.passes(
    "a replica without data",
    together(
        change(AvailabilityReplica, names.AG_LDS, availability_mode="CONFIGURATION_ONLY"),
        drop(DatabaseReplica, names.AG_DB),
    ),
)
listener.unknown("databases unread", lose(DatabaseReplica, LON), "DatabaseReplica")
listener.unknown("groups unread", lose(AvailabilityGroup, LON), "AvailabilityGroup", also=(names.VMM01,))
listener.skips("no group", drop(AvailabilityGroup), "DR-SQL-001")
listener.skips("beside VMM", unchanged, "in no availability group", subject=names.VMM01)
listener.passes("by one of two listeners", change(
    AvailabilityGroup, names.AG, listeners=("other.contoso.lab", "ag-vmm.contoso.lab")))  # fmt: skip
OTHERS_REPLICA = replace(facts.ag_replica("replica-other", "sql4.lds.contoso.lab", "SECONDARY"), group="ag-other")
listener.passes("another group's replica", add(OTHERS_REPLICA))
OTHER_DATABASE = replace(facts.ag_database(names.AG_LDS), key=f"{names.AG_LDS}/db-other", name="Other")
listener.fails("another database is joined there", together(
    change(DatabaseReplica, names.AG_DB, joined=False), add(OTHER_DATABASE)), "not joined on SQL2")  # fmt: skip

CASES = tuple(case for table in (inside, started, alike, match, listener) for case in table.cases)
