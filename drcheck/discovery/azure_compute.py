"""Which machines, disks, storage accounts and resource groups does a subscription have?

Shapes are those of Microsoft's REST reference of the versions below; unverified against a recording.
"""

from collections.abc import Iterator

from msgspec import Struct, field

from drcheck.discovery import ArmAsk, ArmCollector
from drcheck.query import ArmRead
from drcheck.topology.azure_compute import AzureVm, ManagedDisk, ResourceGroup, StorageAccount
from drcheck.topology.base import Target
from drcheck.transport.arm_values import NEVER, NO_COUNT, Count, Moment, Reference, arm_id, reference_id, tag_pairs

ROLE = "azure"
COMPUTE_API = "2024-07-01"
"""Version of Microsoft.Compute/virtualMachines."""
DISK_API = "2024-03-02"
"""Version of Microsoft.Compute/disks."""
RESOURCES_API = "2021-04-01"
"""Version of Microsoft.Resources."""
STORAGE_API = "2023-05-01"
"""Version of Microsoft.Storage."""

Tags = dict[str, str | None] | None


class _Disk(Struct, frozen=True, rename="camel"):
    managed_disk: Reference | None = None


class _StorageProfile(Struct, frozen=True, rename="camel"):
    os_disk: _Disk | None = None
    data_disks: tuple[_Disk, ...] | None = None


class _NetworkProfile(Struct, frozen=True, rename="camel"):
    network_interfaces: tuple[Reference, ...] | None = None


class _Hardware(Struct, frozen=True, rename="camel"):
    vm_size: str | None = None


class _MachineProperties(Struct, frozen=True, rename="camel"):
    vm_id: str | None = None
    provisioning_state: str | None = None
    hardware_profile: _Hardware | None = None
    storage_profile: _StorageProfile | None = None
    network_profile: _NetworkProfile | None = None
    time_created: Moment = NEVER


class _Machine(Struct, frozen=True):
    id: str
    name: str
    location: str
    properties: _MachineProperties
    tags: Tags = None
    zones: tuple[str, ...] | None = None


class _Sku(Struct, frozen=True):
    name: str | None = None


class _DiskProperties(Struct, frozen=True, rename="camel"):
    size: Count = field(default=NO_COUNT, name="diskSizeGB")
    disk_state: str | None = None
    time_created: Moment = NEVER


class _ManagedDisk(Struct, frozen=True, rename="camel"):
    id: str
    name: str
    location: str
    properties: _DiskProperties
    managed_by: str | None = None
    sku: _Sku | None = None
    tags: Tags = None


class _Group(Struct, frozen=True):
    id: str
    name: str
    location: str
    tags: Tags = None


class _Rules(Struct, frozen=True, rename="camel"):
    default_action: str | None = None


class _AccountProperties(Struct, frozen=True, rename="camel"):
    network_acls: _Rules | None = None


class _Account(Struct, frozen=True):
    id: str
    name: str
    location: str
    properties: _AccountProperties = _AccountProperties()
    sku: _Sku | None = None
    kind: str | None = None


def read_machines(ask: ArmAsk, target: Target) -> Iterator[AzureVm]:
    """Every virtual machine, those that test failovers made among them."""
    path = f"{target.endpoint}/providers/Microsoft.Compute/virtualMachines"
    for found in ask.every(path, COMPUTE_API, _Machine):
        machine = found.properties
        storage = machine.storage_profile or _StorageProfile()
        disks = (disk.managed_disk for disk in (storage.os_disk, *(storage.data_disks or ())) if disk)
        network = machine.network_profile or _NetworkProfile()
        yield AzureVm(
            key=arm_id(found.id),
            seen=ask.seen(path),
            name=found.name,
            location=found.location.lower(),
            size=(machine.hardware_profile or _Hardware()).vm_size or "",
            vm_id=arm_id(machine.vm_id),
            provisioning_state=machine.provisioning_state or "",
            interfaces=tuple(reference_id(nic) for nic in network.network_interfaces or ()),
            disks=tuple(reference_id(disk) for disk in disks if disk),
            created=machine.time_created.at,
            tags=tag_pairs(found.tags),
            zones=found.zones or (),
        )


def read_disks(ask: ArmAsk, target: Target) -> Iterator[ManagedDisk]:
    """Every managed disk."""
    path = f"{target.endpoint}/providers/Microsoft.Compute/disks"
    for found in ask.every(path, DISK_API, _ManagedDisk):
        yield ManagedDisk(
            key=arm_id(found.id),
            seen=ask.seen(path),
            name=found.name,
            location=found.location.lower(),
            size_gb=found.properties.size.value,
            sku=(found.sku or _Sku()).name or "",
            state=found.properties.disk_state or "",
            machine=arm_id(found.managed_by),
            created=found.properties.time_created.at,
            tags=tag_pairs(found.tags),
        )


def read_resource_groups(ask: ArmAsk, target: Target) -> Iterator[ResourceGroup]:
    """Every resource group."""
    path = f"{target.endpoint}/resourceGroups"
    for found in ask.every(path, RESOURCES_API, _Group):
        yield ResourceGroup(
            key=arm_id(found.id),
            seen=ask.seen(path),
            name=found.name,
            location=found.location.lower(),
            tags=tag_pairs(found.tags),
        )


def read_storage_accounts(ask: ArmAsk, target: Target) -> Iterator[StorageAccount]:
    """Every storage account."""
    path = f"{target.endpoint}/providers/Microsoft.Storage/storageAccounts"
    for found in ask.every(path, STORAGE_API, _Account):
        yield StorageAccount(
            key=arm_id(found.id),
            seen=ask.seen(path),
            name=found.name,
            location=found.location.lower(),
            sku=(found.sku or _Sku()).name or "",
            account_kind=found.kind or "",
            network_default=(found.properties.network_acls or _Rules()).default_action or "",
        )


def _reads(path: str, version: str) -> tuple[ArmRead, ...]:
    return (ArmRead(path=f"{{subscription}}/{path}", api_version=version),)


COLLECTORS = (
    ArmCollector(
        kind=AzureVm, read=read_machines, reads=_reads("providers/Microsoft.Compute/virtualMachines", COMPUTE_API)
    ),
    ArmCollector(kind=ManagedDisk, read=read_disks, reads=_reads("providers/Microsoft.Compute/disks", DISK_API)),
    ArmCollector(kind=ResourceGroup, read=read_resource_groups, reads=_reads("resourceGroups", RESOURCES_API)),
    ArmCollector(
        kind=StorageAccount,
        read=read_storage_accounts,
        reads=_reads("providers/Microsoft.Storage/storageAccounts", STORAGE_API),
    ),
)
