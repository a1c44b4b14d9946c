"""What do SQL Servers and VMM keep in a simulated estate? Instances, availability groups, logins, jobs, pools."""

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class IpPool:
    """A static address pool of a VM network's site."""

    name: str
    first: str
    last: str
    gateway: str
    dns_servers: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class SqlLogin:
    """A login; ``sid`` is hexadecimal."""

    name: str
    sid: str
    type_desc: str = "WINDOWS_LOGIN"
    disabled: bool = False
    default_database: str = "master"


@dataclass(frozen=True, kw_only=True)
class SqlJobStep:
    """A step of a job."""

    name: str
    command: str
    subsystem: str = "TSQL"
    database: str = "master"


@dataclass(frozen=True, kw_only=True)
class SqlJob:
    """A SQL Server Agent job."""

    name: str
    enabled: bool = True
    owner: str = "sa"
    steps: tuple[SqlJobStep, ...] = ()


@dataclass(frozen=True, kw_only=True)
class LinkedServer:
    """A linked server."""

    name: str
    data_source: str
    provider: str = "MSOLEDBSQL"


@dataclass(frozen=True, kw_only=True)
class SqlCredential:
    """A credential: a name and the account it stands for."""

    name: str
    identity: str


LOGINS = (
    SqlLogin(name="sa", sid="01", type_desc="SQL_LOGIN", disabled=True),
    SqlLogin(name="LAB\\svc-vmm", sid="0105000000000005150000001122334455667788990011225104"),
    SqlLogin(name="LAB\\drcheck", sid="0105000000000005150000001122334455667788990011225204"),
    SqlLogin(
        name="reporting", sid="a1b2c3d4e5f60718293a4b5c6d7e8f90", type_desc="SQL_LOGIN",
        default_database="VirtualManagerDB",
    ),
)  # fmt: skip
"""What every instance has that does not say otherwise: the same ones on every replica."""

JOBS = (
    SqlJob(
        name="Backup databases",
        steps=(
            SqlJobStep(name="is this the preferred replica", command="IF 1 = 1 PRINT 'yes'"),
            SqlJobStep(name="full", command="EXECUTE dbo.BackupDatabases @Type = 'FULL', @Key = 'not-a-real-secret'"),
        ),
    ),
    SqlJob(name="syspolicy_purge_history", steps=(SqlJobStep(name="purge", command="PRINT 'purged'"),)),
)


@dataclass(kw_only=True)
class AgDatabase:
    """A database in an availability group."""

    id: str
    name: str
    full_backup_age: float = 20 * 3600
    """Seconds; backups are taken on a secondary where there is one."""
    log_backup_age: float = 600
    check_age: float = 2 * 86400
    """Since the last check for damage, on every replica."""


@dataclass(kw_only=True)
class AgReplica:
    """A replica of an availability group."""

    id: str
    host: str
    """FQDN, lower case."""
    role: str = "SECONDARY"
    availability_mode: str = "SYNCHRONOUS_COMMIT"
    failover_mode: str = "AUTOMATIC"
    connected: bool = True
    health: str = "HEALTHY"
    suspended: bool = False
    joined: bool = True
    lag_seconds: float = 0.0
    instance: str = "MSSQLSERVER"


@dataclass(kw_only=True)
class AvailabilityGroup:
    """A SQL Server availability group."""

    id: str
    name: str
    listener: str = ""
    """FQDN, lower case."""
    databases: list[AgDatabase] = field(default_factory=list)
    replicas: list[AgReplica] = field(default_factory=list)


@dataclass(kw_only=True)
class SqlInstance:
    """A SQL Server instance."""

    host: str
    name: str = "MSSQLSERVER"
    version: str = "16.0.4165.4"
    databases: list[str] = field(default_factory=list)
    cluster: str = ""
    """FQDN of the Windows cluster below it."""
    denied: frozenset[str] = frozenset()
    """Server permissions that the account lacks, such as ``VIEW SERVER STATE``."""
    edition: str = "Enterprise Edition: Core-based Licensing (64-bit)"
    collation: str = "Latin1_General_100_CI_AS"
    health_session: tuple[bool, bool] = (True, True)
    """``AlwaysOn_health`` starts with the server, and runs."""
    logins: list[SqlLogin] = field(default_factory=lambda: list(LOGINS))
    jobs: list[SqlJob] = field(default_factory=lambda: list(JOBS))
    linked_servers: list[LinkedServer] = field(default_factory=list)
    credentials: list[SqlCredential] = field(default_factory=list)
