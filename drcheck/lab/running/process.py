"""How is a lab started as a process of its own, waited for, and stopped for certain?"""

import json
import os
import selectors
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self


class LabFailed(RuntimeError):
    """The lab did not come up; the message ends with what it said."""


@dataclass(kw_only=True)
class LabProcess:
    """A scenario served by a child process, which also ends when this process dies.

    Use it as a context manager; on entry the lab is ready, on exit it is gone.
    """

    scenario: str
    seed: int = 0
    speed: float = 1.0
    out: Path | None = None
    """Folder for its files; ``None``: a temporary one, removed at the end."""
    truth: Path | None = None
    faults: tuple[str, ...] = ()
    """``<host>=<kind>``, see ``drcheck.lab.faults``."""
    options: tuple[str, ...] = ()
    """More of what ``drcheck lab serve`` takes, ``--hosts 200`` say."""
    deadline: float = 60.0
    """Seconds it may take to come up."""
    directory: Path = field(init=False)
    info: dict[str, Any] = field(init=False)
    """What lab.json says."""
    _child: subprocess.Popen[bytes] | None = field(init=False, default=None)
    _temporary: tempfile.TemporaryDirectory[str] | None = field(init=False, default=None)

    @property
    def estate(self) -> Path:
        """The estate.yaml that describes the lab to drcheck."""
        return self.directory / "estate.yaml"

    def __enter__(self) -> Self:
        """Start the lab and wait until it is ready; raises ``LabFailed``."""
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Stop the lab."""
        self.stop()

    def start(self) -> None:
        """Start the lab and wait until it is ready; raises ``LabFailed``."""
        if self.out is None:
            self._temporary = tempfile.TemporaryDirectory(prefix="drcheck-lab-")
        self.directory = self.out or Path(self._temporary.name if self._temporary else ".")
        self.directory.mkdir(parents=True, exist_ok=True)
        log = self.directory / "lab.log"
        with log.open("wb") as stderr:
            self._child = subprocess.Popen(  # noqa: S603  # our own interpreter and module
                self._command(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                start_new_session=True,  # Ctrl-C is for whoever uses the lab: a drill still has to clean up in it
            )
        if not self._ready(self._child):
            said = log.read_text(encoding="utf-8", errors="replace").strip()
            code = self.stop()
            raise LabFailed(f"the lab {self.scenario!r} did not come up (exit code {code}): {said[-2000:]}")
        self.info = json.loads((self.directory / "lab.json").read_text(encoding="utf-8"))

    def stop(self) -> int:
        """Stop the lab, by force when it must be, and return its exit code; harmless when it does not run."""
        child, self._child = self._child, None
        if child is None:
            return 0
        child.terminate()
        try:
            child.communicate(timeout=15)
        except subprocess.TimeoutExpired:
            child.kill()
            child.communicate()
        if self._temporary is not None:
            self._temporary.cleanup()
            self._temporary = None
        return child.returncode

    def _command(self) -> list[str]:
        command = [sys.executable, "-m", "drcheck.lab", "serve", "--stop-at-eof", "--scenario", self.scenario]
        command += ["--out", str(self.directory), "--seed", str(self.seed), "--speed", str(self.speed)]
        command += ["--truth", str(self.truth)] if self.truth else []
        return [*command, *self.options, *(part for fault in self.faults for part in ("--fault", fault))]

    def _ready(self, child: subprocess.Popen[bytes]) -> bool:
        """Wait for the line that says so; ``False`` when the child ends or the deadline passes first."""
        assert child.stdout is not None, "started with a pipe"  # noqa: S101
        until = time.monotonic() + self.deadline
        said = b""
        with selectors.DefaultSelector() as selector:
            selector.register(child.stdout, selectors.EVENT_READ)
            while b"\n" not in said and selector.select(max(0.0, until - time.monotonic())):
                piece = os.read(child.stdout.fileno(), 4096)
                if not piece:
                    break
                said += piece
        return said.startswith(b"ready\n")
