"""Does a test VM in the simulated Azure come up, and answer, when it really is up?"""

from collections.abc import Callable
from typing import Any

from drcheck.lab.azure.build import vnet_id

RUN = {"commandId": "RunPowerShellScript"}
COMPUTE = "2024-07-01"
STILL = 0.001
"""A speed at which nothing goes on while a test looks."""


def test_run_command_answers_once_the_guest_is_up_and_truth_knows_when(serve: Callable[..., Any], estate: Any) -> None:
    arm = serve(estate(), speed=400)
    arm.finish(arm.start_item())
    (machine,) = arm.azure.machines.values()

    assert arm.run(machine.id, "hostname") == "PAY01"

    (record,) = arm.clock.truth.test_vms.values()
    assert record.heartbeat_at is not None
    assert record.created < record.started < record.heartbeat_at < arm.clock.now()
    arm.wait_for(lambda: arm.run(machine.id, "(Get-Service W3SVC).Status"), lambda said: said == "Running")
    (record,) = arm.clock.truth.test_vms.values()
    assert record.heartbeat_at < record.services_at < arm.clock.now()
    probe = "if ((Get-Service -Name 'W3SVC').Status -eq 'Running') { 'DRCHECK-OK' }"
    assert arm.run(machine.id, probe) == "DRCHECK-OK"
    assert "Cannot find any service" in arm.run(machine.id, "(Get-Service Nothing).Status")
    assert "not recognized" in arm.run(machine.id, "Invoke-Wish")


def test_one_run_command_at_a_time(arm: Any) -> None:
    machine = _booting_machine(arm)
    arm.clock.speed = STILL

    assert arm.post(f"{machine}/runCommand", {**RUN, "script": ["hostname"]}, COMPUTE).status_code == 202
    second = arm.post(f"{machine}/runCommand", {**RUN, "script": ["hostname"]}, COMPUTE)

    assert (second.status_code, second.json()["error"]["code"]) == (409, "Conflict")


def _booting_machine(arm: Any) -> str:
    arm.finish(arm.start_item())
    (machine,) = arm.azure.machines.values()
    return str(machine.id)


def test_test_vms_are_shown_with_power_state_and_agent(arm: Any) -> None:
    machine = _booting_machine(arm)

    view = arm.wait_for(
        lambda: arm.get(f"{machine}/instanceView", COMPUTE),
        lambda found: found["vmAgent"]["statuses"][0]["displayStatus"] == "Ready",
    )

    assert "PowerState/running" in {status["code"] for status in view["statuses"]}
    sub = f"/subscriptions/{arm.azure.subscription}/providers"
    (interface,) = arm.get(f"{sub}/Microsoft.Network/networkInterfaces", "2024-05-01")["value"]
    assert interface["properties"]["virtualMachine"]["id"] == machine
    network = arm.get(vnet_id(arm.world, "vnet-test"), "2024-05-01")
    attached = {
        subnet["name"]: subnet["properties"].get("ipConfigurations") for subnet in network["properties"]["subnets"]
    }
    assert attached["web"] == [{"id": f"{interface['id']}/ipConfigurations/ipconfig1"}]
    assert attached["app"] is None
    assert len(arm.get(f"{sub}/Microsoft.Compute/disks", "2024-03-02")["value"]) == 2
