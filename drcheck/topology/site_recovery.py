"""Azure Site Recovery: vaults, containers, mappings, protected items, recovery plans."""

from collections.abc import Iterator
from datetime import datetime
from typing import ClassVar

from msgspec import Struct

from drcheck.topology.base import Fact, Target
from drcheck.topology.subscriptions import subscriptions_of


class HealthError(Struct, frozen=True, kw_only=True, gc=False):
    """What the service finds wrong. Texts are the service's own; the code does not change with the language."""

    code: str
    level: str
    """``Error``, ``Warning``; empty in events and in older answers."""
    category: str
    """``Replication``, ``TestFailover``, ``Configuration``, ``VersionExpiry`` … (since 2018)."""
    message: str
    created: datetime | None = None


class VaultProtection(Struct, frozen=True, kw_only=True, gc=False):
    """What protects the vault itself. An empty text or ``None`` means that the service did not tell, never "off"."""

    redundancy: str = ""
    """Of the vault's own storage: ``LocallyRedundant``, ``GeoRedundant``, ``ZoneRedundant``."""
    cross_region_restore: str = ""
    immutability: str = ""
    """``Disabled``, ``Unlocked``, ``Locked``; recorded as null in 2023 where nobody had set it."""
    soft_delete: str = ""
    """``Enabled``, ``AlwaysON``, ``Disabled``."""
    soft_delete_days: int | None = None
    enhanced_security: str = ""
    multi_user_authorization: str = ""
    """``Enabled`` when operations need a second person by a Resource Guard, else ``Disabled``."""
    public_network_access: str = ""
    private_endpoint_state: str = ""
    """Of Site Recovery: ``None`` is the service's word for "no private endpoint", ``Enabled`` for "in use"."""
    private_endpoints: tuple[str, ...] = ()
    """ARM ids of private endpoints, lower case."""
    encryption_key: str = ""
    """URI of the customer's key; empty while Microsoft's is used."""


class VaultAlerts(Struct, frozen=True, kw_only=True, gc=False):
    """Who hears of failures: ``Enabled`` or ``Disabled``; empty: the service did not tell."""

    job_failures: str = ""
    """By Azure Monitor, so for the next two."""
    replication: str = ""
    failover: str = ""
    classic: str = ""
    """The classic alerts that were retired on 31 March 2026."""
    site_recovery_emails: str = ""


class Scenario(Struct, frozen=True, kw_only=True, gc=False):
    """The operation at work on something, or waiting for somebody. A plan keeps a finished one: look at ``status``."""

    ALIKE: ClassVar[bool] = True

    name: str = ""
    """``None`` is the service's word for none."""
    job: str = ""
    """ARM id of its job, lower case; empty for none."""
    started: datetime | None = None
    status: str = ""
    """Of a plan's: ``Succeeded``, ``Suspended`` …"""


class RecoveryTarget(Struct, frozen=True, kw_only=True, gc=False):
    """What a machine becomes in Azure. ARM ids are lower case; an empty text: nobody chose, or nobody told."""

    name: str = ""
    size: str = ""
    resource_group: str = ""
    """ARM id."""
    storage: str = ""
    """ARM id of the storage account; with managed disks, none is needed."""
    availability_set: str = ""
    availability_zone: str = ""
    managed_disks: bool | None = None
    network: str = ""
    """ARM id of the VNet chosen for the machine as a whole."""
    license_type: str = ""
    """``NotSpecified``, ``NoLicenseType``, ``WindowsServer`` (Azure Hybrid Benefit)."""
    sql_license_type: str = ""


class Vault(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """A Recovery Services vault. Key: its ARM id, lower case."""

    ROLE: ClassVar[str] = "vault"
    FEEDS: ClassVar[tuple[str, ...]] = ("azure",)
    SUBJECT: ClassVar[str] = "vault"

    name: str
    location: str
    subscription: str
    sku: str = ""
    identity_type: str = ""
    identity_principal: str = ""
    """Object id of the vault's own identity, lower case."""
    protection: VaultProtection = VaultProtection()
    alerts: VaultAlerts = VaultAlerts()

    def leads(self) -> Iterator[Target]:
        """The vault's subscription, for its networks."""
        yield Target(role="azure", endpoint=f"/subscriptions/{self.subscription}".lower())

    @property
    def where(self) -> str:
        """The Azure region."""
        return self.location


class FabricHost(Struct, frozen=True, kw_only=True, gc=False):
    """A Hyper-V host of a Hyper-V site; VMM fabrics tell of none."""

    id: str
    name: str
    agent_version: str
    """Of the Recovery Services (MARS) agent."""


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
    internal_id: str = ""
    """The VMM server's id, lower case; also the provider's name."""
    state: str = ""
    """``bcdrState``: ``Valid`` …"""
    key_encryption: str = ""
    """``Enabled`` when data are encrypted with a key of the VMM server (the retired feature), else ``None``."""
    key_expires: datetime | None = None
    hosts: tuple[FabricHost, ...] = ()
    errors: tuple[HealthError, ...] = ()


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
    fabric_type: str = ""
    protected_items: int | None = None


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
    errors: tuple[HealthError, ...] = ()


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
    """How often an application-consistent recovery point is made; 0 means never."""
    encryption: str
    retention_hours: int | None = None
    """How far back recovery points are kept, to Azure."""
    retained_points: int | None = None
    """How many recovery points are kept, between VMM clouds."""


class ProtectedDisk(Struct, frozen=True, kw_only=True, gc=False):
    """A disk that is replicated. ``id`` is ASR's ``vhdId``; ``name`` its file name."""

    id: str
    name: str
    size_mb: int | None
    vhd_type: str = ""
    """``OperatingSystem`` or ``Data``; which disk is the system's is set by a person, in protectable items never."""
    lun: str = ""


class ProtectedNic(Struct, frozen=True, kw_only=True, gc=False):
    """A network adapter of a protected item and where it goes. Empty strings mean: not set."""

    id: str
    source_network: str
    target_network: str
    target_subnet: str
    target_address: str
    test_network: str
    selection: str
    test_subnet: str = ""
    test_address: str = ""
    security_group: str = ""
    """ARM id of the network security group after a failover, lower case."""
    test_security_group: str = ""
    public_address: str = ""
    test_public_address: str = ""
    source_address: str = ""
    target_name: str = ""
    primary: bool | None = None
    """Is the address that is told here marked as the primary one? ``None``: the service did not tell (before 2018)."""
    addresses: int = 0
    """How many IP configurations the adapter has."""


class ProtectedItem(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """A machine that Site Recovery replicates. Key: its ARM id, lower case; ``vm_id`` joins it to Hyper-V."""

    ROLE: ClassVar[str] = "vault"
    FEEDS: ClassVar[tuple[str, ...]] = ("azure",)
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
    errors: tuple[HealthError, ...] = ()
    """The same with level, category and time."""
    protectable: str = ""
    """ARM id of the protectable item, lower case."""
    recovery_provider: str = ""
    """ARM id of the ``RecoveryProvider`` that replicates it, lower case."""
    target: RecoveryTarget = RecoveryTarget()
    scenario: Scenario = Scenario()
    encryption: str = ""
    guest_os: str = ""
    """As whoever enabled the replication said: ``Windows`` or ``Linux``; empty: the service did not tell."""
    source_memory_mb: int | None = None
    source_cpus: int | None = None
    initial_replication_percent: int | None = None
    """Stale: between 0 and 23 in recordings of machines that had long been protected."""
    last_replicated: datetime | None = None
    """With a ``Z``, and yet the server's local time in every recording of 2017: hours in the future."""
    last_recovery_point: datetime | None = None
    last_failover: datetime | None = None

    def leads(self) -> Iterator[Target]:
        """The subscriptions it would be recovered into."""
        places = (self.target.resource_group, self.target.network)
        nics = (place for nic in self.nics for place in (nic.target_network, nic.test_network))
        yield from subscriptions_of(*places, *nics)


class PlanAction(Struct, frozen=True, kw_only=True, gc=False):
    """A script, runbook or manual action of a recovery plan group."""

    name: str
    action_type: str
    """``ManualActionDetails``, ``ScriptActionDetails`` or ``AutomationRunbookActionDetails``."""
    failover_types: tuple[str, ...]
    failover_directions: tuple[str, ...]
    detail: str
    """The script's path, the runbook's id, or the instruction."""
    timeout: str = ""
    """As the service writes it, ``hh:mm:ss``."""
    location: str = ""
    """Which side it runs on: ``Primary`` or ``Recovery``."""
    unknown: tuple[tuple[str, str], ...] = ()
    """What else the action holds: (key, JSON text), in key order."""


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
    groups_sha256: str = ""
    """SHA-256 over the canonical JSON of ``groups`` as the service wrote it: another value is another plan."""
    providers: tuple[str, ...] = ()
    """``HyperVReplicaAzure`` …"""
    last_planned_failover: datetime | None = None
    last_unplanned_failover: datetime | None = None
    scenario: Scenario = Scenario()

    @property
    def items(self) -> frozenset[str]:
        """ARM ids of every protected item in the plan."""
        return frozenset(item for group in self.groups for item in group.items)


class AsrSubnet(Struct, frozen=True, kw_only=True, gc=False):
    """A subnet of a VM network. ``prefixes`` are CIDR blocks; ``vlans`` stand in the same order, ``0`` for none."""

    name: str
    prefixes: tuple[str, ...]
    vlans: tuple[str, ...]


class AsrNetwork(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """A network as Site Recovery knows it. Key: its ARM id, lower case."""

    ROLE: ClassVar[str] = "vault"
    SUBJECT: ClassVar[str] = "network"

    vault: str
    fabric: str
    name: str
    network_id: str
    """The VMM VM network's id, lower case."""
    network_type: str = ""
    """``NoIsolation``, ``VLANNetwork``, ``WindowsNetworkVirtualization``."""
    subnets: tuple[AsrSubnet, ...] = ()


class NetworkMapping(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """A VM network mapped to an Azure virtual network. Key: its ARM id, lower case."""

    ROLE: ClassVar[str] = "vault"
    FEEDS: ClassVar[tuple[str, ...]] = ("azure",)
    SUBJECT: ClassVar[str] = "network mapping"

    vault: str
    state: str
    source: str
    """ARM id of the primary network, lower case."""
    target: str
    """ARM id of the Azure virtual network (or of a VMM network in the retired scenario), lower case."""
    target_kind: str = ""
    """``VmmToAzure``, ``VmmToVmm``, ``AzureToAzure``."""

    def leads(self) -> Iterator[Target]:
        """The subscription of the Azure network."""
        yield from subscriptions_of(self.target)
