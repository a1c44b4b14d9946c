"""What does VMM know of its hosts, host groups, clouds, agents and library?"""

from collections.abc import Iterator

from drcheck.discovery import WindowsAsk
from drcheck.discovery.vmm.server import MODULE, after_server
from drcheck.query import Cmdlet
from drcheck.topology.base import Target
from drcheck.topology.vmm import Cloud, HostCluster, ManagedHost
from drcheck.topology.vmm_fabric import HostCapacity, HostGroup, LibraryServer, LibraryShare, VmmAgent
from drcheck.transport.row import Row

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
CAPACITY = Cmdlet(
    id="vmm-host-capacity",
    module=MODULE,
    cmdlet="Get-SCVMHost",
    select=(
        "FullyQualifiedDomainName",
        "VirtualizationPlatform",
        "CommunicationState",
        "OperatingSystem",
        "OperatingSystemVersion",
        "HyperVVersion",
        "MaintenanceHost",
        "AvailableForPlacement",
        "LogicalProcessorCount",
        "PhysicalCPUCount",
        "CpuUtilization",
        "TotalMemory",
        "AvailableMemory",
        "MemoryReserveMB",
        "TotalStorageCapacity",
        "AvailableStorageCapacity",
        "VMPaths",
    ),
)
CLUSTERS = Cmdlet(
    id="vmm-clusters",
    module=MODULE,
    cmdlet="Get-SCVMHostCluster",
    select=("ID", "Name", "VirtualizationPlatform", "Nodes.FullyQualifiedDomainName", "ClusterReserve"),
)
GROUPS = Cmdlet(id="vmm-host-groups", module=MODULE, cmdlet="Get-SCVMHostGroup", select=("ID", "Name", "Path"))
CLOUDS = Cmdlet(
    id="vmm-clouds",
    module=MODULE,
    cmdlet="Get-SCCloud",
    select=(
        "ID",
        "Name",
        "HostGroup.Path",
        "DisasterRecoverySupported",
        "IsDRProtected",
        "IsDRProvider",
        "CapabilityProfiles",
        "LogicalNetworks.ID",
        "StorageClassifications.ID",
    ),
)
AGENTS = Cmdlet(
    id="vmm-agents",
    module=MODULE,
    cmdlet="Get-SCVMMManagedComputer",
    select=("ID", "FullyQualifiedDomainName", "Role", "AgentVersion", "VersionState", "State", "UpdatedDate"),
)
LIBRARY_SERVERS = Cmdlet(
    id="vmm-library-servers",
    module=MODULE,
    cmdlet="Get-SCLibraryServer",
    select=("ID", "FullyQualifiedDomainName", "Status", "IsClusterNode", "IsVirtualClusterName"),
)
LIBRARY_SHARES = Cmdlet(
    id="vmm-library-shares",
    module=MODULE,
    cmdlet="Get-SCLibraryShare",
    select=("Name", "LibraryServer.FullyQualifiedDomainName"),
)


def managed_hosts(ask: WindowsAsk, _target: Target) -> Iterator[ManagedHost]:
    """Every Hyper-V host that VMM manages; hosts of other platforms are left out."""
    for row in after_server(ask, HOSTS):
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


def capacities(ask: WindowsAsk, _target: Target) -> Iterator[HostCapacity]:
    """What every Hyper-V host has, by VMM's last look at it."""
    for row in after_server(ask, CAPACITY):
        if not _is_hyperv(row):
            continue
        host = row.text("FullyQualifiedDomainName").lower()
        yield HostCapacity(
            key=host,
            seen=ask.seen(CAPACITY),
            name=host.partition(".")[0],
            host=host,
            communication_state=row.text("CommunicationState"),
            operating_system=(row.text_or_none("OperatingSystem") or "").strip(),
            operating_system_version=row.text_or_none("OperatingSystemVersion") or "",
            hyperv_version=row.text_or("HyperVVersion", ""),
            maintenance=row.flag("MaintenanceHost"),
            available_for_placement=row.flag("AvailableForPlacement"),
            logical_processors=row.integer_or_none("LogicalProcessorCount"),
            physical_processors=row.integer_or_none("PhysicalCPUCount"),
            cpu_percent=row.maybe("CpuUtilization", row.integer),
            total_memory_bytes=row.integer_or_none("TotalMemory"),
            available_memory_mb=row.integer_or_none("AvailableMemory"),
            memory_reserve_mb=row.maybe("MemoryReserveMB", row.integer),
            total_storage_bytes=row.maybe("TotalStorageCapacity", row.integer),
            available_storage_bytes=row.maybe("AvailableStorageCapacity", row.integer),
            vm_paths=tuple(row.maybe("VMPaths", row.texts) or ()),
        )


def host_clusters(ask: WindowsAsk, _target: Target) -> Iterator[HostCluster]:
    """Every cluster of Hyper-V hosts that VMM manages."""
    for row in after_server(ask, CLUSTERS):
        if _is_hyperv(row):
            yield HostCluster(
                key=row.text("ID").lower(),
                seen=ask.seen(CLUSTERS),
                name=row.text("Name"),
                nodes=tuple(node.lower() for node in row.texts("Nodes.FullyQualifiedDomainName")),
                reserve_nodes=row.maybe("ClusterReserve", row.integer),
            )


def host_groups(ask: WindowsAsk, _target: Target) -> Iterator[HostGroup]:
    """Every host group."""
    for row in after_server(ask, GROUPS):
        yield HostGroup(key=row.text("ID").lower(), seen=ask.seen(GROUPS), name=row.text("Name"), path=row.text("Path"))


def clouds(ask: WindowsAsk, _target: Target) -> Iterator[Cloud]:
    """Every private cloud."""
    for row in after_server(ask, CLOUDS):
        yield Cloud(
            key=row.text("ID").lower(),
            seen=ask.seen(CLOUDS),
            name=row.text("Name"),
            host_groups=tuple(row.texts("HostGroup.Path")),
            dr_supported=row.maybe("DisasterRecoverySupported", row.flag),
            dr_protected=row.maybe("IsDRProtected", row.flag),
            dr_provider=row.maybe("IsDRProvider", row.flag),
            capability_profiles=tuple(row.maybe("CapabilityProfiles", row.texts) or ()),
            logical_networks=_ids(row, "LogicalNetworks.ID"),
            storage_classifications=_ids(row, "StorageClassifications.ID"),
        )


def agents(ask: WindowsAsk, _target: Target) -> Iterator[VmmAgent]:
    """VMM's agent on every machine it manages."""
    for row in after_server(ask, AGENTS):
        host = row.text("FullyQualifiedDomainName").lower()
        yield VmmAgent(
            key=row.text("ID").lower(),
            seen=ask.seen(AGENTS),
            name=host.partition(".")[0],
            host=host,
            # a flags enum is one text: "Library, VMMServerRole"
            roles=tuple(role.strip() for role in row.text("Role").split(",")),
            agent_version=row.text_or_none("AgentVersion") or "",
            version_state=row.text("VersionState"),
            state=row.text("State"),
            updated=row.maybe("UpdatedDate", row.when),
        )


def library_servers(ask: WindowsAsk, _target: Target) -> Iterator[LibraryServer]:
    """Every library server."""
    for row in after_server(ask, LIBRARY_SERVERS):
        host = row.text("FullyQualifiedDomainName").lower()
        yield LibraryServer(
            key=row.text("ID").lower(),
            seen=ask.seen(LIBRARY_SERVERS),
            name=host.partition(".")[0],
            host=host,
            status=row.text("Status"),
            is_cluster_node=row.flag("IsClusterNode"),
            is_cluster_name=row.flag("IsVirtualClusterName"),
        )


def library_shares(ask: WindowsAsk, _target: Target) -> Iterator[LibraryShare]:
    """Every library share."""
    for row in after_server(ask, LIBRARY_SHARES):
        name, host = row.text("Name"), row.text("LibraryServer.FullyQualifiedDomainName").lower()
        yield LibraryShare(key=f"{host}\\{name.lower()}", seen=ask.seen(LIBRARY_SHARES), name=name, host=host)


def _ids(row: Row, path: str) -> tuple[str, ...]:
    return tuple(each.lower() for each in row.maybe(path, row.texts) or ())


def _is_hyperv(row: Row) -> bool:
    return row.text("VirtualizationPlatform").lower() == "hyperv"
