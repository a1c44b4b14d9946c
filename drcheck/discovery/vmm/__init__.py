"""What does System Center VMM know of itself, its fabric, its machines and its networks?

Everything is asked on the VMM server itself, whose service has rights on the hosts that a WinRM session has not.
Property names are those of recorded VMM 2012 R2 inventories (ManageIQ), where a docstring does not say otherwise;
Microsoft's cmdlet pages name none. The cost of a query is that of its properties, which VMM reads from its database:
none is asked once per machine.
"""

from drcheck.discovery import WindowsCollector
from drcheck.discovery.vmm.fabric import (
    AGENTS,
    CAPACITY,
    CLOUDS,
    CLUSTERS,
    GROUPS,
    HOSTS,
    LIBRARY_SERVERS,
    LIBRARY_SHARES,
    agents,
    capacities,
    clouds,
    host_clusters,
    host_groups,
    library_servers,
    library_shares,
    managed_hosts,
)
from drcheck.discovery.vmm.machines import CONFIGURATIONS, MACHINES, configurations, machines
from drcheck.discovery.vmm.networks import (
    LOGICAL,
    NETWORKS,
    POOLS,
    SITES,
    SUBNETS,
    logical_networks,
    network_sites,
    networks,
    pools,
    subnets,
)
from drcheck.discovery.vmm.server import DATABASE, GUEST, REGISTRATION, SERVER, registrations, servers
from drcheck.topology.vmm import Cloud, HostCluster, ManagedHost, VmmServer, VmmVm, VmNetwork
from drcheck.topology.vmm_fabric import (
    DrRegistration,
    HostCapacity,
    HostGroup,
    LibraryServer,
    LibraryShare,
    VmConfiguration,
    VmmAgent,
)
from drcheck.topology.vmm_network import NetworkSite, StaticIpPool, VmmLogicalNetwork, VmSubnet

ROLE = "vmm"

COLLECTORS = (
    WindowsCollector(kind=VmmServer, queries=(SERVER, DATABASE, GUEST), read=servers),
    WindowsCollector(kind=ManagedHost, queries=(SERVER, HOSTS), read=managed_hosts),
    WindowsCollector(kind=HostCluster, queries=(SERVER, CLUSTERS), read=host_clusters),
    WindowsCollector(kind=Cloud, queries=(SERVER, CLOUDS), read=clouds),
    WindowsCollector(kind=VmNetwork, queries=(SERVER, NETWORKS), read=networks),
    WindowsCollector(kind=VmmVm, queries=(SERVER, MACHINES), read=machines),
    WindowsCollector(kind=HostGroup, queries=(SERVER, GROUPS), read=host_groups),
    WindowsCollector(kind=HostCapacity, queries=(SERVER, CAPACITY), read=capacities),
    WindowsCollector(kind=VmmAgent, queries=(SERVER, AGENTS), read=agents),
    WindowsCollector(kind=VmConfiguration, queries=(SERVER, CONFIGURATIONS), read=configurations),
    WindowsCollector(kind=VmmLogicalNetwork, queries=(SERVER, LOGICAL), read=logical_networks),
    WindowsCollector(kind=NetworkSite, queries=(SERVER, SITES), read=network_sites),
    WindowsCollector(kind=VmSubnet, queries=(SERVER, SUBNETS), read=subnets),
    WindowsCollector(kind=StaticIpPool, queries=(SERVER, POOLS), read=pools),
    WindowsCollector(kind=LibraryServer, queries=(SERVER, LIBRARY_SERVERS), read=library_servers),
    WindowsCollector(kind=LibraryShare, queries=(SERVER, LIBRARY_SHARES), read=library_shares),
    WindowsCollector(kind=DrRegistration, queries=(SERVER, REGISTRATION), read=registrations),
)
