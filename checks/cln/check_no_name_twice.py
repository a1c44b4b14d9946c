"""Would a machine that is recovered at a site meet another one of its name, or itself?"""

from collections.abc import Iterator, Mapping

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed
from drcheck.topology.base import Topology
from drcheck.topology.declared import Site
from drcheck.topology.hyperv import COPIES, HyperVVm
from drcheck.topology.sites import site_of
from drcheck.verdict import Severity

EXPECTED = "each VM id on one host, and each name at one site"


@check(
    "DR-CLN-102",
    "No VM of a site has its name or its id at another site as well",
    severity=Severity.MEDIUM,
    why=(
        "Two machines of one name are mixed up in plans, scripts and DNS, and a cluster refuses the second role. The "
        "same id on two hosts is one machine that lives twice: after an unfinished failover both may write."
    ),
    source="Microsoft, Troubleshoot Hyper-V Replica; Complete-VMFailover, Remove-VMReplication (Hyper-V module)",
    remedy=(
        "Rename one of the two (Rename-VM); of a machine that lives twice, find out which one holds the newer data, "
        "switch the other off, and finish the failover before anything is deleted."
    ),
    controls=("NIST SP 800-53 CM-8", "NIST SP 800-53 CP-10", "ISO/IEC 27001:2022 A.5.9"),
)
def check_no_name_twice(site: Site, topology: Topology) -> Outcome:
    """Compare the machines themselves; replicas and test copies have the id of their primary by design.

    Names within one site are not judged: clusters of one site may repeat them. Those of Azure are not compared.
    """
    if site.role in ("azure", "witness"):
        raise NotApplicable(f"{site.name} has the role {site.role}: no machines of Hyper-V are recovered there")
    mine = topology.memo("machines by site", lambda: _by_site(topology)).get(site.key, [])
    faults = sorted({fault for vm in mine for fault in _faults(vm, site, topology)})
    if faults:
        what = "; ".join(faults)
        return failed(f"{site.name}: {what}; allowed: {EXPECTED}", observed=what, expected=EXPECTED)
    for host in {vm.host for vm in topology.all(HyperVVm)}:
        site_of(topology, host)
    if not mine:
        raise NotApplicable(f"no VM runs at {site.name}")
    what = f"{len(mine)} VMs, none of which is elsewhere, too"
    return passed(f"{site.name}: {what}", observed=what, expected=EXPECTED)


def _by_site(topology: Topology) -> Mapping[str, list[HyperVVm]]:
    found: dict[str, list[HyperVVm]] = {}
    for vm in topology.seen(HyperVVm):
        if vm.replication_mode not in COPIES:
            found.setdefault(_place(vm, topology), []).append(vm)
    return found


def _place(vm: HyperVVm, topology: Topology) -> str:
    """Key of the site of the VM's host; empty when nobody can say."""
    try:
        return site_of(topology, vm.host).key
    except Unknown:
        return ""


def _faults(vm: HyperVVm, site: Site, topology: Topology) -> Iterator[str]:
    for other in topology.memo("machines by name", lambda: _named(topology)).get(vm.name.lower(), ()):
        if other.vm_id != vm.vm_id and _place(other, topology) not in ("", site.key):
            yield f"{vm.name} is the name of a machine on {vm.host} and of another on {other.host}"
    for other in topology.where(HyperVVm, "vm_id", vm.vm_id):
        if other.replication_mode not in COPIES and _place(other, topology) not in ("", site.key):
            yield f"{vm.name} ({vm.vm_id}) lives on {vm.host} and on {other.host}"


def _named(topology: Topology) -> Mapping[str, list[HyperVVm]]:
    """Machines by name, which is told without regard to case."""
    found: dict[str, list[HyperVVm]] = {}
    for vm in topology.seen(HyperVVm):
        if vm.replication_mode not in COPIES:
            found.setdefault(vm.name.lower(), []).append(vm)
    return found
