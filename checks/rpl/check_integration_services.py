"""Do the integration services answer that a consistent copy, or an address at the recovery site, relies on?"""

from collections.abc import Iterator, Mapping, Sequence

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed, warned
from drcheck.topology.base import Topology
from drcheck.topology.hyperv import COPIES, HyperVVm, IntegrationService, VmIntegration, VmReplication
from drcheck.topology.hyperv_replica import FailoverAddress, by_hyperv
from drcheck.topology.site_recovery import ReplicationPolicy
from drcheck.topology.workload import items_of, running
from drcheck.verdict import Severity, Verdict

BACKUP, DATA, HEARTBEAT = "vss", "key-value", "heartbeat"
WORDS = {BACKUP: "Backup (VSS)", DATA: "Data Exchange (key-value pairs)"}
GOOD = "Ok"
SILENT = ("NoContact", "LostCommunication")
WORST_FIRST = (Verdict.FAIL, Verdict.UNKNOWN, Verdict.NOT_APPLICABLE, Verdict.WARN, Verdict.PASS)
State = tuple[Verdict, str]
"""What is to be said of one service on one host."""
MEANINGS: Mapping[str | None, State] = {
    GOOD: (Verdict.PASS, ", as it should be"),
    "Degraded": (Verdict.WARN, ": the guest speaks an older protocol, its integration services are not current"),
    "NonRecoverableError": (Verdict.FAIL, ": the guest speaks no protocol that the host knows"),
}
"""What the states of a service mean that are described for ``Msvm_VssComponent`` and its siblings."""


@check(
    "DR-RPL-101",
    "The integration services that a copy relies on are enabled and answer",
    severity=Severity.MEDIUM,
    why=(
        "The host reaches the applications in a guest through its Backup service. Without it Hyper-V quietly makes no "
        "application-consistent points, whatever the settings ask for; and without Data Exchange a copy comes up with "
        "the addresses of the site that was lost."
    ),
    source=(
        "Microsoft, Best Practices Analyzer for Hyper-V: VSS for application-consistent snapshots, integration "
        "services for another address after a failover; Microsoft, Troubleshoot Hyper-V to Azure replication; "
        "Msvm_VssComponent: OperationalStatus"
    ),
    remedy=(
        "VM > Settings > Integration Services: tick Backup (volume shadow copy) and Data Exchange; in the guest start "
        "vmicvss and vmickvpexchange (hv_vss_daemon and hv_kvp_daemon in Linux) and install its updates."
    ),
    controls=("NIST SP 800-53 CP-9(1)", "NIST SP 800-53 CP-10(2)", "ISO/IEC 27001:2022 A.8.13"),
)
def check_integration_services(vm: HyperVVm, topology: Topology) -> Outcome:
    """Of a machine with application-consistent points its Backup service; of a replica with an address, Data Exchange.

    An address is set by the copy's own service, which therefore must be enabled for the replica, and it is the same
    guest that answers on the primary's host. A service that does not answer is a fault once the heartbeat proves that
    the guest is up; before that it may still be starting. ``Degraded`` is a guest that speaks an older protocol: its
    services are not current, and it is a warning.

    Left out: VSS writers inside the guest, which no host tells of; the version of the integration services, which come
    with Windows Update since Windows Server 2016; heartbeat and shutdown, which nobody declares a recovery to rest on.
    """
    name = f"{vm.name} on {vm.host}"
    if vm.replication_mode == "TestReplica":
        raise NotApplicable(f"{vm.name} is the copy made by a test failover")
    if vm.replication_mode in COPIES:
        needed, states = _of_replica(vm, topology)
    else:
        needed, states = _of_machine(vm, topology)
    verdict = next(one for one in WORST_FIRST if any(one is told for told, _ in states))
    what = "; ".join(dict.fromkeys(words for told, words in states if told is verdict))
    if verdict is Verdict.UNKNOWN:
        raise Unknown(f"{name}: {what}")
    if verdict is Verdict.NOT_APPLICABLE:
        raise NotApplicable(f"{name}: {what}")
    judge = {Verdict.FAIL: failed, Verdict.WARN: warned, Verdict.PASS: passed}[verdict]
    expected = f"enabled and in contact, for {needed}"
    return judge(f"{name}: {what}; allowed: {expected}", observed=what, expected=expected)


def _of_machine(vm: HyperVVm, topology: Topology) -> tuple[str, Sequence[State]]:
    """The machine itself: is anybody's consistent point made through its guest?"""
    found, unsure = [], []
    for asked in (_by_replica, _by_vault):
        try:
            found += list(asked(vm, topology))
        except Unknown as unknown:
            unsure.append(unknown)
    if found:
        return f"application-consistent points ({', '.join(found)})", [_answered(vm, BACKUP, topology)]
    if unsure:
        raise unsure[0]
    raise NotApplicable(f"nobody makes application-consistent points of {vm.name} on {vm.host}")


def _by_replica(vm: HyperVVm, topology: Topology) -> Iterator[str]:
    sent = [one for one in topology.where(VmReplication, "vm_id", vm.vm_id) if one.host == vm.host]
    if not sent:
        topology.require(VmReplication, f"hyperv:{vm.seen.endpoint}")
    for one in sent:
        if not by_hyperv(topology, one):
            continue
        if one.vss_enabled is None:
            raise Unknown(f"{one.host} does not tell whether {one.name} has application-consistent points")
        if one.vss_enabled:
            yield "Hyper-V Replica"


def _by_vault(vm: HyperVVm, topology: Topology) -> Iterator[str]:
    for item in items_of(topology, vm.vm_id):
        if item.active_location == "Recovery":
            continue
        rule = topology.get(ReplicationPolicy, item.policy)
        if rule is None or rule.app_consistent_hours is None:
            topology.require(ReplicationPolicy)
            raise Unknown(f"how often {item.name} gets application-consistent points was not told")
        if rule.app_consistent_hours:
            yield f"policy {rule.name}"


def _of_replica(vm: HyperVVm, topology: Topology) -> tuple[str, Sequence[State]]:
    """A replica: it is off, so its own service can only be enabled, and the primary's tells of the guest."""
    mine = [one for one in topology.where(FailoverAddress, "vm_id", vm.vm_id) if one.host == vm.host]
    addresses = [one.ipv4 or one.ipv6 for one in mine if one.ipv4 or one.ipv6]
    if not addresses:
        topology.require(FailoverAddress, f"hyperv:{vm.seen.endpoint}")
        raise NotApplicable(f"{vm.name} on {vm.host} is a replica that is given no address of its own")
    found = running(topology, vm.vm_id)
    if len(found) == 1:
        there = _answered(found[0], DATA, topology)
    else:
        there = Verdict.UNKNOWN, f"{len(found)} hosts were seen to run its primary"
    return f"the failover address {', '.join(addresses)}", [_enabled(vm, DATA, topology), there]


def _enabled(vm: HyperVVm, service: str, topology: Topology) -> State:
    one = _told(vm, service, topology)
    if one is None:
        return Verdict.UNKNOWN, f"{vm.host} tells nothing of {WORDS[service]}"
    if not one.enabled:
        return Verdict.FAIL, f"{WORDS[service]} is disabled on {vm.host}"
    return Verdict.PASS, f"{WORDS[service]} is enabled on {vm.host}"


def _answered(vm: HyperVVm, service: str, topology: Topology) -> State:
    """Beyond ``_enabled``: does the guest's side of it answer, as far as that can be seen now?"""
    verdict, words = _enabled(vm, service, topology)
    if verdict is not Verdict.PASS:
        return verdict, words
    if vm.state != "Running":
        verdict = Verdict.NOT_APPLICABLE if vm.state else Verdict.UNKNOWN
        return verdict, f"{words}, and whether it answers shows only while the machine runs ({vm.state or 'not told'})"
    status = _status(vm, service, topology)
    said = f"{WORDS[service]} on {vm.host} is {status or 'told without a status'}"
    if status in SILENT:
        if _status(vm, HEARTBEAT, topology) == GOOD:
            return Verdict.FAIL, f"{said} while the guest is up"
        return Verdict.UNKNOWN, f"{said}, and no heartbeat tells whether the guest has started"
    verdict, means = MEANINGS.get(status, (Verdict.UNKNOWN, ", which says nothing"))
    return verdict, f"{said}{means}"


def _status(vm: HyperVVm, service: str, topology: Topology) -> str | None:
    one = _told(vm, service, topology)
    return one.status if one else None


def _told(vm: HyperVVm, service: str, topology: Topology) -> IntegrationService | None:
    told = topology.get(VmIntegration, vm.key)
    return next((one for one in (told.services if told else ()) if one.service == service), None)
