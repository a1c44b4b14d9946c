"""A drill in a process that kills itself: as soon as its journal has so many lines and the time was asked so often.

The clock is the one thing that everything asks before and after it acts, so that death comes at every step.
"""

import os
import signal
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from drcheck.discovery.driver import look
from drcheck.drill import Context
from drcheck.drill.engine import run
from drcheck.estate import load
from drcheck.topology.base import Fact, Target, Topology


class Fate:
    """Gives the time until the moment has come."""

    def __init__(self, folder: Path, lines: int, grace: int) -> None:
        self._folder = folder
        self._lines = lines
        self._grace = grace

    def now(self) -> datetime:
        lines = [line for path in self._folder.glob("*.journal.jsonl") for line in path.read_bytes().splitlines()]
        written = sum(b'"observed"' not in line for line in lines)  # what was only looked at has nothing to undo
        if written >= self._lines:
            if self._grace == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            self._grace -= 1
        return datetime.fromtimestamp(time.time(), UTC)


def main(estate_file: str, folder: str, name: str, lines: str, grace: str) -> None:
    """Hold a drill until fate strikes; exits with 0 when it never did."""
    estate = load(Path(estate_file), dict(os.environ))
    fate = Fate(Path(folder), int(lines), int(grace))

    def see(targets: tuple[Target, ...], kinds: tuple[type[Fact], ...] = ()) -> Topology:
        def now() -> datetime:
            return datetime.fromtimestamp(time.time(), UTC)

        return look(estate, targets, now=now, monotonic=time.monotonic, kinds=kinds)

    vault = estate.azure.vaults[0].id
    subscription = "/".join(vault.split("/")[:3])
    places = (("hyperv", "hv-lds1.lds.contoso.lab"), ("vault", vault), ("azure", subscription))
    context = Context(
        estate=estate,
        topology=see(tuple(Target(role=role, endpoint=at) for role, at in places)),
        folder=Path(folder),
        now=fate.now,
        wait=lambda seconds: time.sleep(seconds / 1000),
        say=lambda _: None,
        look=see,
    )
    run(next(spec for spec in estate.drills if spec.name == name), context)


if __name__ == "__main__":
    main(*sys.argv[1:])
