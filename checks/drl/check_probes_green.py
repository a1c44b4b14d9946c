"""Did the newest drill show that an application works, and not only that its machines boot?"""

from collections.abc import Iterable, Sequence

from msgspec import structs

from drcheck.check import NotApplicable, Outcome, Unknown, check
from drcheck.drilled import PROBES, judge_probes, require_machines, require_rehearsals
from drcheck.topology.base import Topology
from drcheck.topology.declared import Application
from drcheck.topology.drills import DrillProbe, DrillRecord
from drcheck.topology.rehearsals import newest_by_target, rehearsals_of
from drcheck.topology.vmm import VmmVm
from drcheck.topology.workload import machines_of

DEMANDING = 2
"""The last tier whose applications need a probe that asks more than whether a machine boots."""


@check(
    PROBES.id,
    PROBES.title,
    severity=PROBES.severity,
    why="A heartbeat proves a kernel. Nobody is back at work before the service answers, and only a probe asks it.",
    source="NIST SP 800-53A Rev. 5, CP-4 (test results); SOC 2 A1.3 (recovery plan procedures are tested)",
    remedy=PROBES.remedy,
    controls=PROBES.controls,
)
def check_probes_green(application: Application, topology: Topology) -> Outcome:
    """Look at the probes on the application's own machines, in the newest drill of each target that tried any.

    A probe that was never green fails, skipped ones too. Up to tier 2 one of them must look at a service, port or
    query. What a script looks at inside the machine is not judged.
    """
    require_rehearsals(application, topology)
    held = tuple(one for one in rehearsals_of(topology, application) if one.probes != () or one.verdict == "PASS")
    newest = newest_by_target(held)
    tried = list(_tried(newest, machines_of(topology, application)))
    demanding = application.tier <= DEMANDING
    outcome = judge_probes(application.name, tried, functional=demanding)
    red = any(probe.mandatory and probe.green_seconds is None for probe in tried)
    if not red:
        require_machines(application, topology)
        _require_told(application, newest)
        if not tried and not demanding:
            raise NotApplicable(f"{application.name} is of tier {application.tier}, and no drill probes its machines")
    return structs.replace(outcome, facts=newest)


def _require_told(application: Application, records: tuple[DrillRecord, ...]) -> None:
    if not records:
        raise NotApplicable(f"{application.name}: no drill was held; DR-DRL-001 judges that")
    silent = [record.name for record in records if record.probes is None]
    if silent:
        raise Unknown(f"{application.name}: the record of {', '.join(silent)} does not tell of its probes")


def _tried(records: Iterable[DrillRecord], machines: Sequence[VmmVm]) -> Iterable[DrillProbe]:
    """Probes on these machines: by id, and by name only where a record tells no id."""
    names, ids = {vm.name.lower() for vm in machines}, {vm.key for vm in machines}
    for record in records:
        for probe in record.probes or ():
            if probe.vm_id in ids or (not probe.vm_id and probe.target.lower() in names):
                yield probe
