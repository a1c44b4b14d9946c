"""Can a machine in this network reach anything it must not? Judged by configuration, before anything starts.

Every function returns the edges that leak, as sentences; no edge means isolated. What was not read is a leak:
doubt refuses.
"""

import re
from collections.abc import Collection, Iterator, Sequence

from drcheck.drill.isolation.standing import standing_leaks
from drcheck.topology.azure import NetworkInterface, VirtualNetwork
from drcheck.topology.base import Topology, Unknown
from drcheck.topology.declared import DrillNetwork
from drcheck.topology.hyperv import HyperVVm, VmReplication, VmSwitch
from drcheck.topology.isolation import must_be_known, ways_out
from drcheck.topology.site_recovery import NetworkMapping, ProtectedItem, RecoveryPlan

_TEST_VM = re.compile(r"-test(?:-?[0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12})?$", re.IGNORECASE)
"""How Site Recovery calls a test VM; where the name is taken, a GUID follows (its error 28175)."""


def switch_leaks(
    topology: Topology, host: str, vm_id: str, switch_name: str, *, copied: bool = False
) -> tuple[str, ...]:
    """What keeps a Hyper-V switch on the replica host from being a safe place for the test VM.

    Args:
        topology: what is known.
        host: the replica host.
        vm_id: whose replica is drilled.
        switch_name: the switch.
        copied: may test VMs be connected to it by now?
    """
    return tuple(_switch_leaks(topology, host, vm_id, switch_name, copied=copied))


def network_leaks(topology: Topology, network_id: str) -> tuple[str, ...]:
    """What keeps an Azure virtual network from being a safe place for test VMs."""
    return tuple(_network_leaks(topology, network_id.lower()))


def edge_leaks(
    topology: Topology, network_id: str, before: Topology, items: Sequence[ProtectedItem]
) -> tuple[str, ...]:
    """What leads out of an Azure virtual network, and who is in it, while test VMs are being made there.

    Args:
        topology: what is known now.
        network_id: the network.
        before: what was known before the test failover.
        items: whose test VMs are made; none of them may be anywhere else.
    """
    network = topology.get(VirtualNetwork, network_id.lower())
    if network is None:
        return (f"the virtual network {network_id} could not be read",)
    edges = _edges(topology, network, before.seen(ProtectedItem), making=True)
    return (*edges, *_elsewhere(topology, network, before, items), *_canary_doubts(topology, network))


def action_leaks(plan: RecoveryPlan, allowed: Sequence[str] = ()) -> tuple[str, ...]:
    """Scripts and runbooks of a plan that run in a test failover too and could reach production."""
    return tuple(
        f"action {action.name!r} ({action.action_type}: {action.detail}) runs in test failovers too and is not allowed"
        for group in plan.groups
        for action in (*group.start_actions, *group.end_actions)
        if "TestFailover" in action.failover_types
        and action.action_type != "ManualActionDetails"
        and action.name not in allowed
    )


def _switch_leaks(topology: Topology, host: str, vm_id: str, switch_name: str, *, copied: bool) -> Iterator[str]:
    declared = topology.get(DrillNetwork, f"hyperv:{switch_name}".lower())
    if declared is None:
        yield f"switch {switch_name!r} is not declared as a drill network in estate.yaml"
    scope = f"hyperv:{host}"
    try:
        switches = [one for one in topology.all(VmSwitch, scope) if one.name == switch_name]
        known = topology.all(HyperVVm, scope)
        own = {one.test_vm_id for one in topology.all(VmReplication, scope) if one.vm_id == vm_id}
    except Unknown as unknown:
        yield f"the switches and machines of {host} could not be read: {unknown.reason}"
        return
    if len(switches) != 1:
        yield f"{host} has {len(switches)} switches named {switch_name!r}; exactly one is needed"
    for switch in switches:
        yield from _wired(switch)
    machines = [one for one in known if not (copied and one.replication_mode == "TestReplica")]
    yield from _astray([one for one in known if one not in machines], own, switch_name)
    standing = [] if declared is None else [one for one in machines if declared.stands(one.vm_id, one.name)]
    strangers = [one for one in machines if one not in standing]
    yield from _connected(strangers, vm_id, host, switch_name)
    if declared is not None:
        yield from standing_leaks(declared, standing, host)


def _astray(copies: Sequence[HyperVVm], own: Collection[str], switch_name: str) -> Iterator[str]:
    """A copy that somebody has connected to another switch since: with two of them it is a way out by itself."""
    for machine in copies:
        switches = {adapter.switch for adapter in machine.adapters} - {""}
        if switches - {switch_name} and (switch_name in switches or machine.vm_id in own):
            yield f"the copy {machine.name} is connected to {', '.join(sorted(switches - {switch_name}))!r}"


def _wired(switch: VmSwitch) -> Iterator[str]:
    if switch.switch_type != "Private":
        yield f"switch {switch.name!r} is {switch.switch_type}, not Private: it reaches the host or a physical network"
    if switch.uplinks:
        yield f"switch {switch.name!r} has uplinks: {', '.join(switch.uplinks)}"
    if switch.allow_management_os:
        yield f"switch {switch.name!r} is shared with the management operating system"


def _connected(machines: Sequence[HyperVVm], vm_id: str, host: str, switch_name: str) -> Iterator[str]:
    replica = next((vm for vm in machines if vm.vm_id == vm_id and vm.replication_mode == "Replica"), None)
    if replica is None:
        yield f"{host} holds no replica of VM {vm_id}"
        return
    for adapter in replica.adapters:
        if adapter.test_replica_switch not in ("", switch_name):
            yield (
                f"adapter {adapter.name!r} of {replica.name} would connect its test VM to "
                f"{adapter.test_replica_switch!r}, not {switch_name!r}"
            )
    for machine in machines:
        if machine.vm_id != vm_id and any(adapter.switch == switch_name for adapter in machine.adapters):
            yield f"{machine.name} on {host} is connected to {switch_name!r} {_whose(machine)}"


def _whose(machine: HyperVVm) -> str:
    if machine.replication_mode == "TestReplica":
        return (
            "by a test failover that is not this drill's: another drill's, or one that was left (drcheck drill orphans)"
        )
    return "outside a drill"


def _network_leaks(topology: Topology, network_id: str) -> Iterator[str]:
    if topology.get(DrillNetwork, f"azure:{network_id}") is None:
        yield f"{network_id} is not declared as a drill network in estate.yaml"
    try:
        topology.require(VirtualNetwork)
        network = topology.need(VirtualNetwork, network_id)
        topology.require(NetworkInterface)
        mappings = topology.all(NetworkMapping)
        items = topology.all(ProtectedItem)
    except Unknown as unknown:
        yield f"the networks could not be read: {unknown.reason}"
        return
    except KeyError:
        yield f"there is no virtual network {network_id}"
        return
    yield from _edges(topology, network, items)
    yield from _canary_doubts(topology, network)
    if any(mapping.target == network_id for mapping in mappings):
        yield f"{network.name} is the target of a network mapping: real failovers land there"
    if any(nic.target_network == network_id for item in items for nic in item.nics):
        yield f"{network.name} is the failover network of protected items: real failovers land there"


def _edges(
    topology: Topology, network: VirtualNetwork, items: Sequence[ProtectedItem], *, making: bool = False
) -> Iterator[str]:
    yield from ways_out(topology, network)
    yield from _doubts(topology, network)
    yield from _approaches(topology, network)
    declared = topology.get(DrillNetwork, f"azure:{network.key}")
    others = [
        one for one in topology.seen(NetworkInterface) if declared is None or not declared.stands(one.virtual_machine)
    ]
    inside = [one for one in others if any(subnet.startswith(f"{network.key}/") for subnet in one.subnets)]
    for interface in inside:
        if _foreign(interface, items) and not (making and not interface.virtual_machine):
            owner = interface.virtual_machine or "no machine"
            yield f"{interface.name} ({owner}) is in {network.name} and belongs to no test VM"
    machines = {one.virtual_machine.lower() for one in inside} - {""}
    for interface in others:
        if interface not in inside and interface.virtual_machine.lower() in machines:
            yield f"{interface.name} of a machine in {network.name} is in another network: a way out"


def _elsewhere(
    topology: Topology, network: VirtualNetwork, before: Topology, items: Sequence[ProtectedItem]
) -> Iterator[str]:
    """New interfaces of machines that are called like copies of the items, in any other network."""
    names = _copies(items)
    known = {interface.key for interface in before.seen(NetworkInterface)}
    for interface in topology.seen(NetworkInterface):
        machine = interface.virtual_machine.lower().rpartition("/")[2]
        outside = [one for one in interface.subnets if not one.startswith(f"{network.key}/")]
        if outside and interface.key not in known and _TEST_VM.sub("-test", machine) in names:
            yield f"the copy {machine} is not in {network.name} but in {outside[0].partition('/subnets/')[0]}"


def _foreign(interface: NetworkInterface, items: Sequence[ProtectedItem]) -> bool:
    """Is its machine no copy of any item? One without a machine may be about to be given to a copy that is being made.

    Where an item does not tell what its copy is called, whatever is called like a copy may be one.
    """
    machine = interface.virtual_machine.lower().rpartition("/")[2]
    if not _TEST_VM.search(machine):
        return True
    told = all(item.target.name for item in items)
    return told and _TEST_VM.sub("-test", machine) not in _copies(items)


def _copies(items: Sequence[ProtectedItem]) -> Collection[str]:
    return {f"{item.target.name}-test".lower() for item in items if item.target.name}


def _doubts(topology: Topology, network: VirtualNetwork) -> Iterator[str]:
    try:
        must_be_known(topology, network)
    except Unknown as unknown:
        yield f"what leads out of {network.name} could not be read: {unknown.reason}"


def _approaches(topology: Topology, network: VirtualNetwork) -> Iterator[str]:
    """What may lead into it tomorrow, or from a side whose own settings were not the network's."""
    for other in topology.seen(VirtualNetwork):
        if any(peering.remote == network.key for peering in other.peerings):
            yield f"{other.name} is peered with {network.name}"
    for subnet in network.subnets:
        if subnet.name.lower() in ("gatewaysubnet", "routeserversubnet"):
            yield f"{network.name} has a {subnet.name}: a VPN or ExpressRoute gateway can reach on-premises networks"


def _canary_doubts(topology: Topology, network: VirtualNetwork) -> Iterator[str]:
    """A canary that is not in the network says nothing of it; one that forwards packets is a way out."""
    declared = topology.get(DrillNetwork, f"azure:{network.key}")
    if declared is None or not declared.canary:
        return
    own = [one for one in topology.seen(NetworkInterface) if declared.stands(one.virtual_machine)]
    inside = [one for one in own if any(subnet.startswith(f"{network.key}/") for subnet in one.subnets)]
    name = declared.canary.rpartition("/")[2]
    if not any(one.virtual_machine.lower() == declared.canary.lower() for one in inside):
        yield f"the canary {name} has no interface in {network.name}"
    for one in own:
        if one not in inside:
            yield f"{one.name} of what stands in {network.name} is in another network"
        elif one.forwards:
            yield f"{one.name} in {network.name} forwards what is not meant for it"
