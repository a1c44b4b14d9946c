"""Does a machine change faster than Site Recovery can copy it?"""

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed, warned
from drcheck.data.limits import limit
from drcheck.topology.azure_targets import TO_AZURE, by_provider
from drcheck.topology.base import Topology
from drcheck.topology.hyperv import HyperVVm, VmReplication
from drcheck.topology.links import average, peak
from drcheck.topology.site_recovery import ProtectedItem
from drcheck.topology.workload import running
from drcheck.verdict import Severity

MB = 1e6


@check(
    "DR-BWC-001",
    "A protected item changes no faster than Site Recovery takes",
    severity=Severity.HIGH,
    why=(
        "Above the limit a machine's copy falls behind with each cycle, until its log is too large and everything is "
        "compared again. The recovery point grows older all the while."
    ),
    source="Microsoft, Support matrix for disaster recovery of on-premises Hyper-V VMs to Azure (churn per VM)",
    remedy=(
        "Leave scratch and page-file disks out, spread the load over more machines, or choose another method for this "
        "one; Site Recovery's deployment planner profiles the churn of each disk over a month."
    ),
    controls=("NIST SP 800-53 CP-2(2)", "NIST SP 800-53 CP-6(2)", "ISO/IEC 27001:2022 A.8.6"),
)
def check_churn_within_limit(item: ProtectedItem, topology: Topology) -> Outcome:
    """What the VM's host counted in its current monitoring window, where it lists Site Recovery's replication at all.

    The average has to be within the limit; that the largest cycle is not is a warning. Whether hosts list what another
    engine replicates is unverified, as is whether the sizes are those before compression. Not judged: a machine whose
    host lists nothing, any day but this one, and the limits of a disk, which depend on a storage type nobody tells.
    """
    if by_provider(item) != TO_AZURE or item.active_location == "Recovery":
        raise NotApplicable(f"{item.name} is not on its way to Azure ({item.provider})")
    allowed = limit("site-recovery.churn")
    expected = f"at most {allowed}"
    counted = [one for one in topology.where(VmReplication, "vm_id", item.vm_id) if one.mode == "Primary"]
    for one in counted:
        if average(one) > allowed.value * MB:
            what = f"{average(one) / MB:.1f} MB/s on average on {one.host}"
            return failed(f"{item.name}: {what}; allowed: {expected}", observed=what, expected=expected, facts=(one,))
    _prove_listed(item, counted, topology)
    for one in counted:
        if one.average_bytes is None or one.maximum_bytes is None or one.frequency_seconds <= 0:
            raise Unknown(f"{item.name}: {one.host} does not tell how much changes (no cycle in its window)")
    one = max(counted, key=peak)
    what = f"{average(one) / MB:.1f} MB/s on average and {peak(one) / MB:.1f} at most, in the present window"
    judge = warned if peak(one) > allowed.value * MB else passed
    return judge(f"{item.name}: {what}; allowed: {expected}", observed=what, expected=expected, facts=(one,))


def _prove_listed(item: ProtectedItem, counted: list[VmReplication], topology: Topology) -> None:
    """Raise ``Unknown`` unless the VM's host was read, and ``NotApplicable`` when it keeps no figures of it."""
    if not item.vm_id:
        raise Unknown(f"{item.name}: Site Recovery does not tell which VM stands behind it")
    here = running(topology, item.vm_id)
    if len(here) != 1:
        topology.require(HyperVVm)
        raise Unknown(f"{item.name}: {len(here)} hosts were seen to run its VM")
    topology.require(VmReplication, f"{VmReplication.ROLE}:{here[0].seen.endpoint}")
    if not counted:
        raise NotApplicable(f"{item.name}: {here[0].host} keeps no figures of what Site Recovery copies")
