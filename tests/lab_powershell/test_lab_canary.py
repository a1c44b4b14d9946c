"""What does a simulated canary say that it reaches, and what does drcheck make of that?"""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from drcheck.drill.guest.tcp import encoded, outcomes
from drcheck.errors import DrillError
from drcheck.lab.guests.reaching import switch_named
from drcheck.lab.state.world import Nic, Vm, World
from drcheck.lab.telling.building import ISOLATED_SWITCH, Place, add_host, add_isolated_switch, add_vm

HOST = "hv1.lds.contoso.lab"
CONTROLLER, CONTROL, CLOSED = ("10.10.0.4", 389), ("10.20.0.9", 53), ("10.20.0.9", 54)


def standing(world: World, name: str, address: str, *ports: int) -> Vm:
    """A VM on the isolated switch."""
    vm = add_vm(world, name, Place(host=world.hosts[HOST]))
    vm.nics[0].switch, vm.nics[0].address, vm.listens = ISOLATED_SWITCH, address, ports
    return vm


@pytest.fixture
def world() -> World:
    world = World(name="bubble", guest_password="right")
    add_isolated_switch(world, add_host(world, HOST, "hyperv"))
    return world


@pytest.fixture
def canary(world: World) -> Vm:
    standing(world, "BUBBLE-DC", CONTROL[0], CONTROL[1])
    return standing(world, "CANARY", "10.20.0.8")


@pytest.fixture
def ask(world: World, canary: Vm, bench: Callable[..., Any]) -> Callable[..., Any]:
    """The canary is asked about three ends."""

    def asked(**changes: object) -> Any:
        given = {
            "vm_id": canary.id,
            "switch": ISOLATED_SWITCH,
            "user": world.guest_user,
            "password": world.guest_password,
            "ends": encoded([CONTROLLER, CONTROL, CLOSED]),
            "seconds": "5",
        }
        return asyncio.run(bench(world).act(HOST, "hyperv.canary.tcp", **{**given, **changes}))

    return asked


def seen(said: Any) -> tuple[str, ...]:
    (row,) = said.rows()
    return outcomes(row["lines"], 3)


def test_a_canary_reaches_its_neighbours_and_nobody_else(ask: Callable[..., Any]) -> None:
    assert seen(ask()) == ("timed-out", "open", "refused")


def test_a_hidden_path_shows(world: World, ask: Callable[..., Any]) -> None:
    world.paths.ports[(switch_named(HOST, ISOLATED_SWITCH), *CONTROLLER)] = "open"
    assert seen(ask()) == ("open", "open", "refused")


def test_a_switch_with_an_uplink_lets_out(world: World, ask: Callable[..., Any]) -> None:
    next(one for one in world.hosts[HOST].switches if one.name == ISOLATED_SWITCH).uplinks.append("cable")
    assert seen(ask()) == ("open", "open", "refused")


@pytest.mark.parametrize("change", [{"state": "Off"}, {"password": "wrong"}], ids=str)
def test_a_guest_that_does_not_answer_reaches_nothing_and_proves_nothing(
    canary: Vm, ask: Callable[..., Any], change: dict[str, str]
) -> None:
    canary.state = change.pop("state", canary.state)
    with pytest.raises(DrillError, match="NoAnswer"):
        seen(ask(**change))


def test_a_canary_elsewhere_is_not_asked(canary: Vm, ask: Callable[..., Any]) -> None:
    canary.nics.append(Nic(id="second", switch="vSwitch-Production"))
    assert ask().error_id() == "InvalidState"
    canary.nics[:] = [Nic(id="first")]
    assert ask().error_id() == "InvalidState"
    assert ask(vm_id="00000000-0000-0000-0000-000000000000").error_id() == "VmNotFound"


@pytest.mark.parametrize(
    "lines",
    [
        [],
        ["drcheck tcp 0 timed-out", "drcheck tcp 1 open"],
        ["drcheck tcp 0 timed-out", "drcheck tcp end 1"],
        ["drcheck tcp 0 timed-out", "drcheck tcp 1 open", "drcheck tcp end 1"],
        ["drcheck tcp 1 timed-out", "drcheck tcp 0 open", "drcheck tcp end 2"],
        ["drcheck tcp 0 timed-out", "WARNING", "drcheck tcp 1 open", "drcheck tcp end 2"],
        ["drcheck tcp 0 timed-out", "drcheck tcp 0 open", "drcheck tcp end 2"],
    ],
    ids=["nothing", "no end", "too few", "another number", "another order", "noise", "twice"],
)
def test_an_answer_that_is_not_whole_is_none(lines: list[str]) -> None:
    with pytest.raises(DrillError, match="did not tell"):
        outcomes(lines, 2)
