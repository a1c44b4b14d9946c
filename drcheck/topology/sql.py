"""SQL Server: instances, availability groups, replicas and databases."""

from collections.abc import Iterator
from datetime import datetime
from typing import ClassVar

from drcheck.topology.base import Fact, Target


def instance_endpoint(host: str, instance: str) -> str:
    r"""The endpoint of an instance: the host for the default one, else ``<host>\<instance>``; lower case."""
    named = instance.lower() not in ("", "mssqlserver")
    return (f"{host}\\{instance}" if named else host).lower()


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

    def leads(self) -> Iterator[Target]:
        """The hosts of the partner replicas (a secondary knows only itself), and the cluster below."""
        for partner in self.partners:
            yield Target(role="sql", endpoint=partner)
        if self.cluster:
            yield Target(role="cluster", endpoint=self.cluster, via=(self.host, *self.partners))


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
