"""What does a SQL Server know of itself, of its availability groups, and of what nothing replicates?

Asked on its own host, of one local instance per target. Column names are from Microsoft's pages of the ``sys`` views
and of msdb's tables.
"""

from collections.abc import Callable, Iterator

from drcheck.discovery import WindowsAsk, WindowsCollector
from drcheck.discovery.sql.availability import (
    DATABASE_STATES,
    GROUP_DATABASES,
    GROUPS,
    LAG_SAMPLES,
    LISTENERS,
    availability_groups,
    availability_replicas,
    database_replicas,
)
from drcheck.discovery.sql.instances import (
    CLUSTER,
    DATABASE_SETTINGS,
    DATABASES,
    INSTALLED,
    INSTANCE,
    REPLICAS,
    RIGHTS,
    asked_of,
    databases,
    hosts,
    instances,
)
from drcheck.discovery.sql.objects import (
    CREDENTIALS,
    JOBS,
    LINKED,
    LOGINS,
    STEPS,
    credentials,
    jobs,
    linked_servers,
    logins,
)
from drcheck.discovery.sql.transport import (
    ENDPOINTS,
    LISTENER_ADDRESSES,
    LISTENER_SETTINGS,
    MEMBERS,
    SEEDING,
    endpoints,
    listeners,
    quorum_members,
    seeding,
)
from drcheck.discovery.sql.upkeep import SESSION, UPKEEP, health_sessions, upkeep
from drcheck.query import WindowsQuery
from drcheck.topology.base import Fact, Target
from drcheck.topology.sql import (
    AvailabilityGroup,
    AvailabilityReplica,
    DatabaseReplica,
    SqlDatabase,
    SqlHost,
    SqlInstance,
)
from drcheck.topology.sql_objects import (
    AgListener,
    LinkedServer,
    MirroringEndpoint,
    QuorumMember,
    SeedingAttempt,
    SqlCredential,
    SqlJob,
    SqlLogin,
)
from drcheck.topology.sql_upkeep import DatabaseUpkeep, HealthSession

ROLE = "sql"


def _of_instance(
    kind: type[Fact], read: Callable[[WindowsAsk, Target], Iterator[Fact]], *queries: WindowsQuery
) -> WindowsCollector:
    """A collector that reads one instance, if it is installed."""
    return WindowsCollector(
        kind=kind, queries=(INSTALLED, RIGHTS, INSTANCE, REPLICAS, *queries), read=read, fill=asked_of
    )


COLLECTORS = (
    WindowsCollector(kind=SqlHost, queries=(INSTALLED,), read=hosts),
    _of_instance(SqlInstance, instances, DATABASES, CLUSTER),
    _of_instance(AvailabilityGroup, availability_groups, GROUPS, LISTENERS, GROUP_DATABASES),
    _of_instance(AvailabilityReplica, availability_replicas),
    _of_instance(SqlDatabase, databases, DATABASE_SETTINGS),
    _of_instance(AgListener, listeners, LISTENER_SETTINGS, LISTENER_ADDRESSES),
    _of_instance(MirroringEndpoint, endpoints, ENDPOINTS),
    _of_instance(QuorumMember, quorum_members, MEMBERS),
    _of_instance(SeedingAttempt, seeding, SEEDING),
    _of_instance(SqlLogin, logins, LOGINS),
    _of_instance(SqlJob, jobs, JOBS, STEPS),
    _of_instance(LinkedServer, linked_servers, LINKED),
    _of_instance(SqlCredential, credentials, CREDENTIALS),
    _of_instance(HealthSession, health_sessions, SESSION),
    _of_instance(DatabaseUpkeep, upkeep, UPKEEP),
    _of_instance(DatabaseReplica, database_replicas, DATABASE_STATES, *LAG_SAMPLES),
)
