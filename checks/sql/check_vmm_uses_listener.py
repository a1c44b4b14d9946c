"""Would VMM find its database again after the availability group has failed over?"""

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed
from drcheck.topology.availability import group_of_vmm
from drcheck.topology.base import Topology, same_host
from drcheck.topology.sql import AvailabilityGroup, AvailabilityReplica, DatabaseReplica
from drcheck.topology.vmm import VmmServer
from drcheck.verdict import Severity

EXPECTED = "joined on every replica, and reached by the listener's name"


@check(
    "DR-SQL-002",
    "VMM's database is joined on every replica, and VMM asks for the listener",
    severity=Severity.CRITICAL,
    why=(
        "A database that was restored or upgraded can be left out of its group on one replica. And a VMM that was set "
        "up with a machine's name keeps asking that machine after the group has moved on."
    ),
    source="Microsoft, Plan a highly available VMM deployment; sys.dm_hadr_database_replica_cluster_states",
    remedy=(
        "ALTER DATABASE <name> SET HADR AVAILABILITY GROUP = <group> on the replica that lacks it; let VMM connect to "
        "the listener (reinstall VMM with the retained database, naming the listener)."
    ),
    controls=("NIST SP 800-53 CP-9", "NIST SP 800-53 CP-10", "ISO/IEC 27001:2022 A.8.13"),
)
def check_vmm_uses_listener(server: VmmServer, topology: Topology) -> Outcome:
    """The group is the one that holds VMM's database behind the name that VMM uses."""
    if not (server.database_server and server.database_name):
        raise Unknown(f"{server.name} does not tell where its database is, or its name")
    group = group_of_vmm(topology, server)
    if group is None:
        topology.require(AvailabilityGroup)
        topology.require(AvailabilityReplica)
        raise NotApplicable(f"the database of {server.name} is in no availability group: see DR-SQL-001")
    facts = (group, *topology.where(AvailabilityReplica, "group", group.key))
    if not any(same_host(server.database_server, name) for name in group.listeners):
        what = f"VMM asks for {server.database_server}, which is no listener of {group.name}"
        return failed(f"{server.name}: {what}; allowed: {EXPECTED}", observed=what, expected=EXPECTED, facts=facts)
    apart = _not_joined(group, server, topology)
    if apart:
        what = f"{server.database_name} is not joined on {', '.join(apart)}"
        return failed(f"{server.name}: {what}; allowed: {EXPECTED}", observed=what, expected=EXPECTED, facts=facts)
    what = f"{server.database_name} is in {group.name} behind {server.database_server}, joined everywhere"
    return passed(f"{server.name}: {what}", observed=what, expected=EXPECTED, facts=facts)


def _not_joined(group: AvailabilityGroup, server: VmmServer, topology: Topology) -> list[str]:
    scope = f"sql:{group.seen.endpoint}"
    replicas = [one for one in topology.all(AvailabilityReplica, scope) if one.group == group.key]
    joined = {
        one.replica
        for one in topology.all(DatabaseReplica, scope)
        if one.name.lower() == server.database_name.lower() and one.joined
    }
    data = [one for one in replicas if one.availability_mode != "CONFIGURATION_ONLY"]
    if not data:
        raise Unknown(f"{group.name}: none of its replicas was told")
    return sorted(one.name for one in data if one.key not in joined)
