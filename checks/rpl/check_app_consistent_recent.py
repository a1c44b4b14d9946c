"""Is the newest application-consistent recovery point young enough to go back to?"""

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed
from drcheck.policy import HOUR, Policy, human
from drcheck.topology.base import FactT, Topology
from drcheck.topology.site_recovery import ProtectedItem, ReplicationPolicy
from drcheck.topology.site_recovery_state import RecoveryPoints
from drcheck.verdict import Severity


@check(
    "DR-RPL-003",
    "The newest application-consistent recovery point is young enough",
    severity=Severity.HIGH,
    why=(
        "The RPO figure counts crash-consistent points. When snapshots of the application fail, it stays green while "
        "the last point a database starts from without repair grows older every hour."
    ),
    source="Microsoft, Site Recovery: app-consistent snapshots; Site Recovery REST API, recovery points",
    remedy=(
        "Look at the VSS writers in the guest (vssadmin list writers) and at the Backup integration service of the VM; "
        "vault > Replicated items > the machine > Latest recovery points shows when it last worked."
    ),
    controls=("NIST SP 800-53 CP-9(1)", "NIST SP 800-53 CP-10(2)"),
)
def check_app_consistent_recent(points: RecoveryPoints, topology: Topology, policy: Policy) -> Outcome:
    """At most so many intervals of the machine's replication policy may have passed."""
    item = _there(topology, ProtectedItem, points.key)
    if item.active_location == "Recovery":
        raise NotApplicable(f"{points.name} runs in Azure: nothing is replicated until it is protected again")
    rule = _there(topology, ReplicationPolicy, item.policy)
    if rule.app_consistent_hours == 0:
        raise NotApplicable(f"the policy {rule.name} makes no application-consistent points: see DR-ASR-102")
    if rule.app_consistent_hours is None:
        raise Unknown(f"the policy {rule.name} was read without its interval")
    allowed = policy.app_consistent_cycles * rule.app_consistent_hours * HOUR
    expected = f"at most {human(allowed)} old ({policy.app_consistent_cycles} intervals of {rule.name})"
    newest = points.newest_app_consistent
    if newest is None:
        what = f"none of the {points.count} recovery points is application-consistent"
        return failed(
            f"{points.name}: {what}; allowed: {expected}", observed=what, expected=expected, facts=(item, rule)
        )
    age = (topology.as_of - newest).total_seconds()
    what = f"the newest application-consistent point is {human(age)} old"
    if age < -policy.clock_skew_max:
        raise Unknown(f"{points.name}: {what}: it lies in the future, so a clock is wrong")
    if age > allowed:
        return failed(
            f"{points.name}: {what}; allowed: {expected}", observed=what, expected=expected, facts=(item, rule)
        )
    return passed(f"{points.name}: {what}", observed=what, expected=expected, facts=(item, rule))


def _there(topology: Topology, kind: type[FactT], key: str) -> FactT:
    found = topology.get(kind, key)
    if found is None:
        topology.require(kind)
        raise Unknown(f"the vault was read, and {key.rpartition('/')[2]} was gone by then")
    return found
