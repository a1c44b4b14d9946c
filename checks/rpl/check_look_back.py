"""Could a machine be taken back to before damage that went unnoticed for a while?"""

from datetime import datetime

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed
from drcheck.policy import Policy, human
from drcheck.topology.ages import age_of
from drcheck.topology.azure_targets import TO_AZURE, by_provider
from drcheck.topology.base import Fact, Topology
from drcheck.topology.copies import Copy
from drcheck.topology.hyperv import VmReplication
from drcheck.topology.hyperv_replica import VmRecoveryPoints, by_hyperv
from drcheck.topology.membership import application_of
from drcheck.topology.site_recovery import ProtectedItem
from drcheck.topology.site_recovery_state import RecoveryPoints
from drcheck.verdict import Severity


@check(
    "DR-RPL-103",
    "A copy can be taken back as far as its tier asks",
    severity=Severity.MEDIUM,
    why=(
        "What was encrypted or deleted is so in the copy within minutes. Whoever notices it later than the oldest "
        "recovery point was made has a copy of the damage, and nothing to go back to but backups."
    ),
    source=(
        "Microsoft, Set up Hyper-V Replica: additional recovery points; Microsoft, Set up disaster recovery of "
        "Hyper-V VMs to Azure: recovery point retention"
    ),
    remedy=(
        "Set-VMReplication -VMName <vm> -RecoveryHistory <hours>, or a replication policy with a longer retention; "
        "what they cannot keep (24 h at most) needs backups, and another `look_back` in estate.yaml."
    ),
    controls=("NIST SP 800-53 CP-9(1)", "NIST SP 800-53 CP-10", "ISO/IEC 27001:2022 A.8.13"),
)
def check_look_back(copy: Copy, topology: Topology, policy: Policy) -> Outcome:
    """Hold the age of the oldest point that is kept now against the tier's `look_back` in `policy`.

    What counts is what exists, not what is set: a copy whose replication began, or was begun anew, within that time
    fails until it has its history, for it cannot be taken back so far. No fact tells for all copies when that was.

    Left out: whether the points between are there, whether the oldest one is free of damage, and backups.
    """
    if not any(tier.look_back for tier in policy.tiers.values()):
        raise NotApplicable("estate.yaml declares for no tier how far back it must be able to go (`look_back`)")
    name = f"{copy.name} on {copy.place}" if copy.place else copy.name
    application = application_of(topology, copy.vm_id, copy.name)
    limit = policy.tier(application.tier if application else None).look_back
    if not limit:
        raise NotApplicable(f"{name}: nobody declared how far back its tier must be able to go (`look_back`)")
    points, count, oldest = _of_replica(copy, topology) if copy.place else _of_item(copy, topology)
    expected = f"a recovery point more than {human(limit)} old"
    if not count:
        what = "no recovery point but the latest state"
        return failed(f"{name}: {what}; allowed: {expected}", observed=what, expected=expected, facts=(points,))
    if oldest is None:
        raise Unknown(f"{name}: the times of its {count} recovery points were not told")
    age = age_of(topology, oldest, points.seen.endpoint, policy.clock_skew_max)
    what = f"{count} recovery points, the oldest one {human(age.seconds)} old"
    judge = passed if age.exceeds(limit) else failed
    return judge(f"{name}: {what}; allowed: {expected}", observed=what, expected=expected, facts=(points,))


Kept = tuple[Fact, int, datetime | None]
"""What tells of the points of a copy, how many there are, and when the oldest one was made."""


def _of_replica(copy: Copy, topology: Topology) -> Kept:
    replication = topology.need(VmReplication, copy.key)
    if not by_hyperv(topology, replication):
        raise NotApplicable(f"{copy.name} on {copy.place} is replicated by another engine than Hyper-V's")
    points = topology.get(VmRecoveryPoints, f"{copy.vm_id}@{copy.place}")
    if points is None:
        topology.require(VmRecoveryPoints, f"hyperv:{copy.seen.endpoint}")
        raise Unknown(f"{copy.name} was no replica on {copy.place} when recovery points were listed")
    return points, points.point_count, points.oldest_point


def _of_item(copy: Copy, topology: Topology) -> Kept:
    item = topology.need(ProtectedItem, copy.key)
    if by_provider(item) != TO_AZURE:
        raise NotApplicable(f"{item.name} does not go to Azure: the vault lists no recovery points of it")
    if item.active_location == "Recovery":
        raise NotApplicable(f"{item.name} runs in Azure: nothing is replicated until it is protected again")
    points = topology.get(RecoveryPoints, copy.key)
    if points is None:
        topology.require(RecoveryPoints, f"vault:{item.vault}")
        raise Unknown(f"the vault was read, and {item.name} was gone by the time its recovery points were listed")
    return points, points.count, points.oldest
