"""Does a replica server take replicas encrypted, and from the servers it names only?"""

from collections.abc import Iterator

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed
from drcheck.topology.base import Topology
from drcheck.topology.hyperv import RECEIVING, VmReplication
from drcheck.topology.hyperv_replica import ReplicaServer
from drcheck.topology.sites import site_of
from drcheck.verdict import Severity

EXPECTED = "certificates (HTTPS) between sites, and named primary servers only"
METHODS = ("Certificate", "Kerberos", "CertificateAndKerberos")


@check(
    "DR-SEC-001",
    "Replication between sites is encrypted, and only named servers may send",
    severity=Severity.HIGH,
    why=(
        "With Kerberos, replicas travel over HTTP in clear text: whole disks can be read on the way. A server that "
        "takes replicas from anybody who can sign in can be filled, or handed a machine to start."
    ),
    source="Microsoft, Set up Hyper-V Replica: authentication and authorised primary servers; Set-VMReplicationServer",
    remedy=(
        "Set-VMReplicationServer -AllowedAuthenticationType Certificate -CertificateThumbprint <thumbprint> "
        "-ReplicationAllowedFromAnyServer $false, and New-VMReplicationAuthorizationEntry for each primary server or "
        "broker; where an encrypted tunnel carries the traffic, record a waiver that names it."
    ),
    controls=("NIST SP 800-53 SC-8", "NIST SP 800-53 CP-9(8)", "ISO/IEC 27001:2022 A.8.24"),
)
def check_replication_encrypted(server: ReplicaServer, topology: Topology) -> Outcome:
    """Judge what the server would take. Tunnels between sites cannot be seen and are not considered."""
    if not server.enabled:
        raise NotApplicable(f"{server.host} is no replica server")
    faults = [*_anybody(server), *_in_the_clear(server, topology)]
    if faults:
        what = "; ".join(faults)
        return failed(f"{server.host}: {what}; allowed: {EXPECTED}", observed=what, expected=EXPECTED)
    if server.authentication not in METHODS:
        raise Unknown(f"{server.host}: by what senders sign in is {server.authentication or 'not told'}")
    if not all(entry.server for entry in server.allowed):
        raise Unknown(f"{server.host}: whom an entry of its authorization allows was not told")
    if server.authentication != "Certificate":
        _prove_one_site(server, topology)
    what = f"{server.authentication}, from {len(server.allowed)} named servers"
    return passed(f"{server.host}: {what}", observed=what, expected=EXPECTED)


def _anybody(server: ReplicaServer) -> Iterator[str]:
    if server.from_any_server or any(entry.server == "*" for entry in server.allowed):
        yield "any server that can sign in may send"


def _in_the_clear(server: ReplicaServer, topology: Topology) -> Iterator[str]:
    """Kerberos with senders that are seen to be at another site."""
    if "Kerberos" not in server.authentication:
        return
    for sender in _senders(server, topology):
        try:
            here, there = site_of(topology, server.host), site_of(topology, sender)
        except Unknown:
            continue
        if here.key != there.key:
            yield f"{sender} at {there.name} may send in clear text (Kerberos) to {here.name}"
            return


def _prove_one_site(server: ReplicaServer, topology: Topology) -> None:
    """Every sender has a place, and it is this one; raises ``Unknown`` otherwise."""
    topology.require(VmReplication, f"hyperv:{server.seen.endpoint}")
    for where in (server.host, *_senders(server, topology)):
        site_of(topology, where)


def _senders(server: ReplicaServer, topology: Topology) -> list[str]:
    """Who may send, and who does; what is written as a pattern is placed by the rules of sites as it stands."""
    named = {entry.server for entry in server.allowed}
    held = (one for one in topology.where(VmReplication, "host", server.host) if one.mode in RECEIVING)
    return sorted(named | {one.primary_server for one in held})
