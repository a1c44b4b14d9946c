"""What does the runner cost above the checks themselves?"""

import os
import sys
import time
from collections.abc import Callable
from importlib.util import module_from_spec, spec_from_file_location

from drcheck.check import Check, Outcome, checks_in
from drcheck.estate import load
from drcheck.evaluate import evaluate_all, plan
from drcheck.lab.running.process import LabProcess
from drcheck.topology.base import Fact
from tests.benchmarks.drill_accuracy import SPEED, look_around
from tests.benchmarks.figures import ROOT, say

ROUNDS = 20


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


def run() -> None:
    """The same checks on the same facts: with findings made of them, and as bare calls."""
    with LabProcess(scenario="contoso", seed=0, speed=SPEED) as lab:
        estate = load(lab.estate, os.environ)
        seen = look_around(estate)
    checks = shipped()
    works = plan(seen, checks)

    def bare() -> None:
        for work in works:
            judge = work.check.given(seen, estate.policy)
            for subject in work.subjects:
                attempt(judge, subject)

    say("evaluate.cpu", cpu(lambda: evaluate_all(seen, checks, estate.policy)), "s", cpu(bare))


def attempt(judge: Callable[[Fact], Outcome], subject: Fact) -> None:
    try:
        judge(subject)
    except Exception as outcome:
        if type(outcome).__name__ not in {"NotApplicable", "Unknown"}:
            raise
