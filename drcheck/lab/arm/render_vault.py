"""How does Site Recovery describe what a vault knows: fabrics, containers, mappings, policies, networks, health?"""

from drcheck.lab.arm.answers import Ask, Json, no_such, seconds, ticks
from drcheck.lab.arm.render_items import allowed_operations, failover_health
from drcheck.lab.arm.render_legacy import is_legacy, render_legacy_policy
from drcheck.lab.azure.landscape import VaultSettings
from drcheck.lab.azure.state import (
    AZURE_FABRIC,
    TO_AZURE,
    ContainerMapping,
    Fabric,
    NetworkMapping,
    Policy,
    Vault,
)
from drcheck.lab.state.world import Cloud, VmmServer, VmNetwork

_TYPE = "Microsoft.RecoveryServices/vaults"
_PROVIDER_LIFE = 180 * 86400.0
_KEY_LIFE = 900 * 86400.0


def render_registration(ask: Ask, vault: Vault) -> Json:
    """The vault itself, which belongs to another service and is written with ARM's own casing."""
    return {
        "location": vault.region,
        "name": vault.name,
        "etag": "W/\"datetime'2024-01-15T09%3A00%3A00.0000000Z'\"",
        "tags": {},
        "properties": _settings(ask.azure.landscape.settings),
        "identity": {
            "type": "SystemAssigned",
            "principalId": ask.world.id_for("vault-identity", vault.name),
            "tenantId": ask.world.id_for("tenant"),
        },
        "id": ask.azure.vault_id(vault, own=False),
        "type": _TYPE,
        "sku": {"name": "RS0", "tier": "Standard"},
    }


def _settings(settings: VaultSettings) -> Json:
    """What the vault is set to; documented for version 2024-04-01, recorded in part in 2023."""
    return {
        "provisioningState": "Succeeded",
        "privateEndpointStateForBackup": "None",
        "privateEndpointStateForSiteRecovery": "None",
        "publicNetworkAccess": settings.public_access,
        "monitoringSettings": {
            "azureMonitorAlertSettings": {
                "alertsForAllJobFailures": settings.monitor_alerts,
                "alertsForAllReplicationIssues": settings.monitor_alerts,
                "alertsForAllFailoverIssues": settings.monitor_alerts,
            },
            "classicAlertSettings": {
                "alertsForCriticalOperations": settings.classic_alerts,
                "emailNotificationsForSiteRecovery": settings.classic_alerts,
            },
        },
        "redundancySettings": {
            "standardTierStorageRedundancy": settings.redundancy,
            "crossRegionRestore": "Disabled",
        },
        "securitySettings": {
            "immutabilitySettings": {"state": settings.immutability},
            "softDeleteSettings": {
                "softDeleteRetentionPeriodInDays": settings.soft_delete_days,
                "softDeleteState": settings.soft_delete,
                "enhancedSecurityState": "Enabled",
            },
            "multiUserAuthorization": settings.multi_user_authorization,
        },
    }


def render_fabric(ask: Ask, fabric: Fabric) -> Json:
    """A VMM server."""
    return {
        "name": fabric.name,
        "type": f"{_TYPE}/replicationFabrics",
        "id": f"{ask.v}/replicationFabrics/{fabric.name}",
        "properties": {
            "friendlyName": fabric.friendly_name,
            "encryptionDetails": {
                "kekState": "Enabled",
                "kekCertThumbprint": fabric.name[:40].upper(),
                "kekCertExpiryDate": seconds(ask.now + _KEY_LIFE),
            },
            "rolloverEncryptionDetails": {"kekState": "Enabled", "kekCertThumbprint": None},
            "internalIdentifier": fabric.internal_id,
            "bcdrState": "Valid",
            "customDetails": {"instanceType": "VMM"},
            "healthErrorDetails": [],
            "health": fabric.health,
        },
    }


def render_provider(ask: Ask, fabric: Fabric) -> Json:
    """The provider on a VMM server."""
    clouds = {cloud.id for cloud in server_of(ask, fabric).clouds}
    expiry = ticks(ask.now + _PROVIDER_LIFE)
    return {
        "id": f"{ask.v}/replicationFabrics/{fabric.name}/replicationRecoveryServicesProviders/{fabric.internal_id}",
        "name": fabric.internal_id,
        "type": f"{_TYPE}/replicationFabrics/replicationRecoveryServicesProviders",
        "properties": {
            "fabricType": "VMM",
            "friendlyName": fabric.friendly_name,
            "providerVersion": fabric.provider_version,
            "serverVersion": fabric.server_version,
            "providerVersionState": "Latest" if fabric.provider_status == "Supported" else fabric.provider_status,
            "providerVersionExpiryDate": expiry,
            "fabricFriendlyName": fabric.friendly_name,
            "lastHeartBeat": ticks(ask.now - fabric.heartbeat_age),
            "connectionStatus": fabric.connection,
            "protectedItemCount": sum(item.cloud_id in clouds for item in ask.vault.items),
            "allowedScenarios": ["Refresh", "Purge"],
            "healthErrorDetails": [],
            "draIdentifier": fabric.internal_id,
            "providerVersionDetails": {
                "version": fabric.provider_version,
                "expiryDate": expiry,
                "status": fabric.provider_status,
            },
        },
    }


def render_container(ask: Ask, fabric: Fabric, cloud: Cloud) -> Json:
    """A VMM cloud."""
    paired = any(mapping.cloud_id == cloud.id for mapping in ask.vault.container_mappings)
    return {
        "id": f"{ask.v}/replicationFabrics/{fabric.name}/replicationProtectionContainers/{cloud.id}",
        "name": cloud.id,
        "type": f"{_TYPE}/replicationFabrics/replicationProtectionContainers",
        "properties": {
            "fabricFriendlyName": fabric.friendly_name,
            "friendlyName": cloud.name,
            "fabricType": "VMM",
            "protectedItemCount": sum(item.cloud_id == cloud.id for item in ask.vault.items),
            "pairingStatus": "Paired" if paired else "NotPaired",
            "role": "Primary" if paired else "",
            "fabricSpecificDetails": None,
        },
    }


def render_container_mapping(ask: Ask, mapping: ContainerMapping) -> Json:
    """A cloud's policy."""
    fabric, cloud = _place(ask, mapping.cloud_id)
    container = f"{ask.v}/replicationFabrics/{fabric.name}/replicationProtectionContainers/{cloud.id}"
    return {
        "id": f"{container}/replicationProtectionContainerMappings/{mapping.name}",
        "name": mapping.name,
        "type": f"{_TYPE}/replicationFabrics/replicationProtectionContainers/replicationProtectionContainerMappings",
        "properties": {
            "targetProtectionContainerId": mapping.target,
            "targetProtectionContainerFriendlyName": TO_AZURE if mapping.target == TO_AZURE else mapping.target,
            "providerSpecificDetails": None,
            "health": mapping.health,
            "healthErrorDetails": [],
            "policyId": f"{ask.v}/replicationPolicies/{mapping.policy}",
            "state": mapping.state,
            "sourceProtectionContainerFriendlyName": cloud.name,
            "sourceFabricFriendlyName": fabric.friendly_name,
            "targetFabricFriendlyName": TO_AZURE if mapping.target == TO_AZURE else fabric.friendly_name,
            "policyFriendlyName": mapping.policy,
        },
    }


def render_policy(ask: Ask, policy: Policy) -> Json:
    """A replication policy."""
    to_azure = {
        "instanceType": policy.provider,
        "recoveryPointHistoryDurationInHours": policy.history_hours,
        "applicationConsistentSnapshotFrequencyInHours": policy.app_consistent_hours,
        "replicationInterval": policy.interval,
        "encryption": policy.encryption,
        "activeStorageAccountId": None,
    }
    return {
        "id": f"{ask.v}/replicationPolicies/{policy.name}",
        "name": policy.name,
        "type": f"{_TYPE}/replicationPolicies",
        "properties": {
            "friendlyName": policy.name,
            "providerSpecificDetails": render_legacy_policy(policy) if is_legacy(policy.provider) else to_azure,
        },
    }


def render_network(ask: Ask, fabric: Fabric, network: VmNetwork) -> Json:
    """A VM network."""
    kinds = {"NoIsolation": "NoIsolation", "VLANNetwork": "VLANNetwork"}
    return {
        "type": f"{_TYPE}/replicationFabrics/replicationNetworks",
        "id": f"{ask.v}/replicationFabrics/{fabric.name}/replicationNetworks/{network.id}",
        "name": network.id,
        "properties": {
            "fabricType": "VMM",
            "subnets": [],
            "friendlyName": network.name,
            "networkType": kinds.get(network.isolation, "WindowsNetworkVirtualization"),
        },
    }


def render_logical_network(ask: Ask, fabric: Fabric, name: str) -> Json:
    """A logical network of VMM."""
    key = ask.world.id_for("logical-network", name)
    return {
        "id": f"{ask.v}/replicationFabrics/{fabric.name}/replicationLogicalNetworks/{key}",
        "name": key,
        "type": f"{_TYPE}/replicationFabrics/replicationLogicalNetworks",
        "properties": {
            "friendlyName": name,
            "networkVirtualizationStatus": "Disabled",
            "logicalNetworkUsage": "Dedicated",
            "logicalNetworkDefinitionsStatus": "Enabled",
        },
    }


def render_network_mapping(ask: Ask, mapping: NetworkMapping) -> Json:
    """A VM network with its VNet."""
    fabric, network = _network(ask, mapping.network_id)
    source = f"{ask.v}/replicationFabrics/{fabric.name}/replicationNetworks/{network.id}"
    return {
        "type": f"{_TYPE}/replicationFabrics/replicationNetworks/replicationNetworkMappings",
        "id": f"{source}/replicationNetworkMappings/{mapping.name}",
        "name": mapping.name,
        "properties": {
            "state": mapping.state,
            "primaryNetworkFriendlyName": network.name,
            "primaryNetworkId": source,
            "primaryFabricFriendlyName": fabric.friendly_name,
            "recoveryNetworkFriendlyName": mapping.vnet_id.rpartition("/")[2],
            "recoveryNetworkId": mapping.vnet_id,
            "recoveryFabricArmId": f"{ask.v}/replicationFabrics/{AZURE_FABRIC}",
            "recoveryFabricFriendlyName": TO_AZURE,
            "fabricSpecificSettings": {"instanceType": "VmmToAzure"},
        },
    }


def render_health(ask: Ask) -> Json:
    """The vault's health, counted from its items."""
    items = ask.vault.items
    waiting = sum(bool(item.test_machine) for item in items)
    applicable = sum("TestFailover" in allowed_operations(item) for item in items)
    counts = {
        "testFailoverApplicableProtectedItemsCount": applicable,
        "testFailoverInProgressProtectedItemsCount": sum(bool(item.job_id) for item in items),
        "testFailoverWaitingProtectedItemsCount": waiting,
        "protectedItemsCriticalCount": sum(item.replication_health == "Critical" for item in items),
        "protectedItemsWarningCount": sum(item.replication_health == "Warning" for item in items),
        "protectedItemsNeutralCount": 0,
        "protectedItemsTestFailoverCriticalCount": 0,
        "protectedItemsTestFailoverWarningCount": sum(failover_health(item) == "Warning" for item in items),
        "protectedItemsConfigurationCriticalCount": 0,
        "protectedItemsConfigurationWarningCount": 0,
        "protectedItemsFailoverHealthCriticalCount": sum(failover_health(item) == "Critical" for item in items),
        "protectedItemsFailoverHealthWarningCount": sum(failover_health(item) == "Warning" for item in items),
    }
    clouds = sum(len(server_of(ask, fabric).clouds) for fabric in ask.vault.fabrics)
    return {
        "name": "Default",
        "type": f"{_TYPE}/replicationVaultHealth",
        "id": f"{ask.v}/replicationVaultHealth/Default",
        "properties": {
            "vaultErrors": [],
            "protectedItemsHealth": {"resourceCount": len(items), "issues": [], "categorizedResourceCounts": counts},
            "fabricsHealth": {
                "resourceCount": len(ask.vault.fabrics),
                "issues": [],
                "categorizedResourceCounts": None,
            },
            "containersHealth": {"resourceCount": clouds, "issues": [], "categorizedResourceCounts": None},
        },
    }


def render_setting(ask: Ask, kind: str, name: str, properties: Json) -> Json:
    """A setting of the vault."""
    return {
        "name": name,
        "type": f"{_TYPE}/{kind}",
        "id": f"{ask.v}/{kind}/{name}",
        "properties": properties,
    }


def fabric_named(ask: Ask) -> Fabric:
    """The fabric that the path names."""
    for fabric in ask.vault.fabrics:
        if fabric.name.lower() == ask.args["fabric"].lower():
            return fabric
    raise no_such(ask.args["fabric"])


def server_of(ask: Ask, fabric: Fabric) -> VmmServer:
    """The VMM server behind a fabric."""
    return next(server for server in ask.world.vmm if server.name == fabric.friendly_name)


def _place(ask: Ask, cloud_id: str) -> tuple[Fabric, Cloud]:
    return next(
        (fabric, cloud)
        for fabric in ask.vault.fabrics
        for cloud in server_of(ask, fabric).clouds
        if cloud.id == cloud_id
    )


def _network(ask: Ask, network_id: str) -> tuple[Fabric, VmNetwork]:
    return next(
        (fabric, network)
        for fabric in ask.vault.fabrics
        for network in server_of(ask, fabric).networks
        if network.id == network_id
    )
