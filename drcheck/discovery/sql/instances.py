"""Which SQL Server instances does a machine have, and what are they?

A machine is asked which instances were installed on it; each named one is a target of its own, which the same queries
are asked of. Where the registry says that the instance is not installed, nothing is read: that is an answer, too.
"""

import re
from collections.abc import Iterator

from msgspec import Struct, structs

from drcheck.discovery import WindowsAsk
from drcheck.errors import AnswerError, QueryFailed
from drcheck.query import Registry, Sql, WindowsQuery
from drcheck.topology.base import Target
from drcheck.topology.sql import SqlDatabase, SqlHost, SqlInstance, instance_endpoint
from drcheck.transport.row import Row

INSTALLED = Registry(
    # What setup notes for every instance of this machine, of any version; on a cluster's node, for clustered ones too.
    id="sql-installed",
    key=r"HKLM:\SOFTWARE\Microsoft\Microsoft SQL Server",
    values=("InstalledInstances",),
)
RIGHTS = Sql(
    # Catalogue views leave out what a login may not see, without an error: too few rows would pass for all of them.
    id="sql-rights",
    text="""
SELECT HAS_PERMS_BY_NAME(NULL, NULL, 'VIEW ANY DEFINITION') AS view_any_definition,
       HAS_PERMS_BY_NAME(NULL, NULL, 'VIEW ANY DATABASE') AS view_any_database
""",
    columns=("view_any_definition", "view_any_database"),
)
INSTANCE = Sql(
    id="sql-instance",
    text="""
SELECT SERVERPROPERTY('MachineName') AS machine_name,
       SERVERPROPERTY('InstanceName') AS instance_name,
       SERVERPROPERTY('ProductVersion') AS product_version,
       SERVERPROPERTY('ProductLevel') AS product_level,
       SERVERPROPERTY('Edition') AS edition,
       SERVERPROPERTY('Collation') AS collation,
       SERVERPROPERTY('IsClustered') AS is_clustered,
       SERVERPROPERTY('IsHadrEnabled') AS hadr_enabled
""",
    columns=(
        "machine_name",
        "instance_name",
        "product_version",
        "product_level",
        "edition",
        "collation",
        "is_clustered",
        "hadr_enabled",
    ),
)
DATABASES = Sql(
    id="sql-databases",
    text="SELECT name FROM sys.databases WHERE database_id > 4 ORDER BY name",
    columns=("name",),
)
DATABASE_SETTINGS = Sql(
    id="sql-database-settings",
    text="""
SELECT name, state_desc, recovery_model_desc, is_read_only, user_access_desc, compatibility_level, collation_name,
       is_encrypted, source_database_id, replica_id, group_database_id
FROM sys.databases
WHERE database_id > 4
""",
    columns=(
        "name",
        "state_desc",
        "recovery_model_desc",
        "is_read_only",
        "user_access_desc",
        "compatibility_level",
        "collation_name",
        "is_encrypted",
        "source_database_id",
        "replica_id",
        "group_database_id",
    ),
)
CLUSTER = Sql(
    id="sql-cluster",
    text="SELECT cluster_name FROM sys.dm_hadr_cluster",
    columns=("cluster_name",),
)
REPLICAS = Sql(
    # ar.*: columns that only later versions have are missing in the answer of an earlier one, and no error.
    id="sql-replicas",
    text="""
SELECT ar.*, rs.is_local, rs.role_desc, rs.connected_state_desc, rs.synchronization_health_desc,
       rs.operational_state_desc, rs.recovery_health_desc, rs.last_connect_error_number,
       rs.last_connect_error_description
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
        "session_timeout",
        "backup_priority",
        "seeding_mode_desc",
        "secondary_role_allow_connections_desc",
        "is_local",
        "role_desc",
        "connected_state_desc",
        "synchronization_health_desc",
        "operational_state_desc",
        "recovery_health_desc",
        "last_connect_error_number",
        "last_connect_error_description",
    ),
)


_ENDPOINT = re.compile(r"tcp://(?:\[([^\]]+)\]|([^/:\[\]]+))", re.IGNORECASE)


class Replica(Struct, frozen=True, kw_only=True):
    """A replica as this instance sees it; ``row`` for the rest."""

    id: str
    group: str
    host: str
    instance: str
    is_local: bool
    role: str
    row: Row


class Here(Struct, frozen=True, kw_only=True):
    """The instance that answers."""

    host: str
    """Lower-case FQDN of its machine."""
    name: str
    row: Row
    replicas: tuple[Replica, ...]
    """Every availability replica that it knows of."""

    @property
    def key(self) -> str:
        """Identifies it."""
        return f"{self.host}\\{self.name}"

    @property
    def led(self) -> frozenset[str]:
        """Groups whose primary it is: a secondary sees the states of its own replica only."""
        return frozenset(one.group for one in self.replicas if one.is_local and one.role == "PRIMARY")

    @property
    def adrift(self) -> frozenset[str]:
        """Groups of which it is neither primary nor secondary at the moment (``RESOLVING``), or does not tell."""
        settled = {one.group for one in self.replicas if one.is_local and one.role in ("PRIMARY", "SECONDARY")}
        return frozenset(one.group for one in self.replicas) - settled


def asked_of(query: WindowsQuery, target: Target) -> WindowsQuery:
    """A query for the target's instance."""
    if not isinstance(query, Sql) or target.instance == query.instance:
        return query
    return structs.replace(query, id=f"{query.id}@{target.instance}", instance=target.instance)


def here(ask: WindowsAsk, target: Target) -> Iterator[Here]:
    """The instance that was asked; nothing when it is not installed.

    Raises:
        QueryFailed: the login does not see everything that exists there.
    """
    if not _installed(ask, target):
        return
    _require_rights(ask)
    for row in ask.rows(INSTANCE):
        replicas = tuple(_replica(each) for each in ask.rows(REPLICAS))
        name = row.text_or_none("instance_name") or "MSSQLSERVER"
        yield Here(host=_own_host(ask, row, replicas), name=name, row=row, replicas=replicas)


def hosts(ask: WindowsAsk, target: Target) -> Iterator[SqlHost]:
    """The machine that answered, with its instances."""
    for row in ask.rows(INSTALLED):
        installed = tuple(sorted(row.texts("InstalledInstances")))
        name = ask.machine.partition(".")[0]
        yield SqlHost(
            key=ask.machine, seen=ask.seen(INSTALLED), name=name, host=ask.machine, asked=target.host,
            instances=installed,
        )  # fmt: skip


def instances(ask: WindowsAsk, target: Target) -> Iterator[SqlInstance]:
    """The instance that answered."""
    for one in here(ask, target):
        partners = {(replica.host, replica.instance) for replica in one.replicas if replica.host}
        yield SqlInstance(
            key=one.key,
            seen=ask.seen(INSTANCE),
            name=one.name,
            host=one.host,
            asked=target.endpoint,
            version=one.row.text("product_version"),
            hadr_enabled=one.row.integer_or_none("hadr_enabled") == 1,
            databases=tuple(each.text("name") for each in ask.rows(DATABASES)),
            cluster=_cluster(ask, one.host),
            partners=tuple(sorted({host for host, _ in partners})),
            partner_endpoints=tuple(sorted(instance_endpoint(*partner) for partner in partners)),
            product_level=one.row.text_or("product_level", ""),
            edition=one.row.text_or("edition", ""),
            collation=one.row.text_or("collation", ""),
            clustered=one.row.maybe("is_clustered", one.row.integer) == 1,
        )


def databases(ask: WindowsAsk, target: Target) -> Iterator[SqlDatabase]:
    """Every user database, in a group or not."""
    for one in here(ask, target):
        for row in ask.rows(DATABASE_SETTINGS):
            name = row.text("name")
            yield SqlDatabase(
                key=f"{one.key}/{name}",
                seen=ask.seen(DATABASE_SETTINGS),
                instance=one.key,
                host=one.host,
                name=name,
                state=row.text("state_desc"),
                recovery_model=row.text("recovery_model_desc"),
                read_only=row.flag("is_read_only"),
                user_access=row.text("user_access_desc"),
                compatibility_level=row.integer("compatibility_level"),
                collation=row.text_or_none("collation_name") or "",
                encrypted=row.flag_or_none("is_encrypted") is True,
                is_snapshot=row.integer_or_none("source_database_id") is not None,
                replica=(row.text_or_none("replica_id") or "").lower(),
                group_database=(row.text_or_none("group_database_id") or "").lower(),
            )


def _installed(ask: WindowsAsk, target: Target) -> bool:
    """An instance of which the registry does not say that it is missing is asked."""
    for row in ask.rows(INSTALLED):
        if row.has("InstalledInstances"):
            return target.instance.lower() in {name.lower() for name in row.texts("InstalledInstances")}
    return True


def require_leaders(ask: WindowsAsk, one: Here) -> None:
    """Raise unless another instance leads what this one does not: a group without a primary is told by nobody.

    Raises:
        QueryFailed: a group that this instance has a replica of is adrift.
    """
    if one.adrift:
        reason = (
            f"{one.key} is neither primary nor secondary of the group {', '.join(sorted(one.adrift))} at the moment"
        )
        raise QueryFailed(ask.machine, str(REPLICAS), "NoPrimary", reason)


def _require_rights(ask: WindowsAsk) -> None:
    for row in ask.rows(RIGHTS):
        for column in RIGHTS.columns:
            if row.maybe(column, row.integer) == 0:
                right = column.replace("_", " ").upper()
                reason = f"this login lacks {right}, without which views leave out rows and say nothing"
                raise QueryFailed(ask.machine, str(RIGHTS), "NotGranted", reason)


def _replica(row: Row) -> Replica:
    # null on an instance that cannot talk to its cluster
    endpoint = _ENDPOINT.match(row.text_or_none("endpoint_url") or "")
    return Replica(
        id=row.text("replica_id").lower(),
        group=row.text("group_id").lower(),
        host=(endpoint[1] or endpoint[2]).lower() if endpoint else "",
        instance=row.text("replica_server_name").partition("\\")[2],
        is_local=row.flag_or_none("is_local") is True,
        role=row.text_or_none("role_desc") or "",
        row=row,
    )


def _own_host(ask: WindowsAsk, row: Row, replicas: tuple[Replica, ...]) -> str:
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
