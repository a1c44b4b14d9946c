"""What do the checks themselves cost? A program of its own: load a snapshot, call every check function, count.

``python -m tests.benchmarks.bare SNAPSHOT [CHECK...]``: a plain loop over checks and subjects, the least that anybody
would have to write. The last line is JSON: processor time of the calls, of making findings of the same checks, and the
number of subjects.
"""

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from drcheck.evaluate import evaluate, plan
from drcheck.policy import Policy
from drcheck.snapshot import load
from tests.benchmarks.runner_overhead import attempt, shipped


def main(path: str, chosen: Sequence[str]) -> None:
    topology, _ = load(Path(path))
    checks = [check for check in shipped() if not chosen or check.id in chosen]
    policy, began, count = Policy(), time.process_time(), 0
    for check in checks:
        judge = check.given(topology, policy)
        for subject in topology.seen(check.subject):
            attempt(judge, subject)
            count += 1
    called = time.process_time()
    if chosen:
        for work in plan(topology, checks):
            evaluate(work, topology, policy)
    said = {"calls": called - began, "findings": time.process_time() - called, "subjects": count}
    sys.stdout.write(json.dumps(said) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
