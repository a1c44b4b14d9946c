"""What exists in the simulated subscription: plain mutable objects, rendered by ``lab.arm``, changed by jobs.

Ages are seconds before now (of a reading) or before the lab came up (of an event), so that a scenario that is healthy
when it is built is healthy whenever it is served. Moments are POSIX seconds on the lab's clock.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from drcheck.lab.azure.blobs import BlobAccount
from drcheck.lab.azure.faults import Faults
from drcheck.lab.azure.jobs import Job
from drcheck.lab.azure.landscape import Landscape
from drcheck.lab.azure.network import Command, DiskResource, Interface, Machine, VNet
from drcheck.lab.state.world import World

AZURE_FABRIC = "d49858f157601230a6ac5862fbbc6e63bf38d23ecd96cf953767945d457fe9d5"
"""The pseudo fabric that stands for Azure in every vault; no list shows it (seen in recordings of 2017 and 2023)."""
AZURE_CONTAINER = "d38048d4-b460-4791-8ece-108395ee8478"
"""The container in that pseudo fabric."""
AZURE_VMM_ID = "21a9403c-6ec1-44f2-b744-b4e50b792387"
"""What jobs call the "VMM server" of Azure."""
TO_AZURE = "Microsoft Azure"
"""What the service writes where an ARM id is expected when it means Azure."""


@dataclass(kw_only=True)
class Policy:
    """A replication policy."""

    name: str
    interval: int = 300
    app_consistent_hours: int = 1
    history_hours: int = 2
    encryption: str = "Disabled"
    provider: str = "HyperVReplicaAzure"


@dataclass(kw_only=True)
class Fabric:
    """A VMM server as Site Recovery knows it, with its provider."""

    name: str
    """64 hex digits, as the service names VMM fabrics."""
    friendly_name: str
    """The VMM server's FQDN."""
    internal_id: str
    """VMM's id; also the provider's name."""
    health: str = "Normal"
    connection: str = "Connected"
    heartbeat_age: float = 60.0
    provider_version: str = "5.25.1103.2"
    server_version: str = "10.22.1287.0"
    provider_status: str = "Supported"


@dataclass(kw_only=True)
class ContainerMapping:
    """A VMM cloud with a replication policy."""

    name: str
    cloud_id: str
    policy: str
    target: str = TO_AZURE
    state: str = "Paired"
    health: str = "Normal"


@dataclass(kw_only=True)
class NetworkMapping:
    """A VM network mapped to a VNet."""

    name: str
    network_id: str
    vnet_id: str
    state: str = "Paired"


@dataclass(kw_only=True)
class HealthError:
    """A health error of a protected item."""

    code: str
    summary: str
    message: str
    category: str = "Replication"
    level: str = "Error"
    age: float = 600.0


@dataclass(kw_only=True)
class ProtectedItem:
    """A VM that is replicated; disks and adapters are those of the VM, networks those of the mappings."""

    name: str
    """The VM's id in VMM, which is how the portal names items of VMM clouds."""
    vm_id: str
    """Hyper-V id of the VM."""
    cloud_id: str
    policy: str
    target_name: str
    size: str = "Standard_D2s_v5"
    subnet: str = ""
    """Subnet to recover into; empty when nobody chose one."""
    test_subnet: str = ""
    address: str = ""
    """Static address to recover with; empty for dynamic."""
    provider: str = "HyperVReplicaAzure"
    """``HyperVReplica2012R2`` for one that is still replicated between VMM clouds."""
    encryption: str = "Disabled"
    license_type: str = "WindowsServer"
    """``NotSpecified`` where nobody chose one."""
    protection_state: str = "Protected"
    state_description: str = "Protected"
    replication_health: str = "Normal"
    failover_health: str = ""
    """Empty: follows from whether a test failover ever succeeded."""
    active_location: str = "Primary"
    test_failover_state: str = "None"
    health_errors: list[HealthError] = field(default_factory=list)
    rpo_seconds: int | None = 4
    rpo_age: float = 330.0
    """How long ago the service computed the RPO; it was 5 to 6 minutes in recordings."""
    stalled_age: float | None = None
    """Replication stopped this long before the lab came up; ``None`` while it runs."""
    last_test_age: float | None = None
    """The last successful test failover began this long before the lab came up; ``None`` for never."""
    last_test: float | None = None
    """When a test failover in the lab began that succeeded."""
    last_failover: float | None = None
    job_id: str = ""
    """The job that works on it at this moment."""
    test_job_id: str = ""
    """The test failover whose clean-up is due."""
    test_machine: str = ""
    """ARM id of its test VM."""


@dataclass(kw_only=True)
class PlanAction:
    """A manual action, script or runbook of a plan's group."""

    name: str
    kind: str
    """``ManualActionDetails``, ``ScriptActionDetails`` or ``AutomationRunbookActionDetails``."""
    detail: str
    """The instruction, the script's path, or the runbook's id."""
    failover_types: list[str] = field(
        default_factory=lambda: ["TestFailover", "PlannedFailover", "UnplannedFailover"],
    )
    directions: list[str] = field(default_factory=lambda: ["PrimaryToRecovery", "RecoveryToPrimary"])
    minutes: int = 5

    def runs_in_test(self) -> bool:
        """Does a test failover run it? An action without failover types never runs, silently."""
        return "TestFailover" in self.failover_types and "PrimaryToRecovery" in self.directions


@dataclass(kw_only=True)
class PlanGroup:
    """A group of a plan."""

    kind: str = "Boot"
    items: list[str] = field(default_factory=list)
    """Names of protected items."""
    start: list[PlanAction] = field(default_factory=list)
    end: list[PlanAction] = field(default_factory=list)


@dataclass(kw_only=True)
class Plan:
    """A recovery plan; groups begin with Shutdown and Failover, then Boot groups in order."""

    name: str
    fabric: str
    """Name of the primary fabric."""
    groups: list[PlanGroup] = field(default_factory=list)
    last_test_age: float | None = None
    last_test: float | None = None
    job_id: str = ""
    test_job_id: str = ""

    def item_names(self) -> list[str]:
        """Names of its protected items, in the order in which they are started."""
        return [name for group in self.groups for name in group.items]


@dataclass(kw_only=True)
class Event:
    """An entry of the vault's event list."""

    code: str
    description: str
    kind: str
    severity: str
    target: str
    target_id: str
    age: float = 3600.0
    at: float | None = None
    job_id: str = ""


@dataclass(kw_only=True)
class Vault:
    """A Recovery Services vault."""

    name: str
    resource_group: str
    region: str
    fabrics: list[Fabric] = field(default_factory=list)
    policies: list[Policy] = field(default_factory=list)
    container_mappings: list[ContainerMapping] = field(default_factory=list)
    network_mappings: list[NetworkMapping] = field(default_factory=list)
    items: list[ProtectedItem] = field(default_factory=list)
    plans: list[Plan] = field(default_factory=list)
    jobs: dict[str, Job] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    operations: dict[str, str] = field(default_factory=dict)
    """Operations that are over at once and are no jobs: id -> id of the job they concern."""
    _names: dict[str, int] = field(default_factory=dict, repr=False)
    _vms: dict[str, int] = field(default_factory=dict, repr=False)

    def item_named(self, name: str) -> ProtectedItem | None:
        """The protected item of that name, in any case."""
        return self._find(self._names, name.lower(), lambda item: item.name.lower())

    def item_of(self, vm_id: str) -> ProtectedItem | None:
        """The protected item of a VM."""
        return self._find(self._vms, vm_id, lambda item: item.vm_id)

    def _find(self, index: dict[str, int], key: str, of: Callable[[ProtectedItem], str]) -> ProtectedItem | None:
        """Look a key up in an index, which is made anew when the list has changed under it."""
        place = index.get(key, len(self.items))
        if place >= len(self.items) or of(self.items[place]) != key:
            index.clear()
            index.update({of(item): number for number, item in enumerate(self.items)})
            place = index.get(key, len(self.items))
        return self.items[place] if place < len(self.items) else None


@dataclass(kw_only=True)
class AzureWorld:
    """One subscription. Dictionaries are keyed by ARM id in lower case."""

    subscription: str
    region: str
    recovery_group: str
    """Resource group that recovered and test VMs are created in."""
    token: str
    """The bearer token that the simulated ARM accepts."""
    vaults: list[Vault] = field(default_factory=list)
    vnets: dict[str, VNet] = field(default_factory=dict)
    interfaces: dict[str, Interface] = field(default_factory=dict)
    machines: dict[str, Machine] = field(default_factory=dict)
    disks: dict[str, DiskResource] = field(default_factory=dict)
    commands: dict[str, Command] = field(default_factory=dict)
    """Run Commands by operation id."""
    resource_groups: list[str] = field(default_factory=list)
    landscape: Landscape = field(default_factory=Landscape)
    """What surrounds the vault and its networks."""
    actions: list[str] = field(default_factory=lambda: ["*"])
    """What the caller's role allows, as role definitions write it."""
    not_actions: list[str] = field(default_factory=list)
    """What it takes away again."""
    faults: Faults = field(default_factory=Faults)
    blobs: BlobAccount = field(default_factory=BlobAccount)
    """The storage account for leases and journals of drills."""
    epoch: float | None = None
    """When the lab came up."""
    clock_offset: float = 0.0
    """How many seconds the service's clock is ahead."""
    points_ahead: float = 0.0
    """How many seconds in the future it dates recovery points: recorded jobs gave a local time for UTC."""
    real_failovers: list[str] = field(default_factory=list)
    """Every call that changed production, as ``<operation> <target>``: drcheck must never cause one."""
    writes: list[str] = field(default_factory=list)
    """Every call that was not a GET, as ``<method> <path>``, in order."""
    unknown: list[str] = field(default_factory=list)
    """Every call to something the lab does not know."""

    def group_id(self, name: str) -> str:
        """ARM id of a resource group."""
        return f"/subscriptions/{self.subscription}/resourceGroups/{name}"

    def vault_id(self, vault: Vault, *, own: bool = True) -> str:
        """ARM id of a vault; Site Recovery's own resources begin with a capital S, ARM's do not."""
        prefix = "/Subscriptions" if own else "/subscriptions"
        place = f"{self.subscription}/resourceGroups/{vault.resource_group}"
        return f"{prefix}/{place}/providers/Microsoft.RecoveryServices/vaults/{vault.name}"

    def resource_id(self, group: str, kind: str, name: str) -> str:
        """ARM id of an Azure resource; ``kind`` like ``Microsoft.Network/virtualNetworks``."""
        return f"{self.group_id(group)}/providers/{kind}/{name}"


def azure_of(world: World) -> AzureWorld:
    """The Azure half of a world; ``LookupError`` when ``make_azure`` was never called."""
    azure = world.azure
    if isinstance(azure, AzureWorld):
        return azure
    raise LookupError(f"the scenario {world.name} has no Azure half; call make_azure first")
