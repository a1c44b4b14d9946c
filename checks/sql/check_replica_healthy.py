"""Is the copy at the other site connected, healthy and receiving every database?"""

from collections.abc import Iterator

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed
from drcheck.topology.availability import spared
from drcheck.topology.base import Topology
from drcheck.topology.sql import AvailabilityGroup, AvailabilityReplica, DatabaseReplica
from drcheck.verdict import Severity

EXPECTED = "connected, healthy, every database joined, in step and not suspended"
IN_STEP = {
    "SYNCHRONOUS_COMMIT": ("SYNCHRONIZED",),
    "ASYNCHRONOUS_COMMIT": ("SYNCHRONIZING", "SYNCHRONIZED"),
}
"""What a healthy database says of itself, by the replica's availability mode."""


@check(
    "DR-SQL-003",
    "The availability replica at the other site is connected, healthy and not suspended",
    severity=Severity.CRITICAL,
    why=(
        "A replica that is suspended or disconnected keeps its place in the group and stops following. Failing over "
        "to it loses everything since, and a failover without loss is no longer possible."
    ),
    source=(
        "Microsoft, sys.dm_hadr_availability_replica_states and sys.dm_hadr_database_replica_states; "
        "Microsoft, Availability modes for Always On availability groups"
    ),
    remedy=(
        "ALTER DATABASE <name> SET HADR RESUME on the replica; when it is disconnected, check the mirroring endpoint "
        "(SELECT state_desc FROM sys.database_mirroring_endpoints), its port and certificate on both sides."
    ),
    controls=("NIST SP 800-53 CP-9(5)", "NIST SP 800-53 CP-10(2)", "ISO/IEC 27001:2022 A.8.14"),
)
def check_replica_healthy(replica: AvailabilityReplica, topology: Topology) -> Outcome:
    """Judge the replica and each of its databases by what the primary says of them."""
    reason = spared(topology, replica)
    if reason:
        raise NotApplicable(reason)
    databases = tuple(one for one in topology.seen(DatabaseReplica) if one.replica == replica.key)
    wrong = [*_replica_faults(replica), *(fault for one in databases for fault in _database_faults(replica, one))]
    if wrong:
        what = "; ".join(wrong)
        return failed(f"{replica.name}: {what}", observed=what, expected=EXPECTED, facts=databases)
    return _complete(replica, topology, databases)


def _replica_faults(replica: AvailabilityReplica) -> Iterator[str]:
    if replica.connected_state not in ("", "CONNECTED"):
        yield f"is {replica.connected_state}"
    if replica.synchronization_health not in ("", "HEALTHY"):
        yield f"its synchronization health is {replica.synchronization_health}"


def _database_faults(replica: AvailabilityReplica, one: DatabaseReplica) -> Iterator[str]:
    if not one.joined:
        yield f"database {one.name} has not joined"
    if one.suspended:
        yield f"data movement of {one.name} is suspended"
    allowed = IN_STEP.get(replica.availability_mode)
    if allowed and one.synchronization_state and one.synchronization_state not in allowed:
        yield f"{one.name} is {one.synchronization_state}, {' or '.join(allowed)} is allowed"
    if one.synchronization_health not in ("", "HEALTHY"):
        yield f"the health of {one.name} is {one.synchronization_health}"


def _complete(replica: AvailabilityReplica, topology: Topology, databases: tuple[DatabaseReplica, ...]) -> Outcome:
    """Nothing is wrong with what was seen; a pass needs every database of the group to have been seen and told."""
    group = topology.get(AvailabilityGroup, replica.group)
    if group is None:
        topology.require(AvailabilityGroup)
        raise Unknown(f"{replica.name}: its group {replica.group} was not told")
    if not group.databases:
        raise NotApplicable(f"group {group.name} holds no database")
    absent = sorted({name.lower() for name in group.databases} - {one.name.lower() for one in databases})
    if absent:
        topology.require(DatabaseReplica, f"sql:{replica.seen.endpoint}")
        what = f"holds no copy of {', '.join(absent)}"
        return failed(f"{replica.name}: {what}", observed=what, expected=EXPECTED, facts=(group, *databases))
    told = [replica.connected_state, replica.synchronization_health]
    told += [text for one in databases for text in (one.synchronization_state, one.synchronization_health)]
    if not all(told) or replica.availability_mode not in IN_STEP:
        raise Unknown(f"{replica.name}: part of its state was not told")
    what = f"{replica.availability_mode}, {', '.join(f'{one.name} {one.synchronization_state}' for one in databases)}"
    return passed(f"{replica.name}: {what}", observed=what, expected=EXPECTED, facts=(group, *databases))
