"""Does the Azure source tell everything that decides whether a network is isolated?"""

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec
import pytest

from drcheck.discovery.azure import COLLECTORS, NETWORK_API, ROLE, read_interfaces, read_networks
from drcheck.topology.azure import NetworkInterface, Peering, Subnet, VirtualNetwork
from drcheck.topology.base import Seen, Target
from drcheck.transport.arm_values import decode_hook

T = TypeVar("T")

SUB = "/subscriptions/11111111-2222-3333-4444-555555555555"
NETS = f"{SUB}/resourceGroups/RG/providers/Microsoft.Network"
TARGET = Target(role=ROLE, endpoint=SUB)


class Answers:
    """An ``ArmAsk`` that answers one list and remembers what it was asked."""

    def __init__(self, *elements: dict[str, Any]) -> None:
        self.elements = elements
        self.asked: list[tuple[str, str]] = []

    def every(self, path: str, api_version: str, of: type[T]) -> Iterator[T]:
        self.asked.append((path, api_version))
        for element in self.elements:
            yield msgspec.json.decode(json.dumps(element), type=of, dec_hook=decode_hook)

    def one(self, path: str, api_version: str, of: type[T]) -> T:
        raise LookupError(path)

    def each(self, paths: Iterable[str], api_version: str, of: type[T]) -> Iterator[T]:
        return (self.one(path, api_version, of) for path in paths)

    def seen(self, path: str) -> Seen:
        return Seen(source="azure", endpoint=SUB, query=f"GET {path}", at=datetime(2026, 11, 23, tzinfo=UTC))


def subnet(name: str, **properties: Any) -> dict[str, Any]:
    return {"id": f"{NETS}/virtualNetworks/v/subnets/{name}", "name": name, "properties": properties}


def network(**changes: Any) -> dict[str, Any]:
    properties = {
        "addressSpace": {"addressPrefixes": ["10.9.0.0/16"]},
        "dhcpOptions": {"dnsServers": []},
        "subnets": [],
        "virtualNetworkPeerings": [],
        **changes.pop("properties", {}),
    }
    top = {"id": f"{NETS}/virtualNetworks/VNet-DR", "name": "VNet-DR", "location": "UKSouth", **changes}
    return {**top, "properties": properties}


def only_network(**changes: Any) -> VirtualNetwork:
    (found,) = read_networks(Answers(network(**changes)), TARGET)
    return found


def test_a_network_as_azure_writes_it() -> None:
    ask = Answers(network(tags={"env": "dr", "drill": None}))
    (found,) = read_networks(ask, TARGET)
    assert ask.asked == [(f"{SUB}/providers/Microsoft.Network/virtualNetworks", NETWORK_API)]
    assert found.key == f"{NETS}/virtualNetworks/VNet-DR".lower()
    assert (found.name, found.location, found.where) == ("VNet-DR", "uksouth", "uksouth")
    assert found.prefixes == ("10.9.0.0/16",)
    assert found.tags == (("drill", ""), ("env", "dr"))
    assert (found.dns_servers, found.subnets, found.peerings) == ((), (), ())
    assert found.seen.endpoint == SUB


def test_everything_that_leads_out_of_a_subnet() -> None:
    gateway = {"id": f"{NETS}/virtualNetworkGateways/gw/ipConfigurations/default"}
    web = subnet(
        "web",
        addressPrefix="10.9.1.0/24",
        networkSecurityGroup={"id": f"{NETS}/networkSecurityGroups/NSG"},
        routeTable={"id": f"{NETS}/routeTables/RT"},
        natGateway={"id": f"{NETS}/natGateways/NAT"},
    )
    wide = subnet("GatewaySubnet", addressPrefixes=["10.9.2.0/24", "fd00::/64"], ipConfigurations=[gateway])
    found = only_network(properties={"subnets": [web, wide]})
    low = NETS.lower()
    assert found.subnets == (
        Subnet(
            name="web",
            prefixes=("10.9.1.0/24",),
            security_group=f"{low}/networksecuritygroups/nsg",
            route_table=f"{low}/routetables/rt",
            nat_gateway=f"{low}/natgateways/nat",
            attached=(),
        ),
        Subnet(
            name="GatewaySubnet",
            prefixes=("10.9.2.0/24", "fd00::/64"),
            security_group="",
            route_table="",
            nat_gateway="",
            attached=(f"{low}/virtualnetworkgateways/gw/ipconfigurations/default",),
        ),
    )


def test_peerings_and_name_servers() -> None:
    remote = {"id": f"{NETS}/virtualNetworks/Prod"}
    peerings = [
        {"name": "to-prod", "properties": {"peeringState": "Connected", "remoteVirtualNetwork": remote}},
        {"name": "dangling", "properties": {"peeringState": "Disconnected", "remoteVirtualNetwork": None}},
    ]
    found = only_network(properties={"virtualNetworkPeerings": peerings, "dhcpOptions": {"dnsServers": ["10.1.0.4"]}})
    assert found.dns_servers == ("10.1.0.4",)
    assert found.peerings == (
        Peering(name="to-prod", state="Connected", remote=f"{NETS}/virtualNetworks/Prod".lower()),
        Peering(name="dangling", state="Disconnected", remote=""),
    )


@pytest.mark.parametrize("key", ["subnets", "virtualNetworkPeerings"])
@pytest.mark.parametrize("how", ["absent", "null"])
def test_a_network_that_hides_its_ways_out_is_not_read_as_isolated(key: str, how: str) -> None:
    hidden = network()
    if how == "absent":
        del hidden["properties"][key]
    else:
        hidden["properties"][key] = None
    with pytest.raises(msgspec.ValidationError, match=key):
        list(read_networks(Answers(hidden), TARGET))


def test_options_that_are_not_set_are_absent() -> None:
    plain = network()
    del plain["properties"]["dhcpOptions"]
    (found,) = read_networks(Answers(plain), TARGET)
    assert (found.dns_servers, found.tags) == ((), ())


def test_an_interface_with_two_addresses() -> None:
    subnet_id = f"{NETS}/virtualNetworks/VNet-DR/subnets/web"
    public = {"id": f"{NETS}/publicIPAddresses/PIP"}
    configs = [
        {"properties": {"privateIPAddress": "10.9.1.4", "subnet": {"id": subnet_id}, "publicIPAddress": public}},
        {"properties": {"privateIPAddress": "10.9.1.5", "subnet": {"id": subnet_id.upper()}}},
    ]
    machine = {"id": f"{SUB}/resourceGroups/RG/providers/Microsoft.Compute/virtualMachines/PAY-WEB01-test"}
    nic = {
        "id": f"{NETS}/networkInterfaces/NIC",
        "name": "NIC",
        "properties": {"ipConfigurations": configs, "virtualMachine": machine},
    }
    loose = {"id": f"{NETS}/networkInterfaces/loose", "name": "loose", "properties": {"ipConfigurations": []}}
    ask = Answers(nic, loose)
    first, second = read_interfaces(ask, TARGET)
    assert ask.asked == [(f"{SUB}/providers/Microsoft.Network/networkInterfaces", NETWORK_API)]
    assert first.virtual_machine == machine["id"].lower()
    assert first.subnets == (subnet_id.lower(),)
    assert first.addresses == ("10.9.1.4", "10.9.1.5")
    assert first.public_addresses == (public["id"].lower(),)
    assert (second.virtual_machine, second.subnets, second.addresses) == ("", (), ())


def test_the_source_tells_of_both_kinds() -> None:
    assert {collector.kind for collector in COLLECTORS} == {VirtualNetwork, NetworkInterface}
    assert {collector.kind.ROLE for collector in COLLECTORS} == {ROLE}
