"""Which VMM deployment answers, and where is its database?

The connection that ``Get-SCVMMServer`` makes becomes the default one of its process, so that this query goes first, and
no other answer means anything when it fails: every collector of VMM reads it.
"""

from collections.abc import Iterator, Sequence

from drcheck.discovery import WindowsAsk
from drcheck.query import Cmdlet, Registry, WindowsQuery
from drcheck.topology.base import Target
from drcheck.topology.vmm import VmmServer
from drcheck.topology.vmm_fabric import DrRegistration
from drcheck.transport.names import full_name, host_meant, place_of
from drcheck.transport.row import Row

MODULE = "VirtualMachineManager"

SERVER = Cmdlet(
    id="vmm-server",
    module=MODULE,
    cmdlet="Get-SCVMMServer",
    params={"ComputerName": "localhost"},
    select=(
        "FullyQualifiedDomainName",
        "ProductVersion",
        "IsHighlyAvailable",
        "ActiveVMMNode",
        "FailoverVMMNodes",
        "DatabaseServerName",
        "DatabaseInstanceName",
        "DatabaseName",
        "VMMServiceAccount",
        "MinimumSupportedAgentVersion",
        "ConnectedUserName",
        "Profile",
    ),
)
DATABASE = Registry(
    id="vmm-database",
    key=r"HKLM:\SOFTWARE\Microsoft\Microsoft System Center Virtual Machine Manager Server\Settings\Sql",
    values=("ConnectionString",),
)
GUEST = Registry(
    id="vmm-guest",
    key=r"HKLM:\SOFTWARE\Microsoft\Virtual Machine\Guest\Parameters",
    values=("VirtualMachineId",),
)
REGISTRATION = Cmdlet(
    # No property of what it gives is published: that something comes is all that is read.
    id="vmm-dr-registration",
    module=MODULE,
    cmdlet="Get-SCVMMDRServiceRegistration",
    select=(),
)


def after_server(ask: WindowsAsk, query: WindowsQuery) -> Sequence[Row]:
    """The rows of a query that stands on the connection; raises ``QueryFailed`` when there is none."""
    ask.rows(SERVER)
    return ask.rows(query)


def servers(ask: WindowsAsk, target: Target) -> Iterator[VmmServer]:
    """The VMM deployment that answered."""
    for row in ask.rows(SERVER):
        domain = target.endpoint.partition(".")[2] or ask.machine.partition(".")[2]
        active = full_name(row.text_or_none("ActiveVMMNode") or "", domain)
        place = place_of(_text_of_value(ask, DATABASE, "ConnectionString"))
        vm_id = _text_of_value(ask, GUEST, "VirtualMachineId").lower()
        yield VmmServer(
            key=target.endpoint,
            seen=ask.seen(SERVER),
            name=row.text("FullyQualifiedDomainName").lower(),
            host=active or ask.machine,
            is_virtual=bool(vm_id),
            vm_id=vm_id,
            highly_available=row.flag("IsHighlyAvailable"),
            active_node=active,
            nodes=tuple(full_name(node, domain) for node in _nodes(row)),
            database_server=host_meant(row.text("DatabaseServerName"), ask.machine, domain),
            database_instance=row.text_or_none("DatabaseInstanceName") or "MSSQLSERVER",
            database_name=row.text("DatabaseName"),
            registry_database_server=host_meant(place.host, ask.machine, domain) if place else "",
            registry_database_instance=place.instance if place else "",
            version=row.text("ProductVersion"),
            # what else a server can do without being told is no reason to lose it
            service_account=row.text_or("VMMServiceAccount", ""),
            minimum_agent_version=row.text_or("MinimumSupportedAgentVersion", ""),
            connected_user=row.text_or("ConnectedUserName", ""),
            user_profile=row.text_or("Profile", ""),
        )


def registrations(ask: WindowsAsk, target: Target) -> Iterator[DrRegistration]:
    """Is Site Recovery's provider registered with this server?"""
    registered = bool(after_server(ask, REGISTRATION))
    for row in ask.rows(SERVER):
        name = row.text("FullyQualifiedDomainName").lower()
        yield DrRegistration(key=target.endpoint, seen=ask.seen(REGISTRATION), name=name, registered=registered)


def _nodes(row: Row) -> list[str]:
    return row.texts("FailoverVMMNodes") if row.flag("IsHighlyAvailable") else []


def _text_of_value(ask: WindowsAsk, query: WindowsQuery, name: str) -> str:
    """A registry value; empty when it does not exist."""
    return next((row.text_or(name, "") for row in ask.rows(query) if row.has(name)), "")
