"""Which machines does VMM know, and how are they configured?

Identity and configuration are two queries: ``Get-SCVirtualMachine`` costs what its properties cost, disks and adapters
most of all, and a getter that throws for one stored machine must not lose the inventory.
"""

from collections.abc import Iterator

from drcheck.discovery import WindowsAsk
from drcheck.discovery.vmm.server import MODULE, after_server
from drcheck.errors import AnswerError
from drcheck.query import Cmdlet
from drcheck.topology.base import Target
from drcheck.topology.vmm import VmmNic, VmmVm
from drcheck.topology.vmm_fabric import VmConfiguration, VmmAdapter, VmmDisk
from drcheck.transport.row import Row

NO_ID = "00000000-0000-0000-0000-000000000000"

MACHINES = Cmdlet(
    id="vmm-machines",
    module=MODULE,
    cmdlet="Get-SCVirtualMachine",
    select=(
        "VMId",
        "ID",
        "Name",
        "HostName",
        "CloudId",
        "VirtualMachineState",
        "IsTestReplicaVM",
        "IsRecoveryVM",
        "Tag",
        "VirtualNetworkAdapters.ID",
        "VirtualNetworkAdapters.VMNetwork.ID",
        "VirtualNetworkAdapters.VMNetwork.Name",
    ),
)
DISKS = (
    "ID",
    "IsVHD",
    "HasSharedStorage",
    "BusType",
    "Bus",
    "Lun",
    "VirtualHardDisk.SharePath",
    "VirtualHardDisk.MaximumSize",
    "VirtualHardDisk.Size",
    "VirtualHardDisk.VHDType",
    "VirtualHardDisk.VHDFormatType",
)
ADAPTERS = (
    "ID",
    "Name",
    "MACAddress",
    "MACAddressType",
    "IPv4AddressType",
    "IPv4Addresses",
    "VLanEnabled",
    "VLanID",
    "VMNetwork.ID",
    "VMSubnet.ID",
    "LogicalNetwork.Name",
    "VirtualNetwork",
)
CONFIGURATIONS = Cmdlet(
    id="vmm-configurations",
    module=MODULE,
    cmdlet="Get-SCVirtualMachine",
    select=(
        "VMId",
        "Name",
        "HostName",
        "IsRecoveryVM",
        "Generation",
        "CPUCount",
        "Memory",
        "DynamicMemoryEnabled",
        "DynamicMemoryMaximumMB",
        "OperatingSystem.Name",
        "IsHighlyAvailable",
        "HasPassthroughDisk",
        "HasSharedStorage",
        "TotalSize",
        "IsDREnabled",
        "HasDRError",
        "IsPrimaryVM",
        "ModifiedTime",
        "VMCheckpoints.ID",
        *(f"VirtualDiskDrives.{name}" for name in DISKS),
        *(f"VirtualNetworkAdapters.{name}" for name in ADAPTERS),
    ),
)


def machines(ask: WindowsAsk, _target: Target) -> Iterator[VmmVm]:
    """Every virtual machine that VMM knows."""
    for row in after_server(ask, MACHINES):
        cloud = (row.text_or_none("CloudId") or "").lower()
        yield VmmVm(
            key=_key(row),
            seen=ask.seen(MACHINES),
            name=row.text("Name"),
            vmm_id=row.text("ID").lower(),
            host=_host(row),
            cloud_id="" if cloud == NO_ID else cloud,
            status=row.text("VirtualMachineState"),
            is_test_replica=row.flag("IsTestReplicaVM"),
            is_recovery=row.flag("IsRecoveryVM"),
            tag=row.maybe("Tag", row.text),
            nics=tuple(_nics(row)),
        )


def configurations(ask: WindowsAsk, _target: Target) -> Iterator[VmConfiguration]:
    """How every machine is configured."""
    for row in after_server(ask, CONFIGURATIONS):
        disks = row.beside("VirtualDiskDrives", DISKS)
        yield VmConfiguration(
            key=_key(row),
            seen=ask.seen(CONFIGURATIONS),
            name=row.text("Name"),
            vm_id=row.text("VMId").lower(),
            host=_host(row),
            generation=row.maybe("Generation", row.integer),
            cpu_count=row.integer("CPUCount"),
            memory_mb=row.integer("Memory"),
            dynamic_memory=row.flag("DynamicMemoryEnabled"),
            dynamic_memory_maximum_mb=row.integer_or_none("DynamicMemoryMaximumMB"),
            operating_system=row.text_or_none("OperatingSystem.Name") or "",
            highly_available=row.flag("IsHighlyAvailable"),
            passthrough_disks=row.flag("HasPassthroughDisk"),
            shared_storage=row.flag("HasSharedStorage"),
            total_size_bytes=row.integer("TotalSize"),
            dr_enabled=row.flag("IsDREnabled"),
            dr_error=row.flag("HasDRError"),
            is_primary=row.flag("IsPrimaryVM"),
            checkpoints=len(row.texts("VMCheckpoints.ID")),
            last_modified=row.when_or_none("ModifiedTime"),
            disks=tuple(_disk(disk) for disk in disks),
            file_sizes_bytes=tuple(disk.integer_or_none("VirtualHardDisk.Size") for disk in disks),
            adapters=tuple(_adapter(adapter) for adapter in row.beside("VirtualNetworkAdapters", ADAPTERS)),
        )


def _host(row: Row) -> str:
    """A machine that is stored in the library is on no host."""
    return (row.text_or_none("HostName") or "").lower()


def _key(row: Row) -> str:
    """A replica has its primary's id, and VMM lists both when it manages both hosts."""
    vm_id = row.text("VMId").lower()
    return f"{vm_id}@{_host(row)}" if row.flag("IsRecoveryVM") else vm_id


def _nics(row: Row) -> Iterator[VmmNic]:
    ids = row.texts("VirtualNetworkAdapters.ID")
    networks_of = row.texts_or_none("VirtualNetworkAdapters.VMNetwork.ID")
    names = row.texts_or_none("VirtualNetworkAdapters.VMNetwork.Name")
    if not len(ids) == len(networks_of) == len(names):
        raise AnswerError(str(MACHINES), "VirtualNetworkAdapters", f"{len(ids)} adapters, {len(networks_of)} networks")
    for nic, network, name in zip(ids, networks_of, names, strict=True):
        yield VmmNic(id=nic.lower(), network_id=(network or "").lower(), network_name=name or "")


def _disk(row: Row) -> VmmDisk:
    return VmmDisk(
        id=row.text("ID").lower(),
        path=row.text_or_none("VirtualHardDisk.SharePath") or "",
        maximum_bytes=row.integer_or_none("VirtualHardDisk.MaximumSize"),
        vhd_type=row.text_or_none("VirtualHardDisk.VHDType") or "",
        vhd_format=row.text_or_none("VirtualHardDisk.VHDFormatType") or "",
        bus_type=row.text("BusType"),
        bus=row.integer("Bus"),
        lun=row.integer("Lun"),
        is_vhd=row.flag("IsVHD"),
        shared=row.flag("HasSharedStorage"),
    )


def _adapter(row: Row) -> VmmAdapter:
    return VmmAdapter(
        id=row.text("ID").lower(),
        name=row.text("Name"),
        mac_address=(row.text_or_none("MACAddress") or "").upper(),
        mac_address_type=row.text("MACAddressType"),
        ip_address_type=row.text("IPv4AddressType"),
        ip_addresses=tuple(row.texts("IPv4Addresses")),
        vlan_enabled=row.flag("VLanEnabled"),
        vlan_id=row.integer("VLanID"),
        network_id=(row.text_or_none("VMNetwork.ID") or "").lower(),
        subnet_id=(row.text_or_none("VMSubnet.ID") or "").lower(),
        logical_network=row.text_or_none("LogicalNetwork.Name") or "",
        virtual_switch=row.text_or_none("VirtualNetwork") or "",
    )
