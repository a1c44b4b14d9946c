"""Which shape must each part of estate.yaml have? One pydantic model per part; nothing here looks at another part."""

import re
from datetime import date
from ipaddress import ip_network
from typing import Annotated, Any, Literal, Self, TypeAlias
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from drcheck.estate.model import SignIn

_HOST = re.compile(r"[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*")
_ADDRESS = re.compile(r"[0-9a-fA-F:.]*:[0-9a-fA-F:.]*")
_DURATION = re.compile(r"([1-9][0-9]*)([smhd])")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_VNET = re.compile(r"/subscriptions/[^/]+/resourcegroups/[^/]+/providers/microsoft\.network/virtualnetworks/[^/]+")
_HTTPS = re.compile(r"https://[A-Za-z0-9.-]+(?::[0-9]+)?/?|https://\[[0-9a-fA-F:]+\](?::[0-9]+)?/?")


def seconds_of(value: object) -> int:
    """Seconds of a duration as people write it.

    Raises:
        ValueError: it is none.
    """
    found = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError(f"{value!r} is not a duration; write 30s, 15m, 4h or 90d")
    return int(found[1]) * _UNITS[found[2]]


def _host(value: str) -> str:
    name = value.lower().rstrip(".")
    if len(name) > 253 or not _HOST.fullmatch(name):
        raise ValueError(f"{value!r} is not a host name")
    return name


def _address(value: str) -> str:
    return value if _ADDRESS.fullmatch(value) else _host(value)


def _guid(value: str) -> str:
    try:
        return str(UUID(value))
    except ValueError:
        raise ValueError(f"{value!r} is not an id; write it as 8-4-4-4-12 hexadecimal digits") from None


def _vnet(value: str) -> str:
    if not _VNET.fullmatch(value.lower()):
        raise ValueError(
            f"{value!r} is not the ARM id of a virtual network; it looks like "
            "/subscriptions/ID/resourceGroups/NAME/providers/Microsoft.Network/virtualNetworks/NAME"
        )
    return value.lower()


def _https(value: str) -> str:
    if not _HTTPS.fullmatch(value):
        raise ValueError(f"{value!r} is not an https:// address without a path")
    return value.rstrip("/")


def _prefix(value: str) -> str:
    try:
        return str(ip_network(value))
    except ValueError as error:
        raise ValueError(f"{value!r} is not a prefix like 10.20.0.0/16: {error}") from None


def _destination(value: str) -> str:
    """``host:port``, or ``host:port/tls`` for an https:// address."""
    rest, tls = (value[8:].rstrip("/"), True) if value.startswith("https://") else (value, False)
    name, _, port = rest.rpartition(":") if ":" in rest or not tls else (rest, ":", "443")
    if not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
        raise ValueError(f"{value!r} is neither HOST:PORT nor an https:// address without a path")
    return f"{_host(name)}:{int(port)}{'/tls' if tls else ''}"


def _date(value: object) -> date:
    try:
        return date.fromisoformat(value if isinstance(value, str) else "")
    except ValueError:
        raise ValueError(f"{value!r} is not a date; write 2026-12-31") from None


def _filled(value: str) -> str:
    if not value.strip():
        raise ValueError("must not be empty")
    return value


Duration: TypeAlias = Annotated[
    int, BeforeValidator(seconds_of), WithJsonSchema({"type": "string", "pattern": f"^{_DURATION.pattern}$"})
]
Date: TypeAlias = Annotated[date, BeforeValidator(_date)]
Text: TypeAlias = Annotated[str, AfterValidator(_filled)]
HostName: TypeAlias = Annotated[str, AfterValidator(_host)]
Address: TypeAlias = Annotated[str, AfterValidator(_address)]
Guid: TypeAlias = Annotated[str, AfterValidator(_guid)]
VirtualNetworkId: TypeAlias = Annotated[str, AfterValidator(_vnet)]
Prefix: TypeAlias = Annotated[str, AfterValidator(_prefix)]
Destination: TypeAlias = Annotated[str, AfterValidator(_destination)]
Https: TypeAlias = Annotated[str, AfterValidator(_https)]
Port: TypeAlias = Annotated[int, Field(ge=1, le=65535)]
Seconds: TypeAlias = Annotated[float, Field(gt=0, le=3600)]
Section: TypeAlias = Any
"""A part that is read by itself, so that a mistake in it hides no other."""


Scenario: TypeAlias = Literal["site-loss", "vmm-loss", "sql-loss", "identity-loss", "link-loss", "failback"]
"""What a programme of drills has to go through."""


class Form(BaseModel):
    """Strict: no value is converted, no key is ignored."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class EstateForm(Form):
    """The whole file."""

    version: Literal[1]
    name: Text
    sites: Section
    links: Section = None
    endpoints: Section = None
    reachability: Section = None
    windows: Section = None
    azure: Section = None
    applications: Section = None
    sequence: Section = None
    drill_networks: Section = None
    drills: Section = None
    drill_records: Text | None = None
    drill_journals: Text | None = None
    drill_leases: Section = None
    drill_signing_key: Text | None = None
    drill_authorisation: Literal["required", "optional"] = "optional"
    blackouts: Section = None
    scenarios: list[Scenario] = []
    waivers: Text | None = None
    programme: Section = None
    history: Section = None
    clusters: Section = None
    break_glass: Section = None
    drill_controllers: Section = None
    recovery_kit: Section = None
    policy: Section = None


class SiteForm(Form):
    """One site."""

    role: Literal["primary", "secondary", "witness", "azure"]
    hosts: list[Text] = []
    regions: list[Text] = []
    names: list[Text] = []
    host_groups: list[Text] = []
    fault_domains: list[Text] = []
    ad_sites: list[Text] = []
    subnets: list[Prefix] = []

    @model_validator(mode="after")
    def _has_members(self) -> Self:
        if self.role == "azure" and not self.regions:
            raise ValueError("a site with the role azure needs regions")
        if not any((self.hosts, self.regions, self.host_groups, self.fault_domains, self.ad_sites, self.subnets)):
            raise ValueError(f"a site with the role {self.role} needs hosts, or another rule that says what is there")
        return self


class LinkForm(Form):
    """What replication may use between two sites, each way."""

    between: Annotated[list[Text], Field(min_length=2, max_length=2)]
    mbps: Annotated[float, Field(gt=0)]


class ReachabilityForm(Form):
    """What has to work from a site on its own."""

    observers: Annotated[list[HostName], Field(min_length=1)]
    to: list[Destination] = []
    dns_servers: list[Address] = []
    names: list[HostName] = []

    @model_validator(mode="after")
    def _asks_somebody(self) -> Self:
        if bool(self.names) != bool(self.dns_servers):
            raise ValueError("names and dns_servers belong together")
        return self


class EndpointsForm(Form):
    """Where discovery starts."""

    vmm: list[HostName] = []
    hyperv: list[HostName] = []
    cluster: list[HostName] = []
    sql: list[HostName] = []
    identity: list[HostName] = []


class CredentialForm(Form):
    """A user name, and where its proof is: a password, a certificate, a keytab, or a Kerberos ticket that is there."""

    username: Text | None = None
    password_env: Text | None = None
    password_file: Text | None = None
    password_keyring: Text | None = None
    cert_file: Text | None = None
    key_file: Text | None = None
    keytab_file: Text | None = None
    ticket_cache: bool = False

    @model_validator(mode="after")
    def _one_proof(self) -> Self:
        if (self.cert_file is None) != (self.key_file is None):
            raise ValueError("cert_file and key_file belong together")
        given = [self.password_env, self.password_file, self.password_keyring, self.cert_file, self.keytab_file]
        if len(given) - given.count(None) + self.ticket_cache != 1:
            raise ValueError(
                "give one of password_env, password_file, password_keyring, cert_file with key_file, keytab_file, "
                "and ticket_cache"
            )
        if self.username is None and self.cert_file is None:
            raise ValueError("username is missing; only a certificate speaks for itself")
        return self


class HostForm(Form):
    """What is special about one Windows machine."""

    address: Address | None = None
    port: Port | None = None
    https: bool | None = None
    transport: SignIn | None = None
    credential: Text | None = None
    ca_file: Text | None = None
    connect_seconds: Seconds | None = None
    total_seconds: Seconds | None = None
    via: list[HostName] = []


class WindowsForm(Form):
    """How Windows machines are reached."""

    port: Port | None = None
    https: bool = True
    transport: SignIn = "ntlm"
    ca_file: Text | None = None
    connect_seconds: Seconds = 5.0
    total_seconds: Seconds = 120.0
    credentials: Section = None
    guest_credentials: Section = None
    hosts: Section = None


class ApplicationForm(Form):
    """One application."""

    tier: Annotated[int, Field(ge=0)]
    owner: Text
    rto: Duration
    rpo: Duration
    vms: list[Text] = []
    vm_ids: list[Guid] = []
    depends_on: list[Text] = []
    always_on: bool = False
    method: Literal["site-recovery", "hyperv-replica", "availability-group", "none"] = "site-recovery"
    drill_method: Literal["", "restore-clone", "isolated-copy", "planned-switchover"] = ""
    drilled: Date | None = None
    clouds: list[Text] = []
    tags: list[Text] = []
    plans: list[Text] = []
    databases: list[Text] = []
    drill_interval: Duration | None = None
    probes: Section = None


class StepForm(Form):
    """One step of the recovery sequence."""

    action: Literal["sql", "vmm", "plan", "manual"]
    target: Text
    owner: Text
    minutes: Annotated[int, Field(ge=0)]
    manual: bool = False
