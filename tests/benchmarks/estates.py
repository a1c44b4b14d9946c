"""What does a large estate cost: a vault of ten thousand machines, ten thousand VMs from discovery to verdict?"""

import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.benchmarks.figures import altered, client, measure, say, scale_lab

MACHINES = 10_000
HOSTS = 200
MEMORY_GOAL = 400.0
FASTER = 5.0
"""Times that drcheck is to be faster than one script for every fact."""
WORK_MS = 300
SAMPLE = 640
READS = MACHINES + 2 * MACHINES // 25
"""Recovery points machine by machine, and two lists in pages of 25; a few more do not matter."""
READS_A_SECOND = 25.0
"""What Azure Resource Manager allows; the lab's clock lets its bucket fill up faster, to show the client's own cost."""
SPEED = 60.0


def run() -> None:
    """A vault, the whole way, and the customary way on the same lab."""
    ten_thousand()
    _compare()


@cache
def _folder() -> TemporaryDirectory[str]:
    """Where the run is that other parts go on from; goes with this process."""
    return TemporaryDirectory(prefix="drcheck-bench-")


@cache
def ten_thousand() -> Path:
    """The snapshot of the estate, taken and judged once; says what that cost."""
    with scale_lab(HOSTS, MACHINES + 2, speed=SPEED) as lab:
        vault = client("look", str(lab.estate), "vault", "1")
        _whole(vault.said, f"vault-{MACHINES}", f"; {READS / READS_A_SECOND:.0f} s at the pace that Azure allows")
        say(f"vault-{MACHINES}.memory", vault.peak_mb, "MB", MEMORY_GOAL)
        command = [str(Path(sys.executable).with_name("drcheck")), "check", "--estate", str(lab.estate)]
        checked = measure(*command, "--run-dir", _folder().name, "--no-html", said=False)
    if checked.code:
        raise RuntimeError(f"the healthy estate is not healthy: drcheck check ended with {checked.code}")
    say(f"vms-{MACHINES}.check.wall", checked.wall, "s", checked.cpu, "discover, judge, report; against its CPU time")
    say(f"vms-{MACHINES}.check.memory", checked.peak_mb, "MB", MEMORY_GOAL)
    return Path(_folder().name) / "estate.snapshot"


def _whole(said: Mapping[str, Any], name: str, more: str = "") -> None:
    if said["gaps"]:
        raise RuntimeError(f"gaps that should not be: {said['why']}")
    say(f"{name}.wall", said["wall"], "s", said["cpu"], f"against its CPU time; {said['facts']} facts{more}")


def _compare() -> None:
    """The Windows half only: Azure is read the same way on both sides."""
    with scale_lab(HOSTS, MACHINES, "--work-ms", str(WORK_MS)) as lab:
        ours = client("discover", str(altered(lab, "windows", azure=False))).said
    with scale_lab(HOSTS, MACHINES, "--work-ms", str(WORK_MS), "--plain-powershell") as lab:
        path = str(lab.directory / "lab.json")
        theirs = measure(sys.executable, "-m", "tests.benchmarks.run_ps", path, str(SAMPLE)).said
    if theirs["answered"] != SAMPLE:
        raise RuntimeError(f"{SAMPLE - theirs['answered']} scripts were not answered")
    _whole(ours, f"vms-{MACHINES}.windows")
    for what, count, goal in (("question", ours["questions"], 1.0), ("fact", ours["windows_facts"], FASTER)):
        customary = theirs["wall"] / SAMPLE * count
        note = f"one run_ps per {what}: {count} of them, extrapolated from {SAMPLE} that took {theirs['wall']:.1f} s"
        say(f"vms-{MACHINES}.windows.times-faster-than-run_ps-per-{what}", customary / ours["wall"], "x", goal, note)
