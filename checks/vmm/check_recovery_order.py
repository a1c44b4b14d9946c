"""Does the declared sequence bring back SQL, then VMM, then the workloads?"""

from collections import Counter
from collections.abc import Iterator, Mapping

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed
from drcheck.topology.base import Topology, same_host
from drcheck.topology.declared import SequenceStep
from drcheck.topology.site_recovery import RecoveryPlan
from drcheck.topology.vmm import VmmServer
from drcheck.verdict import Severity

EXPECTED = "steps with owner and minutes: remote SQL, then VMM by hand, then every recovery plan"
LOCAL_NAMES = ("localhost", ".", "(local)")


@check(
    "DR-VMM-005",
    "The declared recovery sequence brings back SQL, then VMM, before any recovery plan",
    severity=Severity.CRITICAL,
    why=(
        "Nobody but a person starts the replica of the VMM server, and VMM does not start without its database. A "
        "plan that is run before both are up fails over nothing, and the minutes lost are missing from every "
        "calculated recovery time."
    ),
    source=(
        "Microsoft, Deployment considerations for VMM and Site Recovery (2016), recovery steps 1, 2 and 4 and the "
        "remark on a remote SQL Server"
    ),
    remedy=(
        "In estate.yaml under `sequence`, put the `sql` step (when the database is on another machine) before the "
        "`vmm` step with `manual: true`, and every `plan` step after it; give each an owner and minutes."
    ),
    controls=("NIST SP 800-53 CP-2", "NIST SP 800-53 CP-10", "ISO 22301 8.4.4", "DORA Art. 11(3)"),
)
def check_recovery_order(server: VmmServer, topology: Topology) -> Outcome:
    """Compare the numbers of the declared steps with what VMM's database and the vaults make necessary."""
    if server.highly_available:
        raise NotApplicable(f"{server.name} is highly available and fails over by itself")
    steps = topology.all(SequenceStep)
    wrong = list(_faults(server, topology, steps))
    if wrong:
        what = "; ".join(wrong)
        return failed(f"{server.name}: {what}", observed=what, expected=EXPECTED, facts=steps)
    if not server.database_server:
        raise Unknown(f"{server.name} does not tell where its database is")
    topology.require(RecoveryPlan)
    _require_clear(topology, steps)
    what = " -> ".join(f"{step.number} {step.action} {step.target}" for step in steps)
    return passed(f"{server.name}: {what}", observed=what, expected=EXPECTED, facts=steps)


def _faults(server: VmmServer, topology: Topology, steps: tuple[SequenceStep, ...]) -> Iterator[str]:
    mine = next((step for step in steps if step.action == "vmm" and _means(step, server)), None)
    if mine is None:
        yield "no step of the declared sequence brings back this VMM server"
        return
    if not mine.manual:
        yield f"step {mine.number} is not declared as manual, but nothing starts a standalone VMM server by itself"
    yield from _sql_faults(server, steps, mine)
    runs = topology.memo("first step of each plan", lambda: _first_runs(steps))
    for plan in topology.seen(RecoveryPlan):
        yield from _plan_faults(plan, runs, mine)
    for step in steps:
        if not step.owner.strip() or step.minutes <= 0:
            yield f"step {step.number} ({step.action} {step.target}) has no owner or no time budget"


def _sql_faults(server: VmmServer, steps: tuple[SequenceStep, ...], mine: SequenceStep) -> Iterator[str]:
    machine = server.database_server
    if not machine or machine in LOCAL_NAMES or same_host(machine, server.host):
        return
    numbers = [step.number for step in steps if step.action == "sql" and _means_database(step, server)]
    if not numbers:
        yield f"its database is on {machine}, and no sql step names {machine} or {server.database_name}"
    elif min(numbers) > mine.number:
        yield f"the database on {machine} comes back in step {min(numbers)}, after VMM in step {mine.number}"


def _require_clear(topology: Topology, steps: tuple[SequenceStep, ...]) -> None:
    """Raise ``Unknown`` where a step names several plans: vaults do not know of each other's names."""
    called = Counter(plan.name.lower() for plan in topology.seen(RecoveryPlan))
    runs = _first_runs(steps)
    for plan in topology.seen(RecoveryPlan):
        if called[plan.name.lower()] > 1 and plan.key not in runs:
            raise Unknown(f"{called[plan.name.lower()]} recovery plans are called {plan.name}: name each by its id")


def _first_runs(steps: tuple[SequenceStep, ...]) -> dict[str, int]:
    """The number of the first step that runs a plan, by what the step calls it."""
    runs: dict[str, int] = {}
    for step in steps:
        if step.action == "plan":
            name = step.target.lower()
            runs[name] = min(step.number, runs.get(name, step.number))
    return runs


def _plan_faults(plan: RecoveryPlan, runs: Mapping[str, int], mine: SequenceStep) -> Iterator[str]:
    numbers = [runs[name] for name in (plan.name.lower(), plan.key) if name in runs]
    if not numbers:
        yield f"recovery plan {plan.name} is in no step"
    elif min(numbers) < mine.number:
        yield f"recovery plan {plan.name} is run in step {min(numbers)}, before VMM is back in step {mine.number}"


def _means(step: SequenceStep, server: VmmServer) -> bool:
    target = step.target.lower()
    if target in (server.vm_id, server.name.lower()):
        return True
    return any(same_host(target, name) for name in (server.key, server.host))


def _means_database(step: SequenceStep, server: VmmServer) -> bool:
    """A step names the machine, the instance on it, or the database."""
    target = step.target.lower()
    machine = target.partition("\\")[0].partition("/")[0]
    return same_host(machine, server.database_server) or target == server.database_name.lower()
