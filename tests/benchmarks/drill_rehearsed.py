"""How long does a rehearsal of forty machines take, held against the critical path of the lab's own timings?"""

import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from drcheck.discovery.driver import look
from drcheck.drill.engine import run as hold
from drcheck.drill.timing.clock import context, now
from drcheck.estate import DrillGroup, DrillSpec, Estate, Limits, ProbeSpec, load
from drcheck.lab.scenarios.contoso import LEEDS
from drcheck.lab.telling.building import ISOLATED_SWITCH
from drcheck.topology.base import Target, Topology
from tests.benchmarks.figures import say
from tests.benchmarks.rehearsed_lab import machines, seconds_of, world_of

GROUPS = 4
SEED = 1
SPEED = 2.0
"""Faster, and what drcheck itself does would weigh as much as what it waits for; slower, and nobody would wait."""
GOAL = 1.1


def run() -> None:
    """The wall time of the recovery, and of everything with judging and clean-up, against the lab's timings."""
    with TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "tests.benchmarks.rehearsed_lab", folder, str(SPEED), str(SEED)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as lab:
            assert lab.stdout is not None
            assert lab.stdin is not None
            if lab.stdout.readline() != "ready\n":
                raise SystemExit("the lab did not come up")
            _measure(load(Path(folder) / "estate.yaml", os.environ), Path(folder) / "drills")
            lab.stdin.close()


def _measure(estate: Estate, folder: Path) -> None:
    world = world_of(SEED)
    names = machines(world)
    size = len(names) // GROUPS
    groups = [names[start : start + size] for start in range(0, len(names), size)]
    timings = [[seconds_of(world, vm) for vm in group] for group in groups]
    path = sum(max(until for until, _ in group) for group in timings) / SPEED
    removal = max(gone for group in timings for _, gone in group) / SPEED
    spec = DrillSpec(
        name="forty",
        kind="rehearsal",
        groups=tuple(
            DrillGroup(name=f"g{at}", parts=tuple(_part(vm.name) for vm in group)) for at, group in enumerate(groups)
        ),
        limits=Limits(parallel=size, per_host=size),
    )
    made = context(estate, _seen(estate), folder, lambda _: None)
    began = time.monotonic()
    outcome = hold(spec, made)
    whole = time.monotonic() - began
    if outcome.trouble:
        raise SystemExit(f"the rehearsal: {outcome.trouble}")
    rto = next(one for one in outcome.measurements if one.kind == "rto")
    recovery = sum(one.seconds for one in rto.phases if not one.declared)
    note = f"{len(names)} machines in {GROUPS} groups on one host; goal: at most {GOAL} times the critical path"
    say("rehearsal-40.recovery", recovery, "s", path, note)
    say("rehearsal-40.whole", whole, "s", path + removal, "the same, with judging, leases, inventories and clean-up")


def _part(name: str) -> DrillSpec:
    probes = (ProbeSpec(kind="heartbeat"),)
    return DrillSpec(name=name, kind="hyperv-replica", vm=name, switch=ISOLATED_SWITCH, probes=probes)


def _seen(estate: Estate) -> Topology:
    where = (Target(role="hyperv", endpoint=LEEDS),)
    return look(estate, where, now=now, monotonic=time.monotonic)


if __name__ == "__main__":
    run()
