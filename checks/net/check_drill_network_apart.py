"""Is the network that drills use kept apart from production and from real failovers?"""

from collections.abc import Iterator

from drcheck.check import Outcome, Unknown, check, failed, passed, warned
from drcheck.topology.azure import NetworkInterface, VirtualNetwork
from drcheck.topology.base import Topology
from drcheck.topology.declared import DrillNetwork
from drcheck.topology.hyperv import HyperVVm, VmSwitch
from drcheck.topology.site_recovery import NetworkMapping, ProtectedItem
from drcheck.verdict import Severity

EXPECTED = "connected to nothing, target of no failover, used by test VMs only"
TAG = ("drcheck", "isolated")
"""Name and value of the tag by which the network's owner agrees to its use."""


@check(
    "DR-NET-003",
    "A drill network is neither a production network nor the target of real failovers",
    severity=Severity.CRITICAL,
    why=(
        "A test failover starts a second machine with the name, address and identity of one that is running. In a "
        "network that production can reach, both answer."
    ),
    source=(
        "Microsoft, Run a disaster recovery drill to Azure; "
        "Microsoft, Run a DR drill for Hyper-V VMs in VMM clouds (test failover networks)"
    ),
    remedy=(
        "Create a virtual network of its own without peering and gateway (tag it drcheck=isolated), or a private "
        "Hyper-V switch, and declare it under `drill_networks` in estate.yaml in place of this one."
    ),
    controls=("NIST SP 800-53 CP-4(2)", "ISO 22301 8.5", "ISO/IEC 27001:2022 A.8.31"),
)
def check_drill_network_apart(network: DrillNetwork, topology: Topology) -> Outcome:
    """Azure: mappings, failover settings, peerings, gateways, machines. Hyper-V: the switch's type and its users."""
    if network.platform == "azure":
        return _azure(network, topology)
    return _hyperv(network, topology)


def _azure(network: DrillNetwork, topology: Topology) -> Outcome:
    key = network.name.lower()
    vnet = topology.get(VirtualNetwork, key)
    leaks = [*_failover_targets(topology, key), *_neighbours(topology, network), *(_edges(vnet) if vnet else ())]
    if leaks:
        return _failed(network, "; ".join(leaks))
    scope = f"azure:{'/'.join(key.split('/')[:3])}"
    topology.require(VirtualNetwork)
    topology.require(VirtualNetwork, scope)
    if vnet is None:
        return _failed(network, "it does not exist")
    topology.require(NetworkInterface, scope)
    topology.require(NetworkMapping)
    topology.require(ProtectedItem)
    judge, what = (
        (passed, "nothing leads into it or out of it") if _tagged(vnet) else (warned, f"has no tag {'='.join(TAG)}")
    )
    return judge(f"{vnet.name}: {what}", observed=what, expected=EXPECTED, facts=(vnet,))


def _failover_targets(topology: Topology, key: str) -> Iterator[str]:
    if any(mapping.target == key for mapping in topology.seen(NetworkMapping)):
        yield "a network mapping leads real failovers into it"
    for item in topology.memo("items by target network", lambda: _by_network(topology)).get(key, ()):
        yield f"{item.name} is set to fail over into it"


def _by_network(topology: Topology) -> dict[str, list[ProtectedItem]]:
    found: dict[str, list[ProtectedItem]] = {}
    for item in topology.seen(ProtectedItem):
        for network in {item.target.network, *(nic.target_network for nic in item.nics)}:
            found.setdefault(network, []).append(item)
    return found


def _neighbours(topology: Topology, network: DrillNetwork) -> Iterator[str]:
    """Peerings that others have towards it, and strangers in it; Site Recovery names test VMs ``<name>-test``."""
    key = network.name.lower()
    for other in topology.seen(VirtualNetwork):
        if any(peering.remote == key for peering in other.peerings):
            yield f"{other.name} is peered with it"
    for interface in topology.seen(NetworkInterface):
        inside = any(subnet.startswith(f"{key}/") for subnet in interface.subnets)
        machine = interface.virtual_machine
        if inside and machine and not machine.endswith("-test") and not network.stands(machine):
            yield f"{machine.rpartition('/')[2]} is connected to it and is no test VM"


def _edges(vnet: VirtualNetwork) -> Iterator[str]:
    for peering in vnet.peerings:
        yield f"it is peered with {peering.remote.rpartition('/')[2]} ({peering.state})"
    for subnet in vnet.subnets:
        if subnet.name.lower() == "gatewaysubnet" and subnet.attached:
            yield "it has a gateway"


def _tagged(vnet: VirtualNetwork) -> bool:
    return any((name.lower(), value.lower()) == TAG for name, value in vnet.tags)


def _hyperv(network: DrillNetwork, topology: Topology) -> Outcome:
    wanted = network.name.lower()
    switches = tuple(one for one in topology.seen(VmSwitch) if one.name.lower() == wanted)
    leaks = [
        f"on {one.host} it is {one.switch_type}{' with ' + ', '.join(one.uplinks) if one.uplinks else ''}, not Private"
        for one in switches
        if one.switch_type not in ("", "Private")
    ]
    leaks += [f"{vm.name} on {vm.host} is connected to it and is no test VM" for vm in _users(topology, network)]
    if leaks:
        return _failed(network, "; ".join(leaks), *switches)
    topology.require(VmSwitch)
    if not switches:
        return _failed(network, "no Hyper-V host has a switch of that name")
    topology.require(HyperVVm)
    if not all(one.switch_type for one in switches):
        raise Unknown(f"the type of switch {network.name} was not told")
    what = f"Private on {', '.join(one.host for one in switches)}, used by no VM but test VMs"
    return passed(f"{network.name}: {what}", observed=what, expected=EXPECTED, facts=switches)


def _users(topology: Topology, network: DrillNetwork) -> Iterator[HyperVVm]:
    found = topology.memo("machines by switch", lambda: _by_switch(topology))
    for vm in found.get(network.name.lower(), ()):
        if vm.replication_mode != "TestReplica" and not network.stands(vm.vm_id, vm.name):
            yield vm


def _by_switch(topology: Topology) -> dict[str, list[HyperVVm]]:
    found: dict[str, list[HyperVVm]] = {}
    for vm in topology.seen(HyperVVm):
        for switch in {one.switch.lower() for one in vm.adapters}:
            found.setdefault(switch, []).append(vm)
    return found


def _failed(network: DrillNetwork, what: str, *facts: VmSwitch) -> Outcome:
    message = f"drill network {network.name}: {what}; allowed: {EXPECTED}"
    return failed(message, observed=what, expected=EXPECTED, facts=facts)
