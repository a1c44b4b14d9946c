"""What does an instance know of availability groups: replicas, databases, listeners, votes, endpoints, seeding?

Catalogue views tell of every replica on every replica; the state views are complete on the primary only (a secondary
sees itself), so that only the primary speaks for a group.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from drcheck.discovery import WindowsAsk
from drcheck.discovery.sql.instances import REPLICAS, here, require_leaders
from drcheck.query import Sql
from drcheck.topology.base import Target
from drcheck.topology.sql import AvailabilityGroup, AvailabilityReplica, DatabaseReplica, LagSample
from drcheck.transport.row import Row

SAMPLES = 12
SAMPLE_SECONDS = 5
"""As in ``_WAIT``."""

GROUPS = Sql(
    id="sql-groups",
    text="""
SELECT ag.*, gs.primary_replica, gs.synchronization_health_desc
FROM sys.availability_groups AS ag
LEFT JOIN sys.dm_hadr_availability_group_states AS gs ON gs.group_id = ag.group_id
""",
    columns=(
        "group_id",
        "name",
        "primary_replica",
        "synchronization_health_desc",
        "failure_condition_level",
        "health_check_timeout",
        "automated_backup_preference_desc",
        "basic_features",
        "db_failover",
        "is_distributed",
        "cluster_type_desc",
        "required_synchronized_secondaries_to_commit",
    ),
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
DATABASE_STATES = Sql(
    id="sql-database-states",
    text="""
SELECT cs.replica_id, cs.group_database_id, cs.database_name, cs.is_failover_ready, cs.is_database_joined,
       ds.is_primary_replica, ds.synchronization_state_desc, ds.synchronization_health_desc, ds.is_suspended,
       ds.suspend_reason_desc, ds.database_state_desc, ds.last_commit_time, ds.last_hardened_time,
       ds.log_send_queue_size, ds.log_send_rate, ds.redo_queue_size, ds.redo_rate
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
        "suspend_reason_desc",
        "database_state_desc",
        "last_commit_time",
        "last_hardened_time",
        "log_send_queue_size",
        "log_send_rate",
        "redo_queue_size",
        "redo_rate",
    ),
)
_STATES_NOW = """
SELECT CONVERT(varchar(34), SYSDATETIMEOFFSET(), 126) AS sampled_at, replica_id, group_database_id,
       is_primary_replica, last_commit_time, log_send_queue_size, redo_queue_size
FROM sys.dm_hadr_database_replica_states
"""
_WAIT = """
IF EXISTS (SELECT 1 FROM sys.dm_hadr_availability_replica_states WHERE is_local = 1 AND role_desc = 'PRIMARY')
  WAITFOR DELAY '00:00:05';
"""
LAG_SAMPLES = tuple(
    # Only a primary sees both sides of a lag, so only a primary waits between two samples.
    Sql(
        id=f"sql-lag-{number}",
        text=_STATES_NOW if number == 1 else _WAIT.lstrip() + _STATES_NOW.lstrip(),
        columns=(
            "sampled_at",
            "replica_id",
            "group_database_id",
            "is_primary_replica",
            "last_commit_time",
            "log_send_queue_size",
            "redo_queue_size",
        ),
        sample=number,
        wait_seconds=0 if number == 1 else SAMPLE_SECONDS,
    )
    for number in range(1, SAMPLES + 1)
)


def availability_groups(ask: WindowsAsk, target: Target) -> Iterator[AvailabilityGroup]:
    """The groups whose primary is this instance."""
    domain = ask.machine.partition(".")[2]
    for one in here(ask, target):
        for row in ask.rows(GROUPS):
            group = _group(row)
            if group not in one.led:
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
                failure_condition_level=row.maybe("failure_condition_level", row.integer),
                health_check_timeout_ms=row.maybe("health_check_timeout", row.integer),
                backup_preference=row.text_or("automated_backup_preference_desc", ""),
                basic=row.maybe("basic_features", row.truth),
                database_failover=row.maybe("db_failover", row.truth),
                distributed=row.maybe("is_distributed", row.truth),
                cluster_type=row.text_or("cluster_type_desc", ""),
                required_secondaries=row.maybe("required_synchronized_secondaries_to_commit", row.integer),
            )
        require_leaders(ask, one)


def availability_replicas(ask: WindowsAsk, target: Target) -> Iterator[AvailabilityReplica]:
    """Every replica of the groups whose primary is this instance."""
    for one in here(ask, target):
        for replica in one.replicas:
            if replica.group not in one.led:
                continue
            row = replica.row
            yield AvailabilityReplica(
                key=replica.id,
                seen=ask.seen(REPLICAS),
                group=replica.group,
                name=row.text("replica_server_name"),
                host=replica.host,
                role=replica.role,
                availability_mode=row.text("availability_mode_desc"),
                failover_mode=row.text("failover_mode_desc"),
                connected_state=row.text_or_none("connected_state_desc") or "",
                synchronization_health=row.text_or_none("synchronization_health_desc") or "",
                endpoint_url=row.text_or_none("endpoint_url") or "",
                session_timeout_seconds=row.maybe("session_timeout", row.integer),
                backup_priority=row.maybe("backup_priority", row.integer),
                seeding_mode=row.text_or("seeding_mode_desc", ""),
                secondary_connections=row.text_or("secondary_role_allow_connections_desc", ""),
                operational_state=row.text_or("operational_state_desc", ""),
                recovery_health=row.text_or("recovery_health_desc", ""),
                last_connect_error=row.text_or("last_connect_error_description", ""),
            )
        require_leaders(ask, one)


def database_replicas(ask: WindowsAsk, target: Target) -> Iterator[DatabaseReplica]:
    """Every database on every replica of the groups whose primary is this instance."""
    for one in here(ask, target):
        group_of = {replica.id: replica.group for replica in one.replicas if replica.group in one.led}
        series = [_Moment.of(ask.rows(sample)) for sample in LAG_SAMPLES]
        for row in ask.rows(DATABASE_STATES):
            replica, database = row.text("replica_id").lower(), row.text("group_database_id").lower()
            if replica in group_of:
                samples = tuple(moment.sample(replica, database) for moment in series if moment is not None)
                yield _database(ask, row, group_of[replica], tuple(each for each in samples if each is not None))
        require_leaders(ask, one)


def _database(ask: WindowsAsk, row: Row, group: str, samples: tuple[LagSample, ...]) -> DatabaseReplica:
    replica, database = row.text("replica_id").lower(), row.text("group_database_id").lower()
    return DatabaseReplica(
        key=f"{replica}/{database}",
        seen=ask.seen(DATABASE_STATES),
        group=group,
        replica=replica,
        name=row.text("database_name"),
        is_primary=row.flag_or_none("is_primary_replica") is True,
        joined=row.flag_or_none("is_database_joined") is True,
        synchronization_state=row.text_or_none("synchronization_state_desc") or "",
        synchronization_health=row.text_or_none("synchronization_health_desc") or "",
        suspended=row.flag_or_none("is_suspended") is True,
        failover_ready=row.flag_or_none("is_failover_ready") is True,
        last_commit=row.when_or_none("last_commit_time"),
        lag_seconds=tuple(each.lag_seconds for each in samples if each.lag_seconds is not None),
        log_send_queue_kb=row.integer_or_none("log_send_queue_size"),
        redo_queue_kb=row.integer_or_none("redo_queue_size"),
        redo_rate_kb_per_second=row.integer_or_none("redo_rate"),
        suspend_reason=row.text_or("suspend_reason_desc", ""),
        database_state=row.text_or("database_state_desc", ""),
        last_hardened=row.maybe("last_hardened_time", row.when),
        log_send_rate_kb_per_second=row.maybe("log_send_rate", row.integer),
        samples=samples,
    )


class _Moment(Struct, frozen=True, kw_only=True):
    """The states of all databases at one moment."""

    at: datetime
    primary: Mapping[str, datetime]
    """When each database was last committed on the primary."""
    secondaries: Mapping[tuple[str, str], Row]

    @classmethod
    def of(cls, rows: Sequence[Row]) -> "_Moment | None":
        """What one sample says; ``None`` when it was not taken or found nothing."""
        primary: dict[str, datetime] = {}
        secondaries: dict[tuple[str, str], Row] = {}
        for row in rows:
            database, committed = row.text("group_database_id").lower(), row.when_or_none("last_commit_time")
            if not row.flag_or_none("is_primary_replica"):
                secondaries[row.text("replica_id").lower(), database] = row
            elif committed is not None:
                primary[database] = committed
        return cls(at=rows[0].when("sampled_at"), primary=primary, secondaries=secondaries) if rows else None

    def sample(self, replica: str, database: str) -> LagSample | None:
        """How far a replica's database is behind the primary's; ``None`` for the primary itself."""
        row = self.secondaries.get((replica, database))
        if row is None:
            return None
        ahead, behind = self.primary.get(database), row.when_or_none("last_commit_time")
        return LagSample(
            at=self.at,
            lag_seconds=None if ahead is None or behind is None else (ahead - behind).total_seconds(),
            log_send_queue_kb=row.integer_or_none("log_send_queue_size"),
            redo_queue_kb=row.integer_or_none("redo_queue_size"),
        )


def _group(row: Row) -> str:
    return row.text("group_id").lower()
