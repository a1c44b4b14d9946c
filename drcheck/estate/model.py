"""What has been declared about an estate, checked and resolved: names are lower case, durations seconds, paths real."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Literal, TypeAlias

from msgspec import Struct, field

from drcheck.estate.drill_spec import Blackout, DrillSpec, LeaseStore, NetworkSpec, ProbeSpec
from drcheck.estate.prepared import Prepared
from drcheck.estate.programme import HistorySpec, Programme
from drcheck.estate.secret import Secret
from drcheck.policy import Policy
from drcheck.topology.base import Target
from drcheck.waivers import Waiver

SignIn: TypeAlias = Literal["basic", "ntlm", "kerberos", "credssp", "certificate"]
"""How WinRM signs in."""


AzureMethod: TypeAlias = Literal["default", "cli", "managed-identity", "workload-identity", "service-principal"]
"""How azure-identity signs in; ``default`` tries what needs nobody to answer, in the library's order."""


class Credential(Struct, frozen=True, kw_only=True):
    """A user name and what proves it: a password, read at load, a client certificate, or Kerberos keys."""

    username: str
    """Empty when a certificate speaks for itself."""
    password: Secret
    """Empty when something else stands for it: a certificate, a keytab, a Kerberos ticket that is there."""
    cert_file: Path | None = None
    key_file: Path | None = None
    keytab_file: Path | None = None
    ticket_cache: bool = False
    """The Kerberos ticket is there already (``kinit``)."""


class SiteSpec(Struct, frozen=True, kw_only=True):
    """A declared site; see ``topology.declared.Site``."""

    name: str
    role: str
    hosts: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    host_groups: tuple[str, ...] = ()
    fault_domains: tuple[str, ...] = ()
    ad_sites: tuple[str, ...] = ()
    subnets: tuple[str, ...] = ()


class LinkSpec(Struct, frozen=True, kw_only=True):
    """A way between two sites; see ``topology.links.SiteLink``."""

    sites: tuple[str, str]
    """In order."""
    mbps: float


class Observer(Struct, frozen=True, kw_only=True):
    """A machine that looks at others for its site, and the DNS servers that it asks."""

    host: str
    dns_servers: tuple[str, ...] = ()


class ApplicationSpec(Struct, frozen=True, kw_only=True):
    """A declared application; see ``topology.declared.Application``."""

    name: str
    tier: int
    owner: str
    rto_seconds: int
    rpo_seconds: int
    vm_ids: tuple[str, ...]
    vm_names: tuple[str, ...]
    depends_on: tuple[str, ...]
    always_on: bool
    method: str
    drill_method: str = ""
    drilled: date | None = None
    clouds: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    plans: tuple[str, ...] = ()
    databases: tuple[str, ...] = ()
    drill_interval_seconds: int | None = None
    probes: tuple[ProbeSpec, ...] = ()
    """For drills of it that declare none."""


class StepSpec(Struct, frozen=True, kw_only=True):
    """One step of the recovery sequence, in the file's order."""

    action: str
    target: str
    owner: str
    minutes: int
    manual: bool


class HostAccess(Struct, frozen=True, kw_only=True):
    """How one Windows machine is reached; ``credential`` is ``None`` when nobody declared one."""

    name: str
    address: str
    port: int
    https: bool
    transport: SignIn
    credential: Credential | None
    ca_file: Path | None
    connect_seconds: float
    total_seconds: float


class HostOverride(Struct, frozen=True, kw_only=True):
    """What is special about one machine; ``None`` means: as for all."""

    address: str | None = None
    port: int | None = None
    https: bool | None = None
    transport: SignIn | None = None
    credential: Credential | None = None
    ca_file: Path | None = None
    connect_seconds: float | None = None
    total_seconds: float | None = None
    via: tuple[str, ...] = ()


class Windows(Struct, frozen=True, kw_only=True):
    """How Windows machines are reached."""

    port: int | None = None
    """``None``: WinRM's own, 5986 with TLS and 5985 without."""
    https: bool = True
    transport: SignIn = "ntlm"
    credential: Credential | None = None
    ca_file: Path | None = None
    connect_seconds: float = 5.0
    total_seconds: float = 120.0
    hosts: Mapping[str, HostOverride] = field(default_factory=dict)

    def host(self, name: str) -> HostAccess:
        """How one machine is reached: what is declared for it, else what is declared for all."""
        own = self.hosts.get(name.lower(), HostOverride())
        https = self.https if own.https is None else own.https
        for_all = self.port if https == self.https else None
        return HostAccess(
            name=name.lower(),
            address=own.address or name.lower(),
            port=own.port or for_all or (5986 if https else 5985),
            https=https,
            transport=own.transport or self.transport,
            credential=own.credential or self.credential,
            ca_file=own.ca_file or self.ca_file,
            connect_seconds=own.connect_seconds or self.connect_seconds,
            total_seconds=own.total_seconds or self.total_seconds,
        )

    def via(self, name: str) -> tuple[str, ...]:
        """The machines that answer for a name that is no machine of its own (a listener, say); empty for any other."""
        own = self.hosts.get(name.lower())
        return own.via if own else ()


class VaultRef(Struct, frozen=True, kw_only=True):
    """A Recovery Services vault to read."""

    subscription: str
    resource_group: str
    name: str

    @property
    def id(self) -> str:
        """Its ARM id, lower case."""
        return (
            f"/subscriptions/{self.subscription}/resourcegroups/{self.resource_group}"
            f"/providers/microsoft.recoveryservices/vaults/{self.name}"
        ).lower()


class AzureSignIn(Struct, frozen=True, kw_only=True):
    """As whom Azure is asked; what is empty is found by azure-identity itself, where it can be."""

    method: AzureMethod = "default"
    tenant: str = ""
    client: str = ""
    """Client id of an application or of a user-assigned managed identity."""
    secret: Secret | None = None
    certificate_file: Path | None = None
    """PEM with the certificate and its key."""
    token_file: Path | None = None
    """The workload's own token, which a cluster writes and renews."""


class Azure(Struct, frozen=True, kw_only=True):
    """How Azure Resource Manager is reached. Without a token azure-identity signs in."""

    endpoint: str = "https://management.azure.com"
    authority: str = ""
    """Sign-in host of a cloud that is none of Microsoft's public ones."""
    ca_file: Path | None = None
    """Of the endpoint and the sign-in host."""
    token: Secret | None = None
    sign_in: AzureSignIn = AzureSignIn()
    connect_seconds: float = 5.0
    total_seconds: float = 120.0
    """Of one question, with all its attempts."""
    visit_seconds: float = 1800.0
    """Of all questions about one vault or subscription."""
    vaults: tuple[VaultRef, ...] = ()


class Estate(Struct, frozen=True, kw_only=True):
    """Everything that estate.yaml and the files it names declare."""

    path: Path
    name: str
    sites: tuple[SiteSpec, ...]
    endpoints: tuple[Target, ...]
    """Where discovery starts, in the file's order; vaults included."""
    windows: Windows = field(default_factory=Windows)
    guest_credentials: Credential | None = None
    """For services inside a recovered guest (PowerShell Direct)."""
    azure: Azure = field(default_factory=Azure)
    links: tuple[LinkSpec, ...] = ()
    observers: tuple[Observer, ...] = ()
    """Who tries, for each site, what has to be reached from there."""
    applications: tuple[ApplicationSpec, ...] = ()
    sequence: tuple[StepSpec, ...] = ()
    drill_networks: tuple[NetworkSpec, ...] = ()
    drills: tuple[DrillSpec, ...] = ()
    blackouts: tuple[Blackout, ...] = ()
    """When no drill may be held."""
    drill_journals: Path | None = None
    """Folder of the journals and records of drills under way, which other machines can read; it may not exist yet."""
    drill_authorisation: Literal["required", "optional"] = "optional"
    """Must somebody have allowed a drill before it is held?"""
    drill_leases: LeaseStore | None = None
    """``None``: there are no leases in Azure."""
    drill_signing_key: Path | None = None
    """SSH key that signs records of drills: a private key, or the public file of one that an agent holds."""
    drill_records: Path | None = None
    """Folder of the records of earlier drills; it may not exist yet."""
    scenarios: tuple[str, ...] = ()
    """What drills have to go through, taken together: ``site-loss``, ``failback`` …"""
    waivers: tuple[Waiver, ...] = ()
    programme: Programme = Programme()
    history: HistorySpec | None = None
    """Where runs write their figures down; ``None``: nowhere."""
    prepared: Prepared = Prepared()
    policy: Policy = field(default_factory=Policy)

    def spread(self, target: Target) -> tuple[Target, ...]:
        """A target as it is asked: what has to be reached or resolved, once from every observer but itself.

        Facts name ``reach:<host>:<port>`` and ``dns:<name>``; who tries it, and at which DNS server, is declared.
        """
        if ">" in target.endpoint or target.role not in ("reach", "dns"):
            return (target,)
        ways = [
            (observer.host, f"{observer.host}>{server}{target.endpoint}")
            for observer in self.observers
            for server in ([f"{one}/" for one in observer.dns_servers] if target.role == "dns" else [""])
        ]
        return tuple(
            Target(role=target.role, endpoint=endpoint.lower(), via=(host,))
            for host, endpoint in ways
            if not target.endpoint.startswith(f"{host}:")
        )

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """Every password and token in it."""
        credentials = [self.windows.credential, self.guest_credentials]
        credentials += [host.credential for host in self.windows.hosts.values()]
        found = [credential.password for credential in credentials if credential is not None]
        storage = self.drill_leases.token if self.drill_leases else None
        found += [secret for secret in (self.azure.token, self.azure.sign_in.secret, storage) if secret is not None]
        return tuple(found)
