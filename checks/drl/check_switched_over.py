"""Was an application really switched over, where that is expected?"""

from datetime import UTC, datetime

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed
from drcheck.policy import Policy, human
from drcheck.topology.ages import Age, age_of
from drcheck.topology.base import Topology
from drcheck.topology.declared import Application
from drcheck.topology.drills import DrillRecord
from drcheck.topology.programme import RehearsalDuty
from drcheck.topology.rehearsals import SWITCHOVER, machines_in
from drcheck.topology.site_recovery import ProtectedItem
from drcheck.topology.vmm import VmmVm
from drcheck.topology.workload import machines_of
from drcheck.verdict import Severity


@check(
    "DR-DRL-101",
    "An application that has to be switched over for real was, in time",
    severity=Severity.HIGH,
    why=(
        "A test failover into an isolated network serves nobody. Some regulators ask for a switchover that people work "
        "on, because only that meets real names, real load and the way back."
    ),
    source="Regulation (EU) 2022/2554 (DORA), Art. 11(6); Delegated Regulation (EU) 2024/1774, Art. 25(2)",
    remedy=(
        "Plan a switchover with the application's owner, hold it by hand (drcheck never fails over for real), and "
        "record it with the kind planned-switchover (docs/drills.md)."
    ),
    controls=("NIST SP 800-53 CP-4", "DORA Art. 11(6)"),
)
def check_switched_over(application: Application, topology: Topology, policy: Policy) -> Outcome:
    """Find each machine's newest real failover that succeeded: a record, or Site Recovery's own memory of one.

    Site Recovery does not tell planned from unplanned ones; both were real. For an availability group the declared
    date of a planned switchover counts. Applications without a declared interval are not judged.
    """
    topology.require(RehearsalDuty)
    duty = topology.get(RehearsalDuty, application.key)
    if duty is None or duty.switchover_seconds is None:
        raise NotApplicable(f"nobody declared that {application.name} has to be switched over")
    limit = duty.switchover_seconds
    expected = f"a real switchover of every machine in the last {human(limit)}"
    ages = _ages(application, topology, policy)
    late = [(name, age) for name, age in ages if age is None or age.exceeds(limit)]
    if late:
        topology.require(DrillRecord)
        topology.require(ProtectedItem)
        what = "; ".join(f"{name} {_when(age)}" for name, age in late)
        return failed(f"{application.name}: {what}; allowed: {expected}", observed=what, expected=expected)
    topology.require(VmmVm)
    if not ages:
        raise Unknown(f"{application.name}: no VM that VMM knows belongs to it")
    what = "; ".join(f"{name} {_when(age)}" for name, age in ages)
    return passed(f"{application.name}: {what}; allowed: {expected}", observed=what, expected=expected, tested=True)


def _ages(application: Application, topology: Topology, policy: Policy) -> list[tuple[str, Age | None]]:
    if application.method == "availability-group":
        drilled = application.drilled if application.drill_method == SWITCHOVER else None
        moment = datetime(drilled.year, drilled.month, drilled.day, tzinfo=UTC) if drilled else None
        return [(application.name, age_of(topology, moment, "estate", policy.clock_skew_max) if moment else None)]
    records = [
        one for one in topology.where(DrillRecord, "drill_kind", SWITCHOVER) if one.succeeded
    ]  # fmt: skip
    found: list[tuple[str, Age | None]] = []
    for vm in machines_of(topology, application):
        moments = [(one.finished, one.seen.endpoint) for one in records if vm.key in machines_in(one)]
        moments += [
            (item.last_failover, item.seen.endpoint)
            for item in topology.where(ProtectedItem, "vm_id", vm.key)
            if item.last_failover is not None
        ]
        ages = [age_of(topology, when, endpoint, policy.clock_skew_max) for when, endpoint in moments]
        found.append((vm.name, min(ages, key=lambda age: age.seconds, default=None)))
    return found


def _when(age: Age | None) -> str:
    return "was never switched over" if age is None else f"was switched over {human(age.seconds)} ago"
