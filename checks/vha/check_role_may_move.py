"""May VMM's cluster role really move to the other site?"""

from collections.abc import Iterator, Sequence

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed, warned
from drcheck.topology.base import Topology, same_host
from drcheck.topology.cluster import (
    ClusterGroup,
    ClusterNetworkName,
    ClusterNode,
    ClusterResource,
    PossibleOwners,
    PreferredOwners,
)
from drcheck.topology.sites import site_of
from drcheck.topology.vmm import VmmServer
from drcheck.verdict import Severity

EXPECTED = "Online, allowed to fail over, with possible and preferred owners at every site of the cluster"
ADDRESS = "IP Address"
APART = ("Isolated", "Quarantined")
QUARANTINES = 14393
"""Windows Server 2016, the first to isolate nodes or put them into quarantine."""
"""Of several addresses one is enough, and each belongs to the nodes of its own subnet."""


@check(
    "DR-VHA-002",
    "VMM's cluster role may move to a node at every site of its cluster",
    severity=Severity.HIGH,
    why=(
        "Nodes at two sites are worth nothing to a role that is kept at one of them by its owner lists, or that may "
        "not fail over at all. It shows on the day on which the role has to move."
    ),
    source="Microsoft, Failover clustering: Get-ClusterOwnerNode, failover policy of clustered roles",
    remedy=(
        "Set-ClusterOwnerNode -Resource <resource> -Owners <nodes of both sites>; Set-ClusterOwnerNode -Group <role> "
        "likewise; (Get-ClusterGroup <role>).FailoverThreshold and .FailoverPeriod above 0; Resume-ClusterNode."
    ),
    controls=("NIST SP 800-53 CP-10", "ISO/IEC 27001:2022 A.8.14"),
)
def check_role_may_move(server: VmmServer, topology: Topology) -> Outcome:
    """Look at the role's group, its resources' possible owners and its nodes.

    The role is the group with the network name that VMM is reached by. Since when a node is paused or in quarantine is
    not told, so that it is a warning. IP addresses are left out: each may belong to the nodes of its subnet.
    """
    if not server.highly_available:
        raise NotApplicable(f"{server.name} is not highly available")
    scope = f"cluster:{server.key}"
    topology.require(ClusterNode, scope)
    group = _role(server, topology)
    nodes = topology.where(ClusterNode, "cluster", group.cluster)
    sites = _by_site(nodes, topology)
    if len(sites) < 2:
        raise NotApplicable(f"every node of the cluster of {server.name} is at {', '.join(sites)}")
    resources = [one for one in topology.where(ClusterResource, "cluster", group.cluster) if one.group == group.name]
    preferred = topology.get(PreferredOwners, group.key)
    possible = [(one, topology.get(PossibleOwners, one.key)) for one in resources if one.resource_type != ADDRESS]
    facts = (group, *resources, *nodes)
    lists = [owners for _, owners in possible if owners and owners.owners]
    faults = [*_policy(group), *_owners(preferred, lists, sites)] or list(_in_common(lists, sites))
    if faults:
        what = "; ".join(faults)
        return failed(f"{server.name}: {what}; allowed: {EXPECTED}", observed=what, expected=EXPECTED, facts=facts)
    for kind in (ClusterResource, PreferredOwners, PossibleOwners):
        topology.require(kind, scope)
    silent = [one.name for one, owners in possible if not (owners and owners.owners)]
    if preferred is None or silent or not possible:
        raise Unknown(f"who may own, or preferably owns, {', '.join(silent) or group.name} was not told")
    _told(group, nodes)
    what = f"{group.name} is Online on {group.owner_node} and may move to {' and '.join(sorted(sites))}"
    halted = [
        f"{node.name} is {node.status if node.status in APART else node.state}" for node in nodes if _halted(node)
    ]
    if halted:
        what = f"{what}; {', '.join(halted)}"
        return warned(f"{server.name}: {what}; allowed: {EXPECTED}", observed=what, expected=EXPECTED, facts=facts)
    _at_large(group, nodes)
    return passed(f"{server.name}: {what}", observed=what, expected=EXPECTED, facts=facts)


def _by_site(nodes: Sequence[ClusterNode], topology: Topology) -> dict[str, list[ClusterNode]]:
    if not nodes:
        raise Unknown("the nodes of its cluster were not told")
    sites: dict[str, list[ClusterNode]] = {}
    for node in nodes:
        sites.setdefault(site_of(topology, node.host).name, []).append(node)
    return sites


def _role(server: VmmServer, topology: Topology) -> ClusterGroup:
    """The group with the network name by which VMM is reached."""
    scope = f"cluster:{server.key}"
    names = [one for one in topology.all(ClusterNetworkName, scope) if same_host(one.dns_name or "", server.key)]
    groups = topology.all(ClusterGroup, scope)
    found = [one for one in groups if any((one.cluster, one.name) == (name.cluster, name.group) for name in names)]
    if len(found) != 1:
        raise Unknown(f"{server.name}: {len(found)} cluster groups have its network name, so its role is not known")
    return found[0]


def _policy(group: ClusterGroup) -> Iterator[str]:
    if group.state not in ("", "Online"):
        yield f"{group.name} is {group.state}"
    if group.failover_threshold == 0 or group.failover_period_hours == 0:
        yield f"{group.name} may not fail over (threshold {group.failover_threshold})"


def _owners(
    preferred: PreferredOwners | None, possible: Sequence[PossibleOwners], sites: dict[str, list[ClusterNode]]
) -> Iterator[str]:
    lists = [(f"possible owners of {one.name}", one.owners) for one in possible]
    lists += [(f"preferred owners of {preferred.name}", preferred.owners)] if preferred else []
    for words, owners in lists:
        for site, nodes in sorted(sites.items()):
            if owners and not any(_listed(node, owners) for node in nodes):
                yield f"no node at {site} is among the {words}"


def _in_common(possible: Sequence[PossibleOwners], sites: dict[str, list[ClusterNode]]) -> Iterator[str]:
    """A group moves as a whole: at each site, one node has to be allowed for every resource, and be up if any is.

    That no node at all is up at a site is DR-VHA-001's to tell.
    """
    for site, nodes in sorted(sites.items()):
        free = [node for node in nodes if all(_listed(node, one.owners) for one in possible)]
        if not free:
            yield f"no node at {site} is a possible owner of every resource"
        elif any(node.state == "Up" for node in nodes) and all(_down(node) for node in free):
            yield f"no node at {site} that may own it is up"


def _down(node: ClusterNode) -> bool:
    return node.state == "Down" and node.status not in APART


def _listed(node: ClusterNode, owners: Sequence[str]) -> bool:
    return any(same_host(node.host, owner) for owner in owners)


def _told(group: ClusterGroup, nodes: Sequence[ClusterNode]) -> None:
    if not group.state or None in (group.failover_threshold, group.failover_period_hours):
        raise Unknown(f"state or failover policy of {group.name} was not told")
    if not all(node.state for node in nodes):
        raise Unknown(f"the state of a node below {group.name} was not told")


def _halted(node: ClusterNode) -> bool:
    return node.state == "Paused" or node.status in APART


def _at_large(group: ClusterGroup, nodes: Sequence[ClusterNode]) -> None:
    if any(not node.status and (node.build or QUARANTINES) >= QUARANTINES for node in nodes):
        raise Unknown(f"whether a node below {group.name} is isolated or in quarantine was not told")
