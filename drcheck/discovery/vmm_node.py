"""What does each machine of a VMM deployment tell of itself? Its own registry and its service, active or not.

A node that would take over with another database, without Site Recovery's provider or without the keys is found here
and nowhere else: ``Get-SCVMMServer`` tells of the active one. Which values are sourced is in ``VmmNode``'s docstring.
"""

from collections.abc import Iterator

from drcheck.discovery import WindowsAsk, WindowsCollector
from drcheck.query import Cmdlet, Registry
from drcheck.topology.base import Target
from drcheck.topology.tls import NodeTls
from drcheck.topology.vmm_fabric import VmmNode, VmmService
from drcheck.transport.names import host_meant, place_of
from drcheck.transport.row import Row
from drcheck.transport.tls_settings import QUESTIONS, frameworks, protocols

ROLE = "vmm-node"

_VMM = r"HKLM:\SOFTWARE\Microsoft\Microsoft System Center Virtual Machine Manager Server"
_ASR = r"HKLM:\SOFTWARE\Microsoft\Azure Site Recovery"

DATABASE = Registry(
    id="vmm-node-database",
    key=rf"{_VMM}\Settings\Sql",
    values=("ConnectionString", "MachineFQDN", "DatabaseName"),
)
SETUP = Registry(id="vmm-node-setup", key=rf"{_VMM}\Setup", values=("InstallPath", "TopContainerName"))
PROVIDER = Registry(id="vmm-node-asr", key=_ASR, values=("ProductVersion",))
PROVIDER_REGISTRATION = Registry(
    id="vmm-node-asr-registration", key=rf"{_ASR}\Registration", values=("ScriptLibraryPath",)
)
GUEST = Registry(
    id="vmm-node-guest",
    key=r"HKLM:\SOFTWARE\Microsoft\Virtual Machine\Guest\Parameters",
    values=("VirtualMachineId",),
)
SERVICE = Cmdlet(
    id="vmm-node-service",
    module="CimCmdlets",
    cmdlet="Get-CimInstance",
    select=("Name", "State", "StartName"),
    params={"ClassName": "Win32_Service", "Filter": "Name = 'SCVMMService'"},
)


def nodes(ask: WindowsAsk, target: Target) -> Iterator[VmmNode]:
    """The machine that answered."""
    domain = target.endpoint.partition(".")[2] or ask.machine.partition(".")[2]
    (database,), (setup,) = ask.rows(DATABASE), ask.rows(SETUP)
    (provider,), (registration,), (guest,) = ask.rows(PROVIDER), ask.rows(PROVIDER_REGISTRATION), ask.rows(GUEST)
    place = place_of(_value(database, "ConnectionString") or "")
    machine = _value(database, "MachineFQDN")
    yield VmmNode(
        key=target.endpoint,
        seen=ask.seen(DATABASE),
        name=target.endpoint.partition(".")[0],
        host=target.endpoint,
        vm_id=(_value(guest, "VirtualMachineId") or "").lower(),
        database_server=host_meant(place.host, ask.machine, domain) if place else None,
        database_instance=place.instance if place else None,
        database_name=_value(database, "DatabaseName"),
        database_machine=host_meant(machine, ask.machine, domain) if machine else None,
        multi_subnet_failover=place.multi_subnet_failover if place else None,
        install_path=_value(setup, "InstallPath"),
        asr_provider_version=_value(provider, "ProductVersion"),
        asr_script_library=_value(registration, "ScriptLibraryPath"),
        dkm_container=_value(setup, "TopContainerName"),
    )


def tls(ask: WindowsAsk, target: Target) -> Iterator[NodeTls]:
    """What the machine is told about TLS."""
    yield NodeTls(
        key=target.endpoint,
        seen=ask.seen(QUESTIONS[0]),
        host=target.endpoint,
        protocols=protocols(ask.rows),
        frameworks=frameworks(ask.rows),
    )


def services(ask: WindowsAsk, target: Target) -> Iterator[VmmService]:
    """VMM's service, if the machine lists it."""
    for row in ask.rows(SERVICE):
        yield VmmService(
            key=target.endpoint,
            seen=ask.seen(SERVICE),
            name=target.endpoint.partition(".")[0],
            host=target.endpoint,
            account=row.text_or_none("StartName") or "",
            state=row.text("State"),
        )


def _value(row: Row, name: str) -> str | None:
    """A value as text; ``None`` when it does not exist."""
    return row.maybe(name, row.text)


COLLECTORS = (
    WindowsCollector(kind=VmmNode, queries=(DATABASE, SETUP, PROVIDER, PROVIDER_REGISTRATION, GUEST), read=nodes),
    WindowsCollector(kind=VmmService, queries=(SERVICE,), read=services),
    WindowsCollector(kind=NodeTls, queries=QUESTIONS, read=tls),
)
