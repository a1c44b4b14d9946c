"""What does every process of a session know: the topology, the policy, the waivers, the selection, the drills?"""

import gc
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
import pytest

from drcheck.check import Check
from drcheck.estate import DrillSpec
from drcheck.policy import Policy
from drcheck.pytest_plugin.omitted import Omitted
from drcheck.pytest_plugin.options import Selection, selection
from drcheck.snapshot import load
from drcheck.topology.base import Topology
from drcheck.waivers import Waiver


class Handover(msgspec.Struct, frozen=True, kw_only=True):
    """What the controller tells a worker: where the snapshot is, which one it must be, and how to judge it."""

    snapshot: str
    sha256: str
    policy: Policy
    waivers: tuple[Waiver, ...] = ()
    estate: str = ""
    """Path of estate.yaml; empty when a snapshot is judged."""
    run_dir: str = ""


class Scene:
    """A session's knowledge in one process. ``offered``, ``collected``: every check that was found, and its file."""

    def __init__(self, handover: Handover, topology: Topology, chosen: Selection) -> None:
        self.handover = handover
        self.topology = topology
        self.selection = chosen
        self.offered: list[Check] = []
        self.collected: set[Path] = set()
        self.omitted = Omitted()
        self.known: Mapping[str, Check] = {}
        self.marks: dict[str, pytest.MarkDecorator] = {}
        self.drills: Sequence[DrillSpec] = ()

    @property
    def policy(self) -> Policy:
        """Every threshold."""
        return self.handover.policy

    @property
    def waivers(self) -> tuple[Waiver, ...]:
        """Every accepted failure."""
        return self.handover.waivers


SCENE = pytest.StashKey[Scene]()

KEY = "drcheck"
"""Under which the handover travels in xdist's ``workerinput``, as JSON: execnet carries plain types only."""


def take_over(text: str, config: pytest.Config) -> Scene:
    """A worker's scene from the controller's words; the snapshot's hash is checked.

    Raises:
        SnapshotError: the file is not the one the controller wrote.
    """
    handover = msgspec.json.decode(text, type=Handover)
    topology, _ = load(Path(handover.snapshot), handover.sha256)
    return settle(Scene(handover, topology, selection(config)))


def settle(scene: Scene) -> Scene:
    """Keep the garbage collector from walking a topology that lives as long as the process."""
    gc.freeze()
    return scene
