"""Could the hosts of a site run the replicas that they hold, when the day comes?"""

from collections.abc import Sequence

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed
from drcheck.policy import Policy
from drcheck.topology.base import Topology
from drcheck.topology.cluster import ClusterNode
from drcheck.topology.declared import Site
from drcheck.topology.hyperv import RECEIVING, HyperVVm
from drcheck.topology.membership import application_of
from drcheck.topology.sites import site_of
from drcheck.topology.vmm import VmmServer
from drcheck.topology.windows_host import HyperVHost
from drcheck.topology.workload import running
from drcheck.verdict import Severity

EXPECTED = "memory and virtual processors for every replica that has to run, with one host of each cluster gone"
GIB = 1 << 30


@check(
    "DR-CAP-001",
    "The hosts of a site can run the replicas that they hold",
    severity=Severity.CRITICAL,
    why=(
        "A replica takes up disk space and nothing else until it is started. Whether the memory is there shows when "
        "all of them are started at once, unless somebody has done the sum before."
    ),
    source="Microsoft, Set up Hyper-V Replica; Plan for Hyper-V scalability in Windows Server",
    remedy=(
        "Add hosts or memory at the site; or declare in estate.yaml, by `tier`, which applications need not run there "
        "(`policy.recovered_tiers`)."
    ),
    controls=("NIST SP 800-53 CP-2(2)", "NIST SP 800-53 CP-7", "ISO/IEC 27001:2022 A.8.6", "DORA Art. 12(4)"),
)
def check_replicas_fit(site: Site, topology: Topology, policy: Policy) -> Outcome:
    """Memory and processors of the site's Hyper-V hosts against what runs there and the replicas of the first tiers.

    A machine with dynamic memory counts with what it is assigned where it runs now, if that is more than it starts
    with. A host that is in no cluster has nobody to stand in for it and counts in full. Storage is not counted: the
    replicas' disks are there already, the differencing disks of a drill are not.
    """
    if site.role == "azure":
        raise NotApplicable(f"{site.name} is in Azure, where quotas are the limit")
    names = _hosts(site, topology)
    vms = [vm for name in names for vm in topology.where(HyperVVm, "host", name)]
    wanted = [vm for vm in vms if vm.replication_mode in RECEIVING and _counts(vm, topology, policy)]
    if not wanted:
        _require(site, names, topology)
        raise NotApplicable(f"no replica at {site.name} has to run there")
    _require_hosts(site, topology)
    hosts = [host for host in topology.seen(HyperVHost) if host.host in names]
    spare = _spare(hosts, topology)
    live = [vm for vm in vms if vm.replication_mode not in RECEIVING and vm.state != "Off"]
    memory = sum(host.memory_bytes - policy.host_reserve_gib * GIB for host in hosts)
    memory -= sum(host.memory_bytes for host in spare) + sum(vm.memory_assigned_bytes or 0 for vm in live if vm.state)
    processors = policy.vcpus_per_processor * (sum(_processors(hosts)) - sum(_processors(spare)))
    processors -= sum(vm.processors or 0 for vm in live if vm.state)
    need, need_cpu = sum(_memory(vm, topology) for vm in wanted), sum(vm.processors or 0 for vm in wanted)
    what = (
        f"{len(wanted)} replicas need {need / GIB:.0f} GiB and {need_cpu} vCPUs; {len(hosts) - len(spare)} hosts have "
        f"{memory / GIB:.0f} GiB and {processors:.0f} vCPUs left"
    )
    facts = (*hosts, *wanted)
    if need > memory or need_cpu > processors:
        return failed(
            f"{site.name}: {what}; allowed: {EXPECTED}", observed=what, expected=EXPECTED, facts=tuple(wanted)
        )
    _require(site, names, topology)
    _told([*wanted, *live], topology)
    return passed(f"{site.name}: {what}", observed=what, expected=EXPECTED, facts=facts)


def _hosts(site: Site, topology: Topology) -> list[str]:
    """Every Hyper-V host of the site that is known, answering or not."""
    names = {target.endpoint for target in topology.targets if target.role == HyperVHost.ROLE}
    return sorted(name for name in names if site_of(topology, name).key == site.key)


def _counts(vm: HyperVVm, topology: Topology, policy: Policy) -> bool:
    """It belongs to a tier that has to run, or is a VMM server."""
    application = application_of(topology, vm.vm_id, vm.name)
    tier = application.tier if application else policy.default_tier
    return tier <= policy.recovered_tiers or any(server.vm_id == vm.vm_id for server in topology.seen(VmmServer))


def _require_hosts(site: Site, topology: Topology) -> None:
    """Every host of the site told its capacity, and there are no others; a silent host elsewhere does not matter."""
    for gap in topology.missing(HyperVHost):
        elsewhere = gap.kind == "HyperVHost" and site_of(topology, gap.seen.endpoint).key != site.key
        if not elsewhere:
            raise Unknown(f"the hosts at {site.name} are not all known: {gap.key}: {gap.reason}", [gap])


def _require(site: Site, names: Sequence[str], topology: Topology) -> None:
    _require_hosts(site, topology)
    for name in names:
        topology.require(HyperVVm, f"hyperv:{name}")
    for kind in (ClusterNode, VmmServer):
        topology.require(kind)


def _spare(hosts: Sequence[HyperVHost], topology: Topology) -> list[HyperVHost]:
    """The largest host of each cluster that has more than one here: the one that may be lost."""
    clusters: dict[str, list[HyperVHost]] = {}
    for host in hosts:
        for node in topology.where(ClusterNode, "host", host.host):
            clusters.setdefault(node.cluster, []).append(host)
    return [max(members, key=lambda one: one.memory_bytes) for members in clusters.values() if len(members) > 1]


def _processors(hosts: Sequence[HyperVHost]) -> list[int]:
    return [host.logical_processors for host in hosts]


def _memory(vm: HyperVVm, topology: Topology) -> int:
    """What a replica would take: a machine with dynamic memory may have grown since it was started."""
    grown = [one.memory_assigned_bytes or 0 for one in running(topology, vm.vm_id)] if vm.memory_dynamic else []
    return max(vm.memory_startup_bytes or 0, *grown, 0)


def _told(vms: Sequence[HyperVVm], topology: Topology) -> None:
    for vm in vms:
        told = (vm.memory_startup_bytes, vm.processors, vm.memory_dynamic, vm.memory_assigned_bytes, vm.state or None)
        if None in told:
            raise Unknown(f"memory or processors of {vm.name} on {vm.host} were not told")
        grown = [one.memory_assigned_bytes for one in running(topology, vm.vm_id)]
        if vm.memory_dynamic and (not grown or None in grown):
            topology.require(HyperVVm)
            raise Unknown(f"how much memory {vm.name} has where it runs was not seen")
