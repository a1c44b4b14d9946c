"""How do pywinrm's HTTP requests reach an endpoint: which address, which time-outs, how much may come back?

An adapter of ``requests``, mounted on pywinrm's session: pywinrm itself has one time-out for connecting and reading,
none for the whole, reads bodies of any size, and follows redirects and environment variables.
"""

import ssl
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from socket import socket
from typing import Any
from weakref import WeakSet, ref

import requests
from requests.adapters import HTTPAdapter
from urllib3 import BaseHTTPResponse, HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

from drcheck.transport.deadline import Guard
from drcheck.transport.resolving import connect_in_time

PIECE = 65536
SLACK = 1.0


class BodyTooLarge(Exception):
    """An HTTP body is larger than the endpoint's cap."""


class NotEncrypted(Exception):
    """Over plain HTTP an answer came that anybody on the way could have written."""


class EndpointAdapter(HTTPAdapter):
    """Connects to ``address`` while TLS, ``Host`` and Kerberos keep the name that is in the URL.

    Args:
        address: where to connect; empty for the URL's own name.
        connect_seconds: for TCP and the TLS handshake, each step.
        body_cap: bytes of one HTTP body.
        guard: the conversation's time.
        newest_tls: whether TLS 1.3 may be spoken. WinRM asks for a client certificate only after the handshake, which
            Windows and Python's libraries cannot do together in TLS 1.3 (ansible/ansible#79434).
    """

    def __init__(
        self, *, address: str, connect_seconds: float, body_cap: int, guard: Guard, newest_tls: bool = True
    ) -> None:
        self._address = address
        self._connect_seconds = connect_seconds
        self._body_cap = body_cap
        self._guard = guard
        self._newest_tls = newest_tls
        self._made: WeakSet[HTTPConnection] = WeakSet()
        super().__init__(max_retries=0)
        self.poolmanager.pool_classes_by_scheme = _pools(self._connected)

    def close(self) -> None:
        """Close every connection, also those that a sign-in which failed half-way never gave back."""
        super().close()
        for connection in list(self._made):
            connection.close()

    def _connected(self, connection: HTTPConnection, plain: socket) -> None:
        self._made.add(connection)
        self._guard.watch(plain)

    def build_connection_pool_key_attributes(
        self,
        request: requests.PreparedRequest,
        verify: bool | str,  # noqa: FBT001 - the signature of requests
        cert: str | tuple[str, str] | None = None,
    ) -> tuple[Any, Any]:
        """Where to connect, and which name the certificate must hold."""
        host, pool = super().build_connection_pool_key_attributes(request, verify, cert)
        where: dict[str, Any] = dict(host)
        options: dict[str, Any] = dict(pool)
        if where["scheme"] == "https" and not self._newest_tls:
            options["ssl_maximum_version"] = ssl.TLSVersion.TLSv1_2
        if self._address:
            if where["scheme"] == "https":
                options["server_hostname"] = where["host"]
            where["host"] = self._address
        return where, options

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,  # noqa: FBT001, FBT002 - the signature of requests
        timeout: float | tuple[float, float] | tuple[float, None] | None = None,
        verify: bool | str = True,  # noqa: FBT001, FBT002
        cert: bytes | str | tuple[bytes | str, bytes | str] | None = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Send one request, within what is left of the conversation's time."""
        left = self._guard.remaining
        if left <= 0:
            raise requests.Timeout("the conversation's time is over")
        read = timeout if isinstance(timeout, int | float) else left
        # A moment more than is left: when the time is over, the guard says so, not one of the steps.
        limits = (min(self._connect_seconds, left + SLACK), min(read, left + SLACK))
        response = super().send(request, stream=stream, timeout=limits, verify=verify, cert=cert, proxies=proxies)
        _refuse_plain_text(response)
        # A weak reference: a cycle would keep the connection open until the next garbage collection.
        pieces = partial(_pieces, ref(response.raw), self._body_cap)
        response.raw.stream = pieces  # type: ignore[method-assign]  # its caller is requests; see _pieces
        return response


def _refuse_plain_text(response: requests.Response) -> None:
    """Raise ``NotEncrypted``: pywinrm would take an answer in plain text for as good as an encrypted one."""
    if not response.url.startswith("http://") or response.status_code != 200:
        return
    encrypted = response.headers.get("Content-Type", "").startswith("multipart/")
    if not encrypted and response.headers.get("Content-Length") != "0":
        response.close()
        raise NotEncrypted("an answer came in plain text")


def _pieces(
    body: ref[BaseHTTPResponse], cap: int, _amount: int | None = None, *, decode_content: bool | None = None
) -> Iterator[bytes]:
    """A body as it arrives; ``read1`` returns with what is there, where ``read`` waits until a whole piece is."""
    raw = body()
    if raw is None:
        return
    total = 0
    while piece := raw.read1(PIECE, decode_content=decode_content):
        total += len(piece)
        if total > cap:
            raise BodyTooLarge(f"a body is larger than {cap} bytes")
        yield piece


def _pools(connected: Callable[[HTTPConnection, socket], None]) -> dict[str, Any]:
    """Connection pools that tell of every connection the moment it is made, before TLS begins."""

    class WatchedHttp(HTTPConnection):
        def _new_conn(self) -> Any:
            plain = connect_in_time(self, super()._new_conn)
            connected(self, plain)
            return plain

    class WatchedHttps(HTTPSConnection):
        def _new_conn(self) -> Any:
            plain = connect_in_time(self, super()._new_conn)
            connected(self, plain)
            return plain

    class HttpPool(HTTPConnectionPool):
        ConnectionCls = WatchedHttp

    class HttpsPool(HTTPSConnectionPool):
        ConnectionCls = WatchedHttps

    return {"http": HttpPool, "https": HttpsPool}
