"""What may a request to Azure Resource Manager do on its way: where may it go, how long, how often?"""

import time
from collections.abc import Callable
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    DecodeError,
    IncompleteReadError,
    ServiceRequestTimeoutError,
    ServiceResponseTimeoutError,
)
from azure.core.pipeline import PipelineRequest, PipelineResponse
from azure.core.pipeline.policies import HTTPPolicy, RetryPolicy, SansIOHTTPPolicy
from azure.core.rest import HttpRequest, HttpResponse

from drcheck.errors import Garbled, Throttled
from drcheck.transport.arm_pace import Pace, Patience

EXCHANGE = "drcheck_exchange"
"""Under this name an ``Exchange`` travels with its request."""
CHUNK = 65536
ATTEMPTS = 5
RETRIED = frozenset({408, 429, 500, 502, 503, 504})

Request = PipelineRequest[HttpRequest]
Response = PipelineResponse[HttpRequest, HttpResponse]


class Exchange:
    """One question with all its attempts: until when it may last, and the body of the last answer.

    Args:
        endpoint: the endpoint as the user knows it.
        seconds: how long all attempts together may take.
        monotonic: a clock that only moves forward.
    """

    def __init__(self, endpoint: str, seconds: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.endpoint = endpoint
        self.body = b""
        self._monotonic = monotonic
        self._deadline = monotonic() + seconds

    @property
    def left(self) -> float:
        """Seconds that remain."""
        return self._deadline - self._monotonic()


def origin(url: str) -> tuple[str, str, int]:
    """Scheme, host and port of a URL, with the default port filled in.

    Raises:
        ValueError: the port is no number.
    """
    parts = urlsplit(url)
    default = 443 if parts.scheme == "https" else 80
    return parts.scheme, (parts.hostname or "").lower(), parts.port or default


def is_loopback(host: str) -> bool:
    """Is this host the machine that we run on?"""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class PinnedHost(SansIOHTTPPolicy[HttpRequest, HttpResponse]):
    """Lets no request, and so no bearer token, leave for another place than the base URL.

    Azure's own pipeline follows a ``nextLink`` to any host and takes the token along.
    """

    def __init__(self, base_url: str, endpoint: str) -> None:
        super().__init__()
        self._origin = origin(base_url)
        self._endpoint = endpoint

    def on_request(self, request: Request) -> None:
        """Refuse a request to another scheme, host or port."""
        where = origin(request.http_request.url)
        if where != self._origin:
            scheme, host, port = where
            what = f"an answer pointed to another place, {scheme}://{host}:{port}"
            raise Garbled(self._endpoint, what, "Nothing was sent there; check what answers at the endpoint.")


class CarriedExchange(SansIOHTTPPolicy[HttpRequest, HttpResponse]):
    """Keeps the exchange from among the options, which the transport would reject, for the policies below."""

    def on_request(self, request: Request) -> None:
        """Move it."""
        request.context[EXCHANGE] = request.context.options.pop(EXCHANGE)


class RetriedReads(RetryPolicy[HttpRequest, HttpResponse]):
    """Repeats GET, and nothing else, within the time of its exchange; asks no faster than the far side allows.

    The library's policy would repeat a POST after 500, 503, 504 and after any answer with ``Retry-After``, and would
    sleep for as long as that header says.

    Args:
        pace: when the next read may begin; of all who read there.
        patience: what trying again may cost; of this visit.
    """

    def __init__(self, pace: Pace, patience: Patience) -> None:
        super().__init__()
        self._pace = pace
        self._patience = patience

    def send(self, request: Request) -> Response:
        """Send until there is an answer worth returning, the attempts are used up, or the time is."""
        if request.http_request.method != "GET":
            return self.next.send(request)
        self._wait(request)
        for attempt in range(1, ATTEMPTS + 1):
            try:
                response = self.next.send(request)
            except AzureError as error:
                if _is_final(error) or not self._again(request, attempt, None):
                    raise
            else:
                self._pace.heard(request.http_request.url, response.http_response.headers)
                if response.http_response.status_code not in RETRIED or not self._again(request, attempt, response):
                    return response
        raise AssertionError("the last attempt returns or raises")

    def _wait(self, request: Request) -> None:
        """Wait for our turn.

        Raises:
            Throttled: it comes after the exchange's time.
        """
        exchange: Exchange = request.context[EXCHANGE]
        wait = self._pace.reserve(request.http_request.url, exchange.left)
        if wait is None:
            what = "it asked for a pause that is longer than our patience"
            raise Throttled(exchange.endpoint, what, "Run later, or give drcheck an identity of its own.")
        _sleep(request, wait)

    def _again(self, request: Request, attempt: int, response: Response | None) -> bool:
        """Shall there be another attempt? When so, its time has come."""
        exchange: Exchange = request.context[EXCHANGE]
        if attempt >= ATTEMPTS:
            return False
        asked = self.get_retry_after(response) if response is not None else None
        if asked is not None:
            # Whoever reads there waits, not only this question; then it is everybody's turn again.
            self._pace.held(request.http_request.url, asked)
            wait = self._pace.reserve(request.http_request.url, exchange.left)
        else:
            wait = self._patience.pause(attempt, exchange.left)
        if wait is None:
            return False
        _sleep(request, wait)
        return True


def _sleep(request: Request, seconds: float) -> None:
    transport = request.context.transport
    assert transport is not None, "a pipeline that is running has a transport"  # noqa: S101 - for the type checker
    if seconds > 0:
        transport.sleep(seconds)


def _is_final(error: AzureError) -> bool:
    """Would asking again end in the same way?"""
    if isinstance(error, ClientAuthenticationError | ServiceRequestTimeoutError | ServiceResponseTimeoutError):
        return True
    return isinstance(error.inner_exception, requests.exceptions.SSLError)


class BoundedBody(HTTPPolicy[HttpRequest, HttpResponse]):
    """Reads the body within the time and size that are allowed, and leaves it in the exchange.

    The transport's own read time-out starts anew with every byte, so a dripping endpoint would hold us for ever.
    """

    def __init__(self, connect_seconds: float, body_cap: int) -> None:
        super().__init__()
        self._connect_seconds = connect_seconds
        self._body_cap = body_cap

    def send(self, request: Request) -> Response:
        """Send once and read everything."""
        exchange: Exchange = request.context[EXCHANGE]
        left = exchange.left
        if left <= 0:
            raise ServiceResponseTimeoutError("the time is over")
        connect = min(self._connect_seconds, left)
        request.context.options.update(stream=True, connection_timeout=connect, read_timeout=left)
        response: Response = self.next.send(request)
        # The raw stream is not part of the public type, and is the only one that returns what has arrived so far.
        stream: urllib3.HTTPResponse = response.http_response.internal_response.raw  # type: ignore[attr-defined]
        try:
            exchange.body = self._read(stream, exchange)
        finally:
            response.http_response.close()
        return response

    def _read(self, stream: urllib3.HTTPResponse, exchange: Exchange) -> bytes:
        body = bytearray()
        while chunk := _read_some(stream, exchange):
            body += chunk
            if len(body) > self._body_cap:
                what = f"an answer is longer than {self._body_cap} bytes"
                raise Garbled(exchange.endpoint, what, "Is this Azure Resource Manager?")
        return bytes(body)


def _read_some(stream: urllib3.HTTPResponse, exchange: Exchange) -> bytes:
    """What has arrived, waiting no longer than the exchange allows; empty at the end."""
    left = exchange.left
    if left <= 0:
        raise ServiceResponseTimeoutError("the time is over")
    connection: Any = stream.connection
    if connection is not None and connection.sock is not None:
        connection.sock.settimeout(left)
    try:
        return stream.read1(CHUNK, decode_content=True)
    except urllib3.exceptions.ReadTimeoutError as error:
        raise ServiceResponseTimeoutError("the time is over", error=error) from error
    except urllib3.exceptions.DecodeError as error:
        raise DecodeError("the compressed body is damaged", error=error) from error
    except urllib3.exceptions.ProtocolError as error:
        raise IncompleteReadError("the body ended early", error=error) from error
