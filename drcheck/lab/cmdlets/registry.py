"""Which registry values does a simulated machine have?"""

from collections.abc import Callable, Mapping, Sequence

from drcheck.lab.cmdlets.objects import CmdletError, LabNotImplementedError, Session
from drcheck.lab.state.world import VmmServer

_VMM = r"HKLM:\SOFTWARE\Microsoft\Microsoft System Center Virtual Machine Manager Server".lower()
_TIME = r"HKLM:\SYSTEM\CurrentControlSet\Services\W32Time\Parameters".lower()
_NETLOGON = r"HKLM:\SYSTEM\CurrentControlSet\Services\Netlogon\Parameters".lower()
_ASR = r"HKLM:\SOFTWARE\Microsoft\Azure Site Recovery".lower()
_SQL = r"HKLM:\SOFTWARE\Microsoft\Microsoft SQL Server".lower()
_GUEST = r"HKLM:\SOFTWARE\Microsoft\Virtual Machine\Guest\Parameters".lower()

_SCHANNEL = r"HKLM:\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols".lower()
_NET = (
    r"HKLM:\SOFTWARE\Microsoft\.NETFramework\v4.0.30319".lower(),
    r"HKLM:\SOFTWARE\WOW6432Node\Microsoft\.NETFramework\v4.0.30319".lower(),
)

_WINDOWS = r"HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion".lower()
_FIREWALL = r"HKLM:\SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy\FirewallRules".lower()

Value = str | int | list[str]


def read(session: Session, key: str, names: Sequence[str]) -> tuple[dict[str, Value], list[str]]:
    """The values of a key, and which of the asked ones do not exist; a key that is not there has none.

    Raises:
        LabNotImplementedError: a key the lab knows nothing about; saying "absent" would be an invention.
    """
    if not key.lower().startswith("hklm:\\"):
        raise CmdletError("NotAllowed", "only keys below HKLM", "InvalidOperation")
    values = {name.lower(): value for name, value in _values(session, key.lower().rstrip("\\")).items()}
    found = {name: values[name.lower()] for name in names if name.lower() in values}
    return found, [name for name in names if name not in found]


def _values(session: Session, key: str) -> Mapping[str, Value]:
    known = _KEYS.get(key)
    if known is not None:
        return known(session)
    if key.startswith(_ASR):
        return _site_recovery(session, key)
    if not key.startswith(_VMM):
        raise LabNotImplementedError(f"the registry key {key}")
    return _virtual_machine_manager(session, key)


def _virtual_machine_manager(session: Session, key: str) -> Mapping[str, Value]:
    server = vmm_on(session)
    if server is None:
        return {}
    known = {
        rf"{_VMM}\settings\sql": _sql(server, session.host.name),
        rf"{_VMM}\settings": {"IndigoTcpPort": 8100},
        rf"{_VMM}\setup": _setup(server),
    }
    return known.get(key, {})


def _windows(_session: Session) -> Mapping[str, Value]:
    return {"ProductName": "Windows Server 2022 Datacenter", "CurrentBuildNumber": "20348", "UBR": 2849}


def vmm_on(session: Session) -> VmmServer | None:
    """The VMM deployment this machine is a server of, active or not."""
    servers = (server for server in session.world.vmm if session.host.name in {server.host, *server.nodes})
    return next(servers, None)


def _sql(server: VmmServer, node: str) -> Mapping[str, Value]:
    where = server.node_databases.get(node) or server.registry_database_server or server.database_server
    source = where if server.database_instance in {"", "MSSQLSERVER"} else rf"{where}\{server.database_instance}"
    return {
        "ConnectionString": f"Integrated Security=SSPI;Data Source={source};Initial Catalog={server.database_name}",
        "MachineFQDN": where,
        "DatabaseName": server.database_name,
    }


def _setup(server: VmmServer) -> Mapping[str, Value]:
    kept = {"InstallPath": r"C:\Program Files\Microsoft System Center\Virtual Machine Manager"}
    return kept | ({"TopContainerName": server.dkm_container} if server.dkm_container else {})


def _site_recovery(session: Session, key: str) -> Mapping[str, Value]:
    """Only machines with Site Recovery's provider have it; the lab puts that on VMM servers."""
    server = vmm_on(session)
    version = server.provider_versions.get(session.host.name, server.provider_version) if server else ""
    if server is None or not version:
        return {}
    known: dict[str, Mapping[str, Value]] = {
        _ASR: {"ProductVersion": version},
        rf"{_ASR}\registration": {"ScriptLibraryPath": rf"\\{server.name.partition('.')[0]}\MSSCVMMLibrary"},
    }
    return known.get(key, {})


def _sql_server(session: Session) -> Mapping[str, Value]:
    """A machine without SQL Server does not have the key."""
    names = [one.name for one in session.world.sql if one.host == session.host.name]
    return {"InstalledInstances": names} if names else {}


def _domain_services(session: Session) -> Mapping[str, Value]:
    """Of the time service and of Netlogon; members of a domain follow it and share no SYSVOL."""
    controllers = (one for domain in session.world.domains for one in domain.controllers)
    here = next((one for one in controllers if one.host == session.host.name), None)
    if here is None:
        return {"Type": "NT5DS"}
    return {"Type": here.time_type, "NtpServer": here.time_servers, "SysvolReady": int(here.sysvol_ready)}


def _guest_parameters(session: Session) -> Mapping[str, Value]:
    """Hyper-V writes them into its guests; a physical machine has no such key."""
    vm = session.world.vms.get(session.host.vm_id)
    if vm is None:
        return {}
    return {
        "VirtualMachineId": vm.id.upper(),
        "VirtualMachineName": vm.name,
        "HostName": vm.host.partition(".")[0].upper(),
        "PhysicalHostName": vm.host.partition(".")[0].upper(),
        "PhysicalHostNameFullyQualified": vm.host,
    }


def _firewall(session: Session) -> Mapping[str, Value]:
    """The rules that come with the Hyper-V role: off, until somebody enables that of the listener in use."""
    if "hyperv" not in session.host.roles:
        return {}
    settings = session.host.replica_server
    used = "" if settings is None or not settings.listener_open else settings.authentication
    return {
        name: f"v2.31|Action=Allow|Active={'TRUE' if kind in used else 'FALSE'}|Dir=In|Protocol=6|LPort={port}"
        f"|App=System|Name=@vmms.exe,-{number}|"
        for name, kind, port, number in (
            ("VIRT-HVRHTTPL-In-TCP-NoScope", "Kerberos", 80, 210),
            ("VIRT-HVRHTTPSL-In-TCP-NoScope", "Certificate", 443, 213),
        )
    }


def _dot_net(session: Session) -> Mapping[str, Value]:
    told = session.host.strong_crypto
    return {} if told is None else {"SchUseStrongCrypto": told, "SystemDefaultTlsVersions": told}


def _schannel(version: str) -> Callable[[Session], Mapping[str, Value]]:
    def client(session: Session) -> Mapping[str, Value]:
        told = session.host.tls.get(version)
        return {} if told is None else {"Enabled": told, "DisabledByDefault": 1 - told}

    return client


_KEYS: Mapping[str, Callable[[Session], Mapping[str, Value]]] = {
    _WINDOWS: _windows,
    _FIREWALL: _firewall,
    _GUEST: _guest_parameters,
    _TIME: _domain_services,
    _NETLOGON: _domain_services,
    _SQL: _sql_server,
    **dict.fromkeys(_NET, _dot_net),
    **{rf"{_SCHANNEL}\tls {version}\client": _schannel(version) for version in ("1.0", "1.1", "1.2")},
}
