"""Does a recovery plan start machines after the ones they need?"""

from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed
from drcheck.topology.base import Topology
from drcheck.topology.declared import Application, SequenceStep
from drcheck.topology.membership import application_of
from drcheck.topology.plan_state import require_groups
from drcheck.topology.site_recovery import ProtectedItem, RecoveryPlan
from drcheck.verdict import Severity

EXPECTED = "what an application depends on starts in an earlier group, an earlier step, or runs at all times"


@check(
    "DR-PLN-004",
    "The order of a recovery plan's groups satisfies the declared dependencies",
    severity=Severity.HIGH,
    why=(
        "Groups are the only order that Site Recovery keeps, and nothing compares them with what applications need. "
        "A service that starts before its database or its domain controller fails in ways that cost the most time "
        "when there is least."
    ),
    source="Microsoft, Create and customize recovery plans; Microsoft, Set up disaster recovery for Active Directory",
    remedy=(
        "Move the machines that others depend on to an earlier group of the plan (vault > Recovery Plans > "
        "Customize), or run their plan in an earlier step of `sequence` in estate.yaml."
    ),
    controls=("NIST SP 800-53 CP-2", "NIST SP 800-53 CP-10", "DORA Art. 11(3)"),
)
def check_dependency_order(plan: RecoveryPlan, topology: Topology) -> Outcome:
    """Compare groups inside the plan, declared steps between plans; dependencies that form a circle have no order."""
    if not plan.groups:
        raise Unknown(f"{plan.name} was read without its groups; only the plan's own GET has them")
    declared = topology.memo("applications by name", lambda: {one.name: one for one in topology.seen(Application)})
    placed = _placed(plan, topology)
    edges = [(name, need) for name in sorted(placed) for need in declared[name].depends_on]
    circle = _circle(declared, placed)
    seen = [f"the dependencies go in a circle: {circle}"] if circle else []
    seen += [fault for name, need in edges for fault in _inside(placed, name, need)]
    if seen:
        what = "; ".join(seen)
        return failed(f"{plan.name}: {what}; allowed: {EXPECTED}", observed=what, expected=EXPECTED)
    _resolve(plan, topology)
    if not edges:
        raise NotApplicable(f"no application in {plan.name} depends on another")
    return _across(plan, topology, edges, placed)


def _placed(plan: RecoveryPlan, topology: Topology) -> dict[str, set[int]]:
    """In which groups of the plan each application has machines, as far as its items were seen."""
    return topology.memo(("placed", plan.key), lambda: _places(plan, topology))


def _places(plan: RecoveryPlan, topology: Topology) -> dict[str, set[int]]:
    placed: dict[str, set[int]] = {}
    for number, group in enumerate(plan.groups, start=1):
        for key in group.items:
            item = topology.get(ProtectedItem, key)
            owner = application_of(topology, item.vm_id, item.name) if item else None
            if owner:
                placed.setdefault(owner.name, set()).add(number)
    return placed


def _resolve(plan: RecoveryPlan, topology: Topology) -> None:
    """Raise Unknown while some machine of the plan could belong to any application."""
    missing = [key for key in sorted(plan.items) if topology.get(ProtectedItem, key) is None]
    if missing:
        topology.require(ProtectedItem)
        raise Unknown(f"{plan.name} names items that the vault does not list: {', '.join(missing[:3])}")


def _circle(declared: Mapping[str, Application], placed: Mapping[str, set[int]]) -> str:
    """A circle that an application of this plan leads into; empty when there is none."""
    reached: dict[str, tuple[str, ...]] = {}
    waiting = sorted(placed)
    while waiting:
        name = waiting.pop()
        if name in declared and name not in reached:
            reached[name] = declared[name].depends_on
            waiting.extend(reached[name])
    try:
        TopologicalSorter(reached).prepare()
    except CycleError as error:
        # graphlib lists each application before the one that needs it
        return " needs ".join(reversed(error.args[1]))
    return ""


def _inside(placed: Mapping[str, set[int]], name: str, need: str) -> Iterator[str]:
    """What is wrong within the plan. The same group gives no order: its machines start together."""
    if need in placed and max(placed[need]) >= min(placed[name]):
        yield (
            f"{name} starts in group {min(placed[name])}, but needs {need}, which is not complete before "
            f"group {max(placed[need])}"
        )


def _across(
    plan: RecoveryPlan, topology: Topology, edges: list[tuple[str, str]], placed: Mapping[str, set[int]]
) -> Outcome:
    """Needs that are not in this plan must come earlier by declaration. All plans must be known to say so."""
    outside = sorted({(name, need) for name, need in edges if not _always_on(topology, need)})
    if outside:
        require_groups(topology)
        topology.require(ProtectedItem)
    wrong = [fault for name, need in outside for fault in _elsewhere(plan, topology, name, need, need in placed)]
    if wrong:
        what = "; ".join(wrong)
        return failed(f"{plan.name}: {what}; allowed: {EXPECTED}", observed=what, expected=EXPECTED)
    what = ", ".join(f"{need} before {name}" for name, need in sorted(edges))
    return passed(f"{plan.name}: {what}", observed=what, expected=EXPECTED)


def _elsewhere(plan: RecoveryPlan, topology: Topology, name: str, need: str, inside: bool) -> Iterator[str]:  # noqa: FBT001
    application = topology.get(Application, need)
    if application is None:
        yield f"{name} needs {need}, which no application is called"
        return
    if application.method == "availability-group":
        return
    mine = _step(topology, ("plan",), (plan.name, plan.key))
    holding = topology.memo("plans by application", lambda: _holding(topology))
    others = [one for one in holding.get(need, ()) if one.key != plan.key]
    numbers = [_step(topology, ("plan",), (one.name, one.key)) for one in others]
    if application.method == "hyperv-replica":
        numbers.append(_step(topology, ("manual", "vmm", "sql"), (need,)))
    if not numbers and not inside:
        yield f"{name} needs {need}, which no recovery plan brings back"
    for number in numbers:
        if mine is None or number is None or number >= mine:
            yield f"{name} needs {need}, which no declared step brings back before step {mine or 'none'} ({plan.name})"


def _holding(topology: Topology) -> dict[str, list[RecoveryPlan]]:
    """The plans in which each application has machines."""
    found: dict[str, list[RecoveryPlan]] = {}
    for plan in topology.seen(RecoveryPlan):
        for name in _placed(plan, topology):
            found.setdefault(name, []).append(plan)
    return found


def _always_on(topology: Topology, name: str) -> bool:
    application = topology.get(Application, name)
    return application is not None and application.always_on


def _step(topology: Topology, actions: tuple[str, ...], names: tuple[str, ...]) -> int | None:
    """The number of the step that runs this target; ``None`` when no step does."""
    topology.require(SequenceStep)
    first = topology.memo("first steps", lambda: _first_steps(topology))
    numbers = (first.get((action, name.lower())) for action in actions for name in names)
    return min((number for number in numbers if number is not None), default=None)


def _first_steps(topology: Topology) -> dict[tuple[str, str], int]:
    """The number of the first step of each action with each target."""
    first: dict[tuple[str, str], int] = {}
    for step in topology.seen(SequenceStep):
        place = step.action, step.target.lower()
        first[place] = min(step.number, first.get(place, step.number))
    return first
