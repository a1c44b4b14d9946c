"""Is every payload that real vaults sent read by the collectors' parsers, in every version that was recorded?"""

import json
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest

from drcheck.discovery.site_recovery import wire, wire_items, wire_plans, wire_state, wire_vault
from drcheck.transport.arm import Page, job_guid
from drcheck.transport.arm_errors import problem_in
from drcheck.transport.arm_job import Job, Operation
from tests.recorded_vaults import FILES, SAMPLES, decode, exchanges, facts, needs_samples

WIRE: dict[str, Any] = {
    "vaults": wire_vault.Vault,
    "operationstatus": Operation,
    "replicationoperationstatus": Operation,
    "replicationfabrics": wire.Resource[wire.Fabric],
    "replicationrecoveryservicesproviders": wire.Resource[wire.Provider],
    "replicationprotectioncontainers": wire.Resource[wire.Container],
    "replicationprotectioncontainermappings": wire.Resource[wire.ContainerMapping],
    "replicationpolicies": wire.Resource[wire.Policy],
    "replicationprotecteditems": wire.Resource[wire_items.Item],
    "replicationprotectableitems": wire.Resource[wire_items.Protectable],
    "replicationrecoveryplans": wire.Resource[wire_plans.Plan],
    "replicationnetworks": wire.Resource[wire.Network],
    "replicationnetworkmappings": wire.Resource[wire.NetworkMapping],
    "replicationstorageclassifications": wire.Resource[wire.StorageClassification],
    "replicationstorageclassificationmappings": wire.Resource[wire.StorageMapping],
    "replicationjobs": Job,
    "replicationevents": wire.Resource[wire_state.Event],
    "replicationalertsettings": wire.Resource[wire_state.Alert],
    "replicationvaulthealth": wire.Resource[wire_state.Health],
    "replicationsupportedoperatingsystems": wire.Resource[wire_state.SupportedOsList],
    "replicationappliances": wire.Listed,
    "replicationmigrationitems": wire.Listed,
    "replicationvcenters": wire.Listed,
}
"""What is behind the last segment of a path that is a type."""


def kind_of(path: str) -> str:
    segments = path.partition("?")[0].lower().split("/")
    return next(segment for segment in reversed(segments) if segment in WIRE)


def parsed(exchange: dict[str, Any]) -> list[tuple[Any, Any]]:
    """What an answer holds: (as it was sent, as it was read), element by element."""
    answer, of = exchange["response"], WIRE[kind_of(exchange["path"])]
    if not isinstance(answer.get("value"), list):
        return [(answer, decode(answer, of))]
    page = decode(answer, Page[of])  # type: ignore[valid-type]  # a type all the same, found at run time
    return list(zip(answer["value"], page.value, strict=True))


def everything(name: str, kind: str) -> list[Any]:
    """Everything of one kind that a recording holds, as it was read."""
    found = (exchange for exchange in exchanges(name) if exchange["response"] and exchange["status"] < 300)
    return [read for each in found if kind_of(each["path"]) == kind for _, read in parsed(each)]


@needs_samples
def test_no_recording_is_left_out() -> None:
    assert sorted(path.stem for path in SAMPLES.glob("*.json")) == sorted(FILES)


@needs_samples
@pytest.mark.parametrize("name", FILES)
def test_every_recorded_payload_is_read(name: str) -> None:
    """Lists, single resources, answers to orders, progress and errors: nothing with a body is passed over."""
    bodies, read = 0, 0
    for exchange in exchanges(name):
        answer = exchange["response"]
        if answer is None:
            assert exchange["status"] == 202, "only an accepted order has no body"
            continue
        bodies += 1
        if exchange["status"] >= 400:
            problem = problem_in(json.dumps(answer).encode())
            assert problem is not None
            assert problem.code == (answer["error"].get("details") or [answer["error"]])[0]["code"]
        else:
            for sent, found in parsed(exchange):
                assert getattr(found, "name", sent.get("name")) == sent.get("name")
                assert getattr(found, "id", sent.get("id")) == sent.get("id")
        read += 1
    assert (bodies, read) == (BODIES[name], BODIES[name])


BODIES = {
    "empty-vault.lists-and-health.2023": 52,
    "hyperv-site-to-azure.enable-and-failover.2023": 72,
    "hyperv-site-to-azure.test-failover.2017": 28,
    "vmm-to-azure.failing-reprotect-job.2017": 13,
    "vmm-to-azure.network-mapping.2017": 8,
    "vmm-to-vmm.recovery-plan-edit.2017": 13,
}


COUNTS: dict[str, dict[str, int]] = {
    "empty-vault.lists-and-health.2023": {
        "Vault": 1,
        "ReplicationPolicy": 2,
        "SiteRecoveryJob": 1,
        "VaultHealth": 1,
        "AlertSetting": 1,
    },
    "hyperv-site-to-azure.enable-and-failover.2023": {
        "Vault": 1,
        "Fabric": 1,
        "ProtectionContainer": 1,
        "ContainerMapping": 1,
        "ReplicationPolicy": 1,
        "ProtectedItem": 1,
        "ProtectableItem": 1,
        "RecoveryPlan": 1,
    },
    "hyperv-site-to-azure.test-failover.2017": {
        "Vault": 1,
        "Fabric": 3,
        "ProtectionContainer": 1,
        "ContainerMapping": 1,
        "ReplicationPolicy": 3,
        "ProtectedItem": 2,
        "SiteRecoveryJob": 2,
    },
    "vmm-to-azure.failing-reprotect-job.2017": {
        "Vault": 1,
        "Fabric": 1,
        "ProtectionContainer": 2,
        "ContainerMapping": 1,
        "ReplicationPolicy": 1,
        "ProtectedItem": 2,
        "ProtectableItem": 1,
        "SiteRecoveryJob": 1,
    },
    "vmm-to-azure.network-mapping.2017": {
        "Vault": 1,
        "Fabric": 1,
        "AsrNetwork": 9,
        "NetworkMapping": 1,
        "SiteRecoveryJob": 1,
    },
    "vmm-to-vmm.recovery-plan-edit.2017": {
        "Vault": 1,
        "Fabric": 2,
        "ProtectionContainer": 2,
        "ContainerMapping": 1,
        "ReplicationPolicy": 1,
        "ProtectedItem": 2,
        "RecoveryPlan": 1,
        "SiteRecoveryJob": 1,
    },
}


@needs_samples
@pytest.mark.parametrize("name", FILES)
def test_every_resource_of_every_recording_becomes_a_fact(name: str) -> None:
    found = facts(name)
    assert Counter(type(fact).__name__ for fact in found) == COUNTS[name]
    for fact in found:
        assert fact.key == fact.key.lower()
        assert fact.key.startswith("/subscriptions/")


@needs_samples
@pytest.mark.parametrize("name", FILES)
def test_every_recorded_job_and_error_is_read(name: str) -> None:
    states: Counter[str] = Counter()
    for exchange in exchanges(name):
        answer = exchange["response"]
        if exchange["status"] >= 400:
            problem = problem_in(json.dumps(answer).encode())
            assert problem is not None
            states[problem.code] += 1
        elif exchange["method"] == "GET" and kind_of(exchange["path"]) == "replicationjobs" and "value" not in answer:
            states[decode(answer, Job).state] += 1
    assert (
        states
        == {
            "empty-vault.lists-and-health.2023": {"ResourceNotFound": 1, "Succeeded": 1},
            "hyperv-site-to-azure.enable-and-failover.2023": {},
            "hyperv-site-to-azure.test-failover.2017": {"NotStarted": 1, "InProgress": 17, "Succeeded": 2},
            "vmm-to-azure.failing-reprotect-job.2017": {"InProgress": 2, "Failed": 1},
            "vmm-to-azure.network-mapping.2017": {"InProgress": 2, "Succeeded": 1},
            "vmm-to-vmm.recovery-plan-edit.2017": {"InProgress": 1, "Succeeded": 1},
        }[name]
    )


@needs_samples
@pytest.mark.parametrize("name", FILES)
def test_the_answer_to_every_recorded_operation_names_its_job(name: str) -> None:
    for exchange in exchanges(name):
        if exchange["method"] == "GET" or exchange["status"] != 202:
            continue
        headers = {key.title(): value for key, value in exchange["headers"].items()}
        headers["x-ms-request-id"] = headers.pop("X-Ms-Request-Id", "")
        headers["Azure-AsyncOperation"] = headers.pop("Azure-Asyncoperation", "")
        guid = job_guid(headers)
        assert guid, exchange["path"]
        assert all(
            guid in value for key, value in headers.items() if key in ("Location", "Azure-AsyncOperation") and value
        )


@needs_samples
def test_progress_of_orders_and_of_the_vaults_creation() -> None:
    created = everything("empty-vault.lists-and-health.2023", "operationstatus")
    assert [(found.status, found.start.at) for found in created] == [("InProgress", None), ("Succeeded", None)]
    orders = everything("empty-vault.lists-and-health.2023", "replicationoperationstatus")
    refreshed = [found for found in orders if found.name == "8ef92677-cb79-4182-a1f3-11a8034e52fc"]
    assert [found.status for found in refreshed] == ["InProgress", "Succeeded"]
    assert refreshed[1].end.at == datetime(2023, 8, 2, 12, 18, 30, tzinfo=UTC), "cut to whole seconds"
    assert refreshed[1].start.at == datetime(2023, 8, 2, 12, 18, 29, 251966, tzinfo=UTC)
    updated = [found for found in orders if found.name == "9a936d78-9aed-467e-990f-cf7a72f08638"][-1]
    assert updated.end.at < updated.start.at, "and so before the start"


@needs_samples
def test_an_order_can_succeed_with_an_error() -> None:
    orders = everything("hyperv-site-to-azure.enable-and-failover.2023", "replicationoperationstatus")
    warned = {found.error.code for found in orders if found.status == "Succeeded" and found.error}
    assert warned == {"45031"}


@needs_samples
def test_operating_systems_are_told_for_other_providers_than_hyper_v() -> None:
    (found,) = everything("empty-vault.lists-and-health.2023", "replicationsupportedoperatingsystems")
    by_provider = {one.instance_type: one.supported_os for one in found.properties.supported_os_list}
    assert "A2A" in by_provider
    assert not any(provider.startswith("HyperV") for provider in by_provider)
    centos = by_provider["A2A"][0]
    assert (centos.os_name, centos.os_type, centos.os_versions[0].version) == ("centos", "linux", "6.0")


@needs_samples
@pytest.mark.parametrize(
    "kind",
    [
        "replicationappliances",
        "replicationevents",
        "replicationmigrationitems",
        "replicationrecoveryservicesproviders",
        "replicationstorageclassificationmappings",
        "replicationstorageclassifications",
        "replicationvcenters",
    ],
)
def test_lists_of_an_empty_vault_are_empty(kind: str) -> None:
    assert everything("empty-vault.lists-and-health.2023", kind) == []
