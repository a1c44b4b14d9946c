"""Can the replica's host run machines of the version that the primary has?"""

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed
from drcheck.topology.base import Topology
from drcheck.topology.hyperv import RECEIVING, HyperVVm, VmReplication
from drcheck.topology.hyperv_replica import by_hyperv
from drcheck.topology.windows_host import HyperVHost
from drcheck.topology.workload import running
from drcheck.verdict import Severity


@check(
    "DR-HVR-101",
    "The replica's host supports the configuration version of the VM",
    severity=Severity.HIGH,
    why=(
        "A VM whose version was raised on a newer host cannot be started on an older one, and there is no way back to "
        "an older version. The replica goes on receiving changes until the day on which it has to start."
    ),
    source="Microsoft, Upgrade virtual machine version in Hyper-V (supported configuration versions)",
    remedy="Upgrade the replica's host, or replicate to one whose Get-VMHost lists the version in SupportedVmVersions.",
    controls=("NIST SP 800-53 CP-2(2)", "NIST SP 800-53 CP-10", "ISO/IEC 27001:2022 A.8.14"),
)
def check_version_supported(replication: VmReplication, topology: Topology) -> Outcome:
    """Hold the version of the VM, on both sides, against what the receiving host says it can run.

    Not judged: whether the primary's host could take the machine back, which a failback would need.
    """
    if not by_hyperv(topology, replication):
        raise NotApplicable(f"{replication.name} on {replication.host} is replicated by another engine than Hyper-V's")
    if replication.mode not in RECEIVING or replication.relationship == "Extended":
        raise NotApplicable(f"{replication.name} on {replication.host} is not the receiving side")
    name = f"{replication.name} on {replication.host}"
    host = topology.get(HyperVHost, replication.host)
    if host is None or host.supported_versions is None:
        topology.require(HyperVHost, f"hyperv:{replication.seen.endpoint}")
        raise Unknown(f"{name}: which versions that host supports was not told")
    expected = f"one of {', '.join(host.supported_versions)}"
    vms = [*_replica(replication, topology), *running(topology, replication.vm_id)]
    lost = [f"version {vm.version} on {vm.host}" for vm in vms if vm.version not in (None, *host.supported_versions)]
    facts = (host, *vms)
    if lost:
        what = ", ".join(lost)
        return failed(f"{name}: {what}; allowed: {expected}", observed=what, expected=expected, facts=facts)
    topology.require(HyperVVm, f"hyperv:{replication.seen.endpoint}")
    if not running(topology, replication.vm_id):
        topology.require(HyperVVm)
        raise Unknown(f"{name}: no host was seen to run its primary")
    if not all(vm.version for vm in vms):
        raise Unknown(f"{name}: its version was not told")
    what = f"version {vms[-1].version}"
    return passed(f"{name}: {what}; allowed: {expected}", observed=what, expected=expected, facts=facts)


def _replica(replication: VmReplication, topology: Topology) -> list[HyperVVm]:
    found = topology.get(HyperVVm, f"{replication.vm_id}@{replication.host}")
    return [found] if found else []
