"""Does the simulated vault tell the unmodified Azure SDK what recorded vaults told it?"""

from collections.abc import Callable
from typing import Any

import pytest
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError, ResourceNotFoundError
from azure.core.rest import HttpRequest

from drcheck.lab.azure.build import boot_group as group_of
from drcheck.lab.azure.build import item_id, plan_id, plan_named, script_action, stall, vault_id

V = ("rg-dr", "vault-dr")
VAULT_LISTS = (
    "replication_fabrics",
    "replication_recovery_services_providers",
    "replication_protection_containers",
    "replication_protection_container_mappings",
    "replication_protected_items",
    "replication_policies",
    "replication_networks",
    "replication_network_mappings",
    "replication_recovery_plans",
    "replication_jobs",
    "replication_events",
    "replication_alert_settings",
    "replication_vault_setting",
    "replication_storage_classifications",
    "replication_storage_classification_mappings",
    "replication_appliances",
    "replication_migration_items",
    "replicationv_centers",
)


def get(client: Any, path: str, version: str = "2025-08-01", **headers: str) -> Any:
    joint = "&" if "?" in path else "?"
    return client.send_request(HttpRequest("GET", f"{path}{joint}api-version={version}", headers=headers))


@pytest.mark.parametrize("name", VAULT_LISTS)
def test_sdk_reads_every_list_of_the_vault(arm: Any, name: str) -> None:
    found = list(getattr(arm.client(), name).list(*V))

    assert all(one.id.startswith("/Subscriptions/") for one in found)
    assert arm.azure.unknown == []


def test_vault_shows_what_the_scenario_has_built(arm: Any) -> None:
    client = arm.client()

    (fabric,) = client.replication_fabrics.list(*V)
    assert fabric.properties.friendly_name == "vmm01.lon.contoso.lab"
    assert fabric.properties.custom_details.instance_type == "VMM"
    clouds = {cloud.properties.friendly_name: cloud for cloud in client.replication_protection_containers.list(*V)}
    assert clouds["gold"].properties.pairing_status == "Paired"
    assert (clouds["silver"].properties.pairing_status, clouds["silver"].properties.role) == ("NotPaired", "")
    (mapping,) = client.replication_network_mappings.list(*V)
    assert mapping.properties.recovery_network_id.endswith("/virtualNetworks/vnet-prod")
    (policy,) = client.replication_policies.list(*V)
    assert policy.properties.provider_specific_details.replication_interval == 300


def test_sdk_descends_from_fabric_to_recovery_point(arm: Any) -> None:
    client = arm.client()
    fabric = next(iter(client.replication_fabrics.list(*V))).name
    place = (*V, fabric, arm.world.vmm[0].clouds[0].id)

    assert client.replication_fabrics.get(*V, fabric).name == fabric
    assert list(client.replication_logical_networks.list_by_replication_fabrics(*V, fabric))
    assert list(client.replication_recovery_services_providers.list_by_replication_fabrics(*V, fabric))
    (network,) = client.replication_networks.list_by_replication_fabrics(*V, fabric)
    assert len(list(client.replication_network_mappings.list_by_replication_networks(*V, fabric, network.name))) == 1
    mappings = client.replication_protection_container_mappings.list_by_replication_protection_containers(*place)
    assert [one.name for one in mappings] == ["gold-to-azure"]
    items = list(client.replication_protected_items.list_by_replication_protection_containers(*place))
    assert len(items) == 3
    points = list(client.recovery_points.list_by_replication_protected_items(*place, items[0].name))
    assert [point.properties.recovery_point_time for point in points] == sorted(
        (point.properties.recovery_point_time for point in points), reverse=True
    )
    assert client.recovery_points.get(*place, items[0].name, points[3].name).id == points[3].id
    assert client.replication_vault_health.get(*V).properties.protected_items_health.resource_count == 3
    assert arm.azure.unknown == []


def test_hyper_v_id_of_a_protected_vm_is_only_in_its_protectable_item(arm: Any) -> None:
    """Items of VMM clouds carry VMM's id as ``vmId``: whoever joins by it finds nothing in Hyper-V."""
    client = arm.client()
    fabric = next(iter(client.replication_fabrics.list(*V))).name
    item = next(iter(client.replication_protected_items.list(*V)))
    vm = next(vm for vm in arm.world.vms.values() if vm.vmm_id == item.name)

    protectable = client.replication_protectable_items.get(*V, fabric, vm.cloud_id, item.name)

    assert item.properties.provider_specific_details.vm_id == vm.vmm_id
    assert protectable.properties.custom_details.source_item_id == vm.id
    assert protectable.properties.replication_protected_item_id == item.id == item_id(arm.world, vm.name)


def test_groups_of_a_plan_are_shown_only_when_it_is_read_alone(arm: Any) -> None:
    action = script_action("dns", "\\\\lib\\dns.ps1")
    group_of(plan_named(arm.world, "rp-payments"), 1).end.append(action)
    client = arm.client()

    (listed,) = client.replication_recovery_plans.list(*V)
    alone = client.replication_recovery_plans.get(*V, "rp-payments")

    assert listed.properties.groups == []
    assert [group.group_type for group in alone.properties.groups] == ["Shutdown", "Failover", "Boot", "Boot"]
    assert [len(group.replication_protected_items) for group in alone.properties.groups] == [0, 0, 1, 2]
    (shown,) = alone.properties.groups[2].end_group_actions
    assert (shown.action_name, shown.custom_details.instance_type) == ("dns", "ScriptActionDetails")
    assert alone.id == plan_id(arm.world, "rp-payments")


def test_lists_page_and_protectable_items_end_with_an_empty_page(serve: Callable[..., Any], estate: Any) -> None:
    arm = serve(estate(vms=40))
    client = arm.client()
    fabric = next(iter(client.replication_fabrics.list(*V))).name
    cloud = arm.world.vmm[0].clouds[0].id

    listing = client.replication_protectable_items.list_by_replication_protection_containers(*V, fabric, cloud)
    pages = [list(page) for page in listing.by_page()]

    assert [len(page) for page in pages] == [25, 15, 0]
    assert len({item.id for item in client.replication_protected_items.list(*V)}) == 40


def test_filter_by_plan_finds_its_members(arm: Any) -> None:
    client = arm.client()

    assert len(list(client.replication_protected_items.list(*V, filter="RecoveryPlanName eq 'rp-payments'"))) == 3
    assert list(client.replication_protected_items.list(*V, filter="RecoveryPlanName eq 'rp-none'")) == []
    with pytest.raises(HttpResponseError, match="does not know the filter"):
        list(client.replication_protected_items.list(*V, filter="Colour eq 'red'"))


def test_a_stalled_item_falls_behind_and_says_so(arm: Any) -> None:
    vm = next(iter(arm.world.vms.values()))
    stall(arm.world, vm, 7200)

    items = {
        item.properties.friendly_name: item.properties for item in arm.client().replication_protected_items.list(*V)
    }

    stalled, healthy = items["PAY01"], items["PAY02"]
    assert stalled.replication_health == "Critical"
    assert stalled.provider_specific_details.rpo_in_seconds > 6800
    assert (healthy.replication_health, healthy.provider_specific_details.rpo_in_seconds) == ("Normal", 4)
    age = arm.clock.now() - healthy.provider_specific_details.last_rpo_calculated_time.timestamp()
    assert 300 < age < 600


def test_an_untested_item_is_in_warning_without_a_date(serve: Callable[..., Any], estate: Any) -> None:
    world = estate()
    for item in world.azure.vaults[0].items:
        item.last_test_age = None
    raw = get(serve(world).client(), f"{vault_id(world)}/replicationProtectedItems").json()["value"][0]["properties"]

    assert raw["failoverHealth"] == "Warning"
    assert [error["errorCode"] for error in raw["healthErrors"]] == ["161011"]
    assert "lastSuccessfulTestFailoverTime" not in raw


def test_paths_are_compared_ignoring_case_and_subscriptions_exactly(arm: Any) -> None:
    client = arm.client()

    assert get(client, vault_id(arm.world).upper().replace("/SUBSCRIPTIONS", "/Subscriptions")).status_code == 200
    other = vault_id(arm.world).replace(arm.azure.subscription, "00000000-0000-0000-0000-000000000001")
    assert get(client, other).json()["error"]["code"] == "SubscriptionNotFound"


def test_the_vault_itself_is_written_by_another_service(arm: Any) -> None:
    body = get(arm.client(), vault_id(arm.world), "2025-02-01").json()

    assert (body["name"], body["location"]) == ("vault-dr", "uksouth")
    assert body["id"].startswith("/subscriptions/")


def test_networks_machines_and_groups_are_listed(arm: Any) -> None:
    client, sub = arm.client(), f"/subscriptions/{arm.azure.subscription}"

    networks = get(client, f"{sub}/providers/Microsoft.Network/virtualNetworks", "2024-05-01").json()
    assert {one["name"] for one in networks["value"]} == {"vnet-prod", "vnet-test"}
    assert "nextLink" not in networks
    assert get(client, f"{sub}/providers/Microsoft.Compute/virtualMachines", "2024-07-01").json() == {"value": []}
    assert get(client, f"{sub}/providers/Microsoft.Network/networkInterfaces", "2024-05-01").json() == {"value": []}
    assert {one["name"] for one in get(client, f"{sub}/resourcegroups", "2021-04-01").json()["value"]} == {
        "rg-dr",
        "rg-recovered",
        "rg-network",
    }
    missing = get(client, f"{sub}/resourceGroups/rg-none/providers/Microsoft.Network/virtualNetworks", "2024-05-01")
    assert missing.json()["error"]["code"] == "ResourceGroupNotFound"


def test_a_wrong_token_is_refused_with_a_challenge(arm: Any) -> None:
    with pytest.raises(ClientAuthenticationError):
        list(arm.client(token="another").replication_fabrics.list(*V))

    answer = get(arm.client(token="another"), vault_id(arm.world))
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "InvalidAuthenticationToken")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer ")


def test_a_call_without_a_version_or_with_an_old_one_is_refused(arm: Any) -> None:
    client = arm.client()

    answer = client.send_request(HttpRequest("GET", vault_id(arm.world)))
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "MissingApiVersionParameter")
    answer = get(client, f"{vault_id(arm.world)}/replicationFabrics", "2016-08-10")
    assert answer.json()["error"]["code"] == "NoRegisteredProviderFound"


def test_what_the_lab_does_not_know_is_an_error_and_noted(arm: Any) -> None:
    client = arm.client()

    answer = get(client, f"{vault_id(arm.world)}/replicationWishes")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "InvalidResourceType")
    assert len(arm.azure.unknown) == 1
    with pytest.raises(ResourceNotFoundError) as missing:
        client.replication_recovery_plans.get(*V, "rp-none")
    assert missing.value.error is not None
    assert missing.value.error.details[0].code == "ArmResourceDoesNotExist"
    assert len(arm.azure.unknown) == 1


def test_every_answer_tells_the_budget_of_reads(arm: Any) -> None:
    client = arm.client()

    answer = get(client, vault_id(arm.world))

    assert 0 <= int(answer.headers["x-ms-ratelimit-remaining-subscription-reads"]) < 250
    assert answer.headers["x-ms-request-id"]
