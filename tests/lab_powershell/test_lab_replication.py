"""Does the simulated Hyper-V Replica move, refuse and revert as the real one does?"""

import asyncio
import base64
import json
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from drcheck.lab.scenarios import contoso
from drcheck.lab.state.clock import LabClock
from drcheck.lab.state.replication import (
    ReplicaError,
    Replicator,
    heartbeat,
    latest,
    recovery_points,
    relation,
    service_status,
    statistics,
)
from drcheck.lab.state.world import Replication, Vm, World

NOW = 1_800_000_000.0
LEEDS = contoso.LEEDS
Start = Callable[..., Any]


@pytest.fixture
def world() -> World:
    return contoso.build(1, now=NOW)


@pytest.fixture
def vm(world: World) -> Vm:
    return next(vm for vm in world.vms.values() if vm.replication)


@pytest.fixture
def replication(vm: Vm) -> Replication:
    return relation(vm)


@pytest.fixture
def desk(world: World, bench: Start) -> Any:
    return bench(world)


@pytest.fixture
def replicator(desk: Any) -> Replicator:
    engine: Replicator = desk.engine.replicator
    return engine


# Cycles


@pytest.mark.parametrize("frequency", [30, 300, 900])
def test_the_replica_is_never_older_than_one_cycle_and_its_transfer(
    world: World, vm: Vm, replication: Replication, frequency: int
) -> None:
    replication.frequency = frequency
    for step in range(0, 4 * frequency, 7):
        newest = latest(world, vm, NOW + step)
        assert newest is not None
        assert newest.cut < newest.received <= NOW + step
        assert NOW + step - newest.cut <= frequency + 0.8


def test_time_moves_a_running_relation_and_not_a_stalled_one(world: World, vm: Vm, replication: Replication) -> None:
    before, after = latest(world, vm, NOW), latest(world, vm, NOW + 3600)
    assert before is not None
    assert after is not None
    assert after.cut - before.cut == pytest.approx(3600)
    replication.stalled_since = NOW
    assert latest(world, vm, NOW + 3600) == before


def test_before_the_initial_replication_there_is_nothing(world: World, vm: Vm, replication: Replication) -> None:
    replication.initial_done = False
    assert latest(world, vm, NOW) is None
    assert recovery_points(world, vm, NOW) == []


def test_recovery_points_are_hourly_and_no_newer_than_the_latest_state(world: World, vm: Vm) -> None:
    newest, points = latest(world, vm, NOW), recovery_points(world, vm, NOW)
    assert newest is not None
    assert len(points) == 4
    assert points[0].cut <= newest.cut
    gaps = {round(one.cut - two.cut, 6) for one, two in pairwise(points)}
    assert gaps == {3600.0}


def test_a_stalled_relation_misses_cycles(world: World, vm: Vm, replication: Replication) -> None:
    assert statistics(world, vm, NOW).missed == 0
    replication.stalled_since = NOW - 3600
    assert statistics(world, vm, NOW).missed == 12


def test_seeds_draw_different_phases_and_equal_seeds_equal_ones() -> None:
    def phase(seed: int) -> float:
        world = contoso.build(seed, now=NOW)
        newest = latest(world, next(vm for vm in world.vms.values() if vm.replication), NOW)
        assert newest is not None
        return newest.cut

    assert phase(3) == phase(3)
    assert len({phase(seed) for seed in range(8)}) == 8


# Test failover


def test_a_test_failover_makes_a_machine_that_is_off_and_connected_to_the_isolated_switch(desk: Any, vm: Vm) -> None:
    said = asyncio.run(desk.act(LEEDS, "hyperv.test-failover.start", vm_id=vm.id, recovery_point=None))
    (row,) = said.rows()
    assert row["test_vm_name"] == "VMM01 - Test"
    assert row["adapters"] == [{"name": "Network Adapter", "switch": "DR Test (isolated)"}]
    listed = _vms(desk, LEEDS)[row["test_vm_id"]]
    assert (listed["ReplicationMode"], listed["State"], listed["Heartbeat"]) == ("TestReplica", "Off", None)
    assert _vms(desk, LEEDS)[vm.id]["ReplicationMode"] == "Replica"


def test_without_a_test_switch_the_test_machine_is_connected_to_nothing(desk: Any, vm: Vm) -> None:
    vm.nics[0].test_replica_switch = ""
    (row,) = asyncio.run(desk.act(LEEDS, "hyperv.test-failover.start", vm_id=vm.id, recovery_point=None)).rows()
    assert row["adapters"] == [{"name": "Network Adapter", "switch": ""}]


def test_the_latest_point_is_what_had_arrived_when_the_test_began(desk: Any, world: World, vm: Vm) -> None:
    newest = latest(world, vm, desk.clock.now())
    assert newest is not None
    asyncio.run(desk.act(LEEDS, "hyperv.test-failover.start", vm_id=vm.id, recovery_point=None))
    (test,) = world.test_vms.values()
    (record,) = desk.clock.truth.test_vms.values()
    assert test.recovery_point == record.recovery_point == newest.cut


def test_an_older_point_can_be_chosen_and_a_foreign_one_cannot(desk: Any, world: World, vm: Vm) -> None:
    point = recovery_points(world, vm, desk.clock.now())[2]
    foreign = asyncio.run(desk.act(LEEDS, "hyperv.test-failover.start", vm_id=vm.id, recovery_point=vm.id))
    assert foreign.error_id() == "InvalidState"
    asyncio.run(desk.act(LEEDS, "hyperv.test-failover.start", vm_id=vm.id, recovery_point=point.id))
    assert next(iter(world.test_vms.values())).recovery_point == point.cut


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"state": "Error"}, "InvalidState"),
        ({"state": "Resynchronizing"}, "InvalidState"),
        ({"replica_vm_state": "Running"}, "InvalidState"),
        ({"initial_done": False}, "InvalidState"),
    ],
)
def test_preconditions_of_a_test_failover(
    desk: Any, vm: Vm, replication: Replication, change: dict[str, object], error: str
) -> None:
    for name, value in change.items():
        setattr(replication, name, value)
    said = asyncio.run(desk.act(LEEDS, "hyperv.test-failover.start", vm_id=vm.id, recovery_point=None))
    assert (said.end()["state"], said.error_id()) == ("failed", error)


def test_a_suspended_replica_can_be_tested(desk: Any, vm: Vm, replication: Replication) -> None:
    replication.state = "Suspended"
    said = asyncio.run(desk.act(LEEDS, "hyperv.test-failover.start", vm_id=vm.id, recovery_point=None))
    assert said.end()["state"] == "ok"


def test_only_one_test_at_a_time(desk: Any, vm: Vm) -> None:
    asyncio.run(desk.act(LEEDS, "hyperv.test-failover.start", vm_id=vm.id, recovery_point=None))
    again = asyncio.run(desk.act(LEEDS, "hyperv.test-failover.start", vm_id=vm.id, recovery_point=None))
    assert again.error_id() == "TestVmExists"


def test_two_tests_begun_at_once_end_as_one(desk: Any, world: World, vm: Vm) -> None:
    async def both() -> list[str]:
        ask = (desk.act(LEEDS, "hyperv.test-failover.start", vm_id=vm.id, recovery_point=None) for _ in range(2))
        return sorted(said.end()["state"] for said in await asyncio.gather(*ask))

    assert asyncio.run(both()) == ["failed", "ok"]
    assert len(world.test_vms) == 1


def test_the_primary_and_strangers_are_refused(desk: Any, vm: Vm) -> None:
    primary = asyncio.run(desk.act(vm.host, "hyperv.test-failover.start", vm_id=vm.id, recovery_point=None))
    assert primary.error_id() == "InvalidState"
    stranger = asyncio.run(desk.act(LEEDS, "hyperv.test-failover.start", vm_id=vm.vmm_id, recovery_point=None))
    assert stranger.error_id() == "VmNotFound"
    name = asyncio.run(desk.act(LEEDS, "hyperv.test-failover.start", vm_id="VMM01", recovery_point=None))
    assert name.error_id() == "NotAllowed"


def test_only_a_test_machine_can_be_started(desk: Any, vm: Vm, replication: Replication) -> None:
    said = asyncio.run(desk.act(LEEDS, "hyperv.test-vm.start", test_vm_id=vm.id))
    assert said.error_id() == "NotATestReplica"
    assert replication.replica_vm_state == "Off"


def service(name: str, seconds: float) -> dict[str, Any]:
    """What a host is asked about a service of a guest."""
    given = base64.b64encode(json.dumps({"id": "1", "name": name}).encode()).decode()
    return {"id": "1", "kind": "service", "given": given, "seconds": seconds, "attempts": 0, "patience": 5}


def status_of(said: Any) -> str:
    return str(said.rows()[-1]["seen"])


def test_a_test_machine_boots_as_drawn_and_the_watchers_see_it(world: World, vm: Vm, bench: Start) -> None:
    clock = LabClock(speed=400.0)
    desk = bench(world, clock)
    (made,) = asyncio.run(desk.act(LEEDS, "hyperv.test-failover.start", vm_id=vm.id, recovery_point=None)).rows()
    ids = {"test_vm_id": made["test_vm_id"]}
    guest = {"user": world.guest_user, "password": world.guest_password, "probes": [service("SCVMMService", 60)]}

    async def drill() -> tuple[Any, Any]:
        await desk.act(LEEDS, "hyperv.test-vm.start", **ids)
        beat = await desk.act(LEEDS, "hyperv.test-vm.watch", **ids, seconds=60)
        return beat, await desk.act(LEEDS, "hyperv.test-vm.probe", **ids, **guest)

    beat, probed = asyncio.run(drill())
    assert beat.rows()[-1]["heartbeat"] in {"OkApplicationsHealthy", "OkApplicationsUnknown"}
    assert status_of(probed) == "Running"
    record = clock.truth.test_vms["hyperv", made["test_vm_id"]]
    assert record.started is not None
    assert record.heartbeat_at is not None
    assert record.services_at is not None
    assert 25 / 400 <= record.heartbeat_at - record.started <= 120 / 400
    assert 10 / 400 <= record.services_at - record.heartbeat_at <= 90 / 400


def test_services_come_after_the_heartbeat(desk: Any, world: World, vm: Vm, replicator: Replicator) -> None:
    async def boot() -> None:
        await replicator.start_test_vm(vm, await replicator.start_test(vm, None))

    asyncio.run(boot())
    (test,) = world.test_vms.values()
    assert test.heartbeat_at is not None
    assert test.services_at is not None
    assert heartbeat(test, test.heartbeat_at - 0.01) == "NoContact"
    assert heartbeat(test, test.heartbeat_at) == "OkApplicationsUnknown"
    assert service_status(test, test.heartbeat_at) == "StartPending"
    assert heartbeat(test, test.services_at) == "OkApplicationsHealthy"
    assert service_status(test, test.services_at) == "Running"


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({}, "Running"),
        ({"service": "Nothing"}, "NotFound"),
        ({"password": "wrong"}, "NoAnswer: InvalidCredential,PSDirectException"),
    ],
)
def test_a_guest_answers_for_its_own_services_and_accounts(
    desk: Any, world: World, vm: Vm, given: dict[str, str], status: str
) -> None:
    (made,) = asyncio.run(desk.act(LEEDS, "hyperv.test-failover.start", vm_id=vm.id, recovery_point=None)).rows()
    asyncio.run(desk.act(LEEDS, "hyperv.test-vm.start", test_vm_id=made["test_vm_id"]))
    world.guest_password = "right"
    asked = {"user": "administrator", "password": given.get("password", "right")}
    probes = [service(given.get("service", "mssqlserver"), 0)]
    early = asyncio.run(desk.act(LEEDS, "hyperv.test-vm.probe", test_vm_id=made["test_vm_id"], probes=probes, **asked))
    assert status_of(early) == "NoAnswer: 2100,PSDirectException"
    desk.clock.at += 300
    later = asyncio.run(desk.act(LEEDS, "hyperv.test-vm.probe", test_vm_id=made["test_vm_id"], probes=probes, **asked))
    assert status_of(later) == status


@pytest.mark.parametrize(
    ("host", "given", "error"),
    [
        ("hv-lon1.lon.contoso.lab", {}, ""),
        ("hv-lon1.lon.contoso.lab", {"probes": [{"kind": "script"}]}, "NotAllowed"),
        ("hv-lon1.lon.contoso.lab", {"probes": [{"kind": "Stop-Computer"}]}, "NotAllowed"),
        (LEEDS, {}, "InvalidState"),
    ],
)
def test_production_is_asked_on_its_own_host_and_by_scripts_that_only_read(
    desk: Any, world: World, vm: Vm, host: str, given: dict[str, Any], error: str
) -> None:
    world.guest_password = "right"
    asked = {"user": "Administrator", "password": "right", "probes": [service("SCVMMService", 0)], **given}
    said = asyncio.run(desk.act(host, "hyperv.vm.probe", vm_id=vm.id, **asked))
    assert (said.error_id() if error else status_of(said)) == (error or "Running")


def test_stopping_removes_the_test_machine_and_nothing_else(desk: Any, world: World, vm: Vm) -> None:
    (made,) = asyncio.run(desk.act(LEEDS, "hyperv.test-failover.start", vm_id=vm.id, recovery_point=None)).rows()
    other = asyncio.run(desk.act(LEEDS, "hyperv.test-failover.stop", vm_id=vm.id, test_vm_id=vm.vmm_id))
    assert other.error_id() == "TestVmNotFound"
    assert len(world.test_vms) == 1
    ids = {"vm_id": vm.id, "test_vm_id": made["test_vm_id"]}
    assert asyncio.run(desk.act(LEEDS, "hyperv.test-failover.stop", **ids)).rows() == [{"removed": True}]
    assert world.test_vms == {}
    assert desk.clock.truth.test_vms["hyperv", made["test_vm_id"]].removed is not None
    assert asyncio.run(desk.act(LEEDS, "hyperv.test-failover.stop", **ids)).error_id() == "TestVmNotFound"
    assert vm.id in _vms(desk, LEEDS)


def test_the_replica_side_remembers_when_it_was_last_tested(desk: Any, vm: Vm, cmdlet: Start) -> None:
    asyncio.run(desk.act(LEEDS, "hyperv.test-failover.start", vm_id=vm.id, recovery_point=None))
    asked = cmdlet("Hyper-V", "Measure-VMReplication", "LastTestFailoverInitiatedTime", "PendingReplicationSize")
    replica, primary = (desk.collect(host, asked).rows("Measure-VMReplication")[0] for host in (LEEDS, vm.host))
    assert replica["LastTestFailoverInitiatedTime"].startswith("2027-01-15T08:00:00")
    assert primary["LastTestFailoverInitiatedTime"] is None
    assert replica["PendingReplicationSize"] == 0
    assert primary["PendingReplicationSize"] > 0


def test_an_order_whose_client_has_gone_is_carried_out(desk: Any, world: World, vm: Vm, replicator: Replicator) -> None:
    async def leave() -> None:
        order = asyncio.create_task(replicator.start_test(vm, None))
        await asyncio.sleep(0)
        order.cancel()
        with pytest.raises(asyncio.CancelledError):
            await order
        await asyncio.gather(*replicator._running)

    asyncio.run(leave())
    assert relation(vm).test_vm_id in world.test_vms


# Real failover: it exists, so that tests can see that it never happens


def test_stop_reverts_a_real_failover_when_there_is_no_test_machine(
    vm: Vm, replication: Replication, replicator: Replicator
) -> None:
    replicator.start_failover(vm)
    replicator.start_replica(vm)
    assert asyncio.run(replicator.stop(vm)) == "reverted"
    assert (replication.replica_vm_state, replication.state, replication.replica_state) == ("Off", "Replicating", "")


def test_the_drill_script_does_not_let_that_happen(
    desk: Any, vm: Vm, replication: Replication, replicator: Replicator
) -> None:
    replicator.start_failover(vm)
    replicator.start_replica(vm)
    said = asyncio.run(desk.act(LEEDS, "hyperv.test-failover.stop", vm_id=vm.id, test_vm_id=vm.vmm_id))
    assert said.error_id() == "TestVmNotFound"
    assert replication.replica_vm_state == "Running"
    assert replication.replica_state == "FailedOverWaitingCompletion"


def test_a_real_failover_is_entered_in_the_truth(desk: Any, vm: Vm, replicator: Replicator) -> None:
    replicator.start_failover(vm)
    assert desk.clock.truth.real_failovers == [vm.id]
    assert _vms(desk, LEEDS)[vm.id]["State"] == "Off"


def test_a_failover_is_completed_reversed_and_the_sides_swap(
    world: World, vm: Vm, replication: Replication, replicator: Replicator
) -> None:
    primary = vm.host
    replicator.start_failover(vm)
    replicator.start_replica(vm)
    replicator.complete(vm)
    assert (replication.replica_state, replication.health) == ("FailedOver", "Warning")
    assert recovery_points(world, vm, NOW) == []
    replicator.reverse(vm)
    assert (vm.host, vm.state, replication.replica_host) == (LEEDS, "Running", primary)


def test_steps_out_of_order_are_refused(vm: Vm, replicator: Replicator) -> None:
    for step in (replicator.prepare, replicator.start_replica, replicator.complete, replicator.reverse):
        with pytest.raises(ReplicaError):
            step(vm)
    with pytest.raises(ReplicaError):
        asyncio.run(replicator.stop(vm))


def _vms(desk: Any, host: str) -> dict[str, dict[str, Any]]:
    select = ["Id", "Name", "State", "ReplicationMode", "Heartbeat"]
    query: dict[str, object] = {"id": "vms", "type": "cmdlet", "module": "Hyper-V", "cmdlet": "Get-VM", "params": {}}
    said = desk.collect(host, query | {"select": select, "pipe": None, "keep": False, "limit": None})
    return {row["Id"]: row for row in said.rows("vms")}
