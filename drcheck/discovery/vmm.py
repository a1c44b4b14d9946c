"""What does System Center VMM know of: itself, its hosts, clusters, clouds, networks and machines?

Everything is asked on the VMM server itself: the connection that ``Get-SCVMMServer`` makes becomes the default one of
its process, so that query goes first, and no other answer means anything when it fails. Property names are those of a
recorded VMM 2012 R2 inventory (ManageIQ); Microsoft's cmdlet pages name none.
"""

from collections.abc import Iterator

from drcheck.discovery import WindowsAsk, WindowsCollector
from drcheck.errors import AnswerError
from drcheck.query import Cmdlet, Registry, WindowsQuery
from drcheck.topology.base import Target
from drcheck.topology.vmm import Cloud, HostCluster, ManagedHost, VmmNic, VmmServer, VmmVm, VmNetwork
from drcheck.transport.row import Row

ROLE = "vmm"
MODULE = "VirtualMachineManager"
NO_ID = "00000000-0000-0000-0000-000000000000"

SERVER = Cmdlet(
    id="vmm-server",
    module=MODULE,
    cmdlet="Get-SCVMMServer",
    params={"ComputerName": "localhost"},
    select=(
        "FullyQualifiedDomainName",
        "ProductVersion",
        "IsHighlyAvailable",
        "ActiveVMMNode",
        "FailoverVMMNodes",
        "DatabaseServerName",
        "DatabaseInstanceName",
        "DatabaseName",
    ),
)
DATABASE = Registry(
    id="vmm-database",
    key=r"HKLM:\SOFTWARE\Microsoft\Microsoft System Center Virtual Machine Manager Server\Settings\Sql",
    values=("ConnectionString",),
)
GUEST = Registry(
    id="vmm-guest",
    key=r"HKLM:\SOFTWARE\Microsoft\Virtual Machine\Guest\Parameters",
    values=("VirtualMachineId",),
)
HOSTS = Cmdlet(
    id="vmm-hosts",
    module=MODULE,
    cmdlet="Get-SCVMHost",
    select=(
        "ID",
        "FullyQualifiedDomainName",
        "OverallState",
        "VirtualizationPlatform",
        "VMHostGroup.Path",
        "HostCluster.Name",
    ),
)
CLUSTERS = Cmdlet(
    id="vmm-clusters",
    module=MODULE,
    cmdlet="Get-SCVMHostCluster",
    select=("ID", "Name", "VirtualizationPlatform", "Nodes.FullyQualifiedDomainName"),
)
CLOUDS = Cmdlet(id="vmm-clouds", module=MODULE, cmdlet="Get-SCCloud", select=("ID", "Name", "HostGroup.Path"))
NETWORKS = Cmdlet(
    id="vmm-networks",
    module=MODULE,
    cmdlet="Get-SCVMNetwork",
    select=("ID", "Name", "LogicalNetwork.Name", "IsolationType"),
)
MACHINES = Cmdlet(
    id="vmm-machines",
    module=MODULE,
    cmdlet="Get-SCVirtualMachine",
    select=(
        "VMId",
        "ID",
        "Name",
        "HostName",
        "CloudId",
        "VirtualMachineState",
        "IsTestReplicaVM",
        "IsRecoveryVM",
        "VirtualNetworkAdapters.ID",
        "VirtualNetworkAdapters.VMNetwork.ID",
        "VirtualNetworkAdapters.VMNetwork.Name",
    ),
)


def servers(ask: WindowsAsk, target: Target) -> Iterator[VmmServer]:
    """The VMM deployment that answered."""
    for row in ask.rows(SERVER):
        domain = target.endpoint.partition(".")[2] or ask.machine.partition(".")[2]
        active = full_name(row.text_or_none("ActiveVMMNode") or "", domain)
        registry = _text_of_value(ask, DATABASE, "ConnectionString")
        vm_id = _text_of_value(ask, GUEST, "VirtualMachineId").lower()
        yield VmmServer(
            key=target.endpoint,
            seen=ask.seen(SERVER),
            name=row.text("FullyQualifiedDomainName").lower(),
            host=active or ask.machine,
            is_virtual=bool(vm_id),
            vm_id=vm_id,
            highly_available=row.flag("IsHighlyAvailable"),
            active_node=active,
            nodes=tuple(full_name(node, domain) for node in _nodes(row)),
            database_server=_database_host(row.text("DatabaseServerName"), ask.machine, domain),
            database_instance=row.text_or_none("DatabaseInstanceName") or "MSSQLSERVER",
            database_name=row.text("DatabaseName"),
            registry_database_server=_database_host(server_of(registry), ask.machine, domain),
            version=row.text("ProductVersion"),
        )


def managed_hosts(ask: WindowsAsk, _target: Target) -> Iterator[ManagedHost]:
    """Every Hyper-V host that VMM manages; hosts of other platforms are left out."""
    ask.rows(SERVER)
    for row in ask.rows(HOSTS):
        if not _is_hyperv(row):
            continue
        host = row.text("FullyQualifiedDomainName").lower()
        yield ManagedHost(
            key=host,
            seen=ask.seen(HOSTS),
            name=host.partition(".")[0],
            host=host,
            vmm_id=row.text("ID").lower(),
            cluster=row.text_or_none("HostCluster.Name") or "",
            host_group=row.text_or_none("VMHostGroup.Path") or "",
            state=row.text("OverallState"),
        )


def host_clusters(ask: WindowsAsk, _target: Target) -> Iterator[HostCluster]:
    """Every cluster of Hyper-V hosts that VMM manages."""
    ask.rows(SERVER)
    for row in ask.rows(CLUSTERS):
        if _is_hyperv(row):
            nodes = tuple(node.lower() for node in row.texts("Nodes.FullyQualifiedDomainName"))
            name = row.text("Name")
            yield HostCluster(key=row.text("ID").lower(), seen=ask.seen(CLUSTERS), name=name, nodes=nodes)


def clouds(ask: WindowsAsk, _target: Target) -> Iterator[Cloud]:
    """Every private cloud."""
    ask.rows(SERVER)
    for row in ask.rows(CLOUDS):
        groups = tuple(row.texts("HostGroup.Path"))
        yield Cloud(key=row.text("ID").lower(), seen=ask.seen(CLOUDS), name=row.text("Name"), host_groups=groups)


def networks(ask: WindowsAsk, _target: Target) -> Iterator[VmNetwork]:
    """Every VM network."""
    ask.rows(SERVER)
    for row in ask.rows(NETWORKS):
        yield VmNetwork(
            key=row.text("ID").lower(),
            seen=ask.seen(NETWORKS),
            name=row.text("Name"),
            logical_network=row.text_or_none("LogicalNetwork.Name") or "",
            isolation=row.text_or_none("IsolationType") or "",
        )


def machines(ask: WindowsAsk, _target: Target) -> Iterator[VmmVm]:
    """Every virtual machine that VMM knows."""
    ask.rows(SERVER)
    for row in ask.rows(MACHINES):
        cloud = (row.text_or_none("CloudId") or "").lower()
        vm_id, host = row.text("VMId").lower(), row.text("HostName").lower()
        yield VmmVm(
            # a replica has its primary's id, and VMM lists both when it manages both hosts
            key=f"{vm_id}@{host}" if row.flag("IsRecoveryVM") else vm_id,
            seen=ask.seen(MACHINES),
            name=row.text("Name"),
            vmm_id=row.text("ID").lower(),
            host=host,
            cloud_id="" if cloud == NO_ID else cloud,
            status=row.text("VirtualMachineState"),
            is_test_replica=row.flag("IsTestReplicaVM"),
            is_recovery=row.flag("IsRecoveryVM"),
            nics=tuple(_nics(row)),
        )


def full_name(name: str, domain: str) -> str:
    """A host name in lower case, completed with a domain when it is short, as the far side's resolver would do it."""
    name = name.strip().lower().rstrip(".")
    return f"{name}.{domain}" if name and domain and "." not in name else name


def server_of(connection_string: str) -> str:
    """The machine in an ADO.NET connection string, without protocol, instance and port; empty when there is none."""
    wanted = {"data source", "server", "address", "addr", "network address"}
    for part in connection_string.split(";"):
        name, _, value = part.partition("=")
        if name.strip().lower() in wanted:
            place = value.strip().strip("\"'").rpartition(":")[2]
            return place.partition("\\")[0].partition(",")[0].strip()
    return ""


def _database_host(name: str, machine: str, domain: str) -> str:
    """VMM names its own machine in several ways."""
    if name.strip().lower() in {".", "(local)", "localhost"}:
        return machine
    return full_name(name, domain)


def _nodes(row: Row) -> list[str]:
    return row.texts("FailoverVMMNodes") if row.flag("IsHighlyAvailable") else []


def _is_hyperv(row: Row) -> bool:
    return row.text("VirtualizationPlatform").lower() == "hyperv"


def _nics(row: Row) -> Iterator[VmmNic]:
    ids = row.texts("VirtualNetworkAdapters.ID")
    networks_of = row.texts_or_none("VirtualNetworkAdapters.VMNetwork.ID")
    names = row.texts_or_none("VirtualNetworkAdapters.VMNetwork.Name")
    if not len(ids) == len(networks_of) == len(names):
        raise AnswerError(str(MACHINES), "VirtualNetworkAdapters", f"{len(ids)} adapters, {len(networks_of)} networks")
    for nic, network, name in zip(ids, networks_of, names, strict=True):
        yield VmmNic(id=nic.lower(), network_id=(network or "").lower(), network_name=name or "")


def _text_of_value(ask: WindowsAsk, query: WindowsQuery, name: str) -> str:
    """A registry value; empty when it does not exist."""
    return next((row.text_or(name, "") for row in ask.rows(query) if row.has(name)), "")


COLLECTORS = (
    WindowsCollector(kind=VmmServer, queries=(SERVER, DATABASE, GUEST), read=servers),
    WindowsCollector(kind=ManagedHost, queries=(SERVER, HOSTS), read=managed_hosts),
    WindowsCollector(kind=HostCluster, queries=(SERVER, CLUSTERS), read=host_clusters),
    WindowsCollector(kind=Cloud, queries=(SERVER, CLOUDS), read=clouds),
    WindowsCollector(kind=VmNetwork, queries=(SERVER, NETWORKS), read=networks),
    WindowsCollector(kind=VmmVm, queries=(SERVER, MACHINES), read=machines),
)
