"""When was a database last backed up and checked by this instance, and would its failovers be recorded?

Backup history is in the local time of the server, so its age is worked out there.
"""

from collections.abc import Iterator

from drcheck.discovery import WindowsAsk
from drcheck.discovery.sql.instances import here
from drcheck.query import Sql
from drcheck.topology.base import Target
from drcheck.topology.sql_upkeep import DatabaseUpkeep, HealthSession

SESSION = Sql(
    id="sql-health-session",
    text="""
SELECT s.startup_state, CASE WHEN r.name IS NULL THEN 0 ELSE 1 END AS is_running
FROM sys.server_event_sessions AS s
LEFT JOIN sys.dm_xe_sessions AS r ON r.name = s.name
WHERE s.name = 'AlwaysOn_health'
""",
    columns=("startup_state", "is_running"),
)
UPKEEP = Sql(
    # In minutes: seconds since 1900, which stands for "never checked", are more than an int holds.
    id="sql-upkeep",
    text="""
SELECT d.name,
       (SELECT MIN(DATEDIFF(minute, b.backup_finish_date, GETDATE())) FROM msdb.dbo.backupset AS b
        WHERE b.database_name = d.name AND b.type = 'D') AS full_minutes,
       (SELECT MIN(DATEDIFF(minute, b.backup_finish_date, GETDATE())) FROM msdb.dbo.backupset AS b
        WHERE b.database_name = d.name AND b.type = 'L') AS log_minutes,
       DATEDIFF(minute, CONVERT(datetime, DATABASEPROPERTYEX(d.name, 'LastGoodCheckDbTime')), GETDATE())
           AS check_minutes
FROM sys.databases AS d
WHERE d.database_id > 4
""",
    columns=("name", "full_minutes", "log_minutes", "check_minutes"),
)


def health_sessions(ask: WindowsAsk, target: Target) -> Iterator[HealthSession]:
    """The session, where the instance has it."""
    for one in here(ask, target):
        for row in ask.rows(SESSION):
            yield HealthSession(
                key=one.key,
                seen=ask.seen(SESSION),
                instance=one.key,
                host=one.host,
                starts_with_server=row.truth("startup_state"),
                running=row.truth("is_running"),
            )


def upkeep(ask: WindowsAsk, target: Target) -> Iterator[DatabaseUpkeep]:
    """Every user database, in a group or not."""
    for one in here(ask, target):
        for row in ask.rows(UPKEEP):
            name = row.text("name")
            yield DatabaseUpkeep(
                key=f"{one.key}/{name}",
                seen=ask.seen(UPKEEP),
                instance=one.key,
                host=one.host,
                name=name,
                full_minutes=row.integer_or_none("full_minutes"),
                log_minutes=row.integer_or_none("log_minutes"),
                check_minutes=row.integer_or_none("check_minutes"),
            )
