"""What does Hyper-V Replica do: which point in time has reached the replica, and what do failovers change?

Every duration is drawn from the scenario's seed, so that two runs of one seed agree, and divided by the clock's speed:

========================  ===========================================
a delta's way to Leeds    0.2 to 0.8 s, uniform, per cycle (not scaled: it is a moment, not a wait)
creating a test VM        2 to 6 s, uniform
power-on                  0.5 to 2 s, uniform
boot until heartbeat      25 to 120 s, triangular, mostly 45 s
until services run        10 to 90 s more, triangular, mostly 30 s
removing a test VM        1 to 4 s, uniform
========================  ===========================================
"""

import asyncio
import random
from collections.abc import Coroutine
from dataclasses import dataclass, field
from math import floor
from typing import TypeVar

from drcheck.lab.state.clock import LabClock
from drcheck.lab.state.truth import TestVmRecord
from drcheck.lab.state.world import Replication, TestVm, Vm, World

HOUR = 3600
WINDOW = 12 * HOUR
"""Hyper-V's default monitoring interval; its first window of the day starts at 09:00."""
WINDOW_START = 9 * HOUR

_REVERTIBLE = ("PreparedForFailover", "FailedOverWaitingCompletion", "RecoveryInProgress")
_T = TypeVar("_T")


@dataclass
class ReplicaError(Exception):
    """Hyper-V refuses; ``error_id`` is the identifier of its error record."""

    error_id: str
    message: str


@dataclass(frozen=True, kw_only=True)
class Cycle:
    """One replication cycle: the primary's state at ``cut`` had reached the replica at ``received``."""

    number: int
    cut: float
    received: float


@dataclass(frozen=True, kw_only=True)
class RecoveryPoint:
    """A recovery point that is kept besides the latest."""

    id: str
    cut: float
    app_consistent: bool


@dataclass(frozen=True, kw_only=True)
class Statistics:
    """Counters of the current monitoring window."""

    window_started: float
    successful: int
    missed: int
    errors: int
    average_bytes: int
    pending_bytes: int


def relation(vm: Vm) -> Replication:
    """The VM's replication; refuses when it has none."""
    if vm.replication is None:
        raise ReplicaError("InvalidState", f"Replication is not enabled for virtual machine '{vm.name}'.")
    return vm.replication


def draw(world: World, vm: Vm, purpose: str) -> random.Random:
    """A generator that gives the same figures for the same seed, machine and purpose."""
    return random.Random(f"{world.seed}/{world.name}/{vm.id}/{purpose}")


def latest(world: World, vm: Vm, now: float) -> Cycle | None:
    """The newest cycle that has reached the replica; ``None`` before the initial replication is complete."""
    replication = relation(vm)
    if not replication.initial_done:
        return None
    limit = now if replication.stalled_since is None else min(now, replication.stalled_since)
    newest = floor((limit - _phase(world, vm)) / replication.frequency)
    candidate = _cycle(world, vm, newest)
    return candidate if candidate.received <= limit else _cycle(world, vm, newest - 1)


def _phase(world: World, vm: Vm) -> float:
    return draw(world, vm, "phase").uniform(0, relation(vm).frequency)


def _cycle(world: World, vm: Vm, number: int) -> Cycle:
    cut = _phase(world, vm) + number * relation(vm).frequency
    return Cycle(number=number, cut=cut, received=cut + draw(world, vm, f"delta {number}").uniform(0.2, 0.8))


def recovery_points(world: World, vm: Vm, now: float) -> list[RecoveryPoint]:
    """The hourly points that are kept, newest first; the latest state is no point of its own."""
    newest = latest(world, vm, now)
    if newest is None:
        return []
    per_hour = HOUR // relation(vm).frequency
    numbers = [newest.number // per_hour * per_hour - back * per_hour for back in range(relation(vm).recovery_history)]
    hours = relation(vm).app_consistent_hours
    return [
        RecoveryPoint(
            id=world.id_for(vm.id, "recovery point", str(number)),
            cut=_cycle(world, vm, number).cut,
            app_consistent=bool(hours) and number // per_hour % hours == 0,
        )
        for number in numbers
    ]


def statistics(world: World, vm: Vm, now: float) -> Statistics:
    """What ``Measure-VMReplication`` counts. A stalled relation misses every cycle since."""
    replication = relation(vm)
    started = now - (now - WINDOW_START) % WINDOW
    if now - started < 2 * replication.frequency:
        # Before its first cycle has ended a window has no figures; the lab goes on telling those of the one before.
        started -= WINDOW
    newest = latest(world, vm, now)
    last = started if newest is None else max(newest.received, started)
    due = int((now - last) / replication.frequency)
    done = 0 if newest is None else max(0, int((newest.received - started) / replication.frequency))
    size = draw(world, vm, "delta size").randint(1, 40) * 1024 * 1024
    return Statistics(
        window_started=started,
        successful=done,
        missed=replication.missed + (due if replication.stalled_since is not None else 0),
        errors=replication.errors,
        average_bytes=size if done else 0,
        pending_bytes=size * max(1, due),
    )


def test_vm(world: World, vm: Vm) -> TestVm | None:
    """The test VM of a test failover, while there is one."""
    return world.test_vms.get(relation(vm).test_vm_id)


def heartbeat(test: TestVm, now: float) -> str | None:
    """The integration component's status; it does not exist while the machine is off."""
    if test.started is None or now < test.started:
        return None
    if test.heartbeat_at is None or now < test.heartbeat_at:
        return "NoContact"
    return "OkApplicationsHealthy" if _up(test.services_at, now) else "OkApplicationsUnknown"


def service_status(test: TestVm, now: float) -> str:
    """Status of the guest's services; only a running guest can tell."""
    return "Running" if _up(test.services_at, now) else "StartPending"


def _up(since: float | None, now: float) -> bool:
    return since is not None and now >= since


@dataclass(kw_only=True)
class Replicator:
    """The Virtual Machine Management service of every host: what it has begun it ends, whoever still listens."""

    world: World
    clock: LabClock
    _busy: set[str] = field(default_factory=set)
    _running: dict[asyncio.Task[object], str] = field(default_factory=dict)
    """What is being done, and on which host."""

    async def start_test(self, vm: Vm, point_id: str | None) -> TestVm:
        """``Start-VMFailover -AsTest`` on the replica: make the test VM, switched off."""
        replication = relation(vm)
        self._may_fail_over(vm, ("Replicating", "Suspended"))
        if replication.test_vm_id:
            raise ReplicaError("TestVmExists", f"A test failover is already in progress for '{vm.name}'.")
        cut = self._cut(vm, point_id)
        return await self._carry_out(vm, self._make_test(vm, cut))

    async def start_test_vm(self, vm: Vm, test: TestVm) -> None:
        """``Start-VM`` on the test VM; starting a running one does nothing."""
        if test.started is None:
            await self._carry_out(vm, self._power_on(vm, test))

    async def stop(self, vm: Vm) -> str:
        """``Stop-VMFailover`` on the replica: removes the test VM - or reverts a real failover when there is none.

        Returns:
            ``removed`` or ``reverted``.
        """
        test = test_vm(self.world, vm)
        if test is not None:
            await self._carry_out(vm, self._remove(vm, test))
            return "removed"
        replication = relation(vm)
        if (replication.replica_state or replication.state) not in _REVERTIBLE:
            raise ReplicaError("InvalidState", f"There is no failover of '{vm.name}' to stop.")
        replication.replica_vm_state = "Off"
        replication.state, replication.replica_state = "Replicating", ""
        replication.stalled_since = None
        return "reverted"

    def prepare(self, vm: Vm) -> None:
        """``Start-VMFailover -Prepare`` on the primary: the first half of a planned failover."""
        if vm.state != "Off":
            raise ReplicaError("InvalidState", f"Virtual machine '{vm.name}' must be turned off first.")
        relation(vm).state = "PreparedForFailover"

    def start_failover(self, vm: Vm) -> None:
        """``Start-VMFailover`` on the replica, without a switch: a real failover."""
        self._may_fail_over(vm, ("Replicating", "Suspended", "Error", "PreparedForFailover"))
        replication = relation(vm)
        replication.failed_over = True
        replication.replica_state = "FailedOverWaitingCompletion"
        replication.stalled_since = self.clock.now()
        self.clock.truth.real_failover(vm.id)

    def start_replica(self, vm: Vm) -> None:
        """``Start-VM`` on the replica after a real failover."""
        if relation(vm).replica_state not in {"FailedOverWaitingCompletion", "FailedOver"}:
            raise ReplicaError("InvalidState", f"The replica of '{vm.name}' cannot be started before a failover.")
        relation(vm).replica_vm_state = "Running"

    def complete(self, vm: Vm) -> None:
        """``Complete-VMFailover`` on the replica: drops the recovery points, no way back."""
        replication = relation(vm)
        if replication.replica_state != "FailedOverWaitingCompletion":
            raise ReplicaError("InvalidState", f"There is no failover of '{vm.name}' to complete.")
        self.clock.truth.real_failover(vm.id)
        replication.replica_state = "FailedOver"
        replication.health = "Warning"
        replication.recovery_history = 0

    def reverse(self, vm: Vm) -> None:
        """``Set-VMReplication -Reverse`` on the replica: it becomes the primary."""
        replication = relation(vm)
        if replication.replica_state not in {"FailedOver", "FailedOverWaitingCompletion"}:
            raise ReplicaError("InvalidState", f"'{vm.name}' was not failed over.")
        self.clock.truth.real_failover(vm.id)
        replication.primary_host, replication.replica_host = replication.replica_host, replication.primary_host
        replication.replica_server = replication.replica_host
        vm.host, vm.state = replication.primary_host, replication.replica_vm_state
        replication.state, replication.replica_state, replication.replica_vm_state = "Replicating", "", "Off"
        replication.health, replication.stalled_since = "Normal", None

    def disable(self, vm: Vm) -> None:
        """``Remove-VMReplication``: nothing is replicated any more, and a replica is an orphan."""
        relation(vm)
        vm.replication = None
        self.clock.truth.real_failover(vm.id)

    def delete(self, vm: Vm) -> None:
        """``Remove-VM``: the machine is no longer registered."""
        if vm.state != "Off":
            raise ReplicaError("InvalidState", f"Virtual machine '{vm.name}' must be turned off first.")
        del self.world.vms[vm.id]
        self.clock.truth.real_failover(vm.id)

    def interrupt(self, host: str) -> None:
        """The host goes down: what is being done there is not done, and its test VMs are off."""
        for task, where in list(self._running.items()):
            if where == host:
                task.cancel()
        for test in self.world.test_vms.values():
            if test.host == host and test.started is not None:
                test.started = test.heartbeat_at = test.services_at = None

    def _may_fail_over(self, vm: Vm, states: tuple[str, ...]) -> None:
        replication = relation(vm)
        state = replication.replica_state or replication.state
        if vm.id in self._busy:
            raise ReplicaError("InvalidState", f"'{vm.name}' is in the middle of another operation.")
        if replication.replica_vm_state != "Off" or state not in states:
            text = f"'{vm.name}' is {replication.replica_vm_state} and {state}; failover is not possible."
            raise ReplicaError("InvalidState", text)
        if latest(self.world, vm, self.clock.now()) is None:
            raise ReplicaError("InvalidState", f"Initial replication of '{vm.name}' is not complete.")

    def _cut(self, vm: Vm, point_id: str | None) -> float:
        now = self.clock.now()
        newest = latest(self.world, vm, now)
        points = {point.id: point.cut for point in recovery_points(self.world, vm, now)}
        if point_id is None and newest is not None:
            return newest.cut
        if point_id is None or point_id.lower() not in points:
            raise ReplicaError("InvalidState", f"'{vm.name}' has no recovery point {point_id}.")
        return points[point_id.lower()]

    async def _carry_out(self, vm: Vm, work: Coroutine[object, object, _T]) -> _T:
        """Do something that goes on when the client that asked for it is gone."""
        if vm.id in self._busy:
            work.close()
            raise ReplicaError("InvalidState", f"'{vm.name}' is in the middle of another operation.")
        self._busy.add(vm.id)
        task: asyncio.Task[_T] = asyncio.ensure_future(work)
        self._running[task] = relation(vm).replica_host

        def done(_: object) -> None:
            self._busy.discard(vm.id)
            self._running.pop(task, None)

        task.add_done_callback(done)
        return await asyncio.shield(task)

    async def _make_test(self, vm: Vm, cut: float) -> TestVm:
        replication = relation(vm)
        if self.world.gate is not None:
            await self.world.gate.pass_through()
        replication.tests += 1
        replication.last_test = self.clock.now()
        await self.clock.sleep(draw(self.world, vm, f"create {replication.tests}").uniform(2, 6))
        test = TestVm(
            id=self.world.id_for(vm.id, "test failover", str(replication.tests)),
            name=f"{vm.name} - Test",
            vm_id=vm.id,
            host=replication.replica_host,
            created=self.clock.now(),
            recovery_point=cut,
            switches=[nic.test_replica_switch for nic in vm.nics],
        )
        self.world.test_vms[test.id] = test
        replication.test_vm_id = test.id
        self.clock.truth.add(
            TestVmRecord(
                platform="hyperv", id=test.id, name=test.name, vm_id=vm.id, created=test.created, recovery_point=cut
            )
        )
        return test

    async def _power_on(self, vm: Vm, test: TestVm) -> None:
        lots = draw(self.world, vm, f"boot {relation(vm).tests}")
        await self.clock.sleep(lots.uniform(0.5, 2))
        test.started = self.clock.now()
        boot = lots.triangular(25, 120, 45)
        test.heartbeat_at = self.clock.after(boot)
        test.services_at = self.clock.after(boot + lots.triangular(10, 90, 30))
        self.clock.truth.change(
            "hyperv", test.id, started=test.started, heartbeat_at=test.heartbeat_at, services_at=test.services_at
        )

    async def _remove(self, vm: Vm, test: TestVm) -> None:
        replication = relation(vm)
        await self.clock.sleep(draw(self.world, vm, f"remove {replication.tests}").uniform(1, 4))
        self.world.test_vms.pop(test.id, None)
        replication.test_vm_id = ""
        now = self.clock.now()
        never = None  # what had not happened by now never will
        self.clock.truth.change(
            "hyperv",
            test.id,
            removed=now,
            heartbeat_at=test.heartbeat_at if _up(test.heartbeat_at, now) else never,
            services_at=test.services_at if _up(test.services_at, now) else never,
        )
