"""Which virtual machines does a host have, and how does Hyper-V describe them?"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from drcheck.lab.cmdlets.objects import HYPERV, Call, PsObject
from drcheck.lab.state.replication import heartbeat, relation
from drcheck.lab.state.world import Nic, Replication, TestVm, Vm

INTEGRATION = {
    "Guest Service Interface": "6C09BB55-D683-4DA0-8931-C9BF705F6480",
    "Heartbeat": "84EAAE65-2F2E-45F5-9BB5-0E857DC8EB47",
    "Key-Value Pair Exchange": "2A34B1C2-FD73-4043-8A5B-DD2159BC743F",
    "Shutdown": "9F8233AC-BE49-4C79-8EE3-E7E1985B2077",
    "Time Synchronization": "2497F4DE-E9FA-4204-80E4-4B75C46419C0",
    "VSS": "5CED1297-4598-4915-A5FC-AD21BB4D02A4",
}
"""Integration components, which are the same on every host, by their English names."""

Side = Literal["own", "replica", "extended", "test"]
"""Original, replica, the replica's replica on a third host, or a test VM."""


@dataclass(frozen=True, kw_only=True)
class LocalVm:
    """A machine as one host has it: the original, the replica of it, or a test VM made from that."""

    vm: Vm
    side: Side
    test: TestVm | None = None

    @property
    def id(self) -> str:
        """A replica has the id of its original; a test VM has its own."""
        return self.test.id if self.test else self.vm.id

    @property
    def name(self) -> str:
        """A replica has the name of its original."""
        return self.test.name if self.test else self.vm.name

    @property
    def mode(self) -> str:
        """``ReplicationMode``."""
        if self.test:
            return "TestReplica"
        if self.vm.replication is None:
            return "None"
        return {"own": "Primary", "replica": "Replica"}.get(self.side, "ExtendedReplica")

    @property
    def replication_state(self) -> str:
        """``ReplicationState``."""
        if self.vm.replication is None or self.test:
            return "Disabled"
        replication = self.vm.replication
        return (replication.replica_state if self.side == "replica" else "") or replication.state

    @property
    def state(self) -> str:
        """``State``: replicas are off."""
        if self.test:
            return "Off" if self.test.started is None else "Running"
        if self.side == "extended":
            return "Off"
        return relation(self.vm).replica_vm_state if self.side == "replica" else self.vm.state

    def drives(self, call: Call) -> list[PsObject]:
        """Its hard disk drives; a drive's ``source`` is the path on the original."""
        excluded = relation(self.vm).excluded if self.side != "own" else []
        return [
            PsObject(
                kind=f"{HYPERV}HardDiskDrive",
                values={
                    "Path": self._path(disk.path),
                    "ControllerLocation": place,
                    "ControllerNumber": 0,
                    "ControllerType": "SCSI",
                    "Name": "Hard Drive",
                    "Id": f"Microsoft:{self.id}\\{place}",
                    "DiskNumber": None,
                    "SupportPersistentReservations": disk.shared,
                    "VMId": self.id,
                    "VMName": self.name,
                    "ComputerName": call.host.name.partition(".")[0].upper(),
                },
                text="Hard Drive",
                source=disk.path,
            )
            for place, disk in enumerate(self.vm.disks)
            if disk.path not in excluded
        ]

    def _path(self, original: str) -> str:
        """Replicas live in the store of the replica server, test VMs on differencing disks beside them."""
        if self.side == "own":
            return original
        file = original.rpartition("\\")[2]
        folder = f"D:\\Replica\\Hyper-V Replica\\Virtual hard disks\\{self.vm.id.upper()}"
        return f"{folder}\\Test\\{file.rpartition('.')[0]}_test.avhdx" if self.test else f"{folder}\\{file}"


def local_vms(call: Call) -> Iterator[LocalVm]:
    """Every machine on the host of a call."""
    if call.session.machines is None:
        call.session.machines = list(_settled(call))
    yield from (local for local in call.session.machines if isinstance(local, LocalVm))
    for test in call.world.test_vms.values():
        if test.host == call.host.name:
            yield LocalVm(vm=call.world.vms[test.vm_id], side="test", test=test)


def _settled(call: Call) -> Iterator[LocalVm]:
    """Originals and replicas, which do not move while a process runs."""
    for vm in call.world.vms.values():
        if vm.host == call.host.name:
            yield LocalVm(vm=vm, side="own")
        elif vm.replication is not None and vm.replication.replica_host == call.host.name:
            yield LocalVm(vm=vm, side="replica")
        elif vm.replication is not None and _third_host(vm.replication) == call.host.name:
            yield LocalVm(vm=vm, side="extended")


def _third_host(replication: Replication) -> str:
    return replication.extended.replica_host if replication.extended else ""


def vm_object(call: Call, local: LocalVm) -> PsObject:
    """A ``VirtualMachine``."""
    vm, running = local.vm, local.state == "Running"
    values = {
        "Id": local.id,
        "Name": local.name,
        "State": local.state,
        "Status": "Operating normally",
        "OperationalStatus": ["Ok"],
        "PrimaryOperationalStatus": "Ok",
        "Heartbeat": _heartbeat(local, call.now),
        "Uptime": _uptime(local, call.now),
        "ReplicationMode": local.mode,
        "ReplicationState": local.replication_state,
        "ReplicationHealth": vm.replication.health if vm.replication and not local.test else "NotApplicable",
        "IsClustered": vm.clustered and local.side == "own",
        "Generation": vm.generation,
        "Version": vm.version,
        "ProcessorCount": vm.cpus,
        "MemoryStartup": vm.memory_mb << 20,
        "MemoryAssigned": vm.memory_mb << 20 if running else 0,
        "DynamicMemoryEnabled": False,
        "HardDrives": lambda: local.drives(call),
        "NetworkAdapters": lambda: list(adapter_objects(call, local)),
        "VMIntegrationService": lambda: list(integration_objects(call, local)),
        "FibreChannelHostBusAdapters": [],
        "Path": _path(local),
        "CheckpointType": "Production",
        "ParentSnapshotId": None,
        "ParentSnapshotName": None,
        "Notes": "",
        "AutomaticStartAction": "StartIfRunning",
        "AutomaticStopAction": "Save",
        "CreationTime": call.stamp(local.test.created if local.test else 1700000000.0),
        "ComputerName": call.host.name.partition(".")[0].upper(),
        "CimSession": None,
        "IsDeleted": False,
    }
    return PsObject(kind=f"{HYPERV}VirtualMachine", values=values, text=local.name, source=local)


def adapter_objects(call: Call, local: LocalVm) -> Iterator[PsObject]:
    """Its ``VMNetworkAdapter`` objects."""
    for place, nic in enumerate(local.vm.nics):
        switch = _switch(local, nic, place)
        values = {
            "Id": f"Microsoft:{local.id.upper()}\\{nic.id.upper()}",
            "AdapterId": nic.id,
            "Name": nic.name,
            "VMId": local.id,
            "VMName": local.name,
            "SwitchName": switch,
            "SwitchId": next((found.id for found in call.host.switches if found.name == switch), None),
            "Connected": bool(switch),
            "TestReplicaSwitchName": nic.test_replica_switch if local.side == "replica" else "",
            "MacAddress": nic.mac,
            "VlanSetting": _vlan(nic),
            "DynamicMacAddressEnabled": True,
            "IPAddresses": [nic.address] if nic.address and local.side == "own" else [],
            "IsLegacy": False,
            "IsSynthetic": True,
            "IsManagementOs": False,
            "IsExternalAdapter": False,
            "Status": ["Ok"],
            "StatusDescription": ["OK"],
            "ComputerName": call.host.name.partition(".")[0].upper(),
            "CimSession": None,
            "IsDeleted": False,
        }
        yield PsObject(kind=f"{HYPERV}VMNetworkAdapter", values=values, text=nic.name, source=nic)


def _path(local: LocalVm) -> str:
    """Where its configuration is: beside its disks, or in the store of the replica server."""
    if local.side != "own":
        return "D:\\Replica\\Hyper-V Replica"
    return local.vm.disks[0].path.rpartition("\\")[0] if local.vm.disks else "D:\\Hyper-V"


def integration_objects(call: Call, local: LocalVm) -> Iterator[PsObject]:
    """Its ``VMIntegrationComponent`` objects; names are those of an English host."""
    running = local.state == "Running"
    off, mute = {"Guest Service Interface", *local.vm.services_off}, local.vm.services_mute
    for name, identifier in INTEGRATION.items():
        status, words = ("NoContact", "No Contact") if name in mute else ("Ok", "OK")
        values = {
            "Id": f"Microsoft:{local.id.upper()}\\{identifier}",
            "Name": name,
            "Enabled": name not in off,
            "PrimaryOperationalStatus": status if running else None,
            "PrimaryStatusDescription": words if running else "",
            "VMId": local.id,
            "VMName": local.name,
            "ComputerName": call.host.name.partition(".")[0].upper(),
        }
        yield PsObject(kind=f"{HYPERV}VMIntegrationComponent", values=values, text=name)


def _vlan(nic: Nic) -> PsObject:
    values = {"OperationMode": "Access" if nic.vlan else "Untagged", "AccessVlanId": nic.vlan, "NativeVlanId": 0}
    return PsObject(kind=f"{HYPERV}VMNetworkAdapterVlanSetting", values=values)


def _switch(local: LocalVm, nic: Nic, place: int) -> str:
    """A replica is connected to nothing; a test VM to what was set for tests beforehand, and to nothing else."""
    if local.test:
        return local.test.switches[place] if place < len(local.test.switches) else ""
    return nic.switch if local.side == "own" else ""


def _heartbeat(local: LocalVm, now: float) -> str | None:
    if local.test:
        return heartbeat(local.test, now)
    return "OkApplicationsHealthy" if local.state == "Running" else None


def _uptime(local: LocalVm, now: float) -> timedelta:
    if local.test:
        return timedelta(seconds=0 if local.test.started is None else max(0.0, now - local.test.started))
    return timedelta(days=20) if local.state == "Running" else timedelta(0)
