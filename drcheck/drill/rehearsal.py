"""Can everything be recovered together? Many test failovers, group by group, as one drill on one clock.

Each part is a test failover of another kind. All are judged, and all leases are taken, before the first one starts;
whatever happens, all of them are cleaned up.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from math import ceil

from msgspec import structs

from drcheck.drill import Context, Failover, Prober, ProbeResult
from drcheck.drill.confirming import carry_out
from drcheck.drill.engine import kind_named
from drcheck.drill.journal import Journal, Mirror
from drcheck.drill.planning.announcement import Announced, Load
from drcheck.drill.rehearsed.announced import rehearsed
from drcheck.drill.rehearsed.application import groups_of
from drcheck.drill.rehearsed.crew import Crew, SharedLook, Task, Trouble
from drcheck.drill.rehearsed.critical_path import Course, Step, recovery_times
from drcheck.drill.rehearsed.mirrors import Mirrors
from drcheck.drill.rehearsed.part import RehearsedPart, contexts
from drcheck.drill.rehearsed.people import manual_steps, steps_of_people
from drcheck.drill.timing.losses import ESTIMATED, by_application
from drcheck.drill.timing.timeline import Timeline
from drcheck.errors import DrcheckError, DrillError, DrillFailed, IsolationLost, IsolationRefused
from drcheck.estate import DrillSpec, HumanStep, Limits
from drcheck.topology.base import Unknown
from drcheck.topology.drills import DrilledPlan
from drcheck.verdict import Measurement, Subject, Verdict

KIND = "rehearsal"
ARM_CALLS = ()
CLEAN_UP_SECONDS = 900
"""How much longer than everything else a lease lasts."""


def prepare(spec: DrillSpec, context: Context) -> Failover:
    """Prepare every part; where the drill names an application and no groups, whatever that needs."""
    if spec.application and not spec.groups:
        spec = structs.replace(spec, groups=groups_of(spec, context))
    names = [part.name for group in spec.groups for part in group.parts]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice or not names:
        raise DrillError(f"two parts are called {', '.join(twice)}" if twice else "it has no parts")
    crew, shared = Crew(spec.limits, context.wait), SharedLook(context.look)
    inner = contexts(context, crew, shared)
    parts, human = [], spec.human or manual_steps(context.topology)  # some may be manual actions of a plan
    for name, part in ((group.name, part) for group in spec.groups for part in group.parts):
        own, told = inner(part.name), structs.replace(part, human=human)
        failover = kind_named(_kind(part)).prepare(told, own)
        parts.append(RehearsedPart(name=part.name, group=name, spec=told, failover=failover, context=own))
    return Rehearsal(spec, context, parts, crew, shared)


def resume(identity: Mapping[str, str], context: Context) -> Failover:
    """The parts that a journal names."""
    crew, shared = Crew(Limits(), context.wait), SharedLook(context.look)
    inner = contexts(context, crew, shared)
    parts = []
    for name, own in _by_part(identity).items():
        failover = kind_named(own["kind"]).resume(own, inner(name))
        parts.append(RehearsedPart(name=name, group="", spec=None, failover=failover, context=inner(name)))
    return Rehearsal(DrillSpec(name=identity["name"], kind=KIND), context, parts, crew, shared)


def _kind(part: DrillSpec) -> str:
    if part.kind == KIND:
        raise DrillError(f"{part.name}: a rehearsal cannot be a part of another one")
    return part.kind


def _by_part(identity: Mapping[str, str]) -> Mapping[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for key, value in identity.items():
        name, slash, field = key.rpartition("/")
        if slash:
            found.setdefault(name, {})[field] = value
    return found


class Rehearsal:
    """Many test failovers as one.

    Args:
        spec: the drill.
        context: what it works with.
        parts: what it consists of, group by group.
        crew: works on several parts at once.
        shared: what the parts look with.
    """

    def __init__(
        self, spec: DrillSpec, context: Context, parts: Sequence[RehearsedPart], crew: Crew, shared: SharedLook
    ) -> None:
        self._spec = spec
        self._context = context
        self._parts = parts
        self._crew = crew
        self._shared = shared
        self._steps: list[Step] = []

    @property
    def subject(self) -> Subject:
        """The rehearsal, or rather what it is of."""
        application = self._spec.application
        return Subject(kind="rehearsal", key=self._spec.name, name=self._spec.name, application=application)

    def vm_ids(self) -> tuple[str, ...]:
        """All machines of all parts."""
        return tuple(sorted({vm_id for part in self._parts for vm_id in part.failover.vm_ids()}))

    def loads(self) -> tuple[Load, ...]:
        """Those of every part."""
        return tuple(load for part in self._parts for load in part.failover.loads())

    def announced(self) -> Announced:
        """Every call of every part, group by group."""
        leases = [part.name for part in sorted(self._parts, key=_lease_order)]
        return rehearsed(
            [(part.name, part.group, part.failover.subject.key, part.failover.announced()) for part in self._parts],
            leases=leases,
            people=self._steps_of_people(),
        )

    def plans(self) -> tuple[DrilledPlan, ...]:
        """Those of every part."""
        return tuple(plan for part in self._parts for plan in part.failover.plans())

    def declared(self) -> DrillSpec:
        """With its groups, where those were found out."""
        return self._spec

    def identity(self) -> dict[str, str]:
        """Each part's own, under the part's name."""
        found = {"name": self._spec.name}
        for part in self._parts:
            assert part.spec is not None, "what is resumed has its identity"  # noqa: S101 - order of calls
            found[f"{part.name}/kind"] = part.spec.kind
            found |= {f"{part.name}/{field}": value for field, value in part.failover.identity().items()}
        return found

    def leaks(self) -> tuple[str, ...]:
        """Those of every part; a path that several of them share is told once."""
        return self._told_by_all(lambda part: part.failover.leaks())

    def leaks_meanwhile(self) -> tuple[str, ...]:
        """Those of every part now."""
        return self._told_by_all(lambda part: part.failover.leaks_meanwhile())

    def canaries(self) -> tuple[Prober, ...]:
        """Those of every part; parts in one network share one."""
        found = (one for part in self._parts for one in part.failover.canaries())
        return tuple({(one.network.lower(), one.place): one for one in found}.values())

    def refusals(self) -> tuple[str, ...]:
        """Those of every part, and machines that two parts would bring up."""
        machines = [vm_id for part in self._parts for vm_id in part.failover.vm_ids()]
        twice = sorted({vm_id for vm_id in machines if machines.count(vm_id) > 1})
        own = tuple(f"two parts bring up the machine {vm_id}" for vm_id in twice)
        with self._shared.once():
            return own + tuple(
                f"{part.name}: {refusal}" for part in self._parts for refusal in part.failover.refusals()
            )

    def take_lease(self, drill: str, expires: datetime) -> str:
        """All or none, in the order of names: of two rehearsals that want the same, one gets everything.

        What was taken when one is refused is given back with the clean-up.
        """
        last = max(expires, self._context.now() + timedelta(seconds=self._longest() + CLEAN_UP_SECONDS))
        told = [part.failover.take_lease(drill, last) for part in sorted(self._parts, key=_lease_order)]
        return "; ".join(dict.fromkeys(told))

    def release_lease(self, drill: str) -> None:
        """Give all back; one that cannot be reached keeps no other."""
        self._of_all(lambda part: partial(part.failover.release_lease, drill))

    def mirror(self, drill: str) -> Callable[[str], None] | None:
        """To every place where a part has its lease."""
        places: dict[str, Mirror] = {}
        for part in self._parts:
            copy = None if part.place in places else part.failover.mirror(drill)
            if copy is not None:
                places[part.place] = copy
        own = {part.name: part.place for part in self._parts if part.place in places}
        return Mirrors(places, own, self._context.say) if places else None

    def inventory(self) -> frozenset[str]:
        """Everything that any part could leave behind."""
        with self._shared.once():
            return frozenset().union(*(part.failover.inventory() for part in self._parts))

    def execute(self, journal: Journal, timeline: Timeline) -> tuple[ProbeResult, ...]:
        """Recover group after group; the first that does not turn green is the last.

        t0 is the beginning of all this, what people do before the first group included.
        """
        began, trouble = timeline.request(), ""
        self._people("", journal, timeline)
        for group in self._groups():
            mine = [part for part in self._parts if part.group == group]
            if trouble:
                for part in mine:
                    part.results = part.never_green(f"not started: {trouble}")
                continue
            with timeline.phase(f"group {group}"):
                self._recover(mine, journal, began)
            trouble = "; ".join(f"{part.name}: {part.red} never turned green" for part in mine if part.red)
            for part in mine:
                part.tell(timeline)
            if not trouble:
                self._people(group, journal, timeline)
        return tuple(result for part in self._parts for result in part.results)

    def measurements(self, drill: str, timeline: Timeline) -> tuple[Measurement, ...]:
        """RTO of everything, each group, application and part, all from the one t0; RPO of the same but for groups."""
        if timeline.requested is None:
            return ()
        course = Course(
            whole=self.subject,
            t0=timeline.requested,
            groups=tuple(self._groups()),
            parts=tuple(part.course(timeline.requested) for part in self._parts),
            steps=tuple(self._steps),
            decision_seconds=self._spec.decision_seconds if self._spec.t0 == "decision" else 0.0,
        )
        points = [one for part in self._parts for one in part.points(drill)]
        estimated = [one.subject for one in points if one.method == ESTIMATED]
        times = (
            structs.replace(one, method=ESTIMATED) if _rests_on(one, estimated) else one
            for one in recovery_times(course, drill, self._target)
        )
        losses = [one for part in self._parts for one in part.losses(drill)]
        lost = by_application(losses, drill, timeline.requested, self._context.estate.applications)
        return (*times, *self._worst(points), *lost, *points)

    def clean_up(self, journal: Journal) -> None:
        """Clean up every part; one that fails keeps no other from it."""
        self._of_all(lambda part: partial(part.failover.clean_up, journal.part(part.name)))

    def _recover(self, mine: Sequence[RehearsedPart], journal: Journal, began: datetime) -> None:
        """Recover the parts of one group side by side."""
        by_name = {part.name: part for part in mine}
        self._context.wait(0.0)  # what has to end by now begins no other group

        def ends(task: Task[tuple[ProbeResult, ...]], became: tuple[ProbeResult, ...] | Trouble) -> str:
            part = by_name[task.name]
            part.end(became, began)
            return self._why_all_end(part, became, journal.drill)

        tasks = [
            Task(name=part.name, place=part.place, work=partial(part.hold, journal.part(part.name))) for part in mine
        ]
        done = self._crew.work(tasks, ends, attend=lambda: self._context.wait(0.0))
        for part, became in zip(mine, done, strict=True):
            part.end(became, began)
        for became in done:
            if isinstance(became, IsolationLost | IsolationRefused):
                raise became

    def _why_all_end(self, part: RehearsedPart, became: tuple[ProbeResult, ...] | Trouble, drill: str) -> str:
        """Why the others have to end because of what became of one part; empty when they go on."""
        if isinstance(became, IsolationLost | IsolationRefused):
            return f"{part.name}: {became}"
        if part.red and "probe" in self._spec.abort_on:
            return f"{part.name}: {part.red} never turned green"
        late = [] if part.red or "rpo" not in self._spec.abort_on else part.points(drill)
        worst = [one for one in late if one.verdict is Verdict.FAIL]
        return f"{part.name}: its data are {worst[0].seconds:.0f} s old, more than it may lose" if worst else ""

    def _people(self, after: str, journal: Journal, timeline: Timeline) -> None:
        """What people do after a group, one step after another."""
        for step in self._steps_of_people():
            if step.after == after:
                before = len(timeline.phases)
                carry_out(step, journal, timeline, self._context)
                self._steps += [Step(phase=phase, after=after) for phase in timeline.phases[before:]]

    def _steps_of_people(self) -> tuple[HumanStep, ...]:
        inside = {name for part in self._parts for name in part.manual_actions}
        names = {
            group: [name for part in self._parts if part.group == group for name in part.names]
            for group in self._groups()
        }
        steps = steps_of_people(self._spec, self._context.topology, names)
        return tuple(step for step in steps if step.name.lower() not in inside)

    def _groups(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(part.group for part in self._parts))

    def _longest(self) -> float:
        """How long it may take, by what is declared, in seconds."""
        people = sum(step.seconds for step in self._steps_of_people())
        rounds = max(1, self._spec.limits.parallel)
        groups = [
            [part.spec.seconds for part in self._parts if part.group == one and part.spec] for one in self._groups()
        ]
        return people + sum(max(group) * ceil(len(group) / rounds) for group in groups if group)

    def _target(self, subject: Subject) -> float | None:
        """The recovery time that was promised for one of the figures' subjects."""
        if subject == self.subject:
            return self._spec.rto_seconds
        if subject.kind == "application":
            declared = (one for one in self._context.estate.applications if one.name == subject.name)
            return next((one.rto_seconds for one in declared), None)
        parts = [part for part in self._parts if part.spec and part.failover.subject.key == subject.key]
        return parts[0].spec.rto_seconds if parts and parts[0].spec else None

    def _worst(self, points: Sequence[Measurement]) -> Iterator[Measurement]:
        """The oldest data of all: everything together is no younger."""
        if points:
            oldest = max(points, key=lambda one: (bool(one.anomaly), one.seconds + one.uncertainty_seconds))
            yield structs.replace(oldest, subject=self.subject, target_seconds=self._spec.rpo_seconds)

    def _told_by_all(self, tell: Callable[[RehearsedPart], Sequence[str]]) -> tuple[str, ...]:
        with self._shared.once():
            return tuple(dict.fromkeys(told for part in self._parts for told in tell(part)))

    def _of_all(self, work: Callable[[RehearsedPart], Callable[[], None]]) -> None:
        """Do something to each part; one that fails keeps no other from it, not even by a mistake of ours."""
        mistakes: list[Exception] = []

        def attempt(part: RehearsedPart) -> None:
            try:
                work(part)()
            except (DrcheckError, Unknown):
                raise
            except Exception as mistake:  # noqa: BLE001 - raised when all had their turn
                mistakes.append(mistake)

        tasks = [Task(name=part.name, place=part.place, work=partial(attempt, part)) for part in self._parts]
        done: list[Trouble | None] = self._crew.work(tasks)
        if mistakes:
            raise mistakes[0]
        trouble = [f"{task.name}: {became}" for task, became in zip(tasks, done, strict=True) if became]
        if trouble:
            raise DrillFailed("; ".join(trouble))


def _rests_on(figure: Measurement, estimated: Sequence[Subject]) -> bool:
    """Is a recovery time that of a part that was only estimated, or does its critical path lead through one?"""
    names = tuple(f"{one.name}: " for one in estimated)
    return figure.subject in estimated or any(phase.name.startswith(names) for phase in figure.phases)


def _lease_order(part: RehearsedPart) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(part.failover.identity().items()))
