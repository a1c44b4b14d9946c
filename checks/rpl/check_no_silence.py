"""Is a copy that is said to be well still heard of?"""

from collections.abc import Iterator
from datetime import datetime

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed
from drcheck.policy import Policy, human
from drcheck.topology.ages import age_of
from drcheck.topology.base import Topology
from drcheck.topology.copies import Copy
from drcheck.topology.hyperv import VmReplication
from drcheck.topology.hyperv_replica import by_hyperv
from drcheck.topology.site_recovery import ProtectedItem
from drcheck.topology.site_recovery_state import RecoveryProvider
from drcheck.verdict import Severity


@check(
    "DR-RPL-004",
    "A copy that is said to be healthy was heard of lately",
    severity=Severity.HIGH,
    why=(
        "Health is kept as it was last computed. When the provider or the engine that computes it falls silent, it "
        "stays green, and every report that repeats it is wrong."
    ),
    source=(
        "Microsoft, Site Recovery REST API: lastRpoCalculatedTime, lastHeartBeat; Microsoft, Monitor Site Recovery; "
        "Measure-VMReplication (Hyper-V module)"
    ),
    remedy=(
        "Look why nothing is heard: the provider's service on the VMM server (vault > Site Recovery infrastructure), "
        "or Measure-VMReplication on both hosts; then let it compute anew."
    ),
    controls=("NIST SP 800-53 CA-7", "ISO/IEC 27001:2022 A.8.16"),
)
def check_no_silence(copy: Copy, topology: Topology, policy: Policy) -> Outcome:
    """Judge the age of what a claim of health rests on: the last cycle, the last RPO figure, the provider's heartbeat.

    A copy that is said to be unwell is not silent: other checks judge it. One without any time proves nothing.
    """
    limit = policy.silence_max_age
    expected = f"a sign of life in the last {human(limit)}"
    old, signs = [], list(_signs(copy, topology))
    for sign, when, endpoint in signs:
        if when is not None:
            age = age_of(topology, when, endpoint, policy.clock_skew_max)
            old += [f"{sign} is {human(age.seconds)} old"] if age.exceeds(limit) else []
    if old:
        what = f"said to be healthy, and {', '.join(old)}"
        return failed(f"{copy.title}: {what}; allowed: {expected}", observed=what, expected=expected)
    if topology.get(VmReplication, copy.key) is None:
        topology.require(RecoveryProvider)
    mute = [sign for sign, when, _ in signs if when is None]
    if mute:
        raise Unknown(f"{copy.title} is said to be healthy, and {', '.join(mute)} was not told")
    what = f"{', '.join(sign for sign, _, _ in signs)}: none older than {human(limit)}"
    return passed(f"{copy.title}: {what}", observed=what, expected=expected)


Sign = tuple[str, datetime | None, str]


def _signs(copy: Copy, topology: Topology) -> Iterator[Sign]:
    """What is known of a copy that claims good health, when from, and by whose clock."""
    item = topology.get(ProtectedItem, copy.key)
    if item:
        yield from _of_item(item, topology)
    else:
        yield from _of_replication(topology.need(VmReplication, copy.key), topology)


def _of_item(item: ProtectedItem, topology: Topology) -> Iterator[Sign]:
    if item.active_location == "Recovery":
        raise NotApplicable(f"{item.name} runs at its recovery location")
    if item.replication_health != "Normal":
        raise NotApplicable(f"{item.name} claims no good health ({item.replication_health or 'none told'})")
    yield "its RPO figure", item.rpo_calculated, item.seen.endpoint
    provider = topology.get(RecoveryProvider, item.recovery_provider)
    if provider:
        yield f"the heartbeat of {provider.name}", provider.last_heartbeat, provider.seen.endpoint


def _of_replication(replication: VmReplication, topology: Topology) -> Iterator[Sign]:
    if not by_hyperv(topology, replication):
        raise NotApplicable(f"{replication.name} on {replication.host} belongs to another engine than Hyper-V Replica")
    if (replication.state, replication.health) != ("Replicating", "Normal"):
        told = f"state {replication.state or 'not told'}, health {replication.health or 'not told'}"
        raise NotApplicable(f"{replication.name} on {replication.host} claims no good health ({told})")
    yield "its last cycle", replication.last_replication, replication.seen.endpoint
