"""The drill of one protected item: no plan is asked, and what is made is as old as was wanted, probed, and removed."""

import pytest
from msgspec import structs

from drcheck.drill import Context, DrillOutcome
from drcheck.drill.engine import run
from drcheck.drill.journal import read
from drcheck.estate import DrillSpec, ProbeSpec
from drcheck.lab.state.inside import Inside
from drcheck.lab.telling.building import vm_named
from drcheck.verdict import Verdict
from tests.drills.conftest import CLEAN_UP, TEST_FAILOVER, Stage, Stages

MACHINE = "PAY-WEB01"
PROBE = ProbeSpec(kind="run-command", vm=MACHINE, script="(Get-Service W3SVC).Status", expect="Running")


def item_drill(stage: Stage, **changes: object) -> DrillSpec:
    """The drill of one web server, into the network of the plan's drill."""
    given: dict[str, object] = {"kind": "protected-item", "plan": "", "item": MACHINE, "probes": (PROBE,)}
    return structs.replace(stage.spec("payments-plan"), name="one-web-server", **{**given, **changes})


@pytest.fixture(scope="module")
def shared(one_stage_each: Stages) -> Stage:
    """One lab for drills that leave nothing behind."""
    return one_stage_each()


@pytest.fixture(scope="module")
def context(shared: Stage) -> Context:
    """What was found before the first drill."""
    return shared.context()


def assert_closed(stage: Stage, outcome: DrillOutcome) -> None:
    """Nothing is left, and the journal says so."""
    stage.assert_spotless()
    assert read(stage.folder / f"{outcome.drill}.journal.jsonl")[-1].event == "closed"
    assert stage.open_drills() == ()


def test_one_machine_is_made_of_the_point_that_is_wanted_measured_and_removed(shared: Stage, context: Context) -> None:
    """One point an hour is application-consistent in the lab."""
    outcome = run(item_drill(shared, recovery_point="latest-app-consistent"), context)
    assert outcome.trouble == ()
    assert {one.verdict for one in outcome.findings if one.check != "DR-DRL-003"} == {Verdict.PASS}
    truth = shared.truth("azure", MACHINE)
    figures = {one.kind: one for one in outcome.measurements}
    t0 = figures["rpo"].at.timestamp()
    assert truth.services_at is not None
    assert truth.recovery_point is not None
    assert truth.recovery_point % 3600 == 0
    assert abs(truth.services_at - t0 - figures["rto"].seconds) <= figures["rto"].uncertainty_seconds
    assert abs(t0 - truth.recovery_point - figures["rpo"].seconds) <= figures["rpo"].uncertainty_seconds
    assert not any("replicationrecoveryplans" in path.lower() for path in shared.azure.writes)
    assert (shared.writes("/testFailover"), shared.writes("/testFailoverCleanup")) == (1, 1)
    assert_closed(shared, outcome)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"item": "NOBODY"}, "0 protected items named NOBODY"),
        ({"item": ""}, "0 protected items named"),
        ({"probes": ()}, "none of its probes is mandatory"),
        ({"probes": (ProbeSpec(kind="run-command", vm="PAY-SQL01", expect="x"),)}, "no machine PAY-SQL01 to probe"),
        ({"network": "/subscriptions/x/y"}, "not declared as a drill network"),
    ],
)
def test_what_cannot_be_drilled_is_refused_before_anything_is_asked(
    shared: Stage, context: Context, changes: dict[str, object], said: str
) -> None:
    before = list(shared.azure.writes)
    outcome = run(item_drill(shared, **changes), context)
    assert said in " ".join(outcome.trouble)
    assert shared.azure.writes == before


def test_lost_answers_to_test_failover_and_clean_up_are_settled_by_looking(shared: Stage, context: Context) -> None:
    before = shared.writes("/testFailover"), shared.writes("/testFailoverCleanup")
    shared.in_azure("lost", TEST_FAILOVER, method="POST")
    shared.in_azure("lost", CLEAN_UP, method="POST")
    outcome = run(item_drill(shared), context)
    assert len(outcome.trouble) == 1
    assert (shared.writes("/testFailover"), shared.writes("/testFailoverCleanup")) == (before[0] + 1, before[1] + 1)
    assert_closed(shared, outcome)


def test_what_hangs_in_a_guest_costs_the_other_probes_nothing(shared: Stage, context: Context) -> None:
    """A Run Command can not be cancelled, and no other is taken meanwhile: a script of the drill file hangs, too."""
    vm = vm_named(shared.world, MACHINE)
    healthy, vm.inside = vm.inside, Inside(hangs={"ad", "run-command", "vmm"})
    hanging = [
        ProbeSpec(kind="ad", vm=MACHINE, mandatory=False, seconds=1, attempts=1),
        ProbeSpec(kind="vmm", vm=MACHINE, mandatory=False, seconds=1),
        structs.replace(PROBE, mandatory=False, seconds=1),
    ]
    try:
        outcome = run(item_drill(shared, probes=(*hanging, ProbeSpec(kind="service", name="W3SVC"))), context)
    finally:
        vm.inside = healthy
    assert outcome.trouble == ()
    probes = shared.record(outcome.drill)["probes"]
    assert [(one["detail"], one["attempts"]) for one in probes[:-1]] == [("NoAnswer: deadline", 0)] * len(hanging)
    assert probes[-1]["green_seconds"] is not None
    services_at = max(one.services_at or 0.0 for one in shared.lab.clock.truth.test_vms.values())
    figures = {one.kind: one for one in outcome.measurements}
    measured = services_at - figures["rpo"].at.timestamp()
    assert abs(measured - figures["rto"].seconds) <= figures["rto"].uncertainty_seconds
    assert_closed(shared, outcome)


def test_what_looks_like_a_secret_in_a_guests_words_is_in_no_record_and_no_trouble(
    shared: Stage, context: Context
) -> None:
    """A guest repeats what it does not understand."""
    talks = structs.replace(PROBE, script="Password=hunter2secret", expect="never printed", seconds=1)
    outcome = run(item_drill(shared, probes=(talks,)), context)
    record = (shared.folder / f"{outcome.drill}.json").read_text(encoding="utf-8")
    assert "Password=<redacted>" in record
    assert "Password=<redacted>" in outcome.trouble[0]
    journal = (shared.folder / f"{outcome.drill}.journal.jsonl").read_text(encoding="utf-8")
    assert "hunter2secret" not in f"{record}{journal}{outcome}"
    assert_closed(shared, outcome)
