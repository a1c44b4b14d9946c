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

from drcheck.errors import Garbled

EXCHANGE = "drcheck_exchange"
"""Under this name an ``Exchange`` travels with its request."""
CHUNK = 65536
ATTEMPTS = 5
RETRIED = frozenset({408, 429, 500, 502, 503, 504})
LONGEST_BACKOFF = 8.0

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
    """Repeats GET, and nothing else, within the time of its exchange.

    The library's policy would repeat a POST after 500, 503, 504 and after any answer with ``Retry-After``, and would
    sleep for as long as that header says.
    """

    def send(self, request: Request) -> Response:
        """Send until there is an answer worth returning, the attempts are used up, or the time is."""
        attempt = 0
        while True:
            attempt += 1
            try:
                response = self.next.send(request)
            except AzureError as error:
                wait = None if _is_final(error) else self._pause(request, attempt, None)
                if wait is None:
                    raise
            else:
                if response.http_response.status_code not in RETRIED:
                    return response
                wait = self._pause(request, attempt, response)
                if wait is None:
                    return response
            transport = request.context.transport
            assert transport is not None, "a pipeline that is running has a transport"  # noqa: S101 - for the type checker
            transport.sleep(wait)

    def _pause(self, request: Request, attempt: int, response: Response | None) -> float | None:
        """Seconds until the next attempt; ``None`` when there shall be none."""
        if request.http_request.method != "GET" or attempt >= ATTEMPTS:
            return None
        asked = self.get_retry_after(response) if response is not None else None
        pause = min(0.25 * 2**attempt, LONGEST_BACKOFF) if asked is None else asked
        exchange: Exchange = request.context[EXCHANGE]
        return pause if 0 <= pause < exchange.left else None


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
