"""How is a vault set up: fabrics, providers, containers, mappings, policies, networks, storage?"""

from collections.abc import Iterator

from msgspec import Struct

from drcheck.discovery import ArmAsk
from drcheck.discovery.site_recovery import wire, wire_vault
from drcheck.topology.base import Target
from drcheck.topology.site_recovery import (
    AsrNetwork,
    AsrSubnet,
    ContainerMapping,
    Fabric,
    FabricHost,
    NetworkMapping,
    ProtectionContainer,
    ReplicationPolicy,
    Vault,
    VaultAlerts,
    VaultProtection,
)
from drcheck.topology.site_recovery_state import (
    LogicalNetwork,
    RecoveryProvider,
    StorageClassification,
    StorageMapping,
)
from drcheck.transport.arm_values import arm_id, parent_id, reference_id

VAULT_API = "2024-04-01"
"""Version of the vault's own resource: the first stable one with every alert setting, by Microsoft's change log."""
API = "2025-08-01"
"""Version of everything below the vault, as azure-mgmt-recoveryservicessiterecovery 2.0.0 speaks it."""
FIXED_INTERVAL = {"HyperVReplica2012": 300}
"""Providers whose policies have no interval to set: Windows Server 2012 replicates every five minutes."""
VMM = "VMM"


def fabric_or_azure(value: str | None) -> str:
    """An ARM id in lower case, or the words that stand for Azure as they are."""
    return arm_id(value) if (value or "").startswith("/") else value or ""


def read_vault(ask: ArmAsk, target: Target) -> Iterator[Vault]:
    """The vault itself."""
    vault = ask.one(target.endpoint, VAULT_API, wire_vault.Vault)
    yield Vault(
        key=arm_id(vault.id),
        seen=ask.seen(target.endpoint),
        name=vault.name,
        location=vault.location.lower(),
        subscription=arm_id(vault.id).split("/")[2],
        sku=(vault.sku and vault.sku.name) or "",
        identity_type=(vault.identity and vault.identity.type) or "",
        identity_principal=arm_id(vault.identity.principal_id if vault.identity else None),
        protection=_protection(vault.properties),
        alerts=_alerts(vault.properties.monitoring_settings or wire_vault.Monitoring()),
    )


def _protection(found: wire_vault.Properties) -> VaultProtection:
    redundancy = found.redundancy_settings or wire_vault.Redundancy()
    security = found.security_settings or wire_vault.Security()
    soft_delete = security.soft_delete_settings or wire_vault.SoftDelete()
    key = found.encryption and found.encryption.key_vault_properties
    connections = (one.properties for one in found.private_endpoint_connections or ())
    endpoints = (one and reference_id(one.private_endpoint) for one in connections)
    return VaultProtection(
        redundancy=redundancy.standard_tier_storage_redundancy or "",
        cross_region_restore=redundancy.cross_region_restore or "",
        immutability=(security.immutability_settings and security.immutability_settings.state) or "",
        soft_delete=soft_delete.soft_delete_state or "",
        soft_delete_days=soft_delete.soft_delete_retention_period_in_days.value,
        enhanced_security=soft_delete.enhanced_security_state or "",
        multi_user_authorization=security.multi_user_authorization or "",
        encryption_key=(key and key.key_uri) or "",
        public_network_access=found.public_network_access or "",
        private_endpoint_state=found.private_endpoint_state or "",
        private_endpoints=tuple(endpoint for endpoint in endpoints if endpoint),
    )


def _alerts(found: wire_vault.Monitoring) -> VaultAlerts:
    monitor = found.azure_monitor_alert_settings or wire_vault.MonitorAlerts()
    classic = found.classic_alert_settings or wire_vault.ClassicAlerts()
    return VaultAlerts(
        job_failures=monitor.alerts_for_all_job_failures or "",
        replication=monitor.alerts_for_all_replication_issues or "",
        failover=monitor.alerts_for_all_failover_issues or "",
        classic=classic.alerts_for_critical_operations or "",
        site_recovery_emails=classic.email_notifications_for_site_recovery or "",
    )


def read_fabrics(ask: ArmAsk, target: Target) -> Iterator[Fabric]:
    """VMM servers and Hyper-V sites; the pseudo fabric that stands for Azure is never listed."""
    path = f"{target.endpoint}/replicationFabrics"
    for found in ask.every(path, API, wire.Resource[wire.Fabric]):
        fabric = found.properties
        kind = fabric.custom_details or wire.FabricKind()
        encryption = fabric.encryption_details or wire.Encryption()
        yield Fabric(
            key=arm_id(found.id),
            seen=ask.seen(path),
            vault=target.endpoint,
            name=fabric.friendly_name,
            fabric_type=kind.instance_type or "",
            health=fabric.health or "",
            internal_id=arm_id(fabric.internal_identifier),
            state=fabric.bcdr_state or "",
            key_encryption=encryption.kek_state or "",
            key_expires=encryption.kek_cert_expiry_date.at,
            hosts=tuple(_host(host) for host in kind.hosts or ()),
            errors=wire.health(fabric.health_error_details, fabric.failover_health_error_details),
        )


def _host(host: wire.Host) -> FabricHost:
    return FabricHost(id=arm_id(host.id), name=host.name or "", agent_version=host.mars_agent_version or "")


def read_providers(ask: ArmAsk, target: Target) -> Iterator[RecoveryProvider]:
    """Providers of every fabric, with versions and signs of life."""
    path = f"{target.endpoint}/replicationRecoveryServicesProviders"
    for found in ask.every(path, API, wire.Resource[wire.Provider]):
        provider = found.properties
        version = provider.provider_version_details or wire.VersionDetails()
        yield RecoveryProvider(
            key=arm_id(found.id),
            seen=ask.seen(path),
            vault=target.endpoint,
            fabric=parent_id(found.id, "replicationRecoveryServicesProviders"),
            name=provider.friendly_name,
            fabric_type=provider.fabric_type or "",
            connection=provider.connection_status,
            last_heartbeat=provider.last_heart_beat.at,
            version=provider.provider_version or "",
            version_state=provider.provider_version_state or "",
            version_status=version.status or "",
            version_expires=version.expiry_date.at or provider.provider_version_expiry_date.at,
            server_version=provider.server_version or "",
            protected_items=provider.protected_item_count.value,
            errors=wire.health(provider.health_error_details),
        )


def read_containers(ask: ArmAsk, target: Target) -> Iterator[ProtectionContainer]:
    """VMM clouds and Hyper-V sites."""
    path = f"{target.endpoint}/replicationProtectionContainers"
    for found in ask.every(path, API, wire.Resource[wire.Container]):
        container = found.properties
        yield ProtectionContainer(
            key=arm_id(found.id),
            seen=ask.seen(path),
            vault=target.endpoint,
            fabric=parent_id(found.id, "replicationProtectionContainers"),
            name=container.friendly_name,
            cloud_id=found.name.lower() if container.fabric_type == VMM else "",
            pairing_status=container.pairing_status or "",
            role=container.role or "",
            fabric_type=container.fabric_type,
            protected_items=container.protected_item_count.value,
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
            target=fabric_or_azure(found.properties.target_protection_container_id),
            state=found.properties.state,
            health=found.properties.health or "",
            errors=wire.health(found.properties.health_error_details),
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
            retention_hours=details.recovery_point_history_duration_in_hours.value,
            retained_points=details.recovery_points.value,
        )


def read_networks(ask: ArmAsk, target: Target) -> Iterator[AsrNetwork]:
    """Networks of every fabric."""
    path = f"{target.endpoint}/replicationNetworks"
    for found in ask.every(path, API, wire.Resource[wire.Network]):
        network = found.properties
        yield AsrNetwork(
            key=arm_id(found.id),
            seen=ask.seen(path),
            vault=target.endpoint,
            fabric=parent_id(found.id, "replicationNetworks"),
            name=network.friendly_name,
            network_id=found.name.lower() if network.fabric_type == VMM else "",
            network_type=network.network_type or "",
            subnets=tuple(_subnet(subnet) for subnet in network.subnets or ()),
        )


def _subnet(subnet: wire.Subnet) -> AsrSubnet:
    parts = [address.partition("-") for address in subnet.address_list or ()]
    return AsrSubnet(
        name=subnet.friendly_name or subnet.name or "",
        prefixes=tuple(prefix for prefix, _, _ in parts),
        vlans=tuple(vlan.partition(" ")[0] for _, _, vlan in parts),
    )


def read_network_mappings(ask: ArmAsk, target: Target) -> Iterator[NetworkMapping]:
    """Which VM network becomes which virtual network."""
    path = f"{target.endpoint}/replicationNetworkMappings"
    for found in ask.every(path, API, wire.Resource[wire.NetworkMapping]):
        mapping = found.properties
        yield NetworkMapping(
            key=arm_id(found.id),
            seen=ask.seen(path),
            vault=target.endpoint,
            state=mapping.state,
            source=arm_id(mapping.primary_network_id),
            target=arm_id(mapping.recovery_network_id),
            target_kind=(mapping.fabric_specific_settings and mapping.fabric_specific_settings.instance_type) or "",
        )


class _Kind(Struct, frozen=True, rename="camel"):
    custom_details: wire.FabricKind | None = None


def read_logical_networks(ask: ArmAsk, target: Target) -> Iterator[LogicalNetwork]:
    """Logical networks, fabric by fabric: there is no list of all. Only VMM has any."""
    for fabric in ask.every(f"{target.endpoint}/replicationFabrics", API, wire.Resource[_Kind]):
        if fabric.properties.custom_details is None or fabric.properties.custom_details.instance_type != VMM:
            continue
        path = f"{fabric.id}/replicationLogicalNetworks"
        for found in ask.every(path, API, wire.Resource[wire.LogicalNetwork]):
            network = found.properties
            yield LogicalNetwork(
                key=arm_id(found.id),
                seen=ask.seen(path),
                vault=target.endpoint,
                fabric=arm_id(fabric.id),
                name=network.friendly_name,
                virtualization=network.network_virtualization_status or "",
                usage=network.logical_network_usage or "",
                definitions=network.logical_network_definitions_status or "",
            )


def read_storage_classifications(ask: ArmAsk, target: Target) -> Iterator[StorageClassification]:
    """Storage classifications of every fabric."""
    path = f"{target.endpoint}/replicationStorageClassifications"
    for found in ask.every(path, API, wire.Resource[wire.StorageClassification]):
        yield StorageClassification(
            key=arm_id(found.id),
            seen=ask.seen(path),
            vault=target.endpoint,
            fabric=parent_id(found.id, "replicationStorageClassifications"),
            name=found.properties.friendly_name or found.name,
        )


def read_storage_mappings(ask: ArmAsk, target: Target) -> Iterator[StorageMapping]:
    """What storage classifications become."""
    path = f"{target.endpoint}/replicationStorageClassificationMappings"
    for found in ask.every(path, API, wire.Resource[wire.StorageMapping]):
        yield StorageMapping(
            key=arm_id(found.id),
            seen=ask.seen(path),
            vault=target.endpoint,
            source=parent_id(found.id, "replicationStorageClassificationMappings"),
            target=arm_id(found.properties.target_storage_classification_id),
        )
