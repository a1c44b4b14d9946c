"""Runs queries and verbs on simulated hosts, in process: the wire in between has tests of its own."""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from drcheck.drill.guest.scripts import act_script
from drcheck.lab.powershell import Engine
from drcheck.lab.state.clock import LabClock
from drcheck.lab.state.world import World
from drcheck.lab.wsman.shells import Console
from drcheck.transport.scripts import collect_script, command_line, stdin

Json = dict[str, Any]


@dataclass
class HandClock(LabClock):
    """A clock that moves only when somebody waits on it or turns it."""

    at: float = 1_800_000_000.0

    def now(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.at += seconds / self.speed
        await asyncio.sleep(0)


@dataclass
class Said:
    """Everything that one process wrote, and its exit code."""

    code: int
    out: bytes
    error: str
    lines: list[Json] = field(init=False)

    def __post_init__(self) -> None:
        self.lines = [json.loads(line.removeprefix("#drc ")) for line in self.out.decode("ascii").splitlines()]

    def rows(self, query: str = "act") -> list[Json]:
        return [line["d"] for line in self.lines if line["t"] == "o" and line["q"] == query]

    def end(self, query: str = "act") -> Json:
        return next(line for line in self.lines if line["t"] == "end" and line["q"] == query)

    def error_id(self, query: str = "act") -> str:
        return str(self.end(query)["errors"][0]["id"])


@dataclass
class Bench:
    """One engine and ways to talk to it."""

    world: World
    clock: LabClock
    engine: Engine = field(init=False)

    def __post_init__(self) -> None:
        self.engine = Engine(world=self.world, clock=self.clock)

    def collect(self, host: str, *queries: Json, allow: Sequence[str] | None = None) -> Said:
        names = [query["cmdlet"] for query in queries if query["type"] == "cmdlet"] if allow is None else allow
        return asyncio.run(self.say(host, collect_script(), {"allow": list(names), "queries": queries}))

    async def act(self, host: str, verb: str, **args: object) -> Said:
        script = act_script()
        return await self.say(host, script, {"verb": verb, "args": args})

    async def say(self, host: str, script: str, request: Mapping[str, object]) -> Said:
        line = command_line(script).rpartition(" ")[2]
        return await self.run(host, line, stdin(script, request))

    async def run(self, host: str, encoded: str, sent: bytes) -> Said:
        console = Console()
        console.feed(sent, end=True)
        running = asyncio.create_task(self._run(host, encoded, console))
        written = {"stdout": b"", "stderr": b""}
        while not console.drained:
            await console.wait_for_output()
            for stream, data in await console.take(1 << 20):
                written[stream] += data
        return Said(await running, written["stdout"], written["stderr"].decode())

    async def _run(self, host: str, encoded: str, console: Console) -> int:
        try:
            return await self.engine.run(self.world.hosts[host], encoded, console)
        finally:
            await console.close()


@pytest.fixture
def bench() -> Callable[..., Bench]:
    """Makes a bench for a world; its clock stands still unless another is given."""

    def make(world: World, clock: LabClock | None = None) -> Bench:
        return Bench(world, clock or HandClock())

    return make


@pytest.fixture
def cmdlet() -> Callable[..., Json]:
    """Makes a cmdlet query; the id is the cmdlet's name unless another is given."""

    def make(module: str, name: str, *select: str, **rest: object) -> Json:
        plain: Json = {"id": name, "params": {}, "pipe": None, "keep": False, "limit": None}
        return {"type": "cmdlet", "module": module, "cmdlet": name, "select": list(select), **plain, **rest}

    return make
