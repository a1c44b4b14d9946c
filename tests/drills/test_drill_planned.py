"""Does a drill do what its plan has announced, and nothing else? Held against what a simulated estate was told."""

import json
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

import pytest
from msgspec.structs import replace

from drcheck.drill import Context
from drcheck.drill.engine import kinds, run
from drcheck.drill.planned import DrillPlan, planned
from drcheck.drill.planning.announcement import PROVE, Call, Stage
from drcheck.estate import DrillSpec, ProbeSpec
from drcheck.estate.drill_schema import ONLY_PARTS
from drcheck.lab.heard import nameless
from drcheck.lab.telling.building import vm_named
from drcheck.permissions.azure import SUBSCRIPTION, VAULT
from drcheck.permissions.needed import looked_at
from drcheck.query import ArmRead, Cmdlet
from drcheck.topology.base import Target
from tests.drills.conftest import Stage as Theatre
from tests.drills.conftest import Stages
from tests.drills.rehearsing import rehearsal

PLAN, REPLICA = "payments-plan", "vmm-first"
MIRROR = "journal.mirror"

Order = tuple[str, str]


def copies(what: str) -> bool:
    """Is it one of the copies of the journal, which are written all the time?"""
    return what == MIRROR or "/journals/" in what


def said(call: Call) -> Order:
    """An order as the lab would note it; a name in braces is known only later."""
    return (call.on, call.verb) if call.verb else (call.method, call.path.lower())


def shaped(order: Order) -> Order:
    """An order without names of jobs, which nobody can announce."""
    where, what = order
    path = what.partition("?")[0].lower()
    return (where, nameless(path) if "/replicationjobs/" in path else path)


def of_canary(order: Order) -> bool:
    """Canaries are asked beside the work as well, at any moment."""
    return order[1] == "hyperv.canary.tcp" or "vm-canary" in order[1].lower()


def told(theatre: Theatre) -> list[Order]:
    """What the lab was told to do, in order; what was said again and again counts once."""
    heard = theatre.world.heard.orders
    orders = [shaped(order) for order in heard if not copies(order[1]) and not of_canary(order)]
    return [order for at, order in enumerate(orders) if at == 0 or order != orders[at - 1]]


def orders_of(stage: Stage) -> list[Call]:
    mine = [call for call in stage.calls if call.changes and not of_canary(said(call))]
    return [call for call in mine if not copies(call.verb or call.path)]


def blocks(plan: DrillPlan) -> Iterator[tuple[bool, list[Call]]]:
    """Orders that follow each other, or that may come in any order."""
    for _, stages in groupby(plan.stages, key=lambda one: one.group):
        listed = list(stages)
        if len({stage.part for stage in listed}) > 1:
            yield True, [call for stage in listed for call in orders_of(stage)]
            continue
        for stage in listed:
            yield stage.together, orders_of(stage)


def agree(plan: DrillPlan, orders: Sequence[Order]) -> Iterator[str]:
    """Where a drill was another than its plan; nothing when it was not."""
    left = list(orders)
    for together, calls in blocks(plan):
        if together:
            allowed, done = {shaped(said(call)) for call in calls}, set()
            while left and left[0] in allowed:
                done.add(left.pop(0))
            must = {shaped(said(call)) for call in calls if not call.only_if}
            yield from (f"announced and never done: {order}" for order in must - done)
            continue
        for call in calls:
            if left[:1] == [shaped(said(call))]:
                left.pop(0)
            elif not call.only_if:
                yield f"announced and not done then: {said(call)}; done: {left[:1]}"
    yield from (f"done and never announced: {order}" for order in left)


def announced_reads(plan: DrillPlan) -> set[tuple[str, ...]]:
    """Every question of a plan: a GET, or a query of the collector."""
    calls = [call for stage in plan.stages for call in stage.calls]
    found: set[tuple[str, ...]] = {(nameless(call.path), call.api_version) for call in calls if call.method == "GET"}
    for query in (use.query for call in calls for use in looked_at(call)):
        if isinstance(query, ArmRead):
            root = {"{vault}": VAULT, "{subscription}": SUBSCRIPTION}
            first, slash, rest = query.path.partition("/")
            found.add((nameless(root.get(first, first) + slash + rest), query.api_version))
        elif isinstance(query, Cmdlet):
            found.add((query.module, query.cmdlet))
    return found


def reads(theatre: Theatre) -> set[tuple[str, ...]]:
    """What the lab was asked, but for blobs, whose calls are orders."""
    heard = theatre.world.heard
    asked = [json.loads(query) for query in heard.queries]
    calls: set[tuple[str, ...]] = {(path, version) for method, path, version in heard.calls if method == "GET"}
    return calls | {(query["module"], query["cmdlet"]) for query in asked if query["type"] == "cmdlet"}


def sentinel(spec: DrillSpec, vm: str) -> DrillSpec:
    """The drill with a sentinel, which its machine does not write: production is asked for its time all the same."""
    probe = ProbeSpec(kind="sentinel", vm=vm, path=r"C:\drcheck\sentinel.csv", mandatory=False, seconds=1, attempts=1)
    return replace(spec, probes=(*spec.probes, probe))


DRILLS: dict[str, Callable[[Theatre], DrillSpec]] = {
    "protected-item": lambda stage: replace(
        sentinel(stage.spec(PLAN), ""), name="item", kind="protected-item", item="PAY-WEB01"
    ),
    "rehearsal of hyperv-replica and recovery-plan": lambda stage: rehearsal(
        ("one", [sentinel(stage.spec(REPLICA), "")]), ("two", [sentinel(stage.spec(PLAN), "PAY-APP01")])
    ),
}


@pytest.fixture(scope="module")
def shared(one_stage_each: Stages) -> Theatre:
    """One lab for drills that leave nothing behind."""
    return one_stage_each(speed=3000)


@pytest.fixture(scope="module")
def context(shared: Theatre) -> Context:
    """What was found before the first drill, on the hosts that run the machines with a sentinel as well."""
    running = {vm_named(shared.world, name).host for name in ("VMM01", "PAY-WEB01", "PAY-APP01")}
    production = tuple(Target(role="hyperv", endpoint=host) for host in sorted(running))
    return shared.context(shared.look((*shared.targets, *production)))


def test_every_kind_of_failover_is_held_against_its_plan() -> None:
    """But for availability groups, of which nothing is ever started."""
    assert {kind for kind in kinds() if any(kind in name for name in DRILLS)} == set(kinds()) - set(ONLY_PARTS)


@pytest.mark.parametrize("kind", sorted(DRILLS))
def test_a_drill_orders_what_its_plan_announced_in_that_order(shared: Theatre, context: Context, kind: str) -> None:
    spec = DRILLS[kind](shared)
    shared.world.heard.orders.clear()
    plan = planned(spec, replace(context, look=lambda *_: context.topology))
    assert plan.refused == ()
    assert shared.world.heard.orders == []
    shared.world.heard.queries.clear()
    shared.world.heard.calls.clear()
    assert run(spec, context).trouble == ()
    assert list(agree(plan, told(shared))) == []
    first = [order for order in map(shaped, shared.world.heard.orders) if of_canary(order)][:1]
    proving = next(stage for stage in plan.stages if stage.name == PROVE)
    assert first == [shaped(said(proving.calls[0]))]
    assert reads(shared) - announced_reads(plan) == set()
