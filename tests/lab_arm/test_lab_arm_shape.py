"""Has what the simulated vault says the shape of what recorded vaults said?"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from azure.core.rest import HttpRequest

from drcheck.lab.azure.build import item_id, plan_id, vault_id, vnet_id

SAMPLES = Path(__file__).resolve().parents[3] / "shared" / "samples" / "site-recovery"
MODERN = "hyperv-site-to-azure.enable-and-failover.2023.json"
EMPTY = "empty-vault.lists-and-health.2023.json"
VMM = "vmm-to-azure.network-mapping.2017.json"
LEGACY = "vmm-to-vmm.recovery-plan-edit.2017.json"
TEST = "hyperv-site-to-azure.test-failover.2017.json"

pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the recordings are not beside this repository")

RETIRED = {"failoverHealthErrorDetails", "hyperVHosts", "status", "error", "startTime", "endTime"}
"""Top-level and 2017 keys that newer versions of the interface do not write, and those of Hyper-V sites."""


CONDITIONAL = (
    "/properties/lastSuccessfulTestFailoverTime",  # the recorded machines were never tested
    "/properties/lastTestFailoverTime",
    "/properties/healthErrors/",  # tested machines in good health have none
    "/properties/subnets/",  # VM networks without isolation have none
)
"""Paths of keys that depend on the state of what is shown."""


def recorded(file: str) -> list[dict[str, Any]]:
    return list(json.loads((SAMPLES / file).read_text(encoding="utf-8")))


def resources(file: str, kind: str) -> Iterator[dict[str, Any]]:
    """Every resource of a kind in a recording, one by one or in lists."""
    for exchange in recorded(file):
        body = exchange["response"]
        found = body.get("value", [body]) if isinstance(body, dict) else []
        yield from (one for one in found if one.get("type", "").rpartition("/")[2] == kind)


def paths(value: Any, prefix: str = "") -> set[str]:
    """Every path of keys in a document; elements of a list share theirs."""
    if isinstance(value, dict):
        return {path for key, inner in value.items() for path in {f"{prefix}/{key}"} | paths(inner, f"{prefix}/{key}")}
    if isinstance(value, list):
        return {path for inner in value for path in paths(inner, prefix)}
    return set()


def steady(found: set[str]) -> set[str]:
    """Paths that do not depend on the state of what is shown."""
    return {path for path in found if not path.startswith(CONDITIONAL)}


def read(arm: Any, path: str) -> dict[str, Any]:
    client = arm.clients[0] if arm.clients else arm.client()
    return dict(client.send_request(HttpRequest("GET", f"{path}?api-version=2025-08-01")).json())


def first(arm: Any, listed: str) -> dict[str, Any]:
    return dict(read(arm, f"{vault_id(arm.world)}/{listed}")["value"][0])


@pytest.mark.parametrize(
    ("file", "kind"),
    [
        (VMM, "replicationFabrics"),
        (MODERN, "replicationProtectionContainers"),
        (MODERN, "replicationProtectionContainerMappings"),
        (MODERN, "replicationProtectedItems"),
        (MODERN, "replicationPolicies"),
        (VMM, "replicationNetworks"),
        (VMM, "replicationNetworkMappings"),
        (MODERN, "replicationRecoveryPlans"),
        (EMPTY, "replicationAlertSettings"),
    ],
)
def test_lists_have_the_recorded_keys(arm: Any, file: str, kind: str) -> None:
    """No key is missing that every recording has; no key is there that none has."""
    known = [steady(paths(one)) for one in resources(file, kind)]
    shown = steady(paths(first(arm, kind)))

    assert known
    always, ever = set.intersection(*known), set.union(*known)
    assert {path for path in always - shown if path.rpartition("/")[2] not in RETIRED} == set()
    assert shown - ever == set()


def test_a_plan_read_alone_has_the_recorded_keys(arm: Any) -> None:
    known = [paths(one) for one in resources(MODERN, "replicationRecoveryPlans") if one["properties"]["groups"]]
    shown = steady(paths(read(arm, plan_id(arm.world, "rp-payments"))))

    assert shown == known[0]


def test_a_protectable_item_has_the_recorded_keys(arm: Any) -> None:
    known = [paths(one) for one in resources(MODERN, "replicationProtectableItems")]
    container = item_id(arm.world, "PAY01").rpartition("/replicationProtectedItems/")[0]
    shown = paths(read(arm, f"{container}/replicationProtectableItems")["value"][0])

    assert shown == set.union(*known)


def test_a_machine_replicated_between_clouds_has_the_recorded_details(arm: Any) -> None:
    recorded_item = next(resources(LEGACY, "replicationProtectedItems"))["properties"]
    for one in (*arm.azure.vaults[0].items, *arm.azure.vaults[0].policies):
        one.provider = "HyperVReplica2012R2"
    shown = first(arm, "replicationProtectedItems")["properties"]
    policy = first(arm, "replicationPolicies")

    assert paths(shown["providerSpecificDetails"]) == paths(recorded_item["providerSpecificDetails"])
    assert shown["recoveryFabricId"].startswith("/Subscriptions/")
    assert paths(policy) == paths(next(resources(LEGACY, "replicationPolicies")))


def test_vault_health_has_the_recorded_keys(arm: Any) -> None:
    (known,) = (paths(one) for one in resources(EMPTY, "replicationVaultHealth"))

    assert paths(read(arm, f"{vault_id(arm.world)}/replicationVaultHealth")) == known


def test_jobs_and_operations_have_the_recorded_keys(arm: Any) -> None:
    client = arm.client()
    answer = client.send_request(
        HttpRequest("POST", f"{item_id(arm.world, 'PAY01')}/testFailover?{VERSION}", json=_body(arm))
    )
    status = str(answer.headers["Azure-AsyncOperation"]).removeprefix(arm.url).partition("?")[0]
    name = status.rpartition("/")[2]
    while (operation := read(arm, status))["status"] in {"NotStarted", "InProgress"}:
        pass
    shown = read(arm, f"{vault_id(arm.world)}/replicationJobs/{name}")

    done = [one["response"] for one in recorded(TEST) if "/replicationJobs/" in one["path"]][-8]
    full = max((_done(one) for one in recorded(TEST)), key=len)
    assert paths(shown["properties"]) == full
    assert done["properties"]["customDetails"]["instanceType"] == shown["properties"]["customDetails"]["instanceType"]
    assert [task["name"] for task in shown["properties"]["tasks"]] == [
        task["name"] for task in done["properties"]["tasks"]
    ]
    known = next(one["response"] for one in recorded(EMPTY) if "replicationOperationStatus" in one["path"])
    assert set(operation) == set(known)


VERSION = "api-version=2025-08-01"


def _body(arm: Any) -> dict[str, Any]:
    details = {"instanceType": "HyperVReplicaAzure"}
    given = {"networkType": "VmNetworkAsInput", "networkId": vnet_id(arm.world, "vnet-test")}
    return {"properties": {"failoverDirection": "PrimaryToRecovery", **given, "providerSpecificDetails": details}}


def _done(exchange: dict[str, Any]) -> set[str]:
    """Paths below a recorded test failover job; empty for anything else."""
    body = exchange["response"]
    if not isinstance(body, dict) or "/replicationJobs/" not in exchange["path"]:
        return set()
    return paths(body["properties"]) if body["properties"]["scenarioName"] == "TestFailover" else set()


def test_an_order_has_the_recorded_headers(arm: Any) -> None:
    known = next(one for one in recorded(TEST) if one["path"].partition("?")[0].endswith("/testFailover"))
    client = arm.client()

    request = HttpRequest("POST", f"{item_id(arm.world, 'PAY01')}/testFailover?{VERSION}", json=known["request"])
    refused = client.send_request(request)
    request = HttpRequest("POST", f"{item_id(arm.world, 'PAY01')}/testFailover?{VERSION}", json=_body(arm))
    taken = client.send_request(request)

    assert refused.json()["error"]["details"][0]["code"] == "ArmResourceDoesNotExist"  # its network is not in the lab
    assert taken.status_code == known["status"]
    assert set(known["headers"]) <= {name.lower() for name in taken.headers}
