"""How is Azure Resource Manager asked, so that every failure has a name and no request does more than it says?"""

import re
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, Generic, NamedTuple, Self, TypeVar
from urllib.parse import urljoin

import msgspec
import requests
from azure.core.credentials import TokenCredential
from azure.core.exceptions import AzureError
from azure.core.pipeline.policies import RequestIdPolicy, UserAgentPolicy
from azure.core.pipeline.transport import RequestsTransport
from azure.core.rest import HttpRequest, HttpResponse
from azure.mgmt.core import ARMPipelineClient
from azure.mgmt.core.policies import ARMChallengeAuthenticationPolicy
from msgspec import Struct, field

from drcheck.errors import AnswerError, Garbled, UsageError
from drcheck.topology.base import Clock
from drcheck.transport.arm_clock import clock_of, closest
from drcheck.transport.arm_endpoint import ArmEndpoint
from drcheck.transport.arm_errors import Question, of_answer, of_exception, too_late
from drcheck.transport.arm_http import WatchedAdapter
from drcheck.transport.arm_job import Job
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
from drcheck.transport.arm_sign_in import credential_for
from drcheck.transport.arm_values import BodyDigest, decode_hook
from drcheck.transport.deadline import Guard
from drcheck.transport.decoding import decoder

__all__ = ["SITE_RECOVERY_API", "ArmClient", "ArmEndpoint", "Bounds", "Page", "credential_for", "job_guid"]

T = TypeVar("T")

SITE_RECOVERY_API = "2025-08-01"
"""Version that azure-mgmt-recoveryservicessiterecovery 2.0.0 speaks."""
MOST_PAGES = 5000
_JOB = re.compile(
    r"/(?:replicationJobs|replicationOperationStatus|operationresults)/([0-9a-f-]{36})(?:[/?]|$)", re.IGNORECASE
)
_PATH = re.compile(r"/[^\s#]*")


class Page(Struct, Generic[T], rename="camel"):
    """One page of a list. ``value`` has no default: an answer without it is not an empty list."""

    value: list[T]
    next_link: str | None = None


class Reply(Struct, frozen=True, kw_only=True):
    """An answer in the 2xx range."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Accepted(NamedTuple):
    """What a POST was answered with: the guid of the Site Recovery job (empty for other services), and headers."""

    job: str
    headers: Mapping[str, str]


class Bounds(Struct, frozen=True, kw_only=True):
    """What clients share: the pace of all who read at an endpoint, and the patience of one visit."""

    pace: Pace = field(default_factory=Pace)
    patience: Patience = field(default_factory=Patience)


class ArmClient:
    """Asks one ARM endpoint over Azure's own pipeline; not to be shared by threads.

    Args:
        endpoint: where and how long.
        credential: by default what ``credential_for`` gives.
        monotonic: a clock that only moves forward.
        now: our clock in UTC; without it, Azure's is not compared with it.
        bounds: what this client shares with others: how fast may be read, and what a visit may cost.

    Raises:
        UsageError: the base URL is not ``https``.
    """

    def __init__(
        self,
        endpoint: ArmEndpoint,
        credential: TokenCredential | None = None,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] | None = None,
        bounds: Bounds | None = None,
    ) -> None:
        if origin(endpoint.base_url)[0] != "https":
            raise UsageError(f"{endpoint.label}: a token is sent over https only. Write the endpoint as https://…")
        self.endpoint = endpoint
        self.clock: Clock | None = None
        """Azure's clock against ours, from the answer that tells it best."""
        self._monotonic = monotonic
        self._now = now
        shared = bounds or Bounds()
        self._patience = shared.patience
        self._base = endpoint.base_url.rstrip("/")
        host = origin(self._base)[1]
        # A proxy of the environment is for the internet; no proxy can reach this machine's own loopback.
        self._proxies = {"no_proxy": host} if is_loopback(host) else None
        self._adapter = WatchedAdapter()
        session = requests.Session()
        session.mount("https://", self._adapter)
        verify = str(endpoint.ca_file) if endpoint.ca_file else True
        self._client: ARMPipelineClient[HttpRequest, HttpResponse] = ARMPipelineClient(
            base_url=self._base,
            policies=[
                PinnedHost(self._base, endpoint.label),
                RequestIdPolicy(),
                UserAgentPolicy("drcheck"),
                CarriedExchange(),
                RetriedReads(shared.pace, self._patience),
                ARMChallengeAuthenticationPolicy(credential or credential_for(endpoint), endpoint.scope),
                BoundedBody(endpoint.connect_seconds, endpoint.body_cap),
            ],
            transport=RequestsTransport(session=session, connection_verify=verify),
        )

    def every(self, path: str, api_version: str, of: type[T]) -> Iterator[T]:
        """Every element of a list, following ``nextLink`` until a page has none (the last page may be empty).

        Raises:
            TransportError: a page did not arrive, or points to another host, or to a page that was read before.
            QueryFailed: ARM answered with an error.
            AnswerError: a page is not what ``of`` says.
        """
        asked = self._question("GET", path)
        url = self._url(asked, api_version)
        visited: set[str] = set()
        while url:
            if url in visited or len(visited) >= MOST_PAGES:
                raise Garbled(asked.endpoint, f"the pages of {asked} have no end", "Try again later.")
            visited.add(url)
            page = self._decode(self._send(asked, url), Page[of], asked)  # type: ignore[valid-type]
            yield from page.value
            url = self._next_url(page.next_link, api_version)

    def one(self, path: str, api_version: str, of: type[T]) -> T:
        """One resource; raises as ``every`` does."""
        asked = self._question("GET", path)
        return self._decode(self._send(asked, self._url(asked, api_version)), of, asked)

    def job(self, vault: str, guid: str) -> Job:
        """A Site Recovery job with its tasks, errors and details; raises as ``every`` does.

        The status URL of the answer to a POST is not asked: the Site Recovery Operator role may not read it.
        """
        return self.one(f"{vault}/replicationJobs/{guid}", SITE_RECOVERY_API, Job)

    def follow(self, url: str) -> Reply:
        """GET an absolute URL from a header (``Location``, ``Azure-AsyncOperation``), on this host only."""
        return self._send(self._question("GET", url.partition("?")[0]), url)

    def post(self, path: str, api_version: str, body: Mapping[str, Any]) -> Accepted:
        """Start an operation. Sent once, whatever happens: after an error, find out what it did before trying again.

        Args:
            path: an ARM id and a literal action.
            api_version: of the provider.
            body: becomes JSON.

        Raises:
            TransportError: no usable answer; unless it says that nothing was sent, the operation may have begun.
            QueryFailed: ARM refused the operation.
        """
        asked = self._question("POST", path)
        reply = self._send(asked, self._url(asked, api_version), body)
        return Accepted(job=job_guid(reply.headers), headers=reply.headers)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def __enter__(self) -> Self:
        """The client itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connections."""
        self.close()

    def _question(self, method: str, path: str) -> Question:
        return Question(endpoint=self.endpoint.label, method=method, path=path)

    def _url(self, asked: Question, api_version: str) -> str:
        """The URL of a path, which may carry a query of its own when it is read."""
        has_query = "?" in asked.path
        if not _PATH.fullmatch(asked.path) or (has_query and asked.method != "GET"):
            raise AnswerError(str(asked), "id", "is not an ARM path")
        return f"{self._base}{asked.path}{'&' if has_query else '?'}api-version={api_version}"

    def _next_url(self, link: str | None, api_version: str) -> str:
        if not link:
            return ""
        if "api-version=" not in link.lower():
            link = f"{link}{'&' if '?' in link else '?'}api-version={api_version}"
        return urljoin(self._base, link)

    def _send(self, asked: Question, url: str, body: Mapping[str, Any] | None = None) -> Reply:
        seconds = min(self.endpoint.total_seconds, self._patience.left)
        if seconds <= 0:
            raise too_late(asked)
        exchange = Exchange(asked.endpoint, seconds, self._monotonic)
        request = HttpRequest(asked.method, url, headers={"Accept": "application/json"}, json=body)
        sent = self._now() if self._now else None
        guard = Guard(seconds)
        try:
            with guard, self._adapter.within(guard):
                response = self._client.send_request(request, proxies=self._proxies, drcheck_exchange=exchange)
                guard.release()
        except (AzureError, OSError) as error:
            # A connection that the guard cut looks like one that the far side cut.
            raise too_late(asked) if guard.expired else of_exception(asked, error) from error
        if sent and self._now:
            self.clock = closest(self.clock, clock_of(asked.endpoint, response.headers, sent, self._now()))
        if 200 <= response.status_code < 300:
            return Reply(status=response.status_code, headers=response.headers, body=exchange.body)
        raise of_answer(asked, response.status_code, response.headers, exchange.body)

    def _decode(self, reply: Reply, of: type[T], asked: Question) -> T:
        if of is BodyDigest:
            return BodyDigest.of_body(reply.body)  # type: ignore[return-value]  # T is that very type here
        try:
            answer = decoder(of, decode_hook).decode(reply.body.removeprefix(b"\xef\xbb\xbf"))
        except msgspec.ValidationError as error:
            problem, _, place = str(error).partition(" - at ")
            raise AnswerError(str(asked), place.strip("`") or "$", problem) from error
        except msgspec.DecodeError as error:
            what = f"{asked} was answered with something that is not JSON"
            raise Garbled(asked.endpoint, what, "Is this Azure Resource Manager, or a proxy in between?") from error
        return answer


def job_guid(headers: Mapping[str, str]) -> str:
    """The guid that every header of an accepted Site Recovery operation repeats: it is the job's name."""
    for name in ("Azure-AsyncOperation", "x-ms-request-id", "Location"):
        found = _JOB.search(headers.get(name, ""))
        if found:
            return found[1].lower()
    return ""
