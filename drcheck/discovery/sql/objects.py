"""What lives on an instance outside its databases, and must be the same on every replica, since nothing copies it?

Passwords and their hashes are never read, nor is the text of a job's step, which may hold one: its hash is.
"""

from collections.abc import Iterator

from drcheck.discovery import WindowsAsk
from drcheck.discovery.sql.instances import here
from drcheck.query import Sql
from drcheck.topology.base import Target
from drcheck.topology.sql_objects import JobStep, LinkedServer, SqlCredential, SqlJob, SqlLogin

LOGINS = Sql(
    # ## logins belong to certificates that each instance makes for itself.
    id="sql-logins",
    text="""
SELECT name, CONVERT(varchar(172), sid, 1) AS sid, type_desc, is_disabled, default_database_name
FROM sys.server_principals
WHERE type IN ('S', 'U', 'G') AND name NOT LIKE '##%'
""",
    columns=("name", "sid", "type_desc", "is_disabled", "default_database_name"),
)
JOBS = Sql(
    id="sql-jobs",
    text="SELECT job_id, name, enabled, SUSER_SNAME(owner_sid) AS owner_name FROM msdb.dbo.sysjobs",
    columns=("job_id", "name", "enabled", "owner_name"),
)
STEPS = Sql(
    # Before SQL Server 2016, HASHBYTES takes 8,000 bytes at most and fails on a longer command.
    id="sql-job-steps",
    text="""
SELECT job_id, step_id, step_name, subsystem, database_name,
       CONVERT(varchar(66), HASHBYTES('SHA2_256', command), 1) AS command_sha256
FROM msdb.dbo.sysjobsteps
ORDER BY job_id, step_id
""",
    columns=("job_id", "step_id", "step_name", "subsystem", "database_name", "command_sha256"),
)
LINKED = Sql(
    id="sql-linked-servers",
    text="SELECT name, product, provider, data_source FROM sys.servers WHERE is_linked = 1",
    columns=("name", "product", "provider", "data_source"),
)
CREDENTIALS = Sql(
    id="sql-credentials",
    text="SELECT credential_id, name, credential_identity FROM sys.credentials",
    columns=("credential_id", "name", "credential_identity"),
)


def logins(ask: WindowsAsk, target: Target) -> Iterator[SqlLogin]:
    """Every login of a person, a service or a group."""
    for one in here(ask, target):
        for row in ask.rows(LOGINS):
            sid = row.text("sid").lower()
            yield SqlLogin(
                key=f"{one.key}/{sid}",
                seen=ask.seen(LOGINS),
                instance=one.key,
                host=one.host,
                name=row.text("name"),
                sid=sid,
                login_type=row.text("type_desc"),
                disabled=row.flag("is_disabled"),
                default_database=row.text_or_none("default_database_name") or "",
            )


def jobs(ask: WindowsAsk, target: Target) -> Iterator[SqlJob]:
    """Every job of SQL Server Agent, with what its steps do as hashes."""
    for one in here(ask, target):
        steps: dict[str, list[JobStep]] = {}
        for row in ask.rows(STEPS):
            step = JobStep(
                number=row.integer("step_id"),
                name=row.text("step_name"),
                subsystem=row.text("subsystem"),
                database=row.text_or_none("database_name") or "",
                command_sha256=(row.text_or_none("command_sha256") or "").lower().removeprefix("0x"),
            )
            steps.setdefault(row.text("job_id").lower(), []).append(step)
        for row in ask.rows(JOBS):
            identifier = row.text("job_id").lower()
            yield SqlJob(
                key=f"{one.key}/{identifier}",
                seen=ask.seen(JOBS),
                instance=one.key,
                host=one.host,
                name=row.text("name"),
                enabled=row.truth("enabled"),
                owner=row.text_or_none("owner_name") or "",
                steps=tuple(steps.get(identifier, ())),
            )


def linked_servers(ask: WindowsAsk, target: Target) -> Iterator[LinkedServer]:
    """Every linked server; its provider string, which may hold a password, is not read."""
    for one in here(ask, target):
        for row in ask.rows(LINKED):
            name = row.text("name")
            yield LinkedServer(
                key=f"{one.key}/{name.lower()}",
                seen=ask.seen(LINKED),
                instance=one.key,
                host=one.host,
                name=name,
                product=row.text_or_none("product") or "",
                provider=row.text_or_none("provider") or "",
                data_source=row.text_or_none("data_source") or "",
            )


def credentials(ask: WindowsAsk, target: Target) -> Iterator[SqlCredential]:
    """Every credential: which account it stands for."""
    for one in here(ask, target):
        for row in ask.rows(CREDENTIALS):
            yield SqlCredential(
                key=f"{one.key}/{row.integer('credential_id')}",
                seen=ask.seen(CREDENTIALS),
                instance=one.key,
                host=one.host,
                name=row.text("name"),
                identity=row.text_or_none("credential_identity") or "",
            )
