"""The Windows machine below Hyper-V: version, capacity, volumes, virtual hard disks, services, firewall, certificates.

A field that is ``None`` was not told: the property is null, or this version of Windows does not have it.
"""

from datetime import datetime
from typing import ClassVar

from drcheck.topology.base import Fact


class HyperVHost(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """A Hyper-V host's capacity and version. Key: its FQDN."""

    ROLE: ClassVar[str] = "hyperv"
    SUBJECT: ClassVar[str] = "Hyper-V host"

    host: str
    logical_processors: int
    memory_bytes: int
    """Physical memory of the machine."""
    disk_path: str
    """Where new virtual hard disks go."""
    machine_path: str
    supported_versions: tuple[str, ...] | None
    """Configuration versions of VMs that it can run."""
    migration_enabled: bool | None
    product: str | None
    """``Windows Server 2022 Datacenter``; Microsoft kept ``Windows Server 2016`` here for some later builds: use
    ``build``."""
    build: int | None
    """14393 is Windows Server 2016, 17763 is 2019, 20348 is 2022, 26100 is 2025."""
    revision: int | None
    """``UBR``: which cumulative update is installed."""


class HostVolume(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """A fixed volume of a host. Key: ``<host>/<device id, lower case>``.

    A node may list cluster shared volumes too, as file system ``CSVFS`` (unverified); the cluster tells them once.
    """

    ROLE: ClassVar[str] = "hyperv"
    SUBJECT: ClassVar[str] = "volume"

    name: str
    """Where it is mounted (``D:\\``, ``C:\\Mounts\\Data\\``), or its device path."""
    host: str
    label: str
    file_system: str
    capacity_bytes: int | None
    """``None`` for a volume that is not formatted, or locked."""
    free_bytes: int | None


class VirtualHardDisk(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """A virtual hard disk that a VM of the host is attached to. Key: ``<host>/<path, lower case>``."""

    ROLE: ClassVar[str] = "hyperv"
    SUBJECT: ClassVar[str] = "virtual hard disk"

    path: str
    host: str
    disk_format: str
    """``VHD``, ``VHDX`` or ``VHDSet`` (shared by a guest cluster)."""
    disk_type: str
    """``Fixed``, ``Dynamic`` or ``Differencing``."""
    size_bytes: int
    """As the guest sees it."""
    file_bytes: int
    """As the volume sees it now."""
    parent_path: str
    """Of a differencing disk; empty otherwise."""
    logical_sector_bytes: int | None
    physical_sector_bytes: int | None

    @property
    def title(self) -> str:
        """The path."""
        return self.path


class DiskActivity(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """Bytes that a VM has written to a virtual disk: churn is the difference of two readings.

    Key: ``<host>/<counter instance, lower case>``. Source: the raw performance class
    ``Win32_PerfRawData_Counters_HyperVVirtualStorageDevice``, whose names are not localised. When the count restarts is
    unverified (a smaller value than before says that it did).
    """

    ROLE: ClassVar[str] = "hyperv"
    SUBJECT: ClassVar[str] = "virtual disk activity"

    name: str
    """The counter instance: the disk's path with ``-`` for each ``\\`` (unverified)."""
    host: str
    written_bytes: int
    """Since the count began."""
    read_bytes: int


class WindowsService(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """A service that recovery depends on. Key: ``<host>/<service name, lower case>``."""

    ROLE: ClassVar[str] = "hyperv"
    SUBJECT: ClassVar[str] = "service"

    name: str
    """``vmms`` (Hyper-V), ``obengine`` (Microsoft Azure Recovery Services agent), ``dra`` (Site Recovery provider)."""
    host: str
    state: str
    """``Running``, ``Stopped``, ..."""
    start_mode: str
    """``Auto``, ``Manual`` or ``Disabled``."""
    account: str
    program: str
    """Path of the executable with its arguments."""


class ReplicaListenerRule(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """Windows' own firewall rule for a Hyper-V Replica listener. Key: ``<host>/<rule id, lower case>``.

    Rules that a group policy adds have other ids and are not read. That the registry holds each rule as one text of
    ``Name=value`` fields is what many public scripts rely on; no reference describes it (unverified).
    """

    ROLE: ClassVar[str] = "hyperv"
    SUBJECT: ClassVar[str] = "firewall rule"

    name: str
    """The rule's id, the same in every language."""
    host: str
    secure: bool
    """For HTTPS (certificates); otherwise for HTTP (Kerberos)."""
    enabled: bool
    allows: bool
    port: str
    profiles: tuple[str, ...]
    """``Domain``, ``Private``, ``Public``; empty for all of them."""


class MachineCertificate(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """A certificate in a host's personal store. Key: ``<host>/<thumbprint>``."""

    ROLE: ClassVar[str] = "hyperv"
    SUBJECT: ClassVar[str] = "certificate"

    thumbprint: str
    """Upper-case hexadecimal."""
    host: str
    subject: str
    issuer: str
    not_before: datetime
    not_after: datetime
    private_key: bool
    """The host holds the private key, too."""
    purposes: tuple[str, ...] | None
    """OIDs of the extended key usage; ``None`` without the extension: every purpose. Server authentication is
    1.3.6.1.5.5.7.3.1, client authentication 1.3.6.1.5.5.7.3.2."""
    dns_names: tuple[str, ...]
    """Subject alternative names, lower case."""
    chain_status: tuple[str, ...]
    """Names of ``X509ChainStatusFlags`` on that host, revocation included; empty when the chain is good."""

    @property
    def title(self) -> str:
        """The subject."""
        return self.subject or self.thumbprint
