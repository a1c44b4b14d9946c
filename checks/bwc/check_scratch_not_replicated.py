"""Are disks that may be lost left out of replication?"""

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed
from drcheck.policy import Policy
from drcheck.topology.base import Topology, matches
from drcheck.topology.hyperv import VmReplication
from drcheck.topology.hyperv_replica import by_hyperv
from drcheck.verdict import Severity

EXPECTED = "none of the disks that estate.yaml excludes"


@check(
    "DR-BWC-103",
    "Page-file and scratch disks are not replicated",
    severity=Severity.LOW,
    why=(
        "A page file is written all day and worth nothing on the replica. Its changes take the bandwidth that the "
        "data next to it needs, and lengthen each cycle."
    ),
    source="Microsoft, Set up Hyper-V Replica: choose replication VHDs; Hyper-V Replica capacity planning",
    remedy="Set-VMReplication -VMName <vm> -ReplicatedDisks <the others>; or take the pattern out of `excluded_disks`.",
    controls=("NIST SP 800-53 CP-2(2)", "ISO/IEC 27001:2022 A.8.6"),
)
def check_scratch_not_replicated(replication: VmReplication, topology: Topology, policy: Policy) -> Outcome:
    """Look for replicated disks that match a pattern of `policy: excluded_disks`.

    What is on a disk is told by no host: a page file on a disk that nobody declared is not found.
    """
    if not by_hyperv(topology, replication):
        raise NotApplicable(f"{replication.name} on {replication.host} is replicated by another engine than Hyper-V's")
    if replication.mode != "Primary":
        raise NotApplicable(f"{replication.host} does not send {replication.name}: the sending side chooses the disks")
    if not policy.excluded_disks:
        raise NotApplicable("estate.yaml declares no disks that may be lost (`policy: excluded_disks`)")
    name = f"{replication.name} on {replication.host}"
    sent = [path for path in replication.replicated_disks if matches(path, policy.excluded_disks)]
    if sent:
        what = f"replicated: {', '.join(sent)}"
        return failed(f"{name}: {what}; allowed: {EXPECTED}", observed=what, expected=EXPECTED)
    if not replication.replicated_disks:
        raise Unknown(f"{name} does not tell which disks are replicated")
    what = f"{len(replication.replicated_disks)} disks are replicated"
    return passed(f"{name}: {what}, {EXPECTED}", observed=what, expected=EXPECTED)
