"""Which rows do SQL Server's catalog and availability views hold on one simulated instance?

Column names and value numbers follow Microsoft's pages of the views (sql-docs, ``sys.*``). A secondary sees the states
of its own replica only; configuration views are complete on every replica.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from drcheck.lab.state.access_points import addresses_behind
from drcheck.lab.state.fabric import AgReplica, AvailabilityGroup, SqlInstance
from drcheck.lab.state.world import Cluster, World

Cell = str | int | None
Row = Mapping[str, Cell]

ID, NAME, BIT, INT, BIG, WHEN = "uniqueidentifier", "nvarchar", "bit", "int", "bigint", "datetime"
SYSTEM = ("master", "tempdb", "model", "msdb")

VIEWS: Mapping[str, Mapping[str, str]] = {
    "databases": {
        "name": NAME, "database_id": INT, "state": INT, "state_desc": NAME, "replica_id": ID, "group_database_id": ID,
        "recovery_model_desc": NAME, "is_read_only": BIT, "user_access_desc": NAME, "compatibility_level": INT,
        "collation_name": NAME, "is_encrypted": BIT, "source_database_id": INT,
    },
    "availability_groups": {
        "group_id": ID, "name": NAME, "resource_id": NAME, "resource_group_id": NAME, "failure_condition_level": INT,
        "health_check_timeout": INT, "automated_backup_preference_desc": NAME, "basic_features": BIT,
        "dtc_support": BIT, "db_failover": BIT, "is_distributed": BIT, "cluster_type_desc": NAME, "is_contained": BIT,
        "required_synchronized_secondaries_to_commit": INT,
    },
    "availability_groups_cluster": {"group_id": ID, "name": NAME, "resource_id": NAME, "resource_group_id": NAME},
    "availability_replicas": {
        "replica_id": ID, "group_id": ID, "replica_server_name": NAME, "endpoint_url": NAME, "availability_mode": INT,
        "availability_mode_desc": NAME, "failover_mode": INT, "failover_mode_desc": NAME, "session_timeout": INT,
        "backup_priority": INT, "secondary_role_allow_connections_desc": NAME, "seeding_mode_desc": NAME,
    },
    "availability_databases_cluster": {"group_id": ID, "group_database_id": ID, "database_name": NAME},
    "availability_group_listeners": {
        "group_id": ID, "listener_id": NAME, "dns_name": NAME, "port": INT, "is_conformant": BIT,
        "ip_configuration_string_from_cluster": NAME,
    },
    "availability_group_listener_ip_addresses": {
        "listener_id": NAME, "ip_address": NAME, "ip_subnet_mask": NAME, "is_dhcp": BIT, "state": INT,
        "state_desc": NAME,
    },
    "dm_hadr_availability_group_states": {
        "group_id": ID, "primary_replica": NAME, "primary_recovery_health_desc": NAME, "synchronization_health": INT,
        "synchronization_health_desc": NAME,
    },
    "dm_hadr_availability_replica_states": {
        "replica_id": ID, "group_id": ID, "is_local": BIT, "role": INT, "role_desc": NAME,
        "operational_state_desc": NAME, "recovery_health_desc": NAME, "synchronization_health": INT,
        "synchronization_health_desc": NAME, "connected_state": INT, "connected_state_desc": NAME,
        "last_connect_error_number": INT, "last_connect_error_description": NAME,
    },
    "dm_hadr_database_replica_states": {
        "database_id": INT, "group_id": ID, "replica_id": ID, "group_database_id": ID, "is_local": BIT,
        "is_primary_replica": BIT, "synchronization_state": INT, "synchronization_state_desc": NAME,
        "synchronization_health": INT, "synchronization_health_desc": NAME, "database_state_desc": NAME,
        "is_suspended": BIT, "suspend_reason_desc": NAME, "last_commit_time": WHEN, "log_send_queue_size": BIG,
        "log_send_rate": BIG, "redo_queue_size": BIG, "redo_rate": BIG, "secondary_lag_seconds": BIG,
        "last_hardened_time": WHEN, "last_sent_time": WHEN, "last_received_time": WHEN, "last_redone_time": WHEN,
    },
    "dm_hadr_database_replica_cluster_states": {
        "replica_id": ID, "group_database_id": ID, "database_name": NAME, "is_failover_ready": BIT,
        "is_pending_secondary_suspend": BIT, "is_database_joined": BIT,
    },
    "dm_hadr_cluster": {"cluster_name": NAME, "quorum_type_desc": NAME, "quorum_state_desc": NAME},
    "dm_hadr_cluster_members": {
        "member_name": NAME, "member_type_desc": NAME, "member_state_desc": NAME, "number_of_quorum_votes": INT,
    },
}  # fmt: skip
"""View -> column -> type. A column that is not here is error 207, a view that is not here error 208."""

_HEALTH = ("NOT_HEALTHY", "PARTIALLY_HEALTHY", "HEALTHY")
_MODES = {"ASYNCHRONOUS_COMMIT": 0, "SYNCHRONOUS_COMMIT": 1, "CONFIGURATION_ONLY": 4}
_SYNC = ("NOT SYNCHRONIZING", "SYNCHRONIZING", "SYNCHRONIZED")


def server_name(host: str, instance: str = "MSSQLSERVER") -> str:
    """``@@SERVERNAME``."""
    machine = host.partition(".")[0].upper()
    return machine if instance == "MSSQLSERVER" else f"{machine}\\{instance}"


@dataclass(frozen=True, kw_only=True)
class Instance:
    """One instance's view of the world at one moment."""

    world: World
    sql: SqlInstance
    now: float

    @property
    def groups(self) -> list[AvailabilityGroup]:
        """Availability groups with a replica here."""
        return [group for group in self.world.groups if any(self._here(one) for one in group.replicas)]

    @property
    def cluster(self) -> Cluster | None:
        """The Windows cluster below."""
        return next((one for one in self.world.clusters if one.name == self.sql.cluster), None)

    def rows(self, view: str) -> Sequence[Row]:
        """The rows of a view; columns that are left out are NULL."""
        return list(getattr(self, f"_{view}")())

    def _here(self, replica: AgReplica) -> bool:
        return (replica.host, replica.instance) == (self.sql.host, self.sql.name)

    def _visible(self, group: AvailabilityGroup) -> list[AgReplica]:
        """Replicas whose state is known here: all on the primary, its own on a secondary."""
        own = [one for one in group.replicas if self._here(one)]
        return group.replicas if any(one.role == "PRIMARY" for one in own) else own

    def _databases(self) -> Iterator[Row]:
        member = {database.name: (group, database.id) for group in self.groups for database in group.databases}
        for number, name in enumerate((*SYSTEM, *self.sql.databases), 1):
            group, identifier = member.get(name, (None, None))
            replica = next((one.id for one in group.replicas if self._here(one)), None) if group else None
            yield {
                "name": name, "database_id": number, "state": 0, "state_desc": "ONLINE", "replica_id": replica,
                "group_database_id": identifier, "recovery_model_desc": "FULL" if group else "SIMPLE",
                "is_read_only": 0, "user_access_desc": "MULTI_USER", "compatibility_level": 160,
                "collation_name": self.sql.collation, "is_encrypted": 0,
            }  # fmt: skip

    def _availability_groups(self) -> Iterator[Row]:
        for group in self.groups:
            yield {
                "group_id": group.id, "name": group.name, "resource_id": group.id, "resource_group_id": group.id,
                "failure_condition_level": 3, "health_check_timeout": 30000,
                "automated_backup_preference_desc": "SECONDARY", "basic_features": 0, "dtc_support": 0,
                "db_failover": 0, "is_distributed": 0, "cluster_type_desc": "WSFC", "is_contained": 0,
                "required_synchronized_secondaries_to_commit": 0,
            }  # fmt: skip

    _availability_groups_cluster = _availability_groups

    def _availability_replicas(self) -> Iterator[Row]:
        for group in self.groups:
            for replica in group.replicas:
                yield {
                    "replica_id": replica.id,
                    "group_id": group.id,
                    "replica_server_name": server_name(replica.host, replica.instance),
                    "endpoint_url": f"TCP://{replica.host}:5022",
                    "availability_mode": _MODES[replica.availability_mode],
                    "availability_mode_desc": replica.availability_mode,
                    "failover_mode": int(replica.failover_mode == "MANUAL"),
                    "failover_mode_desc": replica.failover_mode,
                    "session_timeout": 10,
                    "backup_priority": 50,
                    "secondary_role_allow_connections_desc": "NO",
                    "seeding_mode_desc": "AUTOMATIC",
                }

    def _availability_databases_cluster(self) -> Iterator[Row]:
        for group in self.groups:
            for database in group.databases:
                yield {"group_id": group.id, "group_database_id": database.id, "database_name": database.name}

    def _availability_group_listeners(self) -> Iterator[Row]:
        for group in self.groups:
            if group.listener:
                found = [str(one.parameters["Address"]) for one in addresses_behind(self.world, group.listener)]
                yield {
                    "group_id": group.id,
                    "listener_id": self.world.id_for("listener", group.listener),
                    "dns_name": group.listener.partition(".")[0],
                    "port": 1433,
                    "is_conformant": 1,
                    "ip_configuration_string_from_cluster": f"({' or '.join(f'IP Address: {one}' for one in found)})",
                }

    def _availability_group_listener_ip_addresses(self) -> Iterator[Row]:
        for name in (group.listener for group in self.groups if group.listener):
            for one in addresses_behind(self.world, name):
                online = one.state == "Online"
                yield {
                    "listener_id": self.world.id_for("listener", name), "ip_address": one.parameters["Address"],
                    "ip_subnet_mask": one.parameters["SubnetMask"], "is_dhcp": one.parameters["EnableDhcp"],
                    "state": int(online), "state_desc": one.state.upper(),
                }  # fmt: skip

    def _dm_hadr_availability_group_states(self) -> Iterator[Row]:
        for group in self.groups:
            primary = next((one for one in group.replicas if one.role == "PRIMARY"), None)
            worst = min(_HEALTH.index(one.health) for one in group.replicas)
            health = min(worst, 1) if worst < 2 else 2
            yield {
                "group_id": group.id,
                "primary_replica": server_name(primary.host, primary.instance) if primary else None,
                "primary_recovery_health_desc": "ONLINE" if primary and self._here(primary) else None,
                "synchronization_health": health,
                "synchronization_health_desc": _HEALTH[health],
            }

    def _dm_hadr_availability_replica_states(self) -> Iterator[Row]:
        for group in self.groups:
            for replica in self._visible(group):
                local = self._here(replica)
                yield {
                    "replica_id": replica.id,
                    "group_id": group.id,
                    "is_local": int(local),
                    "role": 1 if replica.role == "PRIMARY" else 2,
                    "role_desc": replica.role,
                    "operational_state_desc": "ONLINE" if local else None,
                    "recovery_health_desc": "ONLINE" if local else None,
                    "synchronization_health": _HEALTH.index(replica.health),
                    "synchronization_health_desc": replica.health,
                    "connected_state": int(replica.connected),
                    "connected_state_desc": "CONNECTED" if replica.connected else "DISCONNECTED",
                    "last_connect_error_number": None if replica.connected else 10061,
                    "last_connect_error_description": None if replica.connected else "No connection could be made.",
                }

    def _dm_hadr_database_replica_states(self) -> Iterator[Row]:
        for group in self.groups:
            for replica in self._visible(group):
                for database in group.databases:
                    if replica.joined:
                        yield self._database_state(group, replica, database.id, database.name)

    def _database_state(self, group: AvailabilityGroup, replica: AgReplica, identifier: str, name: str) -> Row:
        primary, state = replica.role == "PRIMARY", _SYNC[synchronization(replica)]
        committed = when(self.now + self._primary_offset(group) - 2 - (0 if primary else replica.lag_seconds))
        known = (*SYSTEM, *self.sql.databases)
        return {
            "database_id": known.index(name) + 1 if name in known else None,
            "group_id": group.id,
            "replica_id": replica.id,
            "group_database_id": identifier,
            "is_local": int(self._here(replica)),
            "is_primary_replica": int(primary),
            "synchronization_state": _SYNC.index(state),
            "synchronization_state_desc": state,
            "synchronization_health": _HEALTH.index(replica.health),
            "synchronization_health_desc": replica.health,
            "database_state_desc": "ONLINE",
            "is_suspended": int(replica.suspended),
            "suspend_reason_desc": "SUSPEND_FROM_USER" if replica.suspended else None,
            "last_commit_time": committed,
            "last_hardened_time": committed,
            "last_sent_time": None if primary else committed,
            "last_received_time": None if primary else committed,
            "last_redone_time": None if primary else committed,
            "log_send_queue_size": None if primary else int(replica.lag_seconds * 800),
            "log_send_rate": None if primary else 4000,
            "redo_queue_size": None if primary else int(replica.lag_seconds * 100),
            "redo_rate": None if primary else 20000,
            "secondary_lag_seconds": None if primary else int(replica.lag_seconds),
        }

    def _primary_offset(self, group: AvailabilityGroup) -> float:
        """Commit times travel with the log: they are the primary's, on every replica."""
        hosts = (one.host for one in group.replicas if one.role == "PRIMARY")
        return next((self.world.hosts[host].clock_offset for host in hosts), 0.0)

    def _dm_hadr_database_replica_cluster_states(self) -> Iterator[Row]:
        for group in self.groups:
            for replica in group.replicas:
                for database in group.databases:
                    yield {
                        "replica_id": replica.id,
                        "group_database_id": database.id,
                        "database_name": database.name,
                        "is_failover_ready": int(synchronization(replica) == 2 and replica.joined),
                        "is_pending_secondary_suspend": 0,
                        "is_database_joined": int(replica.joined),
                    }

    def _dm_hadr_cluster(self) -> Iterator[Row]:
        if self.cluster:
            name = self.cluster.name.partition(".")[0]
            yield {"cluster_name": name, "quorum_type_desc": "NODE_MAJORITY", "quorum_state_desc": "NORMAL_QUORUM"}

    def _dm_hadr_cluster_members(self) -> Iterator[Row]:
        for node in self.cluster.nodes if self.cluster else ():
            yield {
                "member_name": server_name(node.host), "member_type_desc": "CLUSTER_NODE",
                "member_state_desc": "UP" if node.state == "Up" else "DOWN", "number_of_quorum_votes": node.weight,
            }  # fmt: skip


def synchronization(replica: AgReplica) -> int:
    """0 not synchronizing, 1 synchronizing, 2 synchronized: an asynchronous replica never gets to 2."""
    if not replica.connected or replica.suspended or not replica.joined:
        return 0
    if replica.availability_mode != "SYNCHRONOUS_COMMIT":
        return 1
    return 2 if replica.health == "HEALTHY" else 1


def when(moment: float) -> str:
    """A ``datetime``: three decimals, no zone; the lab's servers run on UTC."""
    return f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d %H:%M:%S.%f}"[:-3]
