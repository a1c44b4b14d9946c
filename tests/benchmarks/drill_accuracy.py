"""How exact are drills? Their figures against the lab's own truth file, over several seeds."""

import json
import os
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from drcheck.discovery.driver import discover
from drcheck.discovery.driver.run import Silent
from drcheck.drill.clock import context, now
from drcheck.drill.engine import run as hold
from drcheck.estate import DrillSpec, Estate, load
from drcheck.lab.process import LabProcess
from drcheck.topology.base import Topology
from drcheck.verdict import Measurement
from tests.benchmarks.figures import say

SEEDS = (1, 2, 3)
SPEED = 60.0
GOAL_SECONDS = 1.0


def run() -> None:
    """The worst error and uncertainty of every figure."""
    worst: dict[str, list[float]] = {}
    for seed in SEEDS:
        for name, off, uncertainty in drills(seed):
            errors = worst.setdefault(name, [0.0, 0.0])
            worst[name] = [max(errors[0], off), max(errors[1], uncertainty)]
    for name, (off, uncertainty) in sorted(worst.items()):
        say(f"{name}.worst-error", off, "s", GOAL_SECONDS)
        say(f"{name}.worst-uncertainty", uncertainty, "s", GOAL_SECONDS)


def drills(seed: int) -> Iterator[tuple[str, float, float]]:
    """Name, error and uncertainty (seconds) of every figure of every drill of one lab."""
    with TemporaryDirectory() as folder:
        truth = Path(folder) / "truth.json"
        with LabProcess(scenario="contoso", seed=seed, speed=SPEED, truth=truth) as lab:
            estate = load(lab.estate, os.environ)
            seen = look_around(estate)
            for spec in estate.drills:
                outcome = hold(spec, context(estate, seen, Path(folder) / "drills", lambda _: None))
                if outcome.trouble:
                    raise SystemExit(f"{spec.name} with seed {seed}: {outcome.trouble}")
                happened = json.loads(truth.read_text(encoding="utf-8"))["test_vms"]
                for one in outcome.measurements:
                    yield (
                        f"{spec.kind}.{one.kind}",
                        error(one, spec, happened, outcome.measurements),
                        one.uncertainty_seconds,
                    )


def look_around(estate: Estate) -> Topology:
    return discover(estate, now=now, monotonic=time.monotonic, progress=Silent())


def error(one: Measurement, spec: DrillSpec, happened: Sequence[Any], all_of_it: Sequence[Measurement]) -> float:
    t0 = next(each.at for each in all_of_it if each.kind == "rpo").timestamp()
    probed = {probe.vm.lower() + "-test" for probe in spec.probes} if spec.plan else None
    platform = "azure" if spec.plan else "hyperv"
    mine = [vm for vm in happened if vm["platform"] == platform]
    if one.kind == "rto":
        ready = max(moment(vm["services_at"]) for vm in mine if probed is None or vm["name"].lower() in probed)
        declared = sum(phase.seconds for phase in one.phases if phase.declared)
        return abs(ready - t0 - (one.seconds - declared))
    return abs(max(0.0, t0 - min(moment(vm["recovery_point"]) for vm in mine)) - one.seconds)


def moment(text: str) -> float:
    return datetime.fromisoformat(text).astimezone(UTC).timestamp()
