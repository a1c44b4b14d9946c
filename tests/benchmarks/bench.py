"""Measures, and prints one JSON line per figure. ``make bench`` runs it; a quarter of an hour on two idle cores.

``against`` is the goal, or the other side of the comparison taken in this very run; ``ratio`` is the figure over it.
Labs run in processes of their own, and so do the clients whose cost is told. Names of parts on the command line run
only those: ``python -m tests.benchmarks.bench endpoints``.
"""

import sys

from tests.benchmarks import cost, drill_accuracy, drill_rehearsed, endpoints, estates, runner_overhead

PARTS = {
    "overhead": runner_overhead.run,
    "endpoints": endpoints.run,
    "estates": estates.run,
    "cost": cost.run,
    "drills": drill_accuracy.run,
    "rehearsal": drill_rehearsed.run,
}

if __name__ == "__main__":
    for name in sys.argv[1:] or PARTS:
        PARTS[name]()
