"""A drill whose process dies: another one finds out what really exists, removes it, and can do so again."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec import structs

from drcheck.drill.engine import run
from drcheck.drill.holder import machine
from drcheck.drill.journal import Record, alone, read
from drcheck.drill.recovery_plan import prepare
from drcheck.drill.undoing.copies import copies
from drcheck.drill.undoing.orphans import KINDS as ORPHANED
from drcheck.drill.undoing.orphans import find
from drcheck.drill.undoing.recovery import recover, recover_copies
from drcheck.errors import DrillFailed, LeaseHeld
from drcheck.estate.drill_spec import Limits
from tests.drills import rehearsing
from tests.drills.adversity import Death, Executioner
from tests.drills.conftest import Stage, Stages

REPLICA, PLAN = "vmm-first", "payments-plan"
LONG = 60.0
"""Seconds after which something that should have happened never will."""


Die = Callable[[Stage, str, int, int], None]


@pytest.fixture(scope="module")
def die(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Die]:
    """Holds a drill in a process of its own that is killed, after so many lines and looks at the clock."""
    executioner = Executioner.hire(tmp_path_factory.mktemp("executioner"))

    def kill(stage: Stage, name: str, lines: int, grace: int) -> None:
        unlike = stage.estate.path.with_name("it.snapshot") if name == rehearsing.NAME else None
        death = Death(lines=lines, grace=grace, seconds=LONG)
        code = executioner.end(executioner.start(stage, name, death, snapshot=unlike))
        assert code == -signal.SIGKILL

    yield kill
    executioner.dismiss()


def assert_recovered(stage: Stage) -> None:
    """Once undoes it; twice is harmless."""
    (journal,) = stage.folder.glob("*.journal.jsonl")
    assert len(stage.open_drills()) == 1
    assert len(stage.recover()) == 1
    stage.assert_spotless()
    assert read(journal)[-1].event == "closed"
    asked = list(stage.azure.writes)
    assert stage.recover() == ()
    assert stage.open_drills() == ()
    assert stage.azure.writes == asked


@pytest.mark.parametrize(
    ("lines", "grace"),
    [(1, 0), (3, 7), (3, 9), (4, 8), (5, 6), (7, 0)],
)
def test_a_replica_drill_killed_at_any_step_is_recovered(die: Die, stage: Stage, lines: int, grace: int) -> None:
    die(stage, REPLICA, lines, grace)
    assert_recovered(stage)
    assert stage.replication.tests <= 1


def test_a_lease_whose_drill_was_killed_is_not_taken_over_while_its_copies_are_there(die: Die, stage: Stage) -> None:
    """Killed as soon as its request had been answered; then the time of its lease passes."""
    die(stage, PLAN, 4, 9)
    late = structs.replace(stage.context(), now=lambda: stage.clock() + timedelta(days=1))
    with pytest.raises(LeaseHeld, match=r"it has expired, but .*(copies of|allows no test failover)"):
        prepare(stage.spec(PLAN), late).take_lease("new", late.now() + timedelta(hours=1))
    stage.await_copies()
    assert_recovered_from_the_container(stage)


def test_all_parts_of_a_rehearsal_that_was_killed_are_undone_from_the_one_journal(die: Die, stages: Stages) -> None:
    stage = stages(change=rehearsing.replicated)
    rehearsing.declare(stage)
    die(stage, rehearsing.NAME, 10, 0)
    begun = {one.action for one in rehearsing.records(stage) if one.event == "intent"}
    assert len({action for action in begun if action.endswith("/hyperv.test-failover")}) > 1
    assert_recovered(stage)
    assert begun <= {one.action for one in rehearsing.records(stage) if one.event == "undone"}


def assert_recovered_from_the_container(stage: Stage) -> None:
    """The machine that held it is gone; another one knows the estate and nothing else."""
    there = structs.replace(stage.context(stage.look(stage.targets, ORPHANED)), folder=stage.folder / "there")
    (found,) = copies(there).found
    assert found.where.startswith("https://127.0.0.1")
    assert find(there).orphans == ()
    late = structs.replace(there, now=lambda: stage.clock() + timedelta(days=1))
    assert {orphan.drill for orphan in find(late).orphans} == {found.drill}
    with pytest.raises(DrillFailed, match="it may be alive"):
        recover_copies([found], there)
    assert len(recover_copies([found], there, dead=(found.drill,))) == 1
    stage.assert_spotless()
    assert len(stage.recover()) == 1
    stage.assert_spotless()


@pytest.mark.parametrize(("lines", "grace"), [(3, 3), (5, 1)])
def test_a_plan_drill_killed_at_any_step_is_recovered(die: Die, stage: Stage, lines: int, grace: int) -> None:
    die(stage, PLAN, lines, grace)
    assert_recovered(stage)
    assert stage.writes("/testFailover") <= 1
    assert stage.writes("/testFailoverCleanup") <= 1


def test_what_a_killed_drill_may_have_left_is_named(die: Die, stage: Stage) -> None:
    die(stage, REPLICA, 4, 0)
    assert stage.replication.test_vm_id != ""
    assert stage.vmm.id in stage.leeds.leases
    (line,) = stage.open_drills()
    assert "may have left: hyperv.test-failover, lease" in line
    assert f'"vm_id": "{stage.vmm.id}"' in line


def test_a_drill_that_lives_is_not_recovered_from_under_its_feet(die: Die, stage: Stage) -> None:
    die(stage, REPLICA, 4, 0)
    (journal,) = stage.folder.glob("*.journal.jsonl")
    with alone(journal), pytest.raises(DrillFailed, match="by another process now"):
        stage.recover()
    assert stage.replication.test_vm_id != ""
    assert_recovered(stage)


def test_a_drill_of_another_machine_that_wrote_just_now_is_left_alone(die: Die, stage: Stage) -> None:
    """A folder that both see does not tell whether a process lives over there."""
    die(stage, REPLICA, 4, 0)
    (journal,) = stage.folder.glob("*.journal.jsonl")
    text = journal.read_text(encoding="utf-8")
    journal.write_text(text.replace(f'"machine": "{machine()}"', '"machine": "runner-7"'), encoding="utf-8")
    with pytest.raises(DrillFailed, match="it is held on runner-7, and its journal was written to"):
        stage.recover()
    assert stage.replication.test_vm_id != ""
    later = structs.replace(stage.context(), now=lambda: stage.clock() + timedelta(minutes=16))
    assert len(recover(stage.folder, later)) == 1
    stage.assert_spotless()


@pytest.mark.parametrize("cut", [0, 1, 40])
def test_a_last_line_that_was_cut_short_is_no_obstacle(die: Die, stage: Stage, cut: int) -> None:
    """The line of the effect is half there, or lacks only its end: the estate is asked either way."""
    die(stage, REPLICA, 4, 8)
    (journal,) = stage.folder.glob("*.journal.jsonl")
    journal.write_bytes(journal.read_bytes().rstrip(b"\n")[: -cut or None])
    assert_recovered(stage)
    assert stage.replication.tests == 1


def test_a_damaged_journal_keeps_no_other_from_being_recovered(die: Die, stage: Stage) -> None:
    die(stage, REPLICA, 4, 0)
    (stage.folder / "a.journal.jsonl").write_text("{}\nnonsense\n", encoding="utf-8")
    with pytest.raises(DrillFailed, match="the journal is damaged"):
        stage.recover()
    stage.assert_spotless()
    assert len(stage.open_drills()) == 1


def test_a_test_vm_that_another_drill_made_since_is_left_alone(die: Die, stage: Stage) -> None:
    """The crashed drill's copy was removed by hand, and somebody is testing again."""
    die(stage, REPLICA, 4, 0)
    stage.stop_test()
    stage.start_foreign_test()
    foreign = stage.replication.test_vm_id
    assert len(stage.recover()) == 1
    assert stage.replication.test_vm_id == foreign
    assert stage.leeds.leases == {}


def test_of_two_drills_of_one_machine_one_gets_the_lease(stages: Stages) -> None:
    stage = stages(speed=60)
    context = stage.context()
    together = threading.Barrier(2)

    def hold() -> tuple[str, ...]:
        together.wait(LONG)
        return run(stage.spec(REPLICA), context).trouble

    with ThreadPoolExecutor(2) as pool:
        futures = [pool.submit(hold) for _ in range(2)]
        troubles = sorted(future.result(LONG) for future in futures)
    assert troubles[0] == ()
    assert len(troubles[1]) == 1
    assert stage.replication.tests == 1
    stage.assert_spotless()
    assert stage.open_drills() == ()


def test_of_two_drills_of_one_plan_one_is_held(stages: Stages) -> None:
    stage = stages(speed=600)
    context = stage.context()
    with ThreadPoolExecutor(2) as pool:
        spec = stage.spec(PLAN, limits=Limits(per_vault=2))
        futures = [pool.submit(run, spec, context) for _ in range(2)]
        troubles = sorted(future.result(LONG).trouble for future in futures)
    assert troubles[0] == ()
    assert len(troubles[1]) == 1
    assert (stage.writes("/testFailoverCleanup"), recover(stage.folder, context)) == (1, ())
    stage.assert_spotless()


class Child:
    """A ``drcheck drill`` of its own, to be interrupted when its journal says so."""

    def __init__(self, stage: Stage, run_dir: Path) -> None:
        command = [sys.executable, "-m", "drcheck", "drill", "--estate", str(stage.estate.path)]
        self.run_dir = run_dir
        self.process = subprocess.Popen(
            [*command, "--run-dir", str(run_dir), "--no-html"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def wait_for(self, event: str, action: str) -> None:
        """Wait until a line is in the journal."""
        until = time.monotonic() + LONG
        while not any((one.event, one.action) == (event, action) for one in self._records()):
            assert time.monotonic() < until
            assert self.process.poll() is None, self.process.communicate()[0]
            time.sleep(0.01)

    def end(self, number: int) -> int:
        """Send a signal; the exit code."""
        self.process.send_signal(number)
        said, _ = self.process.communicate(timeout=LONG)
        assert "Traceback" not in said, said
        return self.process.returncode

    def _records(self) -> list[Record]:
        return [record for path in self.run_dir.rglob("*.journal.jsonl") for record in read(path)]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_command_cleans_up_first_and_exits_130(stages: Stages, tmp_path: Path, number: int) -> None:
    stage = stages(speed=10)
    child = Child(stage, tmp_path / "run")
    child.wait_for("effect", "hyperv.test-failover")
    assert child.end(number) == 130
    stage.assert_spotless()
    stage.folder = tmp_path / "run"
    assert stage.open_drills() == ()
    (path,) = list((tmp_path / "run" / "drills").glob("*.json"))
    stage.folder = path.parent
    record = stage.record(path.stem)
    assert record["trouble"] == ["drill vmm-first: ended by KeyboardInterrupt"]
    assert (record["verdict"], record["cleaned_up"]) == ("FAIL", True)


def command(*arguments: str) -> tuple[int, str]:
    """Another process; its exit code, and what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "drcheck", *arguments], timeout=LONG, check=False, capture_output=True, text=True
    )
    return done.returncode, done.stdout + done.stderr


def test_a_command_killed_in_the_middle_is_recovered_by_another_command(stages: Stages, tmp_path: Path) -> None:
    stage, run_dir = stages(speed=10), tmp_path / "run"
    child = Child(stage, run_dir)
    child.wait_for("effect", "hyperv.test-failover")
    assert child.end(signal.SIGKILL) == -signal.SIGKILL
    assert len(stage.world.test_vms) == 1
    code, said = command("drill", "status", "--runs", str(run_dir))
    assert (code, "may have left: hyperv.test-failover, lease" in said) == (2, True)
    code, said = command("drill", "recover", "--estate", str(stage.estate.path), "--runs", str(run_dir))
    assert (code, "VMM01 is clean" in said) == (0, True)
    stage.assert_spotless()
    assert command("drill", "status", "--runs", str(run_dir)) == (0, "No drill is open.\n")


def test_a_drill_that_was_killed_before_it_wrote_its_record_gets_one(stage: Stage) -> None:
    """Nothing is left of it, and nothing is to be undone."""
    drill = stage.drill(REPLICA).drill
    (stage.folder / f"{drill}.json").unlink()
    stage.declare(drill_records=None)
    assert stage.open_drills() == ()
    assert stage.recover() == (f"{drill}: had been cleaned up; its record was missing, and is written",)
    assert stage.record(drill)["cleaned_up"] is True
    assert stage.recover() == ()
