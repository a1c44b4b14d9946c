"""What does the Hyper-V module answer on a host?"""

from collections.abc import Iterator, Mapping

from drcheck.lab.cmdlets import hyperv_replication, hyperv_storage
from drcheck.lab.cmdlets.hyperv_calls import COMPUTER, chosen, described, netbios, wanted
from drcheck.lab.cmdlets.hyperv_machines import LocalVm, adapter_objects, integration_objects, vm_object
from drcheck.lab.cmdlets.objects import HYPERV, Call, CmdletError, Handler, PsObject, local_only
from drcheck.lab.state.replication import recovery_points
from drcheck.lab.state.windows import Checkpoint
from drcheck.lab.state.world import Switch


def get_vm(call: Call) -> Iterator[PsObject]:
    """``Get-VM``: running machines, replicas and test VMs alike."""
    local_only(call, COMPUTER)
    call.unsupported("CimSession", "ClusterObject")
    return (vm_object(call, local) for local in chosen(call))


def get_vm_network_adapter(call: Call) -> Iterator[PsObject]:
    """``Get-VMNetworkAdapter``: needs to be told whose."""
    local_only(call, COMPUTER)
    call.unsupported("CimSession", "VMSnapshot", "IsLegacy", "SwitchName")
    if call.piped is None and not {"VMName", "All", "ManagementOS"} & call.params.keys():
        raise CmdletError(
            f"AmbiguousParameterSet,{call.cmdlet}", "Parameter set cannot be resolved.", "InvalidArgument"
        )
    if call.params.get("ManagementOS") and not call.params.get("All"):
        return
    for local in chosen(call):
        yield from adapter_objects(call, local)


def get_vm_switch(call: Call) -> Iterator[PsObject]:
    """``Get-VMSwitch``."""
    local_only(call, COMPUTER)
    call.unsupported("CimSession", "ResourcePoolName")
    for switch in call.host.switches:
        if wanted(call, "Name", switch.name) and wanted(call, "SwitchType", switch.switch_type):
            yield PsObject(kind=f"{HYPERV}VMSwitch", values=_switch(call, switch), text=switch.name, source=switch)


def get_vm_snapshot(call: Call) -> Iterator[PsObject]:
    """``Get-VMSnapshot``: checkpoints of machines, and the recovery points of replicas."""
    local_only(call, COMPUTER)
    call.unsupported("CimSession", "ChildOf", "ParentOf", "Name")
    if call.piped is None and not {"VMName", "Id"} & call.params.keys():
        raise CmdletError(
            f"AmbiguousParameterSet,{call.cmdlet}", "Parameter set cannot be resolved.", "InvalidArgument"
        )
    machines = list(chosen(call))
    # Piped machines are answered for one by one: each that has none of the wanted type is an error.
    for answered in [machines] if call.piped is None else [[one] for one in machines]:
        found = [one for local in answered for one in _snapshots(call, local)]
        wished = [one for one in found if wanted(call, "SnapshotType", str(one.values["SnapshotType"]))]
        if not wished and "SnapshotType" in call.params:
            text = "Hyper-V was unable to find a checkpoint that meets the criteria."
            call.note(CmdletError(f"ObjectNotFound,{call.cmdlet}", text, "ObjectNotFound"))
        yield from wished


def _snapshots(call: Call, local: LocalVm) -> Iterator[PsObject]:
    if local.side == "own":
        for checkpoint in local.vm.checkpoints:
            yield _snapshot(call, local, checkpoint)
    if local.side == "replica":
        for point in recovery_points(call.world, local.vm, call.now):
            kind = "AppConsistentReplica" if point.app_consistent else "Replica"
            word = "Application-consistent" if point.app_consistent else "Standard"
            name = f"{local.name} - {word} Replica - ({call.stamp(point.cut):%m/%d/%Y - %I:%M:%S %p})"
            yield _snapshot(call, local, Checkpoint(id=point.id, name=name, created=point.cut, checkpoint_type=kind))


def get_integration(call: Call) -> Iterator[PsObject]:
    """``Get-VMIntegrationService``: needs to be told whose."""
    local_only(call, COMPUTER)
    call.unsupported("CimSession", "VMSnapshot", "Name")
    if call.piped is None and "VMName" not in call.params:
        raise CmdletError(
            f"AmbiguousParameterSet,{call.cmdlet}", "Parameter set cannot be resolved.", "InvalidArgument"
        )
    for local in chosen(call):
        yield from integration_objects(call, local)


def get_vm_host(call: Call) -> Iterator[PsObject]:
    """``Get-VMHost``."""
    local_only(call, COMPUTER)
    call.unsupported("CimSession")
    values = {
        **described(call),
        "Name": netbios(call),
        "FullyQualifiedDomainName": call.host.name.partition(".")[2],
        "LogicalProcessorCount": 64,
        "MemoryCapacity": 512 << 30,
        "VirtualHardDiskPath": "C:\\ClusterStorage\\Volume1",
        "VirtualMachinePath": "C:\\ClusterStorage\\Volume1",
        "VirtualMachineMigrationEnabled": True,
        "SupportedVmVersions": ["5.0", "6.2", "7.0", "8.0", "9.0", "10.0"],
    }
    yield PsObject(kind=f"{HYPERV}VMHost", values=values, text=netbios(call), source=call.host)


def _switch(call: Call, switch: Switch) -> dict[str, object]:
    return {
        **described(call),
        "Id": switch.id,
        "Name": switch.name,
        "Notes": "",
        "SwitchType": switch.switch_type,
        "AllowManagementOS": switch.allow_management_os,
        "EmbeddedTeamingEnabled": len(switch.uplinks) > 1,
        "NetAdapterInterfaceDescription": switch.uplinks[0] if switch.uplinks else "",
        "NetAdapterInterfaceDescriptions": list(switch.uplinks) or None,
    }


def _snapshot(call: Call, local: LocalVm, checkpoint: Checkpoint) -> PsObject:
    values = {
        **described(call),
        "Id": checkpoint.id,
        "Name": checkpoint.name,
        "SnapshotType": checkpoint.checkpoint_type,
        "VMId": local.id,
        "VMName": local.name,
        "CreationTime": call.stamp(checkpoint.created),
        "IsAutomaticCheckpoint": False,
        "ParentSnapshotId": None,
        "ParentSnapshotName": None,
        "State": "Off",
    }
    return PsObject(kind=f"{HYPERV}VMSnapshot", values=values, text=checkpoint.name, source=checkpoint.id)


CMDLETS: Mapping[str, Handler] = {
    "Get-VM": get_vm,
    "Get-VMNetworkAdapter": get_vm_network_adapter,
    "Get-VMSwitch": get_vm_switch,
    "Get-VMSnapshot": get_vm_snapshot,
    "Get-VMIntegrationService": get_integration,
    "Get-VMHost": get_vm_host,
    **hyperv_replication.CMDLETS,
    **hyperv_storage.CMDLETS,
}
