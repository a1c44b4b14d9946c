"""What does it cost to judge a large estate: processor time and memory, above the checks themselves and per finding?

Every figure is of a process of its own, start and loading included, that judges one snapshot with all checks:

- *bare*: a plain loop that calls the same check functions and keeps nothing;
- *pytest*: what people run, with ``run.json``, JUnit and the file of findings written;
- *pytest and Allure*: the same with Allure results and their table of all findings (no HTML).

The snapshot of 100,000 machines is that of 10,000, as the lab tells it, ten times under other names. Cloud Custodian's
filters and our checks are compared by the processor time of judging alone, for the questions that both can answer.
"""

import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.benchmarks.estates import MACHINES, ten_thousand
from tests.benchmarks.figures import ROOT, Measured, client, measure, say, skip

TIMES = 10
MANY_SECONDS = 60.0
MANY_MEMORY = 1500.0
"""Goals for all checks on the larger snapshot, in seconds of processor time and in MB."""
FASTER = 5.0
CUSTODIAN = "c7n==0.9.53"
OURS_ALONE = ("-p", "no:hypothesispytest", "-p", "no:syrupy", "-p", "no:benchmark")
"""Without the plugins that only our own tests bring along: hypothesis is imported at the end of any session."""
CHECKS = ("DR-SUP-001", "DR-CLN-004", "DR-CLN-001", "DR-RPL-001", "DR-ASR-103")
"""Those whose questions filters of one resource can ask, too."""


def run() -> None:
    """Both sizes; the second is made of the first."""
    first = ten_thousand()
    with TemporaryDirectory(prefix="drcheck-bench-") as folder:
        _judged(first, Path(folder) / "once", "--checks", CHECKS[0])  # so that all modules are compiled
        _size(first, MACHINES, Path(folder))
        many = Path(folder) / "many.snapshot"
        measure(sys.executable, "-m", "tests.benchmarks.multiplied", str(first), str(many), str(TIMES))
        _size(many, MACHINES * TIMES, Path(folder))


def _size(snapshot: Path, machines: int, folder: Path) -> None:
    name = f"cost-{machines}"
    bare = measure(sys.executable, "-m", "tests.benchmarks.bare", str(snapshot))
    plain, count = _judged(snapshot, folder / f"{name}-plain", "--no-allure")
    full, _ = _judged(snapshot, folder / f"{name}-full")
    goal = "against a bare loop over the same checks and subjects; goal: 2 times"
    say(f"{name}.pytest.cpu", plain.cpu, "s", bare.cpu, goal)
    say(f"{name}.pytest.memory", plain.peak_mb, "MB", bare.peak_mb, "against the bare loop, which keeps no finding")
    say(f"{name}.pytest-and-allure.cpu", full.cpu, "s", bare.cpu, goal)
    say(f"{name}.pytest-and-allure.memory", full.peak_mb, "MB", bare.peak_mb)
    each = bare.cpu / count * 1e6
    say(
        f"{name}.pytest.cpu-per-finding",
        plain.cpu / count * 1e6,
        "us",
        each,
        f"{count} findings; against the bare loop",
    )
    say(f"{name}.pytest-and-allure.cpu-per-finding", full.cpu / count * 1e6, "us", each)
    if machines > MACHINES:
        say(f"{name}.pytest.cpu-of-goal", plain.cpu, "s", MANY_SECONDS)
        say(f"{name}.pytest.memory-of-goal", plain.peak_mb, "MB", MANY_MEMORY)
    _custodian(snapshot, name, folder / f"{name}.ndjson")


def _judged(snapshot: Path, run_dir: Path, *options: str) -> tuple[Measured, int]:
    """All checks under pytest; and how many findings there were."""
    ours = (
        "-c",
        "drcheck/cli/pytest.ini",
        "--rootdir",
        str(ROOT),
        "-p",
        "no:cacheprovider",
        *OURS_ALONE,
        "-q",
        "--tb=no",
        "-rN",
    )
    judged = measure(
        sys.executable, "-m", "pytest", *ours, "--snapshot", str(snapshot), "--as-of-snapshot", "--no-html",
        "--run-dir", str(run_dir), *options, "checks", said=False,
    )  # fmt: skip
    counts: dict[str, int] = json.loads((run_dir / "run.json").read_bytes())["run"]["counts"]
    return judged, sum(counts.values())


def _custodian(snapshot: Path, name: str, items: Path) -> None:
    client("items", str(snapshot), str(items))
    figure = f"{name}.times-faster-than-c7n"
    try:
        theirs = _filtered(items)
    except (OSError, subprocess.SubprocessError) as error:
        skip(figure, f"{CUSTODIAN} could not be run in an environment of its own: {error}")
        return
    ours = measure(sys.executable, "-m", "tests.benchmarks.bare", str(snapshot), *CHECKS).said
    note = f"{len(CHECKS)} rules on {theirs['items']} items took c7n {theirs['cpu']:.2f} s; ours "
    say(f"{figure}.calls", theirs["cpu"] / ours["calls"], "x", FASTER, note + "as bare calls")
    say(f"{figure}.findings", theirs["cpu"] / ours["findings"], "x", FASTER, note + "with a finding for each of them")


def _filtered(items: Path) -> dict[str, Any]:
    """What c7n's filters cost, in an environment that is made for it and thrown away."""
    uv = [str(Path(sys.executable).with_name("uv")), "run", "--isolated", "--no-project", "--quiet"]
    command = [
        *uv,
        "--python",
        sys.executable,
        "--with",
        CUSTODIAN,
        "python",
        "tests/benchmarks/custodian.py",
        str(items),
    ]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True, timeout=600)
    said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return said
