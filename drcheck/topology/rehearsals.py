"""Which drills speak for an application, and who took part in them?"""

from drcheck.topology.base import Topology
from drcheck.topology.declared import Application
from drcheck.topology.drills import DrillProbe, DrillRecord, DrillReview
from drcheck.topology.workload import machines_of

DRILLED = ("site-recovery", "hyperv-replica")
"""Methods of protection that have a test failover."""
TEST_FAILOVERS = ("hyperv-replica", "protected-item", "recovery-plan", "rehearsal")
"""Kinds of drills that bring machines up from their copies. Whatever else people record, a table-top exercise above
all, shows nothing of that."""
BASELINE = "baseline"
"""The kind of probe that reads how a guest is set up."""
SWITCHOVER = "planned-switchover"
"""The kind of a record about a real failover that was planned; drcheck itself never makes one."""


def rehearsals_of(topology: Topology, application: Application) -> tuple[DrillRecord, ...]:
    """Test failovers with a machine of the application, as far as VMM was seen to have any; the oldest first."""
    return topology.memo(("rehearsals", application.key), lambda: _rehearsals(topology, application))


def _rehearsals(topology: Topology, application: Application) -> tuple[DrillRecord, ...]:
    held = topology.memo("drills by machine in order", lambda: _by_machine(topology))
    found = {place: one for vm in machines_of(topology, application) for place, one in held.get(vm.key, ())}
    return tuple(found[place] for place in sorted(found))


def newest_by_target(records: tuple[DrillRecord, ...]) -> tuple[DrillRecord, ...]:
    """The last record of each target, by target."""
    newest = {one.target: one for one in records}
    return tuple(newest[target] for target in sorted(newest))


def machines_in(record: DrillRecord) -> set[str]:
    """Ids of the machines that took part."""
    return {*record.vm_ids, record.target}


def baselines(topology: Topology) -> dict[str, tuple[DrillRecord, DrillProbe]]:
    """By machine: the newest drill with a ``baseline`` probe of it, and that probe."""
    return topology.memo("baselines of guests", lambda: _baselines(topology))


def executors_of(topology: Topology, record: DrillRecord) -> tuple[str, ...]:
    """Who held a drill: by the review, where one names people, else by the record."""
    review = topology.get(DrillReview, record.key)
    return review.executors if review and review.executors else record.executors


def _baselines(topology: Topology) -> dict[str, tuple[DrillRecord, DrillProbe]]:
    return {
        probe.vm_id: (record, probe)
        for record in sorted(topology.seen(DrillRecord), key=lambda one: (one.started, one.key))
        for probe in record.probes or ()
        if probe.kind == BASELINE and probe.vm_id
    }


def _by_machine(topology: Topology) -> dict[str, list[tuple[int, DrillRecord]]]:
    """The test failovers that a machine took part in, each with its place among all of them, the oldest first."""
    held: dict[str, list[tuple[int, DrillRecord]]] = {}
    for place, record in enumerate(sorted(topology.seen(DrillRecord), key=lambda one: (one.started, one.key))):
        if record.drill_kind in TEST_FAILOVERS:
            for machine in machines_in(record):
                held.setdefault(machine, []).append((place, record))
    return held
