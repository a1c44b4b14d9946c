"""A virtual network with any way out, or of which something could not be read, is refused before anything starts."""

from collections.abc import Callable

import pytest

from drcheck.drill.engine import run
from drcheck.estate import ProbeSpec
from drcheck.lab.azure import landscape
from drcheck.lab.azure.build import map_network, peer, vnet_id, vnet_named
from drcheck.lab.azure.network import Interface, Peering, Subnet, VNet
from drcheck.lab.azure.state import azure_of
from drcheck.lab.state.world import World
from drcheck.lab.telling.building import ISOLATED_SWITCH
from drcheck.verdict import RunVerdict, Verdict
from tests.drills.conftest import Stage, Stages
from tests.drills.test_drill_refused import assert_refused, isolation, run_verdict

PLAN = "payments-plan"


def drill_network(world: World) -> VNet:
    return vnet_named(world, "vnet-drill")


def filters(world: World) -> landscape.SecurityGroup:
    return next(group for group in azure_of(world).landscape.security_groups if group.name == "nsg-drill")


def peered(world: World) -> None:
    peer(world, "vnet-drill", "vnet-recovery")


def peered_from_the_other_side(world: World) -> None:
    hub = vnet_named(world, "vnet-hub")
    hub.peerings.append(Peering(name="to-drill", remote=drill_network(world).id, state="Initiated"))


def mapped(world: World) -> None:
    map_network(world, "corp", "vnet-drill")


def with_a_gateway(world: World) -> None:
    vnet = drill_network(world)
    vnet.subnets.append(Subnet(name="GatewaySubnet", prefixes=["10.99.255.0/27"]))
    azure_of(world).landscape.gateways.append(
        landscape.Gateway(name="vgw-drill", resource_group=vnet.resource_group, vnet=vnet.id)
    )


def room_for_a_gateway(world: World) -> None:
    drill_network(world).subnets.append(Subnet(name="GatewaySubnet", prefixes=["10.99.255.0/27"]))


def routed(world: World) -> None:
    vnet, azure = drill_network(world), azure_of(world)
    route = landscape.Route(name="all", prefix="0.0.0.0/0", hop="10.40.0.4")
    azure.landscape.route_tables.append(
        landscape.RouteTable(name="rt-drill", resource_group=vnet.resource_group, routes=[route])
    )
    vnet.subnets[0].route_table = azure.resource_id(vnet.resource_group, "Microsoft.Network/routeTables", "rt-drill")


def routed_by_nobody_knows_what(world: World) -> None:
    drill_network(world).subnets[0].route_table = "/subscriptions/x/routeTables/to-on-premises"


def translated(world: World) -> None:
    drill_network(world).subnets[0].nat_gateway = "/subscriptions/x/natGateways/out"


def asks_production(world: World) -> None:
    drill_network(world).dns_servers = ["10.10.0.4"]


def resolves_production(world: World) -> None:
    zone = azure_of(world).landscape.zones[0]
    zone.vnets.append(drill_network(world).id)


def unfiltered(world: World) -> None:
    drill_network(world).subnets[0].security_group = ""


def lets_out(world: World) -> None:
    allowed = landscape.Rule(name="smtp", priority=90, direction="Outbound", access="Allow", destination="Internet")
    filters(world).rules.append(allowed)


def lets_in(world: World) -> None:
    filters(world).rules.append(landscape.Rule(name="rdp", priority=90, access="Allow", source="10.40.0.0/16"))


def interface(world: World, *, machine: str, public: str = "", where: VNet | None = None) -> str:
    """Connects a machine to a network; the adapter's key."""
    vnet, azure = where or drill_network(world), azure_of(world)
    nic = Interface(
        id=azure.resource_id(vnet.resource_group, "Microsoft.Network/networkInterfaces", "nic-jump"),
        name="nic-jump",
        resource_group=vnet.resource_group,
        region=vnet.region,
        vnet=vnet.id,
        subnet=vnet.subnets[0].name,
        address="10.99.1.9",
        machine=machine,
        public_address=public,
    )
    azure.interfaces[nic.id.lower()] = nic
    return nic.id.lower()


def with_a_machine_in_it(world: World) -> None:
    interface(world, machine="/subscriptions/x/virtualMachines/jump")


def with_what_is_called_like_a_copy(world: World) -> None:
    interface(world, machine="/subscriptions/x/virtualMachines/build-test")


def with_a_public_address(world: World) -> None:
    interface(world, machine="/subscriptions/x/virtualMachines/left-test", public="203.0.113.77")


LEAKS: tuple[tuple[Callable[[World], None], str], ...] = (
    (peered, "it is peered with vnet-recovery"),
    (peered_from_the_other_side, "vnet-hub is peered with vnet-drill"),
    (mapped, "is the target of a network mapping"),
    (with_a_gateway, "the Vpn gateway vgw-drill stands in it"),
    (room_for_a_gateway, "has a GatewaySubnet"),
    (routed, "routes 0.0.0.0/0 to 10.40.0.4"),
    (routed_by_nobody_knows_what, "the route table to-on-premises of subnet"),
    (translated, "has the NAT gateway out"),
    (asks_production, "it asks the DNS server 10.10.0.4"),
    (resolves_production, "which other networks use"),
    (unfiltered, "has no network security group"),
    (lets_out, "lets traffic out to Internet (rule smtp)"),
    (lets_in, "lets traffic in from 10.40.0.0/16 (rule rdp)"),
)


@pytest.mark.parametrize(("change", "why"), LEAKS, ids=lambda value: getattr(value, "__name__", ""))
def test_a_virtual_network_that_leaks_starts_nothing_and_fails(
    stages: Stages, change: Callable[[World], None], why: str
) -> None:
    stage = stages(change=change)
    outcome = stage.drill(PLAN)
    assert_refused(stage, outcome, why)
    assert isolation(outcome).verdict is Verdict.FAIL


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (with_a_machine_in_it, "belongs to no test VM"),
        (with_what_is_called_like_a_copy, "belongs to no test VM"),
        (with_a_public_address, "nic-jump in it has a public address"),
    ],
)
def test_a_virtual_network_that_somebody_is_in_starts_nothing_and_fails(
    stages: Stages, change: Callable[[World], None], why: str
) -> None:
    stage = stages(change=change)
    outcome = stage.drill(PLAN)
    (trouble,) = outcome.trouble
    assert why in trouble
    assert isolation(outcome).verdict is Verdict.FAIL
    assert outcome.measurements == ()
    assert run_verdict(outcome) is not RunVerdict.PASSED
    assert (stage.azure.writes, stage.lab.clock.truth.test_vms) == ([], {})
    stage.assert_nothing_real()
    assert stage.open_drills() == ()


def test_a_virtual_network_that_is_not_declared_starts_nothing(stage: Stage) -> None:
    outcome = stage.drill(PLAN, network=vnet_id(stage.world, "vnet-recovery").lower())
    assert_refused(stage, outcome, "is not declared as a drill network")


@pytest.mark.parametrize("kind", ["networkSecurityGroups", "privateDnsZones", "virtualNetworkGateways", "routeTables"])
def test_what_could_not_be_read_of_its_surroundings_starts_nothing(stage: Stage, kind: str) -> None:
    context = stage.context()
    stage.in_azure("403", rf"/{kind}(/|\?)", times=None)
    outcome = run(stage.spec(PLAN), context)
    assert_refused(stage, outcome, "could not be read")


def unheard(stage: Stage) -> None:
    stage.in_azure("403", r"/virtualNetworks(/|\?)", times=None)


def two_homed(stage: Stage) -> None:
    """Somebody gives a copy an adapter in another network: it would forward by itself."""
    copy = next(one for one in stage.azure.machines.values() if one.source_vm)
    made = interface(stage.world, machine=copy.id, where=vnet_named(stage.world, "vnet-recovery"))
    stage.when["clean up"] = lambda: stage.azure.interfaces.pop(made)


def landed_elsewhere(stage: Stage) -> None:
    """A machine has settings of its own for test failovers."""
    copy = next(one for one in stage.azure.machines.values() if one.source_vm)
    nic = next(one for one in stage.azure.interfaces.values() if one.machine.lower() == copy.id.lower())
    nic.vnet = vnet_named(stage.world, "vnet-recovery").id


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (landed_elsewhere, "-test is not in vnet-drill but in /subscriptions/"),
        (two_homed, "is in another network: a way out"),
        (lambda stage: peered(stage.world), "it is peered with vnet-recovery"),
        (lambda stage: lets_out(stage.world), "lets traffic out to Internet"),
        (unheard, "could not be read"),
    ],
    ids=["elsewhere", "two-homed", "peered", "opened", "unread"],
)
def test_a_virtual_network_that_leaks_in_mid_drill_ends_it_and_is_cleaned_up(
    stage: Stage, change: Callable[[Stage], None], why: str
) -> None:
    stage.when["probes"] = lambda: change(stage)
    never = ProbeSpec(kind="run-command", vm="PAY-WEB01", script="hostname", expect="what no machine says")
    outcome = stage.drill(PLAN, probes=(never,), seconds=600)
    (trouble,) = outcome.trouble
    assert "did not stay isolated" in trouble
    assert why in trouble
    assert isolation(outcome).verdict is Verdict.FAIL
    assert outcome.measurements == ()
    assert stage.writes("/testFailoverCleanup") == 1
    stage.assert_spotless()
    assert stage.open_drills() == ()


def rewired(stage: Stage) -> None:
    next(one for one in stage.leeds.switches if one.name == ISOLATED_SWITCH).switch_type = "External"


def moved(stage: Stage) -> None:
    """Somebody connects the copy to production."""
    (copy,) = stage.world.test_vms.values()
    copy.switches[:] = ["Corp"]


@pytest.mark.parametrize(("change", "why"), [(rewired, "is External, not Private"), (moved, "is connected to 'Corp'")])
def test_a_switch_that_leaks_in_mid_drill_ends_it_and_is_cleaned_up(
    stage: Stage, change: Callable[[Stage], None], why: str
) -> None:
    stage.when["boot"] = lambda: change(stage)
    outcome = stage.drill("vmm-first", probes=(ProbeSpec(kind="service", name="NoSuchService"),), seconds=600)
    assert "did not stay isolated" in outcome.trouble[0]
    assert why in outcome.trouble[0]
    assert isolation(outcome).verdict is Verdict.FAIL
    stage.assert_spotless()
    assert stage.open_drills() == ()


def test_a_leak_that_comes_last_is_seen_before_the_drill_counts(stage: Stage) -> None:
    stage.when["probes"] = lambda: peered(stage.world)
    outcome = stage.drill(PLAN)
    assert "did not stay isolated" in outcome.trouble[0]
    assert isolation(outcome).verdict is Verdict.FAIL
    assert outcome.measurements == ()
    stage.assert_spotless()
