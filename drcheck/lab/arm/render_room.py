"""How does ARM describe room for machines: quotas, sizes, storage accounts?"""

from collections.abc import Iterable, Iterator
from itertools import chain

from drcheck.lab.arm.answers import Ask, Json
from drcheck.lab.azure.landscape import LIMIT, Size


def compute_usages(ask: Ask) -> Iterator[Json]:
    """Quotas of machines: all vCPUs, those of each family, and machines."""
    sizes_, machines = ask.azure.landscape.sizes, ask.azure.machines.values()
    used = [sizes_[machine.size] for machine in machines if machine.size in sizes_]
    items = (item.size for vault in ask.azure.vaults for item in vault.items)
    wanted = [sizes_[size] for size in items if size in sizes_]
    yield _usage(ask, "cores", _vcpus(used), _limit(wanted))
    yield _usage(ask, "virtualMachines", len(ask.azure.machines), 25000)
    for family in sorted({size.family for size in sizes_.values()}):
        of_family = [size for size in wanted if size.family == family]
        yield _usage(ask, family, _vcpus(size for size in used if size.family == family), _limit(of_family))


def network_usages(ask: Ask) -> Iterator[Json]:
    """Quotas of networks."""
    landscape = ask.azure.landscape
    counts = {
        "VirtualNetworks": (len(ask.azure.vnets), 1000),
        "NetworkInterfaces": (len(ask.azure.interfaces), 65536),
        "PublicIPAddresses": (len(landscape.public_addresses), 1000),
        "NetworkSecurityGroups": (len(landscape.security_groups), 5000),
    }
    for name, (used, limit) in counts.items():
        yield _usage(ask, name, used, limit)


def sizes(ask: Ask) -> Iterator[Json]:
    """What the region offers; the list holds disks and other things too."""
    sizes_ = ask.azure.landscape.sizes.items()
    disk = {"resourceType": "disks", "name": "Premium_LRS", "tier": "Premium", "locations": [ask.azure.region]}
    return chain([disk], (_size(ask, name, size) for name, size in sizes_))


def storage_accounts(ask: Ask) -> Iterator[Json]:
    """Storage accounts of the recovery group."""
    for name, sku in ask.azure.landscape.storage_accounts.items():
        yield {
            "id": ask.azure.resource_id(ask.azure.recovery_group, "Microsoft.Storage/storageAccounts", name),
            "name": name,
            "type": "Microsoft.Storage/storageAccounts",
            "location": ask.azure.region,
            "sku": {"name": sku, "tier": sku.partition("_")[0]},
            "kind": "StorageV2",
            "properties": {"provisioningState": "Succeeded", "networkAcls": {"defaultAction": "Deny"}},
        }


def _vcpus(sizes_: Iterable[Size]) -> int:
    return sum(size.vcpus for size in sizes_)


def _limit(wanted: Iterable[Size]) -> int:
    """Somebody who looks after the subscription has asked for room for everything twice, and some more."""
    return max(LIMIT, 3 * _vcpus(wanted))


def _usage(ask: Ask, name: str, used: int, limit: int) -> Json:
    limit = ask.azure.landscape.limits.get(name, limit)
    return {"unit": "Count", "currentValue": used, "limit": limit, "name": {"value": name, "localizedValue": name}}


def _size(ask: Ask, name: str, size: Size) -> Json:
    can = {
        "vCPUs": str(size.vcpus),
        "MemoryGB": str(size.memory_gb),
        "MaxNetworkInterfaces": str(size.interfaces),
        "MaxDataDiskCount": str(size.disks),
        "PremiumIO": str(size.premium),
    }
    region = ask.azure.region
    restriction = {
        "type": "Location",
        "values": [region],
        "restrictionInfo": {"locations": [region]},
        "reasonCode": size.restriction,
    }
    return {
        "resourceType": "virtualMachines",
        "name": name,
        "tier": "Standard",
        "size": name.removeprefix("Standard_"),
        "family": size.family,
        "locations": [region],
        "locationInfo": [{"location": region, "zones": ["1", "2", "3"], "zoneDetails": []}],
        "capabilities": [{"name": key, "value": value} for key, value in can.items()],
        "restrictions": [restriction] if size.restriction else [],
    }
