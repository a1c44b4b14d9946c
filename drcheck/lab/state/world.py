"""The state of a simulated estate: plain mutable objects that both protocols read and change.

Ids are stored lower case; whoever renders them decides how the vendor writes them. Times are POSIX seconds (UTC) on
the lab's clock. Nothing here knows WS-Man or ARM.
"""

import uuid
from dataclasses import dataclass, field
from functools import lru_cache
from random import Random

from drcheck.lab.gate import Gate
from drcheck.lab.heard import Heard
from drcheck.lab.state.directory import Domain, Paths
from drcheck.lab.state.fabric import AvailabilityGroup, IpPool, SqlInstance
from drcheck.lab.state.inside import Inside
from drcheck.lab.state.windows import Certificate, Checkpoint, ClusterNetwork, ReplicaServer, SharedVolume, Volume


@dataclass(kw_only=True)
class Disk:
    """A virtual hard disk."""

    path: str
    size_gb: int = 60
    replicated: bool = True
    used_share: float = 0.5
    """How much of it is allocated."""
    shared: bool = False
    """Several VMs may write to it (a guest cluster's)."""
    physical_sector: int = 4096


@dataclass(kw_only=True)
class Nic:
    """A virtual network adapter of a VM."""

    id: str
    name: str = "Network Adapter"
    network_id: str = ""
    """VM network in VMM; empty when connected to none."""
    switch: str = ""
    test_replica_switch: str = ""
    mac: str = "00155D000000"
    address: str = ""
    static: bool = False
    """Its address is one of VMM's pool."""
    vlan: int = 0
    """0 for untagged."""
    failover_address: str = ""
    """IPv4 address that is given to the replica when it is failed over; empty when none is set."""


@dataclass(kw_only=True)
class Replication:
    """One Hyper-V Replica relationship; both sides render from the same object."""

    primary_host: str
    replica_host: str
    replica_server: str
    """The configured connection point: the replica host, or a broker."""
    frequency: int = 300
    state: str = "Replicating"
    health: str = "Normal"
    stalled_since: float | None = None
    """Replication stopped at this time; ``None`` while it runs."""
    initial_done: bool = True
    excluded: list[str] = field(default_factory=list)
    last_test: float | None = None
    missed: int = 0
    errors: int = 0
    test_vm_id: str = ""
    tests: int = 0
    """How many test failovers were ever started."""
    recovery_history: int = 4
    """Additional hourly recovery points that are kept."""
    replica_vm_state: str = "Off"
    """State of the replica VM; Off until somebody starts it after a real failover."""
    replica_state: str = ""
    """Replication state on the replica side when it differs from the primary's; empty while both agree."""
    failed_over: bool = False
    """A real failover has happened: drcheck must never cause one."""
    authentication: str = "Kerberos"
    """``Kerberos`` or ``Certificate``."""
    thumbprint: str = ""
    app_consistent_hours: int = 0
    """Hours between application-consistent recovery points; 0 for none."""
    extended: "Replication | None" = None
    """The second hop, from the replica host to a third one; has no failovers of its own."""


@dataclass(kw_only=True)
class Vm:
    """A virtual machine. A replica has no object of its own: it is the ``replication`` of its primary."""

    id: str
    vmm_id: str
    name: str
    host: str
    cloud_id: str = ""
    state: str = "Running"
    clustered: bool = True
    generation: int = 2
    memory_mb: int = 4096
    cpus: int = 2
    os: str = "Windows Server 2022 Standard"
    disks: list[Disk] = field(default_factory=list)
    nics: list[Nic] = field(default_factory=list)
    replication: Replication | None = None
    in_vmm: bool = True
    services: tuple[str, ...] = ()
    """Windows services that run in the guest."""
    listens: tuple[int, ...] = ()
    """TCP ports that it answers on, where somebody tries."""
    inside: Inside | None = None
    """What else is in the guest; ``None``: a healthy Windows Server with nothing special."""
    version: str = "10.0"
    """Configuration version."""
    checkpoints: list[Checkpoint] = field(default_factory=list)
    tag: str = "(none)"
    """As VMM shows it."""
    services_off: set[str] = field(default_factory=set)
    """Integration services that are not ticked in its settings, by their English names."""
    services_mute: set[str] = field(default_factory=set)
    """Those whose other half in the guest does not run."""


@dataclass(kw_only=True)
class TestVm:
    """A test VM made by a Hyper-V Replica test failover; lives on the replica host only."""

    id: str
    name: str
    vm_id: str
    host: str
    created: float
    recovery_point: float
    switches: list[str] = field(default_factory=list)
    started: float | None = None
    heartbeat_at: float | None = None
    services_at: float | None = None


@dataclass(kw_only=True)
class Switch:
    """A virtual switch on a Hyper-V host."""

    id: str
    name: str
    switch_type: str = "External"
    uplinks: list[str] = field(default_factory=list)
    allow_management_os: bool = False


@dataclass(kw_only=True)
class Host:
    """A Windows machine that listens for WinRM."""

    name: str
    """FQDN, lower case."""
    address: str = ""
    """Loopback address; given by the server when empty."""
    roles: set[str] = field(default_factory=set)
    """``vmm``, ``hyperv``, ``cluster``, ``sql``."""
    up: bool = True
    fault: str = ""
    """How it misbehaves: empty, ``refuse``, ``hang``, ``reset``, ``garbage``, ``truncate``, ``drip``, ``401``, …"""
    clock_offset: float = 0.0
    """Seconds its clock is ahead of the lab's."""
    language_mode: str = "FullLanguage"
    """PowerShell's; anything else, and nothing of ours runs."""
    not_installed: frozenset[str] = frozenset()
    """Modules that its roles would bring, and which are missing."""
    refused: frozenset[str] = frozenset()
    """Modules whose cmdlets refuse the account: it lacks a group or a role."""
    vm_id: str = ""
    """The VM it runs in; empty for a physical machine."""
    host_group: str = ""
    vmm: str = ""
    """Name of the VMM server that manages it; empty when there is only one."""
    state: str = "OK"
    """VMM's OverallState of it as a managed host."""
    logical_processors: int = 64
    memory_gb: int = 512
    agent_version: str = "10.22.1287.0"
    """VMM's agent on it."""
    switches: list[Switch] = field(default_factory=list)
    volumes: list[Volume] = field(default_factory=list)
    certificates: list[Certificate] = field(default_factory=list)
    replica_server: ReplicaServer | None = None
    """``None`` while it is not enabled as a replica server."""
    tls: dict[str, int] = field(default_factory=lambda: {"1.0": 0, "1.1": 0, "1.2": 1})
    """Version -> whether Schannel may use it as a client; one that is not listed is left to Windows."""
    strong_crypto: int | None = 1
    """What .NET Framework is told; ``None`` without the values."""
    leases: dict[str, dict[str, str]] = field(default_factory=dict)
    """Drill leases by VM id, as left in ProgramData."""
    fenced: set[str] = field(default_factory=set)
    """Drills whose journals take no line any more."""
    journals: dict[str, list[str]] = field(default_factory=dict)
    """Mirrored journal lines by drill id."""


@dataclass(kw_only=True)
class Cloud:
    """A VMM private cloud."""

    id: str
    name: str
    host_groups: list[str] = field(default_factory=list)
    """Paths, as in ``All Hosts\\London``."""
    dr_supported: bool = True
    """Offered to the recovery service."""
    dr_protected: bool = False
    """VMM's own flag that the cloud is the primary of a pairing."""


@dataclass(kw_only=True)
class VmNetwork:
    """A VMM VM network."""

    id: str
    name: str
    logical_network: str
    isolation: str = "NoIsolation"
    subnet: str = ""
    """CIDR notation; empty when its network site has only a VLAN."""
    vlan: int = 0
    pool: IpPool | None = None


@dataclass(kw_only=True)
class VmmServer:
    """A VMM deployment; ``nodes`` is empty when it is standalone."""

    name: str
    """FQDN it is reached by, lower case."""
    host: str
    """The machine that answers (the active node when highly available)."""
    nodes: list[str] = field(default_factory=list)
    database_server: str = ""
    database_instance: str = ""
    database_name: str = "VirtualManagerDB"
    registry_database_server: str = ""
    version: str = "10.22.1287.0"
    service_account: str = "LocalSystem"
    service_accounts: dict[str, str] = field(default_factory=dict)
    """Nodes (FQDN) on which the service is set to run as somebody else."""
    dkm_container: str = ""
    """Distinguished name of the AD container with its keys; empty when they are kept on the machine."""
    provider_version: str = "5.25.1103.2"
    """Site Recovery's provider on every node; empty when it is not installed."""
    provider_versions: dict[str, str] = field(default_factory=dict)
    """Nodes (FQDN) that have another version."""
    node_databases: dict[str, str] = field(default_factory=dict)
    """Nodes whose registry names another database server than the service uses."""
    library: list[str] = field(default_factory=list)
    """FQDNs of library servers besides the VMM server itself."""
    clouds: list[Cloud] = field(default_factory=list)
    networks: list[VmNetwork] = field(default_factory=list)


@dataclass(kw_only=True)
class Node:
    """A cluster node."""

    host: str
    """FQDN, lower case."""
    state: str = "Up"
    weight: int = 1
    dynamic_weight: int = 1
    site: str = ""
    """Site fault domain; empty when none is configured."""


@dataclass(kw_only=True)
class Group:
    """A cluster group."""

    id: str
    name: str
    group_type: str
    owner: str
    state: str = "Online"
    core: bool = False
    preferred: list[str] = field(default_factory=list)
    """FQDNs of preferred owners, the first most of all."""
    preferred_site: str = ""
    anti_affinity: list[str] = field(default_factory=list)


@dataclass(kw_only=True)
class Resource:
    """A cluster resource."""

    id: str
    name: str
    resource_type: str
    group: str
    """Name of its group."""
    owner: str
    state: str = "Online"
    parameters: dict[str, str | int] = field(default_factory=dict)
    possible: list[str] | None = None
    """FQDNs of possible owners; ``None`` for every node."""


@dataclass(kw_only=True)
class Cluster:
    """A Windows failover cluster."""

    id: str
    name: str
    """FQDN, lower case."""
    nodes: list[Node] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    resources: list[Resource] = field(default_factory=list)
    quorum_resource: str = ""
    """Name of the witness resource; empty for none."""
    witness_vote: int = 0
    dynamic_quorum: int = 1
    preferred_site: str = ""
    in_vmm: bool = False
    """A host cluster that VMM manages."""
    networks: list[ClusterNetwork] = field(default_factory=list)
    volumes: list[SharedVolume] = field(default_factory=list)
    validated_days: float = 100.0
    """How long ago it was validated last, when somebody first looks."""
    validated: float = 0.0
    """When that was, from then on: a report does not change its name; 0 until somebody looked."""
    settings: dict[str, int] = field(default_factory=dict)
    """Common properties that differ from Windows' defaults."""


@dataclass(kw_only=True)
class World:
    """One estate. ``azure`` holds the Azure half (see ``lab.azure``); ``estate`` what estate.yaml will declare."""

    name: str
    seed: int = 0
    hosts: dict[str, Host] = field(default_factory=dict)
    vms: dict[str, Vm] = field(default_factory=dict)
    test_vms: dict[str, TestVm] = field(default_factory=dict)
    vmm: list[VmmServer] = field(default_factory=list)
    clusters: list[Cluster] = field(default_factory=list)
    sql: list[SqlInstance] = field(default_factory=list)
    groups: list[AvailabilityGroup] = field(default_factory=list)
    domains: list[Domain] = field(default_factory=list)
    paths: Paths = field(default_factory=Paths)
    azure: object | None = None
    estate: dict[str, object] = field(default_factory=dict)
    drill_records: list[dict[str, object]] = field(default_factory=list)
    drill_reviews: list[dict[str, object]] = field(default_factory=list)
    """What people wrote about those drills; which bytes they signed is known when the lab is published."""
    rpo_samples: list[tuple[str, float, float]] = field(default_factory=list)
    """What earlier runs saw: VM id, how many seconds before the lab is published, seconds behind."""
    waivers: list[dict[str, object]] = field(default_factory=list)
    """Failures that somebody accepted, as the waivers file lists them."""
    gate: Gate | None = None
    """Where every test failover waits for others before it begins."""
    trusted: set[str] = field(default_factory=set)
    """SHA-256 of drill scripts that are none of drcheck's and are run all the same: what would a tampered one do?"""
    heard: Heard = field(default_factory=Heard)
    """What it was ever asked."""
    guest_user: str = "Administrator"
    """Who may sign in to every guest over PowerShell Direct."""
    guest_password: str = ""
    """Drawn by the server when empty."""
    random: Random = field(default_factory=Random)

    def id_for(self, *names: str) -> str:
        """A GUID that is the same in every run of the same scenario."""
        return _guid("/".join((self.name, *names)).lower())


@lru_cache(1 << 17)
def _guid(name: str) -> str:
    """Kept, because large estates are listed again and again."""
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, name))
