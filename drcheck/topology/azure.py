"""Azure networks: what a recovered machine would be connected to, and what it could reach from there."""

from collections.abc import Iterator
from typing import ClassVar

from msgspec import Struct

from drcheck.topology.base import Fact, Target
from drcheck.topology.subscriptions import subscriptions_of


class Subnet(Struct, frozen=True, kw_only=True, gc=False):
    """A subnet. Ids are lower case; empty strings mean: none."""

    name: str
    prefixes: tuple[str, ...]
    security_group: str
    route_table: str
    nat_gateway: str
    attached: tuple[str, ...]
    """Ids of the IP configurations in it, lower case (network interfaces, gateways, load balancers)."""
    delegations: tuple[str, ...] = ()
    """Services that the subnet is reserved for (``Microsoft.Web/serverFarms`` …)."""


class Peering(Struct, frozen=True, kw_only=True, gc=False):
    """A peering to another virtual network."""

    name: str
    state: str
    remote: str
    forwarded_traffic: bool | None = None
    """May traffic that the other network only passes on come in? ``None``: not told."""
    gateway_transit: bool | None = None
    remote_gateways: bool | None = None


class VirtualNetwork(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """An Azure virtual network. Key: its ARM id, lower case."""

    ROLE: ClassVar[str] = "azure"
    FEEDS: ClassVar[tuple[str, ...]] = ("azure",)
    SUBJECT: ClassVar[str] = "virtual network"

    name: str
    location: str
    prefixes: tuple[str, ...]
    dns_servers: tuple[str, ...]
    tags: tuple[tuple[str, str], ...]
    subnets: tuple[Subnet, ...]
    peerings: tuple[Peering, ...]

    def leads(self) -> Iterator[Target]:
        """The subscriptions of the networks it is peered with."""
        yield from subscriptions_of(*(peering.remote for peering in self.peerings))

    @property
    def where(self) -> str:
        """The Azure region."""
        return self.location


class NetworkInterface(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """An Azure network interface. Key: its ARM id, lower case."""

    ROLE: ClassVar[str] = "azure"
    SUBJECT: ClassVar[str] = "network interface"

    name: str
    virtual_machine: str
    """ARM id of the machine, lower case; empty when attached to none."""
    subnets: tuple[str, ...]
    """ARM ids of subnets, lower case."""
    addresses: tuple[str, ...]
    public_addresses: tuple[str, ...]
    """ARM ids of public addresses, lower case."""
    location: str = ""
    security_group: str = ""
    forwards: bool | None = None
    """Does it pass on what is not meant for it, as an appliance does? ``None``: not told."""
    primary: bool | None = None
    tags: tuple[tuple[str, str], ...] = ()

    @property
    def where(self) -> str:
        """The Azure region."""
        return self.location
