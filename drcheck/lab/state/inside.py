"""What is inside a simulated guest besides its services? Plain data that both channels' interpreters read."""

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(kw_only=True)
class Inside:
    """The inside of a machine; a healthy Windows Server by default. A copy holds what its source held."""

    databases: dict[str, str] = field(default_factory=dict)
    """State of each SQL Server database: ``ONLINE``, ``RECOVERY_PENDING`` …"""
    zones: dict[str, str] = field(default_factory=dict)
    """What its own DNS server answers: name -> address."""
    files: dict[str, float] = field(default_factory=dict)
    """Path -> how many seconds ago it was written."""
    sentinel_at: str = ""
    """File or database in which a task writes down the time."""
    sentinel_every: float = 0.0
    """Seconds between two records, which are written at whole multiples of it; 0: there is no such task."""
    vmm_database: bool = True
    """Its VMM service reaches its database."""
    sysvol: bool = True
    """Its domain controller shares SYSVOL."""
    prints: dict[str, str] = field(default_factory=dict)
    """What a user's script prints, by the SHA-256 of its text; one that is not listed prints nothing."""
    hangs: set[str] = field(default_factory=set)
    """Kinds of probes that never answer."""
    clock_offset: float = 0.0
    """Seconds its clock is ahead of the lab's."""
    san_policy: str = "OnlineAll"
    rdp: bool = True
    rdp_profiles: tuple[str, ...] = ("Any",)
    """Firewall profiles in which it is allowed."""
    pending_reboot: tuple[str, ...] = ()
    """What waits for one."""
    persistent_routes: tuple[str, ...] = ()
    winhttp_proxy: str = ""


@dataclass(frozen=True, kw_only=True)
class Guest:
    """A machine that answers, at one moment of its own clock."""

    name: str
    services: tuple[str, ...]
    up: bool
    """Its services run."""
    booted: float
    """By its own clock."""
    now: float
    """By its own clock."""
    inside: Inside
    aged: float
    """How much older than in production everything in it is: a copy holds what was there at its recovery point."""
    reach: Callable[[str, int], str]
    """What becomes of a TCP connection to a host and port."""
