"""How is a figure taken and said? One JSON line each, and clients measured as processes of their own."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from drcheck.lab.running.process import LabProcess

ROOT = Path(__file__).parents[2]


def say(figure: str, value: float, unit: str, against: float, note: str = "") -> None:
    """Print one figure; ``against`` is the goal, or the other side of the comparison taken in this very run."""
    line: dict[str, object] = {"figure": figure, "value": value, "unit": unit, "against": against}
    line["ratio"] = value / against
    rounded = {name: round(it, 4) if isinstance(it, float) else it for name, it in line.items()}
    sys.stdout.write(json.dumps({**rounded, "note": note} if note else rounded) + "\n")
    sys.stdout.flush()


def skip(figure: str, reason: str) -> None:
    """Print that a figure could not be taken, and why."""
    sys.stdout.write(json.dumps({"figure": figure, "skipped": reason}) + "\n")
    sys.stdout.flush()


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What a client process cost, and what it said about itself (its last line on stdout, JSON)."""

    wall: float
    """Seconds, start of the interpreter and imports included."""
    cpu: float
    """Seconds of processor time, user and system."""
    peak_mb: float
    """Most memory that was resident at a time."""
    said: Mapping[str, Any]
    code: int


def measure(*command: str, said: bool = True) -> Measured:
    """Run a client and wait for its end; raises ``RuntimeError`` when it crashes."""
    began = time.monotonic()
    child = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, env=_environment())
    assert child.stdout is not None
    out = child.stdout.read()
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode not in (0, 1, 2):
        raise RuntimeError(f"{command} ended with {child.returncode}: {out.decode()[-2000:]}")
    return Measured(
        wall=time.monotonic() - began,
        cpu=used.ru_utime + used.ru_stime,
        peak_mb=used.ru_maxrss / 1024,
        said=json.loads(out.splitlines()[-1]) if said else {},
        code=child.returncode,
    )


def _environment() -> dict[str, str]:
    """Ours, with bytecode kept for all clients: compiling every module anew is what only a first run does."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"PYTHONPYCACHEPREFIX": _bytecode().name}


@cache
def _bytecode() -> TemporaryDirectory[str]:
    return TemporaryDirectory(prefix="drcheck-bench-")


def client(*arguments: str) -> Measured:
    """Run ``tests.benchmarks.client``."""
    return measure(sys.executable, "-m", "tests.benchmarks.client", *arguments)


def scale_lab(hosts: int, vms: int, *options: str, faults: Sequence[str] = (), speed: float = 1.0) -> LabProcess:
    """A lab of contoso grown to a size, in a process of its own."""
    size = ("--hosts", str(hosts), "--vms", str(vms), *options)
    return LabProcess(scenario="contoso", options=size, faults=tuple(faults), speed=speed)


def altered(lab: LabProcess, name: str, **windows: object) -> Path:
    """The lab's estate.yaml with other settings for Windows; ``azure=False`` leaves Azure out."""
    text = yaml.safe_load(lab.estate.read_text(encoding="utf-8"))
    if not windows.pop("azure", True):
        text["azure"]["vaults"] = []
        text["drills"] = []
    text["windows"] |= windows
    path = lab.directory / f"{name}.yaml"
    path.write_text(yaml.safe_dump(text, sort_keys=False), encoding="utf-8")
    return path
