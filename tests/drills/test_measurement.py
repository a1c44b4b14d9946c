"""RTO and RPO: the true value always lies within what is stated, and doubt never passes."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from drcheck.drill.timing.measurement import Moment, recovery_point, recovery_time
from drcheck.verdict import Measurement, Phase, Subject, Verdict

T0 = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
VM = Subject(kind="VM", key="v", name="vmm01")
seconds = st.floats(min_value=0, max_value=86400, allow_nan=False)


def at(offset: float) -> datetime:
    return T0 + timedelta(seconds=offset)


def rto(ready: Moment, *phases: Phase, target: float | None = None) -> Measurement:
    return recovery_time(subject=VM, drill="d", started=T0, ready=ready, phases=phases, target_seconds=target)


def rpo(point: Moment, clock: float = 0.0, target: float | None = None) -> Measurement:
    return recovery_point(subject=VM, drill="d", started=T0, point=point.widened(clock), target_seconds=target)


@given(after=seconds, width=seconds, where=st.floats(min_value=0, max_value=1))
def test_the_true_recovery_time_is_inside(after: float, width: float, where: float) -> None:
    true = after + width * where
    made = rto(Moment(after=at(after), by=at(after + width)))
    assert abs(made.seconds - true) <= made.uncertainty_seconds + 1e-5


@given(age=seconds, width=seconds, where=st.floats(min_value=0, max_value=1), skew=st.floats(-1, 1))
def test_the_true_recovery_point_is_inside(age: float, width: float, where: float, skew: float) -> None:
    """The far clock may be off by up to a second; what we read of it is off by the same."""
    true_age = age + width * where
    point = Moment(after=at(-age - width + skew), by=at(-age + skew))
    made = rpo(point, clock=1.0)
    assert abs(made.seconds - true_age) <= made.uncertainty_seconds + 1e-5
    assert made.anomaly == ""


def test_declared_durations_are_added_and_do_not_widen() -> None:
    step = Phase(name="vmm by hand", started=T0, seconds=900, declared=True)
    made = rto(Moment(after=at(9), by=at(11)), step)
    assert (made.seconds, made.uncertainty_seconds) == (910, 1)


def test_a_measured_phase_is_not_added_twice() -> None:
    boot = Phase(name="boot", started=T0, seconds=10)
    assert rto(Moment(after=at(10), by=at(10)), boot).seconds == 10


def test_a_target_holds_only_at_the_far_end() -> None:
    ready = Moment(after=at(9), by=at(11))
    assert rto(ready, target=11).verdict is Verdict.PASS
    assert rto(ready, target=10.5).verdict is Verdict.UNKNOWN
    assert rto(ready, target=8.9).verdict is Verdict.FAIL
    assert rto(ready).verdict is Verdict.NOT_APPLICABLE


def test_a_point_in_the_future_proves_nothing() -> None:
    made = rpo(Moment(after=at(30), by=at(30)), clock=1.0, target=900)
    assert "29.0 s after" in made.anomaly
    assert made.verdict is Verdict.UNKNOWN


def test_a_point_the_clocks_can_explain_counts_as_none_lost() -> None:
    made = rpo(Moment(after=at(0.5), by=at(0.5)), clock=1.0, target=900)
    assert made.anomaly == ""
    assert (made.seconds, made.uncertainty_seconds) == (0.25, 0.25)
    assert made.verdict is Verdict.PASS


def test_green_before_the_request_is_an_anomaly() -> None:
    made = rto(Moment(after=at(-20), by=at(-10)), target=60)
    assert made.verdict is Verdict.UNKNOWN
