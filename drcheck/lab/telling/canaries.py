"""What stands in the drill networks of a simulated estate for good: a canary, and a controller that it must reach."""

from drcheck.lab.azure.build import vnet_named
from drcheck.lab.azure.network import Interface, Machine, VNet
from drcheck.lab.azure.state import azure_of
from drcheck.lab.state.world import Vm, World
from drcheck.lab.telling.building import ISOLATED_SWITCH, Place, add_vm, vm_named

CANARY, CONTROLLER = "CANARY-LDS", "BUBBLE-DC"
CANARY_PORT, CONTROL_PORT = 5985, 53
OUTSIDE = {"host": "192.0.2.53", "port": 443, "name": "the internet"}
"""An address of a network that documents use."""

Section = dict[str, object]


def stand_guard(world: World, host: str, vnet: str) -> None:
    """Put canary and controller on the isolated switch of a host and into a VNet, and declare them.

    Args:
        world: the estate; its drill networks are declared.
        host: FQDN of the replica host.
        vnet: name of the isolated virtual network.
    """
    canary, controller = (_on_switch(world, host, name, port) for name, port in _STANDING)
    network = vnet_named(world, vnet)
    watcher, directory = (_in_vnet(world, network, name, port, place) for place, (name, port) in enumerate(_STANDING))
    sentinels = [*_production(world), OUTSIDE]
    world.estate["drill_networks"] = {
        "azure": [
            {
                "id": network.id,
                "canary": {
                    "vm": watcher.id,
                    "must_not_reach": sentinels,
                    "must_reach": [_end(world, directory)],
                    "beside": [directory.id],
                },
            }
        ],
        "hyperv": [
            {
                "name": ISOLATED_SWITCH,
                "canary": {
                    "vm": canary.name,
                    "must_not_reach": sentinels,
                    "must_reach": [{"host": controller.nics[0].address, "port": CONTROL_PORT, "name": controller.name}],
                    "beside": [controller.id],
                },
            }
        ],
    }


def dismiss_guard(world: World) -> None:
    """Take all of it away again; what is declared stays."""
    for name, _ in _STANDING:
        del world.vms[vm_named(world, name).id]
    azure = azure_of(world)
    standing = {machine.id.lower() for machine in azure.machines.values() if not machine.source_vm}
    for key in standing:
        del azure.machines[key]
    for key in [key for key, nic in azure.interfaces.items() if nic.machine.lower() in standing]:
        del azure.interfaces[key]


def seen_by_canary(world: World, platform: str, at: str) -> tuple[str, list[Section]]:
    """The declared network of a platform, and what its canary saw before and during a drill; nothing without one."""
    networks: dict[str, list[Section | str]] = world.estate["drill_networks"]  # type: ignore[assignment]  # a section
    (network,) = networks[platform]
    if isinstance(network, str):
        return network, []
    name, canary = str(network.get("id") or network["name"]), network["canary"]
    assert isinstance(canary, dict)  # noqa: S101 - as it is declared above
    tries = [
        {**end, "must_reach": wanted, "outcome": outcome}
        for ends, wanted, outcome in (("must_not_reach", False, "timed-out"), ("must_reach", True, "open"))
        for end in canary[ends]
    ]
    told = {"network": name, "canary": canary["vm"], "at": at, "tries": tries}
    return name, [{**told, "before": True}, {**told, "before": False}]


_STANDING = ((CANARY, CANARY_PORT), (CONTROLLER, CONTROL_PORT))


def _on_switch(world: World, host: str, name: str, port: int) -> Vm:
    vm = add_vm(world, name, Place(host=world.hosts[host]))
    vm.nics[0].switch, vm.listens = ISOLATED_SWITCH, (port,)
    return vm


def _in_vnet(world: World, vnet: VNet, name: str, port: int, place: int) -> Machine:
    azure, group = azure_of(world), vnet.resource_group
    machine = Machine(
        id=azure.resource_id(group, "Microsoft.Compute/virtualMachines", f"vm-{name.lower()}"),
        name=f"vm-{name.lower()}",
        resource_group=group,
        region=vnet.region,
        guid=world.id_for("standing machine", name),
        size="Standard_D2s_v5",
        power="running",
        agent_at=0.0,
        services_at=0.0,
        computer_name=name,
        listens=(port,),
    )
    machine.settled.set()
    azure.machines[machine.id.lower()] = machine
    subnet = vnet.subnets[0]
    interface = Interface(
        id=azure.resource_id(group, "Microsoft.Network/networkInterfaces", f"nic-{name.lower()}"),
        name=f"nic-{name.lower()}",
        resource_group=group,
        region=vnet.region,
        vnet=vnet.id,
        subnet=subnet.name,
        address=f"{subnet.prefixes[0].rpartition('.')[0]}.{250 + place}",
        machine=machine.id,
    )
    azure.interfaces[interface.id.lower()] = interface
    machine.interfaces.append(interface.id)
    return machine


def _end(world: World, machine: Machine) -> dict[str, object]:
    interface = azure_of(world).interfaces[machine.interfaces[0].lower()]
    return {"host": interface.address, "port": CONTROL_PORT, "name": machine.name}


def _production(world: World) -> list[dict[str, object]]:
    """A domain controller and what manages the estate, by the addresses of the machines that they are on."""
    controller = vm_named(world, "ID-DC01")
    return [{"host": controller.nics[0].address, "port": 389, "name": controller.name}]
