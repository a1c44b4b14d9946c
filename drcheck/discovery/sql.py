"""What does a SQL Server know of itself and its availability groups?

Asked on its own host, of the local default instance. Catalogue views tell of every replica on every replica; the
state views are complete on the primary only (a secondary sees itself), so that only the primary speaks for a group.
Column names are from Microsoft's pages of the ``sys`` views.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from urllib.parse import urlsplit

from msgspec import Struct

from drcheck.discovery import WindowsAsk, WindowsCollector
from drcheck.errors import AnswerError
from drcheck.query import Sql
from drcheck.topology.base import Target
from drcheck.topology.sql import AvailabilityGroup, AvailabilityReplica, DatabaseReplica, SqlInstance
from drcheck.transport.row import Row

ROLE = "sql"

INSTANCE = Sql(
    id="sql-instance",
    text="""
SELECT SERVERPROPERTY('MachineName') AS machine_name,
       SERVERPROPERTY('InstanceName') AS instance_name,
       SERVERPROPERTY('ProductVersion') AS product_version,
       SERVERPROPERTY('IsHadrEnabled') AS hadr_enabled
""",
    columns=("machine_name", "instance_name", "product_version", "hadr_enabled"),
)
DATABASES = Sql(
    id="sql-databases",
    text="SELECT name FROM sys.databases WHERE database_id > 4 ORDER BY name",
    columns=("name",),
)
CLUSTER = Sql(
    id="sql-cluster",
    text="SELECT cluster_name FROM sys.dm_hadr_cluster",
    columns=("cluster_name",),
)
GROUPS = Sql(
    id="sql-groups",
    text="""
SELECT ag.group_id, ag.name, gs.primary_replica, gs.synchronization_health_desc
FROM sys.availability_groups AS ag
LEFT JOIN sys.dm_hadr_availability_group_states AS gs ON gs.group_id = ag.group_id
""",
    columns=("group_id", "name", "primary_replica", "synchronization_health_desc"),
)
LISTENERS = Sql(
    id="sql-listeners",
    text="SELECT group_id, dns_name FROM sys.availability_group_listeners",
    columns=("group_id", "dns_name"),
)
GROUP_DATABASES = Sql(
    id="sql-group-databases",
    text="SELECT group_id, group_database_id, database_name FROM sys.availability_databases_cluster",
    columns=("group_id", "group_database_id", "database_name"),
)
REPLICAS = Sql(
    id="sql-replicas",
    text="""
SELECT ar.replica_id, ar.group_id, ar.replica_server_name, ar.endpoint_url,
       ar.availability_mode_desc, ar.failover_mode_desc,
       rs.is_local, rs.role_desc, rs.connected_state_desc, rs.synchronization_health_desc
FROM sys.availability_replicas AS ar
LEFT JOIN sys.dm_hadr_availability_replica_states AS rs ON rs.replica_id = ar.replica_id
""",
    columns=(
        "replica_id",
        "group_id",
        "replica_server_name",
        "endpoint_url",
        "availability_mode_desc",
        "failover_mode_desc",
        "is_local",
        "role_desc",
        "connected_state_desc",
        "synchronization_health_desc",
    ),
)
DATABASE_STATES = Sql(
    id="sql-database-states",
    text="""
SELECT cs.replica_id, cs.group_database_id, cs.database_name, cs.is_failover_ready, cs.is_database_joined,
       ds.is_primary_replica, ds.synchronization_state_desc, ds.synchronization_health_desc, ds.is_suspended,
       ds.last_commit_time, ds.log_send_queue_size, ds.redo_queue_size, ds.redo_rate
FROM sys.dm_hadr_database_replica_cluster_states AS cs
LEFT JOIN sys.dm_hadr_database_replica_states AS ds
  ON ds.replica_id = cs.replica_id AND ds.group_database_id = cs.group_database_id
""",
    columns=(
        "replica_id",
        "group_database_id",
        "database_name",
        "is_failover_ready",
        "is_database_joined",
        "is_primary_replica",
        "synchronization_state_desc",
        "synchronization_health_desc",
        "is_suspended",
        "last_commit_time",
        "log_send_queue_size",
        "redo_queue_size",
        "redo_rate",
    ),
)
LAG_SAMPLES = tuple(
    Sql(
        id=f"sql-lag-{number}",
        text="""
SELECT replica_id, group_database_id, is_primary_replica, last_commit_time
FROM sys.dm_hadr_database_replica_states
""",
        columns=("replica_id", "group_database_id", "is_primary_replica", "last_commit_time"),
    )
    for number in (1, 2, 3)
)


class _Replica(Struct, frozen=True, kw_only=True):
    """A replica as this instance sees it; ``row`` for the rest."""

    id: str
    group: str
    host: str
    is_local: bool
    role: str
    row: Row


def instances(ask: WindowsAsk, target: Target) -> Iterator[SqlInstance]:
    """The default instance of the machine that answered."""
    for row in ask.rows(INSTANCE):
        replicas = _replicas(ask)
        host = _own_host(ask, row, replicas)
        name = row.text_or_none("instance_name") or "MSSQLSERVER"
        yield SqlInstance(
            key=f"{host}\\{name}",
            seen=ask.seen(INSTANCE),
            name=name,
            host=host,
            asked=target.endpoint,
            version=row.text("product_version"),
            hadr_enabled=row.integer_or_none("hadr_enabled") == 1,
            databases=tuple(each.text("name") for each in ask.rows(DATABASES)),
            cluster=_cluster(ask, host),
            partners=tuple(sorted({replica.host for replica in replicas if replica.host})),
        )


def availability_groups(ask: WindowsAsk, _target: Target) -> Iterator[AvailabilityGroup]:
    """The groups whose primary is this instance."""
    led = _led_groups(_replicas(ask))
    domain = ask.machine.partition(".")[2]
    for row in ask.rows(GROUPS):
        group = row.text("group_id").lower()
        if group not in led:
            continue
        listeners = [each.text("dns_name").lower() for each in ask.rows(LISTENERS) if _group(each) == group]
        databases = [each.text("database_name") for each in ask.rows(GROUP_DATABASES) if _group(each) == group]
        yield AvailabilityGroup(
            key=group,
            seen=ask.seen(GROUPS),
            name=row.text("name"),
            primary_replica=row.text_or_none("primary_replica") or "",
            synchronization_health=row.text_or_none("synchronization_health_desc") or "",
            listeners=tuple(sorted(f"{name}.{domain}" if "." not in name else name for name in listeners)),
            databases=tuple(sorted(databases)),
        )


def availability_replicas(ask: WindowsAsk, _target: Target) -> Iterator[AvailabilityReplica]:
    """Every replica of the groups whose primary is this instance."""
    replicas = _replicas(ask)
    led = _led_groups(replicas)
    for replica in replicas:
        if replica.group in led:
            yield AvailabilityReplica(
                key=replica.id,
                seen=ask.seen(REPLICAS),
                group=replica.group,
                name=replica.row.text("replica_server_name"),
                host=replica.host,
                role=replica.role,
                availability_mode=replica.row.text("availability_mode_desc"),
                failover_mode=replica.row.text("failover_mode_desc"),
                connected_state=replica.row.text_or_none("connected_state_desc") or "",
                synchronization_health=replica.row.text_or_none("synchronization_health_desc") or "",
            )


def database_replicas(ask: WindowsAsk, _target: Target) -> Iterator[DatabaseReplica]:
    """Every database on every replica of the groups whose primary is this instance."""
    replicas = _replicas(ask)
    led = _led_groups(replicas)
    group_of = {replica.id: replica.group for replica in replicas if replica.group in led}
    samples = [_commits(ask, sample) for sample in LAG_SAMPLES]
    for row in ask.rows(DATABASE_STATES):
        replica, database = row.text("replica_id").lower(), row.text("group_database_id").lower()
        if replica not in group_of:
            continue
        lags = [commits.lag(replica, database) for commits in samples]
        yield DatabaseReplica(
            key=f"{replica}/{database}",
            seen=ask.seen(DATABASE_STATES),
            group=group_of[replica],
            replica=replica,
            name=row.text("database_name"),
            is_primary=row.flag_or_none("is_primary_replica") is True,
            joined=row.flag_or_none("is_database_joined") is True,
            synchronization_state=row.text_or_none("synchronization_state_desc") or "",
            synchronization_health=row.text_or_none("synchronization_health_desc") or "",
            suspended=row.flag_or_none("is_suspended") is True,
            failover_ready=row.flag_or_none("is_failover_ready") is True,
            last_commit=row.when_or_none("last_commit_time"),
            lag_seconds=tuple(lag for lag in lags if lag is not None),
            log_send_queue_kb=row.integer_or_none("log_send_queue_size"),
            redo_queue_kb=row.integer_or_none("redo_queue_size"),
            redo_rate_kb_per_second=row.integer_or_none("redo_rate"),
        )


class _Commits(Struct, frozen=True, kw_only=True):
    """When each database was last committed, on the primary and on each replica: one sample."""

    primary: Mapping[str, datetime]
    replicas: Mapping[tuple[str, str], datetime]

    def lag(self, replica: str, database: str) -> float | None:
        """Seconds by which a replica's database is behind the primary's; ``None`` when either is not known."""
        ahead, behind = self.primary.get(database), self.replicas.get((replica, database))
        return None if ahead is None or behind is None else (ahead - behind).total_seconds()


def _commits(ask: WindowsAsk, sample: Sql) -> _Commits:
    primary: dict[str, datetime] = {}
    replicas: dict[tuple[str, str], datetime] = {}
    for row in ask.rows(sample):
        committed = row.when_or_none("last_commit_time")
        if committed is None:
            continue
        database = row.text("group_database_id").lower()
        if row.flag_or_none("is_primary_replica"):
            primary[database] = committed
        else:
            replicas[row.text("replica_id").lower(), database] = committed
    return _Commits(primary=primary, replicas=replicas)


def _replicas(ask: WindowsAsk) -> list[_Replica]:
    return [
        _Replica(
            id=row.text("replica_id").lower(),
            group=_group(row),
            host=_endpoint_host(row.text_or_none("endpoint_url")),
            is_local=row.flag_or_none("is_local") is True,
            role=row.text_or_none("role_desc") or "",
            row=row,
        )
        for row in ask.rows(REPLICAS)
    ]


def _led_groups(replicas: Iterable[_Replica]) -> frozenset[str]:
    return frozenset(replica.group for replica in replicas if replica.is_local and replica.role == "PRIMARY")


def _group(row: Row) -> str:
    return row.text("group_id").lower()


def _endpoint_host(url: str | None) -> str:
    """The host of ``TCP://host:5022``; the URL is null on an instance that cannot talk to its cluster."""
    return (urlsplit(url).hostname or "") if url else ""


def _own_host(ask: WindowsAsk, row: Row, replicas: Iterable[_Replica]) -> str:
    """The FQDN of the machine that answered, which is not the name it was reached by when that is a listener's."""
    machine = row.text("machine_name").lower()
    if ask.machine.partition(".")[0] == machine:
        return ask.machine
    local = (replica.host for replica in replicas if replica.is_local and replica.host)
    return next(local, f"{machine}.{ask.machine.partition('.')[2]}".rstrip("."))


def _cluster(ask: WindowsAsk, host: str) -> str:
    """The Windows cluster's FQDN; it is in the domain of its nodes."""
    domain = host.partition(".")[2]
    names = [name for row in ask.rows(CLUSTER) if (name := row.text_or_none("cluster_name"))]
    if len(names) > 1:
        raise AnswerError(str(CLUSTER), "cluster_name", f"one cluster was expected, {len(names)} came")
    return next((f"{name}.{domain}".lower() if "." not in name else name.lower() for name in names), "")


COLLECTORS = (
    WindowsCollector(kind=SqlInstance, queries=(INSTANCE, DATABASES, CLUSTER, REPLICAS), read=instances),
    WindowsCollector(
        kind=AvailabilityGroup, queries=(REPLICAS, GROUPS, LISTENERS, GROUP_DATABASES), read=availability_groups
    ),
    WindowsCollector(kind=AvailabilityReplica, queries=(REPLICAS,), read=availability_replicas),
    WindowsCollector(kind=DatabaseReplica, queries=(REPLICAS, DATABASE_STATES, *LAG_SAMPLES), read=database_replicas),
)
