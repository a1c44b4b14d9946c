"""Which machines does a call of the Hyper-V module mean, and what do all of its objects have?"""

from collections.abc import Iterable
from fnmatch import fnmatchcase

from drcheck.lab.cmdlets.hyperv_machines import LocalVm, local_vms
from drcheck.lab.cmdlets.objects import Call, CmdletError

COMPUTER = "ComputerName"
BY_VM_NAME = (
    "Get-VMNetworkAdapter",
    "Get-VMSnapshot",
    "Get-VMHardDiskDrive",
    "Get-VMIntegrationService",
    "Get-VMNetworkAdapterFailoverConfiguration",
)
"""Cmdlets that are told machines by ``-VMName``; without one, or a pipeline, they do not know whose is meant."""


def chosen(call: Call) -> Iterable[LocalVm]:
    """The machines that were piped in, named, or all."""
    if call.piped is not None:
        return [item.source for item in call.piped if isinstance(item.source, LocalVm)]
    name, identifier = call.text("VMName") or call.text("Name"), call.text("Id")
    if call.cmdlet in BY_VM_NAME:
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


def wanted(call: Call, parameter: str, value: str) -> bool:
    """Does a value match what the call asks for in a parameter, if it does?"""
    asked = call.text(parameter)
    return asked is None or fnmatchcase(value.lower(), asked.lower())


def described(call: Call) -> dict[str, str | bool | None]:
    """What every object of the module has."""
    return {"CimSession": None, "ComputerName": netbios(call), "IsDeleted": False}


def netbios(call: Call) -> str:
    """The host's short name."""
    return call.host.name.partition(".")[0].upper()
