"""How is one container of Azure Blob Storage asked? The few calls that leases and journals need, each conditional.

Sources: Microsoft, REST reference of Blob Storage ("Put Blob", "Append Block", "Get Blob", "Delete Blob", "List Blobs",
"Specifying conditional headers for Blob service operations", "Authorize with Microsoft Entra ID"). A write that must
not overwrite carries ``If-None-Match: *``, one that must not overtake ``If-Match``; a journal grows by
``x-ms-blob-condition-appendpos``. So a call whose answer was lost can be told from one that never arrived.
"""

import threading
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from email.utils import format_datetime
from pathlib import Path
from urllib.parse import quote, urlencode

from azure.core.credentials import TokenCredential
from azure.core.pipeline.policies import BearerTokenCredentialPolicy
from azure.core.rest import HttpRequest
from msgspec import Struct

from drcheck.errors import (
    AccessDenied,
    AuthenticationFailed,
    DrcheckError,
    Garbled,
    QueryFailed,
    RemoteFault,
    Throttled,
)
from drcheck.transport.arm_errors import Question, one_line
from drcheck.transport.arm_pace import Pace, Patience
from drcheck.transport.azure_pipeline import AzurePipeline, Bounds, Reply, Way

BLOB_API = "2023-11-03"
SCOPE = "https://storage.azure.com/.default"
"""What a token for Azure Storage is asked for; one for the Resource Manager is never sent to an account.

Microsoft documents it for storage in every cloud ("Authorize with Microsoft Entra ID"); tried in none.
"""
BODY_CAP = 16 * 1024 * 1024
MOST_PAGES = 1000
ABSENT, PRESENT, CHANGED = 404, 409, 412
NO_BLOB = "BlobNotFound"
TAKEN = "BlobAlreadyExists"
CONDITIONS = frozenset({"ConditionNotMet", "TargetConditionNotMet", "AppendPositionConditionNotMet", NO_BLOB, TAKEN})
"""Refusals that answer the question whether a condition holds."""


class BlobEndpoint(Struct, frozen=True, kw_only=True):
    """One container, and how long we wait for it."""

    url: str
    """``https://ACCOUNT.blob.core.windows.net/CONTAINER``, without a slash at the end."""
    ca_file: Path | None = None
    connect_seconds: float = 5.0
    total_seconds: float = 60.0

    @property
    def label(self) -> str:
        """The container in messages."""
        return f"blobs {self.url}"


class Blob(Struct, frozen=True, kw_only=True):
    """What a blob holds, and the tag of that very content."""

    body: bytes
    etag: str


class BlobContainer:
    """Asks one container over Azure's own pipeline, one question at a time. A write is sent once.

    Args:
        endpoint: where.
        credential: gives tokens for ``SCOPE``.
        now: the time, UTC; every request is dated.
        monotonic: a clock that only moves forward.

    Raises:
        UsageError: the address is not ``https``.
    """

    def __init__(
        self,
        endpoint: BlobEndpoint,
        credential: TokenCredential,
        *,
        now: Callable[[], datetime],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        way = Way(
            url=endpoint.url,
            label=endpoint.label,
            connect_seconds=endpoint.connect_seconds,
            body_cap=BODY_CAP,
            ca_file=endpoint.ca_file,
        )
        bounds = Bounds(pace=Pace(monotonic), patience=Patience(monotonic=monotonic))
        self._pipeline = AzurePipeline(way, BearerTokenCredentialPolicy(credential, SCOPE), bounds, monotonic)
        self.endpoint = endpoint
        self._now = now
        self._turn = threading.Lock()

    def get(self, name: str) -> Blob | None:
        """A blob, or ``None`` when the container has none of that name.

        Raises:
            TransportError: no usable answer.
            QueryFailed: the service refused; ``ContainerNotFound`` is such a refusal.
        """
        reply = self._send("GET", name)
        if reply is None:
            return None
        if "x-ms-blob-type" not in reply.headers:
            raise self._foreign(f"what came for {name} is no blob")
        return Blob(body=reply.body, etag=reply.headers.get("ETag", ""))

    def create(self, name: str, body: bytes, *, growing: bool = False) -> bool:
        """Make a blob; False when there is one of that name already. Raises as ``get`` does.

        Args:
            name: its name.
            body: what it holds; of a growing one, nothing yet.
            growing: can be appended to.
        """
        kind = "AppendBlob" if growing else "BlockBlob"
        return self._send("PUT", name, body, {"If-None-Match": "*", "x-ms-blob-type": kind}) is not None

    def replace(self, name: str, body: bytes, etag: str) -> bool:
        """Write over the content of that tag; False when it is not that any more. Raises as ``get`` does."""
        return self._send("PUT", name, body, {"If-Match": etag, "x-ms-blob-type": "BlockBlob"}) is not None

    def append(self, name: str, body: bytes, at: int) -> bool:
        """Add to a growing blob that is so long; False when it has another length, or is gone. Raises as ``get``."""
        headers = {"x-ms-blob-condition-appendpos": str(at)}
        return self._send("PUT", name, body, headers, {"comp": "appendblock"}) is not None

    def delete(self, name: str, etag: str) -> bool:
        """Remove the content of that tag; False when it is not that any more. Raises as ``get`` does."""
        return self._send("DELETE", name, headers={"If-Match": etag}) is not None

    def names(self, prefix: str) -> Iterator[str]:
        """Names of all blobs that begin so, page by page. Raises as ``get`` does."""
        marker = ""
        for _ in range(MOST_PAGES):
            options = {
                "restype": "container",
                "comp": "list",
                "prefix": prefix,
                **({"marker": marker} if marker else {}),
            }
            reply = self._send("GET", "", options=options)
            page = self._page(reply.body if reply else b"")
            yield from (name.text or "" for name in page.iterfind("./Blobs/Blob/Name"))
            marker = page.findtext("NextMarker") or ""
            if not marker:
                return
        raise Garbled(self.endpoint.label, "the pages of its list have no end", "Try again later.")

    def close(self) -> None:
        """Close the connections."""
        self._pipeline.close()

    def _page(self, body: bytes) -> ET.Element:
        try:
            page = ET.fromstring(body.decode("utf-8-sig"))  # noqa: S314 - expat refuses entity bombs; the size is capped
        except (ET.ParseError, UnicodeDecodeError) as error:
            raise self._foreign(f"what came for the list is no XML: {error}") from error
        if page.tag != "EnumerationResults":
            raise self._foreign("what came for the list is no list of blobs")
        return page

    def _foreign(self, what: str) -> Garbled:
        return Garbled(self.endpoint.label, what, "Is this Blob Storage, or a proxy in between?")

    def _send(
        self,
        method: str,
        name: str,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        options: Mapping[str, str] | None = None,
    ) -> Reply | None:
        """The answer; ``None`` when a condition does not hold or a blob that is read does not exist."""
        with self._turn:
            return self._exchange(self._request(method, name, body, headers or {}, options or {}), name)

    def _exchange(self, request: HttpRequest, name: str) -> Reply | None:
        asked = Question(endpoint=self.endpoint.label, method=request.method, path=f"/{name}")
        reply = self._pipeline.ask(asked, request, self.endpoint.total_seconds)
        if reply.good:
            return reply
        if reply.status in (ABSENT, PRESENT, CHANGED) and reply.headers.get("x-ms-error-code") in CONDITIONS:
            return None
        raise _problem(asked, reply)

    def _request(
        self, method: str, name: str, body: bytes, headers: Mapping[str, str], options: Mapping[str, str]
    ) -> HttpRequest:
        url = f"{self.endpoint.url}/{quote(name)}" if name else self.endpoint.url
        url = f"{url}?{urlencode(options, quote_via=quote)}" if options else url
        own = {"x-ms-version": BLOB_API, "x-ms-date": format_datetime(self._now(), usegmt=True), **headers}
        if method == "PUT":
            own |= {"Content-Type": "application/octet-stream", "Content-Length": str(len(body))}
            return HttpRequest(method, url, headers=own, content=body)
        return HttpRequest(method, url, headers=own)


def _problem(asked: Question, reply: Reply) -> DrcheckError:
    """The error that an answer outside 2xx stands for; the code is in a header, and language-independent."""
    code = one_line(reply.headers.get("x-ms-error-code")) or "no error code"
    where, what = asked.endpoint, f"{asked} was answered with status {reply.status}, {code}"
    if reply.status == 401:
        return AuthenticationFailed(where, f"the token was not accepted ({code})", "It must be one for Azure Storage.")
    if reply.status == 403:
        remedy = "Give the identity a role with the data actions of `drcheck permissions --run drill` on the container."
        return AccessDenied(where, f"{asked} was denied ({code})", remedy)
    if reply.status == 429:
        return Throttled(where, what, asked.remedy("Try again later."))
    if reply.status == 408 or reply.status >= 500:
        return RemoteFault(where, what, asked.remedy("Try again later."))
    if "x-ms-error-code" not in reply.headers:
        return Garbled(where, what, "Is this Blob Storage, or a proxy in between?")
    return QueryFailed(where, str(asked), code, f"status {reply.status}")
