"""A rehearsal is one drill of many parts: groups in order, parts side by side, everything cleaned up."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from threading import Barrier

import pytest
from msgspec import structs

from drcheck.discovery.drills import records as recorded
from drcheck.drill import Context, DrillOutcome
from drcheck.drill.engine import run
from drcheck.drill.journal import read
from drcheck.drill.rehearsal import Rehearsal, prepare
from drcheck.drill.rehearsed.part import RehearsedPart
from drcheck.estate import DrillSpec, ProbeSpec
from drcheck.estate.drill_spec import Limits
from drcheck.lab.telling.building import ISOLATED_SWITCH
from drcheck.topology.base import Seen
from drcheck.verdict import Measurement, Verdict
from tests.drills.conftest import Stage, Stages, now
from tests.drills.rehearsing import ALSO, NAME, VMM, declare, rehearsal, replica, replicated

LONG = 60.0
NEVER = (ProbeSpec(kind="service", name="NoSuchService"),)


@dataclass(frozen=True, kw_only=True)
class Elsewhere:
    """Somebody who confirms a step from another process, by the command that the question names."""

    folder: Path

    def ask(self, question: str) -> None:
        command = question.partition("`")[2].partition("`")[0].split()[1:]
        call = [sys.executable, "-m", "drcheck", *command, "--runs", str(self.folder), "--by", "Dana Duty"]
        subprocess.run(call, check=True, timeout=LONG, capture_output=True)

    def answered(self, question: str) -> str:
        del question
        return ""

    def forget(self, question: str) -> None:
        del question


@pytest.fixture(scope="module")
def shared(one_stage_each: Stages) -> Stage:
    """One lab for rehearsals, which leave nothing behind."""
    stage = one_stage_each(change=replicated)
    declare(stage)
    return stage


@pytest.fixture(scope="module")
def context(shared: Stage) -> Context:
    """What was found before the first one."""
    return shared.context(shared.look(shared.targets[:1]))


def hold(stage: Stage, context: Context, spec: DrillSpec) -> DrillOutcome:
    """Hold it, and see that nothing is left, whatever became of it."""
    outcome = run(spec, context)
    stage.when.clear()
    stage.assert_spotless()
    assert stage.open_drills() == ()
    return outcome


def assert_read_again(stage: Stage, outcome: DrillOutcome, application: str, seconds: dict[str, float]) -> None:
    """The record tells a later run the application's own figures, and the whole's to any other."""
    here = Seen(source="test", endpoint="estate", query="test", at=now())
    (record,) = [one for one in recorded(stage.estate, here) if one.key == outcome.drill]
    own = {kind: record.figure(kind, application) for kind in seconds}
    assert {kind: one and one.seconds for kind, one in own.items()} == seconds
    assert record.figure("rto") == record.figure("rto", "none of its applications") != own["rto"]


def assert_true_loss(stage: Stage, rpo: Measurement, vm: str, requested: datetime) -> None:
    """An application of one machine has lost what that has."""
    held = stage.truth("hyperv", vm).recovery_point
    assert held is not None
    assert abs(max(0.0, requested.timestamp() - held) - rpo.seconds) <= rpo.uncertainty_seconds


def test_groups_in_order_and_parts_side_by_side_on_one_clock_with_people_between(
    shared: Stage, context: Context
) -> None:
    """Both machines of the second group are in the midst of their failover at the same moment."""
    together, numbers = Barrier(2), count()
    shared.when["boot"] = lambda: next(numbers) and together.wait(LONG)
    present = structs.replace(context, person=Elsewhere(folder=shared.folder))
    outcome = hold(shared, present, shared.spec(NAME, rto_seconds=14400))
    assert outcome.trouble == ()
    assert not together.broken
    record = shared.record(outcome.drill)
    assert (record["verdict"], record["cleaned_up"], record["kind"]) == ("PASS", True, "rehearsal")
    assert [one["group"] for one in record["objectives"]["parts"]] == ["management", "workloads", "workloads"]
    assert record["people"]["confirmed_by"] == ["Dana Duty"]
    assert ("manual", "Dana Duty") in {(one["how"], one["actor"]) for one in record["timeline"]["steps"]}
    assert len(record["vm_ids"]) == 3
    names, applications = {NAME, "VMM01", *ALSO[:2]}, {"erp", "mail", "fabric-management"}
    rto = {one.subject.name: one for one in outcome.measurements if one.kind == "rto"}
    rpo = {one.subject.name: one for one in outcome.measurements if one.kind == "rpo"}
    assert names < set(rto)
    assert names | applications == set(rpo)
    assert rpo[NAME].seconds == max(one.seconds for one in rpo.values())
    assert_true_loss(shared, rpo["erp"], ALSO[0], rpo[ALSO[0]].at)
    assert record["rto_seconds"] == rto[NAME].seconds
    assert_read_again(shared, outcome, "erp", {"rto": rto["erp"].seconds, "rpo": rpo["erp"].seconds})
    assert any("VMM answers" in phase.name and not phase.declared for phase in rto[NAME].phases)
    assert {one["name"]: one["by"] for one in record["phases"]}["VMM answers"] == "Dana Duty"
    assert len({(one.check, one.subject.key) for one in outcome.findings}) == len(outcome.findings)
    lines = read(shared.folder / f"{outcome.drill}.journal.jsonl")
    begun = {one.action: datetime.fromisoformat(one.at).timestamp() for one in lines if one.event == "intent"}
    vmm_up = shared.truth("hyperv", "VMM01").heartbeat_at
    assert vmm_up is not None
    assert begun[f"{ALSO[0]}/hyperv.test-failover"] > vmm_up


def test_one_part_that_is_refused_keeps_all_from_starting(shared: Stage, context: Context) -> None:
    before, shared.replication.state = dict(shared.lab.clock.truth.test_vms), "Error"
    outcome = hold(shared, context, rehearsal(("all", [replica(shared, ALSO[0]), shared.spec(VMM)])))
    shared.replication.state = "Replicating"
    (trouble,) = outcome.trouble
    assert "vmm-first: its replication state is Error" in trouble
    assert shared.lab.clock.truth.test_vms == before


def test_two_parts_never_bring_up_the_same_machine(shared: Stage, context: Context) -> None:
    again, before = replica(shared, "again", vm=ALSO[0]), dict(shared.lab.clock.truth.test_vms)
    outcome = hold(shared, context, rehearsal(("all", [replica(shared, ALSO[0])]), ("more", [again])))
    assert "two parts bring up the machine" in outcome.trouble[0]
    assert shared.lab.clock.truth.test_vms == before


def test_of_the_leases_all_are_taken_or_none(shared: Stage, context: Context) -> None:
    before = dict(shared.lab.clock.truth.test_vms)
    theirs = {"holder": "ops@jump1", "drill": "other", "expires": (now() + timedelta(hours=1)).isoformat()}
    shared.leeds.leases[shared.vmm.id] = theirs
    outcome = run(rehearsal(("all", [*(replica(shared, name) for name in ALSO), shared.spec(VMM)])), context)
    assert shared.leeds.leases == {shared.vmm.id: theirs}
    shared.leeds.leases.clear()
    assert "is drilled by ops@jump1" in outcome.trouble[0]
    assert shared.lab.clock.truth.test_vms == before
    assert shared.open_drills() == ()


def test_a_group_that_stays_red_is_the_last_and_all_is_cleaned_up(shared: Stage, context: Context) -> None:
    tests, red = shared.replication.tests, replica(shared, ALSO[0], probes=NEVER, seconds=1)
    groups = ("first", [red, replica(shared, ALSO[1])]), ("second", [shared.spec(VMM)])
    outcome = hold(shared, context, rehearsal(*groups))
    assert f"service NoSuchService on {ALSO[0]} never turned green" in outcome.trouble[0]
    assert shared.replication.tests == tests
    probes = {one["target"]: one for one in shared.record(outcome.drill)["probes"]}
    assert probes["VMM01"]["detail"].startswith(f"not started: {ALSO[0]}: service NoSuchService")
    assert outcome.measurements == ()


def test_a_leak_that_appears_under_one_part_ends_all_of_them(shared: Stage, context: Context) -> None:
    switch = next(one for one in shared.leeds.switches if one.name == ISOLATED_SWITCH)
    tests, parts = shared.replication.tests, [replica(shared, name, probes=NEVER, seconds=600) for name in ALSO[:2]]

    def connect() -> None:
        switch.switch_type = "External"

    shared.when["boot"] = connect
    outcome = hold(shared, context, rehearsal(("first", parts), ("second", [shared.spec(VMM)])))
    switch.switch_type = "Private"
    assert "did not stay isolated" in outcome.trouble[0]
    assert next(one for one in outcome.findings if one.check == "DR-NET-004").verdict is Verdict.FAIL
    assert shared.replication.tests == tests


def test_a_mistake_of_ours_about_one_part_keeps_no_other_from_being_cleaned_up(shared: Stage, context: Context) -> None:
    parts = [replica(shared, name) for name in ALSO]
    failover = prepare(rehearsal(("all", parts), limits=Limits(parallel=1)), context)
    assert isinstance(failover, Rehearsal)
    cleaned: list[str] = []

    def work(part: RehearsedPart) -> Callable[[], None]:
        def clean() -> None:
            cleaned.append(part.name)
            if part.name == ALSO[0]:
                raise KeyError("a mistake of ours")

        return clean

    with pytest.raises(KeyError, match="a mistake of ours"):
        failover._of_all(work)
    assert cleaned == list(ALSO)
