"""Are application-consistent recovery points made at all, and kept long enough to be used?"""

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed
from drcheck.topology.azure_targets import TO_AZURE, by_provider
from drcheck.topology.site_recovery import ReplicationPolicy
from drcheck.verdict import Severity


@check(
    "DR-ASR-102",
    "A replication policy makes application-consistent points and keeps them",
    severity=Severity.MEDIUM,
    why=(
        "Without application-consistent points every recovery starts like a machine after a power cut: databases "
        "replay their logs, and some applications do not start. Points that live shorter than their interval leave "
        "hours in which there is none."
    ),
    source="Microsoft, Set up disaster recovery of Hyper-V VMs to Azure (replication policy)",
    remedy=(
        "Make a policy with an application-consistent snapshot frequency below the retention (vault > Site Recovery "
        "infrastructure > Replication policies) and associate it; a policy in use cannot be changed."
    ),
    controls=("NIST SP 800-53 CP-9(1)", "NIST SP 800-53 CP-10(2)"),
)
def check_app_consistent_points(policy: ReplicationPolicy) -> Outcome:
    """Zero hours means never; the retention must be longer than the interval."""
    if by_provider(policy) != TO_AZURE:
        raise NotApplicable(f"{policy.name} is of {policy.provider}, not of Hyper-V machines to Azure")
    every, kept = policy.app_consistent_hours, policy.retention_hours
    expected = "an interval above 0 h and below the retention"
    if every == 0:
        what = "application-consistent points are never made"
        return failed(f"{policy.name}: {what}; allowed: {expected}", observed=what, expected=expected)
    if every is None or kept is None:
        raise Unknown(f"{policy.name}: the service did not tell the interval or the retention")
    what = f"a point every {every} h, kept for {kept} h"
    if every >= kept:
        return failed(f"{policy.name}: {what}; allowed: {expected}", observed=what, expected=expected)
    return passed(f"{policy.name}: {what}", observed=what, expected=expected)
