"""SQL Server: instances, availability groups, replicas and databases."""

from collections.abc import Iterator
from datetime import datetime
from typing import ClassVar

from msgspec import Struct

from drcheck.topology.base import Fact, Target


def instance_endpoint(host: str, instance: str) -> str:
    r"""The endpoint of an instance: the host for the default one, else ``<host>\<instance>``; lower case."""
    named = instance.lower() not in ("", "mssqlserver")
    return (f"{host}\\{instance}" if named else host).lower()


class SqlHost(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """A machine with SQL Server, by its registry (``InstalledInstances``). Key: its FQDN, lower case."""

    ROLE: ClassVar[str] = "sql"
    FEEDS: ClassVar[tuple[str, ...]] = ("sql",)
    SUBJECT: ClassVar[str] = "SQL machine"

    name: str
    host: str
    asked: str
    """The name it was reached by, lower case: the host itself, or a listener."""
    instances: tuple[str, ...]
    """Every instance that is installed, running or not; ``MSSQLSERVER`` is the default one."""

    def leads(self) -> Iterator[Target]:
        """Every instance."""
        for instance in self.instances:
            yield Target(role="sql", endpoint=instance_endpoint(self.host, instance))


class SqlInstance(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    r"""A SQL Server instance, asked on its own host. Key: ``<host>\<instance>`` (``MSSQLSERVER`` when default)."""

    ROLE: ClassVar[str] = "sql"
    FEEDS: ClassVar[tuple[str, ...]] = ("sql", "cluster")
    SUBJECT: ClassVar[str] = "SQL instance"

    name: str
    host: str
    """The machine that answered, lower-case FQDN; behind a listener that is the current primary's host."""
    asked: str
    """The name it was reached by, lower case: the host itself, or an availability group listener."""
    version: str
    hadr_enabled: bool
    databases: tuple[str, ...]
    """User databases."""
    cluster: str = ""
    """FQDN of the Windows cluster below it, lower case; empty when there is none."""
    partners: tuple[str, ...] = ()
    """Hosts of every availability replica this instance knows of, from their endpoint URLs, lower case."""
    partner_endpoints: tuple[str, ...] = ()
    r"""The same as endpoints: ``<host>`` or ``<host>\<instance>``."""
    product_level: str = ""
    """``RTM`` or a service pack."""
    edition: str = ""
    collation: str = ""
    clustered: bool = False
    """A failover cluster instance."""

    def leads(self) -> Iterator[Target]:
        """The partner replicas (a secondary knows only itself), and the cluster below."""
        for partner in self.partner_endpoints or self.partners:
            yield Target(role="sql", endpoint=partner)
        if self.cluster:
            yield Target(role="cluster", endpoint=self.cluster, via=(self.host, *self.partners))


class SqlDatabase(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """A user database of an instance, in an availability group or not. Key: ``<instance key>/<name>``."""

    ROLE: ClassVar[str] = "sql"
    SUBJECT: ClassVar[str] = "database"

    instance: str
    """Key of its ``SqlInstance``."""
    host: str
    name: str
    state: str
    """``ONLINE``, ``RESTORING`` ..."""
    recovery_model: str
    """``FULL``, ``BULK_LOGGED`` or ``SIMPLE``; only ``FULL`` can be in a group."""
    read_only: bool
    user_access: str
    compatibility_level: int
    collation: str
    """Empty while the database is not open."""
    encrypted: bool
    """Transparent data encryption: its certificate is needed wherever it is to be opened."""
    is_snapshot: bool
    replica: str
    """``replica_id`` of the local replica, lower case; empty outside a group."""
    group_database: str
    """``group_database_id``, lower case, the same on every replica; empty outside a group."""


class AvailabilityGroup(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """An availability group as its current primary tells of it. Key: ``group_id``, lower case."""

    ROLE: ClassVar[str] = "sql"
    SUBJECT: ClassVar[str] = "availability group"

    name: str
    primary_replica: str
    synchronization_health: str
    listeners: tuple[str, ...]
    databases: tuple[str, ...]
    """Names from ``sys.availability_databases_cluster``."""
    failure_condition_level: int | None = None
    health_check_timeout_ms: int | None = None
    backup_preference: str = ""
    """Of the rest, ``None`` or empty also stands for a version that does not know it (2014 and earlier)."""
    basic: bool | None = None
    database_failover: bool | None = None
    """``db_failover``: a failed database fails the group over."""
    distributed: bool | None = None
    cluster_type: str = ""
    required_secondaries: int | None = None
    """How many synchronised secondaries a commit waits for."""


class AvailabilityReplica(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """A replica of an availability group, told by the primary. Key: ``replica_id``, lower case."""

    ROLE: ClassVar[str] = "sql"
    SUBJECT: ClassVar[str] = "availability replica"

    group: str
    name: str
    """``replica_server_name``: server, or server and instance."""
    host: str
    """FQDN from the replica's endpoint URL, lower case."""
    role: str
    availability_mode: str
    """``SYNCHRONOUS_COMMIT``, ``ASYNCHRONOUS_COMMIT`` or ``CONFIGURATION_ONLY``."""
    failover_mode: str
    """``AUTOMATIC`` or ``MANUAL``."""
    connected_state: str
    synchronization_health: str
    endpoint_url: str = ""
    session_timeout_seconds: int | None = None
    backup_priority: int | None = None
    seeding_mode: str = ""
    secondary_connections: str = ""
    """``NO``, ``READ_ONLY`` or ``ALL``."""
    operational_state: str = ""
    """Of the local replica only; empty for others."""
    recovery_health: str = ""
    last_connect_error: str = ""


class LagSample(Struct, frozen=True, kw_only=True, gc=False):
    """How far one database on one secondary was behind its primary, at one moment by the primary's clock."""

    at: datetime
    lag_seconds: float | None
    log_send_queue_kb: int | None
    redo_queue_kb: int | None


class DatabaseReplica(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """One database on one replica, told by the primary. Key: ``<replica_id>/<group_database_id>``, lower case.

    ``lag_seconds`` holds samples of ``last_commit_time(primary) - last_commit_time(this)`` taken one after another;
    an idle or clock-skewed pair can give 0 or a negative figure, which proves nothing.
    """

    ROLE: ClassVar[str] = "sql"
    SUBJECT: ClassVar[str] = "database replica"

    group: str
    replica: str
    name: str
    is_primary: bool
    joined: bool
    synchronization_state: str
    synchronization_health: str
    suspended: bool
    failover_ready: bool
    last_commit: datetime | None
    lag_seconds: tuple[float, ...] = ()
    log_send_queue_kb: int | None = None
    redo_queue_kb: int | None = None
    redo_rate_kb_per_second: int | None = None
    suspend_reason: str = ""
    database_state: str = ""
    last_hardened: datetime | None = None
    log_send_rate_kb_per_second: int | None = None
    samples: tuple[LagSample, ...] = ()
    """The series behind ``lag_seconds``, oldest first; none for the primary."""
