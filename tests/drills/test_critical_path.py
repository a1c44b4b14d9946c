"""RTO of many parts: what adds up, what came on top, and which part made it long."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from drcheck.drill.rehearsed.critical_path import Course, Step, recovery_times
from drcheck.drill.timing.measurement import Moment, Part
from drcheck.verdict import Measurement, Phase, Subject

T0 = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
WHOLE = Subject(kind="drill", key="rehearsal", name="rehearsal")
GROUPS = ("first", "second")


def at(offset: float) -> datetime:
    return T0 + timedelta(seconds=offset)


def part(name: str, group: str, started: float, ready: float | None, *phases: Phase, width: float = 2.0) -> Part:
    application = "shop" if name.startswith("WEB") else ""
    moment = None if ready is None else Moment(after=at(ready - width / 2), by=at(ready + width / 2))
    about = Subject(kind="VM", key=name.lower(), name=name, application=application)
    return Part(subject=about, group=group, started=at(started), ready=moment, phases=phases)


def phase(name: str, started: float, seconds: float, *, declared: bool = False) -> Phase:
    return Phase(name=name, started=at(started), seconds=seconds, declared=declared)


def course(parts: Sequence[Part], steps: Sequence[Step], decision: float) -> Course:
    return Course(whole=WHOLE, t0=T0, groups=GROUPS, parts=tuple(parts), steps=tuple(steps), decision_seconds=decision)


def times(parts: Sequence[Part], *steps: Step, decision: float = 0.0) -> dict[str, Measurement]:
    made = recovery_times(course(parts, steps, decision), "d")
    return {f"{one.subject.kind} {one.subject.name}": one for one in made}


def path(one: Measurement) -> list[tuple[str, float]]:
    return [(phase.name, round(phase.seconds, 6)) for phase in one.phases]


VMM = part("VMM01", "first", 0, 100, phase("failover", 0, 10), phase("boot", 10, 60))
SQL = part("SQL01", "first", 0, 80)
WEB = part("WEB01", "second", 105, 200, phase("failover", 105, 95))


def test_the_last_part_of_each_group_is_the_critical_path() -> None:
    made = times([VMM, SQL, WEB])
    whole = made["drill rehearsal"]
    assert (whole.seconds, whole.uncertainty_seconds) == (200, 1)
    assert path(whole) == [
        ("VMM01: failover", 10),
        ("VMM01: boot", 60),
        ("VMM01: other", 30),
        ("WEB01: waiting", 5),
        ("WEB01: failover", 95),
    ]
    assert {name: one.seconds for name, one in made.items()} == {
        "drill rehearsal": 200,
        "group rehearsal, first": 100,
        "group rehearsal, second": 200,
        "application shop": 200,
        "VM VMM01": 100,
        "VM SQL01": 80,
        "VM WEB01": 200,
    }


def test_people_come_on_top_when_declared_and_are_in_the_clock_when_waited_for() -> None:
    declared = Step(phase=phase("names", 0, 600, declared=True), after="first")
    waited = Step(phase=phase("approval", 101, 3), after="first")
    last = Step(phase=phase("tell everybody", 210, 30), after="second")
    made = times([VMM, SQL, WEB], declared, waited, last, decision=900)
    assert path(made["drill rehearsal"])[0] == ("decision", 900)
    assert ("names", 600) in path(made["drill rehearsal"])
    assert ("approval", 3) in path(made["drill rehearsal"])
    assert made["VM WEB01"].seconds == 900 + 600 + 200
    assert made["VM VMM01"].seconds == 900 + 100
    assert made["drill rehearsal"].seconds == 900 + 600 + 240


def test_what_a_part_declares_can_make_it_the_longest() -> None:
    slow = part("SQL01", "first", 0, 80, phase("sql by hand", 80, 500, declared=True))
    made = times([VMM, slow, WEB])
    assert made["VM WEB01"].seconds == 580 + 100
    assert made["VM WEB01"].uncertainty_seconds == 1 + 1 + 1
    assert made["VM WEB01"].phases[1].declared


def test_a_part_that_is_never_ready_leaves_no_figure_behind_it() -> None:
    made = times([VMM, part("SQL01", "first", 0, None), WEB])
    assert set(made) == {"VM VMM01"}


seconds = st.floats(min_value=0, max_value=5000, allow_nan=False).map(lambda one: round(one, 3))
stretches = st.lists(st.tuples(seconds, seconds, st.booleans()), max_size=4)


@given(
    drawn=st.lists(st.tuples(st.booleans(), seconds, seconds, seconds, stretches), min_size=1, max_size=6),
    between=st.lists(st.tuples(st.sampled_from(["", *GROUPS]), seconds, seconds, st.booleans()), max_size=4),
    decision=seconds,
)
def test_every_critical_path_adds_up_to_its_figure(
    drawn: list[tuple[bool, float, float, float, list[tuple[float, float, bool]]]],
    between: list[tuple[str, float, float, bool]],
    decision: float,
) -> None:
    parts = [
        part(f"WEB{index}", GROUPS[late], start, start + took,
             *(phase(f"p{number}", one, long, declared=said) for number, (one, long, said) in enumerate(inside)),
             width=width)
        for index, (late, start, took, width, inside) in enumerate(drawn)
    ]  # fmt: skip
    steps = [Step(phase=phase("step", start, long, declared=said), after=after) for after, start, long, said in between]
    made = recovery_times(course(parts, steps, decision), "d")
    assert made[0].subject is WHOLE
    assert made[0].seconds >= max(one.seconds for one in made) - 1e-3
    for one in made:
        assert abs(sum(phase.seconds for phase in one.phases) - one.seconds) < 1e-3
        assert all(phase.seconds > 0 for phase in one.phases)
        assert one.uncertainty_seconds >= 0
