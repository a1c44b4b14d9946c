"""Cases of the checks on backups, integrity checks and the event session of availability groups."""

from drcheck.policy import Policy
from drcheck.topology.sql import AvailabilityGroup, AvailabilityReplica, SqlInstance
from drcheck.topology.sql_upkeep import DatabaseUpkeep, HealthSession
from tests import estate_names as names
from tests.check_cases.case import Table
from tests.estate_servers import AT_LDS, AT_LON, upkeep
from tests.estates import Change, add, change, cut, drop, lose, together, unchanged

LON, LDS = f"sql:{names.SQL_LON}", f"sql:{names.SQL_LDS}"
NEVER = 66_000_000
"""Minutes since 1900, nearly."""


def lds(**fields: object) -> Change:
    return change(DatabaseUpkeep, f"{AT_LDS}/VirtualManagerDB", **fields)


def lon(**fields: object) -> Change:
    return change(DatabaseUpkeep, f"{AT_LON}/VirtualManagerDB", **fields)


backed = Table("DR-SQL-102", names.AG)
backed.passes("on the secondary alone", unchanged, "1 databases, over 2 replicas")
backed.passes("full on one, log on the other", together(lds(full_minutes=None), lon(full_minutes=5)))
backed.passes("as old as allowed", lds(full_minutes=7 * 1440, log_minutes=60))
backed.passes("an old one beside a new one", lon(full_minutes=99999, log_minutes=99999))
backed.fails("an old full backup", lds(full_minutes=7 * 1440 + 1), "the newest full backup of VirtualManagerDB", "7 d")
ELSEWHERE = upkeep("sql9.lon.contoso.lab\\X", full_minutes=5, log_minutes=5, check_minutes=5)
backed.fails("an old log backup, a new one of a namesake", together(lds(log_minutes=61), add(ELSEWHERE)), "log backup")
backed.fails("an old log backup", lds(log_minutes=61), "the newest log backup", "within 1 h")
backed.fails("no full backup", lds(full_minutes=None), "no full backup of VirtualManagerDB on any replica")
backed.fails("no log backup", lds(log_minutes=None), "no log backup")
backed.fails("nobody knows the database", drop(DatabaseUpkeep), "no full backup", "no log backup")
backed.fails("by another policy", unchanged, "10 min", policy=Policy(log_backup_max_age=300))
backed.fails("by a policy for full ones", unchanged, "full backup", policy=Policy(full_backup_max_age=3600))
backed.passes("recent on one, the other unread", lose(DatabaseUpkeep, LON))
backed.unknown("history unread where it is", lose(DatabaseUpkeep, LDS), "DatabaseUpkeep")
backed.unknown("old here, unread there", together(lon(full_minutes=99999, log_minutes=9), lose(DatabaseUpkeep, LDS)))
backed.unknown("an instance unread", lose(SqlInstance, LDS), "SqlInstance")
backed.passes("just before the clock went back", lds(log_minutes=-60))
backed.passes("lately here, in the future there", together(lds(log_minutes=60), lon(full_minutes=-61, log_minutes=-61)))
backed.unknown(
    "in the future", lds(log_minutes=-61), "a replica dates a log backup of VirtualManagerDB", "its clock was set"
)
backed.unknown(
    "old here, in the future there", together(lds(full_minutes=99999), lon(full_minutes=-61)), "a full backup"
)
backed.fails("in the future, and one too old", lds(full_minutes=99999, log_minutes=-61), "the newest full backup")
backed.skips("no database", change(AvailabilityGroup, names.AG, databases=()), "no database")

checked = Table("DR-SQL-105", names.AG)
checked.passes("checked", unchanged, "1 databases, over 2 replicas")
checked.passes("as long ago as allowed", together(lds(check_minutes=14 * 1440), lon(check_minutes=None)))
checked.passes("on one of them", lds(check_minutes=NEVER))
checked.fails("too long ago", together(lds(check_minutes=14 * 1440 + 1), lon(check_minutes=99999)), "14 d ago", "14 d")
OLD = together(lds(check_minutes=14 * 1440 + 1), lon(check_minutes=99999))
checked.fails("too long ago, its namesake just now", together(OLD, add(ELSEWHERE)), "14 d ago")
checked.passes("lately here, unread there", lose(DatabaseUpkeep, LON))
checked.fails("never", together(lds(check_minutes=NEVER), lon(check_minutes=NEVER)), "was never checked")
checked.fails("never, and one does not tell", together(lds(check_minutes=NEVER), lon(check_minutes=None)), "never")
checked.fails("by another policy", unchanged, "1 d ago", policy=Policy(integrity_check_max_age=3600))
checked.unknown("nobody tells", together(lds(check_minutes=None), lon(check_minutes=None)), "no replica tells")
checked.unknown("old here, unread there", together(lon(check_minutes=99999), lose(DatabaseUpkeep, LDS)), "Upkeep")
checked.unknown("an instance unread", lose(SqlInstance, LDS), "SqlInstance")
checked.passes("just before the clock went back", lds(check_minutes=-60))
checked.passes("lately here, in the future there", together(lds(check_minutes=1440), lon(check_minutes=-61)))
checked.passes("as allowed, in the future there", together(lds(check_minutes=14 * 1440), lon(check_minutes=-61)))
checked.unknown("in the future", together(lds(check_minutes=-61), lon(check_minutes=None)), "no replica tells")
checked.unknown(
    "old here, in the future there", together(lds(check_minutes=-61), lon(check_minutes=99999)), "no replica"
)
checked.skips("no database", change(AvailabilityGroup, names.AG, databases=()), "no database")

session = Table("DR-SQL-103", AT_LDS)


def told(**fields: object) -> Change:
    return change(HealthSession, AT_LDS, **fields)


session.passes("running", unchanged, "running, and started with the server")
session.fails("stopped", told(running=False), "it does not run")
session.fails("not started with the server", told(starts_with_server=False), "it does not start with the server")
session.fails("both", told(running=False, starts_with_server=False), "it does not run and it does not start")
session.fails("gone", drop(HealthSession, AT_LDS), "does not exist")
session.passes("running, and that is all that came", cut(HealthSession, LDS))
session.unknown("sessions unread", lose(HealthSession, LDS), "HealthSession")
session.unknown("replicas unread", together(*(lose(AvailabilityReplica, at) for at in (LON, LDS))), also=(AT_LON,))
session.skips("no group here", drop(AvailabilityReplica), "no replica", also=(AT_LON,))

CASES = [*backed.cases, *checked.cases, *session.cases]
