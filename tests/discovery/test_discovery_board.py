"""The board: which visit comes next, decided without any thread or network."""

from drcheck.discovery.driver.board import Board, Job
from drcheck.discovery.driver.work import Failure, Part, Told, Visit
from drcheck.topology.base import Gap, Looked, Seen, Target
from tests.pretend_machines import START


def board(**via: tuple[str, ...]) -> Board:
    """A board that knows machines' roles ``m`` and ``n``, and the cloud's role ``cloud``."""
    return Board(
        on_machines=frozenset({"m", "n"}),
        kinds={role: frozenset({"K", "L"}) if role == "n" else frozenset({"K"}) for role in ("m", "n", "cloud")},
        via=lambda name: via.get(name, ()),
    )


def target(role: str, endpoint: str, *via: str) -> Target:
    return Target(role=role, endpoint=endpoint, via=via)


def jobs(on: Board, *, nothing_runs: bool = True) -> list[tuple[str, list[str]]]:
    return [(job.machine, [each.scope for each in job.targets]) for job in on.ready(nothing_runs=nothing_runs)]


def part(scope: str, kind: str, *, lost: str = "") -> Part:
    seen = Seen(source="test", endpoint=scope, query="-", at=START)
    if lost:
        return Part(kind=kind, facts=(), end=Gap(kind=kind, scope=scope, cause="query", reason=lost, seen=seen))
    return Part(kind=kind, facts=(), end=Looked(kind=kind, scope=scope, seen=seen))


def answered(machine: str, *targets: Target) -> Visit:
    kinds = {"n": ("K", "L")}
    told = tuple(
        Told(target=each, parts=tuple(part(each.scope, kind) for kind in kinds.get(each.role, ("K",))))
        for each in targets
    )
    return Visit(machine=machine, targets=targets, told=told)


def failed(machine: str, *targets: Target) -> Visit:
    return Visit(machine=machine, targets=targets, failure=Failure(cause="refused", reason=f"{machine} is down"))


def test_all_that_is_known_of_a_machine_goes_in_one_visit() -> None:
    on = board()
    for each in (target("m", "a"), target("n", "a"), target("m", "b"), target("n", "c", "a", "b")):
        assert on.add(each)
    assert jobs(on) == [("a", ["m:a", "n:a", "n:c"]), ("b", ["m:b"])]
    assert jobs(on) == []


def test_a_target_is_new_once_and_only_with_a_known_role_and_a_name() -> None:
    on = board()
    assert on.add(target("m", "a"))
    assert not on.add(target("m", "a", "b"))
    assert not on.add(target("unheard-of", "a"))
    assert not on.add(target("m", ""))


def test_what_is_found_while_a_machine_is_busy_waits_for_its_next_visit() -> None:
    on, first, second = board(), target("m", "a"), target("n", "a")
    on.add(first)
    assert jobs(on) == [("a", ["m:a"])]
    on.add(second)
    assert jobs(on, nothing_runs=False) == []
    on.take(answered("a", first))
    assert jobs(on) == [("a", ["n:a"])]


def test_the_last_visit_waits_until_nothing_else_is_under_way() -> None:
    on, third = board(x=("a",), y=("a",)), target("m", "x")
    for each in (target("m", "a"), target("n", "a")):
        on.add(each)
        assert jobs(on) == [("a", [each.scope])]
        on.take(answered("a", each))
    on.add(third)
    assert jobs(on, nothing_runs=False) == []
    on.add(target("cloud", "sky"))
    assert jobs(on, nothing_runs=True) == [("", ["cloud:sky"])], "the cloud may still reveal more for the machine"
    on.add(target("n", "y"))
    on.take(answered("", target("cloud", "sky")))
    assert jobs(on, nothing_runs=True) == [("a", ["m:x", "n:y"])]


def test_no_machine_is_visited_a_fourth_time() -> None:
    on = board(x=("a",), y=("a",), z=("a", "b"), only=("a",))
    for each in (target("m", "a"), target("m", "x"), target("m", "y")):
        on.add(each)
        assert jobs(on) == [("a", [each.scope])]
        on.take(answered("a", each))
    on.add(target("m", "z"))
    on.add(target("m", "only"))
    assert jobs(on) == [("b", ["m:z"])]
    assert [(each.scope, failure.cause) for each, _, failure in on.untold()] == [
        ("m:z", "visits"),
        ("m:only", "visits"),
    ]


def test_a_lost_machine_is_passed_over_by_everything_that_comes_later() -> None:
    on, first = board(), target("m", "a")
    on.add(first)
    assert jobs(on) == [("a", ["m:a"])]
    on.take(failed("a", first))
    on.add(target("n", "c", "a", "b"))
    on.add(target("n", "a"))
    assert jobs(on) == [("b", ["n:c"])]
    assert {each.scope: failure.reason for each, _, failure in on.untold()} == {
        "m:a": "a is down",
        "n:c": "a is down",
        "n:a": "a is down",
    }


def test_a_target_that_nobody_could_answer_for_gets_another_chance_when_one_more_machine_is_found() -> None:
    on, cluster = board(), target("n", "c", "a")
    on.add(cluster)
    assert jobs(on) == [("a", ["n:c"])]
    on.take(failed("a", cluster))
    assert jobs(on) == []
    assert not on.add(target("n", "c", "b", "a"))
    assert jobs(on) == [("b", ["n:c"])]
    on.take(failed("b", cluster))
    ((_, _, failure),) = on.untold()
    assert failure.reason == "nobody could be asked: a is down; b is down"


def test_what_one_machine_could_not_tell_is_asked_of_the_next_and_the_best_of_both_is_kept() -> None:
    on, cluster = board(), target("n", "c", "a", "b")
    on.add(cluster)
    assert jobs(on) == [("a", ["n:c"])]
    halves = (part("n:c", "K"), part("n:c", "L", lost="a may not"))
    on.take(Visit(machine="a", targets=(cluster,), told=(Told(target=cluster, parts=halves),)))
    assert jobs(on) == [("b", ["n:c"])]
    others = (part("n:c", "K", lost="b may not"), part("n:c", "L"))
    on.take(Visit(machine="b", targets=(cluster,), told=(Told(target=cluster, parts=others),)))
    assert jobs(on) == []
    (told,) = on.told()
    assert [look.kind for look in told.looked] == ["K", "L"]
    assert told.gaps == ()


def test_a_cloud_is_asked_once_whatever_it_says() -> None:
    on, sky = board(), target("cloud", "sky")
    on.add(sky)
    (job,) = on.ready(nothing_runs=True)
    assert job == Job(machine="", targets=(sky,))
    on.take(Visit(machine="", targets=(sky,), told=(Told(target=sky, parts=(part("cloud:sky", "K", lost="no"),)),)))
    assert jobs(on) == []
