"""RTO and RPO of one test failover, from how its time passed and from the best account of each machine's data."""

from collections.abc import Iterable, Sequence

from drcheck.drill.timing.measurement import Moment, recovery_point, recovery_time
from drcheck.drill.timing.timeline import Point, Timeline
from drcheck.errors import DrillFailed
from drcheck.estate import DrillSpec
from drcheck.verdict import Measurement, Subject

SOURCES = ("sentinel", "platform", "lag")
"""Whose word on the age of data counts, the best first."""


def figures(subject: Subject, drill: str, timeline: Timeline, spec: DrillSpec) -> tuple[Measurement, ...]:
    """What was measured; nothing when it never came to a green probe.

    RPO is that of the machine whose data were oldest.

    Raises:
        DrillFailed: nobody told how old the recovered data are.
    """
    if timeline.requested is None or timeline.ready is None:
        return ()
    rto = recovery_time(
        subject=subject,
        drill=drill,
        started=timeline.requested,
        ready=timeline.ready,
        phases=timeline.counted,
        target_seconds=spec.rto_seconds,
    )
    points = best_points(timeline.points)
    if not points:
        raise DrillFailed(f"nobody names the recovery point of {subject.name}: what was recovered has no known age")
    worst = min(points, key=lambda point: point.at.middle)
    rpo = recovery_point(
        subject=subject,
        drill=drill,
        started=timeline.requested,
        point=Moment(after=min(one.at.after for one in points), by=min(one.at.by for one in points)),
        target_seconds=spec.rpo_seconds,
        method=worst.source,
    )
    return (rto, rpo)


def best_points(points: Iterable[Point]) -> Sequence[Point]:
    """One for each machine: the best account of what it holds."""
    best: dict[str, Point] = {}
    for point in sorted(points, key=lambda one: SOURCES.index(one.source)):
        best.setdefault(point.vm.lower(), point)
    return list(best.values())
