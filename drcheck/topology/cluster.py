"""Windows failover clusters: quorum, nodes, groups, resources, fault domains, networks and shared volumes.

A field that is ``None`` was not told: the property is null, or this version of Windows does not have it.
"""

from datetime import datetime
from typing import ClassVar

from drcheck.topology.base import Fact


class FailoverCluster(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """A failover cluster, its quorum and its heartbeat. Key: the cluster's id, lower case.

    Delays are milliseconds between heartbeats, thresholds the number of heartbeats that may be missed; those of
    ``same_subnet`` hold within a subnet, ``cross_subnet`` between subnets, ``cross_site`` between site fault domains.
    """

    ROLE: ClassVar[str] = "cluster"
    SUBJECT: ClassVar[str] = "cluster"

    name: str
    domain: str
    dynamic_quorum: bool
    preferred_site: str
    """Name of the site fault domain that wins an even split and starts first; empty when none is set."""
    quorum_type: str
    witness: str
    """``none``, ``disk``, ``share`` or ``cloud``; an unknown resource type keeps its own name."""
    witness_place: str
    """The share's UNC path, the storage account, or the disk resource's name; empty without a witness."""
    witness_state: str
    witness_vote: int
    """``WitnessDynamicWeight``: 1 when the witness has a vote at this moment."""
    witness_group: str = ""
    """Name of the group that the witness resource is in; localised."""
    functional_level: int | None = None
    """``ClusterFunctionalLevel``: 9 is Windows Server 2016, 10 is 2019, 11 is 2022; lower than a node's own while an
    upgrade is half done."""
    same_subnet_delay_ms: int | None = None
    same_subnet_threshold: int | None = None
    cross_subnet_delay_ms: int | None = None
    cross_subnet_threshold: int | None = None
    cross_site_delay_ms: int | None = None
    cross_site_threshold: int | None = None
    auto_assign_node_site: bool | None = None
    """Sites are taken from Active Directory sites."""
    quarantine_threshold: int | None = None
    """Failures within an hour after which a node is quarantined."""
    quarantine_seconds: int | None = None
    """For how long a quarantined node may not join."""
    lower_quorum_priority_node: int | None = None
    """Number of the node that loses its vote first in an even split (2012 R2); 0 for none."""
    storage_spaces_direct: bool | None = None


class ClusterNode(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """A node of a cluster. Key: ``<cluster id>/<node FQDN>``."""

    ROLE: ClassVar[str] = "cluster"
    SUBJECT: ClassVar[str] = "cluster node"

    cluster: str
    name: str
    host: str
    state: str
    node_weight: int
    """Configured vote."""
    dynamic_weight: int
    """Vote at this moment."""
    fault_domain_site: str
    """The site fault domain above the node; empty when none is configured."""
    status: str | None = None
    """``StatusInformation``: ``Normal``, ``Isolated``, ``Quarantined``, or a stage of a drain."""
    drain_status: str | None = None
    needs_prevent_quorum: bool | None = None
    """The node was told not to form a cluster of its own (started with ``-PQ``)."""
    build: int | None = None
    """Build number of Windows."""


class ClusterGroup(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """A cluster group (role). Key: ``<cluster id>/<group id>``. Names of core groups are localised: use the type."""

    ROLE: ClassVar[str] = "cluster"
    SUBJECT: ClassVar[str] = "cluster group"

    cluster: str
    name: str
    group_type: str
    state: str
    owner_node: str
    core: bool
    preferred_site: str | None = None
    priority: int | None = None
    """3000 high, 2000 medium, 1000 low, 0 no automatic start."""
    failover_threshold: int | None = None
    """Failovers within the period after which the group stays failed; 4294967295 stands for one less than nodes."""
    failover_period_hours: int | None = None
    anti_affinity: tuple[str, ...] | None = None
    """Anti-affinity class names: groups that share one are kept on different nodes."""


class ClusterResource(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """A cluster resource. Key: ``<cluster id>/<resource id>``."""

    ROLE: ClassVar[str] = "cluster"
    SUBJECT: ClassVar[str] = "cluster resource"

    cluster: str
    group: str
    name: str
    resource_type: str
    state: str
    owner_node: str
    maintenance_mode: bool | None = None


class PreferredOwners(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """The nodes a group prefers. Key: the group's. Groups of VMs are not asked one by one, and have none here."""

    ROLE: ClassVar[str] = "cluster"
    SUBJECT: ClassVar[str] = "preferred owners"

    cluster: str
    name: str
    """Of the group."""
    owners: tuple[str, ...]
    """FQDNs, the most preferred first; empty when none is set."""


class PossibleOwners(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """The nodes a resource may be on. Key: the resource's. Those of VMs and disks are not asked one by one."""

    ROLE: ClassVar[str] = "cluster"
    SUBJECT: ClassVar[str] = "possible owners"

    cluster: str
    name: str
    """Of the resource."""
    owners: tuple[str, ...]
    """FQDNs."""


class ClusterNetworkName(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """A client access point's name resource. Key: ``<cluster id>/<resource id>``.

    ``None`` where the resource does not have the private property.
    """

    ROLE: ClassVar[str] = "cluster"
    SUBJECT: ClassVar[str] = "cluster network name"

    cluster: str
    group: str
    name: str
    state: str
    dns_name: str | None
    """Host label, without the domain."""
    dns_suffix: str | None
    ttl_seconds: int | None
    """``HostRecordTTL``."""
    registers_every_address: bool | None
    """``RegisterAllProvidersIP``: DNS holds the address of every site, not only that of the one online."""
    dns_status: int | None
    """``StatusDNS``, a Win32 error code: 0 when the last registration succeeded."""
    kerberos_status: int | None
    """``StatusKerberos``, likewise."""


class ClusterAddress(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """An IP address resource. Key: ``<cluster id>/<resource id>``. Of several in one group, one online is healthy."""

    ROLE: ClassVar[str] = "cluster"
    SUBJECT: ClassVar[str] = "cluster IP address"

    cluster: str
    group: str
    name: str
    state: str
    address: str | None
    mask: str | None
    network: str | None
    """Name of the cluster network."""
    dhcp: bool | None


class ClusterFaultDomain(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """A fault domain. Key: ``<cluster id>/<name, lower case>``. Windows does not check them against reality."""

    ROLE: ClassVar[str] = "cluster"
    SUBJECT: ClassVar[str] = "cluster fault domain"

    cluster: str
    name: str
    level: str
    """``Site``, ``Rack``, ``Chassis`` or ``Node``."""
    parent: str
    """Name of the fault domain above; empty at the top."""
    location: str | None = None
    """Where it is, as somebody wrote it."""


class ClusterNetwork(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """A network that the cluster found between its nodes. Key: ``<cluster id>/<network id>``."""

    ROLE: ClassVar[str] = "cluster"
    SUBJECT: ClassVar[str] = "cluster network"

    cluster: str
    name: str
    role: str
    """``None``, ``Cluster`` (heartbeat only), ``Client`` or ``ClusterAndClient``."""
    state: str
    address: str
    """IPv4 network address; empty for a network of IPv6 only."""
    mask: str
    metric: int | None
    """The lower, the sooner it is used between nodes."""
    auto_metric: bool | None


class ClusterInterface(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """A node's adapter in a cluster network. Key: ``<cluster id>/<interface id>``."""

    ROLE: ClassVar[str] = "cluster"
    SUBJECT: ClassVar[str] = "cluster network interface"

    cluster: str
    name: str
    host: str
    network: str
    """Name of the cluster network."""
    state: str
    address: str
    dhcp: bool | None


class ClusterSharedVolume(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """A cluster shared volume. Key: ``<cluster id>/<disk resource id>/<path, lower case>``."""

    ROLE: ClassVar[str] = "cluster"
    SUBJECT: ClassVar[str] = "cluster shared volume"

    cluster: str
    name: str
    state: str
    owner_node: str
    path: str
    """Where every node mounts it: ``C:\\ClusterStorage\\Volume1``."""
    capacity_bytes: int | None
    """``None`` while the volume is offline."""
    free_bytes: int | None


class ValidationReport(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    r"""A report of ``Test-Cluster`` in ``C:\Windows\Cluster\Reports``. Key: ``<cluster id>/<file name, lower case>``.

    Each node that was tested keeps a copy (Microsoft, "Validate hardware for a failover cluster"); those of the
    node that answered are listed. Whoever may not see the folder gets an empty list and no error: unverified on a real
    node, and so none is never taken for proof that there is none.
    """

    ROLE: ClassVar[str] = "cluster"
    SUBJECT: ClassVar[str] = "validation report"

    cluster: str
    name: str
    written: datetime
