"""What surrounds the networks of a subscription that people look after: filters, a way home, names."""

from drcheck.lab.azure.build import vnet_named
from drcheck.lab.azure.landscape import Gateway, PublicAddress, Rule, SecurityGroup, Zone
from drcheck.lab.azure.network import Subnet, VNet
from drcheck.lab.azure.state import azure_of
from drcheck.lab.state.world import World

_CLOSED = (
    Rule(name="AllowVnetOutBound", priority=100, direction="Outbound", access="Allow", destination="VirtualNetwork"),
    Rule(name="DenyAllElseOutBound", priority=4096, direction="Outbound"),
    Rule(name="AllowVnetIn", priority=100, access="Allow", source="VirtualNetwork"),
    Rule(name="DenyAllElseIn", priority=4096),
)
_OPEN = (
    Rule(name="AllowWeb", priority=200, access="Allow", protocol="Tcp", source="VirtualNetwork", ports=["80", "443"]),
)


def surround(world: World, *, zone: str, recovery: str = "vnet-recovery", hub: str = "vnet-hub") -> None:
    """Filter what enters and leaves the recovery and drill networks; give the hub a gateway, and names to resolve.

    Args:
        world: the estate, whose networks exist.
        zone: a private DNS zone of production, which the hub and the recovery network resolve, and no drill does.
        recovery: the network that real failovers land in.
        hub: the network that leads to the sites on premises.
    """
    landscape = azure_of(world).landscape
    centre, target = vnet_named(world, hub), vnet_named(world, recovery)
    _filter(world, vnet_named(world, "vnet-drill"), "nsg-drill", _CLOSED)
    _filter(world, target, "nsg-recovery", _OPEN)
    block = centre.prefixes[0].split(".0.0/")[0]
    centre.subnets.append(Subnet(name="GatewaySubnet", prefixes=[f"{block}.255.0/27"]))
    landscape.gateways.append(Gateway(name="vgw-hub", resource_group=centre.resource_group, vnet=centre.id))
    used_by = f"{_gateway_id(world, centre)}/ipConfigurations/default"
    landscape.public_addresses.append(
        PublicAddress(name="pip-vgw", resource_group=centre.resource_group, used_by=used_by)
    )
    landscape.zones.append(Zone(name=zone, resource_group=centre.resource_group, vnets=[centre.id, target.id]))
    landscape.storage_accounts["stcachedr"] = "Standard_LRS"


def _filter(world: World, vnet: VNet, name: str, rules: tuple[Rule, ...]) -> None:
    group = SecurityGroup(name=name, resource_group=vnet.resource_group, rules=list(rules))
    azure_of(world).landscape.security_groups.append(group)
    kind = "Microsoft.Network/networkSecurityGroups"
    for subnet in vnet.subnets:
        subnet.security_group = azure_of(world).resource_id(vnet.resource_group, kind, name)


def _gateway_id(world: World, vnet: VNet) -> str:
    return azure_of(world).resource_id(vnet.resource_group, "Microsoft.Network/virtualNetworkGateways", "vgw-hub")
