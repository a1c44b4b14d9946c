"""How long is something waited for, and how often is it looked at?"""

import concurrent.futures
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from datetime import datetime
from math import ceil
from threading import Thread
from typing import TypeVar

from drcheck.errors import DrcheckError, DrillFailed
from drcheck.topology.base import Unknown

T = TypeVar("T")

SHORTEST_SECONDS = 1.0
LONGEST_SECONDS = 10.0
"""Answers to a POST suggest 30 s, which would blur every figure; Azure allows far more reads than this needs."""
SHARE = 20.0
"""Between two looks lies a twentieth of the time that has passed."""
ATTENTION_SECONDS = 0.2
"""How long something that must end may go unnoticed while a far side takes its time."""
STEADY_SECONDS = 3.0
"""Between two looks for something that should be over in a moment."""


class Waits:
    """An endless loop that pauses between rounds, longer each time, and fails when the time is over.

    Args:
        now: the time, UTC.
        wait: pauses for so many seconds.
        seconds: when the time is over.
        what: what is waited for, in the error.
        most: the longest pause that is right at present, in seconds; by default ``LONGEST_SECONDS``.
    """

    def __init__(
        self,
        now: Callable[[], datetime],
        wait: Callable[[float], None],
        seconds: float,
        what: str,
        most: Callable[[], float] = lambda: LONGEST_SECONDS,
    ) -> None:
        self._now = now
        self._most = most
        self._wait = wait
        self._seconds = seconds
        self._what = what
        self._started = now()
        self._first = True

    def __iter__(self) -> "Waits":
        """The loop itself."""
        return self

    def __next__(self) -> None:
        """Pause, unless it is the first round or the time is over."""
        passed = (self._now() - self._started).total_seconds()
        if passed > self._seconds:
            raise DrillFailed(f"{self._what} did not come to an end in {self._seconds:.0f} s")
        if not self._first:
            self._wait(min(self._most(), max(SHORTEST_SECONDS, passed / SHARE)))
        self._first = False


def looks(wait: Callable[[float], None], seconds: float) -> Iterator[None]:
    """A round now, and one every few seconds until so many seconds have been waited."""
    yield
    for _ in range(ceil(seconds / STEADY_SECONDS)):
        wait(STEADY_SECONDS)
        yield


def attended(wait: Callable[[float], None], ask: Callable[[], T]) -> T:
    """Ask something that may take minutes, and stay ready to end meanwhile: ``wait`` is called again and again.

    When ``wait`` raises, the answer is given up: the thread that asks for it ends when the far side does.
    """
    answer: Future[T] = Future()

    def asking() -> None:
        try:
            answer.set_result(ask())
        except BaseException as error:  # noqa: BLE001 - raised again where the answer is waited for
            answer.set_exception(error)

    Thread(target=asking, daemon=True, name="a drill's long question").start()
    while not answer.done():
        concurrent.futures.wait([answer], timeout=ATTENTION_SECONDS)
        wait(0.0)
    return answer.result()


def insist(wait: Callable[[float], None], ask: Callable[[], T], seconds: float = 30.0) -> T:
    """Ask something that may be asked again until it is answered; in the end its last failure is raised."""
    problem: Exception | None = None
    for _ in looks(wait, seconds):
        try:
            return ask()
        except (DrcheckError, Unknown) as error:
            problem = error
    raise problem or AssertionError("there is at least one round")
