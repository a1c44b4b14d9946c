"""Whatever befalls drills, and whoever tries to recover them: nothing is left, nothing is real, nothing happens twice.

``make soak`` takes a thousand runs; ``DRCHECK_SOAK`` says how many, ``DRCHECK_SOAK_SEED`` which. The suite takes a few.
"""

import os
import shutil
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from msgspec import structs

from drcheck.drill import Context
from drcheck.drill.undoing.recovery import recover
from drcheck.errors import DrillFailed
from drcheck.estate import load
from drcheck.lab.running.assembly import assemble, build
from drcheck.lab.running.publish import publish
from drcheck.lab.running.server import running
from drcheck.lab.state.clock import LabClock
from drcheck.topology.base import Topology
from tests.drills.adversity import (
    AHEAD_SECONDS,
    PLAN,
    REPLICA,
    Death,
    Executioner,
    Mishap,
    befall,
    deaths,
    intents,
    mishaps,
    names,
    restart,
)
from tests.drills.conftest import Stage

RUNS = int(os.environ.get("DRCHECK_SOAK", "0"))
SEED = int(os.environ.get("DRCHECK_SOAK_SEED", "0"))
FEW = 5
SPEED = 2000.0
LAWS = settings(
    max_examples=25 if RUNS else 2,
    stateful_step_count=4,
    deadline=None,
    database=None,
    print_blob=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
ROUNDS = 5
"""How often recovery may have to be repeated while the far side ends what it had begun."""


def production(stage: Stage) -> dict[str, tuple[object, ...]]:
    """Everything about the machines that a drill must leave as it is."""
    return {
        vm.id: (vm.host, vm.state, vm.replication and (
            vm.replication.primary_host, vm.replication.replica_host, vm.replication.state,
            vm.replication.replica_state, vm.replication.replica_vm_state, vm.replication.failed_over,
        ))
        for vm in stage.world.vms.values()
    }  # fmt: skip


class Drills(RuleBasedStateMachine):
    """Drills and recoveries, with everything that befalls them."""

    def __init__(self, stage: Stage, topology: Topology, executioner: Executioner, number: int) -> None:
        super().__init__()
        self.stage = stage
        self.topology = topology
        self.executioner = executioner
        stage.folder = stage.folder.parent / f"run-{number}"
        stage.folder.mkdir()
        self.before = production(stage)
        self.tests = stage.replication.tests
        self.posts = stage.writes("/testFailover")
        self.foreign = 0

    @rule(name=names, death=deaths, mishap=mishaps)
    def hold(self, name: str, death: Death, mishap: Mishap | None) -> None:
        """One drill."""
        befall(self.stage, mishap)
        self.executioner.end(self.executioner.start(self.stage, name, death))
        self._calm()

    @rule(name=names, other=names, death=deaths, mishap=mishaps)
    def race(self, name: str, other: str, death: Death, mishap: Mishap | None) -> None:
        """Two drills at once, mostly of one target."""
        befall(self.stage, mishap)
        both = [self.executioner.start(self.stage, name, death), self.executioner.start(self.stage, other, Death())]
        for pid in both:
            self.executioner.end(pid)
        self._calm()

    @rule(death=deaths, after=st.floats(0.05, 0.8), down=st.sampled_from([30.0, 300.0]))
    def hold_while_the_host_restarts(self, death: Death, after: float, down: float) -> None:
        """Not a wait for anything: some moment of the drill."""
        pid = self.executioner.start(self.stage, REPLICA, death)
        time.sleep(after)
        restart(self.stage, down)
        self.executioner.end(pid)
        self._calm()

    @rule(death=deaths, mishap=mishaps)
    def recover_and_perhaps_die(self, death: Death, mishap: Mishap | None) -> None:
        """Recovery is no safer from all that than a drill is."""
        befall(self.stage, mishap)
        self.executioner.end(self.executioner.start(self.stage, "", death, ahead=AHEAD_SECONDS))
        self._calm()

    @rule()
    def somebody_tests_by_hand(self) -> None:
        """A copy that is nobody's to remove; no precondition, as what is left depends on the time."""
        if not (self.stage.open_drills() or self.stage.replication.test_vm_id):
            self.stage.start_foreign_test()
            self.foreign += 1

    @invariant()
    def nothing_real_and_nothing_twice(self) -> None:
        """As many effects as announcements, at most."""
        stage = self.stage
        stage.assert_nothing_real()
        assert production(stage) == self.before
        assert stage.replication.tests - self.tests <= intents(stage, REPLICA) + self.foreign
        assert stage.writes("/testFailover") - self.posts <= intents(stage, PLAN)

    def teardown(self) -> None:
        """Recovery, in the end, in peace."""
        self._calm()
        stage = self.stage
        if self.foreign and stage.replication.test_vm_id and not stage.open_drills():
            stage.stop_test()
        self._recover()
        if self.foreign and stage.replication.test_vm_id:
            stage.stop_test()
        stage.assert_spotless()
        self.nothing_real_and_nothing_twice()
        assert stage.open_drills() == ()
        journals = {path.name.partition(".")[0] for path in stage.folder.glob("*.journal.jsonl")}
        assert journals <= {path.stem for path in stage.folder.glob("*.json")}
        shutil.rmtree(stage.folder)

    def _recover(self) -> None:
        for left in range(ROUNDS, -1, -1):
            try:
                recover(self.stage.folder, self._later())
            except DrillFailed:
                if not left:
                    raise
            else:
                return

    def _calm(self) -> None:
        """What went wrong does so no more."""
        self.stage.lab.faults.clear()
        self.stage.azure.faults.clear()

    def _later(self) -> Context:
        """Somebody comes some minutes later, and knows the estate."""
        return structs.replace(
            self.stage.context(self.topology),
            now=lambda: datetime.fromtimestamp(time.time() + AHEAD_SECONDS, UTC),
        )


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """A lab for all runs, whose estate keeps no records: each would read all of those before."""
    with running(assemble(build("contoso", SEED), LabClock(speed=SPEED))) as lab:
        publish(lab, "contoso", tmp_path)
        file = tmp_path / "estate.yaml"
        kept = [line for line in file.read_text(encoding="utf-8").splitlines() if not line.startswith("drill_records:")]
        file.write_text("\n".join(kept) + "\n", encoding="utf-8")
        (tmp_path / "runs").mkdir()
        yield Stage(lab=lab, estate=load(file, dict(os.environ)), folder=tmp_path / "runs" / "none", speed=SPEED)


def say(text: str) -> None:
    """Seen with ``-s``, and when something fails."""
    sys.stdout.write(f"\nsoak: {text}\n")
    sys.stdout.flush()


def test_whatever_befalls_drills_recovery_leaves_nothing(stage: Stage, tmp_path: Path) -> None:
    executioner, numbers, rounds = Executioner.hire(tmp_path), count(1), count(SEED)
    topology = stage.look(stage.targets)
    try:
        while executioner.sent < (RUNS or FEW):
            chosen = next(rounds)
            say(f"seed {chosen}, after {executioner.sent} drills and recoveries")
            make = seed(chosen)(lambda: Drills(stage, topology, executioner, next(numbers)))
            run_state_machine_as_test(make, settings=LAWS)  # type: ignore[arg-type]  # whatever makes one will do
    finally:
        executioner.dismiss()
    say(
        f"seeds {SEED} to {next(rounds) - 1}, {executioner.sent} drills and recoveries in {next(numbers) - 1} "
        f"estates, {executioner.deaths} of them killed, {len(stage.lab.clock.truth.test_vms)} test VMs, "
        f"{len(stage.azure.writes)} orders to Azure; nothing left"
    )
    assert all(one.removed is not None for one in stage.lab.clock.truth.test_vms.values())
