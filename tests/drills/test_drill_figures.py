"""Whose word on the age of recovered data counts, and that somebody's is needed."""

from datetime import UTC, datetime, timedelta

import pytest

from drcheck.drill.timing.figures import figures
from drcheck.drill.timing.measurement import Moment
from drcheck.drill.timing.timeline import Point, Timeline
from drcheck.errors import DrillFailed
from drcheck.estate import DrillSpec
from drcheck.verdict import Measurement, Subject

T0 = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
PLAN = Subject(kind="recovery plan", key="p", name="plan")
SPEC = DrillSpec(name="plan", kind="recovery-plan", rto_seconds=60, rpo_seconds=900)


def aged(vm: str, seconds: float, source: str, width: float = 0.0) -> Point:
    at = T0 - timedelta(seconds=seconds)
    return Point(vm=vm, at=Moment(after=at, by=at).widened(width), source=source)


def measured(*points: Point) -> tuple[Measurement, ...]:
    timeline = Timeline(lambda: T0, lambda _: None)
    timeline.request()
    timeline.green(Moment(after=T0, by=T0 + timedelta(seconds=2)))
    timeline.points += points
    return figures(PLAN, "d", timeline, SPEC)


@pytest.mark.parametrize(
    ("points", "method", "seconds", "uncertainty"),
    [
        ([aged("A", 300, "lag"), aged("a", 120, "platform"), aged("A", 90, "sentinel")], "sentinel", 90, 0),
        ([aged("A", 300, "lag"), aged("A", 120, "platform", 5)], "platform", 120, 5),
        ([aged("A", 300, "lag", 20)], "lag", 300, 20),
        ([aged("A", 30, "sentinel"), aged("B", 120, "platform")], "platform", 120, 0),
    ],
)
def test_the_best_account_of_each_machine_counts_and_the_oldest_machine_decides(
    points: list[Point], method: str, seconds: float, uncertainty: float
) -> None:
    rto, rpo = measured(*points)
    assert (rto.kind, rto.seconds) == ("rto", 1)
    assert (rpo.method, rpo.seconds, rpo.uncertainty_seconds) == (method, seconds, uncertainty)


def test_data_of_which_nobody_tells_the_age_are_no_measurement() -> None:
    with pytest.raises(DrillFailed, match="no known age"):
        measured()


def test_without_a_green_probe_nothing_was_measured() -> None:
    timeline = Timeline(lambda: T0, lambda _: None)
    timeline.request()
    assert figures(PLAN, "d", timeline, SPEC) == ()
