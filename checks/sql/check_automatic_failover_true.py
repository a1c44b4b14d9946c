"""Does the availability group fail over the way somebody has promised it does?"""

from collections.abc import Sequence

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed
from drcheck.topology.availability import holders, primary_of, takes_over
from drcheck.topology.base import Topology, same_host
from drcheck.topology.declared import SequenceStep
from drcheck.topology.quorum import cluster_of, lose, places_of
from drcheck.topology.sites import site_of
from drcheck.topology.sql import AvailabilityGroup, AvailabilityReplica
from drcheck.verdict import Severity

EXPECTED = (
    "automatic failover to another site that the cluster survives, or a declared manual step with owner and minutes"
)


@check(
    "DR-SQL-005",
    "A group fails over to another site as the recovery sequence says",
    severity=Severity.HIGH,
    why=(
        "Groups over a distance mostly run asynchronously and are failed over by hand. Where everybody believes that "
        "it happens by itself, nobody gives the order, and nobody has decided how much data may be lost."
    ),
    source="Microsoft, Failover and failover modes (Always On availability groups); quorum modes",
    remedy=(
        "ALTER AVAILABILITY GROUP ... MODIFY REPLICA ... (AVAILABILITY_MODE = SYNCHRONOUS_COMMIT, FAILOVER_MODE = "
        "AUTOMATIC); or declare the step in estate.yaml: sequence: - {action: sql, target: <group>, manual: true, ...}."
    ),
    controls=("NIST SP 800-53 CP-2(3)", "NIST SP 800-53 CP-10", "ISO 22301 8.4"),
)
def check_automatic_failover_true(group: AvailabilityGroup, topology: Topology) -> Outcome:
    """A declared ``sql`` step without ``manual: true`` promises that the group moves by itself.

    Which command the manual step runs and how much data it may lose is not declared anywhere and not looked at.
    """
    sites = holders(topology, group.key, group.seen.endpoint)
    if len(sites) < 2:
        raise NotApplicable(f"the replicas of {group.name} are at {', '.join(sites)}")
    steps = [step for step in topology.all(SequenceStep) if step.action == "sql" and _means(step, group)]
    manual = [step for step in steps if step.manual]
    if manual:
        return _by_hand(group, manual, topology)
    primary = primary_of(topology, group.key)
    lacking = _lacking(primary, sites, topology)
    said = "it is declared to fail over by itself" if steps else "no manual step is declared"
    if lacking:
        what = f"{said}, and {lacking}"
        return failed(f"{group.name}: {what}; allowed: {EXPECTED}", observed=what, expected=EXPECTED, facts=(primary,))
    what = f"fails over by itself from {primary.name} when its site is lost"
    return passed(f"{group.name}: {what}", observed=what, expected=EXPECTED, facts=(primary,))


def _means(step: SequenceStep, group: AvailabilityGroup) -> bool:
    named = {name.lower() for name in (group.name, *group.databases)}
    return step.target.lower() in named or any(same_host(step.target, name) for name in group.listeners)


def _by_hand(group: AvailabilityGroup, steps: Sequence[SequenceStep], topology: Topology) -> Outcome:
    step = next((one for one in steps if not _shared(one, group, topology)), None)
    if step is None:
        raise Unknown(f"{group.name}: step {steps[0].number} may mean another group; name the listener in full")
    if not step.owner.strip() or step.minutes <= 0:
        what = f"step {step.number} has no owner or no duration"
        return failed(f"{group.name}: {what}; allowed: {EXPECTED}", observed=what, expected=EXPECTED, facts=(step,))
    what = f"by hand in step {step.number}: {step.owner}, {step.minutes} min"
    return passed(f"{group.name}: {what}", observed=what, expected=EXPECTED, facts=(step,))


def _shared(step: SequenceStep, group: AvailabilityGroup, topology: Topology) -> bool:
    """Does a step's word mean another group as well? A name in full is one listener's."""
    if any(step.target.lower() == name.lower() for name in group.listeners):
        return False
    return any(_means(step, one) for one in topology.all(AvailabilityGroup) if one.key != group.key)


def _lacking(
    primary: AvailabilityReplica, sites: dict[str, tuple[AvailabilityReplica, ...]], topology: Topology
) -> str:
    """What keeps the group from failing over to another site without anybody; empty when nothing does."""
    here = site_of(topology, primary.host).name
    away = [one for site, replicas in sites.items() if site != here for one in replicas]
    if not (takes_over(primary) and any(takes_over(one) for one in away)):
        modes = ", ".join(f"{one.name} is {one.availability_mode}/{one.failover_mode}" for one in (primary, *away))
        if not all(one.availability_mode and one.failover_mode for one in (primary, *away)):
            raise Unknown(f"the modes of a replica were not told: {modes}")
        return modes
    cluster = cluster_of(topology, primary.host)
    loss = lose(topology, cluster, here, places_of(topology, cluster))
    if loss.certain is None:
        raise Unknown(f"whether {cluster.name} survives the loss of {here} hangs on the place of its witness: {loss}")
    return "" if loss.certain else f"{cluster.name} loses its quorum: {loss}"
