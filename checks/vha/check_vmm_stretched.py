"""Would a highly available VMM server survive the loss of a site?"""

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed
from drcheck.topology.base import Topology, same_host
from drcheck.topology.cluster import ClusterNode
from drcheck.topology.sites import site_of
from drcheck.topology.vmm import VmmServer
from drcheck.verdict import Severity

EXPECTED = "nodes at two or more sites, with at least one node up at each"


@check(
    "DR-VHA-001",
    "A highly available VMM server has running nodes at two sites or more",
    severity=Severity.CRITICAL,
    why=(
        "High availability inside one building does not survive the building. With no VMM at the surviving site, "
        "workloads cannot be failed over from there."
    ),
    source=(
        "Microsoft, Deployment considerations for VMM and Site Recovery (2016), integrating a VMM cluster; "
        "Microsoft, Plan a highly available VMM deployment"
    ),
    remedy=(
        "Add a node at the secondary site to the VMM cluster (Add-ClusterNode, then VMM setup on it), or start the "
        "stopped one (Start-ClusterNode)."
    ),
    controls=(
        "NIST SP 800-53 CP-7(1)",
        "NIST SP 800-53 CP-10",
        "ISO/IEC 27001:2022 A.8.14",
        "DORA Art. 12(4)",
    ),
)
def check_vmm_stretched(server: VmmServer, topology: Topology) -> Outcome:
    """Place each node that VMM names at its declared site, and ask the cluster which of them are up."""
    if not server.highly_available:
        raise NotApplicable(f"{server.name} is not highly available")
    if not server.nodes:
        raise Unknown(f"{server.name} does not tell the nodes of its cluster")
    sites: dict[str, list[ClusterNode | None]] = {}
    for name in server.nodes:
        node = next((one for one in topology.seen(ClusterNode) if same_host(one.host, name)), None)
        sites.setdefault(site_of(topology, node.host if node else name).name, []).append(node)
    facts = tuple(node for nodes in sites.values() for node in nodes if node)
    if len(sites) < 2:
        what = f"all {len(server.nodes)} nodes are at {next(iter(sites))}"
        return failed(f"{server.name}: {what}; allowed: {EXPECTED}", observed=what, expected=EXPECTED, facts=facts)
    dead = sorted(site for site, nodes in sites.items() if all(node and _down(node) for node in nodes))
    if dead:
        what = f"no node is up at {', '.join(dead)}"
        return failed(f"{server.name}: {what}; allowed: {EXPECTED}", observed=what, expected=EXPECTED, facts=facts)
    return _up_everywhere(server, topology, sites)


def _up_everywhere(server: VmmServer, topology: Topology, sites: dict[str, list[ClusterNode | None]]) -> Outcome:
    for site, nodes in sites.items():
        if not any(node and node.state == "Up" for node in nodes):
            topology.require(ClusterNode)
            raise Unknown(f"{server.name}: whether a node is up at {site} was not told")
    facts = tuple(node for nodes in sites.values() for node in nodes if node)
    what = ", ".join(
        f"{site}: {sum(1 for node in nodes if node and node.state == 'Up')} up" for site, nodes in sites.items()
    )
    return passed(f"{server.name}: {what}", observed=what, expected=EXPECTED, facts=facts)


def _down(node: ClusterNode) -> bool:
    """A node in any told state but Up serves nobody at this moment (Paused, Joining, Down)."""
    return node.state not in ("", "Up")
