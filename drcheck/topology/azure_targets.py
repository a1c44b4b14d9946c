"""Which machines would come up where in Azure, and what is named as Site Recovery names what a test leaves?"""

from drcheck.topology.azure_compute import VmSize
from drcheck.topology.base import Topology
from drcheck.topology.site_recovery import ProtectedItem, Vault
from drcheck.topology.subscriptions import azure_scope

TO_AZURE = "HyperVReplicaAzure"


def waiting(item: ProtectedItem) -> bool:
    """Would a failover still create this machine in Azure? One that runs there already needs nothing more."""
    return item.provider == TO_AZURE and item.active_location != "Recovery"


def size_of(topology: Topology, item: ProtectedItem) -> VmSize | None:
    """The size it would have, as its vault's region offers it to its subscription; ``None``: not seen to be offered."""
    vault = topology.get(Vault, item.vault)
    subscription = azure_scope(item.target.resource_group).partition(":")[2]
    return topology.get(VmSize, f"{subscription}/{vault.location if vault else ''}/{item.target.size}".lower())


def items_into(topology: Topology, group: str) -> tuple[ProtectedItem, ...]:
    """The machines that were seen to come up in a resource group (ARM id, lower case)."""
    return topology.memo("items by resource group", lambda: _by_group(topology)).get(group, ())


def _by_group(topology: Topology) -> dict[str, tuple[ProtectedItem, ...]]:
    groups: dict[str, list[ProtectedItem]] = {}
    for item in topology.seen(ProtectedItem):
        if item.provider == TO_AZURE and item.target.resource_group:
            groups.setdefault(item.target.resource_group, []).append(item)
    return {group: tuple(items) for group, items in groups.items()}
