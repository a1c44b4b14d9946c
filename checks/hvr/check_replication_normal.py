"""Does Hyper-V Replica say that a relationship works, on whichever side we ask?"""

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed
from drcheck.topology.base import Topology
from drcheck.topology.hyperv import VmReplication
from drcheck.topology.hyperv_replica import by_hyperv
from drcheck.verdict import Severity

EXPECTED = "state Replicating, health Normal"


@check(
    "DR-HVR-001",
    "Replication state and health are normal on both sides",
    severity=Severity.CRITICAL,
    why=(
        "Warning already means that a fifth of the cycles were missed or that the replica is an hour behind; "
        "Critical and every state but Replicating mean that nothing arrives without somebody stepping in."
    ),
    source=(
        "Microsoft, Interpreting replication health, part 1 (techcommunity.microsoft.com); "
        "Microsoft, Set up Hyper-V Replica (2025-01)"
    ),
    remedy=(
        "Measure-VMReplication -VMName <vm> on both hosts names the cause; then Resume-VMReplication, or "
        "Resume-VMReplication -Resynchronize."
    ),
    controls=("NIST SP 800-53 CP-6(2)", "NIST SP 800-53 CP-9", "ISO/IEC 27001:2022 A.8.14"),
)
def check_replication_normal(replication: VmReplication, topology: Topology) -> Outcome:
    """State is what happens now, health what happened in the monitoring window; both have to be right.

    The same cmdlet lists what another engine replicates, Site Recovery above all, whose health its vault tells.
    """
    if not by_hyperv(topology, replication):
        raise NotApplicable(f"{replication.name} on {replication.host} is replicated by another engine than Hyper-V's")
    name = f"{replication.name} ({replication.mode} side on {replication.host}, {_link(replication)})"
    what = f"state {replication.state or 'not told'}, health {replication.health or 'not told'}"
    if replication.state not in ("", "Replicating") or replication.health in ("Warning", "Critical"):
        return failed(f"{name}: {what}; allowed: {EXPECTED}", observed=what, expected=EXPECTED)
    if (replication.state, replication.health) != ("Replicating", "Normal"):
        raise Unknown(f"{name}: {what}")
    return passed(f"{name}: {what}", observed=what, expected=EXPECTED)


def _link(replication: VmReplication) -> str:
    return f"{replication.primary_server} -> {replication.current_replica_server or replication.replica_server}"
