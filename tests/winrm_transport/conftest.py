"""A lab of one machine whose PowerShell says what a test wants, and endpoints that lead to it."""

import asyncio
import base64
import json
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from drcheck.estate.secret import Secret
from drcheck.lab.running.server import Lab, running
from drcheck.lab.state.clock import LabClock
from drcheck.lab.state.world import Host, World
from drcheck.lab.wsman.shells import Commands, Console
from drcheck.query import Cmdlet
from drcheck.transport.winrm import WinRmEndpoint

HOST = "hv1.lon.contoso.lab"
VMS = Cmdlet(id="vms", module="Hyper-V", cmdlet="Get-VM", select=("Name",))
HOSTS = Cmdlet(id="hosts", module="Hyper-V", cmdlet="Get-VMHost", select=("Name",))

Play = Callable[[Console, "FarSide"], Awaitable[int]]


def now() -> datetime:
    return datetime.fromtimestamp(LabClock().now(), UTC)


def line(number: int, kind: str, **body: object) -> bytes:
    return b"#drc " + json.dumps({"l": number, "t": kind, **body}).encode() + b"\r\n"


def hello(utc: str = "2026-11-23T10:00:00.0000000Z") -> bytes:
    return line(1, "hello", v=1, host="HV1", user="D\\u", ps="5.1.20348.1", mode="FullLanguage", utc=utc)


def end(number: int, query: str, rows: int = 0, state: str = "ok", **more: object) -> bytes:
    return line(number, "end", q=query, state=state, n=rows, ms=1, **{"errors": [], "missing": [], **more})


async def answer_nothing(console: Console, far: "FarSide") -> int:
    """Answer every query with no rows."""
    await console.write(hello())
    for number, query in enumerate(far.requests[-1]["queries"], 2):
        await console.write(end(number, query["id"]))
    count = len(far.requests[-1]["queries"]) + 1
    await console.write(line(count + 1, "bye", n=count))
    return 0


@dataclass
class FarSide:
    """What PowerShell is on the simulated machine: a coroutine that reads stdin, then plays its part."""

    play: Play
    requests: list[dict[str, Any]] = field(default_factory=list)
    stdin: list[bytes] = field(default_factory=list)

    async def run(self, host: Host, command: str, console: Console) -> int:
        base64.b64decode(command)
        data = await console.read()
        self.stdin.append(data)
        self.requests.append(json.loads(data)["request"])
        return await self.play(console, self)


@dataclass
class Machine:
    """The machine, running."""

    lab: Lab
    ca: str

    def endpoint(self, **changes: Any) -> WinRmEndpoint:
        settings = {
            "name": HOST,
            "address": self.lab.world.hosts[HOST].address,
            "port": self.lab.port if changes.get("https", True) else self.lab.http_port,
            "transport": "basic",
            "username": self.lab.account.name,
            "password": Secret(self.lab.account.password),
            "ca_file": self.ca,
            **changes,
        }
        return WinRmEndpoint(**settings)

    @property
    def open_shells(self) -> int:
        return len(self.lab.hosts[HOST].shells)

    def calls(self, operation: str) -> int:
        return self.lab.hosts[HOST].calls[operation]


Start = Callable[..., AbstractContextManager[Machine]]


@pytest.fixture
def start(tmp_path: Path) -> Start:
    """Start the machine; with a fault of its listener, if one is named, and a PowerShell of the test's own."""

    @contextmanager
    def begin(
        powershell: Commands | None = None, fault: str = "", world: World | None = None, keytab: Path | None = None
    ) -> Iterator[Machine]:
        world = world or World(name="one machine", hosts={HOST: Host(name=HOST, fault=fault)})
        far_side = powershell or FarSide(answer_nothing)
        with running(Lab(world, powershell=far_side, also_http=True, keytab=keytab)) as lab:
            lab.authority.write(tmp_path / "ca.pem")
            yield Machine(lab, str(tmp_path / "ca.pem"))

    return begin


async def never(console: Console, far: FarSide) -> int:
    """Say hello and nothing more."""
    await console.write(hello())
    await asyncio.Event().wait()
    return 0


@pytest.fixture
def far() -> Any:
    """This module: test files are imported by path and cannot import it."""
    return sys.modules[__name__]
