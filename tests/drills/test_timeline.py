"""How a drill's time was spent: the phases of an RTO fill it, and a job's own times are only ever details."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from drcheck.drill.azure.job_times import job_details
from drcheck.drill.timing.measurement import Moment
from drcheck.drill.timing.timeline import FarClock, Timeline
from drcheck.transport.arm_job import Job, JobProperties, Task
from drcheck.transport.arm_values import Moment as Written
from drcheck.verdict import Phase

T0 = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


class Passing:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.moment = T0

    def __call__(self) -> datetime:
        return self.moment


def moment(seconds: float, width: float = 0.0) -> Moment:
    return Moment(after=at(seconds - width / 2), by=at(seconds + width / 2))


def spent(timeline: Timeline) -> list[tuple[str, float]]:
    return [(phase.name, phase.seconds) for phase in timeline.counted]


def drilled(clock: Passing) -> Timeline:
    """Ten seconds of preparation, a hundred until the copy exists."""
    timeline = Timeline(clock, lambda _: None)
    clock.moment = at(10)
    timeline.request()
    with timeline.phase("failover"):
        clock.moment = at(110)
    return timeline


def test_the_stages_of_a_copy_end_with_the_probes_that_show_them() -> None:
    clock = Passing()
    timeline = drilled(clock)
    timeline.declare("vmm by hand", 900)
    timeline.green(moment(200, 2), "sql-database")
    timeline.green(moment(150, 2), "heartbeat")
    timeline.green(moment(160, 2), "service")
    timeline.green(moment(155, 2), "service")
    assert spent(timeline) == [
        ("failover", 100),
        ("boot", 40),
        ("service", 10),
        ("application", 40),
        ("vmm by hand", 900),
    ]
    assert timeline.phases[0] == Phase(name="prepare", started=T0, seconds=10)


def test_what_a_person_did_in_the_middle_of_a_failover_is_not_the_failover_s() -> None:
    clock = Passing()
    timeline = Timeline(clock, lambda _: None)
    timeline.request()
    with timeline.phase("failover"):
        clock.moment = at(20)
        with timeline.phase("manual action"):
            clock.moment = at(50)
        clock.moment = at(60)
    timeline.green(moment(100), "run-command")
    assert spent(timeline) == [("failover", 20), ("manual action", 30), ("failover", 10), ("application", 40)]


def test_a_gap_too_short_to_be_shown_is_no_phase_of_its_own() -> None:
    clock = Passing()
    timeline = Timeline(clock, lambda _: None)
    timeline.request()
    clock.moment = at(0.25)
    with timeline.phase("failover"):
        clock.moment = at(60)
    timeline.green(moment(100), "run-command")
    assert spent(timeline) == [("failover", 60), ("application", 40)]
    assert timeline.counted[0].started == T0


def test_a_gap_that_can_be_seen_is_told() -> None:
    clock = Passing()
    timeline = Timeline(clock, lambda _: None)
    timeline.request()
    clock.moment = at(2)
    with timeline.phase("failover"):
        clock.moment = at(60)
    timeline.green(moment(100), "run-command")
    assert spent(timeline) == [("other", 2), ("failover", 58), ("application", 40)]


def test_a_machine_that_is_ready_before_the_job_ends_is_not_held_back() -> None:
    timeline = drilled(Passing())
    timeline.green(moment(90), "run-command")
    assert spent(timeline) == [("failover", 80)]


greens = st.lists(
    st.tuples(st.floats(10, 500), st.floats(0, 20), st.sampled_from(["heartbeat", "dns", "service", "file", ""])),
    min_size=1,
    max_size=6,
)


@given(greens=greens)
def test_the_phases_fill_the_time_from_t0_to_ready(greens: list[tuple[float, float, str]]) -> None:
    timeline = drilled(Passing())
    for seconds, width, kind in greens:
        timeline.green(moment(seconds, width), kind)
    assert timeline.ready is not None
    assert timeline.requested is not None
    total = sum(phase.seconds for phase in timeline.counted)
    assert abs(total - (timeline.ready.middle - timeline.requested).total_seconds()) < 1e-3
    for one, following in zip(timeline.counted, timeline.counted[1:], strict=False):
        assert abs((following.started - one.started).total_seconds() - one.seconds) < 1e-3


def test_a_task_that_ends_before_it_begins_and_one_that_never_ran_do_no_harm() -> None:
    clock = FarClock(endpoint="azure", offset_seconds=90.0, uncertainty_seconds=0.5)
    tasks = (
        Task(name="VmTfoPrepareTestVm", start=Written(at=at(90 + 20.9)), end=Written(at=at(90 + 20))),
        Task(name="VmTfoBootTestVm", start=Written(at=at(90 + 30)), end=Written(at=at(90 + 5000))),
        Task(name="Skipped", start=Written(at=None), end=Written(at=None)),
    )
    job = Job(id="/j", name="j", properties=JobProperties(state="Succeeded", tasks=tasks))
    details = list(job_details(job, Phase(name="failover", started=T0, seconds=100), clock))
    assert [(one.name, one.seconds, one.uncertainty_seconds) for one in details] == [
        ("VmTfoPrepareTestVm", 0.0, 1.5),
        ("VmTfoBootTestVm", 70.0, 1.5),
    ]
    assert details[0].started == at(20.9)
