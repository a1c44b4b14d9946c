"""How did a drill's time pass, from which data did its machines come up, and what went otherwise than planned?"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import msgspec

from drcheck.drill.evidence.scope import machines_of, owner_of
from drcheck.drill.held import Held
from drcheck.drill.timing.figures import best_points
from drcheck.drill.timing.timeline import Point
from drcheck.policy import human
from drcheck.topology.base import Topology
from drcheck.verdict import Phase

Section = dict[str, Any]
SHOWN = 20
"""Of what is gone, so many are told; the clean-up's section has all of it."""


def timeline_section(held: Held) -> Section:
    """Every moment that counts, and every step with who did it. Moments are UTC on our clock."""
    timeline, spec = held.timeline, held.spec
    requested, ready = (timeline.requested, timeline.ready) if timeline else (None, None)
    decided = timedelta(seconds=spec.decision_seconds if spec.t0 == "decision" else 0)
    return {
        "t0_rule": spec.t0,
        "t0": text(requested and requested - decided),
        "requested": text(requested),
        "ready": None if ready is None else {"after": ready.after.isoformat(), "by": ready.by.isoformat()},
        "clean": text(held.clean_at),
        "steps": [_step(phase, held.executor) for phase in held.phases],
        "details": msgspec.to_builtins(timeline.details) if timeline else [],
    }


def _step(phase: Phase, executor: str) -> Section:
    """A declared step has no end: nobody measured one."""
    how = "declared" if phase.declared else "manual" if phase.by else "automatic"
    ended = None if phase.declared else phase.started + timedelta(seconds=phase.seconds)
    return {
        "name": phase.name,
        "started": phase.started.isoformat(),
        "ended": text(ended),
        "seconds": phase.seconds,
        "how": how,
        "actor": {"declared": phase.owner, "manual": phase.by, "automatic": f"drcheck, as {executor}"}[how],
    }


def recovery_points(held: Held, topology: Topology) -> Section:
    """What each machine was brought up from, and how far those of one application lie apart."""
    timeline = held.timeline
    if timeline is None or timeline.requested is None:
        return {"points": [], "skew_seconds": {}}
    requested, best = timeline.requested, best_points(timeline.points)
    ids = {name.lower(): vm_id for name, vm_id in machines_of(held, topology)}
    apart: dict[str, list[datetime]] = defaultdict(list)
    for point in best:
        owner = owner_of(topology, ids.get(point.vm.lower(), ""), point.vm)
        if owner is not None:
            apart[owner.name].append(point.at.middle)
    return {
        "points": [_point(point, requested) for point in best],
        "skew_seconds": {name: (max(all_) - min(all_)).total_seconds() for name, all_ in sorted(apart.items())},
    }


def _point(point: Point, requested: datetime) -> Section:
    return {
        "vm": point.vm,
        "at": point.at.middle.isoformat(),
        "uncertainty_seconds": point.at.uncertainty,
        "age_seconds": (requested - point.at.middle).total_seconds(),
        "type": point.type,
        "source": point.source,
    }


def deviations(held: Held, slack_percent: float) -> Iterator[str]:
    """What went otherwise than it was written down.

    Args:
        held: the drill, over.
        slack_percent: how much longer than expected it may take before that is told.
    """
    yield from held.trouble
    for probe in held.probes:
        if probe.green_seconds is None:
            rank = "mandatory" if probe.mandatory else "optional"
            yield f"{rank} probe {probe.name} on {probe.target} never turned green: {probe.detail}"
    run = {(one.kind, one.target.lower()) for one in held.probes}
    for wanted in held.spec.probes if held.requested else ():
        if not any(kind == wanted.kind and wanted.vm.lower() in ("", target) for kind, target in run):
            yield f"probe {wanted.kind} {wanted.name or wanted.vm}".strip() + " was not run"
    sentinel, timeline = held.spec.sentinel, held.timeline
    if sentinel and timeline and timeline.ready and all(point.source != "sentinel" for point in timeline.points):
        yield f"no sentinel record could be read ({sentinel.path or sentinel.database}): others tell its age"
    yield from _of_people(held)
    yield from _of_time(held, slack_percent)
    if held.before is not None and held.after is not None:
        yield from (f"{one} was there before, and is not any more" for one in sorted(held.before - held.after)[:SHOWN])


def _of_time(held: Held, slack_percent: float) -> Iterator[str]:
    """It took longer than was expected when it was allowed to begin."""
    if held.ready is None or held.finished is None or not held.requested:
        return
    planned = (held.ready.times.end - held.ready.times.start).total_seconds()
    late = (held.finished - held.ready.times.end).total_seconds()
    if late > planned * slack_percent / 100:
        yield f"it took {human(late)} longer than the {human(planned)} that were expected"


def _of_people(held: Held) -> Iterator[str]:
    """Steps that took people longer than declared, and those that nobody was there to confirm."""
    took = {phase.name: phase for phase in held.phases}
    for step in held.spec.human:
        phase = took.get(step.name)
        if phase is not None and phase.seconds > step.seconds:
            yield f"{step.name} took {human(phase.seconds)}; declared: {human(step.seconds)}"
        elif step.confirm and phase is None and held.requested:
            yield f"{step.name} was to be confirmed by a person, and was not: at most its declared time counts"


def text(moment: datetime | None) -> str | None:
    """A moment as records write it."""
    return None if moment is None else moment.isoformat()
