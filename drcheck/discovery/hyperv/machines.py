"""Which machines does a Hyper-V host have, what are they made of, and what can they be connected to?"""

from collections.abc import Iterator, Mapping

from drcheck.discovery import WindowsAsk
from drcheck.query import Cmdlet
from drcheck.topology.base import Target
from drcheck.topology.hyperv import Adapter, Drive, HyperVVm, IntegrationService, VmIntegration, VmSwitch
from drcheck.topology.hyperv_replica import VmCheckpoint
from drcheck.topology.windows_host import VirtualHardDisk
from drcheck.transport.row import Row

MODULE = "Hyper-V"

ADAPTER = (
    "Id",
    "Name",
    "SwitchName",
    "TestReplicaSwitchName",
    "MacAddress",
    "DynamicMacAddressEnabled",
    "IsLegacy",
    "IPAddresses",
    "VlanSetting.OperationMode",
    "VlanSetting.AccessVlanId",
)
DRIVE = (
    "Path",
    "ControllerType",
    "ControllerNumber",
    "ControllerLocation",
    "DiskNumber",
    "SupportPersistentReservations",
)

SERVICES: Mapping[str, str] = {
    "84eaae65-2f2e-45f5-9bb5-0e857dc8eb47": "heartbeat",
    "2a34b1c2-fd73-4043-8a5b-dd2159bc743f": "key-value",
    "9f8233ac-be49-4c79-8ee3-e7e1985b2077": "shutdown",
    "2497f4de-e9fa-4204-80e4-4b75c46419c0": "time",
    "5ced1297-4598-4915-a5fc-ad21bb4d02a4": "vss",
    "6c09bb55-d683-4da0-8931-c9bf705f6480": "guest-services",
}
"""Ids of integration components, as public sources list them (unverified by a reference of Microsoft's)."""

MACHINES = Cmdlet(
    id="hyperv-machines",
    module=MODULE,
    cmdlet="Get-VM",
    select=(
        "Id",
        "Name",
        "State",
        "ReplicationMode",
        "IsClustered",
        "Generation",
        "Version",
        "ProcessorCount",
        "MemoryStartup",
        "MemoryAssigned",
        "DynamicMemoryEnabled",
        "FibreChannelHostBusAdapters.Name",
        "CheckpointType",
        "Path",
        "CreationTime",
        *(f"HardDrives.{name}" for name in DRIVE),
        *(f"NetworkAdapters.{name}" for name in ADAPTER),
    ),
    keep=True,
)
CHECKPOINTS = Cmdlet(
    id="hyperv-checkpoints",
    module=MODULE,
    cmdlet="Get-VMSnapshot",
    select=("Id", "Name", "VMId", "SnapshotType", "CreationTime", "IsAutomaticCheckpoint"),
    pipe=MACHINES.id,
)
"""Without a type: asked for one that a machine has none of, the cmdlet fails (as decompiled in public)."""
INTEGRATION = Cmdlet(
    id="hyperv-integration",
    module=MODULE,
    cmdlet="Get-VMIntegrationService",
    select=("Id", "VMId", "VMName", "Enabled", "PrimaryOperationalStatus"),
    pipe=MACHINES.id,
)
DRIVES = Cmdlet(
    id="hyperv-drives",
    module=MODULE,
    cmdlet="Get-VMHardDiskDrive",
    select=("Path",),
    pipe=MACHINES.id,
    keep=True,
)
DISKS = Cmdlet(
    id="hyperv-disks",
    module=MODULE,
    cmdlet="Get-VHD",
    select=(
        "Path",
        "VhdFormat",
        "VhdType",
        "Size",
        "FileSize",
        "ParentPath",
        "LogicalSectorSize",
        "PhysicalSectorSize",
    ),
    pipe=DRIVES.id,
)
"""Opens every disk's file: a missing one is an error, and the answer incomplete. Fails for a pass-through disk."""
SWITCHES = Cmdlet(
    id="hyperv-switches",
    module=MODULE,
    cmdlet="Get-VMSwitch",
    select=(
        "Id",
        "Name",
        "SwitchType",
        "NetAdapterInterfaceDescriptions",
        "AllowManagementOS",
        "EmbeddedTeamingEnabled",
    ),
)
APP_CONSISTENT = "AppConsistentReplica"
POINTS = ("Replica", APP_CONSISTENT, "SyncedReplica")
"""Types of snapshots that are recovery points of a replica; those are no checkpoints."""


def machines(ask: WindowsAsk, target: Target) -> Iterator[HyperVVm]:
    """Every virtual machine on the host: those that run there, replicas, and test VMs."""
    for row in ask.rows(MACHINES):
        vm_id = row.text("Id").lower()
        yield HyperVVm(
            key=f"{vm_id}@{target.endpoint}",
            seen=ask.seen(MACHINES),
            vm_id=vm_id,
            name=row.text("Name"),
            host=target.endpoint,
            state=row.text("State"),
            replication_mode=row.text("ReplicationMode"),
            clustered=row.flag("IsClustered"),
            disks=paths(row, "HardDrives.Path"),
            adapters=tuple(_adapter(one) for one in row.beside("NetworkAdapters", ADAPTER)),
            drives=tuple(_drive(one) for one in row.beside("HardDrives", DRIVE)),
            generation=row.maybe("Generation", row.integer),
            version=row.maybe("Version", row.text),
            processors=row.maybe("ProcessorCount", row.integer),
            memory_startup_bytes=row.maybe("MemoryStartup", row.integer),
            memory_assigned_bytes=row.maybe("MemoryAssigned", row.integer),
            memory_dynamic=row.maybe("DynamicMemoryEnabled", row.flag),
            fibre_channel_count=_count(row, "FibreChannelHostBusAdapters.Name"),
            checkpoint_type=row.maybe("CheckpointType", row.text),
            path=row.maybe("Path", row.text),
            created=row.maybe("CreationTime", row.when),
        )


def checkpoints(ask: WindowsAsk, target: Target) -> Iterator[VmCheckpoint]:
    """Every checkpoint of every machine, whoever made it."""
    for row in ask.rows(CHECKPOINTS):
        if row.text("SnapshotType") in POINTS:
            continue
        yield VmCheckpoint(
            key=f"{row.text('Id').lower()}@{target.endpoint}",
            seen=ask.seen(CHECKPOINTS),
            vm_id=row.text("VMId").lower(),
            name=row.text("Name"),
            host=target.endpoint,
            checkpoint_type=row.text("SnapshotType"),
            created=row.when("CreationTime"),
            automatic=row.maybe("IsAutomaticCheckpoint", row.flag),
        )


def integration(ask: WindowsAsk, target: Target) -> Iterator[VmIntegration]:
    """The integration services of every machine."""
    found: dict[str, tuple[str, list[IntegrationService]]] = {}
    for row in ask.rows(INTEGRATION):
        component = row.text("Id").lower().rpartition("\\")[2]
        service = IntegrationService(
            service=SERVICES.get(component, component),
            enabled=row.flag("Enabled"),
            status=row.maybe("PrimaryOperationalStatus", row.text),
        )
        found.setdefault(row.text("VMId").lower(), (row.text("VMName"), []))[1].append(service)
    for vm_id, (name, services) in found.items():
        yield VmIntegration(
            key=f"{vm_id}@{target.endpoint}",
            seen=ask.seen(INTEGRATION),
            vm_id=vm_id,
            name=name,
            host=target.endpoint,
            services=tuple(services),
        )


def disks(ask: WindowsAsk, target: Target) -> Iterator[VirtualHardDisk]:
    """Every virtual hard disk of every machine."""
    for row in ask.rows(DISKS):
        path = row.text("Path")
        yield VirtualHardDisk(
            key=f"{target.endpoint}/{path.lower()}",
            seen=ask.seen(DISKS),
            path=path,
            host=target.endpoint,
            disk_format=row.text("VhdFormat"),
            disk_type=row.text("VhdType"),
            size_bytes=row.integer("Size"),
            file_bytes=row.integer("FileSize"),
            parent_path=row.text_or_none("ParentPath") or "",
            logical_sector_bytes=row.maybe("LogicalSectorSize", row.integer),
            physical_sector_bytes=row.maybe("PhysicalSectorSize", row.integer),
        )


def switches(ask: WindowsAsk, target: Target) -> Iterator[VmSwitch]:
    """Every virtual switch of the host."""
    for row in ask.rows(SWITCHES):
        switch_id = row.text("Id").lower()
        yield VmSwitch(
            key=f"{target.endpoint}/{switch_id}",
            seen=ask.seen(SWITCHES),
            switch_id=switch_id,
            name=row.text("Name"),
            host=target.endpoint,
            switch_type=row.text("SwitchType"),
            uplinks=paths(row, "NetAdapterInterfaceDescriptions"),
            allow_management_os=row.flag("AllowManagementOS"),
            embedded_teaming=row.maybe("EmbeddedTeamingEnabled", row.flag),
        )


def paths(row: Row, name: str) -> tuple[str, ...]:
    """The texts of a list that are not empty."""
    return tuple(path for path in row.texts_or_none(name) if path)


def texts(row: Row, name: str) -> tuple[str, ...] | None:
    """A list of texts; ``None`` when this version does not tell it, which is not the same as none."""
    return tuple(row.texts(name)) if row.has(name) else None


def _count(row: Row, name: str) -> int | None:
    """How many elements an array has; an empty one may be printed as null, and the property may not exist."""
    return len(row.texts_or_none(name)) if row.has(name) else None


def _adapter(row: Row) -> Adapter:
    return Adapter(
        id=row.text_or_none("Id") or "",
        name=row.text_or_none("Name") or "",
        switch=row.text_or_none("SwitchName") or "",
        test_replica_switch=row.text_or_none("TestReplicaSwitchName") or "",
        mac=row.text_or("MacAddress", ""),
        dynamic_mac=row.maybe("DynamicMacAddressEnabled", row.flag),
        legacy=row.maybe("IsLegacy", row.flag),
        addresses=texts(row, "IPAddresses"),
        vlan_mode=row.maybe("VlanSetting.OperationMode", row.text),
        vlan_id=row.maybe("VlanSetting.AccessVlanId", row.integer),
    )


def _drive(row: Row) -> Drive:
    return Drive(
        path=row.text_or_none("Path") or "",
        controller=row.text("ControllerType"),
        controller_number=row.integer("ControllerNumber"),
        location=row.integer("ControllerLocation"),
        disk_number=row.maybe("DiskNumber", row.integer),
        shared=row.maybe("SupportPersistentReservations", row.flag),
    )
