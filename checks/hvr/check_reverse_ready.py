"""Could replication be turned round after a failover?"""

from collections.abc import Iterator

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed, warned
from drcheck.topology.base import Topology, matches, same_host
from drcheck.topology.hyperv import VmReplication
from drcheck.topology.hyperv_replica import ReplicaServer, by_hyperv
from drcheck.topology.windows_host import ReplicaListenerRule
from drcheck.verdict import Severity

EXPECTED = "the primary host is a replica server itself, for the host at the recovery site, with its firewall open"


@check(
    "DR-HVR-008",
    "The primary host is ready to receive what it sends",
    severity=Severity.MEDIUM,
    why=(
        "A planned failover turns replication round, and so does every way back. A primary host that takes no replicas "
        "leaves the recovered machine without a copy."
    ),
    source="Microsoft, Set up Hyper-V Replica: planned failover and reverse replication; Set-VMReplicationServer",
    remedy=(
        "On the primary host (or its cluster's broker): Set-VMReplicationServer -ReplicationEnabled $true, "
        "New-VMReplicationAuthorizationEntry for the recovery host, and Enable-NetFirewallRule for its listener."
    ),
    controls=("NIST SP 800-53 CP-10", "ISO 22301 8.4.5"),
)
def check_reverse_ready(replication: VmReplication, topology: Topology) -> Outcome:
    """A closed rule is a warning: a policy's own rules are not read, and may open what Windows' rule does not."""
    if not by_hyperv(topology, replication):
        raise NotApplicable(f"{replication.name} on {replication.host} is replicated by another engine than Hyper-V's")
    if replication.mode != "Primary":
        raise NotApplicable(f"{replication.host} receives {replication.name}")
    name, scope = f"{replication.name} on {replication.host}", f"hyperv:{replication.seen.endpoint}"
    server = topology.get(ReplicaServer, replication.host)
    if server is None:
        topology.require(ReplicaServer, scope)
        raise Unknown(f"{replication.host} does not tell whether it is a replica server")
    fault = _fault(server, replication)
    if fault:
        return failed(f"{name}: {fault}; allowed: {EXPECTED}", observed=fault, expected=EXPECTED, facts=(server,))
    rules = tuple(_opened(server, topology))
    if not rules:
        topology.require(ReplicaListenerRule, scope)
        what = "Windows' own firewall rule for the listener is not enabled"
        return warned(f"{name}: {what}; allowed: {EXPECTED}", observed=what, expected=EXPECTED, facts=(server,))
    what = f"{replication.host} takes replicas of {_partner(replication)}, and its rule {rules[0].name} is open"
    return passed(f"{name}: {what}", observed=what, expected=EXPECTED, facts=(server, rules[0]))


def _fault(server: ReplicaServer, replication: VmReplication) -> str:
    """Why the host would not take it back.

    Raises:
        Unknown: nobody told where the replica is, or how senders sign in.
    """
    if not server.enabled:
        return f"{server.host} is no replica server"
    names = [name for name in (replication.current_replica_server, replication.replica_server) if name]
    if not server.from_any_server:
        if not names:
            raise Unknown(f"{replication.name} on {replication.host} does not tell where its replica is")
        if not any(_covers(entry.server, name) for entry in server.allowed for name in names):
            return f"{server.host} takes no replicas of {_partner(replication)}"
    if not server.authentication:
        raise Unknown(f"{server.host} does not tell by what senders sign in")
    return ""


def _covers(entry: str, name: str) -> bool:
    """Does an entry mean this server? The receiving side of a cluster is known by its broker's name."""
    return matches(name, (entry,)) or same_host(entry, name)


def _partner(replication: VmReplication) -> str:
    return replication.current_replica_server or replication.replica_server or "any server"


def _opened(server: ReplicaServer, topology: Topology) -> Iterator[ReplicaListenerRule]:
    """Rules that are open for a way of signing in that the server takes."""
    for rule in topology.where(ReplicaListenerRule, "host", server.host):
        if rule.enabled and rule.allows and ("Certificate" if rule.secure else "Kerberos") in server.authentication:
            yield rule
