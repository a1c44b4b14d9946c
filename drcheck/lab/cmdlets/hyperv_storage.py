"""What does the Hyper-V module answer about disks?"""

from collections.abc import Iterator, Mapping

from drcheck.lab.cmdlets.hyperv_calls import COMPUTER, chosen, netbios
from drcheck.lab.cmdlets.hyperv_machines import LocalVm
from drcheck.lab.cmdlets.objects import Call, CmdletError, Handler, LabNotImplementedError, PsObject, local_only
from drcheck.lab.state.world import Disk

GIB = 1 << 30


def get_drive(call: Call) -> Iterator[PsObject]:
    """``Get-VMHardDiskDrive``."""
    local_only(call, COMPUTER)
    call.unsupported("CimSession", "VMSnapshot", "ControllerLocation", "ControllerNumber", "ControllerType")
    if call.piped is None and "VMName" not in call.params:
        raise CmdletError(
            f"AmbiguousParameterSet,{call.cmdlet}", "Parameter set cannot be resolved.", "InvalidArgument"
        )
    for local in chosen(call):
        yield from local.drives(call)


def get_vhd(call: Call) -> Iterator[PsObject]:
    """``Get-VHD`` of drives that are piped in."""
    local_only(call, COMPUTER)
    call.unsupported("CimSession", "DiskNumber", "VMId", "Path")
    if call.piped is None:
        raise LabNotImplementedError("Get-VHD without drives to read")
    everything = chosen(Call(session=call.session, cmdlet="Get-VM", params={}))
    owners = {(local.id, disk.path): (local, disk) for local in everything for disk in local.vm.disks}
    for drive in call.piped:
        machine, disk = owners[str(drive.values["VMId"]), str(drive.source)]
        yield _disk_object(call, machine, disk, str(drive.values["Path"]))


def _disk_object(call: Call, machine: LocalVm, disk: Disk, path: str) -> PsObject:
    test = machine.test is not None
    values = {
        "ComputerName": netbios(call),
        "Path": path,
        "VhdFormat": "VHDSet" if disk.shared else "VHDX",
        "VhdType": "Differencing" if test else "Dynamic",
        "Size": disk.size_gb * GIB,
        "FileSize": (1 << 26) if test else int(disk.size_gb * GIB * disk.used_share),
        "ParentPath": disk.path if test else "",
        "LogicalSectorSize": 512,
        "PhysicalSectorSize": disk.physical_sector,
        "BlockSize": 1 << 25,
        "Attached": machine.state == "Running",
        "DiskNumber": None,
    }
    return PsObject(kind="Microsoft.Vhd.PowerShell.VirtualHardDisk", values=values, text=path, source=disk)


CMDLETS: Mapping[str, Handler] = {"Get-VMHardDiskDrive": get_drive, "Get-VHD": get_vhd}
