"""What is the Windows machine below Hyper-V: its version, room, services, firewall and certificates?

CIM classes are asked where no cmdlet of the host's own modules tells: their names and values are not localised.
"""

from collections.abc import Iterator

from drcheck.discovery import WindowsAsk, WindowsCollector
from drcheck.errors import AnswerError
from drcheck.query import Certificates, Cmdlet, Registry
from drcheck.topology.base import Target
from drcheck.topology.tls import HostTls
from drcheck.topology.windows_host import (
    DiskActivity,
    HostVolume,
    HyperVHost,
    MachineCertificate,
    ReplicaListenerRule,
    WindowsService,
)
from drcheck.transport.tls_settings import QUESTIONS, frameworks, protocols

ROLE = "hyperv"

HOST = Cmdlet(
    id="hyperv-host",
    module="Hyper-V",
    cmdlet="Get-VMHost",
    select=(
        "LogicalProcessorCount",
        "MemoryCapacity",
        "VirtualHardDiskPath",
        "VirtualMachinePath",
        "SupportedVmVersions",
        "VirtualMachineMigrationEnabled",
    ),
)
VERSION = Registry(
    id="windows-version",
    key=r"HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion",
    values=("ProductName", "CurrentBuildNumber", "UBR"),
)
VOLUMES = Cmdlet(
    id="windows-volumes",
    module="CimCmdlets",
    cmdlet="Get-CimInstance",
    select=("DeviceID", "Name", "Label", "FileSystem", "Capacity", "FreeSpace"),
    params={"ClassName": "Win32_Volume", "Filter": "DriveType = 3"},
)
SERVICES = Cmdlet(
    id="windows-services",
    module="CimCmdlets",
    cmdlet="Get-CimInstance",
    select=("Name", "State", "StartMode", "StartName", "PathName"),
    params={"ClassName": "Win32_Service", "Filter": "Name = 'vmms' OR Name = 'obengine' OR Name = 'dra'"},
)
ACTIVITY = Cmdlet(
    id="hyperv-disk-activity",
    module="CimCmdlets",
    cmdlet="Get-CimInstance",
    select=("Name", "WriteBytesPersec", "ReadBytesPersec"),
    params={"ClassName": "Win32_PerfRawData_Counters_HyperVVirtualStorageDevice"},
)
"""Raw: despite their names the properties count bytes."""
LISTENERS = {"VIRT-HVRHTTPL-In-TCP-NoScope": False, "VIRT-HVRHTTPSL-In-TCP-NoScope": True}
"""Rule id -> for HTTPS."""
FIREWALL = Registry(
    id="windows-firewall",
    key=r"HKLM:\SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy\FirewallRules",
    values=tuple(LISTENERS),
)
CERTIFICATES = Certificates(
    id="windows-certificates",
    columns=(
        "Thumbprint",
        "Subject",
        "Issuer",
        "NotBefore",
        "NotAfter",
        "HasPrivateKey",
        "EnhancedKeyUsage",
        "DnsNames",
        "ChainStatus",
    ),
)


def hosts(ask: WindowsAsk, target: Target) -> Iterator[HyperVHost]:
    """The host itself."""
    (version,) = ask.rows(VERSION)
    for row in ask.rows(HOST):
        yield HyperVHost(
            key=target.endpoint,
            seen=ask.seen(HOST),
            host=target.endpoint,
            logical_processors=row.integer("LogicalProcessorCount"),
            memory_bytes=row.integer("MemoryCapacity"),
            disk_path=row.text("VirtualHardDiskPath"),
            machine_path=row.text("VirtualMachinePath"),
            supported_versions=tuple(row.texts("SupportedVmVersions")) if row.has("SupportedVmVersions") else None,
            migration_enabled=row.maybe("VirtualMachineMigrationEnabled", row.flag),
            product=version.maybe("ProductName", version.text),
            build=version.maybe("CurrentBuildNumber", version.integer),
            revision=version.maybe("UBR", version.integer),
        )


def volumes(ask: WindowsAsk, target: Target) -> Iterator[HostVolume]:
    """Every fixed volume."""
    for row in ask.rows(VOLUMES):
        yield HostVolume(
            key=f"{target.endpoint}/{row.text('DeviceID').lower()}",
            seen=ask.seen(VOLUMES),
            name=row.text("Name"),
            host=target.endpoint,
            label=row.text_or_none("Label") or "",
            file_system=row.text_or_none("FileSystem") or "",
            capacity_bytes=row.integer_or_none("Capacity"),
            free_bytes=row.integer_or_none("FreeSpace"),
        )


def services(ask: WindowsAsk, target: Target) -> Iterator[WindowsService]:
    """Those services of the host that recovery depends on."""
    for row in ask.rows(SERVICES):
        yield WindowsService(
            key=f"{target.endpoint}/{row.text('Name').lower()}",
            seen=ask.seen(SERVICES),
            name=row.text("Name"),
            host=target.endpoint,
            state=row.text("State"),
            start_mode=row.text("StartMode"),
            account=row.text_or_none("StartName") or "",
            program=row.text_or_none("PathName") or "",
        )


def activity(ask: WindowsAsk, target: Target) -> Iterator[DiskActivity]:
    """What every virtual disk has written and read."""
    for row in ask.rows(ACTIVITY):
        yield DiskActivity(
            key=f"{target.endpoint}/{row.text('Name').lower()}",
            seen=ask.seen(ACTIVITY),
            name=row.text("Name"),
            host=target.endpoint,
            written_bytes=row.integer("WriteBytesPersec"),
            read_bytes=row.integer("ReadBytesPersec"),
        )


def listeners(ask: WindowsAsk, target: Target) -> Iterator[ReplicaListenerRule]:
    """Windows' own rules for the listeners; a host without the Hyper-V role has none."""
    (row,) = ask.rows(FIREWALL)
    for name, secure in LISTENERS.items():
        if not row.has(name):
            continue
        parts = [part.partition("=") for part in row.text(name).split("|")[1:] if part]
        fields = {field.lower(): value for field, _, value in parts}
        if not {"active", "action", "dir"} <= fields.keys():
            raise AnswerError(str(FIREWALL), name, "is no firewall rule")
        yield ReplicaListenerRule(
            key=f"{target.endpoint}/{name.lower()}",
            seen=ask.seen(FIREWALL),
            name=name,
            host=target.endpoint,
            secure=secure,
            enabled=fields["active"].lower() == "true",
            allows=fields["action"].lower() == "allow" and fields["dir"].lower() == "in",
            port=fields.get("lport", ""),
            profiles=tuple(value for field, _, value in parts if field.lower() == "profile"),
        )


def certificates(ask: WindowsAsk, target: Target) -> Iterator[MachineCertificate]:
    """Every certificate in the personal store."""
    for row in ask.rows(CERTIFICATES):
        thumbprint = row.text("Thumbprint").upper()
        # Null is an answer here: without the extension a certificate is for every purpose, with an empty one for none.
        purposes = tuple(row.texts("EnhancedKeyUsage"))
        unlimited = row.has("EnhancedKeyUsage") and row.values["EnhancedKeyUsage"] is None
        yield MachineCertificate(
            key=f"{target.endpoint}/{thumbprint}",
            seen=ask.seen(CERTIFICATES),
            thumbprint=thumbprint,
            host=target.endpoint,
            subject=row.text("Subject"),
            issuer=row.text("Issuer"),
            not_before=row.when("NotBefore"),
            not_after=row.when("NotAfter"),
            private_key=row.flag("HasPrivateKey"),
            purposes=None if unlimited else purposes,
            dns_names=tuple(name.lower() for name in row.texts("DnsNames")),
            chain_status=tuple(row.texts("ChainStatus")),
        )


def tls(ask: WindowsAsk, target: Target) -> Iterator[HostTls]:
    """What the host is told about TLS."""
    yield HostTls(
        key=target.endpoint,
        seen=ask.seen(QUESTIONS[0]),
        host=target.endpoint,
        protocols=protocols(ask.rows),
        frameworks=frameworks(ask.rows),
    )


COLLECTORS = (
    WindowsCollector(kind=HyperVHost, queries=(HOST, VERSION), read=hosts),
    WindowsCollector(kind=HostVolume, queries=(VOLUMES,), read=volumes),
    WindowsCollector(kind=WindowsService, queries=(SERVICES,), read=services),
    WindowsCollector(kind=DiskActivity, queries=(ACTIVITY,), read=activity),
    WindowsCollector(kind=ReplicaListenerRule, queries=(FIREWALL,), read=listeners),
    WindowsCollector(kind=MachineCertificate, queries=(CERTIFICATES,), read=certificates),
    WindowsCollector(kind=HostTls, queries=QUESTIONS, read=tls),
)
