"""A lab in this process, with its estate.yaml in a folder, and a discovery of it."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from drcheck.discovery.driver import Assignment, discover
from drcheck.discovery.driver.run import Silent
from drcheck.estate import load
from drcheck.lab.running.assembly import assemble, build
from drcheck.lab.running.publish import publish
from drcheck.lab.running.server import running
from drcheck.lab.state.world import World
from drcheck.topology.base import Topology


@contextmanager
def served(name: str, folder: Path, broken: Callable[[World], None] | None = None) -> Iterator[World]:
    """A lab whose estate.yaml is in a folder; something in its world may be broken before it starts."""
    world = build(name, 5)
    if broken is not None:
        broken(world)
    with running(assemble(world)) as lab:
        publish(lab, name, folder)
        yield world


def now() -> datetime:
    return datetime.fromtimestamp(time.time(), UTC)


def discovered(folder: Path, given: Assignment | None = None) -> Topology:
    estate = load(folder / "estate.yaml", dict(os.environ))
    return discover(estate, now=now, monotonic=time.monotonic, progress=Silent(), given=given)


def edit(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Change what estate.yaml says."""
    path = folder / "estate.yaml"
    value = yaml.safe_load(path.read_text())
    change(value)
    path.write_text(yaml.safe_dump(value, sort_keys=False))
