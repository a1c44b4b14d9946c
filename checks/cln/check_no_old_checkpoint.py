"""Are protected machines free of checkpoints that somebody, or a backup, left behind?"""

from drcheck.check import NotApplicable, Outcome, check, failed, passed
from drcheck.policy import Policy, human
from drcheck.topology.ages import age_of
from drcheck.topology.base import Topology
from drcheck.topology.hyperv import RECEIVING, HyperVVm
from drcheck.topology.hyperv_replica import VmCheckpoint
from drcheck.topology.workload import items_of
from drcheck.verdict import Severity

REPLICATED = ("Primary", *RECEIVING)
LEFT = {"Standard": "checkpoint", "Recovery": "checkpoint of a backup"}


@check(
    "DR-CLN-005",
    "A protected VM has no checkpoint that was left behind",
    severity=Severity.MEDIUM,
    why=(
        "While a checkpoint exists, every write goes to a differencing disk that grows until the volume is full, and "
        "a machine with checkpoints cannot be failed back from Azure."
    ),
    source="Microsoft, Run a failback of Hyper-V VMs (Site Recovery); Microsoft, Using checkpoints (Hyper-V)",
    remedy="Remove-VMSnapshot -VMName <vm> -Name <checkpoint>, which merges it; let backup software end its own job.",
    controls=("NIST SP 800-53 CP-10",),
)
def check_no_old_checkpoint(vm: HyperVVm, topology: Topology, policy: Policy) -> Outcome:
    """Judge the age of checkpoints; differencing disks without a checkpoint are not looked for."""
    if vm.replication_mode == "TestReplica":
        raise NotApplicable(f"{vm.name} is the copy made by a test failover")
    if vm.replication_mode not in REPLICATED and not items_of(topology, vm.vm_id):
        raise NotApplicable(f"{vm.name} on {vm.host} is not replicated")
    limit, expected = policy.checkpoint_max_age, f"no checkpoint older than {human(policy.checkpoint_max_age)}"
    mine = [one for one in topology.where(VmCheckpoint, "vm_id", vm.vm_id) if one.host == vm.host]
    old = []
    for one in mine:
        age = age_of(topology, one.created, one.seen.endpoint, policy.clock_skew_max)
        if one.checkpoint_type in LEFT and age.exceeds(limit):
            old.append(f"a {LEFT[one.checkpoint_type]} that is {human(age.seconds)} old")
    name = f"{vm.name} on {vm.host}"
    if old:
        what = "; ".join(old)
        return failed(f"{name}: {what}; allowed: {expected}", observed=what, expected=expected, facts=tuple(mine))
    topology.require(VmCheckpoint, f"hyperv:{vm.seen.endpoint}")
    what = f"{len(mine)} checkpoints, none of them old" if mine else "no checkpoint"
    return passed(f"{name}: {what}", observed=what, expected=expected, facts=tuple(mine))
