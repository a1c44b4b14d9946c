"""Which drills speak for an application, and who took part in them?"""

from drcheck.topology.base import Topology
from drcheck.topology.declared import Application
from drcheck.topology.drills import DrillRecord, DrillReview
from drcheck.topology.workload import machines_of

DRILLED = ("site-recovery", "hyperv-replica")
"""Methods of protection that have a test failover."""
SWITCHOVER = "planned-switchover"
"""The kind of a record about a real failover that was planned; drcheck itself never makes one."""


def rehearsals_of(topology: Topology, application: Application) -> tuple[DrillRecord, ...]:
    """Test failovers with a machine of the application, as far as VMM was seen to have any; the oldest first."""
    machines = {vm.key for vm in machines_of(topology, application)}
    return tuple(one for one in _in_order(topology) if machines & machines_in(one) and one.drill_kind != SWITCHOVER)


def newest_by_target(records: tuple[DrillRecord, ...]) -> tuple[DrillRecord, ...]:
    """The last record of each target, by target."""
    newest = {one.target: one for one in records}
    return tuple(newest[target] for target in sorted(newest))


def machines_in(record: DrillRecord) -> set[str]:
    """Ids of the machines that took part."""
    return {*record.vm_ids, record.target}


def executors_of(topology: Topology, record: DrillRecord) -> tuple[str, ...]:
    """Who held a drill: by the review, where one names people, else by the record."""
    review = topology.get(DrillReview, record.key)
    return review.executors if review and review.executors else record.executors


def _in_order(topology: Topology) -> tuple[DrillRecord, ...]:
    def ordered() -> tuple[DrillRecord, ...]:
        return tuple(sorted(topology.seen(DrillRecord), key=lambda one: (one.started, one.key)))

    return topology.memo("drills in order", ordered)
