"""By which way does every question to Azure go? To one host, by our retries, with one deadline, a bounded answer.

The Resource Manager and Blob Storage differ in who they believe and what their answers mean, not in this.
"""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import requests
from azure.core import PipelineClient
from azure.core.exceptions import AzureError
from azure.core.pipeline.policies import RequestIdPolicy, UserAgentPolicy
from azure.core.pipeline.transport import RequestsTransport
from azure.core.rest import HttpRequest, HttpResponse
from msgspec import Struct, field

from drcheck.errors import UsageError
from drcheck.transport.arm_errors import Question, of_exception, too_late
from drcheck.transport.arm_http import WatchedAdapter
from drcheck.transport.arm_pace import Pace, Patience
from drcheck.transport.arm_policies import (
    BoundedBody,
    CarriedExchange,
    Exchange,
    PinnedHost,
    RetriedReads,
    is_loopback,
    origin,
)
from drcheck.transport.deadline import Guard


class Way(Struct, frozen=True, kw_only=True):
    """Where questions go, and what an answer may cost."""

    url: str
    """Where every question begins; a token goes to its host and to no other."""
    label: str
    """The endpoint as the user knows it."""
    connect_seconds: float
    body_cap: int
    """Largest answer in bytes."""
    ca_file: Path | None = None


class Bounds(Struct, frozen=True, kw_only=True):
    """What clients share: the pace of all who read at an endpoint, and the patience of one visit."""

    pace: Pace = field(default_factory=Pace)
    patience: Patience = field(default_factory=Patience)


class Reply(Struct, frozen=True, kw_only=True):
    """An answer, whatever its status."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def good(self) -> bool:
        """Did it do what was asked?"""
        return 200 <= self.status < 300


class AzurePipeline:
    """Azure's own pipeline with our policies; not to be shared by threads.

    Args:
        way: where, and what an answer may cost.
        authentication: adds the token; sees every request before it is sent.
        bounds: how fast may be read, and for how long.
        monotonic: a clock that only moves forward.
        client: Azure's client to build on.

    Raises:
        UsageError: the address is not ``https``.
    """

    def __init__(
        self,
        way: Way,
        authentication: Any,
        bounds: Bounds,
        monotonic: Callable[[], float] = time.monotonic,
        client: type[PipelineClient[HttpRequest, HttpResponse]] = PipelineClient,
    ) -> None:
        scheme, host, _ = origin(way.url)
        if scheme != "https":
            raise UsageError(f"{way.label}: a token is sent over https only. Write the endpoint as https://…")
        self._monotonic = monotonic
        # A proxy of the environment is for the internet; no proxy can reach this machine's own loopback.
        self._proxies = {"no_proxy": host} if is_loopback(host) else None
        self._adapter = WatchedAdapter()
        session = requests.Session()
        session.mount("https://", self._adapter)
        self._client = client(
            base_url=way.url,
            policies=[
                PinnedHost(way.url, way.label),
                RequestIdPolicy(),
                UserAgentPolicy("drcheck"),
                CarriedExchange(),
                RetriedReads(bounds.pace, bounds.patience),
                authentication,
                BoundedBody(way.connect_seconds, way.body_cap),
            ],
            transport=RequestsTransport(session=session, connection_verify=str(way.ca_file) if way.ca_file else True),
        )

    def ask(self, asked: Question, request: HttpRequest, seconds: float) -> Reply:
        """The answer to one question, whatever its status.

        Args:
            asked: the question, for errors.
            request: the question, to be sent.
            seconds: how long all attempts together may take.

        Raises:
            TransportError: no usable answer.
        """
        exchange = Exchange(asked.endpoint, seconds, self._monotonic)
        guard = Guard(seconds)
        try:
            with guard, self._adapter.within(guard):
                response = self._client.send_request(request, proxies=self._proxies, drcheck_exchange=exchange)
                guard.release()
        except (AzureError, OSError) as error:
            # A connection that the guard cut looks like one that the far side cut.
            raise too_late(asked) if guard.expired else of_exception(asked, error) from error
        return Reply(status=response.status_code, headers=response.headers, body=exchange.body)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()
