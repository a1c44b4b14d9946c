"""How far is a replica behind its primary, and how many cycles never arrived?"""

from collections.abc import Iterator

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed
from drcheck.policy import Policy, human
from drcheck.topology.ages import Age, age_of
from drcheck.topology.base import Topology
from drcheck.topology.hyperv import VmReplication
from drcheck.topology.hyperv_replica import by_hyperv
from drcheck.topology.membership import application_of
from drcheck.verdict import Severity


@check(
    "DR-HVR-002",
    "A replica is within the recovery point objective and few cycles behind",
    severity=Severity.HIGH,
    why=(
        "Hyper-V calls a replication Normal until a fifth of its cycles is missed or an hour has passed. A promise of "
        "fifteen minutes is broken long before that, without a word."
    ),
    source=(
        "Microsoft, Interpreting replication health, part 1 (techcommunity.microsoft.com); "
        "Microsoft, Measure-VMReplication (Hyper-V module)"
    ),
    remedy=(
        "Measure-VMReplication -VMName <vm> shows size and latency of the cycles: give replication more bandwidth, "
        "lower what the VM writes, or choose a longer frequency and a larger RPO on purpose."
    ),
    controls=("NIST SP 800-53 CP-6(2)", "DORA Art. 12(6)", "ISO/IEC 27001:2022 A.5.30"),
)
def check_lag_within_rpo(replication: VmReplication, topology: Topology, policy: Policy) -> Outcome:
    """Judge the lag at the moment of reading: by the end of a long discovery, a short cycle has run again.

    Each side tells for itself. The second hop to a third site has no recovery point objective of its own.
    """
    if not by_hyperv(topology, replication):
        raise NotApplicable(f"{replication.name} on {replication.host} is replicated by another engine than Hyper-V's")
    if replication.relationship == "Extended" or replication.mode == "ExtendedReplica":
        raise NotApplicable(f"{replication.name} on {replication.host} is the second hop, to a third site")
    name = f"{replication.name} ({replication.mode} side on {replication.host})"
    limit = _limit(replication, topology, policy)
    expected = f"at most {human(limit)} behind, at most {policy.missed_cycles_percent:g} % of the cycles missed"
    lag, missed = _lag(replication, topology, policy), _missed_percent(replication)
    what = ", ".join(_told(lag, missed))
    thin = missed is not None and missed > policy.missed_cycles_percent
    if thin or (lag is not None and lag.exceeds(limit)):
        return failed(f"{name}: {what}; allowed: {expected}", observed=what, expected=expected)
    if lag is None or missed is None:
        raise Unknown(f"{name} does not tell {'when it last replicated' if lag is None else 'how many cycles it ran'}")
    return passed(f"{name}: {what}; allowed: {expected}", observed=what, expected=expected)


def _limit(replication: VmReplication, topology: Topology, policy: Policy) -> int:
    """The smallest of the tier's target, the application's own, and so many cycles."""
    application = application_of(topology, replication.vm_id, replication.name)
    limits = [policy.lag_cycles * replication.frequency_seconds]
    limits.append(policy.tier(application.tier if application else None).rpo)
    if application:
        limits.append(application.rpo_seconds)
    return min(limit for limit in limits if limit > 0)


def _lag(replication: VmReplication, topology: Topology, policy: Policy) -> Age | None:
    if replication.last_replication is None:
        return None
    age = age_of(topology, replication.last_replication, replication.seen.endpoint, policy.clock_skew_max)
    since = (topology.as_of - replication.seen.at).total_seconds()
    return Age(seconds=max(0.0, age.seconds - since), uncertainty=age.uncertainty)


def _missed_percent(replication: VmReplication) -> float | None:
    """Of the cycles in the host's current monitoring window, which may just have begun."""
    if replication.missed_count is None or replication.successful_count is None:
        return None
    return 100.0 * replication.missed_count / max(1, replication.missed_count + replication.successful_count)


def _told(lag: Age | None, missed: float | None) -> Iterator[str]:
    if lag is not None:
        yield f"{human(lag.seconds)} behind"
    if missed is not None:
        yield f"{missed:.0f} % of the cycles missed"
