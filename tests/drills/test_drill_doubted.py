"""Whatever goes wrong beside a drill (output, watcher, time), nothing starts after it, and everything is removed."""

import errno
import os
import signal
import sys
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from msgspec import structs

from drcheck.drill import DrillOutcome
from drcheck.drill.engine import run
from drcheck.drill.interruption import Interruptions
from drcheck.drill.isolation.vigil import Vigil
from drcheck.drill.journal import read
from drcheck.drill.timing import clock
from drcheck.drill.timing.clock import steady
from drcheck.estate import HumanStep
from drcheck.estate.drill_spec import Limits
from drcheck.lab.cmdlets.objects import CmdletError
from drcheck.lab.state import world
from drcheck.lab.state.replication import Replicator
from tests.drills.conftest import Stage
from tests.drills.test_vigil import now

REPLICA = "vmm-first"


def test_an_output_that_breaks_keeps_nothing_from_being_removed(stage: Stage) -> None:
    """A pipe to a program that has ended, a terminal that is gone."""

    def broken(text: str) -> None:
        if text.endswith(("boot", "clean up")):
            raise BrokenPipeError(32, "Broken pipe")

    outcome = run(stage.spec(REPLICA), structs.replace(stage.context(), say=broken))
    assert outcome.trouble == ()
    assert stage.replication.tests == 1
    stage.assert_spotless()
    assert stage.open_drills() == ()


def test_a_watcher_that_broke_down_keeps_nothing_from_being_removed() -> None:
    vigil = Vigil("vnet-drill", lambda _: None, now)

    def judge() -> tuple[str, ...]:
        raise ZeroDivisionError("a mistake of ours")

    def work() -> None:
        with vigil.over(judge):
            while True:
                vigil.wait(0.0)

    with pytest.raises(ZeroDivisionError):
        work()
    vigil.wait(0.0)


def late_after(stage: Stage, event: Callable[[], bool]) -> DrillOutcome:
    """A drill that may take two hours, and whose clock jumps a day ahead when something has happened."""

    happened: list[bool] = []

    def told() -> datetime:
        happened.append(bool(happened and happened[-1]) or event())
        return stage.clock() + timedelta(days=happened[-1])

    context = structs.replace(stage.context(), now=told)
    return run(stage.spec(REPLICA, limits=Limits(seconds=7200)), context)


def test_a_drill_whose_time_is_over_before_its_request_requests_nothing(stage: Stage) -> None:
    """It waited for a place, or for a far side, and its window has closed meanwhile."""
    outcome = late_after(stage, lambda: any(stage.folder.glob("*.journal.jsonl")))
    assert "its time was over at" in outcome.trouble[0]
    stage.assert_nothing_started()


def test_a_copy_is_not_started_when_the_time_was_over_once_it_was_made(stage: Stage) -> None:
    outcome = late_after(stage, lambda: bool(stage.world.test_vms))
    assert "its time was over at" in outcome.trouble[0]
    assert stage.truth("hyperv", "VMM01").started is None
    stage.assert_spotless()


@pytest.mark.skipif(sys.platform == "win32", reason="knows no such signal")
def test_a_lost_terminal_ends_the_work_unless_it_was_said_that_it_does_not() -> None:
    with pytest.raises(KeyboardInterrupt), Interruptions() as interruptions, interruptions.allowed():
        os.kill(os.getpid(), signal.SIGHUP)
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with Interruptions() as interruptions, interruptions.allowed():
            os.kill(os.getpid(), signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_clock_that_is_set_in_mid_drill_makes_no_figure_better(monkeypatch: pytest.MonkeyPatch) -> None:
    tell = steady()
    began = tell()
    monkeypatch.setattr(clock, "now", lambda: began - timedelta(hours=1))
    assert began <= tell() < began + timedelta(minutes=1)


def test_a_full_disk_keeps_nothing_from_being_removed(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    stage.when["clean up"] = lambda: monkeypatch.setattr(os, "fsync", full)
    outcome = stage.drill(REPLICA)
    monkeypatch.undo()
    assert "the journal lacks a line: [Errno 28] No space left on device" in outcome.trouble[0]
    stage.assert_spotless()


def test_what_is_begun_stands_in_the_journal_first_and_the_lease_lasts_as_long_as_people_take(stage: Stage) -> None:
    expires: list[str] = []
    stage.when["boot"] = lambda: expires.append(stage.leeds.leases[stage.vmm.id]["expires"])
    outcome = stage.drill(REPLICA, human=(HumanStep(name="Call", owner="Duty", seconds=7200),))
    assert outcome.trouble == ()
    (starting,) = [one for one in read(next(stage.folder.glob("*.journal.jsonl"))) if one.event == "starting"]
    started = stage.truth("hyperv", "VMM01").started
    assert started is not None
    assert datetime.fromisoformat(starting.at).timestamp() <= started
    assert datetime.fromisoformat(expires[0]) - datetime.fromisoformat(starting.at) > timedelta(seconds=7200 + 900)


def test_a_request_that_is_refused_half_way_has_left_what_is_there(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hyper-V's own cmdlet says InvalidState as well, and the copy is there by then."""
    really = Replicator.start_test

    async def half(self: Replicator, vm: world.Vm, point_id: str | None) -> world.TestVm:
        await really(self, vm, point_id)
        raise CmdletError("InvalidState", "The operation cannot be performed in the current state.", "InvalidOperation")

    monkeypatch.setattr(Replicator, "start_test", half)
    outcome = stage.drill(REPLICA)
    assert "InvalidState" in outcome.trouble[0]
    assert stage.replication.tests == 1
    stage.assert_spotless()
    assert stage.open_drills() == ()
