"""Which shells are open on a simulated host, and what are their commands reading, writing and waiting for?"""

import asyncio
from collections import deque
from collections.abc import Iterator
from typing import Literal, Protocol

from drcheck.lab.world import Host

Stream = Literal["stdout", "stderr"]

_WINDOW = 1 << 20
"""Output bytes a command may be ahead of its reader before it has to wait, as on a full pipe."""


class Console:
    """The standard streams of one running command: the command's side and the wire's side."""

    def __init__(self) -> None:
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
        """Remove and return up to ``budget`` bytes of output, in the order in which they were written."""
        async with self._changed:
            taken = list(self._split(budget))
            self._pending -= sum(len(data) for _, data in taken)
            self._changed.notify_all()
        return taken

    def _split(self, budget: int) -> Iterator[tuple[Stream, bytes]]:
        while self._pieces and budget > 0:
            stream, data = self._pieces.popleft()
            if len(data) > budget:
                self._pieces.appendleft((stream, data[budget:]))
            yield stream, data[:budget]
            budget -= len(data[:budget])

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
