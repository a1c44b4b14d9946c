"""Which machines does a vault protect, which could it, and to which moments could they be recovered?"""

from collections.abc import Iterator
from datetime import datetime

from drcheck.discovery import ArmAsk
from drcheck.discovery.site_recovery import wire, wire_items
from drcheck.discovery.site_recovery.vault import API, fabric_or_azure
from drcheck.topology.base import Seen, Target
from drcheck.topology.site_recovery import ProtectedDisk, ProtectedItem, ProtectedNic, RecoveryTarget, Scenario
from drcheck.topology.site_recovery_state import ProtectableItem, RecoveryPoints
from drcheck.transport.arm_values import Count, arm_id, parent_id

HYPERV = "HyperV"
"""Providers and machines of Hyper-V begin so; a vault can hold Azure and VMware machines beside them."""
HYPERV_SITE = "cloud_"
"""Containers of Hyper-V sites are named so; those of VMM clouds by the cloud's id alone."""
HYPERV_FABRICS = ("VMM", "HyperVSite")
NO_NETWORK = "00000000-0000-0000-0000-000000000000"
"""Stands for "connected to nothing" between VMM clouds (recorded 2017)."""
NO_JOB = "/none"
"""A job's id ends so when there is no job."""
APP_CONSISTENT = "ApplicationConsistent"
TO_AZURE = "HyperVReplicaAzure"

Items = wire.Resource[wire_items.Item]
Point = wire.Resource[wire_items.RecoveryPoint]


def read_items(ask: ArmAsk, target: Target) -> Iterator[ProtectedItem]:
    """Protected machines, each with the Hyper-V id of its VM."""
    path = f"{target.endpoint}/replicationProtectedItems"
    clouds: dict[str, dict[str, str]] = {}
    for found in ask.every(path, API, Items):
        yield _item(found, _vm_id(found, ask, clouds), ask, path, target.endpoint)


def read_protectables(ask: ArmAsk, target: Target) -> Iterator[ProtectableItem]:
    """Machines of every container that is paired: there is no list of all. Others are nobody's intention."""
    for container in ask.every(
        f"{target.endpoint}/replicationProtectionContainers", API, wire.Resource[wire.Container]
    ):
        if container.properties.fabric_type not in HYPERV_FABRICS or container.properties.pairing_status != "Paired":
            continue
        path = f"{container.id}/replicationProtectableItems"
        for found in ask.every(path, API, wire.Resource[wire_items.Protectable]):
            yield _protectable(found, ask, path, target.endpoint)


def read_recovery_points(ask: ArmAsk, target: Target) -> Iterator[RecoveryPoints]:
    """Newest and oldest recovery points, machine by machine; only what replicates to Azure has such a list."""
    items = [
        (item.id, item.properties.friendly_name)
        for item in ask.every(f"{target.endpoint}/replicationProtectedItems", API, Items)
        if item.properties.provider_specific_details.instance_type == TO_AZURE
    ]
    paths = [f"{item}/recoveryPoints" for item, _ in items]
    pages = ask.each(paths, API, wire_items.RecoveryPointPage)
    for (item, name), path, page in zip(items, paths, pages, strict=True):
        points = page.value if page.next_link is None else ask.every(path, API, Point)
        yield _points(item, name, [point.properties for point in points], ask.seen(path), target.endpoint)


def _points(item: str, name: str, points: list[wire_items.RecoveryPoint], seen: Seen, vault: str) -> RecoveryPoints:
    times = _times(points)
    consistent = _times([point for point in points if point.recovery_point_type == APP_CONSISTENT])
    return RecoveryPoints(
        key=arm_id(item),
        seen=seen,
        vault=vault,
        name=name,
        count=len(points),
        newest=max(times, default=None),
        newest_app_consistent=max(consistent, default=None),
        oldest=min(times, default=None),
    )


def _times(points: list[wire_items.RecoveryPoint]) -> list[datetime]:
    return [point.recovery_point_time.at for point in points if point.recovery_point_time.at]


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
    found = ask.every(f"{cloud}/replicationProtectableItems", API, wire.Resource[wire_items.Protectable])
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
        recovery_fabric=fabric_or_azure(item.recovery_fabric_id),
        rpo_seconds=details.rpo_in_seconds.value,
        rpo_calculated=details.last_rpo_calculated_time.at,
        last_test_failover=item.last_successful_test_failover_time.at,
        last_failover=item.last_successful_failover_time.at,
        disks=tuple(_disk(disk) for disk in disks),
        nics=tuple(_nic(nic) for nic in details.vm_nics or ()),
        health_errors=_health_errors(item),
        errors=wire.health(item.health_errors, item.replication_health_errors, item.failover_health_errors),
        protectable=arm_id(item.protectable_item_id),
        recovery_provider=arm_id(item.recovery_services_provider_id),
        target=_target(details),
        scenario=scenario_of(item.current_scenario),
        encryption=details.encryption or "",
        guest_os=(details.os_details.os_type or "") if details.os_details else "",
        source_memory_mb=_first(details.memory, details.memory_until_2018),
        source_cpus=_first(details.cpus, details.cpus_until_2018),
        initial_replication_percent=_progress(details),
        last_replicated=details.last_replicated_time.at,
        last_recovery_point=details.last_recovery_point_received.at,
    )


def scenario_of(found: wire_items.Scenario | None, status: str | None = None) -> Scenario:
    """The operation at work."""
    scenario = found or wire_items.Scenario()
    job = arm_id(scenario.job_id)
    return Scenario(
        name=scenario.scenario_name or "",
        job="" if job.endswith(NO_JOB) else job,
        started=scenario.start_time.at,
        status=status or "",
    )


def _target(details: wire_items.ItemDetails) -> RecoveryTarget:
    return RecoveryTarget(
        name=details.target_name or details.target_name_until_2018 or "",
        size=details.target_size or "",
        resource_group=arm_id(details.recovery_azure_resource_group_id),
        storage=arm_id(details.recovery_azure_storage_account),
        availability_set=arm_id(details.recovery_availability_set_id),
        availability_zone=details.target_availability_zone or "",
        managed_disks=details.use_managed_disks.value,
        network=arm_id(details.selected_recovery_azure_network_id),
        license_type=details.license_type or "",
        sql_license_type=details.sql_server_license_type or "",
    )


def _first(*counts: Count) -> int | None:
    return next((count.value for count in counts if count.value is not None), None)


def _progress(details: wire_items.ItemDetails) -> int | None:
    progress = details.initial_replication_details or wire_items.InitialReplication()
    return progress.initial_replication_progress_percentage.value


def _health_errors(item: wire_items.Item) -> tuple[str, ...]:
    """``code: text``; one list since 2018, before that two that repeat each other."""
    lists = (item.health_errors, item.replication_health_errors, item.failover_health_errors)
    errors = (error for errors in lists for error in errors or ())
    return tuple(dict.fromkeys(f"{error.code}: {error.text}" for error in errors))


def _disk(disk: wire_items.Disk) -> ProtectedDisk:
    return ProtectedDisk(
        id=arm_id(disk.vhd_id),
        name=disk.vhd_name or "",
        size_mb=disk.max_size.value,
        vhd_type=disk.vhd_type or "",
        lun=disk.lun_id or "",
    )


def _nic(nic: wire_items.Nic) -> ProtectedNic:
    """The primary address of an adapter; without one so marked, the first."""
    configs = sorted(nic.ip_configs or (), key=lambda config: not config.is_primary)
    first = configs[0] if configs else wire_items.IpConfig()
    return ProtectedNic(
        id=nic.nic_id or "",
        source_network=nic.source_network or "",
        target_network="" if nic.target_network == NO_NETWORK else arm_id(nic.target_network),
        target_subnet=first.recovery_subnet_name or nic.flat_subnet or "",
        target_address=first.recovery_static_ip_address or nic.flat_address or "",
        test_network=arm_id(nic.test_network),
        selection=nic.selection_type or "",
        test_subnet=first.tfo_subnet_name or "",
        test_address=first.tfo_address or "",
        security_group=arm_id(nic.recovery_network_security_group_id),
        test_security_group=arm_id(nic.tfo_network_security_group_id),
        public_address=arm_id(first.recovery_public_address),
        test_public_address=arm_id(first.tfo_public_address),
        source_address=first.source_address or nic.flat_source_address or "",
        target_name=nic.target_nic_name or "",
        primary=first.is_primary,
        addresses=len(configs),
    )


def _protectable(found: wire.Resource[wire_items.Protectable], ask: ArmAsk, path: str, vault: str) -> ProtectableItem:
    item = found.properties
    details = item.custom_details or wire_items.ProtectableDetails()
    return ProtectableItem(
        key=arm_id(found.id),
        seen=ask.seen(path),
        vault=vault,
        container=parent_id(found.id, "replicationProtectableItems"),
        name=item.friendly_name or found.name,
        vm_id=arm_id(details.source_item_id) if (details.instance_type or "").startswith(HYPERV) else "",
        protection_status=item.protection_status or "",
        protected_item=arm_id(item.replication_protected_item_id),
        readiness_errors=item.protection_readiness_errors or (),
        generation=details.generation or "",
        physical_disk=details.has_physical_disk or "",
        fibre_channel=details.has_fibre_channel_adapter or "",
        shared_disk=details.has_shared_vhd or "",
        host_id=details.hyper_v_host_id or "",
    )
