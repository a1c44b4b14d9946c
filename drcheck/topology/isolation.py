"""What leads out of an Azure virtual network, and what do its security groups let pass?

Sentences, one for each way out that was seen. What was not read gives none: ask with ``require`` before you conclude
that there is none.
"""

from collections.abc import Iterator, Sequence
from ipaddress import ip_address, ip_network

from drcheck.topology.azure import NetworkInterface, Subnet, VirtualNetwork
from drcheck.topology.azure_edges import NetworkGateway, RouteTable, SecurityGroup, SecurityRule, ZoneLink
from drcheck.topology.base import Fact, Topology, Unknown
from drcheck.topology.declared import DrillNetwork
from drcheck.topology.subscriptions import azure_scope

TELLING: tuple[type[Fact], ...] = (
    VirtualNetwork, NetworkInterface, NetworkGateway, RouteTable, SecurityGroup, ZoneLink,
)  # fmt: skip
"""What must have been read of the network's subscription before silence means isolation."""
OUTWARD = ("virtualappliance", "virtualnetworkgateway", "internet")
ANYWHERE = ("*", "internet")
OWN = ("virtualnetwork", "azureloadbalancer")
"""Service tags for the network itself, and for the health probes of its load balancers."""


def ways_out(topology: Topology, network: VirtualNetwork) -> Iterator[str]:
    """Every way out that was seen."""
    for peering in network.peerings:
        yield f"it is peered with {_last(peering.remote)} ({peering.state})"
    for server in network.dns_servers:
        if not _within(server, network.prefixes):
            yield f"it asks the DNS server {server}, which lies outside it"
    yield from _doors(topology, network)
    yield from _zones(topology, network)
    for subnet in network.subnets:
        yield from _subnet(topology, network, subnet)


def _doors(topology: Topology, network: VirtualNetwork) -> Iterator[str]:
    for gateway in topology.seen(NetworkGateway):
        if any(subnet.startswith(f"{network.key}/") for subnet in gateway.subnets):
            yield f"the {gateway.gateway_type} gateway {gateway.name} stands in it"
    for interface in topology.seen(NetworkInterface):
        if interface.public_addresses and any(subnet.startswith(f"{network.key}/") for subnet in interface.subnets):
            yield f"{interface.name} in it has a public address"


def must_be_known(topology: Topology, network: VirtualNetwork) -> None:
    """Raise unless silence of ``ways_out`` means that there is none.

    Raises:
        Unknown: something was not read, or a group or table that a subnet names was not told.
    """
    for kind in TELLING:
        topology.require(kind, azure_scope(network.key))
    for subnet in network.subnets:
        if subnet.route_table and topology.get(RouteTable, subnet.route_table) is None:
            raise Unknown(f"the route table {_last(subnet.route_table)} of subnet {subnet.name} was not told")
        if subnet.security_group and topology.get(SecurityGroup, subnet.security_group) is None:
            raise Unknown(f"the security group {_last(subnet.security_group)} of subnet {subnet.name} was not told")
    for table in topology.seen(RouteTable):
        if any(subnet.route_table == table.key for subnet in network.subnets):
            nameless = [route.name for route in table.routes if not route.next_hop_type]
            if nameless:
                raise Unknown(f"where the route {nameless[0]} of {table.name} leads was not told")


def _zones(topology: Topology, network: VirtualNetwork) -> Iterator[str]:
    """A zone that other networks use too holds the names, and addresses, of what is real."""
    drills = {drill.name.lower() for drill in topology.seen(DrillNetwork) if drill.platform == "azure"}
    for link in topology.where(ZoneLink, "network", network.key):
        if any(other.network not in drills for other in topology.where(ZoneLink, "zone", link.zone)):
            yield f"it resolves the private zone {_last(link.zone)}, which other networks use"


def _subnet(topology: Topology, network: VirtualNetwork, subnet: Subnet) -> Iterator[str]:
    if subnet.nat_gateway:
        yield f"subnet {subnet.name} has the NAT gateway {_last(subnet.nat_gateway)}"
    table = topology.get(RouteTable, subnet.route_table)
    for route in table.routes if table else ():
        if route.next_hop_type.lower() in OUTWARD:
            yield f"subnet {subnet.name} routes {route.prefix} to {route.next_hop or route.next_hop_type}"
    if not subnet.security_group:
        yield f"subnet {subnet.name} has no network security group"
        return
    group = topology.get(SecurityGroup, subnet.security_group)
    for direction in ("Outbound", "Inbound") if group else ():
        assert group is not None  # noqa: S101 - the loop is empty without one
        found = passes(group.rules, direction, network.prefixes)
        if found:
            yield f"{group.name} on subnet {subnet.name} {found}"


def passes(rules: Sequence[SecurityRule], direction: str, prefixes: Sequence[str]) -> str:
    """What a security group lets through between a network and everything else; empty when it denies it all.

    Rules apply in the order of their priority, the first that matches decides. A rule that denies some of what is
    outside is not counted, so that a hole it closes may be told all the same.
    """
    mine = sorted((rule for rule in rules if rule.direction.lower() == direction.lower()), key=lambda one: one.priority)
    for rule in mine:
        outside = rule.destinations if direction == "Outbound" else rule.sources
        if rule.access.lower() == "deny" and _covers_all(rule, outside, direction):
            return ""
        if rule.access.lower() == "allow" and not (outside and all(_own(end, prefixes) for end in outside)):
            way = "out to" if direction == "Outbound" else "in from"
            return f"lets traffic {way} {', '.join(outside) or 'ends that were not told'} (rule {rule.name})"
    return f"has no rule that denies everything {direction.lower()}"


def _covers_all(rule: SecurityRule, outside: Sequence[str], direction: str) -> bool:
    inside = rule.sources if direction == "Outbound" else rule.destinations
    return (
        rule.protocol == "*"
        and "*" in rule.source_ports
        and "*" in rule.destination_ports
        and any(end.lower() in ANYWHERE for end in outside)
        and any(end.lower() in ("*", "virtualnetwork") for end in inside)
    )


def _own(end: str, prefixes: Sequence[str]) -> bool:
    """Is an end of a rule in the network? An application security group holds interfaces of one network only."""
    return end.lower() in OWN or end.startswith("/subscriptions/") or _within(end, prefixes)


def _within(address: str, prefixes: Sequence[str]) -> bool:
    try:
        given = ip_network(address, strict=False) if "/" in address else ip_network(ip_address(address))
    except ValueError:
        return False
    return any(
        given.version == known.version and given.subnet_of(known)  # type: ignore[arg-type]  # of one version by then
        for known in (ip_network(prefix, strict=False) for prefix in prefixes)
    )


def _last(arm_id: str) -> str:
    return arm_id.rpartition("/")[2]
