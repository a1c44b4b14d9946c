"""Which shells are open on a simulated host, and what are their commands reading, writing and waiting for?"""

import asyncio
import logging
import time
import uuid
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, Protocol

from drcheck.lab.state.world import Host

Stream = Literal["stdout", "stderr"]

_LOG = logging.getLogger(__name__)

_WINDOW = 1 << 20
"""Output bytes a command may be ahead of its reader before it has to wait, as on a full pipe."""

_SWITCH = 256

_CRASHED = 0xC0000005 - (1 << 32)
"""STATUS_ACCESS_VIOLATION as the signed number that an exit code is."""


class Console:
    r"""The standard streams of one running command: the command's side and the wire's side.

    Args:
        user: who runs it, as ``DOMAIN\user``.
    """

    def __init__(self, user: str = "") -> None:
        self.user = user
        self._stdin = bytearray()
        self._ended = asyncio.Event()
        self._pieces: deque[tuple[Stream, bytes]] = deque()
        self._pending = 0
        self._changed = asyncio.Condition()
        self._closed = False

    async def read(self) -> bytes:
        """Give the command everything that was sent to its stdin, as soon as the end of it was sent."""
        await self._ended.wait()
        return bytes(self._stdin)

    async def write(self, data: bytes) -> None:
        """Write to stdout; waits while the reader is too far behind."""
        await self._put("stdout", data)

    async def write_error(self, data: bytes) -> None:
        """Write to stderr; waits while the reader is too far behind."""
        await self._put("stderr", data)

    @property
    def stdin(self) -> bytes:
        """What has been sent so far."""
        return bytes(self._stdin)

    @property
    def stdin_ended(self) -> bool:
        """Whether the end of stdin was sent."""
        return self._ended.is_set()

    @property
    def drained(self) -> bool:
        """Whether the command has ended and all of its output was taken."""
        return self._closed and not self._pieces

    def feed(self, data: bytes, *, end: bool) -> None:
        """Append what a client sent."""
        self._stdin += data
        if end:
            self._ended.set()

    async def close(self) -> None:
        """Note that the command has ended: nothing more will be written."""
        async with self._changed:
            self._closed = True
            self._changed.notify_all()

    async def wait_for_output(self) -> None:
        """Return when there is something to take, or the command has ended."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._pieces or self._closed)

    async def take(self, budget: int) -> list[tuple[Stream, bytes]]:
        """Remove and return up to ``budget`` bytes of output, in the order in which they were written.

        A switch between the streams costs ``_SWITCH`` bytes of the budget, for the markup that it takes.
        """
        async with self._changed:
            taken = list(self._split(budget))
            self._pending -= sum(len(data) for _, data in taken)
            self._changed.notify_all()
        return taken

    def _split(self, budget: int) -> Iterator[tuple[Stream, bytes]]:
        last: Stream | None = None
        while self._pieces and budget > 0:
            stream, data = self._pieces.popleft()
            if len(data) > budget:
                self._pieces.appendleft((stream, data[budget:]))
            yield stream, data[:budget]
            budget -= len(data[:budget]) + (_SWITCH if stream != last else 0)
            last = stream

    async def _put(self, stream: Stream, data: bytes) -> None:
        async with self._changed:
            await self._changed.wait_for(lambda: self._pending < _WINDOW)
            if data:
                self._pieces.append((stream, bytes(data)))
                self._pending += len(data)
                self._changed.notify_all()


class Commands(Protocol):
    """What can be run in a shell. It is cancelled when its shell is deleted or a signal terminates it."""

    async def run(self, host: Host, command: str, console: Console) -> int:
        """Run one command on a host and return its exit code.

        Args:
            host: the machine it runs on.
            command: for a command prompt, the command line; for the PowerShell engine, the base64 text that followed
                ``-EncodedCommand``.
            console: its standard streams. Output is sent as it is written, so a long-lived command streams.
        """
        ...


def new_id() -> str:
    """A fresh GUID, upper case."""
    return str(uuid.uuid4()).upper()


@dataclass(kw_only=True)
class RunningCommand:
    """One command of a shell, from its start until it is signalled or the shell is deleted."""

    id: str
    line: str
    console: Console
    task: asyncio.Task[int] | None = None
    exit_code: int | None = None
    """``None`` while it runs."""


@dataclass(kw_only=True)
class Shell:
    """A remote shell of one user on one host. GUIDs are upper case, as Windows writes them."""

    host: Host
    user: str
    client: str
    """Address of the client that created it."""
    idle_seconds: float = 7200.0
    working_directory: str = ""
    id: str = field(default_factory=new_id)
    created: float = field(default_factory=time.monotonic)
    touched: float = field(default_factory=time.monotonic)
    commands: dict[str, RunningCommand] = field(default_factory=dict)

    def start(self, commands: Commands, line: str, command_id: str) -> RunningCommand:
        """Start a command; it runs by itself from now on."""
        running = RunningCommand(id=command_id, line=line, console=Console(self.user))
        self.commands[command_id] = running
        running.task = asyncio.create_task(self._run(commands, running), name=f"{self.host.name}: {line[:40]}")
        running.task.add_done_callback(_report)
        return running

    async def terminate(self, command_id: str) -> None:
        """End a command, if it still runs, and forget it."""
        running = self.commands.pop(command_id)
        if running.task is not None:
            running.task.cancel()
            await asyncio.wait([running.task])

    async def close(self) -> None:
        """End all of its commands."""
        for command_id in list(self.commands):
            await self.terminate(command_id)

    async def _run(self, commands: Commands, running: RunningCommand) -> int:
        try:
            running.exit_code = await commands.run(self.host, running.line, running.console)
        finally:
            # A crash of the simulation must neither look like success nor leave the reader waiting for ever.
            if running.exit_code is None:
                running.exit_code = _CRASHED
            await running.console.close()
        return running.exit_code


def _report(task: asyncio.Task[int]) -> None:
    """Say aloud that the simulation itself crashed; the client only sees the exit code."""
    if not task.cancelled() and (error := task.exception()) is not None:
        _LOG.error("%s: the lab crashed", task.get_name(), exc_info=error)
