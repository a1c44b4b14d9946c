"""Which networks does a subscription have, and what is attached to them?"""

from collections.abc import Iterator

from msgspec import Struct, field

from drcheck.discovery import ArmAsk, ArmCollector
from drcheck.query import ArmRead
from drcheck.topology.azure import NetworkInterface, Peering, Subnet, VirtualNetwork
from drcheck.topology.base import Target
from drcheck.transport.arm_values import Reference, arm_id, reference_id, tag_pairs

ROLE = "azure"
NETWORK_API = "2024-05-01"
"""Version of Microsoft.Network."""


class _DelegationProperties(Struct, frozen=True, rename="camel"):
    service_name: str | None = None


class _Delegation(Struct, frozen=True):
    properties: _DelegationProperties | None = None


class _SubnetProperties(Struct, frozen=True, rename="camel"):
    """A subnet has one prefix or, since 2018, several."""

    address_prefix: str | None = None
    address_prefixes: tuple[str, ...] | None = None
    network_security_group: Reference | None = None
    route_table: Reference | None = None
    nat_gateway: Reference | None = None
    ip_configurations: tuple[Reference, ...] | None = None
    delegations: tuple[_Delegation, ...] | None = None


class _Subnet(Struct, frozen=True):
    name: str
    properties: _SubnetProperties


class _PeeringProperties(Struct, frozen=True, rename="camel"):
    peering_state: str
    remote_virtual_network: Reference | None = None
    allow_forwarded_traffic: bool | None = None
    allow_gateway_transit: bool | None = None
    use_remote_gateways: bool | None = None


class _Peering(Struct, frozen=True):
    name: str
    properties: _PeeringProperties


class _AddressSpace(Struct, frozen=True, rename="camel"):
    address_prefixes: tuple[str, ...] | None = None


class _DhcpOptions(Struct, frozen=True, rename="camel"):
    dns_servers: tuple[str, ...] | None = None


class _NetworkProperties(Struct, frozen=True, rename="camel"):
    """No default for what isolation is judged by: the service always writes both lists, if empty ones."""

    subnets: tuple[_Subnet, ...]
    peerings: tuple[_Peering, ...] = field(name="virtualNetworkPeerings")
    address_space: _AddressSpace | None = None
    dhcp_options: _DhcpOptions | None = None


class _Network(Struct, frozen=True):
    id: str
    name: str
    location: str
    properties: _NetworkProperties
    tags: dict[str, str | None] | None = None


class _IpProperties(Struct, frozen=True, rename="camel"):
    private_address: str | None = field(default=None, name="privateIPAddress")
    public_address: Reference | None = field(default=None, name="publicIPAddress")
    subnet: Reference | None = None


class _IpConfig(Struct, frozen=True):
    properties: _IpProperties


class _InterfaceProperties(Struct, frozen=True, rename="camel"):
    ip_configurations: tuple[_IpConfig, ...]
    virtual_machine: Reference | None = None
    network_security_group: Reference | None = None
    forwards: bool | None = field(default=None, name="enableIPForwarding")
    primary: bool | None = None


class _Interface(Struct, frozen=True):
    id: str
    name: str
    properties: _InterfaceProperties
    location: str | None = None
    tags: dict[str, str | None] | None = None


def read_networks(ask: ArmAsk, target: Target) -> Iterator[VirtualNetwork]:
    """Every virtual network of the subscription."""
    path = f"{target.endpoint}/providers/Microsoft.Network/virtualNetworks"
    for found in ask.every(path, NETWORK_API, _Network):
        network = found.properties
        yield VirtualNetwork(
            key=arm_id(found.id),
            seen=ask.seen(path),
            name=found.name,
            location=found.location.lower(),
            prefixes=(network.address_space and network.address_space.address_prefixes) or (),
            dns_servers=(network.dhcp_options and network.dhcp_options.dns_servers) or (),
            tags=tag_pairs(found.tags),
            subnets=tuple(_subnet(subnet) for subnet in network.subnets),
            peerings=tuple(_peering(peering) for peering in network.peerings),
        )


def read_interfaces(ask: ArmAsk, target: Target) -> Iterator[NetworkInterface]:
    """Every network interface of the subscription."""
    path = f"{target.endpoint}/providers/Microsoft.Network/networkInterfaces"
    for found in ask.every(path, NETWORK_API, _Interface):
        configs = tuple(config.properties for config in found.properties.ip_configurations)
        yield NetworkInterface(
            key=arm_id(found.id),
            seen=ask.seen(path),
            name=found.name,
            virtual_machine=reference_id(found.properties.virtual_machine),
            subnets=tuple(dict.fromkeys(reference_id(config.subnet) for config in configs if config.subnet)),
            addresses=tuple(config.private_address for config in configs if config.private_address),
            public_addresses=tuple(reference_id(config.public_address) for config in configs if config.public_address),
            location=(found.location or "").lower(),
            security_group=reference_id(found.properties.network_security_group),
            forwards=found.properties.forwards,
            primary=found.properties.primary,
            tags=tag_pairs(found.tags),
        )


def _reads(kind: str) -> tuple[ArmRead, ...]:
    return (ArmRead(path=f"{{subscription}}/providers/Microsoft.Network/{kind}", api_version=NETWORK_API),)


COLLECTORS = (
    ArmCollector(kind=VirtualNetwork, read=read_networks, reads=_reads("virtualNetworks")),
    ArmCollector(kind=NetworkInterface, read=read_interfaces, reads=_reads("networkInterfaces")),
)


def _subnet(subnet: _Subnet) -> Subnet:
    properties = subnet.properties
    single = (properties.address_prefix,) if properties.address_prefix else ()
    return Subnet(
        name=subnet.name,
        prefixes=properties.address_prefixes or single,
        security_group=reference_id(properties.network_security_group),
        route_table=reference_id(properties.route_table),
        nat_gateway=reference_id(properties.nat_gateway),
        attached=tuple(reference_id(config) for config in properties.ip_configurations or ()),
        delegations=tuple(
            delegation.properties.service_name
            for delegation in properties.delegations or ()
            if delegation.properties and delegation.properties.service_name
        ),
    )


def _peering(peering: _Peering) -> Peering:
    return Peering(
        name=peering.name,
        state=peering.properties.peering_state,
        remote=reference_id(peering.properties.remote_virtual_network),
        forwarded_traffic=peering.properties.allow_forwarded_traffic,
        gateway_transit=peering.properties.allow_gateway_transit,
        remote_gateways=peering.properties.use_remote_gateways,
    )
