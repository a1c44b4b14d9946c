"""Does the Site Recovery source read what was never recorded, and refuse what it must not guess?"""

from typing import Any

import msgspec
import pytest

from drcheck.discovery.site_recovery.items import read_items
from drcheck.discovery.site_recovery.plans import read_plans
from drcheck.discovery.site_recovery.vault import read_containers, read_policies
from drcheck.topology.site_recovery import ProtectedItem
from tests.recorded_vaults import TARGET, VAULT, Answers

CLOUD = f"{VAULT}/replicationFabrics/f/replicationProtectionContainers/b2b708f7-5500-472d-9b4e-34a88340b067"


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
    (fact,) = read_items(ask, TARGET)
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
    (plan,) = read_plans(Answers({key.lower(): hollow}, {key.lower(): full}), TARGET)
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
    (fact,) = read_policies(Answers({key.lower(): policy}, {}), TARGET)
    assert (fact.name, fact.interval_seconds) == ("p", 300)


def test_a_container_without_its_kind_is_not_guessed() -> None:
    container = {"id": CLOUD, "name": "x", "properties": {"friendlyName": "x"}}
    with pytest.raises(msgspec.ValidationError, match="fabricType"):
        list(read_containers(Answers({CLOUD.lower(): container}, {}), TARGET))
