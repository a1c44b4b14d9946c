"""What can befall a drill: death, lost answers, silence, a host that restarts, another drill of the same target."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Timer
from typing import Any

from hypothesis import strategies as st

from drcheck.drill.journal import read
from drcheck.lab.azure.faults import Fault as ArmFault
from drcheck.lab.azure.faults import FaultKind
from drcheck.lab.faults import Fault
from drcheck.lab.running.reboot import reboot
from drcheck.lab.scenarios.contoso import LEEDS
from drcheck.snapshot import save
from tests.drills.conftest import Stage
from tests.drills.executioner import BROKEN, NEVER

REPLICA, PLAN = "vmm-first", "payments-plan"
TESTS = {REPLICA: "hyperv.test-failover", PLAN: "site-recovery.test-failover"}
LONGEST_SECONDS = 20.0
"""Nobody waits longer for a process that hangs; it is killed."""
AHEAD_SECONDS = 150.0
"""Whoever recovers comes some minutes later."""
VERBS = (
    *("lease.take", "lease.read", "lease.release", "journal.mirror"),
    *("hyperv.test-failover.start", "hyperv.test-vm.start", "hyperv.test-vm.watch", "hyperv.test-vm.probe"),
    *("hyperv.test-failover.stop", "hyperv.test-failover.stop", "hyperv.test-failover.start"),
)
WINDOWS_KINDS = ("lose", "truncate", "reset", "500", "empty", "hang")
PATHS = (
    r"/testFailover\?",
    r"/testFailoverCleanup\?",
    r"/replicationJobs/",
    r"/replicationRecoveryPlans/",
    "runCommand",
)
AZURE_KINDS: tuple[FaultKind, ...] = ("lost", "reset", "500", "truncated", "429", "hang")


@dataclass(frozen=True, kw_only=True)
class Death:
    """When a process is killed: so many lines and looks at the clock on, or after so many seconds."""

    lines: int = NEVER
    grace: int = 0
    seconds: float = LONGEST_SECONDS


@dataclass(frozen=True, kw_only=True)
class Mishap:
    """A call that goes wrong: a verb on the host, or a path in Azure."""

    platform: str
    about: str
    kind: str
    nth: int
    before: bool
    """The call never arrives, on a host."""


deaths = st.one_of(
    st.just(Death()),
    st.builds(Death, lines=st.integers(1, 9), grace=st.integers(0, 12)),
    st.builds(Death, lines=st.integers(1, 9), grace=st.integers(0, 12)),
    st.builds(Death, seconds=st.floats(0.02, 1.5)),
)
mishaps = st.one_of(
    st.none(),
    st.builds(
        Mishap,
        platform=st.just("windows"),
        about=st.sampled_from(VERBS),
        kind=st.sampled_from(WINDOWS_KINDS),
        nth=st.integers(1, 3),
        before=st.booleans(),
    ),
    st.builds(
        Mishap,
        platform=st.just("azure"),
        about=st.sampled_from(PATHS),
        kind=st.sampled_from(AZURE_KINDS),
        nth=st.integers(1, 3),
        before=st.just(value=False),
    ),
)
names = st.sampled_from([REPLICA] * 4 + [PLAN])


def befall(stage: Stage, mishap: Mishap | None) -> None:
    """Let a call go wrong, once; silence lasts as long as somebody listens."""
    if mishap is None:
        return
    if mishap.platform == "azure":
        kind = next(one for one in AZURE_KINDS if one == mishap.kind)
        stage.azure.faults.add(ArmFault(kind=kind, path=mishap.about, skip=mishap.nth - 1, times=1))
        return
    operation = "Send" if mishap.before else "Receive"
    about = f'"verb":"{mishap.about}"'
    stage.lab.faults.add(Fault(kind=mishap.kind, host=LEEDS, operation=operation, about=about, nth=mishap.nth, times=1))


@dataclass(kw_only=True)
class Executioner:
    """The process that forks those that are to die."""

    process: "subprocess.Popen[str]"
    snapshot: Path
    """Of what all estates that it is sent to look like."""
    sent: int = 0
    deaths: int = 0
    _timers: dict[int, Timer] = field(default_factory=dict)

    @classmethod
    def hire(cls, folder: Path, program: Path | None = None) -> "Executioner":
        """Start it, with everything loaded, and a folder of its own.

        Args:
            folder: its own.
            program: where another ``drcheck`` is than the one that is tested.
        """
        env = os.environ | ({"PYTHONPATH": str(program)} if program else {})
        command = [sys.executable, str(Path(__file__).with_name("executioner.py"))]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env)
        made = cls(process=process, snapshot=folder / "it.snapshot")
        assert made._read() == {"ready": True}
        return made

    def start(self, stage: Stage, name: str, death: Death, *, ahead: float = 0.0, snapshot: Path | None = None) -> int:
        """Begin a drill, or a recovery when the name is empty; the process's id.

        Args:
            stage: where.
            name: of the drill.
            death: when the process dies.
            ahead: how far its clock is, in seconds.
            snapshot: of an estate that is unlike the others.
        """
        log, snapshot = self.snapshot.with_name("log"), snapshot or self.snapshot
        order = {
            "name": name, "folder": str(stage.folder), "speed": stage.speed, "ahead": ahead, "lines": death.lines,
            "grace": death.grace, "estate": str(stage.estate.path), "snapshot": str(snapshot),
            "log": str(log),
        }  # fmt: skip
        if not snapshot.exists():
            save(stage.look(stage.targets), snapshot)
        stage.folder.mkdir(parents=True, exist_ok=True)
        pid = int(self._ask(order)["pid"])
        self._timers[pid] = Timer(death.seconds, kill, (pid,))
        self._timers[pid].start()
        self.sent += 1
        return pid

    def end(self, pid: int) -> int:
        """Wait for a process; its exit code, negative when it was killed."""
        code = int(self._ask({"wait": pid})["code"])
        timer = self._timers.pop(pid)
        timer.cancel()
        timer.join()
        assert code != BROKEN, self.snapshot.with_name("log").read_text(encoding="utf-8")
        self.deaths += code < 0
        return code

    def dismiss(self) -> None:
        """Let it end."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(60)
        assert self.process.stdout is not None
        self.process.stdout.close()

    def _ask(self, order: dict[str, object]) -> dict[str, Any]:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        return self._read()

    def _read(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        return dict(json.loads(line))


def kill(pid: int) -> None:
    """Kill a process, if there still is one."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def restart(stage: Stage, seconds: float) -> None:
    """The replica host restarts."""
    assert stage.lab.loop is not None
    asyncio.run_coroutine_threadsafe(reboot(stage.lab, LEEDS, seconds), stage.lab.loop).result(60)


def intents(stage: Stage, name: str) -> int:
    """How many drills of a kind have announced their test failover."""
    action = TESTS[name]
    written = (read(path) for path in stage.folder.glob("*.journal.jsonl"))
    return sum(any((one.event, one.action) == ("intent", action) for one in records) for records in written)
