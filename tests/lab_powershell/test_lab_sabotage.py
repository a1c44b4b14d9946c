"""What if somebody took the switch out of the drill script? The lab does what it would really do, and enters it.

Otherwise no test could say that a failover is only ever a test failover: these show that the books would tell.
"""

import asyncio
import base64
import hashlib
from typing import Any

import pytest

from drcheck.drill.guest.scripts import act_script
from drcheck.lab.powershell.plain import PlainPowerShell
from drcheck.lab.scenarios import contoso
from drcheck.lab.scenarios.contoso import LEEDS
from drcheck.lab.state.clock import LabClock
from drcheck.lab.state.replication import recovery_points, relation
from drcheck.lab.state.world import Vm, World
from drcheck.lab.wsman.command_prompt import CommandPrompt
from drcheck.lab.wsman.shells import Console

LONDON = "hv-lon1.lon.contoso.lab"
WITHOUT_SWITCH = {
    "latest": ("Start-VMFailover -VM $vm -AsTest ", "Start-VMFailover -VM $vm "),
    "chosen": ("Start-VMFailover -VMRecoverySnapshot $point -AsTest ", "Start-VMFailover -VMRecoverySnapshot $point "),
}
GUARD = ("($null -eq $test) -or ($test.Id -ne $wanted)", "$false")


@pytest.fixture
def world() -> World:
    return contoso.build(1)


@pytest.fixture
def vm(world: World) -> Vm:
    return next(vm for vm in world.vms.values() if vm.name == "VMM01")


def tampered(change: tuple[str, str]) -> str:
    whole = act_script()
    assert whole.count(change[0]) == 1
    return whole.replace(*change)


def say(desk: Any, script: str, verb: str, **args: object) -> Any:
    return asyncio.run(desk.say(LEEDS, script, {"verb": verb, "args": args}))


def test_a_host_of_the_lab_does_not_run_a_tampered_script(bench: Any, world: World, vm: Vm) -> None:
    desk = bench(world)
    said = say(desk, tampered(WITHOUT_SWITCH["latest"]), "hyperv.test-failover.start", vm_id=vm.id, recovery_point=None)
    assert (said.code, said.lines[-1]["id"]) == (4, "LabUnknownScript")
    assert desk.clock.truth.real_failovers == []


@pytest.mark.parametrize("call", sorted(WITHOUT_SWITCH))
def test_without_its_switch_it_is_a_real_failover_and_in_the_books(bench: Any, world: World, vm: Vm, call: str) -> None:
    desk, script = bench(world), tampered(WITHOUT_SWITCH[call])
    world.trusted = {hashlib.sha256(script.encode()).hexdigest()}
    point = recovery_points(world, vm, desk.clock.now())[0].id if call == "chosen" else None
    said = say(desk, script, "hyperv.test-failover.start", vm_id=vm.id, recovery_point=point)
    assert said.end()["state"] == "failed"
    assert desk.clock.truth.real_failovers == [vm.id]
    assert relation(vm).replica_state == "FailedOverWaitingCompletion"
    assert world.test_vms == {}


@pytest.mark.parametrize("call", sorted(WITHOUT_SWITCH))
def test_the_other_call_of_a_tampered_script_is_still_a_test(bench: Any, world: World, vm: Vm, call: str) -> None:
    desk, script = bench(world), tampered(WITHOUT_SWITCH[call])
    world.trusted = {hashlib.sha256(script.encode()).hexdigest()}
    point = recovery_points(world, vm, desk.clock.now())[0].id if call == "latest" else None
    said = say(desk, script, "hyperv.test-failover.start", vm_id=vm.id, recovery_point=point)
    assert said.end()["state"] == "ok"
    assert desk.clock.truth.real_failovers == []


def test_without_its_guard_a_stop_takes_back_a_real_failover(bench: Any, world: World, vm: Vm) -> None:
    desk, script = bench(world), tampered(GUARD)
    world.trusted = {hashlib.sha256(script.encode()).hexdigest()}
    desk.engine.replicator.start_failover(vm)
    say(desk, script, "hyperv.test-failover.stop", vm_id=vm.id, test_vm_id=vm.vmm_id)
    assert relation(vm).replica_state == ""


# What somebody types


def typed(world: World, clock: LabClock, *lines: tuple[str, str]) -> list[int]:
    """Lines typed on hosts, one after another; their exit codes."""
    shell = PlainPowerShell(world=world, clock=clock)
    prompt = CommandPrompt(shell, clock)

    async def run() -> list[int]:
        codes = []
        for host, line in lines:
            encoded = base64.b64encode(line.encode("utf-16-le")).decode()
            command = f"powershell.exe -EncodedCommand {encoded}"
            codes.append(await prompt.run(world.hosts[host], command, Console("drcheck")))
        return codes

    return asyncio.run(run())


def test_a_test_failover_that_is_typed_is_none_for_the_books(world: World, vm: Vm) -> None:
    clock = LabClock(speed=1e6)
    codes = typed(
        world, clock,
        (LEEDS, "Start-VMFailover -VMName VMM01 -AsTest -Confirm:$false"),
        (LEEDS, "Stop-VMFailover -VMName 'VMM01' -Confirm:$false"),
    )  # fmt: skip
    assert (codes, clock.truth.real_failovers) == ([0, 0], [])


def test_a_real_failover_its_commit_and_its_reversal_are_in_the_books(world: World, vm: Vm) -> None:
    clock = LabClock(speed=1e6)
    codes = typed(
        world, clock,
        (LEEDS, "Start-VMFailover -VMName VMM01 -Confirm:$false"),
        (LEEDS, "Start-VM -Name VMM01"),
        (LEEDS, "Complete-VMFailover -VMName VMM01 -Confirm:$false"),
        (LEEDS, "Set-VMReplication -VMName VMM01 -Reverse"),
    )  # fmt: skip
    assert codes == [0, 0, 0, 0]
    assert clock.truth.real_failovers == [vm.id] * 3
    assert (relation(vm).primary_host, vm.state) == (LEEDS, "Running")


def test_so_are_the_end_of_protection_and_of_a_machine(world: World, vm: Vm) -> None:
    clock = LabClock(speed=1e6)
    assert typed(world, clock, (LONDON, "Remove-VM -Name VMM01"), (LEEDS, "Complete-VMFailover -VMName VMM01")) == [
        1,
        1,
    ]
    vm.state = "Off"
    host = relation(vm).primary_host
    assert typed(world, clock, (host, "Remove-VMReplication -VMName VMM01"), (host, "Remove-VM -Name VMM01")) == [0, 0]
    assert clock.truth.real_failovers == [vm.id] * 2
    assert vm.id not in world.vms
