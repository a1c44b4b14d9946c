"""Hyper-V Replica besides the relationships: servers, recovery points, failover addresses, providers, checkpoints."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import ClassVar

from msgspec import Struct

from drcheck.topology.base import Fact, Target, Topology, Unknown
from drcheck.topology.hyperv import VmReplication

BUILT_IN_PROVIDER = "22391cdc-272c-4ddf-ba88-9befb1a0975c"


class AllowedPrimary(Struct, frozen=True, kw_only=True, gc=False):
    """An authorisation entry: who may send replicas here."""

    server: str
    """FQDN or a pattern (``*.lab``), lower case; ``*`` means any."""
    storage: str
    """Where its replicas are stored."""
    trust_group: str
    """Entries of one trust group may take over each other's replication."""


class ReplicaServer(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """A host's settings for receiving replicas. Key: the host's FQDN. In a cluster every node tells the same."""

    ROLE: ClassVar[str] = "hyperv"
    FEEDS: ClassVar[tuple[str, ...]] = ("reach",)
    SUBJECT: ClassVar[str] = "replica server"

    host: str
    enabled: bool
    authentication: str
    """``Kerberos`` (HTTP, not encrypted), ``Certificate`` (HTTPS) or ``CertificateAndKerberos``."""
    kerberos_port: int | None
    certificate_port: int | None
    certificate: str
    """Thumbprint, upper case; empty when none is set."""
    from_any_server: bool
    """Any server that can sign in may send; the entries then only say where to store."""
    allowed: tuple[AllowedPrimary, ...]
    storage: str
    """Default storage location."""
    monitoring_interval_seconds: float | None
    """Length of the window that statistics cover."""
    status: tuple[str, ...] | None

    def leads(self) -> Iterator[Target]:
        """The ports that it receives replicas on, for whoever looks at them from a site."""
        ports = {"Kerberos": self.kerberos_port, "Certificate": self.certificate_port}
        for method, port in ports.items():
            if self.enabled and method in self.authentication and port is not None:
                yield Target(role="reach", endpoint=f"{self.host}:{port}")


class VmCheckpoint(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """A checkpoint of a VM; recovery points of replicas are no checkpoints. Key: ``<checkpoint id>@<host>``."""

    ROLE: ClassVar[str] = "hyperv"
    SUBJECT: ClassVar[str] = "checkpoint"

    vm_id: str
    name: str
    host: str
    checkpoint_type: str
    """``Standard`` (a person's), ``Recovery`` (a backup's that was not merged), ``Planned`` or ``Missing``."""
    created: datetime
    automatic: bool | None


class VmRecoveryPoints(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """The recovery points that a replica keeps besides the latest state. Key: ``<VM id>@<host>``."""

    ROLE: ClassVar[str] = "hyperv"
    SUBJECT: ClassVar[str] = "recovery points"

    vm_id: str
    name: str
    host: str
    point_count: int
    app_consistent_count: int
    """How many of them are application-consistent."""
    newest_point: datetime | None
    oldest_point: datetime | None
    newest_app_consistent: datetime | None


class FailoverAddress(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """The address that an adapter of a replica is given when it is failed over. Key: ``<VM id>@<host>/<adapter id>``.

    Empty texts: none is set, and the guest keeps what it has.
    """

    ROLE: ClassVar[str] = "hyperv"
    SUBJECT: ClassVar[str] = "failover address"

    vm_id: str
    name: str
    host: str
    adapter: str
    """Name of the adapter."""
    ipv4: str
    mask: str
    gateway: str
    dns_servers: tuple[str, ...]
    ipv6: str


class ReplicationProvider(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """Which engine a VM's replication belongs to. Key: ``<VM id>@<host>/<Simple|Extended>``.

    Source: ``Msvm_ReplicationSettingData``. That Azure Site Recovery registers a provider of its own is inferred from
    the class pages, and unverified.
    """

    ROLE: ClassVar[str] = "hyperv"
    SUBJECT: ClassVar[str] = "replication provider"

    vm_id: str
    name: str
    host: str
    relationship: str
    provider: str
    """GUID, lower case; the whole text where it holds none."""

    @property
    def built_in(self) -> bool:
        """Is it Hyper-V Replica, host to host?"""
        return self.provider == BUILT_IN_PROVIDER


def by_hyperv(topology: Topology, replication: VmReplication) -> bool:
    """Is a relationship Hyper-V Replica's own, and not one of another engine that the same cmdlets list?

    A host that was asked for every engine and names none for it is taken at the cmdlet's word.

    Raises:
        Unknown: the engines of its host were not read, or this one has no name.
    """
    provider = topology.get(ReplicationProvider, replication.key)
    if provider is None:
        topology.require(ReplicationProvider, f"{ReplicationProvider.ROLE}:{replication.seen.endpoint}")
        return True
    if not provider.provider:
        raise Unknown(f"{replication.host} does not tell by which engine {replication.name} is replicated")
    return provider.built_in


def of_hyperv(topology: Topology, replications: Iterable[VmReplication]) -> tuple[VmReplication, ...]:
    """Those that are Hyper-V Replica's own for certain.

    Raises:
        Unknown: there is none for certain, and the engine of one was not read.
    """
    found, unsure = [], []
    for one in replications:
        try:
            found.extend([one] if by_hyperv(topology, one) else [])
        except Unknown as unknown:
            unsure.append(unknown)
    if unsure and not found:
        raise unsure[0]
    return tuple(found)
