"""How does a failover cluster hold together? Any node answers for the whole cluster."""

from drcheck.discovery import WindowsCollector
from drcheck.discovery.cluster.asked import CLUSTER, PARAMETERS, RESOURCES, WITNESS
from drcheck.discovery.cluster.fabric import INTERFACES, NETWORKS, VOLUMES, interfaces, networks, shared_volumes
from drcheck.discovery.cluster.quorum import FAULT_DOMAINS, NODES, QUORUM, clusters, fault_domains, nodes
from drcheck.discovery.cluster.roles import (
    GROUP_OWNERS,
    GROUPS,
    RESOURCE_OWNERS,
    addresses,
    groups,
    names,
    possible_owners,
    preferred_owners,
    resources,
)
from drcheck.discovery.cluster.validation import REPORTS, validation_reports
from drcheck.topology.cluster import (
    ClusterAddress,
    ClusterFaultDomain,
    ClusterGroup,
    ClusterInterface,
    ClusterNetwork,
    ClusterNetworkName,
    ClusterNode,
    ClusterResource,
    ClusterSharedVolume,
    FailoverCluster,
    PossibleOwners,
    PreferredOwners,
    ValidationReport,
)

ROLE = "cluster"
COLLECTORS = (
    WindowsCollector(kind=FailoverCluster, queries=(CLUSTER, QUORUM, RESOURCES, WITNESS), read=clusters),
    WindowsCollector(kind=ClusterNode, queries=(CLUSTER, NODES, FAULT_DOMAINS), read=nodes),
    WindowsCollector(kind=ValidationReport, queries=(CLUSTER, REPORTS), read=validation_reports),
    WindowsCollector(kind=ClusterFaultDomain, queries=(CLUSTER, FAULT_DOMAINS), read=fault_domains),
    WindowsCollector(kind=ClusterGroup, queries=(CLUSTER, GROUPS), read=groups),
    WindowsCollector(kind=ClusterResource, queries=(CLUSTER, RESOURCES), read=resources),
    WindowsCollector(kind=PreferredOwners, queries=(CLUSTER, GROUPS, GROUP_OWNERS), read=preferred_owners),
    WindowsCollector(kind=PossibleOwners, queries=(CLUSTER, RESOURCES, RESOURCE_OWNERS), read=possible_owners),
    WindowsCollector(kind=ClusterNetworkName, queries=(CLUSTER, RESOURCES, PARAMETERS), read=names),
    WindowsCollector(kind=ClusterAddress, queries=(CLUSTER, RESOURCES, PARAMETERS), read=addresses),
    WindowsCollector(kind=ClusterNetwork, queries=(CLUSTER, NETWORKS), read=networks),
    WindowsCollector(kind=ClusterInterface, queries=(CLUSTER, INTERFACES), read=interfaces),
    WindowsCollector(kind=ClusterSharedVolume, queries=(CLUSTER, VOLUMES), read=shared_volumes),
)
