"""What does a Recovery Services vault protect, how, and by which plan would it be recovered?"""

from collections.abc import Iterator

from drcheck.discovery import ArmAsk, ArmCollector
from drcheck.discovery.site_recovery import wire
from drcheck.topology.base import Target
from drcheck.topology.site_recovery import (
    AsrNetwork,
    ContainerMapping,
    Fabric,
    NetworkMapping,
    PlanAction,
    PlanGroup,
    ProtectedDisk,
    ProtectedItem,
    ProtectedNic,
    ProtectionContainer,
    RecoveryPlan,
    ReplicationPolicy,
    Vault,
)
from drcheck.transport.arm_values import arm_id, parent_id

ROLE = "vault"
VAULT_API = "2023-02-01"
"""Version of the vault's own resource, as in recordings of 2023."""
API = "2025-08-01"
"""Version of everything below the vault, as azure-mgmt-recoveryservicessiterecovery 2.0.0 speaks it."""
FIXED_INTERVAL = {"HyperVReplica2012": 300}
"""Providers whose policies have no interval to set: Windows Server 2012 replicates every five minutes."""
HYPERV = "HyperV"
"""Providers of Hyper-V machines begin so; a vault can hold Azure and VMware machines beside them."""
HYPERV_SITE = "cloud_"
"""Containers of Hyper-V sites are named so; those of VMM clouds by the cloud's id alone."""
NO_NETWORK = "00000000-0000-0000-0000-000000000000"
"""Stands for "connected to nothing" between VMM clouds (recorded 2017)."""

Items = wire.Resource[wire.Item]


def read_vault(ask: ArmAsk, target: Target) -> Iterator[Vault]:
    """The vault itself."""
    vault = ask.one(target.endpoint, VAULT_API, wire.Vault)
    yield Vault(
        key=arm_id(vault.id),
        seen=ask.seen(target.endpoint),
        name=vault.name,
        location=vault.location.lower(),
        subscription=arm_id(vault.id).split("/")[2],
    )


def read_fabrics(ask: ArmAsk, target: Target) -> Iterator[Fabric]:
    """VMM servers and Hyper-V sites; the pseudo fabric that stands for Azure is never listed."""
    path = f"{target.endpoint}/replicationFabrics"
    for found in ask.every(path, API, wire.Resource[wire.Fabric]):
        kind = found.properties.custom_details
        yield Fabric(
            key=arm_id(found.id),
            seen=ask.seen(path),
            vault=target.endpoint,
            name=found.properties.friendly_name,
            fabric_type=(kind and kind.instance_type) or "",
            health=found.properties.health or "",
        )


def read_containers(ask: ArmAsk, target: Target) -> Iterator[ProtectionContainer]:
    """VMM clouds and Hyper-V sites."""
    path = f"{target.endpoint}/replicationProtectionContainers"
    for found in ask.every(path, API, wire.Resource[wire.Container]):
        yield ProtectionContainer(
            key=arm_id(found.id),
            seen=ask.seen(path),
            vault=target.endpoint,
            fabric=parent_id(found.id, "replicationProtectionContainers"),
            name=found.properties.friendly_name,
            cloud_id=found.name.lower() if found.properties.fabric_type == "VMM" else "",
            pairing_status=found.properties.pairing_status or "",
            role=found.properties.role or "",
        )


def read_container_mappings(ask: ArmAsk, target: Target) -> Iterator[ContainerMapping]:
    """Which container replicates by which policy, and where to."""
    path = f"{target.endpoint}/replicationProtectionContainerMappings"
    for found in ask.every(path, API, wire.Resource[wire.ContainerMapping]):
        yield ContainerMapping(
            key=arm_id(found.id),
            seen=ask.seen(path),
            vault=target.endpoint,
            container=parent_id(found.id, "replicationProtectionContainerMappings"),
            policy=arm_id(found.properties.policy_id),
            target=_fabric_or_azure(found.properties.target_protection_container_id),
            state=found.properties.state,
            health=found.properties.health or "",
        )


def read_policies(ask: ArmAsk, target: Target) -> Iterator[ReplicationPolicy]:
    """Replication policies of every provider; those of VMware and Azure machines have no Hyper-V interval."""
    path = f"{target.endpoint}/replicationPolicies"
    for found in ask.every(path, API, wire.Resource[wire.Policy]):
        details = found.properties.provider_specific_details or wire.PolicyDetails()
        provider = details.instance_type or ""
        interval = details.replication_interval.value or details.replication_frequency_in_seconds.value
        yield ReplicationPolicy(
            key=arm_id(found.id),
            seen=ask.seen(path),
            vault=target.endpoint,
            name=found.properties.friendly_name or found.name,
            provider=provider,
            interval_seconds=interval or FIXED_INTERVAL.get(provider),
            app_consistent_hours=details.application_consistent_snapshot_frequency_in_hours.value,
            encryption=details.encryption or "",
        )


def read_items(ask: ArmAsk, target: Target) -> Iterator[ProtectedItem]:
    """Protected machines, each with the Hyper-V id of its VM."""
    path = f"{target.endpoint}/replicationProtectedItems"
    clouds: dict[str, dict[str, str]] = {}
    for found in ask.every(path, API, Items):
        yield _item(found, _vm_id(found, ask, clouds), ask, path, target.endpoint)


def read_plans(ask: ArmAsk, target: Target) -> Iterator[RecoveryPlan]:
    """Recovery plans, one by one: in the list, every plan's groups are empty."""
    for listed in ask.every(f"{target.endpoint}/replicationRecoveryPlans", API, wire.Listed):
        found = ask.one(listed.id, API, wire.Resource[wire.Plan])
        plan = found.properties
        yield RecoveryPlan(
            key=arm_id(found.id),
            seen=ask.seen(listed.id),
            vault=target.endpoint,
            name=plan.friendly_name,
            primary_fabric=arm_id(plan.primary_fabric_id),
            recovery_fabric=_fabric_or_azure(plan.recovery_fabric_id),
            deployment_model=plan.failover_deployment_model or "",
            allowed_operations=plan.allowed_operations or (),
            last_test_failover=plan.last_test_failover_time.at,
            groups=tuple(_group(group) for group in plan.groups),
        )


def read_networks(ask: ArmAsk, target: Target) -> Iterator[AsrNetwork]:
    """Networks of every fabric."""
    path = f"{target.endpoint}/replicationNetworks"
    for found in ask.every(path, API, wire.Resource[wire.Network]):
        yield AsrNetwork(
            key=arm_id(found.id),
            seen=ask.seen(path),
            vault=target.endpoint,
            fabric=parent_id(found.id, "replicationNetworks"),
            name=found.properties.friendly_name,
            network_id=found.name.lower() if found.properties.fabric_type == "VMM" else "",
        )


def read_network_mappings(ask: ArmAsk, target: Target) -> Iterator[NetworkMapping]:
    """Which VM network becomes which virtual network."""
    path = f"{target.endpoint}/replicationNetworkMappings"
    for found in ask.every(path, API, wire.Resource[wire.NetworkMapping]):
        yield NetworkMapping(
            key=arm_id(found.id),
            seen=ask.seen(path),
            vault=target.endpoint,
            state=found.properties.state,
            source=arm_id(found.properties.primary_network_id),
            target=arm_id(found.properties.recovery_network_id),
        )


COLLECTORS = (
    ArmCollector(kind=Vault, read=read_vault),
    ArmCollector(kind=Fabric, read=read_fabrics),
    ArmCollector(kind=ProtectionContainer, read=read_containers),
    ArmCollector(kind=ContainerMapping, read=read_container_mappings),
    ArmCollector(kind=ReplicationPolicy, read=read_policies),
    ArmCollector(kind=ProtectedItem, read=read_items),
    ArmCollector(kind=RecoveryPlan, read=read_plans),
    ArmCollector(kind=AsrNetwork, read=read_networks),
    ArmCollector(kind=NetworkMapping, read=read_network_mappings),
)


def _fabric_or_azure(value: str | None) -> str:
    """An ARM id in lower case, or the words that stand for Azure as they are."""
    return arm_id(value) if (value or "").startswith("/") else value or ""


def _vm_id(found: Items, ask: ArmAsk, clouds: dict[str, dict[str, str]]) -> str:
    """The VM's id in Hyper-V; empty for what is no Hyper-V machine, or when the service does not tell.

    Below a VMM cloud, ``vmId``, the item's name and the protectable item's name are the VM's id *in VMM*; only the
    protectable item's ``sourceItemId`` is Hyper-V's (recorded 2017: item and ``vmId`` 672ac946…, ``sourceItemId`` and
    the names of its blobs 2cd1a1fa…). In a Hyper-V site all of them are the same. ``clouds`` remembers what was read.
    """
    details = found.properties.provider_specific_details
    if not (details.instance_type or "").startswith(HYPERV):
        return ""
    container = parent_id(found.id, "replicationProtectedItems")
    if container.rpartition("/")[2].startswith(HYPERV_SITE):
        return arm_id(details.vm_id)
    if container not in clouds:
        clouds[container] = _hyperv_ids(ask, container)
    return clouds[container].get(arm_id(found.properties.protectable_item_id), "")


def _hyperv_ids(ask: ArmAsk, cloud: str) -> dict[str, str]:
    """Hyper-V ids of a cloud's machines, by the id of the protectable item."""
    found = ask.every(f"{cloud}/replicationProtectableItems", API, wire.Resource[wire.Protectable])
    details = ((item.id, item.properties.custom_details) for item in found)
    return {arm_id(key): arm_id(detail.source_item_id) for key, detail in details if detail}


def _item(found: Items, vm_id: str, ask: ArmAsk, path: str, vault: str) -> ProtectedItem:
    item, details = found.properties, found.properties.provider_specific_details
    disks = details.azure_disks or details.azure_disks_until_2018 or details.vmm_disks or ()
    return ProtectedItem(
        key=arm_id(found.id),
        seen=ask.seen(path),
        vault=vault,
        container=parent_id(found.id, "replicationProtectedItems"),
        name=item.friendly_name,
        vm_id=vm_id,
        provider=details.instance_type or "",
        policy=arm_id(item.policy_id),
        protection_state=item.protection_state,
        state_description=item.protection_state_description or "",
        replication_health=item.replication_health,
        failover_health=item.failover_health or "",
        active_location=item.active_location or "",
        allowed_operations=item.allowed_operations or (),
        test_failover_state=item.test_failover_state or "",
        recovery_fabric=_fabric_or_azure(item.recovery_fabric_id),
        rpo_seconds=details.rpo_in_seconds.value,
        rpo_calculated=details.last_rpo_calculated_time.at,
        last_test_failover=item.last_successful_test_failover_time.at,
        disks=tuple(_disk(disk) for disk in disks),
        nics=tuple(_nic(nic) for nic in details.vm_nics or ()),
        health_errors=_health_errors(item),
    )


def _health_errors(item: wire.Item) -> tuple[str, ...]:
    """``code: text``; one list since 2018, before that two that repeat each other. The summary is often empty."""
    lists = (item.health_errors, item.replication_health_errors, item.failover_health_errors)
    errors = (error for errors in lists for error in errors or ())
    texts = ((error.error_code or "0", error.summary_message or error.error_message or "") for error in errors)
    return tuple(dict.fromkeys(f"{code}: {' '.join(text.split())}" for code, text in texts))


def _disk(disk: wire.Disk) -> ProtectedDisk:
    return ProtectedDisk(id=arm_id(disk.vhd_id), name=disk.vhd_name or "", size_mb=disk.max_size.value)


def _nic(nic: wire.Nic) -> ProtectedNic:
    """The primary address of an adapter; without one so marked, the first."""
    configs = sorted(nic.ip_configs or (), key=lambda config: not config.is_primary)
    first = configs[0] if configs else wire.IpConfig()
    return ProtectedNic(
        id=nic.nic_id or "",
        source_network=nic.source_network or "",
        target_network="" if nic.target_network == NO_NETWORK else arm_id(nic.target_network),
        target_subnet=first.recovery_subnet_name or nic.flat_subnet or "",
        target_address=first.recovery_static_ip_address or nic.flat_address or "",
        test_network=arm_id(nic.test_network),
        selection=nic.selection_type or "",
    )


def _group(group: wire.Group) -> PlanGroup:
    return PlanGroup(
        group_type=group.group_type,
        items=tuple(arm_id(item.id) for item in group.replication_protected_items or ()),
        start_actions=tuple(_action(action) for action in group.start_group_actions or ()),
        end_actions=tuple(_action(action) for action in group.end_group_actions or ()),
    )


def _action(action: wire.Action) -> PlanAction:
    details = action.custom_details
    return PlanAction(
        name=action.action_name,
        action_type=details.instance_type,
        failover_types=action.failover_types or (),
        failover_directions=action.failover_directions or (),
        detail=details.runbook_id or details.path or details.description or "",
    )
