"""How does ARM describe what leads out of networks: groups of rules, routes, gateways, addresses, names?"""

from collections.abc import Iterator

from drcheck.lab.arm.answers import Ask, Json
from drcheck.lab.azure.landscape import (
    Gateway,
    LoadBalancer,
    PublicAddress,
    Route,
    RouteTable,
    Rule,
    SecurityGroup,
    Zone,
)

NETWORK = "Microsoft.Network"
DONE = {"provisioningState": "Succeeded"}


def resource(ask: Ask, kind: str, group: str, name: str, properties: Json) -> Json:
    """A resource of Microsoft.Network in the subscription's region."""
    return {
        "name": name,
        "id": ask.azure.resource_id(group, f"{NETWORK}/{kind}", name),
        "type": f"{NETWORK}/{kind}",
        "location": ask.azure.region,
        "tags": {},
        "properties": {**DONE, **properties},
    }


def security_groups(ask: Ask) -> Iterator[Json]:
    """Network security groups."""
    for group in ask.azure.landscape.security_groups:
        yield resource(ask, "networkSecurityGroups", group.resource_group, group.name, _group(group))


def route_tables(ask: Ask) -> Iterator[Json]:
    """Route tables."""
    for table in ask.azure.landscape.route_tables:
        yield resource(ask, "routeTables", table.resource_group, table.name, _table(table))


def gateways(ask: Ask) -> Iterator[Json]:
    """Virtual network gateways."""
    for gateway in ask.azure.landscape.gateways:
        yield resource(ask, "virtualNetworkGateways", gateway.resource_group, gateway.name, _gateway(gateway))


def public_addresses(ask: Ask) -> Iterator[Json]:
    """Public addresses."""
    for public in ask.azure.landscape.public_addresses:
        yield resource(ask, "publicIPAddresses", public.resource_group, public.name, _public(public))


def load_balancers(ask: Ask) -> Iterator[Json]:
    """Load balancers."""
    for balancer in ask.azure.landscape.load_balancers:
        yield resource(ask, "loadBalancers", balancer.resource_group, balancer.name, _balancer(balancer))


def zones(ask: Ask) -> Iterator[Json]:
    """Private DNS zones; they belong to no region."""
    for zone in ask.azure.landscape.zones:
        properties = {"numberOfRecordSets": zone.records, "numberOfVirtualNetworkLinks": len(zone.vnets)}
        found = resource(ask, "privateDnsZones", zone.resource_group, zone.name, properties)
        yield {**found, "location": "global"}


def links(ask: Ask, zone: Zone) -> Iterator[Json]:
    """The networks that can resolve a zone."""
    home = ask.azure.resource_id(zone.resource_group, f"{NETWORK}/privateDnsZones", zone.name)
    for vnet in zone.vnets:
        name = f"link-{vnet.rpartition('/')[2]}"
        yield {
            "id": f"{home}/virtualNetworkLinks/{name}",
            "name": name,
            "type": f"{NETWORK}/privateDnsZones/virtualNetworkLinks",
            "location": "global",
            "properties": {
                **DONE,
                "virtualNetwork": {"id": vnet},
                "registrationEnabled": False,
                "virtualNetworkLinkState": "Completed",
            },
        }


def _group(group: SecurityGroup) -> Json:
    defaults = (
        Rule(name="AllowVnetInBound", priority=65000, access="Allow", source="VirtualNetwork"),
        Rule(name="DenyAllInBound", priority=65500),
        Rule(
            name="AllowInternetOutBound", priority=65001, direction="Outbound", access="Allow", destination="Internet"
        ),
        Rule(name="DenyAllOutBound", priority=65500, direction="Outbound"),
    )
    return {
        "securityRules": [_rule(rule) for rule in group.rules],
        "defaultSecurityRules": [_rule(rule) for rule in defaults],
    }


def _rule(rule: Rule) -> Json:
    several = len(rule.ports) > 1
    return {
        "name": rule.name,
        "properties": {
            **DONE,
            "protocol": rule.protocol,
            "sourcePortRange": "*",
            "sourcePortRanges": [],
            **({} if several else {"destinationPortRange": rule.ports[0]}),
            "destinationPortRanges": rule.ports if several else [],
            "sourceAddressPrefix": rule.source,
            "sourceAddressPrefixes": [],
            "destinationAddressPrefix": rule.destination,
            "destinationAddressPrefixes": [],
            "access": rule.access,
            "priority": rule.priority,
            "direction": rule.direction,
        },
    }


def _table(table: RouteTable) -> Json:
    return {"disableBgpRoutePropagation": False, "routes": [_route(route) for route in table.routes]}


def _route(route: Route) -> Json:
    properties: dict[str, object] = {**DONE, "addressPrefix": route.prefix, "nextHopType": route.kind}
    if route.hop:
        properties["nextHopIpAddress"] = route.hop
    return {"name": route.name, "properties": properties}


def _gateway(gateway: Gateway) -> Json:
    place = {"subnet": {"id": f"{gateway.vnet}/subnets/GatewaySubnet"}, "privateIPAllocationMethod": "Dynamic"}
    return {
        "gatewayType": gateway.kind,
        "vpnType": "RouteBased",
        "sku": {"name": "VpnGw1", "tier": "VpnGw1"},
        "ipConfigurations": [{"name": "default", "properties": {**DONE, **place}}],
    }


def _public(public: PublicAddress) -> Json:
    properties: dict[str, object] = {"ipAddress": public.address, "publicIPAllocationMethod": "Static"}
    if public.used_by:
        properties["ipConfiguration"] = {"id": public.used_by}
    return properties


def _balancer(balancer: LoadBalancer) -> Json:
    place = {"privateIPAddress": balancer.address, "subnet": {"id": balancer.subnet}}
    return {"frontendIPConfigurations": [{"name": "front", "properties": {**DONE, **place}}]}
