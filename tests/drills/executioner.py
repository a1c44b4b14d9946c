"""Holds drills in processes of their own that die by SIGKILL: a process with everything loaded that forks for each.

Commands are JSON lines on stdin, answers JSON lines on stdout. The moment of death is a number of lines in the drill's
journals and then of looks at the clock, which everything asks before and after it acts; or a time, kept by whoever
gave the command.
"""

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from drcheck.discovery.driver import look
from drcheck.drill import Context
from drcheck.drill.engine import kinds, run
from drcheck.drill.undoing.recovery import recover
from drcheck.errors import DrcheckError
from drcheck.estate import Estate, load
from drcheck.snapshot import load as load_snapshot
from drcheck.topology.base import Fact, Target, Topology

NEVER = 10**9
"""Lines after which nobody dies."""
DONE, REFUSED, BROKEN = 0, 3, 70


class Fate:
    """Gives the time until the moment has come."""

    def __init__(self, folder: Path, lines: int, grace: int, ahead: float) -> None:
        self._folder = folder
        self._lines = lines
        self._grace = grace
        self._ahead = ahead
        self._before = self._written()

    def now(self) -> datetime:
        """The time, or death."""
        if self._lines < NEVER and self._written() - self._before >= self._lines:
            if self._grace <= 0:
                os.kill(os.getpid(), signal.SIGKILL)
            self._grace -= 1
        return self.true()

    def true(self) -> datetime:
        """The time."""
        return datetime.fromtimestamp(time.time() + self._ahead, UTC)

    def _written(self) -> int:
        lines = [line for path in self._folder.glob("*.journal.jsonl") for line in path.read_bytes().splitlines()]
        return sum(b'"observed"' not in line for line in lines)  # what was only looked at has nothing to undo


def surroundings(estate: Estate, topology: Topology, order: dict[str, Any]) -> Context:
    """What one process works with."""
    folder, speed = Path(order["folder"]), float(order["speed"])
    fate = Fate(folder, int(order["lines"]), int(order["grace"]), float(order["ahead"]))

    def see(targets: tuple[Target, ...], kinds: tuple[type[Fact], ...] = ()) -> Topology:
        return look(estate, targets, now=fate.true, monotonic=time.monotonic, kinds=kinds)

    return Context(
        estate=estate,
        topology=topology,
        folder=folder,
        now=fate.now,
        wait=lambda seconds: time.sleep(seconds / speed),
        say=lambda _: None,
        look=see,
    )


def obey(order: dict[str, Any]) -> int:
    """Hold the drill, or recover what is open; the exit code."""
    estate = load(Path(order["estate"]), dict(os.environ))
    topology, _ = load_snapshot(Path(order["snapshot"]))
    context = surroundings(estate, topology, order)
    if order["name"]:
        run(next(spec for spec in estate.drills if spec.name == order["name"]), context)
        return DONE
    try:
        recover(context.folder, context)
    except DrcheckError:
        return REFUSED
    return DONE


def child(work: Callable[[], int], log: str) -> None:
    """The rest of a forked process's life. What the commands come from is the parent's."""
    os.close(0)
    code = BROKEN
    try:
        code = work()
    except BaseException as error:  # noqa: BLE001 - the parent must never go on in a child
        with Path(log).open("a", encoding="utf-8") as file:
            file.write(f"{type(error).__name__}: {error}\n")
    finally:
        os._exit(code)


def answer(said: dict[str, object]) -> None:
    """One line to whoever gave the command."""
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Serve until stdin ends."""
    kinds()  # imports them all, before anything is forked
    answer({"ready": True})
    for line in sys.stdin:
        order = json.loads(line)
        if "wait" in order:
            _, status = os.waitpid(order["wait"], 0)
            answer({"code": os.waitstatus_to_exitcode(status)})
            continue
        pid = os.fork()
        if pid == 0:
            child(lambda order=order: obey(order), order["log"])  # type: ignore[misc]  # bound at once
        answer({"pid": pid})


if __name__ == "__main__":
    main()
