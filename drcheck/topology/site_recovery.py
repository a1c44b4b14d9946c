"""Azure Site Recovery: vaults, containers, mappings, protected items, recovery plans."""

from collections.abc import Iterator
from datetime import datetime
from typing import ClassVar

from msgspec import Struct

from drcheck.topology.base import Fact, Target


class Vault(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """A Recovery Services vault. Key: its ARM id, lower case."""

    ROLE: ClassVar[str] = "vault"
    FEEDS: ClassVar[tuple[str, ...]] = ("azure",)
    SUBJECT: ClassVar[str] = "vault"

    name: str
    location: str
    subscription: str

    def leads(self) -> Iterator[Target]:
        """The vault's subscription, for its networks."""
        yield Target(role="azure", endpoint=f"/subscriptions/{self.subscription}".lower())

    @property
    def where(self) -> str:
        """The Azure region."""
        return self.location


class Fabric(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """A fabric: a VMM server, a Hyper-V site, or Azure. Key: its ARM id, lower case."""

    ROLE: ClassVar[str] = "vault"
    SUBJECT: ClassVar[str] = "fabric"

    vault: str
    name: str
    """Friendly name: the VMM server's FQDN for a VMM fabric."""
    fabric_type: str
    """``VMM``, ``HyperVSite``, ``Azure`` …"""
    health: str


class ProtectionContainer(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """A protection container: a VMM cloud, or a Hyper-V site. Key: its ARM id, lower case."""

    ROLE: ClassVar[str] = "vault"
    SUBJECT: ClassVar[str] = "protection container"

    vault: str
    fabric: str
    name: str
    cloud_id: str
    """The VMM cloud's id, lower case; empty for anything but a VMM cloud."""
    pairing_status: str
    role: str


class ContainerMapping(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """A container with a replication policy: what "configured for protection" means. Key: its ARM id, lower case."""

    ROLE: ClassVar[str] = "vault"
    SUBJECT: ClassVar[str] = "container mapping"

    vault: str
    container: str
    policy: str
    target: str
    """``Microsoft Azure``, or the ARM id of a second VMM cloud's container (the retired scenario)."""
    state: str
    health: str


class ReplicationPolicy(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """A replication policy. Key: its ARM id, lower case."""

    ROLE: ClassVar[str] = "vault"
    SUBJECT: ClassVar[str] = "replication policy"

    vault: str
    name: str
    provider: str
    """The wire's ``instanceType``: ``HyperVReplicaAzure``, ``HyperVReplica2012R2`` …"""
    interval_seconds: int | None
    app_consistent_hours: int | None
    encryption: str


class ProtectedDisk(Struct, frozen=True, kw_only=True, gc=False):
    """A disk that is replicated. ``id`` is ASR's ``vhdId``; ``name`` its file name."""

    id: str
    name: str
    size_mb: int | None


class ProtectedNic(Struct, frozen=True, kw_only=True, gc=False):
    """A network adapter of a protected item and where it goes. Empty strings mean: not set."""

    id: str
    source_network: str
    target_network: str
    target_subnet: str
    target_address: str
    test_network: str
    selection: str


class ProtectedItem(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """A machine that Site Recovery replicates. Key: its ARM id, lower case; ``vm_id`` joins it to Hyper-V."""

    ROLE: ClassVar[str] = "vault"
    SUBJECT: ClassVar[str] = "protected item"

    vault: str
    container: str
    name: str
    vm_id: str
    """Hyper-V VM id, lower case; empty when the service did not tell it."""
    provider: str
    """``HyperVReplicaAzure`` to Azure; ``HyperVReplica2012``/``HyperVReplica2012R2`` between VMM clouds."""
    policy: str
    protection_state: str
    state_description: str
    replication_health: str
    failover_health: str
    active_location: str
    allowed_operations: tuple[str, ...]
    test_failover_state: str
    recovery_fabric: str
    rpo_seconds: int | None
    rpo_calculated: datetime | None
    last_test_failover: datetime | None
    """Start of the last successful test failover; the service forgets nothing and never expires it."""
    disks: tuple[ProtectedDisk, ...] = ()
    nics: tuple[ProtectedNic, ...] = ()
    health_errors: tuple[str, ...] = ()
    """``code: summary`` of each health error."""


class PlanAction(Struct, frozen=True, kw_only=True, gc=False):
    """A script, runbook or manual action of a recovery plan group."""

    name: str
    action_type: str
    """``ManualActionDetails``, ``ScriptActionDetails`` or ``AutomationRunbookActionDetails``."""
    failover_types: tuple[str, ...]
    failover_directions: tuple[str, ...]
    detail: str
    """The script's path, the runbook's id, or the instruction."""


class PlanGroup(Struct, frozen=True, kw_only=True, gc=False):
    """A group of a recovery plan: ``Shutdown``, ``Failover`` or ``Boot``, in plan order."""

    group_type: str
    items: tuple[str, ...]
    """ARM ids of protected items, lower case."""
    start_actions: tuple[PlanAction, ...] = ()
    end_actions: tuple[PlanAction, ...] = ()


class RecoveryPlan(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """A recovery plan with its groups (read one by one: the list is hollow). Key: its ARM id, lower case."""

    ROLE: ClassVar[str] = "vault"
    SUBJECT: ClassVar[str] = "recovery plan"

    vault: str
    name: str
    primary_fabric: str
    recovery_fabric: str
    deployment_model: str
    allowed_operations: tuple[str, ...]
    last_test_failover: datetime | None
    groups: tuple[PlanGroup, ...] = ()

    @property
    def items(self) -> frozenset[str]:
        """ARM ids of every protected item in the plan."""
        return frozenset(item for group in self.groups for item in group.items)


class AsrNetwork(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """A network as Site Recovery knows it. Key: its ARM id, lower case."""

    ROLE: ClassVar[str] = "vault"
    SUBJECT: ClassVar[str] = "network"

    vault: str
    fabric: str
    name: str
    network_id: str
    """The VMM VM network's id, lower case."""


class NetworkMapping(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """A VM network mapped to an Azure virtual network. Key: its ARM id, lower case."""

    ROLE: ClassVar[str] = "vault"
    SUBJECT: ClassVar[str] = "network mapping"

    vault: str
    state: str
    source: str
    """ARM id of the primary network, lower case."""
    target: str
    """ARM id of the Azure virtual network (or of a VMM network in the retired scenario), lower case."""
