"""Where are the scripts that a recovery plan runs, and is that place there when a site is lost?"""

from drcheck.topology.base import Topology, Unknown, same_host
from drcheck.topology.cluster import ClusterNetworkName, ClusterNode, FailoverCluster
from drcheck.topology.declared import Site
from drcheck.topology.hyperv import VmReplication
from drcheck.topology.identity import DomainController
from drcheck.topology.site_recovery import Fabric, PlanAction, RecoveryPlan
from drcheck.topology.sites import site_of
from drcheck.topology.vmm import VmmServer
from drcheck.topology.vmm_fabric import LibraryServer, VmmNode


def server_of(topology: Topology, plan: RecoveryPlan, action: PlanAction) -> str:
    r"""The server in a script's path, lower case; of a path without one (``\Share\…``), that of VMM's own library.

    Raises:
        Unknown: no path was told, or it has no server and VMM's library was not read.
    """
    if action.detail.startswith("\\\\"):
        return action.detail.lstrip("\\").partition("\\")[0].lower()
    fabric = topology.get(Fabric, plan.primary_fabric)
    if not action.detail or fabric is None:
        topology.require(Fabric)
        raise Unknown(f"{plan.name}: where the script of {action.name!r} is was not told")
    servers = [one for one in topology.seen(VmmServer) if same_host(one.key, fabric.name)]
    for one in servers:
        for node in one.nodes or (one.host,):
            library = topology.get(VmmNode, node.lower())
            if library and library.asr_script_library:
                return library.asr_script_library.lstrip("\\").partition("\\")[0].lower()
    topology.require(VmmServer)
    topology.require(VmmNode)
    raise Unknown(f"{plan.name}: the script library of {fabric.name} was not told")


def lost_with_site(topology: Topology, server: str) -> str:
    """Why scripts on a server do not outlive the primary site; empty when they do.

    Raises:
        Unknown: what the server is, or where, is not known.
    """
    domains = {one.domain.lower() for one in topology.seen(DomainController)}
    domains |= {one.domain.lower() for one in topology.seen(FailoverCluster)}
    if server in domains:
        return ""  # a namespace of the domain, whose folders may have targets at each site
    manager = next((one for one in topology.seen(VmmServer) if _is(server, one)), None)
    if manager:
        return _with_manager(topology, server, manager)
    topology.require(VmmServer)
    topology.require(LibraryServer)
    library = next((one for one in topology.seen(LibraryServer) if same_host(one.host, server)), None)
    places = _cluster_sites(topology, server, library) if library and library.is_cluster_name else None
    if places is None:
        places = [site_of(topology, library.host if library else server)]
    topology.require(DomainController)
    if len({site.key for site in places}) > 1 or any(site.role != "primary" for site in places):
        return ""
    return f"{server} is at {places[0].name} only"


def _is(server: str, manager: VmmServer) -> bool:
    return any(same_host(server, name) for name in (manager.key, manager.host, *manager.nodes))


def _with_manager(topology: Topology, server: str, manager: VmmServer) -> str:
    """A library on VMM's own machine comes back with it, where it does; one on a node is lost with that node."""
    if manager.highly_available:
        return _with_role(topology, server, manager)
    if not manager.is_virtual:
        site = site_of(topology, manager.host)
        return f"{server} is a physical machine at {site.name}" if site.role == "primary" else ""
    if not manager.vm_id:
        raise Unknown(f"{manager.name} runs in a VM whose Hyper-V id could not be read")
    sent = [one for one in topology.where(VmReplication, "vm_id", manager.vm_id) if one.mode == "Primary"]
    away = [one for one in sent if _leaves(topology, one)]
    if not away:
        topology.require(VmReplication)
        return f"{server} is {manager.name} itself, which has no replica at another site"
    return ""


def _with_role(topology: Topology, server: str, manager: VmmServer) -> str:
    if not same_host(server, manager.key):
        return f"{server} is one node of {manager.name}"
    places = [site_of(topology, node) for node in manager.nodes]
    if not places:
        raise Unknown(f"{manager.name} does not tell the nodes of its cluster")
    if any(site.role != "primary" for site in places) or len({site.key for site in places}) > 1:
        return ""
    return f"{server} has every node at {places[0].name}"


def _leaves(topology: Topology, one: VmReplication) -> bool:
    there = site_of(topology, one.current_replica_server or one.replica_server)
    return there.key != site_of(topology, one.host).key


def _cluster_sites(topology: Topology, server: str, library: LibraryServer) -> list[Site]:
    """The sites of the nodes behind a clustered file server's name."""
    label = server.partition(".")[0]
    for name in topology.seen(ClusterNetworkName):
        if (name.dns_name or "").lower() == label:
            topology.require(ClusterNode)
            return [site_of(topology, node.host) for node in topology.where(ClusterNode, "cluster", name.cluster)]
    topology.require(ClusterNetworkName)
    raise Unknown(f"{library.host} is the name of a cluster that was not read")
