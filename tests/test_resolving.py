"""Names are resolved in time, and every address of a name is tried."""

import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from urllib3.connection import HTTPConnection
from urllib3.exceptions import NameResolutionError, NewConnectionError

from drcheck.transport.resolving import addresses, connect_in_time

NAME = "hv1.lab"


def answers(*found: str) -> Callable[..., list[tuple[Any, ...]]]:
    def lookup(name: str, port: int, **_: object) -> list[tuple[Any, ...]]:
        assert name == NAME
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    return lookup


@pytest.fixture
def dead() -> Iterator[Callable[..., Any]]:
    """A resolver whose name servers never answer."""
    enough = threading.Event()

    def lookup(*_: object, **__: object) -> list[tuple[Any, ...]]:
        enough.wait(60)
        return []

    yield lookup
    enough.set()


def test_each_address_is_named_once_in_the_order_of_the_resolver() -> None:
    assert addresses(NAME, 5986, 10, answers("10.0.0.2", "10.0.0.1", "10.0.0.2")) == ["10.0.0.2", "10.0.0.1"]


def test_a_resolver_that_does_not_answer_costs_its_time_and_no_more(dead: Callable[..., Any]) -> None:
    with pytest.raises(socket.gaierror, match=r"no name server answered in 0\.1 s"):
        addresses(NAME, 5986, 0.1, dead)


def test_a_name_that_is_none_has_no_address() -> None:
    for name in ("no-such-host.invalid", "a" * 70 + ".lab", "two..dots"):
        with pytest.raises(OSError, match=r"."):
            addresses(name, 5986, 10)


def test_what_does_not_answer_in_time_is_a_name_that_was_not_resolved(dead: Callable[..., Any]) -> None:
    connection = HTTPConnection(NAME, 5985, timeout=0.1)
    with pytest.raises(NameResolutionError, match="no name server answered"):
        connect_in_time(connection, connection._new_conn, dead)
    assert connection.host == NAME


def test_the_next_address_is_tried_when_nobody_listens_at_the_first() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        connection = HTTPConnection(NAME, port, timeout=5)
        with connect_in_time(connection, connection._new_conn, answers("127.0.0.2", "127.0.0.1")) as connected:
            assert connected.getpeername() == ("127.0.0.1", port)
        assert connection._dns_host == NAME, "the name is what TLS and the next connection are about"


def test_when_nobody_listens_anywhere_the_last_refusal_is_told() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        connection = HTTPConnection(NAME, bound.getsockname()[1], timeout=5)
        with pytest.raises(NewConnectionError):
            connect_in_time(connection, connection._new_conn, answers("127.0.0.2", "127.0.0.1"))


def test_an_address_needs_no_resolver() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        connection = HTTPConnection("127.0.0.1", server.getsockname()[1], timeout=5)
        with connect_in_time(connection, connection._new_conn, answers()) as connected:
            assert connected.getpeername() == server.getsockname()
