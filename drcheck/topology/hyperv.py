"""Hyper-V: virtual machines, their replication, and the switches they can be connected to.

A field that is ``None`` was not told: the property is null, or this version of Windows does not have it.
"""

from datetime import datetime, timedelta
from typing import ClassVar

from msgspec import Struct

from drcheck.topology.base import Fact

RECEIVING = ("Replica", "ExtendedReplica")
"""Replication modes of machines that are kept as copies, on a second host or on a third."""
COPIES = (*RECEIVING, "TestReplica")
"""Those, and that of the copy which a test failover makes of one."""


class Adapter(Struct, frozen=True, kw_only=True, gc=False):
    """A virtual network adapter. Empty switch names mean: connected to nothing."""

    id: str
    name: str
    switch: str
    test_replica_switch: str
    mac: str = ""
    """Twelve hexadecimal digits; of a dynamic address, the one in use now."""
    dynamic_mac: bool | None = None
    legacy: bool | None = None
    """Emulated hardware; failover addresses cannot be injected into it."""
    addresses: tuple[str, ...] | None = None
    """IP addresses that the guest reports; empty while it is off or has no integration services."""
    vlan_mode: str | None = None
    """``Untagged``, ``Access``, ``Trunk`` or ``Private``."""
    vlan_id: int | None = None
    """The access VLAN; 0 when untagged."""


class Drive(Struct, frozen=True, kw_only=True, gc=False):
    """A hard disk drive of a VM, and what is in it."""

    path: str
    """Of the virtual hard disk; a pass-through disk has a description here instead."""
    controller: str
    """``IDE``, ``SCSI`` or ``PMEM``."""
    controller_number: int
    location: int
    disk_number: int | None = None
    """Number of the host's physical disk that is passed through; ``None`` for a virtual hard disk."""
    shared: bool | None = None
    """Supports persistent reservations: several VMs may write to it, as in a guest cluster."""


class HyperVVm(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """A virtual machine as its host sees it. Key: ``<VM id>@<host>``: a replica has its primary's VM id."""

    ROLE: ClassVar[str] = "hyperv"
    SUBJECT: ClassVar[str] = "VM"

    vm_id: str
    name: str
    host: str
    state: str
    replication_mode: str
    """``None``, ``Primary``, ``Replica``, ``TestReplica`` or ``ExtendedReplica``."""
    clustered: bool
    disks: tuple[str, ...]
    """Paths of the attached virtual hard disks."""
    adapters: tuple[Adapter, ...] = ()
    drives: tuple[Drive, ...] = ()
    generation: int | None = None
    version: str | None = None
    """Configuration version (``10.0``); a host can only start those it supports."""
    processors: int | None = None
    memory_startup_bytes: int | None = None
    memory_assigned_bytes: int | None = None
    """0 while it is off."""
    memory_dynamic: bool | None = None
    fibre_channel_count: int | None = None
    """Virtual fibre channel adapters: Site Recovery does not replicate what is behind them."""
    checkpoint_type: str | None = None
    """What a checkpoint of it would be: ``Production``, ``ProductionOnly``, ``Standard`` or ``Disabled``."""
    path: str | None = None
    """Where its configuration is stored."""
    created: datetime | None = None


class IntegrationService(Struct, frozen=True, kw_only=True, gc=False):
    """A component of the integration services."""

    ALIKE: ClassVar[bool] = True

    service: str
    """``heartbeat``, ``key-value``, ``shutdown``, ``time``, ``vss`` or ``guest-services``, told by its id because names
    are localised; another keeps its id."""
    enabled: bool
    status: str | None
    """``Ok``, ``NoContact``, ...; ``None`` while the machine is off."""


class VmIntegration(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """The integration services of a VM, as its host sees them. Key: ``<VM id>@<host>``."""

    ROLE: ClassVar[str] = "hyperv"
    SUBJECT: ClassVar[str] = "VM integration services"

    vm_id: str
    name: str
    host: str
    services: tuple[IntegrationService, ...]


class VmReplication(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """One side of a Hyper-V Replica relationship. Key: ``<VM id>@<host>/<Simple|Extended>``.

    States and modes carry PowerShell's names; the integers of WMI and PowerShell differ and are never mixed.
    Times are UTC; sizes are bytes. Statistics cover the host's current monitoring window only. ``Extended`` is the
    second hop, from the replica's host to a third one: told by the sending side under that name.
    """

    ROLE: ClassVar[str] = "hyperv"
    SUBJECT: ClassVar[str] = "VM replication"

    vm_id: str
    name: str
    host: str
    mode: str
    state: str
    health: str
    relationship: str
    primary_server: str
    replica_server: str
    """The configured connection point; a Replica Broker's name for a cluster."""
    current_replica_server: str
    """The host that really holds the replica."""
    frequency_seconds: int
    last_replication: datetime | None
    """``None`` until the initial replication has ended."""
    replicated_disks: tuple[str, ...]
    excluded_disks: tuple[str, ...]
    test_vm_id: str
    """VM id of the test VM; empty when no test failover exists."""
    pending_bytes: int | None = None
    """Filled on the sending side only."""
    successful_count: int | None = None
    missed_count: int | None = None
    error_count: int | None = None
    max_latency_seconds: float | None = None
    """How long a cycle took at most to reach the replica; whole seconds, ``None`` without a success in the window."""
    window_started: datetime | None = None
    last_test_failover: datetime | None = None
    """When the last test failover began; kept on the replica side."""
    last_applied: datetime | None = None
    """When the replica last applied a log it had received."""
    window_ended: datetime | None = None
    average_latency_seconds: float | None = None
    average_bytes: int | None = None
    """Size of a cycle on average; ``None`` without a success in the window."""
    maximum_bytes: int | None = None
    initial_bytes: int | None = None
    """What the initial replication has to send; on the sending side only, and 0 once it has ended."""
    last_vss: datetime | None = None
    """When the last application-consistent recovery point was taken; ``None`` when there is none."""
    recovery_points_kept: int | None = None
    """``RecoveryHistory``: additional hourly recovery points, 0 to 24."""
    vss_enabled: bool | None = None
    vss_hours: int | None = None
    """Hours between application-consistent recovery points; says nothing unless enabled."""
    authentication: str | None = None
    """``Kerberos`` or ``Certificate``."""
    port: int | None = None
    """Of the replica server."""
    certificate: str | None = None
    """Thumbprint, upper case; empty with Kerberos."""
    compressed: bool | None = None
    auto_resync: bool | None = None
    """A resynchronisation that becomes necessary starts by itself, within the daily span below."""
    auto_resync_start_seconds: float | None = None
    """Since midnight, local time of the host."""
    auto_resync_end_seconds: float | None = None
    initial_replication_start: datetime | None = None
    """When a scheduled initial replication will begin."""

    @property
    def lag(self) -> timedelta | None:
        """Age of the newest replicated change when this was read."""
        return None if self.last_replication is None else self.seen.at - self.last_replication


class VmSwitch(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """A virtual switch. Key: ``<host>/<switch id>``."""

    ROLE: ClassVar[str] = "hyperv"
    SUBJECT: ClassVar[str] = "virtual switch"

    switch_id: str
    name: str
    host: str
    switch_type: str
    """``Private``, ``Internal`` or ``External``."""
    uplinks: tuple[str, ...]
    """Interface descriptions of the physical adapters behind it."""
    allow_management_os: bool
    embedded_teaming: bool | None = None
