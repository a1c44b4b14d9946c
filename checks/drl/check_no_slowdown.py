"""Do drills take longer than they used to?"""

from collections.abc import Iterator

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed
from drcheck.drilled import COMPARED, slowed, usual_seconds
from drcheck.policy import Policy, human
from drcheck.topology.base import Topology
from drcheck.topology.declared import Application
from drcheck.topology.drills import DrillRecord
from drcheck.topology.rehearsals import DRILLED, TEST_FAILOVERS
from drcheck.topology.vmm import VmmVm
from drcheck.topology.workload import machines_of
from drcheck.verdict import Severity


@check(
    "DR-DRL-006",
    "The newest drill was not much slower than those before it",
    severity=Severity.MEDIUM,
    why="A recovery that slows down from drill to drill breaks its target one day; the trend shows that in advance.",
    source="ISO 22301:2019, 9.1 (monitoring and evaluation); practice of recurring recovery tests",
    remedy=(
        "Compare the phases of the drill records (drills/<id>.json) and look into the one that grew: more machines in "
        "a group, slower storage, a new script."
    ),
    controls=("NIST SP 800-53 CP-4", "DORA Art. 13"),
)
def check_no_slowdown(application: Application, topology: Topology, policy: Policy) -> Outcome:
    """Hold the newest successful drill of each target against the median of the three before.

    The record's facts hold the recovery time as a whole; single phases are not compared.
    """
    if application.always_on or application.method not in DRILLED:
        raise NotApplicable(f"{application.name} has no test failover")
    topology.require(DrillRecord)
    percent = policy.drill_slowdown_percent
    expected = f"at most {percent:g} % above the median of the last {COMPARED}, or below half of the RTO"
    compared = list(_compared(application, topology))
    slow = [
        (newest, usual)
        for newest, usual in compared
        if slowed(_seconds(newest), usual, application.rto_seconds, percent)
    ]
    if slow:
        what = "; ".join(f"{newest.name} took {human(_seconds(newest))} after {human(usual)}" for newest, usual in slow)
        facts = tuple(newest for newest, _ in slow)
        return failed(f"{application.name}: {what}; allowed: {expected}", observed=what, expected=expected, facts=facts)
    topology.require(VmmVm)
    if not machines_of(topology, application):
        raise Unknown(f"{application.name}: no VM that VMM knows belongs to it")
    if not compared:
        raise NotApplicable(f"{application.name}: no two successful drills to compare")
    what = "; ".join(
        f"{newest.name} took {human(_seconds(newest))}, usually {human(usual)}" for newest, usual in compared
    )
    return passed(
        f"{application.name}: {what}; allowed: {expected}",
        observed=what,
        expected=expected,
        facts=tuple(newest for newest, _ in compared),
        tested=True,
    )


def _compared(application: Application, topology: Topology) -> Iterator[tuple[DrillRecord, float]]:
    """The newest drill of each target that has machines of the application, and the seconds that are usual."""
    held = topology.memo("newest drills by machine", lambda: _by_machine(topology))
    found = {target: one for vm in machines_of(topology, application) for target, one in held.get(vm.key, ())}
    for target in sorted(found):
        *earlier, newest = found[target]
        yield newest, usual_seconds([_seconds(one) for one in earlier])


def _by_machine(topology: Topology) -> dict[str, list[tuple[str, list[DrillRecord]]]]:
    """The targets, and their drills, in whose newest drill a machine took part; targets drilled once are left out."""
    held: dict[str, list[tuple[str, list[DrillRecord]]]] = {}
    for target, records in _histories(topology).items():
        if len(records) > 1:
            for machine in {target, *records[-1].vm_ids}:
                held.setdefault(machine, []).append((target, records))
    return held


def _histories(topology: Topology) -> dict[str, list[DrillRecord]]:
    histories: dict[str, list[DrillRecord]] = {}
    for record in sorted(topology.seen(DrillRecord), key=lambda one: (one.started, one.key)):
        if record.verdict == "PASS" and record.drill_kind in TEST_FAILOVERS and record.rto_seconds is not None:
            histories.setdefault(record.target, []).append(record)
    return histories


def _seconds(record: DrillRecord) -> float:
    return record.rto_seconds or 0.0
