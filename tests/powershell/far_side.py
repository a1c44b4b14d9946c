"""Runs the far side's scripts in a real PowerShell, exactly as a drill or a discovery sends them."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from drcheck.drill.guest.scripts import act_script
from drcheck.transport import scripts
from drcheck.transport.wire import PREFIX, Reader

HERE = Path(__file__).parent
ENGINES = {"Windows PowerShell 5.1": "powershell.exe", "PowerShell 7": "pwsh"}
SECONDS = 120
"""A script that waits for somebody to type must fail a test, not stop the suite."""

Line = dict[str, Any]


def engine(name: str) -> str | None:
    """The program of an engine, if this machine has it."""
    return shutil.which(ENGINES[name])


@dataclass(frozen=True, kw_only=True)
class Said:
    """What one process wrote."""

    lines: list[Line]
    noise: str
    code: int

    @property
    def answer(self) -> list[Line]:
        """The lines between greeting and farewell, without their numbers and times."""
        return [plain(line) for line in self.lines[1:-1]]


@dataclass(frozen=True, kw_only=True)
class Engine:
    """A PowerShell on this machine; ``log`` is where the stub commands write every change they are asked for."""

    program: str
    log: Path

    def run(self, script: str, stdin: bytes, state: str = "") -> Said:
        """Start the process as Windows does for a WinRS command, and hear it out."""
        argv = scripts.command_line(script).split(" ")
        assert argv[0] == "powershell.exe"
        modules = os.pathsep.join([str(HERE / "modules"), os.environ.get("PSModulePath", "")])  # noqa: SIM112 - its name
        settings = {"PSModulePath": modules, "DRCHECK_STUB_LOG": str(self.log), "DRCHECK_STUB_STATE": state}
        done = subprocess.run(
            [self.program, *argv[1:]],
            input=stdin,
            capture_output=True,
            env={**os.environ, **settings},
            timeout=SECONDS,
            check=False,
        )
        return heard(done.stdout, done.returncode)

    def collect(self, queries: list[Line], allow: list[str]) -> Said:
        script = scripts.collect_script()
        return self.run(script, scripts.stdin(script, {"allow": allow, "queries": queries}))

    def act(self, verb: str, args: Line, state: str = "") -> Said:
        script = act_script()
        return self.run(script, scripts.stdin(script, {"verb": verb, "args": args}), state)

    @property
    def changes(self) -> list[str]:
        """Every change that was asked of the stubs."""
        return self.log.read_text(encoding="ascii").splitlines() if self.log.exists() else []


def heard(stdout: bytes, code: int) -> Said:
    """Checked by the very reader that production uses, then as plain data."""
    reader = Reader()
    reader.feed(stdout)
    reader.close()
    lines = [msgspec.json.decode(line[len(PREFIX) :]) for line in stdout.splitlines() if line.startswith(PREFIX)]
    return Said(lines=lines, noise=reader.noise, code=code)


def plain(line: Line) -> Line:
    """Without line number, duration and the texts of errors, which differ between versions and languages."""
    kept = {name: value for name, value in line.items() if name not in {"l", "ms"}}
    if "errors" in kept:
        kept["errors"] = [{"id": one["id"], "category": one["category"]} for one in kept["errors"]]
    return kept


def golden(name: str) -> list[Line]:
    """The expected lines; ``*`` stands for what depends on the engine or the hour."""
    text = (HERE / "golden" / f"{name}.jsonl").read_text(encoding="ascii")
    return [msgspec.json.decode(line) for line in text.splitlines()]


def same(found: Any, wanted: Any) -> bool:
    """Equal in value and type, apart from what ``*`` stands for. 3 and 3.0 are one number, True and 1 are not."""
    if wanted == "*":
        return found is not None
    if isinstance(wanted, dict):
        return isinstance(found, dict) and set(found) == set(wanted) and all(same(found[k], wanted[k]) for k in wanted)
    if isinstance(wanted, list):
        return isinstance(found, list) and len(found) == len(wanted) and all(map(same, found, wanted))
    return isinstance(found, bool) == isinstance(wanted, bool) and bool(found == wanted)
