"""Has somebody pressed Enter on the terminal that drcheck was started from? Pytest may capture everything else."""

import os
import select
import sys
from threading import Lock

from drcheck.drill.holder import holder

if sys.platform != "win32":
    import termios

LONGEST_LINE = 4096


class Terminal:
    """Somebody at a terminal. When several parts ask at once, Enter answers the oldest question.

    Args:
        descriptor: of the open terminal.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._questions: list[str] = []
        self._turn = Lock()

    @classmethod
    def found(cls) -> "Terminal | None":
        """The terminal of this process; ``None`` when it has none, as in CI, and on Windows."""
        try:
            return cls(os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY))
        except OSError:
            return None

    def ask(self, question: str) -> None:
        """Listen from now on: what was typed before this is no answer."""
        with self._turn:
            if not self._questions and self._ours():
                self._forget_typed()
            self._questions.append(question)

    def answered(self, question: str) -> str:
        """The account that runs drcheck once Enter was pressed and the question is the oldest."""
        with self._turn:
            first = self._questions[:1] == [question]
            return holder() if first and self._ours() and self._entered() else ""

    def forget(self, question: str) -> None:
        """Do not listen any more; the next question's turn has come."""
        with self._turn:
            if question in self._questions:
                self._questions.remove(question)

    def _ours(self) -> bool:
        """A process in the background that reads the terminal is stopped by the system: it must not try."""
        if sys.platform == "win32":
            return True
        try:
            return os.tcgetpgrp(self._descriptor) == os.getpgrp()
        except OSError:
            return True  # not the terminal that controls us: there are no jobs on it

    def _forget_typed(self) -> None:
        if sys.platform != "win32":
            termios.tcflush(self._descriptor, termios.TCIFLUSH)

    def _entered(self) -> bool:
        ready, _, _ = select.select([self._descriptor], [], [], 0)
        return bool(ready) and b"\n" in os.read(self._descriptor, LONGEST_LINE)
