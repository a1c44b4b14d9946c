"""A rehearsal is one drill of many parts: groups in order, parts side by side, everything cleaned up."""

from threading import Barrier

from drcheck.estate import Limits, ProbeSpec
from drcheck.lab.building import ISOLATED_SWITCH
from drcheck.verdict import Verdict
from tests.drills.conftest import Stages
from tests.drills.rehearsing import ALSO, PLAN, VMM, at, hold, records, rehearsal, replica, replicated

LONG = 60.0
NEVER = (ProbeSpec(kind="service", name="NoSuchService"),)


def test_groups_come_up_in_order_and_everything_is_measured_on_one_clock(stages: Stages) -> None:
    stage = stages(change=replicated, speed=500)
    parts = [stage.spec(PLAN), replica(stage, ALSO[0])]
    outcome = hold(stage, rehearsal(("management", [stage.spec(VMM)]), ("workloads", parts), rto_seconds=14400))
    assert outcome.trouble == ()
    stage.assert_spotless()
    record = stage.record(outcome.drill)
    assert (record["verdict"], record["cleaned_up"], record["kind"]) == ("PASS", True, "rehearsal")
    assert set(record["vm_ids"]) >= {stage.vmm.id}
    rto = {one.subject.name: one for one in outcome.measurements if one.kind == "rto"}
    rpo = {one.subject.name: one for one in outcome.measurements if one.kind == "rpo"}
    assert {"site-loss", "VMM01", "rp-payments", ALSO[0]} <= set(rto)
    assert {"site-loss", "VMM01", "rp-payments", ALSO[0]} == set(rpo)
    assert rpo["site-loss"].seconds == max(one.seconds for one in rpo.values())
    assert record["rto_seconds"] == rto["site-loss"].seconds
    declared = {one.name: one.seconds for one in rto["site-loss"].phases if one.declared}
    assert declared == {
        "vmm vmm01.lon.contoso.lab (declared, Platform on call)": 900,
        "Confirm payments (declared, Payments desk)": 900,
    }
    assert len({(one.check, one.subject.key) for one in outcome.findings}) == len(outcome.findings)
    journal = {(one.event, one.action): one for one in records(stage)}
    begun = at(journal["intent", f"{ALSO[0]}/hyperv.test-failover"]).timestamp()
    assert begun > (stage.truth("hyperv", "VMM01").services_at or begun)
    groups = [one["name"] for one in record["phases"] if one["name"].startswith("group ")]
    assert groups == ["group management", "group workloads"]


def test_the_parts_of_a_group_come_up_side_by_side(stages: Stages) -> None:
    """All three are in the midst of their failover at the same moment: nobody waits for anybody."""
    stage = stages(change=replicated)
    together = Barrier(3)
    stage.when["boot"] = lambda: together.wait(LONG)
    parts = [replica(stage, name) for name in ALSO]
    outcome = hold(stage, rehearsal(("all", parts), limits=Limits(parallel=3, per_host=3)))
    assert outcome.trouble == ()
    assert not together.broken
    stage.assert_spotless()


def test_one_part_that_is_refused_keeps_all_from_starting(stages: Stages) -> None:
    stage = stages(change=replicated)
    stage.replication.state = "Error"
    outcome = hold(stage, rehearsal(("all", [replica(stage, ALSO[0]), stage.spec(VMM)])))
    (trouble,) = outcome.trouble
    assert "vmm-first: its replication state is Error" in trouble
    stage.assert_nothing_started()


def test_two_parts_never_bring_up_the_same_machine(stages: Stages) -> None:
    stage = stages(change=replicated)
    again = replica(stage, "again", vm=ALSO[0])
    outcome = hold(stage, rehearsal(("all", [replica(stage, ALSO[0])]), ("more", [again])))
    assert "two parts bring up the machine" in outcome.trouble[0]
    stage.assert_nothing_started()


def test_of_the_leases_all_are_taken_or_none(stages: Stages) -> None:
    stage = stages(change=replicated)
    stage.leeds.leases[stage.vmm.id] = {
        "holder": "CONTOSO\\somebody@OPS2",
        "drill": "another",
        "expires": "2126-01-01T00:00:00+00:00",
    }
    outcome = hold(stage, rehearsal(("all", [replica(stage, name) for name in ALSO] + [stage.spec(VMM)])))
    assert "is drilled by" in outcome.trouble[0]
    assert stage.lab.clock.truth.test_vms == {}
    assert set(stage.leeds.leases) == {stage.vmm.id}
    assert stage.open_drills() == ()


def test_a_group_that_stays_red_is_the_last_and_all_is_cleaned_up(stages: Stages) -> None:
    stage = stages(change=replicated)
    red = replica(stage, ALSO[0], probes=NEVER, seconds=1)
    outcome = hold(stage, rehearsal(("first", [red, replica(stage, ALSO[1])]), ("second", [stage.spec(VMM)])))
    assert f"service NoSuchService on {ALSO[0]} never turned green" in outcome.trouble[0]
    stage.assert_spotless()
    assert stage.replication.tests == 0
    probes = {one["target"]: one for one in stage.record(outcome.drill)["probes"]}
    assert probes["VMM01"]["detail"].startswith(f"not started: {ALSO[0]}: service NoSuchService")
    assert outcome.measurements == ()


def test_a_leak_that_appears_under_one_part_ends_all_of_them(stages: Stages) -> None:
    stage = stages(change=replicated)
    switch = next(one for one in stage.leeds.switches if one.name == ISOLATED_SWITCH)

    def connect() -> None:
        switch.switch_type = "External"

    stage.when["boot"] = connect
    parts = [replica(stage, name, probes=NEVER, seconds=600) for name in ALSO[:2]]
    outcome = hold(stage, rehearsal(("first", parts), ("second", [stage.spec(VMM)])))
    assert "did not stay isolated" in outcome.trouble[0]
    assert next(one for one in outcome.findings if one.check == "DR-NET-004").verdict is Verdict.FAIL
    assert stage.replication.tests == 0
    stage.assert_spotless()
    assert stage.open_drills() == ()
