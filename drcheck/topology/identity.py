"""Active Directory: domain controllers, what they receive from each other, which subnets belong to which AD site.

The ActiveDirectory module's cmdlets are documented by Microsoft (windows-powershell-docs, ActiveDirectory), their
properties by Get-Member output in public scripts only: unverified on a real controller, and read so that what one does
not tell ends as a gap.
"""

from datetime import datetime
from typing import ClassVar

from drcheck.topology.base import Fact


class DomainController(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """A domain controller, as a controller of its domain tells of it. Key: its FQDN, lower case."""

    ROLE: ClassVar[str] = "identity"
    SUBJECT: ClassVar[str] = "domain controller"

    name: str
    host: str
    domain: str
    forest: str
    ad_site: str
    address: str
    """IPv4 address; empty when none is known."""
    global_catalog: bool
    read_only: bool
    enabled: bool | None
    """The computer account; ``None``: not told."""
    fsmo_roles: tuple[str, ...]
    """``SchemaMaster``, ``DomainNamingMaster``, ``PDCEmulator``, ``RIDMaster``, ``InfrastructureMaster``."""
    operating_system: str


class ReplicationPartner(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """What one controller receives of one partition from one partner. Key: ``<FQDN>/<partition>/<partner>``.

    Told by the receiving controller itself; credentials do not travel on to a second one.
    """

    ROLE: ClassVar[str] = "identity"
    SUBJECT: ClassVar[str] = "AD replication partner"

    host: str
    """The receiving controller's FQDN, lower case."""
    partition: str
    """Distinguished name."""
    partner: str
    """Distinguished name of the partner's NTDS settings, which names its server and AD site."""
    partner_type: str
    """``Inbound`` or ``Outbound``."""
    last_attempt: datetime | None
    last_success: datetime | None
    """``None``: never."""
    last_result: int
    """Win32 error code of the last attempt; 0 when it succeeded."""
    consecutive_failures: int

    @property
    def title(self) -> str:
        """The direction: from which server to which."""
        server = self.partner.split(",")[1].removeprefix("CN=") if "," in self.partner else self.partner
        return f"{server} -> {self.host}"


class AdSubnet(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """A subnet of Active Directory: whose clients look for controllers in which site. Key: its prefix."""

    ROLE: ClassVar[str] = "identity"
    SUBJECT: ClassVar[str] = "AD subnet"

    name: str
    ad_site: str
    """Empty when it belongs to none."""


class ControllerService(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """What the registry of a controller that was asked says about its services. Key: its FQDN, lower case.

    ``SysvolReady`` (Netlogon) and ``Type``/``NtpServer`` (W32Time) are values that Windows documents; that they exist
    on every controller is unverified, hence ``None``. How far its clock is off is in ``Topology.clocks``.
    """

    ROLE: ClassVar[str] = "identity"
    SUBJECT: ClassVar[str] = "domain controller"

    host: str
    sysvol_ready: bool | None
    time_type: str | None
    """``NT5DS`` follows the domain, ``NTP`` the servers named, ``AllSync`` both, ``NoSync`` nobody."""
    time_servers: tuple[str, ...] | None
    """Names without their flags."""
