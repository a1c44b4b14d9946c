"""Would a replica come up with the processors, the memory and the adapters of its primary?"""

from collections.abc import Iterator

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed
from drcheck.topology.base import Topology
from drcheck.topology.hyperv import HyperVVm, VmReplication
from drcheck.topology.hyperv_replica import by_hyperv
from drcheck.topology.workload import running
from drcheck.verdict import Severity

EXPECTED = "as many processors and adapters, and as much startup memory, as the primary"


@check(
    "DR-HVR-104",
    "A replica has the processors, memory and adapters of its primary",
    severity=Severity.LOW,
    why=(
        "Hyper-V Replica copies disks. What is changed about the primary afterwards has to be changed on the replica "
        "by hand, or it comes up too small, or without a network."
    ),
    source="Microsoft, Set up Hyper-V Replica; Hyper-V Replica frequently asked questions",
    remedy="On the replica's host, while the replica is off: Set-VM and Add-VMNetworkAdapter, to match the primary.",
    controls=("NIST SP 800-53 CP-2(2)", "ISO/IEC 27001:2022 A.8.32"),
)
def check_replica_like_primary(replication: VmReplication, topology: Topology) -> Outcome:
    """Compare what the two hosts tell of the machine; dynamic memory's bounds are not read."""
    if not by_hyperv(topology, replication):
        raise NotApplicable(f"{replication.name} on {replication.host} is replicated by another engine than Hyper-V's")
    if replication.mode != "Replica" or replication.relationship == "Extended":
        raise NotApplicable(f"{replication.name} on {replication.host} is not the receiving side")
    name = f"{replication.name} on {replication.host}"
    replica = topology.get(HyperVVm, f"{replication.vm_id}@{replication.host}")
    if replica is None:
        topology.require(HyperVVm, f"hyperv:{replication.seen.endpoint}")
        raise Unknown(f"{name} was no VM of that host when its VMs were listed")
    found = running(topology, replication.vm_id)
    if len(found) != 1:
        topology.require(HyperVVm)
        raise Unknown(f"{name}: {len(found)} hosts were seen to run its primary")
    faults = list(_differences(found[0], replica))
    if faults:
        what = "; ".join(faults)
        return failed(
            f"{name}: {what}; allowed: {EXPECTED}", observed=what, expected=EXPECTED, facts=(replica, found[0])
        )
    if None in _figures(found[0]).values() or None in _figures(replica).values():
        raise Unknown(f"{name}: processors or memory were not told on both sides")
    what = ", ".join(f"{value} {words}" for words, value in _figures(replica).items())
    return passed(f"{name}: {what}", observed=what, expected=EXPECTED, facts=(replica, found[0]))


def _figures(vm: HyperVVm) -> dict[str, int | None]:
    memory = None if vm.memory_startup_bytes is None else vm.memory_startup_bytes >> 20
    return {"processors": vm.processors, "MiB of memory": memory, "adapters": len(vm.adapters)}


def _differences(primary: HyperVVm, replica: HyperVVm) -> Iterator[str]:
    there = _figures(replica)
    for words, value in _figures(primary).items():
        if value is not None and there[words] is not None and value != there[words]:
            yield f"{there[words]} {words}, where the primary has {value}"
