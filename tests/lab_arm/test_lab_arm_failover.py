"""Do test failovers of one machine, and their clean-up, run in the simulated vault as they did in recorded ones?"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError
from azure.core.rest import HttpRequest

from drcheck.lab.azure.build import item_id, item_named, plan_id, vault_id, vnet_id

V = ("rg-dr", "vault-dr")
LONG = 60.0
"""Real seconds after which something that should have happened never will."""


def test_sdk_runs_a_test_failover_and_its_clean_up(arm: Any) -> None:
    client = arm.client()
    place = (*V, arm.azure.vaults[0].fabrics[0].name, arm.world.vmm[0].clouds[0].id)
    name = item_named(arm.world, "PAY02").name
    operations = client.replication_protected_items

    tested = operations.begin_test_failover(*place, name, arm.request(vnet_id(arm.world, "vnet-test"))).result(LONG)

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
    answer = arm.start_item()

    name = arm.job_of(answer)
    assert (
        answer.headers["x-ms-request-id"]
        == f"{arm.get(vault_id(arm.world))['id']}".replace("/subscriptions/", "/Subscriptions/", 1)
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

    young = arm.job(arm.job_of(arm.start_item()))

    assert (young["state"], young["scenarioName"], young["tasks"]) == ("NotStarted", None, [])
    assert "startTime" not in young


def test_a_finished_job_shows_its_tasks_and_what_it_made(arm: Any) -> None:
    asked = arm.clock.now()
    answer = arm.start_item()

    done = arm.finish(answer)

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
    assert datetime.fromisoformat(made["recoveryPointTime"]).timestamp() > asked
    (record,) = arm.clock.truth.test_vms.values()
    assert abs(datetime.fromisoformat(made["recoveryPointTime"]).timestamp() - record.recovery_point) < 1e-3


def test_lists_of_jobs_are_hollow_and_filtered(arm: Any) -> None:
    arm.finish(arm.start_item())
    base = f"{vault_id(arm.world)}/replicationJobs"
    client = arm.clients[0]

    (listed,) = arm.get(base)["value"]
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
    arm.finish(arm.start_item())

    second = arm.finish(arm.start_item())

    assert second["state"] == "Failed"
    assert second["errors"][0]["serviceErrorDetails"]["code"] == "532"
    assert {(task["state"], task["stateDescription"]) for task in second["tasks"]} == {("Other", "Skipped")}
    assert len(arm.azure.machines) == 1


def test_clean_up_without_a_test_is_refused(arm: Any) -> None:
    answer = arm.post(f"{item_id(arm.world, 'PAY01')}/testFailoverCleanup", {"properties": {"comments": ""}})

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
    body = arm.request(vnet_id(arm.world, "vnet-test"))
    body["properties"] |= change

    answer = arm.post(f"{item_id(arm.world, 'PAY01')}/testFailover", body)

    assert (answer.status_code, answer.json()["error"]["details"][0]["code"]) == (400, code)
    assert arm.azure.vaults[0].jobs == {}


def test_a_test_vm_of_a_taken_name_gets_another_and_the_job_says_so(serve: Callable[..., Any], estate: Any) -> None:
    world = estate()
    item_named(world, "PAY02").target_name = "PAY01"
    arm = serve(world)
    arm.finish(arm.start_item("PAY01"))

    answer = arm.start_item("PAY02")
    done = arm.finish(answer)

    assert done["state"] == "CompletedWithInformation"
    assert done["errors"][0]["errorLevel"] == "Warning"
    status = arm.get(f"{vault_id(arm.world)}/replicationOperationStatus/{arm.job_of(answer)}")
    assert (status["status"], status["error"]["code"]) == ("Succeeded", "28175")
    assert len(arm.azure.machines) == 2


def test_an_item_is_recovered_to_the_point_that_is_named(arm: Any) -> None:
    points = arm.get(f"{item_id(arm.world, 'PAY01')}/recoveryPoints")["value"]

    done = arm.finish(arm.start_item(recoveryPointId=points[4]["id"]))

    (made,) = done["customDetails"]["protectedItemDetails"]
    assert made["recoveryPointTime"] == points[4]["properties"]["recoveryPointTime"]


@pytest.mark.parametrize("operation", ["plannedFailover", "unplannedFailover"])
def test_a_real_failover_really_happens_and_is_in_the_books(arm: Any, operation: str) -> None:
    vm = item_named(arm.world, "PAY01").vm_id

    answer = arm.post(f"{item_id(arm.world, 'PAY01')}/{operation}")

    assert arm.azure.real_failovers == [f"{operation.lower()} PAY01"]
    assert arm.clock.truth.real_failovers == [vm]
    assert arm.finish(answer)["state"] == "Succeeded"
    assert (arm.item()["activeLocation"], arm.world.vms[vm].state) == ("Recovery", "PowerOff")
    assert "TestFailover" not in arm.item()["allowedOperations"]
    assert arm.start_item().status_code == 400


def test_removing_protection_or_a_plan_is_in_the_books_too(arm: Any) -> None:
    client = arm.client()
    answer = arm.post(f"{item_id(arm.world, 'PAY03')}/remove")
    assert arm.finish(answer)["state"] == "Succeeded"
    client.send_request(HttpRequest("DELETE", f"{plan_id(arm.world, 'rp-payments')}?api-version=2025-08-01"))

    assert arm.azure.real_failovers == ["remove PAY03", "delete rp-payments"]
    assert len(list(client.replication_protected_items.list(*V))) == 2
    with pytest.raises(HttpResponseError):
        client.replication_recovery_plans.get(*V, "rp-payments")
    assert [entry.partition(" ")[0] for entry in arm.azure.writes] == ["POST", "DELETE"]
