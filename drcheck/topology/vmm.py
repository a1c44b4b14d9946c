"""System Center VMM: servers, hosts, clusters, clouds, machines; see also ``vmm_fabric`` and ``vmm_network``."""

from collections.abc import Iterator
from typing import ClassVar

from msgspec import Struct

from drcheck.topology.base import Fact, Target
from drcheck.topology.sql import instance_endpoint


class VmmServer(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    r"""One VMM deployment. Key: the FQDN it was reached by, lower case (the cluster role's when highly available).

    ``vm_id`` comes from the guest parameters that Hyper-V writes into a guest's registry
    (``HKLM:\SOFTWARE\Microsoft\Virtual Machine\Guest\Parameters``, value ``VirtualMachineId``: Microsoft,
    "Using key-value pairs to share information between the host and guest on Hyper-V").
    """

    ROLE: ClassVar[str] = "vmm"
    FEEDS: ClassVar[tuple[str, ...]] = ("sql", "cluster", "vmm-node")
    SUBJECT: ClassVar[str] = "VMM server"

    name: str
    host: str
    """The machine that answered, lower-case FQDN."""
    is_virtual: bool
    vm_id: str
    """Hyper-V VM id of the machine that answered, lower case; empty when it is physical."""
    highly_available: bool
    active_node: str
    nodes: tuple[str, ...]
    """Every node of the VMM cluster role, the active one included; empty when standalone."""
    database_server: str
    """The machine (or listener) that VMM reports as its database server, lower case."""
    database_instance: str
    database_name: str
    registry_database_server: str
    """The same, from the ``ConnectionString`` in VMM's registry; empty when the value is absent."""
    version: str
    registry_database_instance: str = ""
    """The instance in that ``ConnectionString``; ``MSSQLSERVER`` when it names none, empty when there is no value."""
    service_account: str = ""
    """``DOMAIN\\account``, or ``LocalSystem``: highly available VMM needs a domain account."""
    minimum_agent_version: str = ""
    """The oldest host agent that this server accepts."""
    connected_user: str = ""
    """Who is asking, as VMM sees it."""
    user_profile: str = ""
    """Profile of that user's role (``Administrator`` ...): VMM shows what the role may see, and hides the rest."""

    @property
    def instance(self) -> str:
        """The SQL Server instance of the database, upper case when it is the default one (``MSSQLSERVER``).

        The recorded servers with a default instance report their own computer's name as ``DatabaseInstanceName``, so
        what VMM really connects to, its connection string, is believed first.
        """
        machine = self.database_server.partition(".")[0]
        if self.registry_database_instance and self.registry_database_server == self.database_server:
            return self.registry_database_instance
        return (
            "MSSQLSERVER" if self.database_instance.lower() in ("", "mssqlserver", machine) else self.database_instance
        )

    def leads(self) -> Iterator[Target]:
        """The database's instance, every node; for a highly available VMM its cluster, through whichever answers."""
        if self.database_server:
            yield Target(role="sql", endpoint=instance_endpoint(self.database_server, self.instance))
        for node in self.nodes or (self.host,):
            yield Target(role="vmm-node", endpoint=node)
        if self.nodes:
            yield Target(role="cluster", endpoint=self.key, via=self.nodes)


class ManagedHost(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """A Hyper-V host that VMM manages. Key: its FQDN, lower case."""

    ROLE: ClassVar[str] = "vmm"
    FEEDS: ClassVar[tuple[str, ...]] = ("hyperv",)
    SUBJECT: ClassVar[str] = "Hyper-V host"

    name: str
    host: str
    vmm_id: str
    cluster: str
    """Name of the host cluster; empty for a stand-alone host."""
    host_group: str
    state: str
    """VMM's ``OverallState`` (``OK``, ``NeedsAttention``, ``NotResponding`` …)."""

    def leads(self) -> Iterator[Target]:
        """The host's own Hyper-V service."""
        yield Target(role="hyperv", endpoint=self.host)


class HostCluster(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """A cluster of Hyper-V hosts that VMM manages. Key: VMM's id of it, lower case."""

    ROLE: ClassVar[str] = "vmm"
    FEEDS: ClassVar[tuple[str, ...]] = ("cluster",)
    SUBJECT: ClassVar[str] = "host cluster"

    name: str
    nodes: tuple[str, ...]
    reserve_nodes: int | None = None
    """``ClusterReserve``: how many nodes may fail before VMM calls it over-committed; ``None``: VMM did not say."""

    def leads(self) -> Iterator[Target]:
        """The cluster service, through whichever node answers: one that is down must not hide the cluster."""
        if self.nodes:
            yield Target(role="cluster", endpoint=self.name.lower(), via=self.nodes)


class Cloud(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """A VMM private cloud. Key: its id, lower case (ASR names the protection container after it)."""

    ROLE: ClassVar[str] = "vmm"
    SUBJECT: ClassVar[str] = "cloud"

    name: str
    host_groups: tuple[str, ...]
    dr_supported: bool | None = None
    """``DisasterRecoverySupported``: the cloud is offered to Site Recovery. ``None``: VMM did not say."""
    dr_protected: bool | None = None
    """``IsDRProtected``: the protected side of a pairing. It outlives an unregistration that was not clean."""
    dr_provider: bool | None = None
    """``IsDRProvider``: the recovery side of a pairing."""
    capability_profiles: tuple[str, ...] = ()
    """Names; Site Recovery needs the Hyper-V profile."""
    logical_networks: tuple[str, ...] = ()
    """Ids of the logical networks that its machines can use, lower case."""
    storage_classifications: tuple[str, ...] = ()
    """Ids, lower case."""


class VmNetwork(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """A VMM VM network. Key: its id, lower case (ASR names the network after it)."""

    ROLE: ClassVar[str] = "vmm"
    SUBJECT: ClassVar[str] = "VM network"

    name: str
    logical_network: str
    isolation: str
    logical_network_id: str = ""
    """Lower case; empty when VMM did not say."""


class VmmNic(Struct, frozen=True, kw_only=True, gc=False):
    """A network adapter as VMM sees it. ``network_id`` is empty when it is connected to no VM network."""

    id: str
    network_id: str
    network_name: str


class VmmVm(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """A virtual machine that VMM knows. Key: Hyper-V's VM id (``VM.VMId``), lower case - not VMM's own id.

    A replica shares that id with the machine it copies; its key is ``<VM id>@<host>``.
    """

    ROLE: ClassVar[str] = "vmm"
    SUBJECT: ClassVar[str] = "VM"

    name: str
    vmm_id: str
    host: str
    cloud_id: str
    """Lower case; empty when the VM is in no cloud."""
    status: str
    """VMM's ``VirtualMachineState``."""
    is_test_replica: bool
    is_recovery: bool
    """A replica of a machine that runs elsewhere."""
    tag: str | None = None
    """VMM's ``Tag``; ``None``: VMM did not say."""
    nics: tuple[VmmNic, ...] = ()
