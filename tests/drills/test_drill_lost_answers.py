"""An answer that is lost after the effect: drcheck looks at what is there, and repeats nothing blindly."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from drcheck.drill.hyperv.far_side import Watched
from drcheck.drill.journal import read
from drcheck.lab.azure.build import boot_group, manual_action, plan_named
from drcheck.lab.azure.faults import FaultKind
from drcheck.lab.faults import Fault
from drcheck.lab.scenarios.contoso import LEEDS
from drcheck.lab.state.world import World
from tests.drills.conftest import CLEAN_UP, TEST_FAILOVER, Stage, Stages

REPLICA, PLAN = "vmm-first", "payments-plan"
START, STOP = "hyperv.test-failover.start", "hyperv.test-failover.stop"


@pytest.mark.parametrize(
    ("verb", "kind"),
    [
        (START, "lose"),
        (START, "truncate"),
        (START, "500"),
        ("hyperv.test-vm.start", "lose"),
        ("hyperv.test-vm.watch", "truncate"),
        ("hyperv.test-vm.probe", "lose"),
    ],
)
def test_a_lost_answer_ends_the_drill_and_what_really_exists_is_removed(stage: Stage, verb: str, kind: str) -> None:
    fault = stage.on_verb(verb, kind)
    outcome = stage.drill(REPLICA)
    assert fault.seen >= 1
    assert outcome.trouble != ()
    assert outcome.measurements == ()
    assert stage.replication.tests == 1
    assert stage.record(outcome.drill)["verdict"] == "FAIL"
    stage.assert_spotless()
    assert stage.open_drills() == ()


def test_a_request_that_never_arrived_leaves_nothing_and_is_not_sent_again(stage: Stage) -> None:
    stage.on_verb(START, "reset", operation="Send")
    outcome = stage.drill(REPLICA)
    assert outcome.trouble != ()
    stage.assert_nothing_started()
    assert stage.open_drills() == ()


def test_a_test_vm_that_appears_only_after_the_answer_was_lost_is_waited_for(stages: Stages) -> None:
    """The lab takes 2 to 6 s to make it, and goes on when nobody listens any more."""
    stage = stages(speed=20)
    stage.on_verb(START, "reset")
    outcome = stage.drill(REPLICA)
    assert outcome.trouble != ()
    assert stage.truth("hyperv", "VMM01").removed is not None
    stage.assert_spotless()


@pytest.mark.parametrize(("verb", "kind"), [(STOP, "lose"), (STOP, "truncate"), ("lease.release", "lose")])
def test_a_lost_answer_to_the_clean_up_is_settled_by_looking(stage: Stage, verb: str, kind: str) -> None:
    stage.on_verb(verb, kind)
    outcome = stage.drill(REPLICA)
    assert outcome.trouble == ()
    stage.assert_spotless()
    assert stage.open_drills() == ()
    (journal,) = stage.folder.glob("*.journal.jsonl")
    assert sum((one.event, one.action) == ("intent", STOP) for one in read(journal)) == 1


def test_a_clean_up_that_never_arrived_is_asked_for_again_after_a_look(stage: Stage) -> None:
    stage.on_verb(STOP, "reset", operation="Send")
    outcome = stage.drill(REPLICA)
    assert outcome.trouble == ()
    stage.assert_spotless()
    (journal,) = stage.folder.glob("*.journal.jsonl")
    assert sum((one.event, one.action) == ("intent", STOP) for one in read(journal)) == 2


def test_a_lost_answer_about_the_lease_gives_it_back(stage: Stage) -> None:
    stage.on_verb("lease.take", "lose")
    assert stage.drill(REPLICA).trouble != ()
    stage.assert_nothing_started()
    assert stage.open_drills() == ()


@pytest.mark.parametrize("nth", [1, 3, 4, 5])
def test_a_journal_line_that_is_not_copied_stops_the_drill_but_not_its_clean_up(stage: Stage, nth: int) -> None:
    stage.on_verb("journal.mirror", "lose", nth=nth)
    outcome = stage.drill(REPLICA)
    assert outcome.trouble != ()
    stage.assert_spotless()
    assert stage.open_drills() == ()


def test_a_host_that_stays_dark_leaves_an_open_journal_and_recovery_finishes_it(stage: Stage) -> None:
    dark = Fault(kind="reset", host=LEEDS)
    stage.when["boot"] = lambda: stage.lab.faults.add(dark)
    outcome = stage.drill(REPLICA)
    assert "Run `drcheck drill recover`" in outcome.trouble[-1]
    assert stage.record(outcome.drill)["cleaned_up"] is False
    assert "may have left: hyperv.test-failover, lease" in stage.open_drills()[0]
    stage.lab.faults.remove(dark)
    assert stage.recover() == (f"{outcome.drill}: VMM01 is clean",)
    stage.assert_spotless()
    assert stage.recover() == ()


@pytest.mark.parametrize("kind", ["lost", "500"])
def test_a_lost_answer_to_the_plans_test_failover_is_looked_for_and_cleaned_up(stage: Stage, kind: FaultKind) -> None:
    stage.in_azure(kind, TEST_FAILOVER, method="POST")
    outcome = stage.drill(PLAN)
    assert len(outcome.trouble) == 1
    assert stage.writes("/testFailover") == 1
    assert stage.writes("/testFailoverCleanup") == (1 if kind == "lost" else 0)
    assert bool(stage.lab.clock.truth.test_vms) is (kind == "lost")
    stage.assert_spotless()
    assert stage.open_drills() == ()


def test_a_refused_plan_is_not_cleaned_up_for_somebody_else(stage: Stage) -> None:
    stage.in_azure("403", TEST_FAILOVER, method="POST")
    assert len(stage.drill(PLAN).trouble) == 1
    assert stage.writes("/testFailoverCleanup") == 0
    assert stage.open_drills() == ()


def test_a_lost_answer_to_the_plans_clean_up_is_settled_by_looking(stage: Stage) -> None:
    stage.in_azure("lost", CLEAN_UP, method="POST")
    assert stage.drill(PLAN).trouble == ()
    assert (stage.writes("/testFailover"), stage.writes("/testFailoverCleanup")) == (1, 1)
    stage.assert_spotless()
    assert stage.open_drills() == ()


def test_a_clean_up_of_the_plan_that_never_arrived_is_asked_for_again_after_a_look(stage: Stage) -> None:
    stage.in_azure("reset", CLEAN_UP, method="POST")
    assert stage.drill(PLAN).trouble == ()
    assert stage.writes("/testFailoverCleanup") == 2
    stage.assert_spotless()


def asks_somebody(world: World) -> None:
    boot_group(plan_named(world, "rp-payments"), 2).start.append(manual_action("Look", "Look at the data."))


def test_a_manual_action_is_confirmed_and_its_time_is_a_phase(stages: Stages) -> None:
    stage = stages(change=asks_somebody)
    outcome = stage.drill(PLAN)
    assert outcome.trouble == ()
    assert "manual action Look, confirmed by drcheck" in {
        phase["name"] for phase in stage.record(outcome.drill)["phases"]
    }
    stage.assert_spotless()


def test_a_plan_that_waits_for_somebody_is_ended_and_cleaned_up_when_nobody_can_confirm(stages: Stages) -> None:
    stage = stages(change=asks_somebody)
    stage.in_azure("403", r"/resume\?", method="POST", times=None)
    assert len(stage.drill(PLAN).trouble) == 1
    assert stage.writes("/cancel") == 1
    stage.assert_spotless()
    assert stage.open_drills() == ()


def test_a_moment_that_was_watched_holds_the_truth_whatever_the_clocks_say() -> None:
    """Looks every half second at a host whose clock is off by more than we can measure exactly."""
    lots = Random(7)
    start = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
    for _ in range(300):
        green, offset, error = lots.uniform(0, 5), lots.uniform(-90, 90), lots.uniform(-1, 1)
        watched = watch(start, green, timedelta(seconds=offset))
        seen = Watched(rows=watched, offset=timedelta(seconds=offset + error), uncertainty=1.0)
        moment = seen.turned(lambda row: row["status"] == "Running", start)
        assert moment is not None
        assert moment.after <= start + timedelta(seconds=green) <= moment.by
        assert moment.uncertainty < 2.6


def watch(start: datetime, green: float, offset: timedelta) -> list[dict[str, str | None]]:
    """What the script would have written of a service that started so many seconds after the start."""
    rows: list[dict[str, str | None]] = []
    at, previous, before = 0.1, None, ""
    while before != "Running":
        status = "Running" if at >= green else "Stopped"
        utc = (start + timedelta(seconds=at) + offset).isoformat()
        if status != before:
            rows.append({"utc": utc, "previous_utc": previous, "status": status})
        before, previous = status, utc
        at += 0.5
    return rows
