"""Does the Site Recovery source understand what real vaults said, in every version of the API that was recorded?"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import pytest

from drcheck.discovery import ArmAsk
from drcheck.discovery.site_recovery import COLLECTORS, ROLE, read_containers, read_items, read_plans, read_policies
from drcheck.topology.base import Fact, Seen, Target
from drcheck.topology.site_recovery import (
    AsrNetwork,
    ContainerMapping,
    Fabric,
    NetworkMapping,
    ProtectedItem,
    ProtectionContainer,
    RecoveryPlan,
    ReplicationPolicy,
    Vault,
)
from drcheck.transport.arm import job_guid
from drcheck.transport.arm_errors import problem_in
from drcheck.transport.arm_job import Job
from drcheck.transport.arm_values import decode_hook

T = TypeVar("T")
F = TypeVar("F", bound=Fact)

SAMPLES = Path(__file__).parents[2] / "shared" / "samples" / "site-recovery"
FILES = (
    "empty-vault.lists-and-health.2023",
    "hyperv-site-to-azure.enable-and-failover.2023",
    "hyperv-site-to-azure.test-failover.2017",
    "vmm-to-azure.failing-reprotect-job.2017",
    "vmm-to-azure.network-mapping.2017",
    "vmm-to-vmm.recovery-plan-edit.2017",
)
AT = datetime(2026, 11, 23, 10, tzinfo=UTC)
SUB = "/subscriptions/11111111-2222-3333-4444-555555555555"
VAULT = f"{SUB}/resourcegroups/rg/providers/microsoft.recoveryservices/vaults/v"
CLOUD = f"{VAULT}/replicationFabrics/f/replicationProtectionContainers/b2b708f7-5500-472d-9b4e-34a88340b067"

needs_samples = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the recorded payloads are not on this machine")


class Answers:
    """An ``ArmAsk`` over plain data: resources by id, lists as the parent's children, decoded as on the wire."""

    def __init__(self, listed: dict[str, Any], single: dict[str, Any]) -> None:
        self._listed = listed
        self._single = single

    def every(self, path: str, api_version: str, of: type[T]) -> Iterator[T]:
        head, _, kind = path.lower().rpartition("/")
        for key, resource in (self._listed | self._single).items():
            parent, _, _ = key.rpartition("/")
            if key.startswith(f"{head}/") and parent.endswith(f"/{kind}"):
                yield self._decode(resource, of)

    def one(self, path: str, api_version: str, of: type[T]) -> T:
        return self._decode((self._listed | self._single)[path.lower()], of)

    def each(self, paths: Iterable[str], api_version: str, of: type[T]) -> Iterator[T]:
        return (self.one(path, api_version, of) for path in paths)

    def seen(self, path: str) -> Seen:
        return Seen(source="site_recovery", endpoint=VAULT, query=f"GET {path}", at=AT)

    @staticmethod
    def _decode(resource: object, of: type[T]) -> T:
        return msgspec.json.decode(json.dumps(resource), type=of, dec_hook=decode_hook)


def exchanges(name: str) -> list[dict[str, Any]]:
    loaded: list[dict[str, Any]] = json.loads((SAMPLES / f"{name}.json").read_text())
    return loaded


def recorded(name: str) -> tuple[ArmAsk, Target]:
    """What a recording's reads gave, the last reading of each resource."""
    listed: dict[str, Any] = {}
    single: dict[str, Any] = {}
    for exchange in exchanges(name):
        answer = exchange["response"]
        if exchange["method"] != "GET" or exchange["status"] != 200:
            continue
        if isinstance(answer.get("value"), list):
            listed |= {found["id"].lower(): found for found in answer["value"]}
        elif answer.get("id"):
            single[answer["id"].lower()] = answer
    vaults = {key for key in listed | single if key.rpartition("/")[0].endswith("/vaults")}
    assert len(vaults) == 1
    return Answers(listed, single), Target(role=ROLE, endpoint=vaults.pop())


def facts(name: str) -> list[Fact]:
    ask, target = recorded(name)
    return [fact for collector in COLLECTORS for fact in collector.read(ask, target)]


def only(found: list[Fact], kind: type[F]) -> list[F]:
    return [fact for fact in found if isinstance(fact, kind)]


COUNTS: dict[str, dict[str, int]] = {
    "empty-vault.lists-and-health.2023": {"Vault": 1, "ReplicationPolicy": 2},
    "hyperv-site-to-azure.enable-and-failover.2023": {
        "Vault": 1,
        "Fabric": 1,
        "ProtectionContainer": 1,
        "ContainerMapping": 1,
        "ReplicationPolicy": 1,
        "ProtectedItem": 1,
        "RecoveryPlan": 1,
    },
    "hyperv-site-to-azure.test-failover.2017": {
        "Vault": 1,
        "Fabric": 3,
        "ProtectionContainer": 1,
        "ContainerMapping": 1,
        "ReplicationPolicy": 3,
        "ProtectedItem": 2,
    },
    "vmm-to-azure.failing-reprotect-job.2017": {
        "Vault": 1,
        "Fabric": 1,
        "ProtectionContainer": 2,
        "ContainerMapping": 1,
        "ReplicationPolicy": 1,
        "ProtectedItem": 2,
    },
    "vmm-to-azure.network-mapping.2017": {"Vault": 1, "Fabric": 1, "AsrNetwork": 9, "NetworkMapping": 1},
    "vmm-to-vmm.recovery-plan-edit.2017": {
        "Vault": 1,
        "Fabric": 2,
        "ProtectionContainer": 2,
        "ContainerMapping": 1,
        "ReplicationPolicy": 1,
        "ProtectedItem": 2,
        "RecoveryPlan": 1,
    },
}


@needs_samples
def test_no_recording_is_left_out() -> None:
    assert sorted(path.stem for path in SAMPLES.glob("*.json")) == sorted(FILES)


@needs_samples
@pytest.mark.parametrize("name", FILES)
def test_every_resource_of_every_recording_is_read(name: str) -> None:
    found = facts(name)
    assert Counter(type(fact).__name__ for fact in found) == COUNTS[name]
    for fact in found:
        assert fact.key == fact.key.lower()
        assert fact.key.startswith("/subscriptions/")


READ_BY_COLLECTORS = {
    "vaults",
    "replicationfabrics",
    "replicationprotectioncontainers",
    "replicationprotectioncontainermappings",
    "replicationpolicies",
    "replicationprotecteditems",
    "replicationprotectableitems",
    "replicationrecoveryplans",
    "replicationnetworks",
    "replicationnetworkmappings",
}
NOT_ASKED_FOR = {
    "operationstatus",  # of the vault's creation
    "replicationoperationstatus",  # the Site Recovery Operator role may not read it; the job is read instead
    "replicationalertsettings",
    "replicationappliances",
    "replicationevents",
    "replicationmigrationitems",
    "replicationrecoveryservicesproviders",
    "replicationstorageclassificationmappings",
    "replicationstorageclassifications",
    "replicationsupportedoperatingsystems",
    "replicationvaulthealth",
    "replicationvcenters",
}


def kind_of(path: str) -> str:
    """The resource type that a path reads: its last segment that is one."""
    known = READ_BY_COLLECTORS | NOT_ASKED_FOR | {"replicationjobs"}
    segments = path.partition("?")[0].lower().split("/")
    return next(segment for segment in reversed(segments) if segment in known)


@needs_samples
def test_every_read_that_was_recorded_is_understood_or_known_not_to_be_asked() -> None:
    kinds = {
        kind_of(exchange["path"])
        for name in FILES
        for exchange in exchanges(name)
        if exchange["method"] == "GET" and exchange["status"] == 200
    }
    assert kinds - NOT_ASKED_FOR - {"replicationjobs"} == READ_BY_COLLECTORS


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
            states[msgspec.json.decode(json.dumps(answer), type=Job, dec_hook=decode_hook).state] += 1
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
def test_a_vmm_vault_of_2017() -> None:
    found = facts("vmm-to-azure.failing-reprotect-job.2017")
    (vault,) = only(found, Vault)
    assert (vault.name, vault.location, vault.subscription) == (
        "E2ETest",
        "eastus",
        "7c943c1b-5122-4097-90c8-861411bdd574",
    )
    assert [lead.endpoint for lead in vault.leads()] == ["/subscriptions/7c943c1b-5122-4097-90c8-861411bdd574"]
    (fabric,) = only(found, Fabric)
    assert (fabric.fabric_type, fabric.health) == ("VMM", "Normal")
    assert fabric.name.startswith("IDCLAB-A137.")
    unpaired, cloud = only(found, ProtectionContainer)
    assert (cloud.name, cloud.cloud_id, cloud.role) == ("primary", "b2b708f7-5500-472d-9b4e-34a88340b067", "Primary")
    assert cloud.fabric == fabric.key
    assert (unpaired.pairing_status, unpaired.role) == ("NotPaired", "")
    (mapping,) = only(found, ContainerMapping)
    assert (mapping.container, mapping.target) == (cloud.key, "Microsoft Azure")
    (policy,) = only(found, ReplicationPolicy)
    assert (policy.provider, policy.interval_seconds, policy.app_consistent_hours) == ("HyperVReplicaAzure", 30, 0)
    assert mapping.policy == policy.key


@needs_samples
def test_the_hyperv_id_of_a_vmm_machine_comes_from_the_protectable_item() -> None:
    first, second = only(facts("vmm-to-azure.failing-reprotect-job.2017"), ProtectedItem)
    assert first.name == "VM1"
    assert first.key.endswith("/672ac946-913b-4297-8c35-1aae8c388f63"), "the item is named by VMM's id"
    assert first.vm_id == "2cd1a1fa-69b2-4a40-836e-d4b76fe1c28e"
    assert second.vm_id == "", "its protectable item was not recorded, and vmId is VMM's"
    assert first.protection_state == "PlannedFailoverCommitRequired"
    assert first.active_location == "Recovery"
    assert "TestFailover" not in first.allowed_operations
    assert first.last_test_failover == datetime(2017, 9, 19, 11, 31, 46, 477831, tzinfo=UTC)
    assert second.last_test_failover is None
    assert [(disk.name, disk.size_mb) for disk in second.disks] == [("vm3_disk_1", 40960)]
    assert second.nics[0].target_network == ""


@needs_samples
def test_a_hyperv_site_of_2017() -> None:
    found = facts("hyperv-site-to-azure.test-failover.2017")
    (site,) = only(found, ProtectionContainer)
    assert site.cloud_id == ""
    first, second = only(found, ProtectedItem)
    assert (first.vm_id, second.name) == ("b1956159-f3d3-4317-86d4-94fb027c6d95", "hyperV2")
    assert (first.rpo_seconds, first.rpo_calculated) == (None, None), "older versions do not tell"
    assert [(disk.size_mb, disk.name) for disk in first.disks] == [(1024, "hyperV1")]
    (nic,) = first.nics
    assert nic.target_network.endswith("/virtualnetworks/e2anetworksea")
    assert (nic.source_network, nic.target_subnet, nic.selection) == ("HRMExternalNetwork", "default", "SelectedByUser")


@needs_samples
def test_a_hyperv_site_of_2023() -> None:
    found = facts("hyperv-site-to-azure.enable-and-failover.2023")
    (item,) = only(found, ProtectedItem)
    assert item.vm_id == "4468b400-1393-4d08-a81e-0e3c19c04a0b"
    assert item.rpo_seconds == 3
    assert item.rpo_calculated == datetime(2023, 8, 11, 3, 17, 44, 567716, tzinfo=UTC)
    assert (item.replication_health, item.failover_health) == ("Normal", "Warning")
    assert item.health_errors == ("161011: No successful test failover has been done on the virtual machine 'VM1'.",)
    assert [(disk.id, disk.size_mb) for disk in item.disks] == [("e6a167ba-26ce-4546-b818-79e6a0f5a006", 40960)]
    assert item.nics[0].target_subnet == "MySubnet"
    assert item.nics[0].test_network == ""
    (plan,) = only(found, RecoveryPlan)
    assert [group.group_type for group in plan.groups] == ["Shutdown", "Failover", "Boot"]
    assert plan.items == {item.key}
    assert (plan.recovery_fabric, plan.deployment_model) == ("Microsoft Azure", "ResourceManager")
    assert plan.last_test_failover is None


@needs_samples
def test_the_list_of_plans_is_hollow_and_the_plan_itself_is_not() -> None:
    lists = [
        exchange["response"]["value"]
        for exchange in exchanges("hyperv-site-to-azure.enable-and-failover.2023")
        if exchange["method"] == "GET" and exchange["path"].partition("?")[0].endswith("/replicationRecoveryPlans")
    ]
    assert [[plan["properties"]["groups"] for plan in plans] for plans in lists] == [[[]], []]


@needs_samples
def test_replication_between_vmm_clouds() -> None:
    found = facts("vmm-to-vmm.recovery-plan-edit.2017")
    (policy,) = only(found, ReplicationPolicy)
    assert (policy.provider, policy.interval_seconds, policy.encryption) == ("HyperVReplica2012R2", 30, "")
    (mapping,) = only(found, ContainerMapping)
    assert mapping.target.startswith("/subscriptions/")
    tested, untested = only(found, ProtectedItem)
    assert tested.recovery_fabric in {fabric.key for fabric in only(found, Fabric)}
    assert tested.test_failover_state == "MarkedForDeletion"
    assert "TestFailover" in tested.allowed_operations
    assert tested.last_test_failover == datetime(2017, 9, 18, 13, 45, 1, 395931, tzinfo=UTC)
    assert untested.failover_health == "Critical"
    assert len(untested.health_errors) == 1, "two lists told of the same error"
    assert untested.nics[0].target_network == "", "the zero id is no network"
    (plan,) = only(found, RecoveryPlan)
    assert (plan.name, plan.deployment_model) == ("RPSwag96", "NotApplicable")
    assert plan.items == {tested.key}


@needs_samples
def test_networks_and_their_mapping() -> None:
    found = facts("vmm-to-azure.network-mapping.2017")
    networks = {network.key: network for network in only(found, AsrNetwork)}
    (mapping,) = only(found, NetworkMapping)
    assert networks[mapping.source].name == "corp"
    assert networks[mapping.source].network_id == "53eefb7e-e28e-4d73-8ec5-012e21f2146a"
    assert mapping.target.endswith("/microsoft.network/virtualnetworks/a2a-source-rg-vnetasr")
    assert mapping.state == "Paired"


@needs_samples
def test_policies_of_other_providers_do_not_stop_the_reading() -> None:
    found = only(facts("empty-vault.lists-and-health.2023"), ReplicationPolicy)
    assert [(policy.provider, policy.interval_seconds) for policy in found] == [
        ("InMageRcm", None),
        ("InMageRcmFailback", None),
    ]


@needs_samples
def test_a_recorded_test_failover_job() -> None:
    jobs = [
        msgspec.json.decode(json.dumps(exchange["response"]), type=Job, dec_hook=decode_hook)
        for exchange in exchanges("hyperv-site-to-azure.test-failover.2017")
        if exchange["method"] == "GET" and kind_of(exchange["path"]) == "replicationjobs"
    ]
    done = next(job for job in jobs if job.ended)
    assert done.succeeded
    assert done.problems == ()
    (machine,) = done.machines
    assert (machine.test_vm_name, machine.subnet) == ("hyperV1-test", "default")
    assert machine.recovery_point.at == datetime(2017, 9, 20, 13, 15, 6, 654433, tzinfo=UTC)
    boot = done.tasks[-1]
    assert (boot.name, boot.end.at) == ("VmTfoBootTestVm", datetime(2017, 9, 20, 13, 27, 59, 620902, tzinfo=UTC))
    assert done.ended_at is not None
    assert boot.end.at is not None
    assert done.ended_at < boot.end.at, "the job's end is cut to seconds and can precede its last task"


@needs_samples
def test_a_recorded_failed_job_and_one_with_group_tasks() -> None:
    by_file = {
        name: [
            msgspec.json.decode(json.dumps(exchange["response"]), type=Job, dec_hook=decode_hook)
            for exchange in exchanges(name)
            if exchange["method"] == "GET" and kind_of(exchange["path"]) == "replicationjobs"
        ][-1]
        for name in ("vmm-to-azure.failing-reprotect-job.2017", "vmm-to-azure.network-mapping.2017")
    }
    failed, grouped = by_file.values()
    assert failed.problems == ("25038: The virtual machine 'VM1' isn't ready for reenabling protection.",)
    assert [(task.state, task.start.at is None) for task in failed.tasks] == [
        ("Failed", False),
        ("Other", True),
        ("Other", True),
    ]
    assert [task.name for task in grouped.tasks] == [
        "ModifyVMNetworksPairingStatusTask",
        "VMNetworksUpdateVMNicsTask",
        "VmNicUpdateJob",
    ]


def item_of(**changes: Any) -> dict[str, Any]:
    key = f"{CLOUD}/replicationProtectedItems/i"
    properties = {
        "friendlyName": "PAY-WEB01",
        "protectionState": "Protected",
        "replicationHealth": "Normal",
        "protectableItemId": f"{CLOUD.upper()}/REPLICATIONPROTECTABLEITEMS/P",
        "providerSpecificDetails": {"instanceType": "HyperVReplicaAzure", "vmId": "VMM-ID"},
        **changes,
    }
    return {"id": key, "name": "i", "properties": properties}


def read_one(item: dict[str, Any], *others: dict[str, Any]) -> ProtectedItem:
    ask = Answers({found["id"].lower(): found for found in (item, *others)}, {})
    (fact,) = read_items(ask, Target(role=ROLE, endpoint=VAULT))
    return fact


def test_ids_join_whatever_their_case() -> None:
    custom = {"customDetails": {"sourceItemId": "ABCDEF00-1393-4D08-A81E-0E3C19C04A0B"}}
    protectable = {"id": f"{CLOUD}/replicationProtectableItems/p", "name": "p", "properties": custom}
    fact = read_one(item_of(), protectable)
    assert fact.vm_id == "abcdef00-1393-4d08-a81e-0e3c19c04a0b"
    assert fact.container == CLOUD.lower()
    assert fact.seen.endpoint == VAULT


def test_machines_of_other_kinds_have_no_hyperv_id_and_their_containers_are_not_asked() -> None:
    details = {"instanceType": "A2A", "vmId": "11111111-1393-4d08-a81e-0e3c19c04a0b", "rpoInSeconds": 90}
    unreadable = {"id": f"{CLOUD}/replicationProtectableItems/p", "name": "p", "properties": None}
    fact = read_one(item_of(providerSpecificDetails=details), unreadable)
    assert (fact.provider, fact.vm_id, fact.rpo_seconds) == ("A2A", "", 90)


def test_nulls_mean_nothing_is_there() -> None:
    details = {"instanceType": None, "rpoInSeconds": None, "lastRpoCalculatedTime": None, "vmNics": None}
    fact = read_one(item_of(allowedOperations=None, healthErrors=None, providerSpecificDetails=details))
    assert (fact.provider, fact.rpo_seconds, fact.rpo_calculated, fact.nics) == ("", None, None, ())
    assert (fact.allowed_operations, fact.health_errors, fact.vm_id) == ((), (), "")


@pytest.mark.parametrize("key", ["friendlyName", "protectionState", "replicationHealth", "providerSpecificDetails"])
def test_what_a_judgement_rests_on_may_not_be_missing(key: str) -> None:
    item = item_of()
    del item["properties"][key]
    with pytest.raises(msgspec.ValidationError, match=key):
        read_one(item)


@pytest.mark.parametrize("never", ["1753-01-01T01:01:01Z", "0001-01-01T00:00:00", None, ""])
def test_a_test_failover_that_never_happened(never: str | None) -> None:
    assert read_one(item_of(lastSuccessfulTestFailoverTime=never)).last_test_failover is None


def test_the_primary_address_of_an_adapter_counts() -> None:
    configs = [
        {"isPrimary": False, "recoverySubnetName": "second", "recoveryStaticIPAddress": "10.0.0.5"},
        {"isPrimary": True, "recoverySubnetName": "first", "recoveryStaticIPAddress": "10.0.0.4"},
    ]
    nic = {"nicId": "n", "tfoVMNetworkId": "/SUBSCRIPTIONS/x", "ipConfigs": configs}
    (found,) = read_one(item_of(providerSpecificDetails={"instanceType": "x", "vmNics": [nic]})).nics
    assert (found.target_subnet, found.target_address, found.test_network) == ("first", "10.0.0.4", "/subscriptions/x")


def test_actions_of_a_plan() -> None:
    def action(name: str, **details: str | None) -> dict[str, Any]:
        return {
            "actionName": name,
            "failoverTypes": ["TestFailover"],
            "failoverDirections": [],
            "customDetails": details,
        }

    start = [
        action("approve", instanceType="ManualActionDetails", description="Ask the owner"),
        {**action("dns", instanceType="AutomationRunbookActionDetails", runbookId="/sub/r"), "failoverTypes": []},
    ]
    end = [
        action("check", instanceType="ScriptActionDetails", path="\\\\lib\\check.ps1", fabricLocation="Primary"),
        action("gone", instanceType="AutomationRunbookActionDetails", runbookId=None),
    ]
    groups = [
        {"groupType": "Boot", "replicationProtectedItems": None, "startGroupActions": start, "endGroupActions": end}
    ]
    key = f"{VAULT}/replicationRecoveryPlans/rp"
    full = {"id": key, "name": "rp", "properties": {"friendlyName": "rp", "groups": groups}}
    hollow = {"id": key, "name": "rp", "properties": {"friendlyName": "rp", "groups": []}}
    (plan,) = read_plans(Answers({key.lower(): hollow}, {key.lower(): full}), Target(role=ROLE, endpoint=VAULT))
    (group,) = plan.groups
    assert [(found.name, found.detail, found.failover_types) for found in group.start_actions] == [
        ("approve", "Ask the owner", ("TestFailover",)),
        ("dns", "/sub/r", ()),
    ]
    assert [(found.action_type, found.detail) for found in group.end_actions] == [
        ("ScriptActionDetails", "\\\\lib\\check.ps1"),
        ("AutomationRunbookActionDetails", ""),
    ]
    assert plan.seen.query == f"GET {key}"


def test_the_oldest_provider_replicates_every_five_minutes() -> None:
    key = f"{VAULT}/replicationPolicies/p"
    policy = {"id": key, "name": "p", "properties": {"providerSpecificDetails": {"instanceType": "HyperVReplica2012"}}}
    (fact,) = read_policies(Answers({key.lower(): policy}, {}), Target(role=ROLE, endpoint=VAULT))
    assert (fact.name, fact.interval_seconds) == ("p", 300)


def test_a_container_without_its_kind_is_not_guessed() -> None:
    container = {"id": CLOUD, "name": "x", "properties": {"friendlyName": "x"}}
    with pytest.raises(msgspec.ValidationError, match="fabricType"):
        list(read_containers(Answers({CLOUD.lower(): container}, {}), Target(role=ROLE, endpoint=VAULT)))
