"""How far is discovery? A live line on a terminal, plain lines anywhere else."""

import sys
from collections import Counter
from collections.abc import Sequence
from typing import TextIO

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from drcheck.topology.base import Gap, Target


class PlainProgress:
    """One line per target when it is done; for CI logs."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._facts = 0
        self._gaps = 0
        self._targets = 0

    def found(self, target: Target) -> None:  # noqa: ARG002 - the line comes when it is done
        """Count it."""
        self._targets += 1

    def started(self, target: Target, machine: str) -> None:
        """Nothing: a log wants results."""

    def done(self, target: Target, *, facts: int, gaps: Sequence[Gap], seconds: float) -> None:
        """Say what came of it, and each reason for what is missing once."""
        self._facts += facts
        self._gaps += len(gaps)
        self._say(
            f"discovery: {target.scope}: {facts} facts in {seconds:.1f} s" + (f", {_count(gaps)}" if gaps else "")
        )
        for reason in dict.fromkeys(gap.reason for gap in gaps):
            self._say(f"discovery: {target.scope}: not read: {reason}")

    def close(self) -> None:
        """Say the sums."""
        self._say(f"discovery: {self._targets} endpoints, {self._facts} facts, {self._gaps} gaps")

    def _say(self, line: str) -> None:
        self._stream.write(line + "\n")
        self._stream.flush()


class TerminalProgress:
    """A live bar with what is being asked, and a line for everything that could not be read."""

    def __init__(self, console: Console) -> None:
        self._bar = Progress(
            SpinnerColumn(),
            TextColumn("[bold]discovery"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
            console=console,
            transient=True,
        )
        self._task = self._bar.add_task("", total=0)
        self._found: set[str] = set()
        self._done: Counter[str] = Counter()
        self._asked: dict[str, str] = {}
        self._facts = 0
        self._gaps = 0

    def found(self, target: Target) -> None:
        """Lengthen the bar."""
        if not self._found:
            self._bar.start()
        self._found.add(target.scope)
        self._draw()

    def started(self, target: Target, machine: str) -> None:
        """Show what is being asked."""
        self._asked[target.scope] = machine or target.endpoint
        self._draw()

    def done(self, target: Target, *, facts: int, gaps: Sequence[Gap], seconds: float) -> None:  # noqa: ARG002 - the bar shows the time
        """Move on, and print what is missing."""
        self._done[target.scope] += 1
        self._asked.pop(target.scope, None)
        self._facts += facts
        self._gaps += len(gaps)
        for reason in dict.fromkeys(gap.reason for gap in gaps):
            self._bar.console.print(f"[yellow]not read[/] {escape(target.scope)}: {escape(reason)}", highlight=False)
        self._draw()

    def close(self) -> None:
        """Take the bar away and leave the sums."""
        self._bar.stop()
        sums = f"{len(self._found)} endpoints, {self._facts} facts, {self._gaps} gaps"
        self._bar.console.print(f"[bold]discovery[/] {sums}", highlight=False)

    def _draw(self) -> None:
        asked = list(self._asked.values())
        names = escape(", ".join(asked[:2])) + (f" and {len(asked) - 2} more" if len(asked) > 2 else "")
        self._bar.update(self._task, total=len(self._found), completed=len(self._done), description=names)


def make_progress(stream: TextIO | None = None) -> PlainProgress | TerminalProgress:
    """The progress that suits a stream (by default standard error)."""
    out = stream or sys.stderr
    console = Console(file=out)
    return TerminalProgress(console) if console.is_terminal and not console.is_dumb_terminal else PlainProgress(out)


def _count(gaps: Sequence[Gap]) -> str:
    return "1 gap" if len(gaps) == 1 else f"{len(gaps)} gaps"
