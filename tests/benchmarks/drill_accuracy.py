"""How exact are drills? Their figures against what really happened in the lab: fifty drills, timings drawn per seed.

Clocks are wrong in every one of them: the replica host's, Azure's, and those of production's guests by up to 90 s. In
every other lab the machines have a sentinel, which is the more exact account of their data.
"""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from msgspec import Struct, structs

from drcheck.discovery.driver import discover, look
from drcheck.discovery.driver.run import Silent
from drcheck.drill.engine import run as hold
from drcheck.drill.timing.clock import context, now
from drcheck.estate import DrillSpec, Estate, ProbeSpec, load
from drcheck.lab.azure.state import azure_of
from drcheck.lab.running.assembly import assemble, build
from drcheck.lab.running.publish import publish
from drcheck.lab.running.server import running
from drcheck.lab.scenarios.contoso import LEEDS
from drcheck.lab.state.clock import LabClock
from drcheck.lab.state.inside import Inside
from drcheck.lab.state.truth import TestVmRecord
from drcheck.lab.state.world import World
from drcheck.lab.telling.building import vm_named
from drcheck.topology.base import Target, Topology
from drcheck.verdict import Measurement
from tests.benchmarks.figures import say

SEEDS = range(1, 26)
SPEED = 120.0
GOAL_SECONDS = 1.0
WRONG_SECONDS = 90.0
"""How far a clock may be off."""
PATH, EVERY = r"C:\drcheck\sentinel.csv", 20.0
MACHINES = {"vmm-first": ("VMM01", "hyperv"), "payments-plan": ("PAY-WEB01", "azure")}
"""By drill: the machine that is probed, and where its copy is."""


class Exact(Struct, frozen=True, kw_only=True):
    """A figure and how far it is from the truth, in seconds."""

    name: str
    off: float
    uncertainty: float

    @property
    def inside(self) -> bool:
        """Does the truth lie within what was stated?"""
        return self.off <= self.uncertainty


def run() -> None:
    """The worst error and uncertainty of every kind of figure, and how often the truth was outside."""
    worst: dict[str, tuple[float, float]] = {}
    outside = held = 0
    for seed in SEEDS:
        found = list(drills(seed))
        held += len({one.name.partition(".")[0] for one in found})
        outside += sum(not one.inside for one in found)
        for one in found:
            off, uncertainty = worst.get(one.name, (0.0, 0.0))
            worst[one.name] = (max(off, one.off), max(uncertainty, one.uncertainty))
    for name, (off, uncertainty) in sorted(worst.items()):
        say(f"{name}.worst-error", off, "s", GOAL_SECONDS)
        say(f"{name}.worst-uncertainty", uncertainty, "s", GOAL_SECONDS)
    say("drills.held", held, "drills", 50)
    say("drills.truth-outside", outside, "figures", 1, "none at all is the goal")


def drills(seed: int, speed: float = SPEED, names: tuple[str, ...] = tuple(MACHINES)) -> Iterator[Exact]:
    """Every figure of the drills of one lab, with all clocks wrong."""
    world, chance = build("contoso", seed), Random(seed)
    world.hosts[LEEDS].clock_offset = chance.uniform(-WRONG_SECONDS, WRONG_SECONDS)
    azure_of(world).clock_offset = chance.uniform(-WRONG_SECONDS, WRONG_SECONDS)
    for name, _ in MACHINES.values():
        ahead = chance.uniform(-WRONG_SECONDS, WRONG_SECONDS)
        vm_named(world, name).inside = Inside(sentinel_at=PATH, sentinel_every=EVERY, clock_offset=ahead)
    with TemporaryDirectory() as folder, running(assemble(world, LabClock(speed=speed))) as lab:
        publish(lab, "contoso", Path(folder))
        estate = load(Path(folder) / "estate.yaml", os.environ)
        seen = both_sides(estate, world)
        for name in names:
            declared = next(one for one in estate.drills if one.name == name)
            spec = with_sentinel(declared) if seed % 2 else declared
            outcome = hold(spec, context(estate, seen, Path(folder) / "drills", lambda _: None))
            if outcome.trouble:
                raise SystemExit(f"{spec.name} with seed {seed}: {outcome.trouble}")
            yield from exact(spec, outcome.measurements, list(lab.clock.truth.test_vms.values()))


def look_around(estate: Estate) -> Topology:
    """Everything that a run would know before its drills."""
    return discover(estate, now=now, monotonic=time.monotonic, progress=Silent())


def both_sides(estate: Estate, world: World) -> Topology:
    """What these drills need to know: both sides of each machine, the vault, its subscription and the estate."""
    vault = estate.azure.vaults[0].id
    hosts = {LEEDS, *(vm_named(world, name).host for name, _ in MACHINES.values())}
    targets = [Target(role="hyperv", endpoint=host) for host in sorted(hosts)]
    targets += [Target(role="vault", endpoint=vault), Target(role="azure", endpoint="/".join(vault.split("/")[:3]))]
    return look(estate, tuple(targets), now=now, monotonic=time.monotonic)


def with_sentinel(spec: DrillSpec) -> DrillSpec:
    """A drill that reads the newest record of its machine's sentinel, too."""
    vm, _ = MACHINES[spec.name]
    probe = ProbeSpec(kind="sentinel", vm=vm, path=PATH, mandatory=False, seconds=60)
    return structs.replace(spec, probes=(*spec.probes, probe))


def exact(spec: DrillSpec, figures: tuple[Measurement, ...], happened: list[TestVmRecord]) -> Iterator[Exact]:
    """Each figure against what happened to the copies."""
    vm, platform = MACHINES[spec.name]
    rpo = next(one for one in figures if one.kind == "rpo")
    rto = next(one for one in figures if one.kind == "rto")
    t0, declared = rpo.at.timestamp(), sum(phase.seconds for phase in rto.phases if phase.declared)
    mine = [one for one in happened if one.platform == platform]
    probed = [one for one in mine if vm.lower() in one.name.lower()]
    ready = max(one.services_at or 0.0 for one in probed)
    yield Exact(
        name=f"{spec.kind}.rto",
        off=abs(ready - t0 - (rto.seconds - declared)),
        uncertainty=rto.uncertainty_seconds,
    )
    told = any(probe.kind == "sentinel" for probe in spec.probes)
    held = [(one.recovery_point or 0.0, told and one in probed) for one in mine]
    newest = min(point // EVERY * EVERY if recorded else point for point, recorded in held)
    yield Exact(
        name=f"{spec.kind}.rpo-{rpo.method}",
        off=abs(max(0.0, t0 - newest) - rpo.seconds),
        uncertainty=rpo.uncertainty_seconds,
    )
