"""A watch over isolation ends the work when it must, and only then."""

import time
from datetime import UTC, datetime
from threading import Event
from threading import enumerate as enumerate_threads

import pytest

from drcheck.drill.isolation.vigil import EVERY_SECONDS, Judge, Vigil
from drcheck.errors import DrillError, IsolationLost, QueryFailed


def now() -> datetime:
    return datetime.fromtimestamp(time.time(), UTC)


class Times:
    """Time that passes only in the watcher, and only when the work says so."""

    def __init__(self) -> None:
        self.passes = Event()

    def wait(self, seconds: float) -> None:
        if seconds == 1.0:
            assert self.passes.wait(30)


def work_until_ended(vigil: Vigil, judge: Judge, times: Times, looked: Event) -> None:
    """Work that never ends by itself, and lets the watcher's time pass."""
    with vigil.over(judge):
        times.passes.set()
        assert looked.wait(30)
        for watcher in [one for one in enumerate_threads() if one.name == "isolation of vnet-drill"]:
            watcher.join(30)  # it ends when it has seen enough
        vigil.wait(0.0)
    raise AssertionError("nothing ended the work")


def test_a_network_that_stays_isolated_ends_nothing() -> None:
    looked: list[None] = []
    vigil = Vigil("vnet-drill", lambda _: None, now)

    def judge() -> tuple[str, ...]:
        looked.append(None)
        return ()

    with vigil.over(judge):
        for _ in range(3):
            vigil.wait(EVERY_SECONDS)
    assert looked, "it looks at least when the work is done"
    vigil.wait(1.0)


def test_a_leak_ends_the_work_at_its_next_pause() -> None:
    times, seen = Times(), Event()
    vigil = Vigil("vnet-drill", times.wait, now)

    def judge() -> tuple[str, ...]:
        seen.set()
        return ("it is peered with vnet-hub",)

    with pytest.raises(IsolationLost, match="vnet-drill did not stay isolated: it is peered with vnet-hub"):
        work_until_ended(vigil, judge, times, seen)
    vigil.wait(1.0)  # what cleans up afterwards is not ended


def test_one_look_that_fails_is_looked_at_again_and_two_are_believed() -> None:
    answers = [("it could not be read",), (), ("a",), ("b",)]
    vigil = Vigil("vnet-drill", lambda _: None, now)
    vigil._look(lambda: answers.pop(0))
    assert len(vigil._leaks) == 0
    vigil._look(lambda: answers.pop(0))
    assert list(vigil._leaks) == ["b"]


def test_doubt_is_a_leak() -> None:
    vigil = Vigil("vnet-drill", lambda _: None, now)

    def judge() -> tuple[str, ...]:
        raise QueryFailed("azure", "virtual networks", "AuthorizationFailed", "no right")

    with pytest.raises(IsolationLost, match="it could not be read: "), vigil.over(judge):
        pass


def test_a_watcher_that_breaks_down_is_noticed() -> None:
    times, broke = Times(), Event()
    vigil = Vigil("vnet-drill", times.wait, now)

    def judge() -> tuple[str, ...]:
        broke.set()
        raise ZeroDivisionError("a mistake of ours")

    with pytest.raises(ZeroDivisionError):
        work_until_ended(vigil, judge, times, broke)


def test_what_goes_wrong_in_the_work_itself_is_what_is_told() -> None:
    vigil = Vigil("vnet-drill", lambda _: None, now)
    with pytest.raises(DrillError, match="the job failed"), vigil.over(lambda: ()):
        raise DrillError("the job failed")
