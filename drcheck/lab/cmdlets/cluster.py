"""What does the FailoverClusters module answer on a cluster node?"""

from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase

from drcheck.lab.cmdlets.objects import CLUSTER, Call, CmdletError, Handler, LabNotImplementedError, PsObject, same_name
from drcheck.lab.world import Cluster, Group, Node, Resource

_PARAMETER_TYPES = {str: "String", int: "UInt32"}


def local_cluster(call: Call) -> Cluster:
    """The cluster this machine is a node of; needs the cluster service running here."""
    cluster = next((one for one in call.world.clusters if _node(one, call.host.name)), None)
    node = _node(cluster, call.host.name) if cluster else None
    if cluster is None or node is None or node.state == "Down":
        raise CmdletError(
            f"{call.cmdlet},{CLUSTER}{call.cmdlet.replace('-', '')}Command",
            "The cluster service is not running. Make sure that the service is running on all nodes in the cluster.",
            "ConnectionError",
        )
    asked = call.text("Name") if call.cmdlet == "Get-Cluster" else call.text("Cluster")
    if asked is not None and asked != "." and not (same_name(asked, cluster.name) or same_name(asked, call.host.name)):
        raise CmdletError(
            f"{call.cmdlet},{CLUSTER}{call.cmdlet.replace('-', '')}Command",
            f"You do not have administrative privileges on the cluster {asked}.",
            "PermissionDenied",
        )
    return cluster


def get_cluster(call: Call) -> Iterator[PsObject]:
    """``Get-Cluster``."""
    call.unsupported("Domain", "ClusterSet")
    yield _cluster_object(local_cluster(call))


def get_node(call: Call) -> Iterator[PsObject]:
    """``Get-ClusterNode``."""
    cluster = local_cluster(call)
    for node in cluster.nodes:
        if _named(call, _short(node.host)):
            yield _node_object(cluster, node)


def get_group(call: Call) -> Iterator[PsObject]:
    """``Get-ClusterGroup``."""
    call.unsupported("VMId")
    cluster = local_cluster(call)
    for group in cluster.groups:
        if _named(call, group.name):
            yield _group_object(cluster, group)


def get_resource(call: Call) -> Iterator[PsObject]:
    """``Get-ClusterResource``: all, or those of the groups piped in."""
    call.unsupported("VMId")
    cluster = local_cluster(call)
    groups = None if call.piped is None else {item.source.name for item in call.piped if isinstance(item.source, Group)}
    for resource in cluster.resources:
        if _named(call, resource.name) and (groups is None or resource.group in groups):
            yield _resource_object(cluster, resource)


def get_quorum(call: Call) -> Iterator[PsObject]:
    """``Get-ClusterQuorum``: since 2016 the type is ``Majority`` whatever the witness."""
    cluster = local_cluster(call)
    witness = next((one for one in cluster.resources if one.name == cluster.quorum_resource), None)
    values = {
        "Cluster": lambda: _cluster_object(cluster),
        "QuorumResource": lambda: None if witness is None else _resource_object(cluster, witness),
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
            if _named(call, name):
                yield _parameter_object(cluster, item.source, name, value)


def get_fault_domain(call: Call) -> Iterator[PsObject]:
    """``Get-ClusterFaultDomain``: sites, and below them the nodes. A node without a site has no parent."""
    call.unsupported("CimSession", "ThrottleLimit", "AsJob", "Id")
    cluster = local_cluster(call)
    sites = sorted({node.site for node in cluster.nodes if node.site})
    domains = [(site, "Site", "", [_short(node.host) for node in cluster.nodes if node.site == site]) for site in sites]
    domains += [(_short(node.host), "Node", node.site, []) for node in cluster.nodes]
    for name, kind, parent, children in domains:
        asked = call.text("Type")
        if _named(call, name) and (asked is None or asked.lower() == kind.lower()):
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
    for owned, name in _owned(call, cluster):
        values = {
            "ClusterObject": owned,
            "OwnerNodes": lambda: [_node_object(cluster, node) for node in cluster.nodes],
        }
        yield PsObject(kind=f"{CLUSTER}ClusterOwnerNodeList", values=values, text=name)


def _owned(call: Call, cluster: Cluster) -> Iterable[tuple[PsObject, str]]:
    if call.piped is not None:
        return [(item, item.text) for item in call.piped]
    group, resource = call.text("Group"), call.text("Resource")
    found = [(_group_object(cluster, one), one.name) for one in cluster.groups if one.name == group]
    found += [(_resource_object(cluster, one), one.name) for one in cluster.resources if one.name == resource]
    if not found:
        raise CmdletError(
            f"{call.cmdlet},{CLUSTER}GetClusterOwnerNodeCommand", "The object was not found.", "ObjectNotFound"
        )
    return found


def _node(cluster: Cluster, host: str) -> Node | None:
    return next((node for node in cluster.nodes if node.host == host), None)


def _short(name: str) -> str:
    return name.partition(".")[0].upper()


def _named(call: Call, name: str) -> bool:
    asked = call.text("Name")
    return asked is None or fnmatchcase(name.lower(), asked.lower())


def _cluster_object(cluster: Cluster) -> PsObject:
    values = {
        "Id": cluster.id,
        "Name": cluster.name.partition(".")[0],
        "Domain": cluster.name.partition(".")[2],
        "Description": "",
        "DynamicQuorum": cluster.dynamic_quorum,
        "WitnessDynamicWeight": cluster.witness_vote,
        "PreferredSite": cluster.preferred_site,
        "AutoAssignNodeSite": 0,
        "CrossSiteDelay": 1000,
        "CrossSiteThreshold": 20,
        "CrossSubnetDelay": 1000,
        "CrossSubnetThreshold": 20,
        "SameSubnetDelay": 1000,
        "SameSubnetThreshold": 20,
        "ClusterFunctionalLevel": 11,
        "LowerQuorumPriorityNodeId": 0,
        "QuarantineDuration": 7200,
        "QuarantineThreshold": 3,
    }
    return PsObject(kind=f"{CLUSTER}Cluster", values=values, text=cluster.name.partition(".")[0], source=cluster)


def _node_object(cluster: Cluster, node: Node) -> PsObject:
    values = {
        "Id": str(cluster.nodes.index(node) + 1),
        "Name": _short(node.host),
        "NodeName": _short(node.host),
        "Cluster": lambda: _cluster_object(cluster),
        "State": node.state,
        "NodeWeight": node.weight,
        "DynamicWeight": node.dynamic_weight,
        "DrainStatus": "NotInitiated",
        "NeedsPreventQuorum": 0,
        "Type": "Node",
        "Description": "",
    }
    return PsObject(kind=f"{CLUSTER}ClusterNode", values=values, text=_short(node.host), source=node)


def _owner(cluster: Cluster, host: str) -> PsObject | None:
    node = _node(cluster, host)
    return _node_object(cluster, node) if node else None


def _group_object(cluster: Cluster, group: Group) -> PsObject:
    values = {
        "Id": group.id,
        "Name": group.name,
        "Cluster": lambda: _cluster_object(cluster),
        "GroupType": group.group_type,
        "State": group.state,
        "OwnerNode": lambda: _owner(cluster, group.owner),
        "IsCoreGroup": group.core,
        "PreferredSite": "",
        "Priority": 2000,
        "Description": "",
        "FailoverPeriod": 6,
        "FailoverThreshold": 4294967295,
    }
    return PsObject(kind=f"{CLUSTER}ClusterGroup", values=values, text=group.name, source=group)


def _resource_object(cluster: Cluster, resource: Resource) -> PsObject:
    group = next((one for one in cluster.groups if one.name == resource.group), None)
    values = {
        "Id": resource.id,
        "Name": resource.name,
        "Cluster": lambda: _cluster_object(cluster),
        "State": resource.state,
        "ResourceType": lambda: _type_object(resource.resource_type),
        "OwnerGroup": lambda: None if group is None else _group_object(cluster, group),
        "OwnerNode": lambda: _owner(cluster, resource.owner),
        "IsCoreResource": group is not None and group.core,
        "Description": "",
    }
    return PsObject(kind=f"{CLUSTER}ClusterResource", values=values, text=resource.name, source=resource)


def _type_object(name: str) -> PsObject:
    display = {"File Share Witness": "File Share Quorum Witness"}.get(name, name)
    return PsObject(kind=f"{CLUSTER}ClusterResourceType", values={"Name": name, "DisplayName": display}, text=name)


def _parameter_object(cluster: Cluster, resource: Resource, name: str, value: str | int) -> PsObject:
    values = {
        "ClusterObject": lambda: _resource_object(cluster, resource),
        "Name": name,
        "IsReadOnly": False,
        "ParameterType": _PARAMETER_TYPES[type(value)],
        "Value": value,
    }
    return PsObject(kind=f"{CLUSTER}ClusterParameter", values=values, text=name)


CMDLETS: Mapping[str, Handler] = {
    "Get-Cluster": get_cluster,
    "Get-ClusterNode": get_node,
    "Get-ClusterGroup": get_group,
    "Get-ClusterResource": get_resource,
    "Get-ClusterQuorum": get_quorum,
    "Get-ClusterParameter": get_parameter,
    "Get-ClusterFaultDomain": get_fault_domain,
    "Get-ClusterOwnerNode": get_owner_node,
}
