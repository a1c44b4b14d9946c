"""Does the drill's network stay isolated while copies run in it? Judged again and again, beside the work."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import count
from threading import Event, Thread

from drcheck.errors import DrcheckError, IsolationLost
from drcheck.topology.base import Unknown

EVERY_SECONDS = 60
"""Between two looks; a look asks what a discovery would ask, and changes nothing."""
SHARE = 4.0
"""Where looks take long, so much longer is the time between them: what a drill measures must not wait for them."""
AGAIN_SECONDS = 3
"""Before what a look has seen is believed, it is looked at a second time: an answer may get lost."""

Judge = Callable[[], tuple[str, ...]]


class Vigil:
    """Looks at a network from a thread of its own, and ends the work at its next pause when the network leaks.

    Args:
        network: its name, for the error.
        wait: pauses for so many seconds.
        now: the time, UTC.
    """

    def __init__(self, network: str, wait: Callable[[float], None], now: Callable[[], datetime]) -> None:
        self._network = network
        self.now = now
        self._wait = wait
        self._over = Event()
        self._over.set()
        self._leaks: tuple[str, ...] = ()
        self._problem: Exception | None = None

    def wait(self, seconds: float) -> None:
        """Pause, as a drill does between two looks at its own work.

        Raises:
            IsolationLost: the network leaks, and the work is not over yet.
        """
        self._insist()
        self._wait(seconds)
        self._insist()

    @contextmanager
    def over(self, judge: Judge) -> Iterator[None]:
        """Watch while something is done, and look a last time when it is done.

        Args:
            judge: tells the edges that leak now; none means isolated.

        Raises:
            IsolationLost: the network leaks, or nobody could read any more whether it does.
        """
        self._over.clear()
        watcher = Thread(target=self._watch, args=(judge,), daemon=True, name=f"isolation of {self._network}")
        watcher.start()
        try:
            yield
            self._insist()
        finally:
            self._over.set()
            watcher.join()
        self._look(judge)
        leaks, self._leaks = self._leaks, ()
        if leaks:
            raise IsolationLost(self._network, leaks)

    def _insist(self) -> None:
        if self._over.is_set():
            return  # what cleans up is not ended by what ended the work
        if self._problem is not None:
            raise self._problem
        if self._leaks:
            raise IsolationLost(self._network, self._leaks)

    def _watch(self, judge: Judge) -> None:
        took = 0.0
        try:
            while not self._leaks and self._pause(took * SHARE):
                began = self.now()
                self._look(judge)
                took = (self.now() - began).total_seconds()
        except Exception as problem:  # noqa: BLE001 - raised where the work is done: a watcher that died watches nothing
            self._problem = problem

    def _pause(self, least: float) -> bool:
        """Let the time between two looks pass, and at least so many seconds; False when the work is over."""
        began = self.now()
        for second in count():
            if self._over.is_set():
                return False
            if second >= EVERY_SECONDS and (self.now() - began).total_seconds() >= least:
                return True
            self._wait(1.0)
        raise AssertionError("counting does not end")

    def _look(self, judge: Judge) -> None:
        if _told(judge):
            self._wait(AGAIN_SECONDS)
            self._leaks = _told(judge)


def _told(judge: Judge) -> tuple[str, ...]:
    try:
        return judge()
    except (DrcheckError, Unknown) as doubt:
        return (f"it could not be read: {doubt}",)
