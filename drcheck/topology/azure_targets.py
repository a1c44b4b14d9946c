"""Which machines would come up where in Azure, and what is named as Site Recovery names what a test leaves?"""

from collections import Counter
from collections.abc import Iterable, Iterator
from ipaddress import ip_network

from drcheck.topology.azure import Subnet
from drcheck.topology.azure_compute import VmSize
from drcheck.topology.base import Topology, Unknown
from drcheck.topology.site_recovery import ProtectedItem, ReplicationPolicy, Vault
from drcheck.topology.subscriptions import azure_scope

TO_AZURE = "HyperVReplicaAzure"
MACHINES, INTERFACES, CORES = "virtualmachines", "networkinterfaces", "cores"
"""Quotas that are the same in every region."""
RESERVED = 5
"""Addresses of each subnet that Azure keeps: the first four and the last."""


def by_provider(one: ProtectedItem | ReplicationPolicy) -> str:
    """What replicates it: ``TO_AZURE`` or another one.

    Raises:
        Unknown: the service did not tell, so that nobody can say that it does not go to Azure.
    """
    if not one.provider:
        raise Unknown(f"{one.name}: the service did not tell what replicates it")
    return one.provider


def prove_all_told(topology: Topology) -> None:
    """Was no machine overlooked by those who ask what ``waiting`` and ``items_into`` say, one by one?

    Raises:
        Unknown: there may be more protected items, or the service did not tell what replicates one of them, or into
            which resource group it would come.
    """
    topology.require(ProtectedItem)
    reason = topology.memo("a protected item that was not told", lambda: next(_untold(topology), ""))
    if reason:
        raise Unknown(reason)


def prove_adapters_told(items: Iterable[ProtectedItem]) -> None:
    """Has each of these machines an adapter that can be counted?

    Raises:
        Unknown: one is listed without any, as it is until its first replication has ended.
    """
    bare = next((item.name for item in items if not item.nics), "")
    if bare:
        raise Unknown(f"Site Recovery does not tell the adapters of {bare}")


def prove_machines_told(topology: Topology) -> None:
    """Beyond ``prove_all_told``: was any of them overlooked by those who look for the machine behind an item?

    Raises:
        Unknown: as there, or the service did not tell which VM stands behind an item.
    """
    prove_all_told(topology)
    nameless = [item.name for item in topology.where(ProtectedItem, "vm_id", "") if waiting(item)]
    if nameless:
        raise Unknown(f"Site Recovery does not tell which VM stands behind {nameless[0]}")


def _untold(topology: Topology) -> Iterator[str]:
    for item in topology.seen(ProtectedItem):
        if not item.provider:
            yield f"what replicates {item.name} was not told"
        elif waiting(item) and not item.target.resource_group:
            yield f"into which resource group {item.name} would come is not set"


def waiting(item: ProtectedItem) -> bool:
    """Would a failover still create this machine in Azure? One that runs there already needs nothing more."""
    return item.provider == TO_AZURE and item.active_location != "Recovery"


def size_of(topology: Topology, item: ProtectedItem) -> VmSize | None:
    """The size it would have, as its vault's region offers it to its subscription; ``None``: not seen to be offered."""
    chosen = item.vault, item.target.resource_group, item.target.size
    return topology.memo(("size of", *chosen), lambda: _offered(topology, *chosen))


def _offered(topology: Topology, vault_id: str, group: str, size: str) -> VmSize | None:
    vault = topology.get(Vault, vault_id)
    subscription = azure_scope(group).partition(":")[2]
    return topology.get(VmSize, f"{subscription}/{vault.location if vault else ''}/{size}".lower())


def quota_use(topology: Topology, items: Iterable[ProtectedItem]) -> Counter[str]:
    """What machines count against which quota, by its name in lower case; sizes that were not told count nothing."""
    total: Counter[str] = Counter()
    for item in items:
        total[MACHINES] += 1
        total[INTERFACES] += len(item.nics)
        size = size_of(topology, item)
        if size is not None and size.vcpus is not None:
            total[CORES] += size.vcpus
            total[size.family.lower()] += size.vcpus
    return total


def free_addresses(subnet: Subnet) -> int:
    """IPv4 addresses that nothing holds."""
    prefixes = [ip_network(prefix) for prefix in subnet.prefixes]
    return sum(one.num_addresses - RESERVED for one in prefixes if one.version == 4) - len(subnet.attached)


def items_into(topology: Topology, group: str) -> tuple[ProtectedItem, ...]:
    """The machines that were seen to come up in a resource group (ARM id, lower case)."""
    return topology.memo("items by resource group", lambda: _by_group(topology)).get(group, ())


def _by_group(topology: Topology) -> dict[str, tuple[ProtectedItem, ...]]:
    groups: dict[str, list[ProtectedItem]] = {}
    for item in topology.seen(ProtectedItem):
        if item.provider == TO_AZURE and item.target.resource_group:
            groups.setdefault(item.target.resource_group, []).append(item)
    return {group: tuple(items) for group, items in groups.items()}
