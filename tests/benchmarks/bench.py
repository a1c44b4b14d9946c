"""Measures, and prints one JSON line per figure. ``make bench`` runs it; some minutes on two cores.

``against`` is the goal, or the other side of the comparison taken in this very run; ``ratio`` is the figure over it.
Labs run in processes of their own, and so do the clients whose cost is told. Names of parts on the command line run
only those: ``python -m tests.benchmarks.bench endpoints``.
"""

import sys

from tests.benchmarks import drill_accuracy, endpoints, estates, runner_overhead

PARTS = {
    "overhead": runner_overhead.run,
    "endpoints": endpoints.run,
    "estates": estates.run,
    "drills": drill_accuracy.run,
}

if __name__ == "__main__":
    for name in sys.argv[1:] or PARTS:
        PARTS[name]()
