"""What is a drill doing now, and how long may that still take? A live line for each drill on a terminal."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Lock

from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, ProgressColumn, SpinnerColumn, Task, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

from drcheck.estate import DrillSpec


class Countdown(ProgressColumn):
    """How long a drill may still take before it gives up and cleans up."""

    def render(self, task: Task) -> Text:
        """The time that is left, or nothing when it is over: cleaning up has no end but success."""
        left = (task.total or 0.0) - (task.elapsed or 0.0)
        return Text(f"gives up in {timedelta(seconds=int(left))}" if left > 0 else "", style="dim")


class Live:
    """The drills that are being held, each with its phase, the time passed and the time left.

    Args:
        console: a terminal.
    """

    def __init__(self, console: Console) -> None:
        self._bar = Progress(
            SpinnerColumn(),
            TextColumn("[bold]{task.fields[drill]}"),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
            Countdown(),
            console=console,
            transient=True,
        )
        self._tasks: dict[str, TaskID] = {}
        self._turn = Lock()

    @contextmanager
    def holding(self, spec: DrillSpec) -> Iterator[None]:
        """Show a drill as long as it lasts."""
        with self._turn:
            if not self._tasks:
                self._bar.start()
            total = spec.limits.seconds or spec.seconds
            self._tasks[spec.name] = self._bar.add_task("begins", total=total, drill=escape(spec.name))
        try:
            yield
        finally:
            with self._turn:
                self._bar.remove_task(self._tasks.pop(spec.name))
                if not self._tasks:
                    self._bar.stop()

    def say(self, text: str) -> None:
        """Note what a drill has come to: ``name: phase``, or anything else as a line of its own."""
        name, _, phase = text.partition(": ")
        with self._turn:
            if name in self._tasks:
                self._bar.update(self._tasks[name], description=escape(phase))
            self._bar.console.print(f"  drill {escape(text)}", highlight=False)
