"""What does the vault's own provider write about the vault? Version 2023-02-01 was recorded, later ones documented.

Microsoft's change log of ``Microsoft.RecoveryServices/vaults`` says which version added what: soft delete 2023-04-01,
redundancy 2023-08-01, the finer alert settings 2024-02-01.
"""

from msgspec import Struct, field

from drcheck.transport.arm_values import NO_COUNT, Count, Reference


class Redundancy(Struct, frozen=True, rename="camel"):
    """Of the vault's own storage."""

    standard_tier_storage_redundancy: str | None = None
    cross_region_restore: str | None = None


class Immutability(Struct, frozen=True, rename="camel"):
    """Null where nobody ever set it (recorded 2023)."""

    state: str | None = None


class SoftDelete(Struct, frozen=True, rename="camel"):
    """What happens to what is deleted."""

    soft_delete_state: str | None = None
    soft_delete_retention_period_in_days: Count = NO_COUNT
    enhanced_security_state: str | None = None


class Security(Struct, frozen=True, rename="camel"):
    """What protects the vault from its own administrators."""

    immutability_settings: Immutability | None = None
    soft_delete_settings: SoftDelete | None = None
    multi_user_authorization: str | None = None


class MonitorAlerts(Struct, frozen=True, rename="camel"):
    """Alerts by Azure Monitor."""

    alerts_for_all_job_failures: str | None = None
    alerts_for_all_replication_issues: str | None = None
    alerts_for_all_failover_issues: str | None = None


class ClassicAlerts(Struct, frozen=True, rename="camel"):
    """The older alerts."""

    alerts_for_critical_operations: str | None = None
    email_notifications_for_site_recovery: str | None = None


class Monitoring(Struct, frozen=True, rename="camel"):
    """Who is told of what fails."""

    azure_monitor_alert_settings: MonitorAlerts | None = None
    classic_alert_settings: ClassicAlerts | None = None


class KeyVault(Struct, frozen=True, rename="camel"):
    """Where the customer's key is."""

    key_uri: str | None = None


class Encryption(Struct, frozen=True, rename="camel"):
    """With whose key data are encrypted."""

    key_vault_properties: KeyVault | None = None


class ConnectionProperties(Struct, frozen=True, rename="camel"):
    """A private endpoint's connection."""

    private_endpoint: Reference | None = None


class Connection(Struct, frozen=True):
    """A private endpoint's connection."""

    properties: ConnectionProperties | None = None


class Properties(Struct, frozen=True, rename="camel"):
    """What the vault is set to."""

    redundancy_settings: Redundancy | None = None
    security_settings: Security | None = None
    monitoring_settings: Monitoring | None = None
    encryption: Encryption | None = None
    public_network_access: str | None = None
    private_endpoint_state: str | None = field(default=None, name="privateEndpointStateForSiteRecovery")
    private_endpoint_connections: tuple[Connection, ...] | None = None


class Identity(Struct, frozen=True, rename="camel"):
    """The vault's own identity."""

    type: str | None = None
    principal_id: str | None = None


class Sku(Struct, frozen=True):
    """``RS0`` or ``Standard``."""

    name: str | None = None


class Vault(Struct, frozen=True):
    """The vault itself: here the location stands beside the properties."""

    id: str
    name: str
    location: str
    properties: Properties = field(default_factory=Properties)
    identity: Identity | None = None
    sku: Sku | None = None
