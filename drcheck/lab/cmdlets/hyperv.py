"""What does the Hyper-V module answer on a host?"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from fnmatch import fnmatchcase

from drcheck.lab.cmdlets.hyperv_machines import LocalVm, adapter_objects, local_vms, vm_object
from drcheck.lab.cmdlets.objects import HYPERV, Call, CmdletError, Handler, PsObject, local_only
from drcheck.lab.replication import latest, recovery_points, relation, statistics
from drcheck.lab.world import Switch

_VM_COMPUTER = "ComputerName"


def get_vm(call: Call) -> Iterator[PsObject]:
    """``Get-VM``: running machines, replicas and test VMs alike."""
    local_only(call, _VM_COMPUTER)
    call.unsupported("CimSession", "ClusterObject")
    return (vm_object(call, local) for local in _chosen(call))


def get_vm_replication(call: Call) -> Iterator[PsObject]:
    """``Get-VMReplication``: one object per relationship that this host is a side of."""
    for local in _related(call):
        yield PsObject(kind=f"{HYPERV}VMReplication", values=_replication(call, local), text=local.name, source=local)


def measure_vm_replication(call: Call) -> Iterator[PsObject]:
    """``Measure-VMReplication``: the same, with the counters of the current monitoring window."""
    for local in _related(call):
        values = {**_relationship(call, local), **_statistics(call, local)}
        yield PsObject(kind=f"{HYPERV}VMReplicationHealth", values=values, text=local.name, source=local)


def get_vm_network_adapter(call: Call) -> Iterator[PsObject]:
    """``Get-VMNetworkAdapter``: needs to be told whose."""
    local_only(call, _VM_COMPUTER)
    call.unsupported("CimSession", "VMSnapshot", "IsLegacy", "SwitchName")
    if call.piped is None and not {"VMName", "All", "ManagementOS"} & call.params.keys():
        raise CmdletError(
            f"AmbiguousParameterSet,{call.cmdlet}", "Parameter set cannot be resolved.", "InvalidArgument"
        )
    if call.params.get("ManagementOS") and not call.params.get("All"):
        return
    for local in _chosen(call):
        yield from adapter_objects(call, local)


def get_vm_switch(call: Call) -> Iterator[PsObject]:
    """``Get-VMSwitch``."""
    local_only(call, _VM_COMPUTER)
    call.unsupported("CimSession", "ResourcePoolName")
    for switch in call.host.switches:
        if _wanted(call, "Name", switch.name) and _wanted(call, "SwitchType", switch.switch_type):
            yield PsObject(kind=f"{HYPERV}VMSwitch", values=_switch(call, switch), text=switch.name, source=switch)


def get_vm_snapshot(call: Call) -> Iterator[PsObject]:
    """``Get-VMSnapshot``: the lab keeps no checkpoints but the recovery points of replicas."""
    local_only(call, _VM_COMPUTER)
    call.unsupported("CimSession", "ChildOf", "ParentOf", "Name")
    if call.piped is None and not {"VMName", "Id"} & call.params.keys():
        raise CmdletError(
            f"AmbiguousParameterSet,{call.cmdlet}", "Parameter set cannot be resolved.", "InvalidArgument"
        )
    if not _wanted(call, "SnapshotType", "Replica"):
        return
    for local in _chosen(call):
        if local.side == "replica":
            for point in recovery_points(call.world, local.vm, call.now):
                yield _snapshot(call, local, point.id, point.cut)


def get_vm_host(call: Call) -> Iterator[PsObject]:
    """``Get-VMHost``."""
    local_only(call, _VM_COMPUTER)
    call.unsupported("CimSession")
    values = {
        **_common(call),
        "Name": _netbios(call),
        "FullyQualifiedDomainName": call.host.name.partition(".")[2],
        "LogicalProcessorCount": 64,
        "MemoryCapacity": 512 << 30,
        "VirtualHardDiskPath": "C:\\ClusterStorage\\Volume1",
        "VirtualMachinePath": "C:\\ClusterStorage\\Volume1",
        "VirtualMachineMigrationEnabled": True,
    }
    yield PsObject(kind=f"{HYPERV}VMHost", values=values, text=_netbios(call), source=call.host)


def get_vm_replication_server(call: Call) -> Iterator[PsObject]:
    """``Get-VMReplicationServer``: is this host ready to receive replicas?"""
    local_only(call, _VM_COMPUTER)
    call.unsupported("CimSession")
    receives = any(vm.replication and vm.replication.replica_host == call.host.name for vm in call.world.vms.values())
    values = {
        **_common(call),
        "ReplicationEnabled": receives,
        "AllowedAuthenticationType": "Kerberos",
        "KerberosAuthenticationPort": 80,
        "CertificateAuthenticationPort": 443,
        "CertificateThumbprint": "",
        "DefaultStorageLocation": "D:\\Replica",
        "MonitoringInterval": timedelta(hours=12),
        "MonitoringStartTime": timedelta(hours=9),
        "OperationalStatus": ["Ok"],
        "ReplicationAllowedFromAnyServer": True,
        "StatusDescriptions": ["Operating normally"],
    }
    yield PsObject(kind=f"{HYPERV}VMReplicationServer", values=values, source=call.host)


def _chosen(call: Call) -> Iterable[LocalVm]:
    """The machines that were piped in, named, or all."""
    if call.piped is not None:
        return [item.source for item in call.piped if isinstance(item.source, LocalVm)]
    name, identifier = call.text("VMName") or call.text("Name"), call.text("Id")
    if call.cmdlet in {"Get-VMNetworkAdapter", "Get-VMSnapshot"}:
        name, identifier = call.text("VMName"), None
    found = [local for local in local_vms(call) if _matches(local, name, identifier)]
    if not found and (identifier is not None or (name is not None and "*" not in name)):
        call.note(
            CmdletError(
                f"InvalidParameter,{call.cmdlet}",
                f'Hyper-V was unable to find a virtual machine with name "{name or identifier}".',
                "InvalidArgument",
            )
        )
    return found


def _matches(local: LocalVm, name: str | None, identifier: str | None) -> bool:
    if identifier is not None:
        return local.id == identifier.lower()
    return name is None or fnmatchcase(local.name.lower(), name.lower())


def _wanted(call: Call, parameter: str, value: str) -> bool:
    asked = call.text(parameter)
    return asked is None or fnmatchcase(value.lower(), asked.lower())


def _related(call: Call) -> Iterator[LocalVm]:
    local_only(call, _VM_COMPUTER)
    call.unsupported("CimSession", "TrustGroup", "ReplicaServerName", "PrimaryServerName", "ReplicationState")
    call.unsupported("ReplicationHealth")
    if (call.text("ReplicationRelationshipType") or "Simple").lower() != "simple":
        return
    for local in _chosen(call):
        if local.vm.replication is not None and local.side != "test" and _wanted(call, "ReplicationMode", local.mode):
            yield local


def _common(call: Call) -> dict[str, str | bool | None]:
    return {"CimSession": None, "ComputerName": _netbios(call), "IsDeleted": False}


def _netbios(call: Call) -> str:
    return call.host.name.partition(".")[0].upper()


def _relationship(call: Call, local: LocalVm) -> dict[str, object]:
    """Properties that both replication types have."""
    replication = relation(local.vm)
    newest = latest(call.world, local.vm, call.now)
    test = call.world.test_vms.get(replication.test_vm_id) if local.side == "replica" else None
    return {
        **_common(call),
        "VMId": local.id,
        "VMName": local.name,
        "VMSnapshotId": None,
        "VMSnapshotName": None,
        "AllowedPrimaryServer": "*",
        "PrimaryServerName": replication.primary_host,
        "ReplicaServerName": replication.replica_server,
        "CurrentReplicaServerName": replication.replica_host,
        "LastReplicationTime": call.stamp(newest.received if newest else None),
        "LastAppliedLogTime": call.stamp(newest.received if newest else None),
        "ReplicationMode": local.mode,
        "ReplicationState": local.replication_state,
        "ReplicationHealth": replication.health,
        "ReplicationRelationshipType": "Simple",
        "TestVirtualMachine": None if test is None else vm_object(call, LocalVm(vm=local.vm, side="test", test=test)),
        "ReplicatedDisks": [drive for drive in local.drives(call) if _path(drive) not in replication.excluded],
    }


def _replication(call: Call, local: LocalVm) -> Mapping[str, object]:
    replication = relation(local.vm)
    return {
        **_relationship(call, local),
        "ReplicationFrequencySec": replication.frequency,
        "ExcludedDisks": [drive for drive in local.drives(call) if _path(drive) in replication.excluded],
        "AuthenticationType": "Kerberos",
        "AutoResynchronizeEnabled": True,
        "BypassProxyServer": False,
        "CertificateThumbprint": "",
        "CompressionEnabled": True,
        "RecoveryHistory": replication.recovery_history,
        "ReplicaServerPort": 80,
        "ReplicateHostKvpItems": True,
        "InitialReplicationStartTime": None,
        "ResynchronizeStartTime": None,
        "VSSSnapshotReplicationEnabled": False,
        "VSSSnapshotFrequencyHour": 0,
    }


def _path(drive: PsObject) -> str:
    """The path on the primary: exclusions are kept by it."""
    return str(drive.source)


def _statistics(call: Call, local: LocalVm) -> dict[str, object]:
    """The sender knows the backlog, the receiver knows of tests."""
    figures = statistics(call.world, local.vm, call.now)
    sends = local.side != "replica"
    return {
        "MonitoringStartTime": call.stamp(figures.window_started),
        "MonitoringEndTime": call.stamp(call.now),
        "LastReplicationType": "Regular",
        "FailedOverReplicationType": "None",
        "LastTestFailoverInitiatedTime": None if sends else call.stamp(relation(local.vm).last_test),
        "InitialReplicationSize": 0,
        "PendingReplicationSize": figures.pending_bytes if sends else 0,
        "AverageReplicationSize": figures.average_bytes,
        "MaximumReplicationSize": figures.average_bytes * 2,
        "AverageReplicationLatency": timedelta(0) if figures.successful else None,  # whole seconds of 0.2 to 0.8
        "MaximumReplicationLatency": timedelta(0) if figures.successful else None,
        "ReplicationErrors": figures.errors,
        "SuccessfulReplicationCount": figures.successful,
        "MissedReplicationCount": figures.missed,
        "ReplicationHealthDetails": [],
        "CurrentTask": [],
    }


def _switch(call: Call, switch: Switch) -> dict[str, object]:
    return {
        **_common(call),
        "Id": switch.id,
        "Name": switch.name,
        "Notes": "",
        "SwitchType": switch.switch_type,
        "AllowManagementOS": switch.allow_management_os,
        "EmbeddedTeamingEnabled": len(switch.uplinks) > 1,
        "NetAdapterInterfaceDescription": switch.uplinks[0] if switch.uplinks else "",
        "NetAdapterInterfaceDescriptions": list(switch.uplinks) or None,
    }


def _snapshot(call: Call, local: LocalVm, point: str, cut: float) -> PsObject:
    name = f"{local.name} - Standard Replica - ({call.stamp(cut):%m/%d/%Y - %I:%M:%S %p})"
    values = {
        **_common(call),
        "Id": point,
        "Name": name,
        "SnapshotType": "Replica",
        "VMId": local.id,
        "VMName": local.name,
        "CreationTime": call.stamp(cut),
        "IsAutomaticCheckpoint": False,
        "ParentSnapshotId": None,
        "ParentSnapshotName": None,
        "State": "Off",
    }
    return PsObject(kind=f"{HYPERV}VMSnapshot", values=values, text=name, source=point)


CMDLETS: Mapping[str, Handler] = {
    "Get-VM": get_vm,
    "Get-VMReplication": get_vm_replication,
    "Measure-VMReplication": measure_vm_replication,
    "Get-VMNetworkAdapter": get_vm_network_adapter,
    "Get-VMSwitch": get_vm_switch,
    "Get-VMSnapshot": get_vm_snapshot,
    "Get-VMHost": get_vm_host,
    "Get-VMReplicationServer": get_vm_replication_server,
}
