"""Which machine, and which step of people, made a drill of many parts take as long as it did?

Groups come up one after another: the next one begins when everything in the one before it is ready. What people
declared to need, and nobody waited for, comes on top where it would have come. The way to a figure is its critical
path: phases one after another that add up to it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import Struct, structs

from drcheck.drill.timing.measurement import Moment, Part
from drcheck.drill.timing.timeline import SHOWN_SECONDS
from drcheck.verdict import Measurement, Phase, Subject

Target = Callable[[Subject], float | None]


class Step(Struct, frozen=True, kw_only=True):
    """What a person does between two groups."""

    phase: Phase
    """Its time: waited for, or ``declared``."""
    after: str = ""
    """Name of the group that it follows; empty: before the first."""


class _Way(Struct, frozen=True, kw_only=True):
    """From t0 to something being ready."""

    seconds: float = 0.0
    ended: Moment
    """When it was ready, on the clock."""
    blur: float = 0.0
    """Uncertainty that what came before adds, in seconds."""
    path: tuple[Phase, ...] = ()

    def on(self, phases: Iterable[Phase]) -> "_Way":
        """The same way, and further."""
        more = tuple(phases)
        seconds = self.seconds + sum(phase.seconds for phase in more)
        return structs.replace(self, seconds=seconds, path=(*self.path, *more))


class Course(Struct, frozen=True, kw_only=True):
    """How a drill of many parts went."""

    whole: Subject
    """What all parts make up together."""
    t0: datetime
    """When the first failover was requested, UTC on our clock."""
    groups: tuple[str, ...]
    """Their names, in order."""
    parts: tuple[Part, ...]
    steps: tuple[Step, ...] = ()
    decision_seconds: float = 0.0
    """How long it takes, as declared, until somebody decides; before everything else."""


def recovery_times(course: Course, drill: str, target: Target = lambda _: None) -> tuple[Measurement, ...]:
    """RTO of everything together, of each group, each application and each part, in this order.

    All count from t0. What contains a part that was never ready has no figure. ``phases`` of a figure is its critical
    path, in which each phase of a part begins with the part's name; the seconds of all add up to the figure's.

    Args:
        course: how it went.
        drill: the drill's id.
        target: what was promised for a subject, in seconds.
    """
    decision = Phase(name="decision", started=course.t0, seconds=course.decision_seconds, declared=True)
    start = _Way(ended=Moment(after=course.t0, by=course.t0)).on(_declared([decision], course.t0))
    ways = _ways(start, course)
    found = []
    for about, inside in _sets(course):
        if inside and all(index in ways for index in inside):
            way = max((ways[index] for index in inside), key=lambda one: one.seconds)
            found.append((about, _to_the_end(way, course) if about is course.whole else way))
    return tuple(
        Measurement(
            kind="rto",
            subject=about,
            drill=drill,
            seconds=way.seconds,
            uncertainty_seconds=way.blur + way.ended.uncertainty,
            target_seconds=target(about),
            method="probe",
            at=way.ended.by,
            phases=way.path,
        )
        for about, way in found
    )


def _sets(course: Course) -> Iterator[tuple[Subject, list[int]]]:
    """What figures are about, and which parts belong to it."""
    whole, parts = course.whole, course.parts
    yield whole, list(range(len(parts)))
    for name in course.groups:
        about = Subject(kind="group", key=f"{whole.key}/{name}", name=f"{whole.name}, {name}")
        yield about, [index for index, part in enumerate(parts) if part.group == name]
    for name in sorted({part.subject.application for part in parts} - {""}):
        about = Subject(kind="application", key=name, name=name, application=name)
        yield about, [index for index, part in enumerate(parts) if part.subject.application == name]
    for index, part in enumerate(parts):
        yield part.subject, [index]


def _ways(start: _Way, course: Course) -> Mapping[int, _Way]:
    """The way to each part that was ready, by its place; a group that was never ready ends all ways."""
    ways: dict[int, _Way] = {}
    so_far, began, before = start, start.ended.by, ""
    for name in course.groups:
        between = [step.phase for step in course.steps if step.after == before]
        so_far = so_far.on(_declared(between, began))
        mine = {index: part for index, part in enumerate(course.parts) if part.group == name}
        for index, part in mine.items():
            if part.ready is not None:
                ways[index] = _way(so_far, began, part, part.ready, between)
        ready = [part.ready for part in mine.values() if part.ready is not None]
        if len(ready) < len(mine):
            return ways
        if mine:
            so_far, began = _together([ways[index] for index in mine], ready)
        before = name
    return ways


def _together(ways: Sequence[_Way], ready: Sequence[Moment]) -> tuple[_Way, datetime]:
    """The longest way through a group, and when on the clock the group was ready.

    What was declared can make another part the longest than the one that the next group waited for. Then both ends
    are in the sum, and the uncertainty of both.
    """
    longest = max(ways, key=lambda way: way.seconds)
    last = max(ready, key=lambda moment: moment.middle)
    blur = 0.0 if longest.ended == last else longest.ended.uncertainty + last.uncertainty
    return structs.replace(longest, blur=longest.blur + blur), last.middle


def _way(so_far: _Way, began: datetime, part: Part, ready: Moment, between: Sequence[Phase]) -> _Way:
    name, end = part.subject.name, max(began, ready.middle)
    started = min(max(began, part.started), end)
    waited = _filled(began, started, [one for one in between if not one.declared], f"{name}: waiting")
    own = [structs.replace(phase, name=f"{name}: {phase.name}") for phase in part.phases]
    spent = _filled(started, end, [one for one in own if not one.declared], f"{name}: other")
    return structs.replace(so_far.on([*waited, *spent, *_declared(own, end)]), ended=ready)


def _to_the_end(way: _Way, course: Course) -> _Way:
    """What people do when everything runs: it is no part's, and the whole's."""
    last = [step.phase for step in course.steps if course.groups and step.after == course.groups[-1]]
    waited = [phase for phase in last if not phase.declared]
    if waited:
        end = max(phase.started + timedelta(seconds=phase.seconds) for phase in waited)
        way = way.on(_filled(way.ended.middle, end, waited, "waiting"))
        way = structs.replace(way, ended=Moment(after=min(end, way.ended.by), by=max(end, way.ended.by)))
    return way.on(_declared(last, way.ended.by))


def _declared(phases: Iterable[Phase], at: datetime) -> Iterator[Phase]:
    return (structs.replace(phase, started=at) for phase in phases if phase.declared and phase.seconds > 0)


def _filled(start: datetime, end: datetime, phases: Sequence[Phase], rest: str) -> Iterator[Phase]:
    """Phases one after another from start to end, cut where they overlap; what none of them fills has a name too.

    A gap before a phase that is too short to be shown is the phase's.
    """
    at = start
    for phase in sorted(phases, key=lambda one: one.started):
        begins = min(max(at, phase.started), end)
        begins = at if (begins - at).total_seconds() < SHOWN_SECONDS else begins
        ends = min(max(begins, phase.started + timedelta(seconds=phase.seconds)), end)
        yield from _stretch(at, begins, rest)
        yield from _stretch(begins, ends, phase.name)
        at = ends
    yield from _stretch(at, end, rest)


def _stretch(start: datetime, end: datetime, name: str) -> Iterator[Phase]:
    if end > start:
        yield Phase(name=name, started=start, seconds=(end - start).total_seconds())
