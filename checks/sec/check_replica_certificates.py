"""Can a host go on replicating with the certificates it uses?"""

from collections.abc import Iterator

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed
from drcheck.policy import Policy, human
from drcheck.topology.base import Topology, matches, same_host
from drcheck.topology.cluster import ClusterNetworkName, ClusterNode, ClusterResource
from drcheck.topology.hyperv import VmReplication
from drcheck.topology.hyperv_replica import ReplicaServer
from drcheck.topology.links import sends
from drcheck.topology.windows_host import MachineCertificate
from drcheck.verdict import Severity

BROKER = "Virtual Machine Replication Broker"
PURPOSES = {"1.3.6.1.5.5.7.3.1": "server authentication", "1.3.6.1.5.5.7.3.2": "client authentication"}
UNCHECKED = {"RevocationStatusUnknown", "OfflineRevocation"}
"""The list of revoked certificates was not reached: that says nothing about the certificate."""


@check(
    "DR-SEC-002",
    "The certificates that a host replicates with are there, valid and in its own names",
    severity=Severity.CRITICAL,
    why=(
        "Every replication stops on the day its certificate expires, and that of one VM stops when it moves to a node "
        "without one. Until then, everything is green."
    ),
    source="Microsoft, Set up Hyper-V Replica: certificate-based authentication; certificate requirements",
    remedy=(
        "Issue a certificate with the host's and the broker's name and both purposes, install it with its private key "
        "on every node of both ends, then Set-VMReplicationServer and Set-VMReplication -CertificateThumbprint."
    ),
    controls=("NIST SP 800-53 SC-17", "NIST SP 800-53 CP-9", "ISO/IEC 27001:2022 A.8.24"),
)
def check_replica_certificates(server: ReplicaServer, topology: Topology, policy: Policy) -> Outcome:
    """Judge the certificate for receiving and those of what the host sends, in the host's own store.

    Every host is a subject of its own, so both ends and every node of a cluster are judged.
    """
    used, faults = _in_use(server, topology), []
    if _takes_certificates(server) and not server.certificate:
        faults.append("receives by certificate, and none is set")
    kept = [one for thumbprint in used if (one := _certificate(server, thumbprint, topology))]
    if topology.looked_at(MachineCertificate, f"hyperv:{server.seen.endpoint}"):
        gone = used - {one.thumbprint for one in kept}
        faults += [f"the certificate {thumbprint} is not in its store" for thumbprint in sorted(gone)]
    names = _names(server, topology)
    days = policy.certificate_expiry_ahead
    faults += [f"{one.title}: {fault}" for one in kept for fault in _faults(one, names, topology, days)]
    expected = f"valid for {human(days)} or longer, for servers and clients, trusted, for {', '.join(names)}"
    if faults:
        what = "; ".join(faults)
        return failed(f"{server.host}: {what}; allowed: {expected}", observed=what, expected=expected, facts=(*kept,))
    _prove_complete(server, topology)
    if not used:
        raise NotApplicable(f"{server.host} neither receives nor sends replicas by certificate")
    for one in kept:
        if one.chain_status:
            raise Unknown(f"{server.host}: {one.title}: whether it was revoked could not be found out there")
    what = "; ".join(f"{one.title} until {one.not_after:%Y-%m-%d}" for one in kept)
    return passed(f"{server.host}: {what}; allowed: {expected}", observed=what, expected=expected, facts=(*kept,))


def _takes_certificates(server: ReplicaServer) -> bool:
    return server.enabled and "Certificate" in server.authentication


def _in_use(server: ReplicaServer, topology: Topology) -> set[str]:
    """Thumbprints; the receiving side of a replication repeats that of the sender."""
    sent = {one.certificate for one in _sent(server, topology) if one.authentication == "Certificate"}
    return {one for one in (*sent, server.certificate if _takes_certificates(server) else "") if one}


def _sent(server: ReplicaServer, topology: Topology) -> list[VmReplication]:
    return [one for one in topology.where(VmReplication, "host", server.host) if sends(one)]


def _certificate(server: ReplicaServer, thumbprint: str, topology: Topology) -> MachineCertificate | None:
    return topology.get(MachineCertificate, f"{server.host}/{thumbprint}")


def _names(server: ReplicaServer, topology: Topology) -> list[str]:
    """The host, and the broker of each cluster it is a node of, as far as they were seen."""
    brokers = {
        f"{one.dns_name}.{one.dns_suffix}".lower() if one.dns_suffix else one.dns_name.lower()
        for one in _brokers(server, topology)
        if one.dns_name
    }
    return [server.host, *sorted(brokers)]


def _brokers(server: ReplicaServer, topology: Topology) -> list[ClusterNetworkName]:
    """The network names in the groups of those brokers."""
    return [
        one
        for node in _nodes(server, topology)
        for resource in topology.where(ClusterResource, "cluster", node.cluster)
        if resource.resource_type == BROKER
        for one in topology.where(ClusterNetworkName, "cluster", node.cluster)
        if one.group == resource.group
    ]


def _nodes(server: ReplicaServer, topology: Topology) -> list[ClusterNode]:
    labelled = topology.memo("nodes by label", lambda: _by_label(topology)).get(_label(server.host), [])
    return [node for node in labelled if same_host(node.host, server.host)]


def _by_label(topology: Topology) -> dict[str, list[ClusterNode]]:
    nodes: dict[str, list[ClusterNode]] = {}
    for node in topology.seen(ClusterNode):
        nodes.setdefault(_label(node.host), []).append(node)
    return nodes


def _label(host: str) -> str:
    """What two names of one machine have in common."""
    return host.lower().partition(".")[0]


def _faults(one: MachineCertificate, names: list[str], topology: Topology, days: int) -> Iterator[str]:
    yield from _times(one, topology, days)
    if not one.private_key:
        yield "its private key is missing"
    for purpose, words in PURPOSES.items():
        if one.purposes is not None and purpose not in one.purposes:
            yield f"is not for {words}"
    for name in names:
        if not _is_for(one, name):
            yield f"is not for the name {name}"
    wrong = sorted(set(one.chain_status) - UNCHECKED)
    if wrong:
        yield f"is not trusted ({', '.join(wrong)})"


def _times(one: MachineCertificate, topology: Topology, days: int) -> Iterator[str]:
    left = (one.not_after - topology.as_of).total_seconds()
    if left <= days:
        yield f"expired {human(-left)} ago" if left <= 0 else f"expires in {human(left)}"
    if one.not_before > topology.as_of:
        yield f"is not valid before {one.not_before:%Y-%m-%d}"


def _is_for(one: MachineCertificate, name: str) -> bool:
    """A wildcard stands for one label. A cluster name of which no domain was told is compared by its label."""
    common = (part.strip()[3:] for part in one.subject.split(",") if part.strip().upper().startswith("CN="))
    known = one.dns_names or tuple(common)
    if "." not in name:
        return any(same_host(name, each) for each in known)
    return any(matches(name, (each,)) and each.count(".") == name.count(".") for each in known)


def _prove_complete(server: ReplicaServer, topology: Topology) -> None:
    """Nothing that the host sends and no name that it goes by was missed."""
    scope = f"hyperv:{server.seen.endpoint}"
    topology.require(VmReplication, scope)
    topology.require(MachineCertificate, scope)
    if server.enabled and not server.authentication:
        raise Unknown(f"{server.host} does not tell by what senders sign in")
    silent = [one.name for one in _sent(server, topology) if not one.authentication]
    if silent:
        raise Unknown(f"{server.host} does not tell how it signs in to send {silent[0]}")
    bare = [one.name for one in _sent(server, topology) if one.authentication == "Certificate" and not one.certificate]
    if bare:
        raise Unknown(f"{server.host} does not tell with which certificate it sends {bare[0]}")
    topology.require(ClusterNode)
    for node in _nodes(server, topology):
        topology.require(ClusterResource, f"cluster:{node.seen.endpoint}")
        topology.require(ClusterNetworkName, f"cluster:{node.seen.endpoint}")
    nameless = [one.name for one in _brokers(server, topology) if not one.dns_name]
    if nameless:
        raise Unknown(f"under which name {nameless[0]} is reached was not told")
