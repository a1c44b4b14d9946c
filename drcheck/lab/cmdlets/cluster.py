"""What does the FailoverClusters module answer on a cluster node?"""

from collections.abc import Iterable, Iterator, Mapping

from drcheck.lab.cmdlets import cluster_fabric
from drcheck.lab.cmdlets.cluster_objects import (
    cluster_object,
    group_object,
    local_cluster,
    named,
    node_object,
    node_of,
    parameter_object,
    resource_object,
    short,
)
from drcheck.lab.cmdlets.objects import CLUSTER, Call, CmdletError, Handler, LabNotImplementedError, PsObject
from drcheck.lab.state.world import Cluster, Group, Node, Resource


def get_cluster(call: Call) -> Iterator[PsObject]:
    """``Get-Cluster``."""
    call.unsupported("Domain", "ClusterSet")
    yield cluster_object(local_cluster(call))


def get_node(call: Call) -> Iterator[PsObject]:
    """``Get-ClusterNode``."""
    cluster = local_cluster(call)
    for node in cluster.nodes:
        if named(call, short(node.host)):
            yield node_object(cluster, node)


def get_group(call: Call) -> Iterator[PsObject]:
    """``Get-ClusterGroup``."""
    call.unsupported("VMId")
    cluster = local_cluster(call)
    for group in cluster.groups:
        if named(call, group.name):
            yield group_object(cluster, group)


def get_resource(call: Call) -> Iterator[PsObject]:
    """``Get-ClusterResource``: all, or those of the groups piped in."""
    call.unsupported("VMId")
    cluster = local_cluster(call)
    groups = None if call.piped is None else {item.source.name for item in call.piped if isinstance(item.source, Group)}
    for resource in cluster.resources:
        if named(call, resource.name) and (groups is None or resource.group in groups):
            yield resource_object(cluster, resource)


def get_quorum(call: Call) -> Iterator[PsObject]:
    """``Get-ClusterQuorum``: since 2016 the type is ``Majority`` whatever the witness."""
    cluster = local_cluster(call)
    witness = next((one for one in cluster.resources if one.name == cluster.quorum_resource), None)
    values = {
        "Cluster": lambda: cluster_object(cluster),
        "QuorumResource": lambda: None if witness is None else resource_object(cluster, witness),
        "QuorumType": "Majority",
    }
    yield PsObject(kind=f"{CLUSTER}ClusterQuorumSettings", values=values, text=cluster.name, source=cluster)


def get_parameter(call: Call) -> Iterator[PsObject]:
    """``Get-ClusterParameter`` of resources that are piped in."""
    cluster = local_cluster(call)
    if call.piped is None:
        raise LabNotImplementedError("Get-ClusterParameter without an object to read")
    for item in call.piped:
        if not isinstance(item.source, Resource):
            raise LabNotImplementedError(f"Get-ClusterParameter of a {item.kind}")
        for name, value in item.source.parameters.items():
            if named(call, name):
                yield parameter_object(cluster, item.source, name, value)


def get_fault_domain(call: Call) -> Iterator[PsObject]:
    """``Get-ClusterFaultDomain``: sites, and below them the nodes. A node without a site has no parent."""
    call.unsupported("CimSession", "ThrottleLimit", "AsJob", "Id")
    cluster = local_cluster(call)
    sites = sorted({node.site for node in cluster.nodes if node.site})
    domains = [(site, "Site", "", [short(node.host) for node in cluster.nodes if node.site == site]) for site in sites]
    domains += [(short(node.host), "Node", node.site, []) for node in cluster.nodes]
    for name, kind, parent, children in domains:
        asked = call.text("Type")
        if named(call, name) and (asked is None or asked.lower() == kind.lower()):
            values = {
                "Name": name,
                "Type": kind,
                "ParentName": parent,
                "ChildrenNames": children,
                "Location": "",
                "Description": "",
            }
            yield PsObject(kind="CimInstance#root/MSCLUSTER/MSCluster_FaultDomain", values=values, text=name)


def get_owner_node(call: Call) -> Iterator[PsObject]:
    """``Get-ClusterOwnerNode``: preferred owners of groups, possible owners of resources."""
    call.unsupported("ResourceType")
    cluster = local_cluster(call)
    for owned in _owned(call, cluster):
        values = {
            "ClusterObject": owned,
            "OwnerNodes": [node_object(cluster, node) for node in _owners(cluster, owned)],
        }
        yield PsObject(kind=f"{CLUSTER}ClusterOwnerNodeList", values=values, text=owned.text)


def _owners(cluster: Cluster, owned: PsObject) -> list[Node]:
    match owned.source:
        case Group():
            hosts: list[str] | None = owned.source.preferred
        case Resource():
            hosts = owned.source.possible
        case _:
            raise LabNotImplementedError(f"the owners of a {owned.kind}")
    if hosts is None:
        return list(cluster.nodes)
    return [node for host in hosts if (node := node_of(cluster, host))]


def _owned(call: Call, cluster: Cluster) -> Iterable[PsObject]:
    if call.piped is not None:
        return call.piped
    group, resource = call.text("Group"), call.text("Resource")
    found = [group_object(cluster, one) for one in cluster.groups if one.name == group]
    found += [resource_object(cluster, one) for one in cluster.resources if one.name == resource]
    if not found:
        raise CmdletError(
            f"{call.cmdlet},{CLUSTER}GetClusterOwnerNodeCommand", "The object was not found.", "ObjectNotFound"
        )
    return found


CMDLETS: Mapping[str, Handler] = {
    "Get-Cluster": get_cluster,
    "Get-ClusterNode": get_node,
    "Get-ClusterGroup": get_group,
    "Get-ClusterResource": get_resource,
    "Get-ClusterQuorum": get_quorum,
    "Get-ClusterParameter": get_parameter,
    "Get-ClusterFaultDomain": get_fault_domain,
    "Get-ClusterOwnerNode": get_owner_node,
    **cluster_fabric.CMDLETS,
}
