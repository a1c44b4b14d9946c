"""What does a machine in a drill network reach over TCP? Follows from the network's state, and from hidden paths.

A network is named ``hyperv:<host>:<switch>`` or ``azure:<ARM id of the VNet>``. ``world.paths.ports`` holds what its
configuration does not show: a wrong cable, a firewall's rule, a second way.
"""

import base64
import json
from collections.abc import Iterator, Sequence

from drcheck.lab.azure.network import Machine, VNet
from drcheck.lab.azure.state import AzureWorld, azure_of
from drcheck.lab.state.world import World


def switch_named(host: str, name: str) -> str:
    """How a switch is named here."""
    return f"hyperv:{host}:{name}".lower()


def vnet_named(identifier: str) -> str:
    """How a virtual network is named here."""
    return f"azure:{identifier}".lower()


def tcp_lines(world: World, networks: Sequence[str], ends: str) -> list[str]:
    """What the guest script for TCP prints in a machine that is connected to these networks.

    Raises:
        ValueError: the ends are not what the script takes.
    """
    given = json.loads(base64.b64decode(ends, validate=True))
    outcomes = [_best(world, networks, str(one["host"]), int(one["port"])) for one in given]
    return [*(f"drcheck tcp {place} {outcome}" for place, outcome in enumerate(outcomes)),
            f"drcheck tcp end {len(outcomes)}"]  # fmt: skip


def _best(world: World, networks: Sequence[str], host: str, port: int) -> str:
    tried = [attempt(world, network, host, port) for network in networks]
    return next((one for one in tried if one == "open"), tried[0] if tried else "unreachable")


def attempt(world: World, network: str, host: str, port: int) -> str:
    """The outcome of one connection attempt from inside a network, in the guest script's words."""
    told = world.paths.ports.get((network, host, port))
    if told is not None:
        return told
    ports = dict(_neighbours(world, network)).get(host)
    if ports is not None:
        return "open" if port in ports else "refused"
    return "open" if _leads_out(world, network) else "timed-out"


def _neighbours(world: World, network: str) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Addresses in a network, and on which ports each answers."""
    kind, _, rest = network.partition(":")
    if kind == "hyperv":
        host, _, switch = rest.partition(":")
        for vm in world.vms.values():
            if vm.host == host and vm.state == "Running":
                yield from ((nic.address, vm.listens) for nic in vm.nics if nic.switch.lower() == switch)
        return
    azure = azure_of(world)
    for interface in azure.interfaces.values():
        machine = azure.machines.get(interface.machine.lower())
        if interface.vnet.lower() == rest and machine is not None and machine.power == "running":
            yield interface.address, machine.listens


def _leads_out(world: World, network: str) -> bool:
    kind, _, rest = network.partition(":")
    if kind == "hyperv":
        host, _, name = rest.partition(":")
        found = [one for one in world.hosts[host].switches if one.name.lower() == name]
        return any(one.switch_type != "Private" or one.uplinks for one in found)
    azure = azure_of(world)
    return _vnet_leads_out(azure, azure.vnets[rest])


def _vnet_leads_out(azure: AzureWorld, vnet: VNet) -> bool:
    gateways = any(one.vnet.lower() == vnet.id.lower() for one in azure.landscape.gateways)
    peered = any(one.state == "Connected" for one in vnet.peerings)
    return gateways or peered or any(subnet.nat_gateway for subnet in vnet.subnets)


def networks_of(world: World, machine: Machine) -> list[str]:
    """The networks that an Azure machine's adapters are in."""
    interfaces = azure_of(world).interfaces
    return [vnet_named(interfaces[one.lower()].vnet) for one in machine.interfaces if one.lower() in interfaces]
