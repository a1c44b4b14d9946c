"""Isolation by configuration: every known leak is named, and doubt refuses."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

import msgspec
import pytest

from drcheck.drill.isolation.configuration import action_leaks, edge_leaks, network_leaks, switch_leaks
from drcheck.topology.azure import NetworkInterface, Peering, Subnet, VirtualNetwork
from drcheck.topology.azure_edges import NetworkGateway, RouteTable, SecurityGroup, SecurityRule, ZoneLink
from drcheck.topology.base import Fact, Gap, Looked, Seen, Target, Topology
from drcheck.topology.declared import DeclaredEndpoint, DrillNetwork
from drcheck.topology.hyperv import Adapter, HyperVVm, VmReplication, VmSwitch
from drcheck.topology.site_recovery import (
    NetworkMapping,
    PlanAction,
    PlanGroup,
    ProtectedItem,
    ProtectedNic,
    RecoveryPlan,
    RecoveryTarget,
    Vault,
)
from drcheck.topology.vmm import ManagedHost

AT = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
SWITCH = "DR Test (isolated)"
VM = "11111111-0000-0000-0000-000000000001"
SUBSCRIPTION = "/subscriptions/s"
NSG = f"{SUBSCRIPTION}/resourcegroups/rg/providers/microsoft.network/networksecuritygroups/nsg-drill"
NET = f"{SUBSCRIPTION}/resourcegroups/rg/providers/microsoft.network/virtualnetworks/vnet-drill"
VAULT = f"{SUBSCRIPTION}/resourcegroups/rg/providers/microsoft.recoveryservices/vaults/v"


def seen(endpoint: str) -> Seen:
    return Seen(source="test", endpoint=endpoint, query="q", at=AT)


def replica() -> HyperVVm:
    return HyperVVm(
        key=f"{VM}@hv", seen=seen("hv"), vm_id=VM, name="vmm01", host="hv", state="Off", replication_mode="Replica",
        clustered=False, disks=(), adapters=(Adapter(id="1", name="nic", switch="", test_replica_switch=SWITCH),),
    )  # fmt: skip


def switch() -> VmSwitch:
    return VmSwitch(
        key="hv/1", seen=seen("hv"), switch_id="1", name=SWITCH, host="hv", switch_type="Private", uplinks=(),
        allow_management_os=False,
    )  # fmt: skip


def network() -> VirtualNetwork:
    subnet = Subnet(
        name="app", prefixes=("10.9.1.0/24",), security_group=NSG, route_table="", nat_gateway="", attached=()
    )
    return VirtualNetwork(
        key=NET, seen=seen(SUBSCRIPTION), name="vnet-drill", location="uksouth", prefixes=("10.9.0.0/16",),
        dns_servers=("10.9.1.4",), tags=(), subnets=(subnet,), peerings=(),
    )  # fmt: skip


def closed() -> SecurityGroup:
    rules = tuple(
        SecurityRule(
            name=f"deny-{direction}", priority=4096, direction=direction, access="Deny", protocol="*", sources=("*",),
            destinations=("*",), source_ports=("*",), destination_ports=("*",),
        )
        for direction in ("Inbound", "Outbound")
    )  # fmt: skip
    return SecurityGroup(key=NSG, seen=seen(SUBSCRIPTION), name="nsg-drill", location="uksouth", rules=rules)


def item() -> ProtectedItem:
    nic = ProtectedNic(
        id="n", source_network="", target_network=NET.replace("drill", "prod"), target_subnet="app", target_address="",
        test_network="", selection="",
    )  # fmt: skip
    return ProtectedItem(
        key=f"{VAULT}/i", seen=seen(VAULT), vault=VAULT, container="c", name="WEB01", vm_id=VM,
        provider="HyperVReplicaAzure", policy="p", protection_state="Protected", state_description="",
        replication_health="Normal", failover_health="Normal", active_location="Primary",
        allowed_operations=("TestFailover",), test_failover_state="None",
        recovery_fabric="Microsoft Azure", rpo_seconds=1, rpo_calculated=AT, last_test_failover=None, nics=(nic,),
    )  # fmt: skip


@dataclass
class Estate:
    facts: list[Fact] = field(default_factory=list)
    hide: tuple[type[Fact], ...] = ()

    def topology(self) -> Topology:
        kinds: dict[type[Fact], str] = {
            HyperVVm: "hv", VmSwitch: "hv", VmReplication: "hv", VirtualNetwork: SUBSCRIPTION,
            NetworkInterface: SUBSCRIPTION, SecurityGroup: SUBSCRIPTION, RouteTable: SUBSCRIPTION,
            NetworkGateway: SUBSCRIPTION, ZoneLink: SUBSCRIPTION, NetworkMapping: VAULT,
            ProtectedItem: VAULT, Vault: VAULT,
            DeclaredEndpoint: "estate", DrillNetwork: "estate", ManagedHost: "vmm",
        }  # fmt: skip
        return Topology(
            facts=self.facts,
            looked=[
                Looked(kind=kind.__name__, scope=f"{kind.ROLE}:{where}", seen=seen(where))
                for kind, where in kinds.items()
                if kind not in self.hide
            ],
            gaps=[
                Gap(kind=kind.__name__, scope=f"{kind.ROLE}:{kinds[kind]}", cause="x", reason="dark", seen=seen("x"))
                for kind in self.hide
            ],
            targets=[Target(role=kind.ROLE, endpoint=where) for kind, where in kinds.items()],
            as_of=AT,
        )


def hyperv(*facts: Fact) -> Estate:
    declared = DrillNetwork(key=f"hyperv:{SWITCH.lower()}", seen=seen("estate"), platform="hyperv", name=SWITCH)
    return Estate(facts=[declared, *facts])


def azure(*facts: Fact) -> Estate:
    declared = DrillNetwork(key=f"azure:{NET}", seen=seen("estate"), platform="azure", name=NET)
    return Estate(facts=[declared, closed(), *facts])


def switch_verdict(estate: Estate) -> tuple[str, ...]:
    return switch_leaks(estate.topology(), "hv", VM, SWITCH)


def test_a_private_switch_with_nothing_on_it_is_isolated() -> None:
    assert switch_verdict(hyperv(replica(), switch())) == ()


@pytest.mark.parametrize(
    ("changes", "leak"),
    [
        ({"switch_type": "External"}, "External, not Private"),
        ({"switch_type": "Internal"}, "Internal, not Private"),
        ({"uplinks": ("NIC 1",)}, "uplinks: NIC 1"),
        ({"allow_management_os": True}, "management operating system"),
    ],
)
def test_a_switch_with_a_way_out_leaks(changes: dict[str, object], leak: str) -> None:
    leaks = switch_verdict(hyperv(replica(), msgspec.structs.replace(switch(), **changes)))
    assert any(leak in one for one in leaks)


def test_a_test_switch_that_is_another_leaks() -> None:
    adapter = Adapter(id="1", name="nic", switch="", test_replica_switch="Production")
    leaks = switch_verdict(hyperv(msgspec.structs.replace(replica(), adapters=(adapter,)), switch()))
    assert leaks == ("adapter 'nic' of vmm01 would connect its test VM to 'Production', not 'DR Test (isolated)'",)


def test_another_machine_on_the_switch_leaks() -> None:
    other = msgspec.structs.replace(
        replica(), key="o@hv", vm_id="o", name="gateway", replication_mode="None",
        adapters=(Adapter(id="2", name="nic", switch=SWITCH, test_replica_switch=""),),
    )  # fmt: skip
    assert any("gateway" in one for one in switch_verdict(hyperv(replica(), switch(), other)))


def test_what_was_not_read_leaks() -> None:
    for kind in (VmSwitch, HyperVVm):
        estate = hyperv(replica(), switch())
        estate.hide = (kind,)
        assert any("could not be read" in one for one in switch_verdict(estate))


def test_a_missing_or_double_switch_and_an_undeclared_one_leak() -> None:
    assert any("0 switches" in one for one in switch_verdict(hyperv(replica())))
    second = msgspec.structs.replace(switch(), key="hv/2", switch_id="2")
    assert any("2 switches" in one for one in switch_verdict(hyperv(replica(), switch(), second)))
    assert any("not declared" in one for one in switch_verdict(Estate(facts=[replica(), switch()])))


def test_a_host_without_the_replica_leaks() -> None:
    assert any("no replica" in one for one in switch_verdict(hyperv(switch())))


def network_verdict(estate: Estate) -> tuple[str, ...]:
    return network_leaks(estate.topology(), NET.upper())


def test_a_lonely_network_is_isolated() -> None:
    assert network_verdict(azure(network(), item())) == ()


def subnet(**changes: object) -> Subnet:
    return msgspec.structs.replace(network().subnets[0], **changes)


@pytest.mark.parametrize(
    ("changes", "leak"),
    [
        ({"peerings": (Peering(name="p", state="Connected", remote="/prod"),)}, "peered with prod"),
        ({"peerings": (Peering(name="p", state="Disconnected", remote="/prod"),)}, "peered with prod"),
        ({"subnets": (subnet(name="GatewaySubnet"),)}, "GatewaySubnet"),
        ({"subnets": (subnet(route_table="/rt"),)}, "route table"),
        ({"subnets": (subnet(nat_gateway="/nat"),)}, "NAT gateway"),
        ({"dns_servers": ("10.1.0.4",)}, "DNS server 10.1.0.4"),
    ],
)
def test_a_network_with_a_way_out_leaks(changes: dict[str, object], leak: str) -> None:
    leaks = network_verdict(azure(msgspec.structs.replace(network(), **changes), item()))
    assert any(leak in one for one in leaks)


def interface(**changes: object) -> NetworkInterface:
    made = NetworkInterface(
        key="/nic", seen=seen(SUBSCRIPTION), name="nic-x", virtual_machine="/vms/web01-test",
        subnets=(f"{NET}/subnets/app",),
        addresses=(), public_addresses=(),
    )  # fmt: skip
    return msgspec.structs.replace(made, **changes)


def test_neighbours_and_public_addresses_leak() -> None:
    assert network_verdict(azure(network(), item(), interface())) == ()
    assert any("no test VM" in one for one in network_verdict(azure(network(), interface(virtual_machine="/vms/db01"))))
    assert any(
        "public address" in one for one in network_verdict(azure(network(), interface(public_addresses=("1.2.3.4",))))
    )
    assert (
        network_verdict(azure(network(), interface(virtual_machine="/vms/db01", subnets=("/other/subnets/a",)))) == ()
    )


@pytest.mark.parametrize(
    ("machine", "leaks_before", "leaks_meanwhile"),
    [
        ("/vms/web01-test", False, False),
        ("/vms/web01-test-0f3d2c1b-7a65-4e98-8d21-5b6c7d8e9f00", False, False),
        ("/vms/web01-test-server", True, True),
        ("", True, False),
        ("/vms/db01", True, True),
    ],
)
def test_an_interface_that_waits_for_its_test_vm_is_no_leak_while_they_are_being_made(
    machine: str, leaks_before: bool, leaks_meanwhile: bool
) -> None:
    topology = azure(network(), item(), interface(virtual_machine=machine)).topology()
    assert bool(network_leaks(topology, NET)) is leaks_before
    assert bool(edge_leaks(topology, NET, topology, ())) is leaks_meanwhile


def test_a_network_that_is_gone_while_a_drill_runs_leaks() -> None:
    gone = azure(item()).topology()
    assert "could not be read" in edge_leaks(gone, NET, gone, ())[0]


@pytest.mark.parametrize(
    ("machine", "leaks"),
    [
        ("/vms/web01-test", True),
        ("/vms/WEB01-test-0f3d2c1b-7a65-4e98-8d21-5b6c7d8e9f00", True),
        ("/vms/web01", False),
        ("/vms/other-test", False),
    ],
)
def test_a_new_copy_in_another_network_is_a_leak_and_what_stood_there_before_is_none(machine: str, leaks: bool) -> None:
    one = msgspec.structs.replace(item(), target=RecoveryTarget(name="web01"))
    before = azure(network(), one).topology()
    after = azure(network(), one, interface(virtual_machine=machine, subnets=("/prod/subnets/a",))).topology()
    assert bool(edge_leaks(after, NET, before, (one,))) is leaks
    assert edge_leaks(after, NET, after, (one,)) == ()


def test_the_test_vm_of_a_drill_may_be_on_the_switch() -> None:
    copy = msgspec.structs.replace(
        replica(), key="t@hv", vm_id="t", name="vmm01 - Test", replication_mode="TestReplica",
        adapters=(Adapter(id="3", name="nic", switch=SWITCH, test_replica_switch=""),),
    )  # fmt: skip
    topology = hyperv(replica(), switch(), copy).topology()
    assert switch_leaks(topology, "hv", VM, SWITCH, copied=True) == ()
    assert "is connected to" in switch_leaks(topology, "hv", VM, SWITCH)[0]


def test_a_network_real_failovers_use_leaks() -> None:
    mapping = NetworkMapping(key="m", seen=seen(VAULT), vault=VAULT, state="Paired", source="s", target=NET)
    assert any("network mapping" in one for one in network_verdict(azure(network(), mapping)))
    nic = msgspec.structs.replace(item().nics[0], target_network=NET)
    assert any(
        "failover network" in one
        for one in network_verdict(azure(network(), msgspec.structs.replace(item(), nics=(nic,))))
    )


@pytest.mark.parametrize("kind", [NetworkGateway, RouteTable, SecurityGroup, ZoneLink])
def test_surroundings_that_nobody_could_read_leak_and_hide_nothing_else(kind: type[Fact]) -> None:
    peering = Peering(name="p", state="Connected", remote="/prod")
    estate = azure(msgspec.structs.replace(network(), peerings=(peering,)), item())
    estate.hide = (kind,)
    leaks = network_verdict(estate)
    assert any("could not be read" in one for one in leaks)
    assert any("peered with prod" in one for one in leaks)


@pytest.mark.parametrize("kind", [VirtualNetwork, NetworkInterface, NetworkMapping, ProtectedItem])
def test_a_network_nobody_could_read_leaks(kind: type[Fact]) -> None:
    estate = azure(network(), item())
    estate.hide = (kind,)
    assert any("could not be read" in one for one in network_verdict(estate))


def test_an_unknown_or_undeclared_network_leaks() -> None:
    assert any("no virtual network" in one for one in network_verdict(azure(item())))
    assert any("not declared" in one for one in network_verdict(Estate(facts=[network()])))


def test_scripts_and_runbooks_that_run_in_tests_are_refused_unless_allowed() -> None:
    def action(name: str, kind: str, *types: str) -> PlanAction:
        return PlanAction(
            name=name, action_type=kind, failover_types=types, failover_directions=("PrimaryToRecovery",), detail="d"
        )

    group = PlanGroup(
        group_type="Boot",
        items=(),
        start_actions=(action("dns", "AutomationRunbookActionDetails", "TestFailover"),),
        end_actions=(
            action("copy", "ScriptActionDetails", "UnplannedFailover"),
            action("call", "ManualActionDetails", "TestFailover"),
        ),
    )
    made = RecoveryPlan(
        key="p", seen=seen(VAULT), vault=VAULT, name="rp", primary_fabric="", recovery_fabric="", deployment_model="",
        allowed_operations=(), last_test_failover=None, groups=(group,),
    )  # fmt: skip
    assert len(action_leaks(made)) == 1
    assert "'dns'" in action_leaks(made)[0]
    assert action_leaks(made, ("dns",)) == ()
