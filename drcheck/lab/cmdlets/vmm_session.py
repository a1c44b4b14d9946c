"""Which VMM deployment does a session talk to, and what does it show?"""

from fnmatch import fnmatchcase

from drcheck.lab.cmdlets.objects import VMM, Call, CmdletError, same_name
from drcheck.lab.cmdlets.registry import vmm_on
from drcheck.lab.state.world import Host, VmmServer

OWNER_FILTERS = ("OnBehalfOfUser", "OnBehalfOfUserRole")


def connection(call: Call, asked: str | None) -> VmmServer:
    """The VMM service that a name reaches from here; remembered as the session's default connection."""
    if asked is None and isinstance(call.session.vmm_connection, VmmServer):
        return call.session.vmm_connection
    if asked is None:
        raise CmdletError(
            f"1615,{VMM}Cmdlets.{call.cmdlet.replace('-', '')}",
            "No VMM management server is connected: specify the VMMServer parameter.",
            "ObjectNotFound",
        )
    server = vmm_on(call.session)
    here = asked.lower() in {"localhost", "."} or same_name(asked, call.host.name)
    if server is None or not (here or same_name(asked, server.name)) or server.host != call.host.name:
        raise CmdletError(
            f"1612,{VMM}Cmdlets.{call.cmdlet.replace('-', '')}",
            f"Unable to connect to the VMM management server {asked}.",
            "ConnectionError",
        )
    call.session.vmm_connection = server
    return server


def managed_hosts(call: Call) -> list[Host]:
    """Hyper-V hosts in one of the host groups of the VMM server that this session is connected to."""
    mine = ("", getattr(call.session.vmm_connection, "name", ""))
    hosts = (host for host in call.world.hosts.values() if "hyperv" in host.roles and host.host_group)
    return [host for host in hosts if host.vmm in mine]


def named(call: Call, name: str) -> bool:
    """Is it one of those that ``-Name`` asks for?"""
    asked = call.text("Name")
    return asked is None or fnmatchcase(name.lower(), asked.lower())


def identified(call: Call, identifier: str) -> bool:
    """Is it the one that ``-ID`` asks for?"""
    asked = call.text("ID")
    return asked is None or asked.lower() == identifier
