"""Is each machine that Site Recovery protects replicated by Site Recovery alone?"""

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed
from drcheck.topology.azure_targets import TO_AZURE, by_provider
from drcheck.topology.base import Topology, same_host
from drcheck.topology.hyperv import VmReplication
from drcheck.topology.hyperv_replica import ReplicationProvider
from drcheck.topology.site_recovery import ProtectedItem
from drcheck.topology.workload import running
from drcheck.verdict import Severity

EXPECTED = "replicated by Site Recovery and by nothing else"


@check(
    "DR-ASR-008",
    "Each protected machine is replicated by Site Recovery alone",
    severity=Severity.MEDIUM,
    why=(
        "Site Recovery drives the host's own Hyper-V Replica engine, and a VM has one primary relationship. One that "
        "was set up by hand besides is overwritten or blocks protection, and each side believes that it holds the copy."
    ),
    source="Microsoft, Common questions: Hyper-V to Azure disaster recovery (2024-12-27); Hyper-V Replica overview",
    remedy=(
        "Choose one: Remove-VMReplication -VMName <vm> on the host, or disable the replication of the item in the "
        "vault; shift the schedules of other products that take snapshots of it."
    ),
    controls=("NIST SP 800-53 CP-9", "NIST SP 800-53 CP-10"),
)
def check_one_replication_owner(item: ProtectedItem, topology: Topology) -> Outcome:
    """Ask the host that runs the VM whether it sends it to another Hyper-V host as well."""
    if by_provider(item) != TO_AZURE:
        raise NotApplicable(f"{item.name} is protected by {item.provider}, not to Azure")
    if item.active_location.lower() == "recovery":
        raise NotApplicable(f"{item.name} runs at its recovery location, out of the hands of the host that sent it")
    if not item.vm_id:
        raise Unknown(f"{item.name}: Site Recovery does not tell which VM stands behind it")
    hosts = tuple(vm.host for vm in running(topology, item.vm_id))
    sending = [one for one in topology.where(VmReplication, "vm_id", item.vm_id) if one.mode == "Primary"]
    here = [one for one in sending if one.host in hosts]
    plain = [one for one in here if _by_hyperv(one, topology) or _to_a_host(one, topology)]
    if plain:
        what = f"Site Recovery, and Hyper-V Replica from {plain[0].host} to {_receiver(plain[0])}"
        return failed(f"{item.name}: {what}; allowed: {EXPECTED}", observed=what, expected=EXPECTED, facts=tuple(plain))
    return _alone(item, topology, hosts, here)


def _alone(item: ProtectedItem, topology: Topology, hosts: tuple[str, ...], sending: list[VmReplication]) -> Outcome:
    """The host that runs it was read to its end, and sends it by no engine of its own."""
    if not hosts:
        topology.require(VmReplication)
        raise Unknown(f"{item.name}: no Hyper-V host that was read runs VM {item.vm_id}")
    for host in hosts:
        topology.require(VmReplication, f"hyperv:{host}")
        topology.require(ReplicationProvider, f"hyperv:{host}")
    # How Site Recovery's own relationship shows on the host is not documented: another engine than Hyper-V's is it.
    others = [one for one in sending if not _named(one, topology)]
    if others:
        raise Unknown(
            f"{item.name}: {others[0].host} sends it to {_receiver(others[0])}, by an engine it does not tell"
        )
    what = f"{', '.join(hosts)} sends it to no other Hyper-V host"
    return passed(f"{item.name}: {what}", observed=what, expected=EXPECTED)


def _receiver(sending: VmReplication) -> str:
    return sending.current_replica_server or sending.replica_server or "a server that is not named"


def _named(sending: VmReplication, topology: Topology) -> bool:
    """Does its host tell by which engine it sends?"""
    provider = topology.get(ReplicationProvider, sending.key)
    return provider is not None and bool(provider.provider)


def _by_hyperv(sending: VmReplication, topology: Topology) -> bool:
    """Is the engine Hyper-V Replica's own? A relationship and its engine have the same key."""
    provider = topology.get(ReplicationProvider, sending.key)
    return provider is not None and provider.built_in


def _to_a_host(sending: VmReplication, topology: Topology) -> bool:
    """Is the receiver a Hyper-V host of the estate, or did one of them say that it holds the replica?"""
    names = (sending.current_replica_server, sending.replica_server)
    if any(same_host(name, target.host) for name in names for target in topology.targets if target.role == "hyperv"):
        return True
    return any(one.mode == "Replica" for one in topology.where(VmReplication, "vm_id", sending.vm_id))
