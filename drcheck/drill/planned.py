"""What would a drill do, and what stands against it now? Looked at, judged and announced; nothing is changed."""

from collections.abc import Iterator
from datetime import datetime

from msgspec import Struct, structs

from drcheck.drill import Context, Failover
from drcheck.drill.engine import TROUBLE, kind_named
from drcheck.drill.evidence.record import DOES_NOT_PROVE, PROVES
from drcheck.drill.holder import holder
from drcheck.drill.planning.announcement import CLEAN_UP, JUDGE, LEASE, PROVE, RECORD, RELEASE, Announced, Call, Stage
from drcheck.drill.planning.estimate import Estimate
from drcheck.drill.planning.permission import told
from drcheck.drill.readiness import readiness
from drcheck.estate import DrillSpec
from drcheck.estate.drill_spec import ImpactSpec, Limits, People, ScenarioSpec
from drcheck.topology.base import Unknown
from drcheck.verdict import Subject

WATCH, DURING = "meanwhile", "inventory during"
LEAK = ("isolation", "the work ends at its next pause, the copies are removed, DR-NET-004 fails")
RED = ("probe", "a mandatory probe that never turns green: the copies are removed, the drill fails")
DEADLINE = ("deadline", "the work ends at its next pause, the copies are removed, the drill fails")
REHEARSED = {
    "probe": ("probe", "a mandatory probe that never turns green: the parts beside it end too, no group follows"),
    "rpo": ("rpo", "data older than a part may lose: the parts beside it end too, no group follows"),
}
"""What ends a rehearsal early, by its own choice."""


class DrillPlan(Struct, frozen=True, kw_only=True):
    """Everything that a drill would do, in order. Moments are UTC."""

    name: str
    kind: str
    at: datetime
    """When what stands against it was judged."""
    as_of: datetime
    """When what it was judged by was read."""
    file: str = ""
    sha256: str = ""
    subject: Subject | None = None
    network: str = ""
    machines: int = 0
    """How many it brings up."""
    rto_seconds: int | None = None
    rpo_seconds: int | None = None
    """What was promised."""
    decision_seconds: int = 0
    """Counted before everything else, where the clock starts with the decision."""
    limits: Limits = Limits()
    people: People = People()
    out_of_scope: tuple[tuple[str, str], ...] = ()
    scenario: ScenarioSpec | None = None
    scenarios: tuple[str, ...] = ()
    business_impact: ImpactSpec | None = None
    """Where the targets come from."""
    authorisation: str = ""
    executor: str = ""
    refused: tuple[str, ...] = ()
    """Why it would not be held now."""
    stages: tuple[Stage, ...] = ()
    estimates: tuple[Estimate, ...] = ()
    ends: datetime | None = None
    """When it would be over if it began now, clean-up included."""
    deadline: datetime | None = None
    aborts: tuple[tuple[str, str], ...] = ()
    proves: str = PROVES
    does_not_prove: str = DOES_NOT_PROVE
    by_hand: tuple[str, ...] = ()
    """Steps of people, with who does them and how long they take."""


def planned(spec: DrillSpec, context: Context) -> DrillPlan:
    """The plan of one drill; a drill that cannot be prepared has no stages, and the reason is what refuses it."""
    bare = DrillPlan(
        name=spec.name,
        kind=spec.kind,
        at=context.now(),
        as_of=context.topology.as_of,
        file=str(spec.file or ""),
        sha256=spec.sha256,
        network=spec.network_name,
        authorisation=told(spec),
        executor=holder(),
        rto_seconds=spec.rto_seconds,
        rpo_seconds=spec.rpo_seconds,
        decision_seconds=spec.decision_seconds if spec.t0 == "decision" else 0,
        limits=spec.limits,
        people=spec.people,
        out_of_scope=spec.out_of_scope,
        scenario=spec.scenario,
        scenarios=spec.scenarios,
        business_impact=spec.business_impact,
        by_hand=tuple(_by_hand(spec)),
    )
    try:
        return _planned(bare, spec, kind_named(spec.kind).prepare(spec, context), context)
    except TROUBLE as error:
        return structs.replace(bare, refused=(str(error),))


def _planned(bare: DrillPlan, spec: DrillSpec, failover: Failover, context: Context) -> DrillPlan:
    ready = readiness(spec, failover, context, bare.executor)
    return structs.replace(
        bare,
        subject=failover.subject,
        refused=(*ready.refused, *_unsafe(failover), *ready.short),
        stages=tuple(_stages(ready.announced, _asked(failover))),
        estimates=ready.estimates,
        ends=ready.times.end,
        deadline=ready.deadline,
        machines=sum(load.machines for load in failover.loads()),
        aborts=tuple(_aborts(spec, limited=ready.deadline is not None)),
    )


def _aborts(spec: DrillSpec, *, limited: bool) -> Iterator[tuple[str, str]]:
    yield LEAK
    if spec.groups:
        yield from (REHEARSED[rule] for rule in spec.abort_on)
    else:
        yield RED
    if limited:
        yield DEADLINE


def _unsafe(failover: Failover) -> Iterator[str]:
    """What the drill itself would find when it looks, in the same words."""
    try:
        yield from (f"not isolated: {leak}" for leak in failover.leaks())
        yield from failover.refusals()
    except TROUBLE as error:
        yield f"could not be judged: {error.reason if isinstance(error, Unknown) else error}"


def _asked(failover: Failover) -> tuple[Call, ...]:
    """What is asked of canaries."""
    return tuple(call for prober in failover.canaries() for call in prober.announced())


def _stages(announced: Announced, canaries: tuple[Call, ...]) -> Iterator[Stage]:
    """In the order in which the engine calls them."""
    yield Stage(name=JUDGE, calls=announced.judge)
    yield Stage(name=LEASE, calls=(*announced.lease, *announced.judge))
    yield Stage(name=RECORD, calls=announced.inventory)
    if canaries:
        yield Stage(name=PROVE, calls=canaries)
    yield from announced.work
    again = tuple(structs.replace(call, often="every minute, while copies run") for call in canaries)
    yield Stage(name=WATCH, calls=(*announced.watch, *again), together=True)
    if announced.inventory:
        yield Stage(name=DURING, calls=announced.inventory)
    yield Stage(name=CLEAN_UP, calls=announced.clean_up, together=announced.side_by_side)
    release = (*announced.inventory, *announced.release)
    yield Stage(name=RELEASE, calls=release, together=announced.side_by_side)


def _by_hand(spec: DrillSpec) -> Iterator[str]:
    for step in spec.human:
        first = "before everything" if spec.kind == "rehearsal" else "when all probes are green"
        after = f"after {step.after}" if step.after else first
        how = "confirmed by a person, else as declared" if step.confirm else "as declared"
        yield f"{step.name} ({step.owner}), {after}: {step.seconds} s, {how}"
