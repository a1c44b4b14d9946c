"""Is the switch that drills use on every host on which a copy may be started?"""

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed
from drcheck.topology.base import Topology
from drcheck.topology.cluster import ClusterNode
from drcheck.topology.declared import DrillNetwork
from drcheck.topology.hyperv import RECEIVING, HyperVVm, VmReplication, VmSwitch
from drcheck.topology.hyperv_replica import by_hyperv
from drcheck.verdict import Severity

EXPECTED = "the switch on every host that keeps such a replica, and on every node of its cluster"


@check(
    "DR-NET-102",
    "A drill network of Hyper-V is on every host that may hold a replica",
    severity=Severity.MEDIUM,
    why=(
        "A test starts the copy where the replica is at that moment. On a host without the switch it is connected to "
        "nothing, and after a live migration that host is another one than in the last drill."
    ),
    source=(
        "Microsoft, Run a DR drill for Hyper-V VMs in VMM clouds (test failover networks on every host); "
        "Set-VMNetworkAdapter -TestReplicaSwitchName"
    ),
    remedy="On each host that is named: New-VMSwitch -Name <drill network> -SwitchType Private.",
    controls=("NIST SP 800-53 CP-4(2)", "NIST SP 800-53 CP-4", "ISO 22301 8.5"),
)
def check_drill_network_everywhere(network: DrillNetwork, topology: Topology) -> Outcome:
    """Compare the hosts that have the switch with those of replicas that are tested in it.

    A replica goes by the test switch of its adapters; one whose adapters name no declared network goes by the only
    declared one. A clustered replica may be on any node of its cluster: owner lists are not looked at. Of what type
    the switch is DR-NET-003 judges. Not judged: logical networks of VMM, whose bindings to adapters are not read.
    """
    if network.platform != "hyperv":
        raise NotApplicable(f"{network.name.rpartition('/')[2]} is in Azure, where it is not bound to hosts")
    switches = tuple(one for one in topology.seen(VmSwitch) if one.name.lower() == network.name.lower())
    if not switches:
        topology.require(VmSwitch)
        raise NotApplicable(f"no host has a switch {network.name}; DR-NET-003 says so")
    doubts: list[Unknown] = []
    needed = _needed(network, topology, doubts)
    absent = sorted(needed - {one.host for one in switches})
    lacking = [host for host in absent if not topology.missing(VmSwitch, f"hyperv:{host}")]
    if lacking:
        what = f"not on {', '.join(lacking)}"
        message = f"drill network {network.name}: {what}; allowed: {EXPECTED}"
        return failed(message, observed=what, expected=EXPECTED, facts=switches)
    for kind in (DrillNetwork, VmReplication):
        topology.require(kind)
    for doubt in doubts:
        raise doubt
    for host in absent:
        topology.require(VmSwitch, f"hyperv:{host}")
    if not needed:
        raise NotApplicable(f"no replica is tested in {network.name}")
    what = f"on {', '.join(sorted(needed))}"
    return passed(f"drill network {network.name}: {what}", observed=what, expected=EXPECTED, facts=switches)


def _needed(network: DrillNetwork, topology: Topology, doubts: list[Unknown]) -> set[str]:
    """Hosts on which a replica is or may be that is tested there; what nobody can tell is added to the doubts."""
    places: set[tuple[str, bool]] = set()
    for replication in topology.seen(VmReplication):
        if replication.mode in RECEIVING and replication.relationship != "Extended":
            try:
                vm = _replica(replication, topology)
            except Unknown as unknown:
                doubts.append(unknown)
            else:
                places |= {(vm.host, vm.clustered)} if vm and _tested_in(vm, network, topology) else set()
    hosts = {host for host, _ in places}
    for host in sorted(host for host, clustered in places if clustered):
        try:
            hosts |= _nodes_beside(host, topology)
        except Unknown as unknown:
            doubts.append(unknown)
    return hosts


def _replica(replication: VmReplication, topology: Topology) -> HyperVVm | None:
    """The receiving machine; ``None`` when another engine than Hyper-V's replicates it."""
    if not by_hyperv(topology, replication):
        return None
    vm = topology.get(HyperVVm, f"{replication.vm_id}@{replication.host}")
    if vm is None:
        topology.require(HyperVVm, f"hyperv:{replication.seen.endpoint}")
        raise Unknown(f"{replication.name} was no VM of {replication.host} when its VMs were listed")
    return vm


def _tested_in(vm: HyperVVm, network: DrillNetwork, topology: Topology) -> bool:
    declared = {one.name.lower() for one in topology.where(DrillNetwork, "platform", "hyperv")}
    named = {adapter.test_replica_switch.lower() for adapter in vm.adapters} & declared
    if named or not vm.adapters:
        return network.name.lower() in named
    return len(declared) == 1 and not topology.missing(DrillNetwork)


def _nodes_beside(host: str, topology: Topology) -> set[str]:
    """Every node of the cluster that a host is a node of."""
    found = topology.where(ClusterNode, "host", host)
    if not found:
        topology.require(ClusterNode)
        raise Unknown(f"{host} has a clustered replica, and no cluster says that it is a node of it")
    for node in found:
        topology.require(ClusterNode, f"cluster:{node.seen.endpoint}")
    return {one.host for node in found for one in topology.where(ClusterNode, "cluster", node.cluster)}
