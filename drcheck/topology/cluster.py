"""Windows failover clusters: quorum, nodes, groups and resources."""

from typing import ClassVar

from drcheck.topology.base import Fact


class FailoverCluster(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """A failover cluster and its quorum. Key: the cluster's id, lower case."""

    ROLE: ClassVar[str] = "cluster"
    SUBJECT: ClassVar[str] = "cluster"

    name: str
    domain: str
    dynamic_quorum: bool
    preferred_site: str
    quorum_type: str
    witness: str
    """``none``, ``disk``, ``share`` or ``cloud``; an unknown resource type keeps its own name."""
    witness_place: str
    """The share's UNC path, the storage account, or the disk resource's name; empty without a witness."""
    witness_state: str
    witness_vote: int
    """``WitnessDynamicWeight``: 1 when the witness has a vote at this moment."""


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
