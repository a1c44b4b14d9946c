"""Which addresses has a name, and who tells in time?

The system's resolver asks one name server after the other, several times, and cannot be interrupted: a dead one holds
a thread for half a minute, long after the endpoint's own time is over.
"""

import socket
import threading
from collections.abc import Callable, Sequence
from ipaddress import ip_address
from queue import Empty, SimpleQueue
from typing import Any, TypeAlias

from urllib3.connection import HTTPConnection
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

Lookup: TypeAlias = Callable[..., Sequence[tuple[Any, ...]]]

PATIENCE = 5.0
"""Seconds, where a connection has no time-out of its own."""


def addresses(name: str, port: int, seconds: float, lookup: Lookup = socket.getaddrinfo) -> list[str]:
    """The addresses of a name, in the order in which they are to be tried.

    Raises:
        OSError: there are none, or no name server told of them in time.
    """
    told: SimpleQueue[list[str] | OSError] = SimpleQueue()

    def ask() -> None:
        try:
            told.put(list(dict.fromkeys(str(found[4][0]) for found in lookup(name, port, type=socket.SOCK_STREAM))))
        except OSError as error:
            told.put(error)
        except UnicodeError:  # a label that is empty or too long
            told.put(socket.gaierror(socket.EAI_NONAME, "this is no name"))

    threading.Thread(target=ask, name=f"resolve {name}", daemon=True).start()
    try:
        answer = told.get(timeout=seconds)
    except Empty:
        raise socket.gaierror(socket.EAI_AGAIN, f"no name server answered in {seconds:g} s") from None
    if isinstance(answer, OSError):
        raise answer
    return answer


def connect_in_time(
    connection: HTTPConnection, connect: Callable[[], socket.socket], lookup: Lookup = socket.getaddrinfo
) -> socket.socket:
    """Connect as urllib3 does, to one address after the other, with a name that is resolved within the time-out.

    Args:
        connection: has the name, and the time-out of each step.
        connect: connects to whatever its name is at the moment.
        lookup: the resolver.

    Raises:
        NameResolutionError: the name has no address, or not in time.
    """
    name: str = connection._dns_host  # noqa: SLF001 - the name that urllib3 resolves
    if _is_address(name):
        return connect()
    seconds = connection.timeout if isinstance(connection.timeout, int | float) else PATIENCE
    try:
        found = addresses(name, connection.port or 0, seconds, lookup)
    except OSError as error:
        said = error if isinstance(error, socket.gaierror) else socket.gaierror(str(error))
        raise NameResolutionError(connection.host, connection, said) from error
    try:
        return _first(connection, found, connect)
    finally:
        connection._dns_host = name  # noqa: SLF001 - as above


def _first(connection: HTTPConnection, found: Sequence[str], connect: Callable[[], socket.socket]) -> socket.socket:
    for address in found[:-1]:
        connection._dns_host = address  # noqa: SLF001 - as above
        try:
            return connect()
        except (NewConnectionError, ConnectTimeoutError):
            continue
    connection._dns_host = found[-1]  # noqa: SLF001 - as above
    return connect()


def _is_address(name: str) -> bool:
    try:
        ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True
