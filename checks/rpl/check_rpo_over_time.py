"""Was the recovery point objective kept over the last weeks, and not only now?"""

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed
from drcheck.policy import Policy, human
from drcheck.topology.base import Topology
from drcheck.topology.history import RpoHistory
from drcheck.topology.hyperv import VmReplication
from drcheck.topology.membership import application_of
from drcheck.topology.site_recovery import ProtectedItem
from drcheck.verdict import Severity

SHARE = 0.95
STALE_SHARE = 0.1
"""After this share of the window without a sample, a machine may be gone."""


@check(
    "DR-RPL-002",
    "The recovery point objective was kept over the last weeks",
    severity=Severity.HIGH,
    why=(
        "A figure that is good now proves one minute. Whether the promise was kept is a matter of weeks, and auditors "
        "test how a control worked over a period."
    ),
    source="SOC 2 A1.2 (operating effectiveness over a period); Regulation (EU) 2022/2554 (DORA), Art. 12(6)",
    remedy=(
        "`drcheck history <machine>` shows when it fell behind: look for backups, patch nights or changed disks at "
        "those times, give replication more bandwidth, or promise less."
    ),
    controls=("NIST SP 800-53 CP-4", "NIST SP 800-53 CP-6(2)", "NIST SP 800-53 CA-7", "SOC 2 A1.2", "DORA Art. 12(6)"),
)
def check_rpo_over_time(history: RpoHistory, topology: Topology, policy: Policy) -> Outcome:
    """Add up for how long samples lay above the target, and hold the lag of 95 % of the time against it.

    A sample stands until the next one, so rare samples make a short lapse long: sample as often as it matters. A
    machine of which no run ever took a sample is judged by DR-RPL-001 and DR-HVR-002 only.
    """
    target = _target(history, topology, policy)
    budget = history.window_seconds * policy.rpo_violation_percent / 100
    above, usual = history.violation_seconds(target), history.percentile(SHARE)
    expected = f"95 % of the time at most {human(target)}, and above it for at most {human(budget)}"
    covered = 100 * history.covered_seconds / history.window_seconds
    what = f"{human(usual)} for 95 % of the time, above {human(target)} for {human(above)}"
    what += f", by {len(history.levels)} samples"
    enough = covered >= policy.rpo_samples_percent
    if above > budget or (enough and usual > target):
        return failed(f"{history.name}: {what}; allowed: {expected}", observed=what, expected=expected)
    if not enough:
        _explain(history, topology, policy)
        raise Unknown(
            f"{history.name}: samples stand for {covered:.0f} % of {human(history.window_seconds)}; "
            f"{policy.rpo_samples_percent:g} % are needed"
        )
    return passed(f"{history.name}: {what}; allowed: {expected}", observed=what, expected=expected)


def _target(history: RpoHistory, topology: Topology, policy: Policy) -> int:
    """The tier's target, or the application's own where that is stricter."""
    application = application_of(topology, history.vm_id, history.name)
    allowed = policy.tier(application.tier if application else None).rpo
    return min(allowed, application.rpo_seconds) if application and application.rpo_seconds > 0 else allowed


def _explain(history: RpoHistory, topology: Topology, policy: Policy) -> None:
    """Raise ``NotApplicable`` when there is a good reason for too few samples."""
    recorded = (topology.as_of - history.since).total_seconds()
    if recorded < history.window_seconds * policy.rpo_samples_percent / 100:
        if history.covered_seconds < recorded * policy.rpo_samples_percent / 100:
            raise Unknown(
                f"{history.name} is recorded for {human(recorded)}, and samples stand for "
                f"{human(history.covered_seconds)} of that; {policy.rpo_samples_percent:g} % are needed"
            )
        raise NotApplicable(f"{history.name} is recorded for {human(recorded)} only, and has kept its RPO since")
    silent = (topology.as_of - history.last).total_seconds()
    items = topology.where(ProtectedItem, "vm_id", history.vm_id)
    replications = topology.where(VmReplication, "vm_id", history.vm_id)
    if silent > STALE_SHARE * history.window_seconds and not (items or replications):
        topology.require(ProtectedItem)
        topology.require(VmReplication)
        raise NotApplicable(f"{history.name} is no longer replicated")
