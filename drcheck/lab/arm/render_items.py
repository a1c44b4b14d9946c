"""How does Site Recovery describe a machine: protectable, protected, its disks, adapters and recovery points?"""

from pathlib import PureWindowsPath

from drcheck.lab.arm.answers import Ask, Json, no_such, seconds, ticks
from drcheck.lab.arm.render_legacy import is_legacy, render_legacy_details
from drcheck.lab.azure.build import fabric_of
from drcheck.lab.azure.points import application_consistent, newest_data, recovery_points
from drcheck.lab.azure.state import AZURE_CONTAINER, AZURE_FABRIC, TO_AZURE, HealthError, ProtectedItem
from drcheck.lab.state.world import Disk, Nic, Vm

NO_JOB_TIME = "1753-01-01T01:01:01Z"
"""Start of the scenario ``None``."""

_TYPE = "Microsoft.RecoveryServices/vaults/replicationFabrics/replicationProtectionContainers"

_ALLOWED = {
    ("Protected", "Primary"): ["PlannedFailover", "UnplannedFailover", "DisableProtection", "TestFailover"],
    ("PlannedFailoverCommitRequired", "Recovery"): ["CompleteMigration", "Commit", "DisableProtection", "ChangePit"],
    ("UnplannedFailoverCommitPendingStatesBegin", "Recovery"): ["Commit", "DisableProtection", "ChangePit"],
    ("UnplannedFailoverStatesBegin", "Recovery"): ["ReverseReplicate", "DisableProtection"],
}


def allowed_operations(item: ProtectedItem) -> list[str]:
    """What the service would let anybody do with an item now: nothing at all while a job works on it."""
    if item.job_id:
        return []
    if item.test_machine:
        return ["TestFailoverCleanup"]
    return _ALLOWED.get((item.protection_state, item.active_location), ["DisableProtection"])


def failover_health(item: ProtectedItem) -> str:
    """Warning until a test failover has succeeded; it never expires after that."""
    tested = item.last_test is not None or item.last_test_age is not None
    return item.failover_health or ("Normal" if tested else "Warning")


def container_path(ask: Ask, cloud_id: str) -> str:
    """ARM id of a protection container."""
    fabric = fabric_of(ask.world, cloud_id)
    return f"{ask.v}/replicationFabrics/{fabric.name}/replicationProtectionContainers/{cloud_id}"


def item_path(ask: Ask, item: ProtectedItem) -> str:
    """ARM id of a protected item."""
    return f"{container_path(ask, item.cloud_id)}/replicationProtectedItems/{item.name}"


def protectable_vms(ask: Ask, cloud_id: str) -> list[Vm]:
    """VMs of a cloud, and those that are still protected although they have left it."""
    protected = {item.vm_id for item in ask.vault.items if item.cloud_id == cloud_id}
    return [vm for vm in ask.world.vms.values() if vm.in_vmm and (vm.cloud_id == cloud_id or vm.id in protected)]


def render_protectable(ask: Ask, vm: Vm, cloud_id: str) -> Json:
    """A VM that could be protected. ``sourceItemId`` is its Hyper-V id; its name here is VMM's."""
    item = ask.vault.item_of(vm.id)
    provider = fabric_of(ask.world, cloud_id)
    base = f"{ask.v}/replicationFabrics/{provider.name}/replicationRecoveryServicesProviders"
    return {
        "id": f"{container_path(ask, cloud_id)}/replicationProtectableItems/{vm.vmm_id}",
        "name": vm.vmm_id,
        "type": f"{_TYPE}/replicationProtectableItems",
        "properties": {
            "friendlyName": vm.name,
            "protectionStatus": "Protected" if item else "Unprotected",
            "replicationProtectedItemId": item_path(ask, item) if item else None,
            "recoveryServicesProviderId": f"{base}/{provider.internal_id}",
            "protectionReadinessErrors": [],
            "supportedReplicationProviders": ["HyperVReplicaAzure"],
            "customDetails": {
                "instanceType": "HyperVVirtualMachine",
                "sourceItemId": vm.id,
                "generation": str(vm.generation),
                "osDetails": None,
                "diskDetails": [
                    {
                        "maxSizeMB": disk.size_gb * 1024,
                        "vhdType": "Data",
                        "vhdId": _disk_id(ask, vm, disk),
                        "vhdName": PureWindowsPath(disk.path).stem,
                    }
                    for disk in vm.disks
                ],
                "hasPhysicalDisk": "NotPresent",
                "hasFibreChannelAdapter": "NotPresent",
                "hasSharedVhd": "Unknown",
                "hyperVHostId": ask.world.id_for("vmm-host", vm.host),
            },
        },
    }


def render_item(ask: Ask, item: ProtectedItem) -> Json:
    """A protected item; keys for test and real failovers that never happened are absent, as recorded."""
    vm, fabric = ask.world.vms[item.vm_id], fabric_of(ask.world, item.cloud_id)
    cloud = next(cloud for server in ask.world.vmm for cloud in server.clouds if cloud.id == item.cloud_id)
    errors = [*item.health_errors, *_untested(item, vm)]
    tested, legacy = _tested(ask, item), is_legacy(item.provider)
    recovery_id = f"{ask.v}/replicationFabrics/{fabric.name}" if legacy else TO_AZURE
    properties: dict[str, object] = {
        "friendlyName": vm.name,
        "protectedItemType": "HyperVVirtualMachine",
        "protectableItemId": f"{container_path(ask, item.cloud_id)}/replicationProtectableItems/{item.name}",
        "recoveryServicesProviderId": (
            f"{ask.v}/replicationFabrics/{fabric.name}/replicationRecoveryServicesProviders/{fabric.internal_id}"
        ),
        "primaryFabricFriendlyName": fabric.friendly_name,
        "primaryFabricProvider": "VmmFabric",
        "recoveryFabricFriendlyName": fabric.friendly_name if legacy else TO_AZURE,
        "recoveryFabricId": recovery_id,
        "primaryProtectionContainerFriendlyName": cloud.name,
        "recoveryProtectionContainerFriendlyName": TO_AZURE,
        "protectionState": item.protection_state,
        "protectionStateDescription": item.state_description,
        "activeLocation": item.active_location,
        "testFailoverState": item.test_failover_state,
        "testFailoverStateDescription": _TEST_STATES.get(item.test_failover_state, item.test_failover_state),
        "switchProviderState": "None",
        "switchProviderStateDescription": None,
        "allowedOperations": allowed_operations(item),
        "replicationHealth": item.replication_health,
        "failoverHealth": failover_health(item),
        "healthErrors": [_render_error(ask, error, vm) for error in errors],
        "policyId": f"{ask.v}/replicationPolicies/{item.policy}",
        "policyFriendlyName": item.policy,
        "currentScenario": _scenario(ask, item),
        "failoverRecoveryPointId": None,
        "providerSpecificDetails": render_legacy_details(ask, item, vm) if legacy else _details(ask, item, vm),
        "recoveryContainerId": (
            f"{ask.v}/replicationFabrics/{AZURE_FABRIC}/replicationProtectionContainers/{AZURE_CONTAINER}"
        ),
        "eventCorrelationId": ask.world.id_for("correlation", item.name),
    }
    if tested is not None:
        properties["lastSuccessfulTestFailoverTime"] = ticks(tested)
    if item.last_failover is not None:
        properties["lastSuccessfulFailoverTime"] = ticks(item.last_failover)
    return {
        "id": item_path(ask, item),
        "name": item.name,
        "type": f"{_TYPE}/replicationProtectedItems",
        "properties": properties,
    }


_TEST_STATES = {
    "None": "None",
    "MarkedForDeletion": "Cleaning up test environment",
    "WaitingForCompletion": "Waiting for user input",
}


def render_point(ask: Ask, item: ProtectedItem, moment: float) -> Json:
    """A recovery point."""
    return {
        "id": f"{item_path(ask, item)}/recoveryPoints/{point_name(ask, item, moment)}",
        "name": point_name(ask, item, moment),
        "type": f"{_TYPE}/replicationProtectedItems/recoveryPoints",
        "properties": {
            "recoveryPointTime": ticks(moment),
            "recoveryPointType": "ApplicationConsistent" if application_consistent(moment) else "CrashConsistent",
            "providerSpecificDetails": None,
        },
    }


def points(ask: Ask, item: ProtectedItem) -> list[float]:
    """Moments that the item could be recovered to, newest first."""
    return recovery_points(ask.azure, ask.vault, item, ask.now)


def point_named(ask: Ask, item: ProtectedItem, point_id: str) -> float:
    """The moment of a recovery point, by its name or ARM id."""
    name = point_id.rpartition("/")[2].lower()
    for moment in points(ask, item):
        if point_name(ask, item, moment) == name:
            return moment
    raise no_such(point_id)


def point_name(ask: Ask, item: ProtectedItem, moment: float) -> str:
    """Name of a recovery point; the same at every reading."""
    return ask.world.id_for("recovery-point", item.name, str(int(moment)))


def _details(ask: Ask, item: ProtectedItem, vm: Vm) -> Json:
    """What is particular to replication of Hyper-V to Azure.

    ``vmId`` is VMM's id of the VM when it comes from a VMM cloud, not Hyper-V's (both VMM recordings of 2017 show it);
    the Hyper-V id is found in the protectable item.
    """
    networks = [_render_nic(ask, item, vm, number, nic) for number, nic in enumerate(vm.nics)]
    targets = [nic["recoveryVMNetworkId"] for nic in networks if nic["recoveryVMNetworkId"]]
    calculated, rpo = ask.now - item.rpo_age, item.rpo_seconds
    newest = newest_data(ask.azure, item, ask.now)
    if item.stalled_age is not None:
        rpo = int(calculated - newest)
    return {
        "instanceType": item.provider,
        "azureVmDiskDetails": [_render_disk(ask, vm, number, disk) for number, disk in enumerate(_kept(vm))],
        "recoveryAzureVmName": item.target_name,
        "recoveryAzureVMSize": item.size,
        "recoveryAzureStorageAccount": None,
        "recoveryAzureLogStorageAccountId": None,
        "lastReplicatedTime": seconds(newest),
        "rpoInSeconds": rpo,
        "lastRpoCalculatedTime": None if rpo is None else ticks(calculated),
        "vmId": vm.vmm_id,
        "vmProtectionState": item.protection_state,
        "vmProtectionStateDescription": item.state_description,
        "initialReplicationDetails": {
            "initialReplicationType": "InitialReplication",
            "initialReplicationProgressPercentage": "0",
        },
        "vmNics": networks,
        "selectedRecoveryAzureNetworkId": targets[0] if targets else None,
        "selectedSourceNicId": vm.nics[0].id if vm.nics else None,
        "encryption": item.encryption,
        "oSDetails": {
            "osType": "Windows",
            "productType": "UNKNOWN",
            "osEdition": "Standard",
            "oSVersion": "1.1.1.1",
            "oSMajorVersion": "0",
            "oSMinorVersion": "0",
        },
        "sourceVmRamSizeInMB": vm.memory_mb,
        "sourceVmCpuCount": vm.cpus,
        "enableRdpOnTargetOption": "Never",
        "recoveryAzureResourceGroupId": ask.azure.group_id(ask.azure.recovery_group),
        "recoveryAvailabilitySetId": None,
        "targetAvailabilityZone": None,
        "targetProximityPlacementGroupId": None,
        "useManagedDisks": "true",
        "licenseType": item.license_type,
        "sqlServerLicenseType": "NotSpecified",
        "lastRecoveryPointReceived": ticks(newest),
        "targetVmTags": {},
        "seedManagedDiskTags": None,
        "targetManagedDiskTags": None,
        "targetNicTags": {},
        "protectedManagedDisks": [],
    }


def _render_disk(ask: Ask, vm: Vm, number: int, disk: Disk) -> Json:
    key = _disk_id(ask, vm, disk)
    return {
        "vhdType": "OperatingSystem" if number == 0 else "Data",
        "vhdId": key,
        "diskId": f"{vm.id}_{ask.world.id_for('controller', vm.id)}_0_{number}".upper(),
        "vhdName": PureWindowsPath(disk.path).stem,
        "maxSizeMB": str(disk.size_gb * 1024),
        "targetDiskLocation": None,
        "targetDiskName": None,
        "lunId": str(number),
        "diskEncryptionSetId": None,
        "customTargetDiskName": None,
    }


def _render_nic(ask: Ask, item: ProtectedItem, vm: Vm, number: int, nic: Nic) -> dict[str, object]:
    target = next((m.vnet_id for m in ask.vault.network_mappings if m.network_id == nic.network_id), None)
    names = {network.id: network.name for server in ask.world.vmm for network in server.networks}
    address = {
        "name": None,
        "isPrimary": True,
        "subnetName": None,
        "staticIPAddress": nic.address or None,
        "ipAddressType": "Static" if nic.address else "Dynamic",
        "isSeletedForFailover": target is not None,
        "recoverySubnetName": (item.subnet or None) if target else None,
        "recoveryStaticIPAddress": item.address,
        "recoveryIPAddressType": "Static" if item.address else "Dynamic",
        "recoveryPublicIPAddressId": None,
        "recoveryLBBackendAddressPoolIds": None,
        "tfoSubnetName": item.test_subnet or None,
        "tfoStaticIPAddress": None,
        "tfoPublicIPAddressId": None,
        "tfoLBBackendAddressPoolIds": None,
    }
    return {
        "nicId": nic.id,
        "replicaNicId": None,
        "sourceNicArmId": None,
        "vMNetworkName": names.get(nic.network_id, ""),
        "recoveryVMNetworkId": target,
        "ipConfigs": [address],
        "selectionType": "SelectedByUser" if target else "NotSelected",
        "recoveryNetworkSecurityGroupId": None,
        "enableAcceleratedNetworkingOnRecovery": None,
        "tfoVMNetworkId": None,
        "tfoNetworkSecurityGroupId": None,
        "enableAcceleratedNetworkingOnTfo": None,
        "recoveryNicName": None,
        "recoveryNicResourceGroupName": None,
        "reuseExistingNic": False,
        "tfoRecoveryNicName": None,
        "tfoRecoveryNicResourceGroupName": None,
        "tfoReuseExistingNic": False,
        "targetNicName": f"nic-{vm.name}-{number:02d}",
    }


def _scenario(ask: Ask, item: ProtectedItem) -> Json:
    job = ask.vault.jobs.get(item.job_id or item.test_job_id)
    if job is None:
        return {"scenarioName": "None", "jobId": f"{ask.v}/replicationJobs/None", "startTime": NO_JOB_TIME}
    start = ticks(job.started) if job.started else NO_JOB_TIME
    return {"scenarioName": job.scenario, "jobId": f"{ask.v}/replicationJobs/{job.id}", "startTime": start}


def _untested(item: ProtectedItem, vm: Vm) -> list[HealthError]:
    if item.last_test is not None or item.last_test_age is not None:
        return []
    text = f"No successful test failover has been done on the virtual machine '{vm.name}'."
    return [HealthError(code="161011", summary="", message=text, category="TestFailover", level="Warning")]


def _render_error(ask: Ask, error: HealthError, vm: Vm) -> Json:
    return {
        "innerHealthErrors": [],
        "errorSource": "ReplicationUnitFailoverValidatorError",
        "errorType": "8010",
        "errorLevel": error.level,
        "errorCategory": error.category,
        "errorCode": error.code,
        "summaryMessage": error.summary,
        "errorMessage": error.message,
        "possibleCauses": "",
        "recommendedAction": "",
        "creationTimeUtc": ticks(ask.now - error.age),
        "recoveryProviderErrorMessage": None,
        "entityId": vm.id,
        "errorId": f"6:{error.code}",
        "customerResolvability": "NotAllowed",
    }


def _tested(ask: Ask, item: ProtectedItem) -> float | None:
    if item.last_test is not None:
        return item.last_test
    return None if item.last_test_age is None else (ask.azure.epoch or ask.now) - item.last_test_age


def _kept(vm: Vm) -> list[Disk]:
    return [disk for disk in vm.disks if disk.replicated]


def _disk_id(ask: Ask, vm: Vm, disk: Disk) -> str:
    return ask.world.id_for("vhd", vm.id, disk.path)
