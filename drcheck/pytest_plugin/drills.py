"""What does a session need besides its scene when it is to hold drills?"""

import os
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from pathlib import Path
from threading import Lock

import pytest
from rich.console import Console

from drcheck.drill import DrillOutcome, Person
from drcheck.drill.confirming import Elsewhere
from drcheck.drill.engine import run
from drcheck.drill.live import Live
from drcheck.drill.terminal import Terminal
from drcheck.estate import DrillSpec, Estate, load
from drcheck.pytest_plugin.collect import DRILL_RUNNER, DrillRunner
from drcheck.pytest_plugin.options import drill_files
from drcheck.pytest_plugin.scene import Scene
from drcheck.pytest_plugin.sources import unmuted

FOLDER = "drills"
"""Below a run's directory, unless the estate declares one for all: journals and records of its drills."""


def equip(config: pytest.Config, scene: Scene) -> None:
    """Read which drills the estate asks for, and provide the engine unless somebody already has."""
    estate = load(Path(scene.handover.estate), os.environ, drill_files(config))
    scene.drills = estate.drills
    if DRILL_RUNNER not in config.stash:
        config.stash[DRILL_RUNNER] = _runner(config, estate, scene)


def units(scene: Scene) -> Mapping[str, str]:
    """Which drills have to be held one after another, by one worker: the name of the unit of each."""
    from drcheck.drill.resources import units as apart  # noqa: PLC0415 - likewise
    from drcheck.drill.timing.clock import context  # noqa: PLC0415 - winrm and azure: only for sessions that drill

    estate = load(Path(scene.handover.estate), os.environ)
    made = context(estate, scene.topology, Path(scene.handover.run_dir), lambda _: None)
    return apart(scene.drills, made)


def _runner(config: pytest.Config, estate: Estate, scene: Scene) -> DrillRunner:
    from drcheck.drill.timing.clock import context  # noqa: PLC0415 - winrm and azure: only for sessions that drill

    folder = estate.drill_journals or Path(scene.handover.run_dir) / FOLDER
    live = _live(config)
    made = context(estate, scene.topology, folder, live.say if live else _speaker(config), _person(config))

    def hold(spec: DrillSpec) -> DrillOutcome:
        with live.holding(spec) if live else nullcontext():
            return run(spec, made)

    return hold


def _live(config: pytest.Config) -> Live | None:
    """A live view for whoever sits at a terminal; ``None`` in CI, in a worker, and where output goes to a file."""
    terminal = config.pluginmanager.getplugin("terminalreporter")
    if terminal is None or os.environ.get("CI") or not terminal.isatty:
        return None
    try:
        # Not pytest's own: what it captures goes elsewhere as long as a drill lasts.
        console = Console(file=Path("/dev/tty").open("w", encoding="utf-8"))  # noqa: SIM115 - open for the session
    except OSError:
        return None
    return Live(console) if console.is_terminal else None


def _person(config: pytest.Config) -> Person | None:
    """Who is asked for what only people can do: whoever sits at the terminal, and in CI nobody.

    A worker process cannot read the terminal: its drills are told by ``drcheck drill confirm``.
    """
    asked = config.getoption("drcheck_people")
    terminal = None if asked == "absent" or (asked == "auto" and os.environ.get("CI")) else Terminal.found()
    if terminal is None:
        return Elsewhere() if asked == "present" else None
    return Elsewhere() if hasattr(config, "workerinput") else terminal


def _speaker(config: pytest.Config) -> Callable[[str], None]:
    """Lets a drill, and each of its parts, talk to whoever waits for it: minutes pass between two results."""
    terminal = config.pluginmanager.getplugin("terminalreporter")
    said: list[str] = []
    turn = Lock()

    def say(text: str) -> None:
        if terminal is None:
            return  # a worker: its session is silent until its reports arrive
        with turn, unmuted(config):
            if not said:
                terminal.write_line("")  # ends the line of dots
            terminal.write_line(f"  drill {text}", flush=True)
        said.append(text)

    return say
