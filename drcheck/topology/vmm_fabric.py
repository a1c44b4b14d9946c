"""What VMM keeps about its fabric beyond identity: nodes of the service, agents, capacity, configurations, library.

These are kinds of their own, so that one property that a version of VMM does not have, or one getter that throws, costs
what it tells and not the inventory that everything else stands on.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import ClassVar

from msgspec import Struct

from drcheck.topology.base import Fact

OF_A_MACHINE = (".", "nt authority", "nt service", "builtin")
"""What stands before the backslash of accounts that Windows itself makes, on every machine its own."""


def local_account(account: str, hosts: Iterable[str]) -> bool:
    """Is an account, as Windows writes it, one of a single machine: of these hosts, or of Windows itself?"""
    place, separator, _ = account.lower().partition("\\")
    if not separator:
        return place == "localsystem"
    return place in (*OF_A_MACHINE, *(host.partition(".")[0].lower() for host in hosts))


class VmmNode(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    r"""A machine on which the VMM service is installed, as its own registry tells. Key: its FQDN, lower case.

    ``None`` is a value that does not exist there. Sourced: ``ConnectionString``, ``MachineFQDN`` and ``DatabaseName``
    below ``...\Virtual Machine Manager Server\Settings\Sql``, ``InstallPath`` below ``...\Setup``, and
    ``ScriptLibraryPath`` below ``HKLM:\SOFTWARE\Microsoft\Azure Site Recovery\Registration`` (Microsoft, "Add VMM
    scripts to a recovery plan"). Unverified: ``dkm_container`` (setup's own option file calls it ``TopContainerName``;
    that setup keeps it in the registry under that name was never seen) and ``asr_provider_version``
    (``ProductVersion`` below the ``Azure Site Recovery`` key). Where these are ``None`` nothing is proved.
    """

    ROLE: ClassVar[str] = "vmm-node"
    SUBJECT: ClassVar[str] = "VMM node"

    name: str
    host: str
    vm_id: str
    """Hyper-V VM id of the machine, lower case; empty when it is physical."""
    database_server: str | None
    """The machine in ``ConnectionString``, lower case."""
    database_instance: str | None
    """``MSSQLSERVER`` when the connection string names a machine only."""
    database_name: str | None
    database_machine: str | None
    """``MachineFQDN``, lower case."""
    multi_subnet_failover: bool | None
    """``MultiSubnetFailover`` of the connection string; ``None`` without one."""
    install_path: str | None
    asr_provider_version: str | None
    asr_script_library: str | None
    """The share that Site Recovery runs recovery plan scripts from."""
    dkm_container: str | None
    """Distinguished name of the AD container with VMM's encryption keys."""


class VmmService(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """VMM's service (``SCVMMService``) as a machine of the deployment has it set up. Key: the machine's FQDN.

    A machine that lists no such service has no such fact: whether it has none, or does not show it to whoever asked,
    nobody can tell.
    """

    ROLE: ClassVar[str] = "vmm-node"
    SUBJECT: ClassVar[str] = "VMM service"

    name: str
    """Of the machine."""
    host: str
    account: str
    r"""``DOMAIN\account``, ``account@domain`` or ``LocalSystem``; empty: it was not told."""
    state: str
    """``Running`` on one node of a cluster; the others wait, ``Stopped``."""


class VmmAgent(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """VMM's agent on a machine it manages (``Get-SCVMMManagedComputer``). Key: VMM's id of it, lower case."""

    ROLE: ClassVar[str] = "vmm"
    SUBJECT: ClassVar[str] = "VMM agent"

    name: str
    host: str
    """FQDN, lower case."""
    roles: tuple[str, ...]
    """``Host``, ``Library``, ``VMMServerRole`` ..."""
    agent_version: str
    version_state: str
    """``UpToDate``, or what is to be done."""
    state: str
    """``Responding``, or what is wrong."""
    updated: datetime | None = None


class HostCapacity(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """What a Hyper-V host has and what is left of it, by VMM. Key: its FQDN. ``None``: VMM did not say."""

    ROLE: ClassVar[str] = "vmm"
    SUBJECT: ClassVar[str] = "Hyper-V host"

    name: str
    host: str
    communication_state: str
    operating_system: str
    operating_system_version: str
    hyperv_version: str
    maintenance: bool
    available_for_placement: bool
    logical_processors: int | None
    physical_processors: int | None
    cpu_percent: int | None
    """CPU in use when VMM last looked."""
    total_memory_bytes: int | None
    available_memory_mb: int | None
    memory_reserve_mb: int | None
    total_storage_bytes: int | None
    available_storage_bytes: int | None
    vm_paths: tuple[str, ...] = ()
    """Folders that VMM places machines in."""


class HostGroup(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    r"""A VMM host group. Key: its id, lower case. Hosts and clouds name its ``path``, as in ``All Hosts\London``."""

    ROLE: ClassVar[str] = "vmm"
    SUBJECT: ClassVar[str] = "host group"

    name: str
    path: str


class VmmDisk(Struct, frozen=True, kw_only=True, gc=False):
    """A virtual disk drive of a VM as VMM sees it; a pass-through disk has no path, size, type and format."""

    id: str
    """VMM's id of the drive, lower case."""
    path: str
    """``SharePath`` of the virtual hard disk: where the file is on the host."""
    maximum_bytes: int | None
    """What the guest sees."""
    vhd_type: str
    """``DynamicallyExpanding``, ``FixedSize``, ``Differencing`` ..."""
    vhd_format: str
    """``VHD`` or ``VHDX``."""
    bus_type: str
    """``IDE`` or ``SCSI``."""
    bus: int
    lun: int
    is_vhd: bool
    """False: a pass-through disk, which Hyper-V Replica cannot replicate."""
    shared: bool
    """Shared with other machines; Site Recovery does not protect such a machine."""


class VmmAdapter(Struct, frozen=True, kw_only=True, gc=False):
    """A virtual network adapter as VMM configured it; texts are empty where VMM has nothing."""

    id: str
    """VMM's id, lower case."""
    name: str
    mac_address: str
    """Colon separated, upper case."""
    mac_address_type: str
    """``Static`` or ``Dynamic``."""
    ip_address_type: str
    """``IPv4AddressType``: ``Static`` means an address of a pool, or one set by hand."""
    ip_addresses: tuple[str, ...]
    vlan_enabled: bool
    vlan_id: int
    network_id: str
    """VM network, lower case; empty when it is connected to none."""
    subnet_id: str
    """VM subnet, lower case; empty for a VM network without subnets."""
    logical_network: str
    virtual_switch: str


class VmConfiguration(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """What VMM knows of a VM beyond identity. Key: that of its ``VmmVm``."""

    ROLE: ClassVar[str] = "vmm"
    SUBJECT: ClassVar[str] = "VM"

    name: str
    vm_id: str
    host: str
    generation: int | None
    """``None``: VMM did not say."""
    cpu_count: int
    memory_mb: int
    """Startup memory; with dynamic memory the machine may take ``dynamic_memory_maximum_mb``."""
    dynamic_memory: bool
    dynamic_memory_maximum_mb: int | None
    operating_system: str
    """As somebody set it in VMM; ``Unknown`` is common."""
    highly_available: bool
    passthrough_disks: bool
    shared_storage: bool
    total_size_bytes: int
    dr_enabled: bool
    dr_error: bool
    is_primary: bool
    checkpoints: int
    """How many checkpoints VMM knows of."""
    last_modified: datetime | None = None
    disks: tuple[VmmDisk, ...] = ()
    file_sizes_bytes: tuple[int | None, ...] = ()
    """What the files of ``disks`` take up, in their order."""
    adapters: tuple[VmmAdapter, ...] = ()


class LibraryServer(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """A VMM library server: a single one at the primary site takes every template and script with it. Key: its id."""

    ROLE: ClassVar[str] = "vmm"
    SUBJECT: ClassVar[str] = "library server"

    name: str
    host: str
    """FQDN, lower case; the client access point's when it is clustered."""
    status: str
    is_cluster_node: bool
    is_cluster_name: bool
    """``IsVirtualClusterName``: the name of a clustered file server."""


class LibraryShare(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    r"""A VMM library share. Key: ``<server>\<share>``, lower case: its other properties have no published source."""

    ROLE: ClassVar[str] = "vmm"
    SUBJECT: ClassVar[str] = "library share"

    name: str
    host: str
    """FQDN of the library server, lower case."""


class DrRegistration(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """Site Recovery's registration of a VMM server (``Get-SCVMMDRServiceRegistration``). Key: that of the VMM server.

    Which properties it has is published nowhere, so that only its existence is read.
    """

    ROLE: ClassVar[str] = "vmm"
    SUBJECT: ClassVar[str] = "VMM server"

    name: str
    registered: bool
