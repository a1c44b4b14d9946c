"""Could somebody at the recovery site get at the replica of the VMM server's VM, with VMM gone?"""

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed
from drcheck.topology.base import Topology, same_host
from drcheck.topology.hyperv import VmReplication
from drcheck.topology.network import Connection
from drcheck.topology.reach import attempts, planned
from drcheck.topology.sites import site_of
from drcheck.topology.vmm import VmmServer
from drcheck.verdict import Severity

WINRM = (5985, 5986)
EXPECTED = "a WinRM port that is open to a machine of that site, and an answer without VMM"


@check(
    "DR-VMM-006",
    "The host with the VMM server's replica can be managed from its own site, without VMM",
    severity=Severity.HIGH,
    why=(
        "The VMM server's VM is failed over by hand, on the host that holds its replica, while VMM and the primary "
        "site are down. A host that only VMM can manage leaves nobody who could begin."
    ),
    source=(
        "Microsoft, Deployment considerations for VMM and Site Recovery (2016), integrating a standalone VMM server; "
        "Microsoft, Installation and configuration for Windows Remote Management (ports)"
    ),
    remedy=(
        "Allow WinRM from the operators' machine at that site, give an account of theirs (no Run As account of VMM's) "
        "Hyper-V Administrators on the host, and keep it in the offline kit."
    ),
    controls=(
        "NIST SP 800-53 CP-2",
        "NIST SP 800-53 CP-7(4)",
        "NIST SP 800-53 CP-10",
        "ISO/IEC 27001:2022 A.5.29",
    ),
)
def check_operators_reach_replica(server: VmmServer, topology: Topology) -> Outcome:
    """The replica as its own host told it, not VMM; and every attempt from that site, by another machine, at WinRM.

    That drcheck was answered shows one account that may manage Hyper-V there. Whether the operators have one of their
    own, and whether it is a Run As account of VMM's, is told by nothing that is read, and not judged.
    """
    replica = _replica(server, topology)
    host = replica.host
    site = site_of(topology, host)
    near = [one for one in attempts(topology, host, *WINRM) if _near(topology, one.host, host, site.key)]
    way = f"{server.name}: {host} at {site.name}"
    opened = [one for one in near if one.outcome == "open"]
    if opened:
        what = f"answers drcheck, and port {opened[0].port} is open to {opened[0].host}"
        return passed(f"{way} {what}", observed=what, expected=EXPECTED, facts=(replica, opened[0]))
    for scope in planned(topology, host, *WINRM):
        if _near(topology, scope.partition(":")[2].partition(">")[0], host, site.key):
            topology.require(Connection, scope)
    if any(not one.outcome for one in near):
        raise Unknown(f"{way}: how an attempt at WinRM ended was not told")
    if near:
        what = "; ".join(f"port {one.port} is {one.outcome} from {one.host}" for one in near)
        return failed(f"{way}: {what}; allowed: {EXPECTED}", observed=what, expected=EXPECTED, facts=tuple(near))
    raise NotApplicable(f"{way}: no other machine there tries {host}:5986; see `reachability` in estate.yaml")


def _replica(server: VmmServer, topology: Topology) -> VmReplication:
    """The replica of the server's VM, by the host that holds it; what is left of earlier ones is not the one meant."""
    if server.highly_available:
        raise NotApplicable(f"{server.name} is highly available; its cluster takes the replica's part")
    if not server.is_virtual:
        raise NotApplicable(f"{server.name} is a physical machine, which Hyper-V Replica cannot copy")
    if not server.vm_id:
        raise Unknown(f"{server.name} runs in a VM whose Hyper-V id could not be read")
    known = topology.where(VmReplication, "vm_id", server.vm_id)
    held = [one for one in known if one.mode == "Replica"]
    sent = [one.current_replica_server for one in known if one.mode == "Primary"]
    named = list(filter(None, sent))
    if not (held and sent):
        topology.require(VmReplication)
    if not held:
        raise NotApplicable(f"{server.name}: no host holds a replica of its VM; DR-VMM-002 judges that")
    current = [one for one in held if not named or any(same_host(one.host, name) for name in named)]
    if len(current) != 1:
        topology.require(VmReplication)
        hosts = " and ".join(one.host for one in held)
        raise Unknown(f"{server.name}: which replica is the current one is not clear: {hosts} hold one")
    return current[0]


def _near(topology: Topology, observer: str, host: str, site: str) -> bool:
    return observer != host and site_of(topology, observer).key == site
