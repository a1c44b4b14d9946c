"""Do test failovers and their clean-up run in the simulated vault as they did in recorded ones?"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError
from azure.core.rest import HttpRequest

from drcheck.lab.azure.build import (
    boot_group,
    item_id,
    item_named,
    manual_action,
    plan_id,
    plan_named,
    script_action,
    stall,
    vault_id,
    vnet_id,
)

V = ("rg-dr", "vault-dr")
OVER = {"Succeeded", "Failed", "Cancelled", "CompletedWithInformation", "PartiallySucceeded"}
LONG = 60.0
"""Real seconds after which something that should have happened never will."""


def request(network: str, *, plan: bool = False, **details: Any) -> dict[str, Any]:
    given = {"instanceType": "HyperVReplicaAzure", **details}
    properties = {
        "failoverDirection": "PrimaryToRecovery",
        "networkType": "VmNetworkAsInput",
        "networkId": network,
        "providerSpecificDetails": [given] if plan else given,
    }
    return {"properties": properties}


def post(arm: Any, path: str, body: Any = None, version: str = "2025-08-01") -> Any:
    client = arm.clients[0] if arm.clients else arm.client()
    return client.send_request(HttpRequest("POST", f"{path}?api-version={version}", json=body or {"properties": {}}))


def get(arm: Any, path: str, version: str = "2025-08-01") -> Any:
    client = arm.clients[0] if arm.clients else arm.client()
    return client.send_request(HttpRequest("GET", f"{path}?api-version={version}")).json()


def job_of(answer: Any) -> str:
    assert answer.status_code == 202, answer.text()
    return str(answer.headers["Azure-AsyncOperation"]).partition("?")[0].rpartition("/")[2]


def job(arm: Any, name: str) -> Any:
    return get(arm, f"{vault_id(arm.world)}/replicationJobs/{name}")["properties"]


def wait_for(question: Callable[[], Any], what: Callable[[Any], bool]) -> Any:
    deadline = time.monotonic() + LONG
    answer = None
    while time.monotonic() < deadline:
        answer = question()
        if what(answer):
            return answer
        time.sleep(0.02)
    raise AssertionError(f"it never came: {answer}")


def finish(arm: Any, answer: Any) -> Any:
    name = job_of(answer)
    return wait_for(lambda: job(arm, name), lambda found: found["state"] in OVER)


def start_item(arm: Any, vm: str = "PAY01", **details: Any) -> Any:
    network = vnet_id(arm.world, "vnet-test")
    return post(arm, f"{item_id(arm.world, vm)}/testFailover", request(network, **details))


def start_plan(arm: Any, **details: Any) -> Any:
    network = vnet_id(arm.world, "vnet-test")
    path = f"{plan_id(arm.world, 'rp-payments')}/testFailover"
    return post(arm, path, request(network, plan=True, **details))


def item(arm: Any, vm: str = "PAY01") -> Any:
    return get(arm, item_id(arm.world, vm))["properties"]


def plan(arm: Any) -> Any:
    return get(arm, plan_id(arm.world, "rp-payments"))["properties"]


def when(written: str) -> datetime:
    return datetime.fromisoformat(written)


def test_sdk_runs_a_test_failover_and_its_clean_up(arm: Any) -> None:
    client = arm.client()
    place = (*V, arm.azure.vaults[0].fabrics[0].name, arm.world.vmm[0].clouds[0].id)
    name = item_named(arm.world, "PAY02").name
    operations = client.replication_protected_items

    tested = operations.begin_test_failover(*place, name, request(vnet_id(arm.world, "vnet-test"))).result(LONG)

    assert tested.properties.test_failover_state == "WaitingForCompletion"
    assert tested.properties.allowed_operations == ["TestFailoverCleanup"]
    (machine,) = arm.azure.machines.values()
    assert machine.name == "PAY02-test"
    (interface,) = arm.azure.interfaces.values()
    assert (interface.vnet, interface.subnet) == (vnet_id(arm.world, "vnet-test"), "web")
    assert len(arm.azure.disks) == 2

    cleaned = operations.begin_test_failover_cleanup(*place, name, {"properties": {"comments": "done"}}).result(LONG)

    assert cleaned.properties.test_failover_state in {"None", "MarkedForDeletion"}
    assert "TestFailover" in cleaned.properties.allowed_operations
    assert (arm.azure.machines, arm.azure.interfaces, arm.azure.disks) == ({}, {}, {})
    assert arm.azure.real_failovers == []


def test_order_is_answered_with_where_to_look(arm: Any) -> None:
    answer = start_item(arm)

    name = job_of(answer)
    assert (
        answer.headers["x-ms-request-id"]
        == f"{get(arm, vault_id(arm.world))['id']}".replace("/subscriptions/", "/Subscriptions/", 1)
        + f"/replicationJobs/{name}"
    )
    assert f"/operationresults/{name}?" in answer.headers["Location"]
    assert "/replicationOperationStatus/" in answer.headers["Azure-AsyncOperation"]
    assert int(answer.headers["Retry-After"]) >= 1
    assert answer.text() == ""


STILL = 0.001
"""A speed at which nothing goes on while a test looks."""


def test_a_young_job_has_no_name_and_no_tasks(serve: Callable[..., Any], estate: Any) -> None:
    arm = serve(estate(), speed=STILL)

    young = job(arm, job_of(start_item(arm)))

    assert (young["state"], young["scenarioName"], young["tasks"]) == ("NotStarted", None, [])
    assert "startTime" not in young


def test_a_running_job_shows_what_is_to_come_and_blocks_its_item(serve: Callable[..., Any], estate: Any) -> None:
    world = estate()
    boot_group(plan_named(world, "rp-payments"), 1).start.append(manual_action("approve", "Ask the owner."))
    arm = serve(world)
    answer = start_plan(arm)
    wait_for(lambda: job(arm, job_of(answer)), lambda found: found["state"] == "Suspended")

    running = job(arm, item(arm)["currentScenario"]["jobId"].rpartition("/")[2])

    assert (running["state"], running["allowedActions"], "endTime" in running) == ("InProgress", ["Cancel"], False)
    assert [task["state"] for task in running["tasks"]] == ["Succeeded", "Succeeded", "Succeeded", "NotStarted"]
    assert running["tasks"][3]["startTime"] == "0001-01-01T00:00:00"
    assert item(arm)["allowedOperations"] == []


def test_a_finished_job_shows_its_tasks_and_what_it_made(arm: Any) -> None:
    asked = arm.clock.now()
    answer = start_item(arm)

    done = finish(arm, answer)

    assert [task["name"] for task in done["tasks"]] == [
        "VmTfoPrerequisitesCheck",
        "VmTfoInitiateFailover",
        "VmTfoPrepareTestVm",
        "VmTfoBootTestVm",
    ]
    assert done["endTime"].count(".") == 0
    assert len(done["startTime"].partition(".")[2]) == 8
    (made,) = done["customDetails"]["protectedItemDetails"]
    assert (made["testVmName"], made["subnet"]) == ("PAY01-test", "web")
    assert when(made["recoveryPointTime"]).timestamp() > asked
    (record,) = arm.clock.truth.test_vms.values()
    assert abs(when(made["recoveryPointTime"]).timestamp() - record.recovery_point) < 1e-3


def test_lists_of_jobs_are_hollow_and_filtered(arm: Any) -> None:
    finish(arm, start_item(arm))
    base = f"{vault_id(arm.world)}/replicationJobs"
    client = arm.clients[0]

    (listed,) = get(arm, base)["value"]
    assert (listed["properties"]["tasks"], listed["properties"]["customDetails"]) == ([], None)
    assert len(list(client.replication_jobs.list(*V, filter="JobStatus eq 'Failed'"))) == 0
    now = datetime.fromtimestamp(arm.clock.now(), UTC)
    after, before = now - timedelta(minutes=5), now + timedelta(minutes=5)
    text = "StartTime eq '{:%Y-%m-%dT%H:%M:%S}.0000000Z' and EndTime eq '{:%Y-%m-%dT%H:%M:%S}.0000000Z'"
    assert len(list(client.replication_jobs.list(*V, filter=text.format(after, before)))) == 1
    assert list(client.replication_jobs.list(*V, filter=text.format(before, before + timedelta(1)))) == []
    (event,) = client.replication_events.list(*V)
    assert ";" in event.name
    assert client.replication_events.get(*V, event.name).properties.severity == "OK"


def test_a_second_test_failover_is_taken_and_its_job_fails(arm: Any) -> None:
    finish(arm, start_item(arm))

    second = finish(arm, start_item(arm))

    assert second["state"] == "Failed"
    assert second["errors"][0]["serviceErrorDetails"]["code"] == "532"
    assert {(task["state"], task["stateDescription"]) for task in second["tasks"]} == {("Other", "Skipped")}
    assert len(arm.azure.machines) == 1


def test_clean_up_without_a_test_is_refused(arm: Any) -> None:
    answer = post(arm, f"{item_id(arm.world, 'PAY01')}/testFailoverCleanup", {"properties": {"comments": ""}})

    assert answer.status_code == 400
    assert answer.json()["error"]["details"][0]["code"] == "OperationNotAllowed"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"networkId": "/subscriptions/x/none"}, "ArmResourceDoesNotExist"),
        ({"networkType": "NoNetworkAttachAsInput"}, "InvalidNetworkType"),
        ({"failoverDirection": "RecoveryToPrimary"}, "InvalidFailoverDirection"),
    ],
)
def test_a_wrong_request_changes_nothing(arm: Any, change: dict[str, str], code: str) -> None:
    body = request(vnet_id(arm.world, "vnet-test"))
    body["properties"] |= change

    answer = post(arm, f"{item_id(arm.world, 'PAY01')}/testFailover", body)

    assert (answer.status_code, answer.json()["error"]["details"][0]["code"]) == (400, code)
    assert arm.azure.vaults[0].jobs == {}


def test_a_test_vm_of_a_taken_name_gets_another_and_the_job_says_so(serve: Callable[..., Any], estate: Any) -> None:
    world = estate()
    item_named(world, "PAY02").target_name = "PAY01"
    arm = serve(world)
    finish(arm, start_item(arm, "PAY01"))

    answer = start_item(arm, "PAY02")
    done = finish(arm, answer)

    assert done["state"] == "CompletedWithInformation"
    assert done["errors"][0]["errorLevel"] == "Warning"
    status = get(arm, f"{vault_id(arm.world)}/replicationOperationStatus/{job_of(answer)}")
    assert (status["status"], status["error"]["code"]) == ("Succeeded", "28175")
    assert len(arm.azure.machines) == 2


def test_a_plan_starts_its_groups_in_order(arm: Any) -> None:
    answer = start_plan(arm)
    done = finish(arm, answer)

    assert done["state"] == "Succeeded"
    groups = {task["groupTaskCustomDetails"]["name"]: task for task in done["tasks"][1:]}
    assert list(groups) == ["All groups shutdown", "All groups failover", "Group 1", "Group 2"]
    assert len(done["customDetails"]["protectedItemDetails"]) == 3
    first, second = groups["Group 1"], groups["Group 2"]
    assert when(first["endTime"]) <= when(second["startTime"])
    child = first["groupTaskCustomDetails"]["childTasks"][0]
    assert child["customDetails"]["jobTask"]["targetObjectName"] == "PAY01"
    boots = [job(arm, child["customDetails"]["jobTask"]["jobId"])["tasks"][3] for child in _children(groups)]
    assert when(boots[0]["endTime"]) <= min(when(boot["startTime"]) for boot in boots[1:])
    assert plan(arm)["allowedOperations"] == ["TestFailoverCleanup"]
    assert plan(arm)["currentScenarioStatusDescription"] == "WaitingForStopTestFailover"

    cleaned = finish(arm, post(arm, f"{plan_id(arm.world, 'rp-payments')}/testFailoverCleanup"))

    assert cleaned["state"] == "Succeeded"
    assert (arm.azure.machines, arm.azure.interfaces, arm.azure.disks) == ({}, {}, {})
    assert "TestFailover" in plan(arm)["allowedOperations"]
    assert all(record.removed for record in arm.clock.truth.test_vms.values())


def _children(groups: dict[str, Any]) -> list[Any]:
    return [child for task in groups.values() for child in task["groupTaskCustomDetails"]["childTasks"]]


def test_a_plan_takes_the_kind_of_recovery_point_that_is_asked_for(arm: Any) -> None:
    stall(arm.world, arm.world.vms[item_named(arm.world, "PAY03").vm_id], 7200)
    asked = arm.clock.now()

    done = finish(arm, start_plan(arm, recoveryPointType="LatestProcessed"))

    ages = {
        made["friendlyName"]: asked - when(made["recoveryPointTime"]).timestamp()
        for made in done["customDetails"]["protectedItemDetails"]
    }
    assert 300 < ages["PAY01"] < 1000
    assert 7100 < ages["PAY03"] < 7600
    assert (
        start_plan(arm, recoveryPointType="Newest").json()["error"]["details"][0]["code"] == "InvalidRecoveryPointType"
    )


def test_an_item_is_recovered_to_the_point_that_is_named(arm: Any) -> None:
    points = get(arm, f"{item_id(arm.world, 'PAY01')}/recoveryPoints")["value"]

    done = finish(arm, start_item(arm, recoveryPointId=points[4]["id"]))

    (made,) = done["customDetails"]["protectedItemDetails"]
    assert made["recoveryPointTime"] == points[4]["properties"]["recoveryPointTime"]


def test_a_plan_waits_for_people_and_goes_on_when_they_say_so(serve: Callable[..., Any], estate: Any) -> None:
    world = estate()
    groups = plan_named(world, "rp-payments")
    boot_group(groups, 2).start.append(manual_action("approve", "Ask the owner."))
    silent = manual_action("never", "An action without failover types never runs.")
    silent.failover_types.clear()
    boot_group(groups, 1).end += [script_action("dns", "\\\\lib\\dns.ps1"), silent]
    arm = serve(world)
    answer = start_plan(arm)

    waiting = wait_for(
        lambda: job(arm, job_of(answer)), lambda found: found["state"] not in {"NotStarted", "InProgress"}
    )
    assert (waiting["state"], waiting["stateDescription"]) == ("Suspended", "WaitingForManualAction")
    assert waiting["allowedActions"] == ["Resume", "Cancel"]
    assert sum(machine.power == "running" for machine in arm.azure.machines.values()) == 1

    resume = arm.clients[0].replication_jobs.begin_resume
    resume(*V, job_of(answer), {"properties": {"comments": "the owner agrees"}}, polling=False)
    done = finish(arm, answer)

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
    answer = start_plan(arm)
    wait_for(lambda: job(arm, job_of(answer)), lambda found: found["state"] == "Suspended")

    assert post(arm, f"{vault_id(arm.world)}/replicationJobs/{job_of(answer)}/cancel").status_code == 202

    assert finish(arm, answer)["state"] == "Cancelled"
    wait_for(lambda: plan(arm), lambda found: found["allowedOperations"] == ["TestFailoverCleanup"])
    wait_for(lambda: item(arm), lambda found: found["allowedOperations"] == ["TestFailoverCleanup"])
    finish(arm, post(arm, f"{plan_id(arm.world, 'rp-payments')}/testFailoverCleanup"))
    assert arm.azure.machines == {}


def test_a_plan_with_a_busy_member_succeeds_partially(arm: Any) -> None:
    finish(arm, start_item(arm, "PAY02"))

    answer = start_plan(arm)
    done = finish(arm, answer)

    assert done["state"] == "PartiallySucceeded"
    assert {made["friendlyName"] for made in done["customDetails"]["protectedItemDetails"]} == {"PAY01", "PAY03"}
    status = get(arm, f"{vault_id(arm.world)}/replicationOperationStatus/{job_of(answer)}")
    assert status["status"] == "Succeeded"


def test_an_order_to_a_busy_plan_is_refused(serve: Callable[..., Any], estate: Any) -> None:
    arm = serve(estate(), speed=STILL)

    assert start_plan(arm).status_code == 202
    assert start_plan(arm).status_code == 400
    assert plan(arm)["allowedOperations"] == []


RUN = {"commandId": "RunPowerShellScript"}
COMPUTE = "2024-07-01"


def run(arm: Any, machine: str, script: str) -> str:
    answer = post(arm, f"{machine}/runCommand", {**RUN, "script": [script]}, COMPUTE)
    assert answer.status_code == 202, answer.text()
    status = answer.headers["Azure-AsyncOperation"].removeprefix(arm.url).partition("?")[0]
    done = wait_for(lambda: get(arm, status, COMPUTE), lambda found: found["status"] != "InProgress")
    out, err = done["properties"]["output"]["value"]
    return str(out["message"] or err["message"])


def test_run_command_answers_once_the_guest_is_up_and_truth_knows_when(serve: Callable[..., Any], estate: Any) -> None:
    arm = serve(estate(), speed=400)
    finish(arm, start_item(arm))
    (machine,) = arm.azure.machines.values()

    assert run(arm, machine.id, "hostname") == "PAY01"

    (record,) = arm.clock.truth.test_vms.values()
    assert record.heartbeat_at is not None
    assert record.created < record.started < record.heartbeat_at < arm.clock.now()
    wait_for(lambda: run(arm, machine.id, "(Get-Service W3SVC).Status"), lambda said: said == "Running")
    (record,) = arm.clock.truth.test_vms.values()
    assert record.heartbeat_at < record.services_at < arm.clock.now()
    probe = "if ((Get-Service -Name 'W3SVC').Status -eq 'Running') { 'DRCHECK-OK' }"
    assert run(arm, machine.id, probe) == "DRCHECK-OK"
    assert "Cannot find any service" in run(arm, machine.id, "(Get-Service Nothing).Status")
    assert "not recognized" in run(arm, machine.id, "Invoke-Wish")


def test_one_run_command_at_a_time(arm: Any) -> None:
    machine = _booting_machine(arm)
    arm.clock.speed = STILL

    assert post(arm, f"{machine}/runCommand", {**RUN, "script": ["hostname"]}, COMPUTE).status_code == 202
    second = post(arm, f"{machine}/runCommand", {**RUN, "script": ["hostname"]}, COMPUTE)

    assert (second.status_code, second.json()["error"]["code"]) == (409, "Conflict")


def _booting_machine(arm: Any) -> str:
    finish(arm, start_item(arm))
    (machine,) = arm.azure.machines.values()
    return str(machine.id)


def test_test_vms_are_shown_with_power_state_and_agent(arm: Any) -> None:
    machine = _booting_machine(arm)

    view = wait_for(
        lambda: get(arm, f"{machine}/instanceView", COMPUTE),
        lambda found: found["vmAgent"]["statuses"][0]["displayStatus"] == "Ready",
    )

    assert "PowerState/running" in {status["code"] for status in view["statuses"]}
    sub = f"/subscriptions/{arm.azure.subscription}/providers"
    (interface,) = get(arm, f"{sub}/Microsoft.Network/networkInterfaces", "2024-05-01")["value"]
    assert interface["properties"]["virtualMachine"]["id"] == machine
    network = get(arm, vnet_id(arm.world, "vnet-test"), "2024-05-01")
    attached = {
        subnet["name"]: subnet["properties"].get("ipConfigurations") for subnet in network["properties"]["subnets"]
    }
    assert attached["web"] == [{"id": f"{interface['id']}/ipConfigurations/ipconfig1"}]
    assert attached["app"] is None
    assert len(get(arm, f"{sub}/Microsoft.Compute/disks", "2024-03-02")["value"]) == 2


@pytest.mark.parametrize("operation", ["plannedFailover", "unplannedFailover"])
def test_a_real_failover_really_happens_and_is_in_the_books(arm: Any, operation: str) -> None:
    vm = item_named(arm.world, "PAY01").vm_id

    answer = post(arm, f"{item_id(arm.world, 'PAY01')}/{operation}")

    assert arm.azure.real_failovers == [f"{operation.lower()} PAY01"]
    assert arm.clock.truth.real_failovers == [vm]
    assert finish(arm, answer)["state"] == "Succeeded"
    assert (item(arm)["activeLocation"], arm.world.vms[vm].state) == ("Recovery", "PowerOff")
    assert "TestFailover" not in item(arm)["allowedOperations"]
    assert start_item(arm).status_code == 400


def test_removing_protection_or_a_plan_is_in_the_books_too(arm: Any) -> None:
    client = arm.client()
    answer = post(arm, f"{item_id(arm.world, 'PAY03')}/remove")
    assert finish(arm, answer)["state"] == "Succeeded"
    client.send_request(HttpRequest("DELETE", f"{plan_id(arm.world, 'rp-payments')}?api-version=2025-08-01"))

    assert arm.azure.real_failovers == ["remove PAY03", "delete rp-payments"]
    assert len(list(client.replication_protected_items.list(*V))) == 2
    with pytest.raises(HttpResponseError):
        client.replication_recovery_plans.get(*V, "rp-payments")
    assert [entry.partition(" ")[0] for entry in arm.azure.writes] == ["POST", "DELETE"]
