"""Does the second hop of a replication work, and does nobody rely on what it cannot do?"""

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed
from drcheck.policy import Policy, human
from drcheck.topology.ages import age_of
from drcheck.topology.base import Topology
from drcheck.topology.hyperv import VmReplication
from drcheck.topology.hyperv_replica import by_hyperv
from drcheck.verdict import Severity


@check(
    "DR-HVR-102",
    "Replication to a third site works, and claims no application-consistent points",
    severity=Severity.MEDIUM,
    why=(
        "The third copy is for the day on which both sites are gone, and nobody looks at it before. Extended "
        "replication makes no application-consistent recovery points, whatever the settings say."
    ),
    source="Microsoft, Set up Hyper-V Replica: extended replication",
    remedy=(
        "On the host in the middle: Resume-VMReplication -VMName <vm> -ReplicationRelationshipType Extended; where "
        "application-consistent points are needed, recover from the second site."
    ),
    controls=("NIST SP 800-53 CP-6(2)", "NIST SP 800-53 CP-9", "ISO/IEC 27001:2022 A.8.14"),
)
def check_third_site_healthy(replication: VmReplication, topology: Topology, policy: Policy) -> Outcome:
    """Judge the second hop on the host that sends it and on the one that receives it: state, health, age, claims.

    Which machines should have a third copy is declared nowhere, so that one that has none is not found.
    """
    if not by_hyperv(topology, replication):
        raise NotApplicable(f"{replication.name} on {replication.host} is replicated by another engine than Hyper-V's")
    if replication.relationship != "Extended" and replication.mode != "ExtendedReplica":
        raise NotApplicable(f"{replication.name} on {replication.host} is not replicated to a third site")
    name = f"{replication.name} on {replication.host}"
    limit = policy.lag_cycles * replication.frequency_seconds
    expected = f"state Replicating, health Normal, at most {human(limit)} old, no application-consistent points"
    faults = _faults(replication)
    age = None
    if replication.last_replication is not None:
        age = age_of(topology, replication.last_replication, replication.seen.endpoint, policy.clock_skew_max)
        if age.exceeds(limit):
            faults.append(f"last replicated {human(age.seconds)} ago")
    if faults:
        what = "; ".join(faults)
        return failed(f"{name}: {what}; allowed: {expected}", observed=what, expected=expected)
    if age is None or not replication.state or not replication.health or replication.vss_enabled is None:
        raise Unknown(f"{name} does not tell its state, when it last replicated, or which recovery points it makes")
    what = f"replicating, last {human(age.seconds)} ago"
    return passed(f"{name}: {what}; allowed: {expected}", observed=what, expected=expected)


def _faults(replication: VmReplication) -> list[str]:
    found = []
    if replication.state not in ("", "Replicating"):
        found.append(f"state {replication.state}")
    if replication.health not in ("", "Normal"):
        found.append(f"health {replication.health}")
    if replication.vss_enabled:
        found.append("claims application-consistent recovery points")
    return found
