"""Could one go back to a point before a mistake, and to one that the applications agree on?"""

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed
from drcheck.policy import HOUR, Policy, human
from drcheck.topology.ages import age_of
from drcheck.topology.base import Topology
from drcheck.topology.hyperv import VmReplication
from drcheck.topology.hyperv_replica import VmRecoveryPoints, by_hyperv
from drcheck.topology.membership import application_of
from drcheck.verdict import Severity


@check(
    "DR-HVR-007",
    "A replica keeps recovery points, and recent application-consistent ones, as its tier asks",
    severity=Severity.MEDIUM,
    why=(
        "By default only the latest state is kept, as after a power cut. What was deleted or encrypted on the primary "
        "is so on the replica within minutes, and a database may need repair before it starts."
    ),
    source="Microsoft, Set up Hyper-V Replica: additional recovery points; Microsoft, Set-VMReplication",
    remedy=(
        "Set-VMReplication -VMName <vm> -RecoveryHistory <hours> -VSSSnapshotFrequencyHour <hours>; where points fail, "
        "look at the VSS writers in the guest."
    ),
    controls=("NIST SP 800-53 CP-9(1)", "NIST SP 800-53 CP-10(2)", "ISO/IEC 27001:2022 A.8.13"),
)
def check_recovery_points(replication: VmReplication, topology: Topology, policy: Policy) -> Outcome:
    """Tiers 0 and 1 need both kinds; elsewhere, what is switched on has to work."""
    if not by_hyperv(topology, replication):
        raise NotApplicable(f"{replication.name} on {replication.host} is replicated by another engine than Hyper-V's")
    if replication.mode != "Replica" or replication.relationship == "Extended":
        raise NotApplicable(f"{replication.name} on {replication.host} is not the receiving side")
    name = f"{replication.name} on {replication.host}"
    application = application_of(topology, replication.vm_id, replication.name)
    tier = application.tier if application else policy.default_tier
    expected = "additional recovery points" if tier <= 1 else "working application-consistent points, where they are on"
    fault = _unset(replication) if tier <= 1 else ""
    if fault:
        return failed(f"{name} (tier {tier}): {fault}; allowed: {expected}", observed=fault, expected=expected)
    if replication.vss_enabled is None or replication.recovery_points_kept is None:
        raise Unknown(f"{name} does not tell which recovery points it keeps")
    if not replication.vss_enabled:
        raise NotApplicable(f"tier {tier} does not ask for application-consistent points of {name}, and makes none")
    return _judge_newest(replication, topology, policy)


def _unset(replication: VmReplication) -> str:
    if replication.recovery_points_kept == 0:
        return "keeps the latest state only"
    return "makes no application-consistent points" if replication.vss_enabled is False else ""


def _judge_newest(replication: VmReplication, topology: Topology, policy: Policy) -> Outcome:
    name, hours = f"{replication.name} on {replication.host}", replication.vss_hours
    points = topology.get(VmRecoveryPoints, f"{replication.vm_id}@{replication.host}")
    if points is None or not hours:
        topology.require(VmRecoveryPoints, f"hyperv:{replication.seen.endpoint}")
        raise Unknown(f"{name}: its recovery points, or how often they are made, were not told")
    limit = policy.app_consistent_cycles * hours * HOUR
    expected = f"an application-consistent point at most {human(limit)} old"
    if points.newest_app_consistent is None:
        what = f"none of {points.point_count} recovery points is application-consistent"
        return failed(f"{name}: {what}; allowed: {expected}", observed=what, expected=expected, facts=(points,))
    age = age_of(topology, points.newest_app_consistent, points.seen.endpoint, policy.clock_skew_max)
    what = f"{points.point_count} points, the newest application-consistent one {human(age.seconds)} old"
    judge = failed if age.exceeds(limit) else passed
    return judge(f"{name}: {what}; allowed: {expected}", observed=what, expected=expected, facts=(points,))
