"""A drill that is held to its end: what it states is true, and what it made is gone."""

import json
from datetime import UTC, datetime

import pytest

from drcheck.drill import DrillOutcome
from drcheck.drill.journal import read
from drcheck.lab.state.replication import relation
from drcheck.lab.state.truth import TestVmRecord
from drcheck.lab.state.world import World
from drcheck.lab.telling.building import vm_named
from drcheck.topology.drills import DrillRecord
from drcheck.verdict import Measurement, Verdict, place_of
from tests.drills.conftest import Stage, Stages

REPLICA, PLAN = "vmm-first", "payments-plan"
CHECKS = {"DR-NET-004", "DR-NET-005", "DR-DRL-004", "DR-DRL-002", "DR-DRL-003", "DR-DRL-006", "DR-CLN-002"}


def figures(outcome: DrillOutcome) -> dict[str, Measurement]:
    return {one.kind: one for one in outcome.measurements}


def assert_true(outcome: DrillOutcome, truth: TestVmRecord) -> None:
    """Both figures hold the truth: ready when the probed service ran, as old as the data it was made from."""
    rto, rpo = figures(outcome)["rto"], figures(outcome)["rpo"]
    t0 = rpo.at.timestamp()
    declared = sum(phase.seconds for phase in rto.phases if phase.declared)
    assert truth.services_at is not None
    assert truth.recovery_point is not None
    assert t0 <= truth.created
    assert abs(truth.services_at - t0 - (rto.seconds - declared)) <= rto.uncertainty_seconds
    assert abs(max(0.0, t0 - truth.recovery_point) - rpo.seconds) <= rpo.uncertainty_seconds
    assert (rto.anomaly, rpo.anomaly) == ("", "")


@pytest.mark.parametrize(("seed", "speed"), [(0, 1000), (1, 500), (2, 100)])
def test_a_replica_drill_states_the_truth_and_leaves_nothing(stages: Stages, seed: int, speed: float) -> None:
    stage = stages(seed=seed, speed=speed)
    outcome = stage.drill(REPLICA)
    assert outcome.trouble == ()
    assert {one.check: one.verdict for one in outcome.findings} == dict.fromkeys(CHECKS, Verdict.PASS)
    assert_true(outcome, stage.truth("hyperv", "VMM01"))
    stage.assert_spotless()
    assert stage.open_drills() == ()


@pytest.mark.parametrize(("seed", "speed", "ahead"), [(0, 1000, 0.0), (1, 1000, 90.0), (2, 500, -90.0)])
def test_a_plan_drill_states_the_truth_and_leaves_nothing(
    stages: Stages, seed: int, speed: float, ahead: float
) -> None:
    stage = stages(seed=seed, speed=speed)
    stage.azure.clock_offset = ahead
    outcome = stage.drill(PLAN)
    assert outcome.trouble == ()
    assert {one.check: one.verdict for one in outcome.findings} == dict.fromkeys(CHECKS, Verdict.PASS)
    assert len({place_of(one) for one in outcome.findings}) == len(outcome.findings)
    assert {one.drill for one in outcome.findings} == {PLAN}
    assert_true(outcome, stage.truth("azure", "PAY-WEB01"))
    assert figures(outcome)["rpo"].uncertainty_seconds < 30
    stage.assert_spotless()
    assert stage.open_drills() == ()
    assert (stage.writes("/testFailover"), stage.writes("/testFailoverCleanup")) == (1, 1)


def test_a_recovery_point_dated_in_the_future_is_an_anomaly_and_no_pass(stage: Stage) -> None:
    """As in every job that was recorded in 2017: a local time, written as UTC."""
    stage.azure.points_ahead = 5.5 * 3600
    outcome = stage.drill(PLAN)
    rpo = figures(outcome)["rpo"]
    assert "after the failover request: check the clocks" in rpo.anomaly
    assert rpo.seconds >= 0
    assert rpo.verdict is Verdict.UNKNOWN
    assert stage.record(outcome.drill)["verdict"] == "FAIL"


@pytest.mark.parametrize("offset", [90.0, -90.0])
def test_a_replica_host_with_a_wrong_clock_changes_no_figure(stages: Stages, offset: float) -> None:
    stage = stages(speed=500)
    stage.leeds.clock_offset = offset
    outcome = stage.drill(REPLICA)
    assert outcome.trouble == ()
    assert_true(outcome, stage.truth("hyperv", "VMM01"))
    assert figures(outcome)["rpo"].uncertainty_seconds < 30
    assert figures(outcome)["rto"].uncertainty_seconds < 30


def replicates_all_the_time(world: World) -> None:
    relation(vm_named(world, "VMM01")).frequency = 1


def test_replication_that_goes_on_during_the_drill_is_inside_the_uncertainty(stages: Stages) -> None:
    """A cycle ends while the request is on its way, before or after the point was chosen."""
    stage = stages(speed=30, change=replicates_all_the_time)
    stage.leeds.clock_offset = 37.0
    outcome = stage.drill(REPLICA)
    assert outcome.trouble == ()
    assert_true(outcome, stage.truth("hyperv", "VMM01"))
    assert figures(outcome)["rpo"].uncertainty_seconds < 10


def test_declared_steps_of_people_are_added_and_marked(stage: Stage) -> None:
    rto = figures(stage.drill(REPLICA))["rto"]
    assert [(phase.name, phase.seconds) for phase in rto.phases if phase.declared] == [
        ("vmm vmm01.lon.contoso.lab (declared, Platform on call)", 900)
    ]
    assert rto.seconds > 900


def test_the_record_tells_everything_and_is_read_back_as_a_fact(stage: Stage) -> None:
    outcome = stage.drill(REPLICA)
    record = stage.record(outcome.drill)
    assert record["verdict"] == "PASS"
    attached = {one.name: one.body for one in outcome.attachments}
    assert json.loads(attached["drill record.json"]) == record
    assert json.loads(attached["drill journal.jsonl"].splitlines()[-1])["event"] == "closed"
    isolation = record["isolation"]
    assert (isolation["network"], isolation["isolated"], isolation["leaks"]) == ("DR Test (isolated)", True, [])
    assert record["exclusivity"].startswith("exclusive: a lease file on hv-lds1.lds.contoso.lab")
    assert record["authorisation"]["told"].startswith("none")
    assert [probe["name"] for probe in record["probes"]] == ["heartbeat", "service SCVMMService"]
    assert [phase["name"] for phase in record["phases"]][-1] == "clean up"
    assert (record["left_over"], record["trouble"]) == ([], [])
    by_hand = next(one for one in record["timeline"]["steps"] if one["how"] == "declared")
    assert (by_hand["actor"], by_hand["ended"]) == ("Platform on call", None)
    (fact,) = [one for one in stage.look(()).seen(DrillRecord) if one.key == outcome.drill]
    assert (fact.verdict, fact.cleaned_up, fact.vm_ids) == ("PASS", True, (stage.vmm.id,))
    assert fact.target == stage.vmm.id
    assert fact.rto_seconds == figures(outcome)["rto"].seconds


def test_the_journal_is_mirrored_next_to_the_lease_from_its_first_line_on(stage: Stage) -> None:
    outcome = stage.drill(REPLICA)
    lines = (stage.folder / f"{outcome.drill}.journal.jsonl").read_text(encoding="utf-8").splitlines()
    mirrored = stage.leeds.journals[outcome.drill]
    assert mirrored == lines[: len(mirrored)]
    assert [json.loads(line)["event"] for line in lines[len(mirrored) :]] == ["undone", "closed"]


def test_the_request_is_announced_before_it_is_sent_and_its_effect_is_written(stage: Stage) -> None:
    outcome = stage.drill(REPLICA)
    records = read(stage.folder / f"{outcome.drill}.journal.jsonl")
    said = [(record.event, record.action) for record in records]
    test, stop = "hyperv.test-failover", "hyperv.test-failover.stop"
    assert said == [
        ("opened", ""),
        ("intent", "lease"),
        ("observed", "canary"),
        ("intent", test),
        ("effect", test),
        ("starting", test),
        ("intent", stop),
        ("undone", stop),
        ("undone", test),
        ("undone", "lease"),
        ("closed", ""),
    ]
    truth = stage.truth("hyperv", "VMM01")
    assert records[4].data == {"test_vm_id": truth.id}
    assert (
        datetime.fromisoformat(records[3].at) < figures(outcome)["rpo"].at < datetime.fromtimestamp(truth.created, UTC)
    )


def test_a_probe_that_never_turns_green_fails_the_drill_and_everything_is_cleaned_up(stage: Stage) -> None:
    probes = tuple(
        type(probe)(kind=probe.kind, name=probe.name and "NoSuchService", vm=probe.vm, mandatory=True)
        for probe in stage.spec(REPLICA).probes
    )
    outcome = stage.drill(REPLICA, probes=probes, seconds=1)
    assert any("service NoSuchService on VMM01 never turned green: NotFound" in line for line in outcome.trouble)
    verdicts = {one.check: one.verdict for one in outcome.findings}
    assert (verdicts["DR-DRL-004"], verdicts["DR-CLN-002"]) == (Verdict.FAIL, Verdict.PASS)
    assert outcome.measurements == ()
    assert stage.record(outcome.drill)["verdict"] == "FAIL"
    stage.assert_spotless()
    assert stage.open_drills() == ()


def test_a_web_server_that_never_starts_fails_the_plan_and_everything_is_cleaned_up(stage: Stage) -> None:
    probe = type(stage.spec(PLAN).probes[0])(
        kind="run-command", vm="PAY-WEB01", script="(Get-Service NoSuchService).Status", expect="Running"
    )
    outcome = stage.drill(PLAN, probes=(probe,), seconds=1)
    assert any("never turned green: Get-Service : Cannot find" in line for line in outcome.trouble)
    assert stage.record(outcome.drill)["cleaned_up"] is True
    stage.assert_spotless()
