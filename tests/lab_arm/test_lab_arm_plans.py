"""Do test failovers of recovery plans keep their order, wait for people, and end as the service's do?"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from drcheck.lab.azure.build import (
    boot_group,
    item_named,
    manual_action,
    plan_id,
    plan_named,
    script_action,
    stall,
    vault_id,
)

V = ("rg-dr", "vault-dr")
STILL = 0.001
"""A speed at which nothing goes on while a test looks."""


def test_a_running_job_shows_what_is_to_come_and_blocks_its_item(serve: Callable[..., Any], estate: Any) -> None:
    world = estate()
    boot_group(plan_named(world, "rp-payments"), 1).start.append(manual_action("approve", "Ask the owner."))
    arm = serve(world)
    answer = arm.start_plan()
    arm.wait_for(lambda: arm.job(arm.job_of(answer)), lambda found: found["state"] == "Suspended")

    running = arm.job(arm.item()["currentScenario"]["jobId"].rpartition("/")[2])

    assert (running["state"], running["allowedActions"], "endTime" in running) == ("InProgress", ["Cancel"], False)
    assert [task["state"] for task in running["tasks"]] == ["Succeeded", "Succeeded", "Succeeded", "NotStarted"]
    assert running["tasks"][3]["startTime"] == "0001-01-01T00:00:00"
    assert arm.item()["allowedOperations"] == []


def test_a_plan_starts_its_groups_in_order(arm: Any) -> None:
    answer = arm.start_plan()
    done = arm.finish(answer)

    assert done["state"] == "Succeeded"
    groups = {task["groupTaskCustomDetails"]["name"]: task for task in done["tasks"][1:]}
    assert list(groups) == ["All groups shutdown", "All groups failover", "Group 1", "Group 2"]
    assert len(done["customDetails"]["protectedItemDetails"]) == 3
    first, second = groups["Group 1"], groups["Group 2"]
    assert datetime.fromisoformat(first["endTime"]) <= datetime.fromisoformat(second["startTime"])
    child = first["groupTaskCustomDetails"]["childTasks"][0]
    assert child["customDetails"]["jobTask"]["targetObjectName"] == "PAY01"
    boots = [arm.job(child["customDetails"]["jobTask"]["jobId"])["tasks"][3] for child in _children(groups)]
    assert datetime.fromisoformat(boots[0]["endTime"]) <= min(
        datetime.fromisoformat(boot["startTime"]) for boot in boots[1:]
    )
    assert arm.plan()["allowedOperations"] == ["TestFailoverCleanup"]
    assert arm.plan()["currentScenarioStatusDescription"] == "WaitingForStopTestFailover"

    cleaned = arm.finish(arm.post(f"{plan_id(arm.world, 'rp-payments')}/testFailoverCleanup"))

    assert cleaned["state"] == "Succeeded"
    assert (arm.azure.machines, arm.azure.interfaces, arm.azure.disks) == ({}, {}, {})
    assert "TestFailover" in arm.plan()["allowedOperations"]
    assert all(record.removed for record in arm.clock.truth.test_vms.values())


def _children(groups: dict[str, Any]) -> list[Any]:
    return [child for task in groups.values() for child in task["groupTaskCustomDetails"]["childTasks"]]


def test_a_plan_takes_the_kind_of_recovery_point_that_is_asked_for(arm: Any) -> None:
    stall(arm.world, arm.world.vms[item_named(arm.world, "PAY03").vm_id], 7200)
    asked = arm.clock.now()

    done = arm.finish(arm.start_plan(recoveryPointType="LatestProcessed"))

    ages = {
        made["friendlyName"]: asked - datetime.fromisoformat(made["recoveryPointTime"]).timestamp()
        for made in done["customDetails"]["protectedItemDetails"]
    }
    assert 300 < ages["PAY01"] < 1000
    assert 7100 < ages["PAY03"] < 7600
    assert (
        arm.start_plan(recoveryPointType="Newest").json()["error"]["details"][0]["code"] == "InvalidRecoveryPointType"
    )


def test_a_plan_waits_for_people_and_goes_on_when_they_say_so(serve: Callable[..., Any], estate: Any) -> None:
    world = estate()
    groups = plan_named(world, "rp-payments")
    boot_group(groups, 2).start.append(manual_action("approve", "Ask the owner."))
    silent = manual_action("never", "An action without failover types never runs.")
    silent.failover_types.clear()
    boot_group(groups, 1).end += [script_action("dns", "\\\\lib\\dns.ps1"), silent]
    arm = serve(world)
    answer = arm.start_plan()

    waiting = arm.wait_for(
        lambda: arm.job(arm.job_of(answer)), lambda found: found["state"] not in {"NotStarted", "InProgress"}
    )
    assert (waiting["state"], waiting["stateDescription"]) == ("Suspended", "WaitingForManualAction")
    assert waiting["allowedActions"] == ["Resume", "Cancel"]
    assert sum(machine.power == "running" for machine in arm.azure.machines.values()) == 1

    resume = arm.clients[0].replication_jobs.begin_resume
    resume(*V, arm.job_of(answer), {"properties": {"comments": "the owner agrees"}}, polling=False)
    done = arm.finish(answer)

    assert done["state"] == "Succeeded"
    tasks = [task for group in done["tasks"][1:] for task in group["groupTaskCustomDetails"]["childTasks"]]
    actions = {task["name"]: task for task in tasks if task["taskType"] != "VirtualMachineTaskDetails"}
    assert set(actions) == {"dns", "approve"}
    assert actions["approve"]["customDetails"]["observation"] == "the owner agrees"


def test_a_cancelled_job_is_spelt_with_two_l_and_leaves_a_machine_to_clean_up(
    serve: Callable[..., Any], estate: Any
) -> None:
    world = estate()
    boot_group(plan_named(world, "rp-payments"), 1).start.append(manual_action("approve", "Ask the owner."))
    arm = serve(world)
    answer = arm.start_plan()
    arm.wait_for(lambda: arm.job(arm.job_of(answer)), lambda found: found["state"] == "Suspended")

    assert arm.post(f"{vault_id(arm.world)}/replicationJobs/{arm.job_of(answer)}/cancel").status_code == 202

    assert arm.finish(answer)["state"] == "Cancelled"
    arm.wait_for(arm.plan, lambda found: found["allowedOperations"] == ["TestFailoverCleanup"])
    arm.wait_for(arm.item, lambda found: found["allowedOperations"] == ["TestFailoverCleanup"])
    arm.finish(arm.post(f"{plan_id(arm.world, 'rp-payments')}/testFailoverCleanup"))
    assert arm.azure.machines == {}


def test_a_plan_with_a_busy_member_succeeds_partially(arm: Any) -> None:
    arm.finish(arm.start_item("PAY02"))

    answer = arm.start_plan()
    done = arm.finish(answer)

    assert done["state"] == "PartiallySucceeded"
    assert {made["friendlyName"] for made in done["customDetails"]["protectedItemDetails"]} == {"PAY01", "PAY03"}
    status = arm.get(f"{vault_id(arm.world)}/replicationOperationStatus/{arm.job_of(answer)}")
    assert status["status"] == "Succeeded"


def test_an_order_to_a_busy_plan_is_refused(serve: Callable[..., Any], estate: Any) -> None:
    arm = serve(estate(), speed=STILL)

    assert arm.start_plan().status_code == 202
    assert arm.start_plan().status_code == 400
    assert arm.plan()["allowedOperations"] == []
