"""What must not be drilled is refused before anything is started, by the lab's own books."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from drcheck.drill import DrillOutcome
from drcheck.drill.engine import run
from drcheck.estate import ProbeSpec
from drcheck.lab.azure.build import (
    boot_group,
    item_named,
    plan_named,
    runbook_action,
)
from drcheck.lab.scenarios.contoso import LEEDS
from drcheck.lab.state.replication import relation
from drcheck.lab.state.world import Switch, World
from drcheck.lab.telling.building import ISOLATED_SWITCH, PRODUCTION_SWITCH, Place, add_vm, vm_named
from drcheck.verdict import Finding, Run, RunVerdict, Verdict
from tests.drills.conftest import Stage, Stages, now

REPLICA, PLAN = "vmm-first", "payments-plan"


def isolated(world: World) -> Switch:
    return next(switch for switch in world.hosts[LEEDS].switches if switch.name == ISOLATED_SWITCH)


def external(world: World) -> None:
    isolated(world).switch_type = "External"
    isolated(world).uplinks = ["Intel(R) Ethernet Network Adapter E810-XXV-2"]


def internal(world: World) -> None:
    isolated(world).switch_type = "Internal"


def other_test_switch(world: World) -> None:
    vm_named(world, "VMM01").nics[0].test_replica_switch = PRODUCTION_SWITCH


def somebody_on_it(world: World) -> None:
    add_vm(world, "LDS-ROUTER", Place(host=world.hosts[LEEDS])).nics[0].switch = ISOLATED_SWITCH


def replica_in(state: str) -> Callable[[World], None]:
    def change(world: World) -> None:
        relation(vm_named(world, "VMM01")).state = state

    return change


def never_copied(world: World) -> None:
    relation(vm_named(world, "VMM01")).initial_done = False


def run_verdict(outcome: DrillOutcome) -> RunVerdict:
    """The verdict of a run that held this drill and nothing else, which decides the exit code."""
    done = Run(
        id="r",
        started=now(),
        finished=now(),
        as_of=now(),
        snapshot_sha256="",
        versions={},
        selection={},
        findings=outcome.findings,
        measurements=outcome.measurements,
        trouble=outcome.trouble,
    )
    return done.verdict


def assert_refused(stage: Stage, outcome: DrillOutcome, why: str) -> None:
    assert [line for line in outcome.trouble if why in line] == list(outcome.trouble)
    assert len(outcome.trouble) == 1
    assert outcome.measurements == ()
    assert run_verdict(outcome) is not RunVerdict.PASSED
    stage.assert_nothing_started()
    assert stage.open_drills() == ()


def isolation(outcome: DrillOutcome) -> Finding:
    (found,) = [finding for finding in outcome.findings if finding.check == "DR-NET-004"]
    return found


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (external, "is External, not Private"),
        (internal, "is Internal, not Private"),
        (other_test_switch, f"would connect its test VM to '{PRODUCTION_SWITCH}'"),
        (somebody_on_it, "LDS-ROUTER on hv-lds1.lds.contoso.lab is connected"),
    ],
)
def test_a_switch_that_leaks_starts_nothing_and_fails(
    stages: Stages, change: Callable[[World], None], why: str
) -> None:
    stage = stages(change=change)
    outcome = stage.drill(REPLICA)
    assert_refused(stage, outcome, why)
    assert isolation(outcome).verdict is Verdict.FAIL
    assert run_verdict(outcome) is RunVerdict.FAILED


def test_a_switch_that_is_not_declared_starts_nothing(stage: Stage) -> None:
    outcome = stage.drill(REPLICA, switch=PRODUCTION_SWITCH)
    assert_refused(stage, outcome, "is not declared as a drill network")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (replica_in("Resynchronizing"), "its replication state is Resynchronizing"),
        (replica_in("PreparedForFailover"), "its replication state is PreparedForFailover"),
        (replica_in("FailedOverWaitingCompletion"), "its replication state is FailedOverWaitingCompletion"),
        (never_copied, "its initial replication has not ended"),
    ],
)
def test_a_replica_that_cannot_be_tested_starts_nothing(
    stages: Stages, change: Callable[[World], None], why: str
) -> None:
    stage = stages(change=change)
    outcome = stage.drill(REPLICA)
    assert_refused(stage, outcome, why)
    assert isolation(outcome).verdict is Verdict.PASS


def test_a_replica_host_that_goes_dark_starts_nothing_and_nobody_calls_the_switch_safe(stage: Stage) -> None:
    context = stage.context()
    for kind in ("reset", "500"):
        fault = stage.on_any(LEEDS, kind)
        outcome = run(stage.spec(REPLICA), context)
        assert_refused(stage, outcome, "could not be read")
        assert isolation(outcome).verdict is Verdict.FAIL
        stage.lab.faults.remove(fault)


def test_a_machine_without_a_replica_starts_nothing(stage: Stage) -> None:
    assert_refused(stage, stage.drill(REPLICA, vm="PAY-WEB01"), "must be on one host; it is on no host")


def test_a_kind_that_does_not_exist_starts_nothing(stage: Stage) -> None:
    assert_refused(stage, stage.drill(REPLICA, kind="planned-failover"), "there is no kind of failover named")


@pytest.mark.parametrize(
    ("name", "probe", "why"),
    [
        (REPLICA, ProbeSpec(kind="ping"), "has no ping probe; there is heartbeat, ad, baseline"),
        (REPLICA, ProbeSpec(kind="run-command", vm="VMM01", script="hostname"), "has no run-command probe"),
        (REPLICA, ProbeSpec(kind="heartbeat", mandatory=False), "none of its probes is mandatory"),
        (PLAN, ProbeSpec(kind="heartbeat", vm="PAY-WEB01"), "has no heartbeat probe; there is run-command"),
        (PLAN, ProbeSpec(kind="run-command", vm="WEB-FE01"), "it has no machine WEB-FE01 to probe"),
    ],
)
def test_a_probe_that_could_prove_nothing_starts_nothing(stage: Stage, name: str, probe: ProbeSpec, why: str) -> None:
    assert_refused(stage, stage.drill(name, probes=(probe,)), why)


def test_a_service_probe_without_an_account_starts_nothing(stage: Stage) -> None:
    stage.declare(guest_credentials=None)
    assert_refused(stage, stage.drill(REPLICA), "no windows.guest_credentials")


def runbook(world: World) -> None:
    boot_group(plan_named(world, "rp-payments"), 1).start.append(
        runbook_action("Open the firewall", "/subscriptions/x/automationAccounts/a/runbooks/open")
    )


def test_a_runbook_that_is_not_allowed_starts_nothing(stages: Stages) -> None:
    stage = stages(change=runbook)
    assert_refused(stage, stage.drill(PLAN), "action 'Open the firewall'")
    assert_refused(stage, stage.drill(PLAN, allowed_actions=()), "action 'Point DNS at Azure'")


def test_an_item_that_allows_no_test_failover_starts_nothing(stage: Stage) -> None:
    item_named(stage.world, "PAY-SQL01").protection_state = "UnplannedFailoverCommitPendingStatesBegin"
    assert_refused(stage, stage.drill(PLAN), "PAY-SQL01 does not allow TestFailover")


def test_a_plan_that_does_not_exist_starts_nothing(stage: Stage) -> None:
    assert_refused(stage, stage.drill(PLAN, plan="rp-nobody"), "has 0 recovery plans named rp-nobody")


def test_azure_out_of_reach_starts_nothing(stage: Stage) -> None:
    context = stage.context()
    stage.in_azure("403", times=None)
    outcome = run(stage.spec(PLAN), context)
    assert len(outcome.trouble) == 1
    assert run_verdict(outcome) is not RunVerdict.PASSED
    stage.assert_nothing_started()


def test_a_lease_of_somebody_else_starts_nothing_and_stays(stage: Stage) -> None:
    theirs = {"holder": "ops@jump1", "drill": "other", "expires": (now() + timedelta(hours=1)).isoformat()}
    stage.leeds.leases[stage.vmm.id] = dict(theirs)
    outcome = stage.drill(REPLICA)
    assert "is drilled by ops@jump1 (drill other" in outcome.trouble[0]
    assert run_verdict(outcome) is RunVerdict.INCOMPLETE
    assert stage.leeds.leases == {stage.vmm.id: theirs}
    assert stage.replication.tests == 0
    assert stage.open_drills() == ()


def test_a_test_vm_of_somebody_else_starts_nothing_and_stays(stage: Stage) -> None:
    first = stage.context()
    stage.start_foreign_test()
    foreign = stage.replication.test_vm_id
    assert "VMM01 - Test on hv-lds1.lds.contoso.lab is connected" in run(stage.spec(REPLICA), first).trouble[0]
    assert stage.recover() == ()
    assert (stage.replication.test_vm_id, stage.replication.tests) == (foreign, 1)
    stage.assert_nothing_real()


def test_a_test_vm_that_somebody_makes_a_moment_before_us_stays(stage: Stage) -> None:
    stage.when["failover"] = stage.start_foreign_test
    outcome = stage.drill(REPLICA)
    assert len(outcome.trouble) == 2
    assert "TestVmExists" in outcome.trouble[0]
    assert "left behind: VM VMM01 - Test" in outcome.trouble[1]
    assert stage.replication.test_vm_id in stage.world.test_vms
    stage.recover()
    assert stage.replication.test_vm_id in stage.world.test_vms
    assert stage.leeds.leases == {}


def test_a_test_failover_of_the_plan_that_somebody_starts_a_moment_before_us_goes_on(stage: Stage) -> None:
    stage.when["failover"] = stage.start_foreign_plan_test
    outcome = stage.drill(PLAN)
    assert "OperationNotAllowed" in outcome.trouble[0]
    assert (stage.writes("/testFailover"), stage.writes("/testFailoverCleanup")) == (2, 0)
    stage.assert_nothing_real()


def test_a_refused_drill_is_on_record_as_one_that_proves_nothing(stages: Stages) -> None:
    stage = stages(change=external)
    outcome = stage.drill(REPLICA)
    record = stage.record(outcome.drill)
    assert (record["verdict"], record["vm_ids"], record["rto_seconds"]) == ("FAIL", [stage.vmm.id], None)
    assert record["phases"] == []
