"""Azure Site Recovery: what runs, what ran, what is kept to go back to, and what the service says about itself."""

from datetime import datetime
from typing import ClassVar

from msgspec import Struct

from drcheck.topology.base import Fact
from drcheck.topology.site_recovery import HealthError


class RecoveryProvider(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """An Azure Site Recovery Provider: what replicates for one VMM server or Hyper-V host. Key: its ARM id, lower case.

    ``last_heartbeat`` is the server's last sign of life; versions expire (``version_expires``).
    """

    ROLE: ClassVar[str] = "vault"
    SUBJECT: ClassVar[str] = "Site Recovery provider"

    vault: str
    fabric: str
    name: str
    """Friendly name: the server's."""
    fabric_type: str
    connection: str
    """``Connected`` or ``NotConnected``."""
    last_heartbeat: datetime | None
    version: str
    version_state: str
    """``Latest``, ``Supported``; the older of two words for the same."""
    version_status: str
    """``Supported``, ``NotSupported``, ``Deprecated``, ``UpdateRequired``, ``SecurityUpdateRequired``; since 2018."""
    version_expires: datetime | None
    server_version: str
    """Of VMM (``3.2.8117.0`` is 2012 R2); ``0.0`` for Hyper-V hosts."""
    protected_items: int | None
    errors: tuple[HealthError, ...] = ()


class ProtectableItem(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """A machine that is, or could be, protected, as its container shows it. Key: its ARM id, lower case."""

    ROLE: ClassVar[str] = "vault"
    SUBJECT: ClassVar[str] = "protectable item"

    vault: str
    container: str
    name: str
    vm_id: str
    """Hyper-V VM id, lower case; empty for anything but a Hyper-V machine."""
    protection_status: str
    """``Protected`` or ``Unprotected``."""
    protected_item: str
    """ARM id of the protected item, lower case; empty when there is none."""
    readiness_errors: tuple[str, ...]
    """Why it cannot be protected, in the service's words."""
    generation: str = ""
    """``1``, ``2``; ``0`` means that the service does not know."""
    physical_disk: str = ""
    """``Present``, ``NotPresent`` or ``Unknown``; so for the next two."""
    fibre_channel: str = ""
    shared_disk: str = ""
    host_id: str = ""
    """Id of the host in VMM; for Hyper-V sites a name."""


class RecoveryPoints(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """To which moments a protected item could be recovered. Key: the protected item's ARM id, lower case.

    Read one machine at a time. A list of Hyper-V points was never recorded; its shape is the SDK's, and the types
    are those recorded for VMware machines.
    """

    ROLE: ClassVar[str] = "vault"
    SUBJECT: ClassVar[str] = "recovery points"

    vault: str
    name: str
    count: int
    newest: datetime | None
    newest_app_consistent: datetime | None
    """``None``: there is none among ``count`` points."""
    oldest: datetime | None


class SiteRecoveryJob(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """A job of the last ``discovery.site_recovery.state.DAYS`` days. Key: its ARM id, lower case.

    ``problems`` are read for jobs that did not end well or still run: in the list they are empty even
    for failed ones. ``ended`` is cut to whole seconds by the service and can lie before ``started``.
    """

    ROLE: ClassVar[str] = "vault"
    SUBJECT: ClassVar[str] = "Site Recovery job"

    vault: str
    name: str
    """What it does, in the service's words."""
    scenario: str
    """``TestFailover``, ``TestFailoverCleanup`` …; empty for a job that was just made."""
    state: str
    """``NotStarted``, ``InProgress``, ``Suspended``, ``Succeeded``, ``Failed``, ``Cancelled``,
    ``CompletedWithInformation``, ``PartiallySucceeded``."""
    state_description: str
    """Finer: ``WaitingForManualAction``, ``WaitingForStopTestFailover`` …"""
    started: datetime | None
    ended: datetime | None
    target_name: str
    target_id: str
    """A bare id or name, not an ARM id, lower case."""
    target_type: str
    """``ProtectionEntity``, ``RecoveryPlan``, ``Server``, ``Network``, ``ProtectionProfile``, ``Vault`` …"""
    allowed_actions: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    """``code: message`` of every error; a job that succeeded may have some, which are warnings."""


class SiteRecoveryEvent(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """An entry of the vault's event list. Key: its ARM id, lower case.

    Recordings hold an empty list only; the fields are those of the SDK's model.
    """

    ROLE: ClassVar[str] = "vault"
    SUBJECT: ClassVar[str] = "Site Recovery event"

    vault: str
    name: str
    """The event's code."""
    description: str
    event_type: str
    """``VmHealth``, ``ServerHealth``, ``AgentHealth``, ``JobStatus``."""
    severity: str
    """``OK``, ``Warning``, ``Critical``."""
    affected: str
    """Friendly name of what it is about."""
    occurred: datetime | None
    fabric: str
    """ARM id, lower case; empty when it is about none."""
    errors: tuple[HealthError, ...] = ()


class HealthIssue(Struct, frozen=True, kw_only=True, gc=False):
    """An issue in a summary of health, with how many objects have it."""

    code: str
    severity: str
    """``NONE``, ``Warning``, ``Error``, ``Info``."""
    category: str
    message: str
    affected: int


class HealthSummary(Struct, frozen=True, kw_only=True, gc=False):
    """How the service sums up objects of one sort. ``counts`` are its own words with its own numbers."""

    resources: int | None
    issues: tuple[HealthIssue, ...] = ()
    counts: tuple[tuple[str, int], ...] = ()


class VaultHealth(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """The service's own sum of a vault's health: computed when somebody asked it to, so it may be old.

    Key: the vault's ARM id, lower case. ``None``: the service gave no such summary. No role of Site Recovery's own
    may read it (role definitions of 2023): for such an identity this is a gap.
    """

    ROLE: ClassVar[str] = "vault"
    SUBJECT: ClassVar[str] = "vault health"

    items: HealthSummary | None
    fabrics: HealthSummary | None
    containers: HealthSummary | None
    errors: tuple[HealthError, ...] = ()


class AlertSetting(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """Whom the vault's classic e-mail alerts go to. Key: its ARM id, lower case."""

    ROLE: ClassVar[str] = "vault"
    SUBJECT: ClassVar[str] = "alert setting"

    vault: str
    send_to_owners: str
    """``Send`` or ``DoNotSend``."""
    addresses: tuple[str, ...]
    """E-mail addresses: personal data, kept because an alert nobody receives is no alert."""
    locale: str


class VaultSetting(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """Settings of the vault that concern VMware and migrations. Key: its ARM id, lower case."""

    ROLE: ClassVar[str] = "vault"
    SUBJECT: ClassVar[str] = "vault setting"

    vault: str
    migration_solution: str
    vmware_provider: str


class LogicalNetwork(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """A logical network of a VMM fabric: where VMM test networks can be made. Key: its ARM id, lower case."""

    ROLE: ClassVar[str] = "vault"
    SUBJECT: ClassVar[str] = "logical network"

    vault: str
    fabric: str
    name: str
    virtualization: str
    """``Enabled`` or ``Disabled``: Hyper-V network virtualisation."""
    usage: str
    definitions: str


class StorageClassification(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """A storage classification of a VMM server. Key: its ARM id, lower case."""

    ROLE: ClassVar[str] = "vault"
    SUBJECT: ClassVar[str] = "storage classification"

    vault: str
    fabric: str
    name: str


class StorageMapping(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """A storage classification mapped to another VMM server's. Key: its ARM id, lower case."""

    ROLE: ClassVar[str] = "vault"
    SUBJECT: ClassVar[str] = "storage mapping"

    vault: str
    source: str
    target: str
