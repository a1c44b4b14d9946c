"""Hyper-V: virtual machines, their replication, and the switches they can be connected to."""

from datetime import datetime, timedelta
from typing import ClassVar

from msgspec import Struct

from drcheck.topology.base import Fact


class Adapter(Struct, frozen=True, kw_only=True, gc=False):
    """A virtual network adapter. Empty switch names mean: connected to nothing."""

    id: str
    name: str
    switch: str
    test_replica_switch: str


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


class VmReplication(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """One side of a Hyper-V Replica relationship. Key: ``<VM id>@<host>/<Simple|Extended>``.

    States and modes carry PowerShell's names; the integers of WMI and PowerShell differ and are never mixed.
    Times are UTC; sizes are bytes. Statistics cover the host's current monitoring window only.
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
