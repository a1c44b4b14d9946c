"""Parts of a drill are worked on side by side, never more of them than the limits allow, and end together."""

from collections import Counter
from collections.abc import Callable
from threading import Barrier, Event, Lock

import pytest

from drcheck.drill.rehearsed.crew import Crew, Task
from drcheck.errors import DrillFailed, QueryFailed
from drcheck.estate import Limits

LONG = 30.0
"""Seconds after which something that should have happened never will."""


def crew(parallel: int = 4, per_host: int = 4, per_vault: int = 4) -> Crew:
    return Crew(Limits(parallel=parallel, per_host=per_host, per_vault=per_vault), lambda _: None)


def task(name: str, work: Callable[[], str], place: str = "hyperv:a") -> Task[str]:
    return Task(name=name, place=place, work=work)


def test_what_may_run_together_does() -> None:
    met = Barrier(3)

    def meet() -> str:
        met.wait(LONG)
        return "met"

    assert crew(3, 3).work([task(name, meet) for name in "abc"]) == ["met"] * 3


@pytest.mark.parametrize(
    ("limits", "most"),
    [((2, 9, 9), {"all": 2}), ((9, 2, 9), {"hyperv:a": 2, "hyperv:b": 2}), ((9, 9, 1), {"vault:v": 1})],
)
def test_no_limit_is_passed(limits: tuple[int, int, int], most: dict[str, int]) -> None:
    now, highest, turn = Counter[str](), Counter[str](), Lock()

    def work(place: str) -> str:
        with turn:
            now.update([place, "all"])
            for key in (place, "all"):
                highest[key] = max(highest[key], now[key])
        Event().wait(0.002)
        with turn:
            now.subtract([place, "all"])
        return place

    places = ["hyperv:a", "hyperv:b", "vault:v"] * 4
    done = crew(*limits).work([task("t", lambda place=place: work(place), place) for place in places])  # type: ignore[misc]  # a default binds it
    assert done == places
    assert all(highest[key] <= limit for key, limit in most.items())


def test_a_full_host_keeps_no_other_waiting() -> None:
    """The second task of the first host is behind the first; that of the other host is not."""
    both, second = Barrier(2), Event()

    def first() -> str:
        both.wait(LONG)
        assert not second.is_set()
        return "first"

    def behind() -> str:
        second.set()
        return "behind"

    def other() -> str:
        both.wait(LONG)
        return "other"

    tasks = [task("1", first), task("2", behind), task("3", other, "hyperv:b")]
    assert crew(per_host=1).work(tasks) == ["first", "behind", "other"]


def test_trouble_of_one_is_told_and_keeps_no_other_from_its_work() -> None:
    def fail() -> str:
        raise QueryFailed("host", "Get-VM", "Denied", "no")

    first, second = crew(1).work([task("1", fail), task("2", lambda: "done")])
    assert isinstance(first, QueryFailed)
    assert second == "done"


def test_what_ends_all_stops_what_runs_and_starts_nothing_more() -> None:
    mine = crew(2)
    runs = Event()

    def long() -> str:
        runs.set()
        while True:
            mine.wait(0.0)

    def red() -> str:
        assert runs.wait(LONG)
        return "red"

    tasks = [task("1", long), task("2", red), task("3", lambda: "never")]
    done = mine.work(tasks, lambda one, became: f"{one.name} is {became}" if became == "red" else "")
    assert [str(one) for one in done] == ["2 is red", "red", "not started: 2 is red"]
    assert isinstance(done[0], DrillFailed)
    mine.wait(0.0)  # and afterwards it can be worked with: there is a clean-up


def test_whoever_ends_the_work_waits_until_all_have_ended() -> None:
    mine = crew(2)
    runs, ended = Event(), Event()

    def long() -> str:
        runs.set()
        try:
            while True:
                mine.wait(0.0)
        finally:
            ended.set()

    def attend() -> None:
        assert runs.wait(LONG)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        mine.work([task("1", long)], attend=attend)
    assert ended.is_set()


def test_a_mistake_is_no_trouble_of_the_estate() -> None:
    def mistaken() -> str:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        crew().work([task("1", mistaken)])
