"""Is there a fresh replica of the VMM server's VM at another site?"""

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed
from drcheck.policy import Policy, human
from drcheck.topology.ages import age_of
from drcheck.topology.base import Topology
from drcheck.topology.hyperv import VmReplication
from drcheck.topology.hyperv_replica import of_hyperv
from drcheck.topology.sites import site_of
from drcheck.topology.vmm import VmmServer
from drcheck.topology.workload import running
from drcheck.verdict import Severity

EXPECTED = "replicating, healthy, within the recovery point objective of tier 0, to another site"


@check(
    "DR-VMM-002",
    "The VMM server's VM has a healthy, recent Hyper-V Replica at another site",
    severity=Severity.CRITICAL,
    why=(
        "A standalone VMM server comes back from this replica and from nothing else; until it runs, no workload can "
        "be failed over."
    ),
    source=(
        "Microsoft, Deployment considerations for VMM and Site Recovery (2016), integrating a standalone VMM server; "
        "Microsoft, Set up Hyper-V Replica (2025-01)"
    ),
    remedy=(
        "On the primary host: Measure-VMReplication -VMName <vm>, then Resume-VMReplication (with -Resynchronize when "
        "it asks for it); to set it up: Enable-VMReplication towards a host at the other site."
    ),
    controls=(
        "NIST SP 800-53 CP-6(1)",
        "NIST SP 800-53 CP-7",
        "NIST SP 800-53 CP-10",
        "ISO/IEC 27001:2022 A.8.14",
        "DORA Art. 12",
    ),
)
def check_vmm_replica_healthy(server: VmmServer, topology: Topology, policy: Policy) -> Outcome:
    """Judge the sending side: its state, its health, the age of the last change it delivered, and both places."""
    if server.highly_available:
        raise NotApplicable(f"{server.name} is highly available; its cluster takes the replica's part")
    if not server.is_virtual:
        raise NotApplicable(f"{server.name} is a physical machine, which Hyper-V Replica cannot copy")
    if not server.vm_id:
        raise Unknown(f"{server.name} runs in a VM whose Hyper-V id could not be read")
    sending = [one for one in topology.seen(VmReplication) if _sends(one, server.vm_id)]
    own = of_hyperv(topology, sending)
    if own:
        return _judge(server, own[0], topology, policy)
    return _foreign(server, sending[0]) if sending else _not_replicated(server, topology)


def _sends(one: VmReplication, vm_id: str) -> bool:
    return one.vm_id == vm_id and one.mode == "Primary"


def _foreign(server: VmmServer, sending: VmReplication) -> Outcome:
    what = f"{sending.host} replicates its VM by another engine than Hyper-V Replica, and by no other"
    return _failed(server, sending.name, what, sending)


def _not_replicated(server: VmmServer, topology: Topology) -> Outcome:
    """Only the VM's own host can say that it is not replicated."""
    vm = next((one for one in running(topology, server.vm_id) if one.replication_mode == "None"), None)
    if vm is None:
        topology.require(VmReplication)
        raise Unknown(f"{server.name}: no Hyper-V host that was asked runs VM {server.vm_id} as a primary")
    message = f"{server.name}: its VM {vm.name} on {vm.host} is not replicated at all; allowed: {EXPECTED}"
    return failed(message, observed="not replicated", expected=EXPECTED, facts=(vm,))


def _judge(server: VmmServer, sending: VmReplication, topology: Topology, policy: Policy) -> Outcome:
    link = f"{sending.primary_server or sending.host} -> {sending.current_replica_server or sending.replica_server}"
    if not sending.state or not sending.health:
        raise Unknown(f"{server.name}: the state of the replication {link} was not told")
    if (sending.state, sending.health) != ("Replicating", "Normal"):
        what = f"state {sending.state}, health {sending.health}"
        return _failed(server, link, what, sending)
    if sending.last_replication is None:
        raise Unknown(f"{server.name}: {link} does not tell when it last replicated")
    age = age_of(topology, sending.last_replication, sending.seen.endpoint, policy.clock_skew_max)
    limit = policy.tier(0).rpo
    if age.exceeds(limit):
        return _failed(server, link, f"last replicated {human(age.seconds)} ago, {human(limit)} allowed", sending)
    here = site_of(topology, sending.host)
    there = site_of(topology, sending.current_replica_server or sending.replica_server)
    if here.key == there.key:
        return _failed(server, link, f"both ends are at {here.name}", sending)
    what = f"{here.name} to {there.name}, last replicated {human(age.seconds)} ago, {human(limit)} allowed"
    return passed(f"{server.name}: {link}: {what}", observed=what, expected=EXPECTED, facts=(sending,))


def _failed(server: VmmServer, link: str, what: str, sending: VmReplication) -> Outcome:
    return failed(f"{server.name}: {link}: {what}", observed=what, expected=EXPECTED, facts=(sending,))
