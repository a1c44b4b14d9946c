"""Where does a session's topology come from: a live estate, a lab, or a snapshot?"""

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec import Struct

from drcheck.errors import UsageError
from drcheck.estate import Estate
from drcheck.estate import load as load_estate
from drcheck.estate.programme import HistorySpec
from drcheck.policy import Policy
from drcheck.pytest_plugin.options import drill_files
from drcheck.pytest_plugin.scene import Handover
from drcheck.snapshot import load, save
from drcheck.topology.base import Topology

SNAPSHOT = "estate.snapshot"


class Sight(Struct, frozen=True, kw_only=True):
    """A topology, and what another process needs to see the same."""

    topology: Topology
    handover: Handover
    estate: str = ""
    """The estate's name; empty when only a snapshot is known."""
    history: HistorySpec | None = None
    """Where figures are written down."""


def now() -> datetime:
    """This moment. Under plain pytest the plugin is the entry point, so here and nowhere else it asks the time."""
    return datetime.now(UTC)  # noqa: TID251 - see above


def look(config: pytest.Config, source: str, run_dir: Path, stack: ExitStack) -> Sight:
    """See the estate that the command line names; what has to be stopped afterwards is put on the stack.

    Raises:
        DrcheckError: the estate file is wrong, or the snapshot is damaged.
    """
    if source == "snapshot":
        return _from_snapshot(config, run_dir)
    path = _start_lab(config, stack) if source == "lab" else Path(config.getoption("drcheck_estate"))
    return _from_estate(config, path.resolve(), run_dir)


def _from_snapshot(config: pytest.Config, run_dir: Path) -> Sight:
    path, rules = Path(config.getoption("drcheck_snapshot")), config.getoption("drcheck_estate")
    estate = load_estate(Path(rules), os.environ) if rules else None
    topology, digest = load(path)
    copy = run_dir / SNAPSHOT
    copy.write_bytes(path.read_bytes())
    handover = Handover(
        snapshot=str(copy),
        sha256=digest,
        policy=estate.policy if estate else Policy(),
        waivers=tuple(estate.waivers) if estate else (),
        run_dir=str(run_dir),
    )
    return Sight(topology=topology, handover=handover, estate=estate.name if estate else "")


def _from_estate(config: pytest.Config, path: Path, run_dir: Path) -> Sight:
    estate = load_estate(path, os.environ, drill_files(config))  # a mistake in one of them is told before anything else
    with unmuted(config):
        topology = discover(estate)
    copy = run_dir / SNAPSHOT
    handover = Handover(
        snapshot=str(copy),
        sha256=save(topology, copy),
        policy=estate.policy,
        waivers=tuple(estate.waivers),
        estate=str(path),
        run_dir=str(run_dir),
    )
    return Sight(topology=topology, handover=handover, estate=estate.name, history=estate.history)


def discover(estate: Estate) -> Topology:
    """Ask a live estate everything, once."""
    from drcheck.discovery.driver import discover as drive  # noqa: PLC0415 - winrm and azure: not for every pytest session
    from drcheck.discovery.progress import make_progress  # noqa: PLC0415 - as above

    return drive(estate, now=now, monotonic=time.monotonic, progress=make_progress())


def _start_lab(config: pytest.Config, stack: ExitStack) -> Path:
    from drcheck.lab.running.process import LabFailed, LabProcess  # noqa: PLC0415 - only for a lab

    speed = config.getoption("drcheck_lab_speed")
    given = {} if speed is None else {"speed": speed}
    lab = LabProcess(scenario=config.getoption("drcheck_lab"), seed=config.getoption("drcheck_lab_seed"), **given)
    try:
        return stack.enter_context(lab).estate
    except LabFailed as error:
        raise UsageError(str(error)) from error


@contextmanager
def unmuted(config: pytest.Config) -> Iterator[None]:
    """Let what is printed reach the terminal: pytest captures even before the first test."""
    capture = config.pluginmanager.getplugin("capturemanager")
    if capture is None:
        yield
        return
    with capture.global_and_fixture_disabled():
        yield
