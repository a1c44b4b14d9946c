"""What leads out of a subscription's virtual networks, and what filters it?

Shapes are those of Microsoft's REST reference of the versions below; unverified against a recording.
"""

from collections.abc import Iterator
from urllib.parse import quote

from msgspec import Struct, field

from drcheck.discovery import ArmAsk, ArmCollector
from drcheck.query import ArmRead
from drcheck.topology.azure_edges import (
    Frontend,
    LoadBalancer,
    NetworkGateway,
    PublicAddress,
    Route,
    RouteTable,
    SecurityGroup,
    SecurityRule,
)
from drcheck.topology.base import Target
from drcheck.transport.arm_values import Reference, arm_id, reference_id, tag_pairs

ROLE = "azure"
NETWORK_API = "2024-05-01"
"""Version of Microsoft.Network."""
RESOURCES_API = "2021-04-01"
"""Version of Microsoft.Resources."""
GATEWAYS = "Microsoft.Network/virtualNetworkGateways"


class _RuleProperties(Struct, frozen=True, rename="camel"):
    """One value or several: the service fills the one that was set, and leaves the other out or empty."""

    priority: int
    direction: str
    access: str
    protocol: str
    source_address_prefix: str | None = None
    source_address_prefixes: tuple[str, ...] | None = None
    source_application_security_groups: tuple[Reference, ...] | None = None
    source_port_range: str | None = None
    source_port_ranges: tuple[str, ...] | None = None
    destination_address_prefix: str | None = None
    destination_address_prefixes: tuple[str, ...] | None = None
    destination_application_security_groups: tuple[Reference, ...] | None = None
    destination_port_range: str | None = None
    destination_port_ranges: tuple[str, ...] | None = None


class _Rule(Struct, frozen=True):
    name: str
    properties: _RuleProperties


class _GroupProperties(Struct, frozen=True, rename="camel"):
    """No default for what isolation is judged by."""

    security_rules: tuple[_Rule, ...]
    default_security_rules: tuple[_Rule, ...] | None = None


class _Group(Struct, frozen=True):
    id: str
    name: str
    location: str
    properties: _GroupProperties
    tags: dict[str, str | None] | None = None


class _RouteProperties(Struct, frozen=True, rename="camel"):
    address_prefix: str
    next_hop_type: str
    next_hop: str | None = field(default=None, name="nextHopIpAddress")


class _Route(Struct, frozen=True):
    name: str
    properties: _RouteProperties


class _TableProperties(Struct, frozen=True, rename="camel"):
    routes: tuple[_Route, ...]
    disable_bgp_route_propagation: bool | None = None


class _Table(Struct, frozen=True):
    id: str
    name: str
    location: str
    properties: _TableProperties


class _Place(Struct, frozen=True, rename="camel"):
    """Where an IP configuration of a gateway or load balancer is."""

    subnet: Reference | None = None
    private_address: str | None = field(default=None, name="privateIPAddress")
    public_address: Reference | None = field(default=None, name="publicIPAddress")


class _IpConfig(Struct, frozen=True):
    name: str | None = None
    properties: _Place | None = None


class _Sku(Struct, frozen=True):
    name: str | None = None


class _GatewayProperties(Struct, frozen=True, rename="camel"):
    gateway_type: str
    ip_configurations: tuple[_IpConfig, ...] | None = None
    sku: _Sku | None = None


class _Gateway(Struct, frozen=True):
    id: str
    name: str
    location: str
    properties: _GatewayProperties


class _PublicProperties(Struct, frozen=True, rename="camel"):
    address: str | None = field(default=None, name="ipAddress")
    ip_configuration: Reference | None = None
    nat_gateway: Reference | None = None


class _Public(Struct, frozen=True):
    id: str
    name: str
    location: str
    properties: _PublicProperties
    tags: dict[str, str | None] | None = None


class _BalancerProperties(Struct, frozen=True, rename="camel"):
    frontends: tuple[_IpConfig, ...] = field(name="frontendIPConfigurations")


class _Balancer(Struct, frozen=True):
    id: str
    name: str
    location: str
    properties: _BalancerProperties


class _Listed(Struct, frozen=True):
    id: str


def read_groups(ask: ArmAsk, target: Target) -> Iterator[SecurityGroup]:
    """Every network security group with its rules."""
    path = f"{target.endpoint}/providers/Microsoft.Network/networkSecurityGroups"
    for found in ask.every(path, NETWORK_API, _Group):
        own = (_rule(rule, default=False) for rule in found.properties.security_rules)
        defaults = (_rule(rule, default=True) for rule in found.properties.default_security_rules or ())
        yield SecurityGroup(
            key=arm_id(found.id),
            seen=ask.seen(path),
            name=found.name,
            location=found.location.lower(),
            rules=(*own, *defaults),
            tags=tag_pairs(found.tags),
        )


def read_routes(ask: ArmAsk, target: Target) -> Iterator[RouteTable]:
    """Every route table."""
    path = f"{target.endpoint}/providers/Microsoft.Network/routeTables"
    for found in ask.every(path, NETWORK_API, _Table):
        table = found.properties
        yield RouteTable(
            key=arm_id(found.id),
            seen=ask.seen(path),
            name=found.name,
            location=found.location.lower(),
            routes=tuple(_route(route) for route in table.routes),
            gateway_routes=None
            if table.disable_bgp_route_propagation is None
            else not table.disable_bgp_route_propagation,
        )


def read_gateways(ask: ArmAsk, target: Target) -> Iterator[NetworkGateway]:
    """Every gateway: the subscription lists them only among all resources, so each is read by itself."""
    chosen = quote(f"resourceType eq '{GATEWAYS}'", safe="'/")
    listed = [one.id for one in ask.every(f"{target.endpoint}/resources?$filter={chosen}", RESOURCES_API, _Listed)]
    for path, found in zip(listed, ask.each(listed, NETWORK_API, _Gateway), strict=True):
        configs = (config.properties for config in found.properties.ip_configurations or ())
        subnets = (reference_id(config.subnet) for config in configs if config)
        yield NetworkGateway(
            key=arm_id(found.id),
            seen=ask.seen(path),
            name=found.name,
            location=found.location.lower(),
            gateway_type=found.properties.gateway_type,
            sku=(found.properties.sku.name if found.properties.sku else None) or "",
            subnets=tuple(dict.fromkeys(subnet for subnet in subnets if subnet)),
        )


def read_public_addresses(ask: ArmAsk, target: Target) -> Iterator[PublicAddress]:
    """Every public IP address."""
    path = f"{target.endpoint}/providers/Microsoft.Network/publicIPAddresses"
    for found in ask.every(path, NETWORK_API, _Public):
        public = found.properties
        yield PublicAddress(
            key=arm_id(found.id),
            seen=ask.seen(path),
            name=found.name,
            location=found.location.lower(),
            address=public.address or "",
            used_by=reference_id(public.ip_configuration or public.nat_gateway),
            tags=tag_pairs(found.tags),
        )


def read_load_balancers(ask: ArmAsk, target: Target) -> Iterator[LoadBalancer]:
    """Every load balancer with the addresses it holds."""
    path = f"{target.endpoint}/providers/Microsoft.Network/loadBalancers"
    for found in ask.every(path, NETWORK_API, _Balancer):
        yield LoadBalancer(
            key=arm_id(found.id),
            seen=ask.seen(path),
            name=found.name,
            location=found.location.lower(),
            frontends=tuple(_frontend(config) for config in found.properties.frontends),
        )


def _rule(rule: _Rule, *, default: bool) -> SecurityRule:
    found = rule.properties
    return SecurityRule(
        name=rule.name,
        priority=found.priority,
        direction=found.direction,
        access=found.access,
        protocol=found.protocol,
        sources=_all(found.source_address_prefix, found.source_address_prefixes)
        + tuple(reference_id(group) for group in found.source_application_security_groups or ()),
        source_ports=_all(found.source_port_range, found.source_port_ranges),
        destinations=_all(found.destination_address_prefix, found.destination_address_prefixes)
        + tuple(reference_id(group) for group in found.destination_application_security_groups or ()),
        destination_ports=_all(found.destination_port_range, found.destination_port_ranges),
        default=default,
    )


def _all(single: str | None, several: tuple[str, ...] | None) -> tuple[str, ...]:
    return (*((single,) if single else ()), *(several or ()))


def _route(route: _Route) -> Route:
    found = route.properties
    return Route(
        name=route.name,
        prefix=found.address_prefix,
        next_hop_type=found.next_hop_type,
        next_hop=found.next_hop or "",
    )


def _frontend(config: _IpConfig) -> Frontend:
    place = config.properties or _Place()
    return Frontend(
        name=config.name or "",
        address=place.private_address or "",
        subnet=reference_id(place.subnet),
        public_address=reference_id(place.public_address),
    )


def _reads(kind: str) -> tuple[ArmRead, ...]:
    return (ArmRead(path=f"{{subscription}}/providers/Microsoft.Network/{kind}", api_version=NETWORK_API),)


_GATEWAY = "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Network/virtualNetworkGateways"

COLLECTORS = (
    ArmCollector(kind=SecurityGroup, read=read_groups, reads=_reads("networkSecurityGroups")),
    ArmCollector(kind=RouteTable, read=read_routes, reads=_reads("routeTables")),
    ArmCollector(
        kind=NetworkGateway,
        read=read_gateways,
        reads=(
            ArmRead(path="{subscription}/resources", api_version=RESOURCES_API),
            ArmRead(path=f"{_GATEWAY}/{{gateway}}", api_version=NETWORK_API),
        ),
    ),
    ArmCollector(kind=PublicAddress, read=read_public_addresses, reads=_reads("publicIPAddresses")),
    ArmCollector(kind=LoadBalancer, read=read_load_balancers, reads=_reads("loadBalancers")),
)
