"""On which sockets does the lab listen, and what happens on those that do not speak TLS?"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence

_ATTEMPTS = 50

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def bind(addresses: Sequence[str]) -> list[socket.socket]:
    """One bound socket per address, all with the same port, which nobody else uses; none of them listens yet.

    A bound socket that never listens refuses connections, and keeps other programs from answering in its place.

    Raises:
        OSError: no port is free on all of the addresses, or an address is not of this machine.
    """
    for attempt in range(_ATTEMPTS):
        sockets: list[socket.socket] = []
        try:
            for address in addresses:
                sockets.append(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
                sockets[-1].bind((address, sockets[0].getsockname()[1]))
        except OSError:
            for one in sockets:
                one.close()
            if attempt == _ATTEMPTS - 1:
                raise
        else:
            return sockets
    raise AssertionError("unreachable")


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Take a connection and never send a byte."""
    try:
        await reader.read()
    finally:
        writer.close()


async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer a TLS hello like a web server that does not speak TLS."""
    try:
        await reader.read(1024)
        writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    finally:
        writer.close()


WITHOUT_TLS: dict[str, Talk] = {"silent": silent, "plain": plain}
"""Faults of a listening socket that answer below TLS."""
