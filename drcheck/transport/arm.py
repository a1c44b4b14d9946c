"""How is Azure Resource Manager asked, so that every failure has a name and no request does more than it says?"""

import re
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, Generic, NamedTuple, Self, TypeVar
from urllib.parse import urljoin

import msgspec
from azure.core.credentials import TokenCredential
from azure.core.rest import HttpRequest
from azure.mgmt.core import ARMPipelineClient
from azure.mgmt.core.policies import ARMChallengeAuthenticationPolicy
from msgspec import Struct

from drcheck.errors import AnswerError, Garbled
from drcheck.topology.base import Clock
from drcheck.transport.arm_clock import clock_of, closest
from drcheck.transport.arm_endpoint import ArmEndpoint
from drcheck.transport.arm_errors import Question, of_answer, too_late
from drcheck.transport.arm_job import Job
from drcheck.transport.arm_sign_in import credential_for
from drcheck.transport.arm_values import BodyDigest, decode_hook
from drcheck.transport.azure_pipeline import AzurePipeline, Bounds, Reply, Way
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


class Accepted(NamedTuple):
    """What a POST was answered with: the guid of the Site Recovery job (empty for other services), and headers."""

    job: str
    headers: Mapping[str, str]


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
        self.endpoint = endpoint
        self.clock: Clock | None = None
        """Azure's clock against ours, from the answer that tells it best."""
        self._now = now
        shared = bounds or Bounds()
        self._patience = shared.patience
        self._base = endpoint.base_url.rstrip("/")
        way = Way(
            url=self._base,
            label=endpoint.label,
            connect_seconds=endpoint.connect_seconds,
            body_cap=endpoint.body_cap,
            ca_file=endpoint.ca_file,
        )
        given = ARMChallengeAuthenticationPolicy(credential or credential_for(endpoint), endpoint.scope)
        self._pipeline = AzurePipeline(way, given, shared, monotonic, ARMPipelineClient)

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
        self._pipeline.close()

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
        request = HttpRequest(asked.method, url, headers={"Accept": "application/json"}, json=body)
        sent = self._now() if self._now else None
        reply = self._pipeline.ask(asked, request, seconds)
        if sent and self._now:
            self.clock = closest(self.clock, clock_of(asked.endpoint, reply.headers, sent, self._now()))
        if reply.good:
            return reply
        raise of_answer(asked, reply.status, reply.headers, reply.body)

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
