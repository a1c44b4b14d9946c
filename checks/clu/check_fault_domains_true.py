"""Does a stretched cluster itself know which of its nodes stand together?"""

from collections.abc import Iterator, Sequence

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed
from drcheck.topology.base import Topology, matches
from drcheck.topology.cluster import ClusterNode, FailoverCluster
from drcheck.topology.declared import Site
from drcheck.topology.quorum import nodes_of
from drcheck.topology.sites import site_of
from drcheck.verdict import Severity

EXPECTED = "one site fault domain for each declared site, and a node up in each"


@check(
    "DR-CLU-001",
    "A stretched cluster knows its sites, and has a node up at each",
    severity=Severity.HIGH,
    why=(
        "Placement, cross-site heartbeats and the preferred site follow the cluster's own fault domains, which Windows "
        "never compares with reality. A site without a running node has nothing to fail over to."
    ),
    source="Microsoft, Fault domain awareness; Microsoft, Stretched clusters: sites and storage affinity",
    remedy=(
        "New-ClusterFaultDomain -Type Site -Name <site>, then Set-ClusterFaultDomain -Name <node> -Parent <site>; "
        "start what is down with Start-ClusterNode."
    ),
    controls=("NIST SP 800-53 CP-7(1)", "ISO/IEC 27001:2022 A.8.14", "DORA Art. 12(4)"),
)
def check_fault_domains_true(cluster: FailoverCluster, topology: Topology) -> Outcome:
    """Compare each node's declared site with the site fault domain above it, which may not be named as another site.

    A name that is no site's, and that no rule of a site is about, is nobody's but the cluster's.
    """
    nodes = nodes_of(topology, cluster)
    sites: dict[str, list[ClusterNode]] = {}
    for node in nodes:
        sites.setdefault(site_of(topology, node.host).name, []).append(node)
    if len(sites) < 2:
        raise NotApplicable(f"every node of {cluster.name} is at {', '.join(sites)}")
    faults = [*_dead(sites), *_confused(sites), *_misnamed(sites, topology)]
    if faults:
        what = "; ".join(faults)
        return failed(f"{cluster.name}: {what}; allowed: {EXPECTED}", observed=what, expected=EXPECTED, facts=nodes)
    silent = sorted(node.name for node in nodes if not node.state)
    if silent:
        raise Unknown(f"{cluster.name}: the state of {', '.join(silent)} was not told")
    what = ", ".join(f"{site}: {len(some)} nodes" for site, some in sorted(sites.items()))
    return passed(f"{cluster.name}: {what}", observed=what, expected=EXPECTED, facts=nodes)


def _dead(sites: dict[str, list[ClusterNode]]) -> Iterator[str]:
    for site, nodes in sorted(sites.items()):
        if all(node.state not in ("", "Up") for node in nodes):
            yield f"no node is up at {site}"


def _confused(sites: dict[str, list[ClusterNode]]) -> Iterator[str]:
    owner: dict[str, str] = {}
    for site, nodes in sorted(sites.items()):
        domains = sorted({node.fault_domain_site for node in nodes})
        if domains == [""]:
            yield f"the nodes at {site} are in no site fault domain"
        elif len(domains) > 1:
            yield f"the nodes at {site} are in {len(domains)} site fault domains ({_listed(domains)})"
        elif owner.setdefault(domains[0], site) != site:
            yield f"the fault domain {domains[0]} holds nodes at {owner[domains[0]]} and at {site}"


def _misnamed(sites: dict[str, list[ClusterNode]], topology: Topology) -> Iterator[str]:
    for site, nodes in sorted(sites.items()):
        for domain in sorted({node.fault_domain_site for node in nodes}):
            named = [one.name for one in topology.seen(Site) if matches(domain, (one.name, *one.fault_domains))]
            if named and site not in named:
                yield f"the fault domain {domain} is named as {named[0]} and holds nodes at {site}"


def _listed(domains: Sequence[str]) -> str:
    return ", ".join(domain or "none" for domain in domains)
