"""Would the loss of one Hyper-V host take several nodes of VMM's cluster at once?"""

from collections.abc import Iterator, Sequence
from itertools import combinations

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed
from drcheck.topology.base import Topology
from drcheck.topology.cluster import ClusterNode
from drcheck.topology.hyperv import HyperVVm
from drcheck.topology.vmm import VmmServer
from drcheck.topology.vmm_fabric import VmmNode
from drcheck.topology.workload import running
from drcheck.verdict import Severity

EXPECTED = "a host and a shared volume of its own for each node that is a VM"
SHARED = "\\clusterstorage\\"


@check(
    "DR-CLU-101",
    "Nodes of VMM's cluster that are VMs share neither a host nor a shared volume",
    severity=Severity.MEDIUM,
    why=(
        "A guest cluster survives the loss of a node. Two nodes on one host, or on one shared volume, are lost "
        "together, and what is left may have no majority."
    ),
    source="Microsoft, Guest clustering in Hyper-V; Set-ClusterGroup AntiAffinityClassNames",
    remedy=(
        "(Get-ClusterGroup <VM>).AntiAffinityClassNames = 'vmm' for each of the nodes, then Move-ClusterVirtualMachine"
        "Role; Move-VMStorage to another cluster shared volume."
    ),
    controls=("NIST SP 800-53 CP-10", "ISO/IEC 27001:2022 A.8.14"),
)
def check_nodes_on_hosts_of_their_own(server: VmmServer, topology: Topology) -> Outcome:
    """Find each node's VM by the id in the node's own registry, and compare hosts and cluster shared volumes.

    Replicas of availability groups are not judged: nothing tells the VM id of their machines. Racks are not known.
    """
    if not server.highly_available:
        raise NotApplicable(f"{server.name} is not highly available")
    nodes = [node for name in server.nodes if (node := topology.get(VmmNode, name.lower()))]
    homes = [running(topology, node.vm_id) for node in nodes if node.vm_id]
    vms = [found[0] for found in homes if len(found) == 1]
    faults = list(_shared(vms, topology))
    if faults:
        what = "; ".join(faults)
        return failed(f"{server.name}: {what}; allowed: {EXPECTED}", observed=what, expected=EXPECTED, facts=(*vms,))
    if not server.nodes or len(nodes) < len(server.nodes):
        topology.require(VmmNode)
        raise Unknown(f"{server.name}: its nodes were not all seen")
    if len(homes) < 2:
        raise NotApplicable(f"{server.name}: {len(homes)} of its {len(nodes)} nodes are VMs")
    if len(vms) < len(homes):
        topology.require(HyperVVm)
        raise Unknown(f"{server.name}: on which host {len(homes) - len(vms)} of its nodes run was not seen")
    bare = [vm.name for vm in vms if not vm.disks]
    if bare:
        raise Unknown(f"{server.name}: where the disks of {bare[0]} are was not told")
    topology.require(ClusterNode)
    what = ", ".join(f"{vm.name} on {vm.host}" for vm in vms)
    return passed(f"{server.name}: {what}", observed=what, expected=EXPECTED, facts=(*vms,))


def _shared(vms: Sequence[HyperVVm], topology: Topology) -> Iterator[str]:
    for one, other in combinations(vms, 2):
        if one.host == other.host:
            yield f"{one.name} and {other.name} run on {one.host}"
        for _, volume in sorted(_volumes(one, topology) & _volumes(other, topology)):
            yield f"{one.name} and {other.name} are on {volume}"


def _volumes(vm: HyperVVm, topology: Topology) -> set[tuple[str, str]]:
    """Cluster shared volumes that the VM has disks on, as (cluster, folder); a local disk is its host's."""
    found = set()
    for path in vm.disks:
        head, mark, rest = path.lower().partition(SHARED)
        for node in topology.where(ClusterNode, "host", vm.host) if mark else ():
            found.add((node.cluster, f"{head}{mark}{rest.partition(chr(92))[0]}"))
    return found
