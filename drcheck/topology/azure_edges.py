"""Azure: what leads out of a virtual network, and what filters it on the way."""

from typing import ClassVar

from msgspec import Struct

from drcheck.topology.base import Fact


class SecurityRule(Struct, frozen=True, kw_only=True, gc=False):
    """A rule of a network security group. The lowest priority number wins; defaults have 65000 and above."""

    name: str
    priority: int
    direction: str
    """``Inbound`` or ``Outbound``."""
    access: str
    """``Allow`` or ``Deny``."""
    protocol: str
    """``Tcp``, ``Udp``, ``Icmp``, ``Esp``, ``Ah`` or ``*``."""
    sources: tuple[str, ...]
    """Prefixes, service tags or ``*``; ids of application security groups in lower case."""
    source_ports: tuple[str, ...]
    destinations: tuple[str, ...]
    destination_ports: tuple[str, ...]
    default: bool = False
    """Is it one of those that every group has?"""


class SecurityGroup(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """A network security group. Key: its ARM id, lower case. Subnets and interfaces name it; it may filter nothing."""

    ROLE: ClassVar[str] = "azure"
    SUBJECT: ClassVar[str] = "network security group"

    name: str
    location: str
    rules: tuple[SecurityRule, ...]
    tags: tuple[tuple[str, str], ...] = ()

    @property
    def where(self) -> str:
        """The Azure region."""
        return self.location


class Route(Struct, frozen=True, kw_only=True, gc=False):
    """A route that somebody set."""

    name: str
    prefix: str
    next_hop_type: str
    """``VirtualNetworkGateway``, ``VnetLocal``, ``Internet``, ``VirtualAppliance``, ``None`` (traffic is dropped)."""
    next_hop: str
    """Address of an appliance; empty otherwise."""


class RouteTable(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """A route table. Key: its ARM id, lower case; subnets name it."""

    ROLE: ClassVar[str] = "azure"
    SUBJECT: ClassVar[str] = "route table"

    name: str
    location: str
    routes: tuple[Route, ...]
    gateway_routes: bool | None
    """Do routes learnt by gateways apply too? ``None``: not told."""

    @property
    def where(self) -> str:
        """The Azure region."""
        return self.location


class NetworkGateway(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """A VPN or ExpressRoute gateway. Key: its ARM id, lower case."""

    ROLE: ClassVar[str] = "azure"
    SUBJECT: ClassVar[str] = "virtual network gateway"

    name: str
    location: str
    gateway_type: str
    """``Vpn``, ``ExpressRoute``, ``LocalGateway``."""
    sku: str
    subnets: tuple[str, ...]
    """ARM ids of the subnets it stands in, lower case."""

    @property
    def where(self) -> str:
        """The Azure region."""
        return self.location


class PublicAddress(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """A public IP address. Key: its ARM id, lower case."""

    ROLE: ClassVar[str] = "azure"
    SUBJECT: ClassVar[str] = "public IP address"

    name: str
    location: str
    address: str
    """Empty while a dynamic one is not in use."""
    used_by: str
    """ARM id of the IP configuration or NAT gateway, lower case; empty for none."""
    tags: tuple[tuple[str, str], ...] = ()

    @property
    def where(self) -> str:
        """The Azure region."""
        return self.location


class Frontend(Struct, frozen=True, kw_only=True, gc=False):
    """An address of a load balancer. Ids are lower case; empty: it has none."""

    name: str
    address: str
    subnet: str
    public_address: str


class LoadBalancer(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """A load balancer: it holds addresses that no machine may have. Key: its ARM id, lower case."""

    ROLE: ClassVar[str] = "azure"
    SUBJECT: ClassVar[str] = "load balancer"

    name: str
    location: str
    frontends: tuple[Frontend, ...]

    @property
    def where(self) -> str:
        """The Azure region."""
        return self.location


class PrivateZone(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """A private DNS zone. Key: its ARM id, lower case."""

    ROLE: ClassVar[str] = "azure"
    SUBJECT: ClassVar[str] = "private DNS zone"

    name: str
    records: int | None


class ZoneLink(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """A private DNS zone that a virtual network can resolve. Key: its ARM id, lower case.

    Only zones of subscriptions that are read show their links: a network can be linked to one that is not.
    """

    ROLE: ClassVar[str] = "azure"
    SUBJECT: ClassVar[str] = "private DNS link"

    name: str
    zone: str
    """ARM id, lower case; its last part is the zone's name."""
    network: str
    """ARM id, lower case."""
    registers: bool | None
    """Do machines of the network appear in the zone by themselves? ``None``: not told."""
    state: str
    """``Completed``, ``InProgress``."""
