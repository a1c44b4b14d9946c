"""Is every disk of a protected machine replicated?"""

import re
from collections import Counter
from collections.abc import Iterable

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed
from drcheck.policy import Policy
from drcheck.topology.base import Topology, matches
from drcheck.topology.hyperv import HyperVVm
from drcheck.topology.site_recovery import ProtectedItem
from drcheck.topology.workload import running
from drcheck.verdict import Severity

EXTENSION = re.compile(r"\.a?vhdx?$")
CHECKPOINT = re.compile(r"_[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
"""What Hyper-V appends to a disk's name while the VM runs on a checkpoint's differencing disk."""


@check(
    "DR-ASR-004",
    "A protected item replicates every disk of its VM",
    severity=Severity.CRITICAL,
    why=(
        "A disk that is added to a replicated Hyper-V VM is not picked up by Site Recovery. The VM fails over "
        "without it, and what was written there is gone."
    ),
    source="Microsoft, Support matrix for disaster recovery of on-premises Hyper-V VMs to Azure, disks and storage",
    remedy=(
        "Disable replication of the VM in the vault and enable it again with all its disks; list scratch disks that "
        "may be lost under `policy: excluded_disks` in estate.yaml."
    ),
    controls=("NIST SP 800-53 CP-9", "ISO/IEC 27001:2022 A.8.13", "ISO/IEC 27001:2022 A.8.32"),
)
def check_disks_complete(item: ProtectedItem, topology: Topology, policy: Policy) -> Outcome:
    """Compare file names without extension: Site Recovery's disk ids exist nowhere on the host."""
    if item.active_location == "Recovery":
        raise NotApplicable(f"{item.name} runs at the recovery side; its source is not the VM on the host")
    if not item.vm_id:
        raise Unknown(f"{item.name}: Site Recovery does not tell which VM stands behind it")
    vm = _machine(item, topology)
    if not item.disks or not vm.disks:
        raise Unknown(
            f"{item.name}: {len(vm.disks)} disks on {vm.host}, {len(item.disks)} in the vault; none to compare"
        )
    disks = [path for path in vm.disks if not matches(path, policy.excluded_disks)]
    excused = [path for path in vm.disks if path not in disks]
    needed, held = _stems(disks), _stems(disk.name for disk in item.disks)
    expected = f"the disks of {vm.name} on {vm.host}: {', '.join(needed)}"
    what = f"replicated: {', '.join(held)}"
    # Nearly always they are the same, and counting takes longer than all the rest.
    fault = "" if needed == held else "; ".join(_differences(Counter(needed), Counter(held), Counter(_stems(excused))))
    if fault:
        return failed(f"{item.name}: {fault}; expected are {expected}", observed=what, expected=expected, facts=(vm,))
    return passed(f"{item.name}: {what}", observed=what, expected=expected, facts=(vm,))


def _differences(needed: Counter[str], held: Counter[str], excused: Counter[str]) -> list[str]:
    """Disks that only one side has. Names repeat when disks lie in different folders, so they are counted."""
    lost = sorted((needed - held).elements())
    gone = sorted((held - needed - excused).elements())
    return [f"{one} is not replicated" for one in lost] + [f"{one} is not on the VM" for one in gone]


def _machine(item: ProtectedItem, topology: Topology) -> HyperVVm:
    """The VM itself, never a replica of it."""
    found = running(topology, item.vm_id)
    if not found:
        topology.require(HyperVVm)
        raise Unknown(f"{item.name}: no Hyper-V host that was asked has VM {item.vm_id}")
    if len({one.disks for one in found}) > 1:
        raise Unknown(f"{item.name}: {' and '.join(one.host for one in found)} disagree about the disks of its VM")
    return found[0]


def _stems(paths: Iterable[str]) -> list[str]:
    """File names without folder, extension and checkpoint suffix, in order."""
    names = (path.lower().replace("/", "\\").rpartition("\\")[2] for path in paths)
    return sorted(CHECKPOINT.sub("", EXTENSION.sub("", name)) for name in names)
