"""What do Ctrl-C, a CI runner's SIGTERM or a lost terminal do to a drill? They end the work, once, and no clean-up."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType, TracebackType
from typing import Self

ENDING = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
"""A terminal that is gone is one of them; Windows knows no such signal."""


def ending() -> tuple[signal.Signals, ...]:
    """The signals that end this process, now; ``nohup`` says that a lost terminal does not."""
    return tuple(number for number in ENDING if signal.getsignal(number) is not signal.SIG_IGN)


def undisturbed(say: Callable[[str], None]) -> Callable[[str], None]:
    """Tells as it does, but that nobody can be told (a closed pipe, a terminal that is gone) ends no work."""

    def tell(text: str) -> None:
        with suppress(OSError, ValueError):
            say(text)

    return tell


class Interruptions:
    """Takes the signals that end a process while a drill is held; on any other thread than the main one, nothing.

    The first signal raises ``KeyboardInterrupt`` where that is allowed. Every other one waits: it is raised at the end,
    if nothing else was.
    """

    def __init__(self) -> None:
        self._met = False
        self._allowed = False
        self._before: dict[signal.Signals, object] = {}

    def __enter__(self) -> Self:
        """Take the signals over."""
        if threading.current_thread() is threading.main_thread():
            self._before = {number: signal.signal(number, self._meet) for number in ending()}
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Give the signals back, and raise the one that was held back."""
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]  # what signal.signal gave
        if self._met and error is None:
            raise KeyboardInterrupt

    @contextmanager
    def allowed(self) -> Iterator[None]:
        """A stretch that may be interrupted; whoever uses it cleans up outside of it."""
        self._allowed = not self._met
        try:
            yield
        finally:
            self._allowed = False

    def _meet(self, _number: int, _frame: FrameType | None) -> None:
        first, self._met = not self._met, True
        if first and self._allowed:
            raise KeyboardInterrupt
