"""What does a Recovery Services vault protect, how, and by which plan would it be recovered?"""

from drcheck.discovery import ArmCollector
from drcheck.discovery.site_recovery import reads
from drcheck.discovery.site_recovery.items import read_items, read_protectables, read_recovery_points
from drcheck.discovery.site_recovery.plans import read_plans
from drcheck.discovery.site_recovery.state import (
    read_alerts,
    read_events,
    read_health,
    read_jobs,
    read_settings,
)
from drcheck.discovery.site_recovery.vault import (
    API,
    VAULT_API,
    read_container_mappings,
    read_containers,
    read_fabrics,
    read_logical_networks,
    read_network_mappings,
    read_networks,
    read_policies,
    read_providers,
    read_storage_classifications,
    read_storage_mappings,
    read_vault,
)
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
from drcheck.topology.site_recovery_state import (
    AlertSetting,
    LogicalNetwork,
    ProtectableItem,
    RecoveryPoints,
    RecoveryProvider,
    SiteRecoveryEvent,
    SiteRecoveryJob,
    StorageClassification,
    StorageMapping,
    VaultHealth,
    VaultSetting,
)

__all__ = ["API", "COLLECTORS", "ROLE", "VAULT_API"]

ROLE = "vault"

COLLECTORS = (
    ArmCollector(kind=Vault, read=read_vault, reads=reads.VAULT),
    ArmCollector(kind=Fabric, read=read_fabrics, reads=reads.FABRICS),
    ArmCollector(kind=RecoveryProvider, read=read_providers, reads=reads.PROVIDERS),
    ArmCollector(kind=ProtectionContainer, read=read_containers, reads=reads.CONTAINERS),
    ArmCollector(kind=ContainerMapping, read=read_container_mappings, reads=reads.CONTAINER_MAPPINGS),
    ArmCollector(kind=ReplicationPolicy, read=read_policies, reads=reads.POLICIES),
    ArmCollector(kind=ProtectedItem, read=read_items, reads=reads.ITEMS),
    ArmCollector(kind=ProtectableItem, read=read_protectables, reads=reads.PROTECTABLES),
    ArmCollector(kind=RecoveryPoints, read=read_recovery_points, reads=reads.RECOVERY_POINTS),
    ArmCollector(kind=RecoveryPlan, read=read_plans, reads=reads.PLANS),
    ArmCollector(kind=AsrNetwork, read=read_networks, reads=reads.NETWORKS),
    ArmCollector(kind=NetworkMapping, read=read_network_mappings, reads=reads.NETWORK_MAPPINGS),
    ArmCollector(kind=LogicalNetwork, read=read_logical_networks, reads=reads.LOGICAL_NETWORKS),
    ArmCollector(kind=StorageClassification, read=read_storage_classifications, reads=reads.STORAGE_CLASSIFICATIONS),
    ArmCollector(kind=StorageMapping, read=read_storage_mappings, reads=reads.STORAGE_MAPPINGS),
    ArmCollector(kind=SiteRecoveryJob, read=read_jobs, reads=reads.JOBS),
    ArmCollector(kind=SiteRecoveryEvent, read=read_events, reads=reads.EVENTS),
    ArmCollector(kind=VaultHealth, read=read_health, reads=reads.HEALTH),
    ArmCollector(kind=AlertSetting, read=read_alerts, reads=reads.ALERTS),
    ArmCollector(kind=VaultSetting, read=read_settings, reads=reads.SETTINGS),
)
