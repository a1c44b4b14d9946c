"""Measures, and prints one JSON line per figure: how exact drills are, and what the runner costs above the checks.

A drill's error is the distance between what it states and what the lab's truth file says; ``against`` is the goal or
the other side of the comparison, ``ratio`` the figure over it, both taken in this very run.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from drcheck.check import Check, checks_in
from drcheck.discovery.driver import discover
from drcheck.discovery.progress import make_progress
from drcheck.drill.clock import context, now
from drcheck.drill.engine import run
from drcheck.estate import DrillSpec, Estate, load
from drcheck.evaluate import evaluate_all, plan
from drcheck.lab.process import LabProcess
from drcheck.topology.base import Topology
from drcheck.verdict import Measurement

ROOT = Path(__file__).parents[2]
SEEDS = (1, 2, 3)
SPEED = 60.0
GOAL_SECONDS = 1.0
ROUNDS = 20


def say(figure: str, value: float, unit: str, against: float) -> None:
    line = {"figure": figure, "value": value, "unit": unit, "against": against, "ratio": value / against}
    sys.stdout.write(
        json.dumps({name: round(it, 4) if isinstance(it, float) else it for name, it in line.items()}) + "\n"
    )
    sys.stdout.flush()


def drills(seed: int) -> Iterator[tuple[str, float, float]]:
    """Name, error and uncertainty (seconds) of every figure of every drill of one lab."""
    with TemporaryDirectory() as folder:
        truth = Path(folder) / "truth.json"
        with LabProcess(scenario="contoso", seed=seed, speed=SPEED, truth=truth) as lab:
            estate = load(lab.estate, os.environ)
            seen = look_around(estate)
            for spec in estate.drills:
                outcome = run(spec, context(estate, seen, Path(folder) / "drills", lambda _: None))
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
    return discover(estate, now=now, monotonic=time.monotonic, progress=make_progress(open(os.devnull, "w")))  # noqa: PTH123


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


def accuracy() -> None:
    worst: dict[str, list[float]] = {}
    for seed in SEEDS:
        for name, off, uncertainty in drills(seed):
            errors = worst.setdefault(name, [0.0, 0.0])
            worst[name] = [max(errors[0], off), max(errors[1], uncertainty)]
    for name, (off, uncertainty) in sorted(worst.items()):
        say(f"{name}.worst-error", off, "s", GOAL_SECONDS)
        say(f"{name}.worst-uncertainty", uncertainty, "s", GOAL_SECONDS)


def shipped() -> list[Check]:
    found: list[Check] = []
    for path in sorted((ROOT / "checks").glob("*/check_*.py")):
        spec = spec_from_file_location(f"bench_{path.stem}", path)
        assert spec is not None
        assert spec.loader is not None
        module = module_from_spec(spec)
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
        found += checks_in(module)
    return found


def cpu(work: Callable[[], object]) -> float:
    began = time.process_time()
    for _ in range(ROUNDS):
        work()
    return (time.process_time() - began) / ROUNDS


def overhead() -> None:
    """The same checks on the same facts: with findings made of them, and as bare calls."""
    with LabProcess(scenario="contoso", seed=0, speed=SPEED) as lab:
        estate = load(lab.estate, os.environ)
        seen = look_around(estate)
    checks = shipped()
    calls = [(work.check, subject) for work in plan(seen, checks) for subject in work.subjects]

    def bare() -> None:
        for check, subject in calls:
            attempt(check, subject, seen, estate)

    say("evaluate.cpu", cpu(lambda: evaluate_all(seen, checks, estate.policy)), "s", cpu(bare))


def attempt(check: Check, subject: Any, seen: Topology, estate: Estate) -> None:
    try:
        check(subject, seen, estate.policy)
    except Exception as outcome:
        if type(outcome).__name__ not in {"NotApplicable", "Unknown"}:
            raise


if __name__ == "__main__":
    overhead()
    accuracy()
