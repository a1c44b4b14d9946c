"""Is there a database on an availability group's instance that nothing would bring along?"""

from drcheck.check import NotApplicable, Outcome, check, failed, passed
from drcheck.policy import Policy
from drcheck.topology.availability import has_replica
from drcheck.topology.base import Topology, matches
from drcheck.topology.sql import SqlDatabase, SqlInstance
from drcheck.verdict import Severity

EXPECTED = "every user database is in an availability group, or exempt by policy"


@check(
    "DR-SQL-006",
    "No user database of an availability group's instance is left out",
    severity=Severity.HIGH,
    why=(
        "A database that was created beside the group looks like its neighbours until the group fails over: it stays "
        "behind, and the application with it."
    ),
    source="Microsoft, Failover and failover modes (Always On availability groups); sys.databases",
    remedy=(
        "ALTER AVAILABILITY GROUP <group> ADD DATABASE <name> (full recovery model and a backup first), or exempt it "
        "by `policy.exempt_databases` in estate.yaml."
    ),
    controls=("NIST SP 800-53 CP-9", "ISO/IEC 27001:2022 A.8.13", "SOC 2 A1.2"),
)
def check_databases_in_group(instance: SqlInstance, topology: Topology, policy: Policy) -> Outcome:
    """Snapshots follow their source; everything else has to be in a group or exempt."""
    if not has_replica(topology, instance.host):
        raise NotApplicable(f"{instance.key} has no replica of an availability group")
    found = topology.where(SqlDatabase, "instance", instance.key)
    left = [
        one.name
        for one in found
        if not one.replica and not one.is_snapshot and not matches(one.name, policy.exempt_databases)
    ]
    if left:
        what = f"in no availability group: {', '.join(sorted(left))}"
        return failed(f"{instance.key}: {what}; allowed: {EXPECTED}", observed=what, expected=EXPECTED, facts=found)
    topology.require(SqlDatabase, f"sql:{instance.seen.endpoint}")
    what = f"{len(found)} user databases, all in a group or exempt"
    return passed(f"{instance.key}: {what}", observed=what, expected=EXPECTED, facts=found)
