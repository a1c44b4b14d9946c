"""Would Site Recovery still be served when VMM's role has moved to another node?"""

from collections.abc import Iterator, Sequence

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed
from drcheck.policy import Policy, human
from drcheck.topology.ages import age_of
from drcheck.topology.base import Topology, same_host
from drcheck.topology.site_recovery_state import RecoveryProvider
from drcheck.topology.vmm import VmmServer
from drcheck.topology.vmm_fabric import VmmNode
from drcheck.verdict import Severity


@check(
    "DR-VHA-004",
    "Every VMM node has the same Site Recovery provider, registered under the role's name",
    severity=Severity.HIGH,
    why=(
        "The provider runs where VMM runs. On a node without it, or with another version, Site Recovery loses its "
        "contact to VMM at the very moment at which the role has moved there."
    ),
    source="Microsoft, Deployment considerations for VMM and Site Recovery (2016), integrating a VMM cluster",
    remedy=(
        "Install the same version of the provider on every node (setup /Q on passive ones), and register the VMM "
        "server again under the cluster role's name."
    ),
    controls=("NIST SP 800-53 CP-10", "NIST SP 800-53 SI-2", "ISO/IEC 27001:2022 A.8.8"),
)
def check_provider_on_each_node(server: VmmServer, topology: Topology, policy: Policy) -> Outcome:
    """The nodes' own registries against each other, and the vault's name and last heartbeat of the provider.

    Where a node's registry keeps the version is unverified: a node that does not tell it proves nothing.
    """
    if not server.highly_available:
        raise NotApplicable(f"{server.name} is not highly available")
    if not server.nodes:
        raise Unknown(f"{server.name} does not tell the nodes of its cluster")
    nodes = [one for one in topology.seen(VmmNode) if any(same_host(one.host, name) for name in server.nodes)]
    known = [one for one in topology.seen(RecoveryProvider) if _is_its(one, server)]
    expected = (
        f"one version on {len(server.nodes)} nodes, heard of as {server.key} within {human(policy.heartbeat_max_age)}"
    )
    facts = (*nodes, *known)
    if not known:
        topology.require(RecoveryProvider)
        raise NotApplicable(f"no vault knows {server.name}")
    faults = [*_versions(nodes), *_registration(server, known, topology, policy)]
    if faults:
        what = "; ".join(faults)
        return failed(f"{server.name}: {what}; allowed: {expected}", observed=what, expected=expected, facts=facts)
    for name in server.nodes:
        topology.require(VmmNode, f"vmm-node:{name.lower()}")
    topology.require(RecoveryProvider)
    if len(nodes) < len(server.nodes) or not all(one.asr_provider_version for one in nodes):
        raise Unknown(f"{server.name}: not every node tells which provider it has")
    heard = max(_heard(one, server, topology, policy) for one in known)
    version = nodes[0].asr_provider_version
    what = f"version {version} on {len(nodes)} nodes, registered as {known[0].name}, heard of {human(heard)} ago"
    return passed(f"{server.name}: {what}", observed=what, expected=expected, facts=facts)


def _heard(provider: RecoveryProvider, server: VmmServer, topology: Topology, policy: Policy) -> float:
    if provider.last_heartbeat is None:
        raise Unknown(f"{server.name}: the vault did not tell when it last heard of it")
    return age_of(topology, provider.last_heartbeat, provider.seen.endpoint, policy.clock_skew_max).seconds


def _is_its(provider: RecoveryProvider, server: VmmServer) -> bool:
    return any(same_host(provider.name, name) for name in (server.key, *server.nodes))


def _versions(nodes: Sequence[VmmNode]) -> Iterator[str]:
    told = {one.name: one.asr_provider_version for one in nodes if one.asr_provider_version}
    if len(set(told.values())) > 1:
        yield ", ".join(f"{name} has version {version}" for name, version in sorted(told.items()))


def _registration(
    server: VmmServer, known: Sequence[RecoveryProvider], topology: Topology, policy: Policy
) -> Iterator[str]:
    for provider in known:
        if not same_host(provider.name, server.key):
            yield f"registered as {provider.name}, which is a node"
        if provider.last_heartbeat is not None:
            age = (topology.as_of - provider.last_heartbeat).total_seconds()
            if age > policy.heartbeat_max_age:
                yield f"{provider.name} was last heard of {human(age)} ago"
