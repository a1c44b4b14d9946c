"""Azure: machines and disks that exist, and whether there is room and a place for those that would come."""

from datetime import datetime
from typing import ClassVar

from drcheck.topology.base import Fact


class AzureVm(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """A virtual machine in Azure. Key: its ARM id, lower case."""

    ROLE: ClassVar[str] = "azure"
    SUBJECT: ClassVar[str] = "Azure VM"

    name: str
    location: str
    size: str
    vm_id: str
    """Azure's own id of the machine, lower case; not Hyper-V's."""
    provisioning_state: str
    interfaces: tuple[str, ...]
    """ARM ids, lower case."""
    disks: tuple[str, ...]
    """ARM ids of managed disks, the system's first, lower case."""
    created: datetime | None
    tags: tuple[tuple[str, str], ...] = ()
    zones: tuple[str, ...] = ()

    @property
    def where(self) -> str:
        """The Azure region."""
        return self.location

    @property
    def looks_like_test(self) -> bool:
        """Is it named as Site Recovery names test machines? After a clash of names, a guid follows."""
        return self.name.lower().endswith("-test") or "-test-" in self.name.lower()


class ManagedDisk(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """A managed disk. Key: its ARM id, lower case."""

    ROLE: ClassVar[str] = "azure"
    SUBJECT: ClassVar[str] = "managed disk"

    name: str
    location: str
    size_gb: int | None
    sku: str
    """``Standard_LRS``, ``StandardSSD_LRS``, ``Premium_LRS`` …"""
    state: str
    """``Attached``, ``Unattached``, ``Reserved`` …"""
    machine: str
    """ARM id of the machine it is attached to, lower case; empty for none."""
    created: datetime | None
    tags: tuple[tuple[str, str], ...] = ()

    @property
    def where(self) -> str:
        """The Azure region."""
        return self.location


class Quota(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """How much of something a subscription may have in a region, and has. Key: path of the list, and the name.

    Read for the regions in which the subscription has virtual networks: nothing can be recovered into others.
    """

    ROLE: ClassVar[str] = "azure"
    SUBJECT: ClassVar[str] = "quota"

    name: str
    """``cores`` (all vCPUs), ``standardDSv5Family`` (of a family), ``virtualMachines``, ``NetworkInterfaces`` …"""
    location: str
    provider: str
    """``Microsoft.Compute`` or ``Microsoft.Network``."""
    used: int
    limit: int
    """-1 stands for "no limit" in Microsoft.Network."""

    @property
    def where(self) -> str:
        """The Azure region."""
        return self.location


class VmSize(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """A size of machine that a region offers to a subscription. Key: ``<subscription>/<region>/<name>``, lower case.

    Read for the regions in which the subscription has virtual networks.
    """

    ROLE: ClassVar[str] = "azure"
    SUBJECT: ClassVar[str] = "VM size"

    name: str
    location: str
    family: str
    """Name of the quota that its vCPUs count against."""
    vcpus: int | None
    memory_gb: float | None
    max_interfaces: int | None
    max_data_disks: int | None
    premium: bool | None
    """Can it have premium disks? ``None``: not told."""
    restrictions: tuple[str, ...]
    """Why it cannot be had: ``Location: NotAvailableForSubscription`` …; a restriction to zones leaves the rest."""

    @property
    def where(self) -> str:
        """The Azure region."""
        return self.location


class ResourceGroup(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """A resource group. Key: its ARM id, lower case."""

    ROLE: ClassVar[str] = "azure"
    SUBJECT: ClassVar[str] = "resource group"

    name: str
    location: str
    tags: tuple[tuple[str, str], ...] = ()

    @property
    def where(self) -> str:
        """The Azure region."""
        return self.location


class StorageAccount(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """A storage account. Key: its ARM id, lower case."""

    ROLE: ClassVar[str] = "azure"
    SUBJECT: ClassVar[str] = "storage account"

    name: str
    location: str
    sku: str
    """``Standard_LRS``, ``Premium_LRS`` …"""
    account_kind: str
    """``StorageV2``, ``BlockBlobStorage`` …"""
    network_default: str
    """What happens to requests that no rule allows: ``Allow`` or ``Deny``; empty: not told."""

    @property
    def where(self) -> str:
        """The Azure region."""
        return self.location
