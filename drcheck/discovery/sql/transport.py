"""What do the replicas of an availability group talk over: listeners, endpoints, quorum votes, seeding?"""

from collections.abc import Iterator

from drcheck.discovery import WindowsAsk
from drcheck.discovery.sql.instances import here, require_leaders
from drcheck.query import Sql
from drcheck.topology.base import Target
from drcheck.topology.sql_objects import AgListener, ListenerIp, MirroringEndpoint, QuorumMember, SeedingAttempt

LISTENER_SETTINGS = Sql(
    id="sql-listener-settings",
    text="SELECT group_id, listener_id, dns_name, port, is_conformant FROM sys.availability_group_listeners",
    columns=("group_id", "listener_id", "dns_name", "port", "is_conformant"),
)
LISTENER_ADDRESSES = Sql(
    id="sql-listener-addresses",
    text="""
SELECT listener_id, ip_address, ip_subnet_mask, is_dhcp, state_desc
FROM sys.availability_group_listener_ip_addresses
""",
    columns=("listener_id", "ip_address", "ip_subnet_mask", "is_dhcp", "state_desc"),
)
ENDPOINTS = Sql(
    id="sql-endpoints",
    text="""
SELECT e.endpoint_id, e.name, e.state_desc, e.role_desc, e.is_encryption_enabled, e.encryption_algorithm_desc,
       e.connection_auth_desc, t.port
FROM sys.database_mirroring_endpoints AS e
LEFT JOIN sys.tcp_endpoints AS t ON t.endpoint_id = e.endpoint_id
""",
    columns=(
        "endpoint_id",
        "name",
        "state_desc",
        "role_desc",
        "is_encryption_enabled",
        "encryption_algorithm_desc",
        "connection_auth_desc",
        "port",
    ),
)
MEMBERS = Sql(
    id="sql-cluster-members",
    text="""
SELECT member_name, member_type_desc, member_state_desc, number_of_quorum_votes
FROM sys.dm_hadr_cluster_members
""",
    columns=("member_name", "member_type_desc", "member_state_desc", "number_of_quorum_votes"),
)
SEEDING = Sql(
    id="sql-seeding",
    text="""
SELECT ag_id, ag_db_id, ag_remote_replica_id, start_time, completion_time, current_state, failure_state_desc,
       error_code, number_of_attempts
FROM sys.dm_hadr_automatic_seeding
""",
    columns=(
        "ag_id",
        "ag_db_id",
        "ag_remote_replica_id",
        "start_time",
        "completion_time",
        "current_state",
        "failure_state_desc",
        "error_code",
        "number_of_attempts",
    ),
)


def listeners(ask: WindowsAsk, target: Target) -> Iterator[AgListener]:
    """The listeners of the groups whose primary is this instance."""
    domain = ask.machine.partition(".")[2]
    for one in here(ask, target):
        for row in ask.rows(LISTENER_SETTINGS):
            identifier, group, name = (
                row.text("listener_id").lower(),
                row.text("group_id").lower(),
                row.text("dns_name"),
            )
            if group in one.led:
                yield AgListener(
                    key=identifier,
                    seen=ask.seen(LISTENER_SETTINGS),
                    group=group,
                    name=(name if "." in name else f"{name}.{domain}").lower(),
                    port=row.integer_or_none("port"),
                    conformant=row.flag_or_none("is_conformant"),
                    addresses=tuple(_addresses(ask, identifier)),
                )
        require_leaders(ask, one)


def _addresses(ask: WindowsAsk, listener: str) -> Iterator[ListenerIp]:
    for row in ask.rows(LISTENER_ADDRESSES):
        if row.text("listener_id").lower() == listener:
            yield ListenerIp(
                address=row.text_or_none("ip_address") or "",
                subnet_mask=row.text_or_none("ip_subnet_mask") or "",
                dhcp=row.flag_or_none("is_dhcp") is True,
                state=row.text_or_none("state_desc") or "",
            )


def endpoints(ask: WindowsAsk, target: Target) -> Iterator[MirroringEndpoint]:
    """The endpoint that replicas connect to."""
    for one in here(ask, target):
        for row in ask.rows(ENDPOINTS):
            yield MirroringEndpoint(
                key=f"{one.key}/{row.integer('endpoint_id')}",
                seen=ask.seen(ENDPOINTS),
                instance=one.key,
                host=one.host,
                name=row.text("name"),
                state=row.text("state_desc"),
                role=row.text_or_none("role_desc") or "",
                port=row.integer_or_none("port"),
                encrypted=row.flag_or_none("is_encryption_enabled") is True,
                encryption_algorithm=row.text_or_none("encryption_algorithm_desc") or "",
                authentication=row.text_or_none("connection_auth_desc") or "",
            )


def quorum_members(ask: WindowsAsk, target: Target) -> Iterator[QuorumMember]:
    """Votes as this instance sees them; a node without quorum sees nobody."""
    for one in here(ask, target):
        for row in ask.rows(MEMBERS):
            name = row.text("member_name")
            yield QuorumMember(
                key=f"{one.key}/{name.lower()}",
                seen=ask.seen(MEMBERS),
                instance=one.key,
                host=one.host,
                name=name,
                member_type=row.text("member_type_desc"),
                state=row.text("member_state_desc"),
                votes=row.integer_or_none("number_of_quorum_votes"),
            )


def seeding(ask: WindowsAsk, target: Target) -> Iterator[SeedingAttempt]:
    """Attempts to seed a database, as far back as this instance remembers (SQL Server 2016 and later)."""
    for one in here(ask, target):
        for row in ask.rows(SEEDING):
            group, database = row.text("ag_id").lower(), row.text("ag_db_id").lower()
            remote, started = (row.text_or_none("ag_remote_replica_id") or "").lower(), row.when("start_time")
            yield SeedingAttempt(
                key=f"{one.key}/{group}/{database}/{remote}/{started:%Y%m%dT%H%M%S%f}",
                seen=ask.seen(SEEDING),
                instance=one.key,
                host=one.host,
                group=group,
                group_database=database,
                remote_replica=remote,
                started=started,
                completed=row.when_or_none("completion_time"),
                state=row.text_or_none("current_state") or "",
                failure=row.text_or_none("failure_state_desc") or "",
                error_code=row.integer_or_none("error_code"),
                attempts=row.integer_or_none("number_of_attempts"),
            )
