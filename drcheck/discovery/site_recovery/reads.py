"""Which GETs does each collector of this source make? Declared: rights follow from it, and nothing else is sent."""

from drcheck.discovery.site_recovery.vault import API, VAULT_API
from drcheck.query import ArmRead

_FABRIC = "replicationFabrics/{fabric}"
_CONTAINER = f"{_FABRIC}/replicationProtectionContainers/{{container}}"
_ITEM = f"{_CONTAINER}/replicationProtectedItems/{{item}}"


def _get(path: str) -> ArmRead:
    return ArmRead(path=f"{{vault}}/{path}", api_version=API)


VAULT = (ArmRead(path="{vault}", api_version=VAULT_API),)
FABRICS = (_get("replicationFabrics"),)
PROVIDERS = (_get("replicationRecoveryServicesProviders"),)
CONTAINERS = (_get("replicationProtectionContainers"),)
CONTAINER_MAPPINGS = (_get("replicationProtectionContainerMappings"),)
POLICIES = (_get("replicationPolicies"),)
ITEMS = (_get("replicationProtectedItems"), _get(f"{_CONTAINER}/replicationProtectableItems"))
PROTECTABLES = (*CONTAINERS, _get(f"{_CONTAINER}/replicationProtectableItems"))
RECOVERY_POINTS = (_get("replicationProtectedItems"), _get(f"{_ITEM}/recoveryPoints"))
PLANS = (_get("replicationRecoveryPlans"), _get("replicationRecoveryPlans/{plan}"))
NETWORKS = (_get("replicationNetworks"),)
NETWORK_MAPPINGS = (_get("replicationNetworkMappings"),)
LOGICAL_NETWORKS = (*FABRICS, _get(f"{_FABRIC}/replicationLogicalNetworks"))
STORAGE_CLASSIFICATIONS = (_get("replicationStorageClassifications"),)
STORAGE_MAPPINGS = (_get("replicationStorageClassificationMappings"),)
JOBS = (_get("replicationJobs"), _get("replicationJobs/{job}"))
EVENTS = (_get("replicationEvents"),)
HEALTH = (_get("replicationVaultHealth"),)
ALERTS = (_get("replicationAlertSettings"),)
SETTINGS = (_get("replicationVaultSettings"),)
