"""Which calls does the simulated Blob Storage answer, and how does it refuse?

Sources: Microsoft, REST reference of Blob Storage: Put Blob, Append Block, Get Blob, Get Blob Properties, Delete Blob,
List Blobs, and "Blob Storage error codes". What drills do not use answers 501, loudly.
"""

import asyncio
import logging
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import TypeAlias
from urllib.parse import unquote
from xml.sax.saxutils import escape

from aiohttp import web

from drcheck.lab.arm.misbehaviour import misbehave
from drcheck.lab.azure.blobs import Blob, BlobAccount
from drcheck.lab.heard import Heard
from drcheck.lab.state.clock import LabClock

_GOING_DOWN: web.AppKey[asyncio.Event] = web.AppKey("going down", asyncio.Event)
_OLDEST = "2017-11-09"
"""The first version that takes bearer tokens."""
_PAGE = 100
_MOST_BLOCKS = 50_000
_SHAPES: Mapping[tuple[str, str], str] = {
    ("GET", ""): "read",
    ("HEAD", ""): "read",
    ("GET", "list"): "read",
    ("PUT", ""): "write",
    ("PUT", "appendblock"): "write",
    ("DELETE", ""): "delete",
}
"""Method and ``comp``: the data action that it needs."""

_log = logging.getLogger(__name__)

Headers: TypeAlias = dict[str, str]


class BlobError(Exception):
    """A refusal, with the status and the code that the service gives it."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


@dataclass(frozen=True, kw_only=True)
class _Call:
    method: str
    container: str
    name: str
    comp: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, kw_only=True)
class _Answer:
    status: int = 200
    body: bytes = b""
    headers: Headers = field(default_factory=dict)


class BlobService:
    """The simulated service; the first part of every path is the account, as emulators have it.

    Args:
        account: what it holds.
        clock: the lab's clock.
        heard: what was asked of the lab.
    """

    def __init__(self, account: BlobAccount, clock: LabClock, heard: Heard) -> None:
        self.account = account
        self.clock = clock
        self.heard = heard

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one call, or misbehave as a test has asked for."""
        if request.method not in ("GET", "HEAD"):
            self.account.writes.append(f"{request.method} {request.rel_url.raw_path}")
            self.heard.orders.append((request.method, f"/{'/'.join(request.rel_url.raw_path.split('/')[3:])}"))
        fault = self.account.faults.take(request.method, str(request.rel_url))
        body = await request.read()
        if fault is not None and fault.kind != "lost":
            return await misbehave(request, fault, request.app[_GOING_DOWN])
        response = self._respond(request, body)
        if fault is not None:
            return await misbehave(request, fault, request.app[_GOING_DOWN])
        return response

    def _respond(self, request: web.Request, body: bytes) -> web.Response:
        try:
            answer = self._answer(request, body)
        except BlobError as error:
            text = f'<?xml version="1.0"?><Error><Code>{error.code}</Code><Message>{error}</Message></Error>'
            headers = {"x-ms-error-code": error.code, "Content-Type": "application/xml"}
            if error.status == 401:
                place = "authorization_uri=https://login.microsoftonline.com/common/oauth2/authorize"
                headers["WWW-Authenticate"] = f"Bearer {place} resource_id=https://storage.azure.com"
            answer = _Answer(
                status=error.status, body=b"" if request.method == "HEAD" else text.encode(), headers=headers
            )
        own = {"x-ms-request-id": str(uuid.uuid4()), "x-ms-version": request.headers.get("x-ms-version", "")}
        return web.Response(status=answer.status, body=answer.body, headers={**own, **answer.headers})

    def _answer(self, request: web.Request, body: bytes) -> _Answer:
        self._admit(request)
        _, container, name = [*unquote(request.rel_url.raw_path).lstrip("/").split("/", 2), "", ""][:3]
        comp = request.query.get("comp", "")
        call = _Call(
            method=request.method,
            container=container,
            name=name,
            comp=comp,
            headers=request.headers,
            query=request.query,
            body=body,
        )
        self.heard.blob(call.method, comp, name)
        action = _SHAPES.get((call.method, comp))
        if action is None or bool(name) == (comp == "list"):
            _log.warning("the lab was asked for something it does not know: %s %s", request.method, request.rel_url)
            raise BlobError(501, "LabNotImplemented", "the lab's Blob Storage does not know this call")
        if action not in self.account.allowed:
            raise BlobError(
                403,
                "AuthorizationPermissionMismatch",
                "This request is not authorized to perform this operation using this permission.",
            )
        return self._carry_out(call)

    def _admit(self, request: web.Request) -> None:
        given = request.headers.get("Authorization", "")
        if not given:
            raise BlobError(401, "NoAuthenticationInformation", "Server failed to authenticate the request.")
        if given != f"Bearer {self.account.token}":
            raise BlobError(401, "InvalidAuthenticationInfo", "Issuer or audience validation failed.")
        if request.headers.get("x-ms-version", "") < _OLDEST:
            raise BlobError(400, "InvalidHeaderValue", "The value for the header x-ms-version is too old for tokens.")
        if "x-ms-date" not in request.headers and "Date" not in request.headers:
            raise BlobError(
                400, "MissingRequiredHeader", "An HTTP header that's mandatory for this request is missing."
            )

    def _carry_out(self, call: _Call) -> _Answer:
        blobs = self.account.containers.get(call.container)
        if blobs is None:
            raise BlobError(404, "ContainerNotFound", "The specified container does not exist.")
        match call.method, call.comp:
            case "GET", "list":
                return _listed(call, blobs)
            case "GET" | "HEAD", _:
                return _told(call, _existing(call, blobs))
            case "PUT", "appendblock":
                return self._append(call, blobs)
            case "PUT", _:
                return self._put(call, blobs)
            case _:
                _existing(call, blobs)
                del blobs[call.name]
                return _Answer(status=202)

    def _put(self, call: _Call, blobs: dict[str, Blob]) -> _Answer:
        kind, before = call.headers.get("x-ms-blob-type", ""), blobs.get(call.name)
        if kind not in ("BlockBlob", "AppendBlob"):
            raise BlobError(
                400, "MissingRequiredHeader", "An HTTP header that's mandatory for this request is missing."
            )
        if kind == "AppendBlob" and call.body:
            raise BlobError(400, "InvalidHeaderValue", "An append blob is made without content.")
        if before is not None and call.headers.get("If-None-Match") == "*":
            raise BlobError(409, "BlobAlreadyExists", "The specified blob already exists.")
        _match(call, before)
        if before is not None and before.kind != kind:
            raise BlobError(409, "InvalidBlobType", "The blob type is invalid for this operation.")
        blob = Blob(kind=kind, body=call.body, etag=self.account.tag(), modified=self.clock.now())
        blobs[call.name] = blob
        return _Answer(status=201, headers=_described(blob))

    def _append(self, call: _Call, blobs: dict[str, Blob]) -> _Answer:
        blob = _existing(call, blobs)
        if blob.kind != "AppendBlob":
            raise BlobError(409, "InvalidBlobType", "The blob type is invalid for this operation.")
        wanted = call.headers.get("x-ms-blob-condition-appendpos")
        if wanted is not None and wanted != str(len(blob.body)):
            message = "The append position condition specified was not met."
            raise BlobError(412, "AppendPositionConditionNotMet", message)
        if blob.blocks >= _MOST_BLOCKS:
            raise BlobError(409, "BlockCountExceedsLimit", "The committed block count cannot exceed the limit.")
        offset = len(blob.body)
        blob.body, blob.blocks = blob.body + call.body, blob.blocks + 1
        blob.etag, blob.modified = self.account.tag(), self.clock.now()
        grown = {"x-ms-blob-append-offset": str(offset), "x-ms-blob-committed-block-count": str(blob.blocks)}
        return _Answer(status=201, headers={**_described(blob), **grown})


def _existing(call: _Call, blobs: Mapping[str, Blob]) -> Blob:
    blob = blobs.get(call.name)
    if blob is None:
        raise BlobError(404, "BlobNotFound", "The specified blob does not exist.")
    _match(call, blob)
    return blob


def _match(call: _Call, blob: Blob | None) -> None:
    """Raise unless the content is the one that the caller has seen."""
    wanted = call.headers.get("If-Match")
    if wanted is not None and (blob is None or wanted not in ("*", blob.etag)):
        raise BlobError(412, "ConditionNotMet", "The condition specified using HTTP conditional header(s) is not met.")


def _told(call: _Call, blob: Blob) -> _Answer:
    """All of it, or the range that a client asks for: Microsoft's own always asks for one."""
    headers = {**_described(blob), "Content-Type": "application/octet-stream", "Accept-Ranges": "bytes"}
    wanted = call.headers.get("x-ms-range") or call.headers.get("Range") or ""
    if call.method == "HEAD":
        return _Answer(headers=headers)
    if not wanted.startswith("bytes="):
        return _Answer(body=blob.body, headers=headers)
    first, _, last = wanted.removeprefix("bytes=").partition("-")
    start, end = int(first), min(int(last or len(blob.body)), len(blob.body) - 1)
    if start >= len(blob.body):
        raise BlobError(416, "InvalidRange", "The range specified is invalid for the current size of the resource.")
    headers["Content-Range"] = f"bytes {start}-{end}/{len(blob.body)}"
    return _Answer(status=206, body=blob.body[start : end + 1], headers=headers)


def _described(blob: Blob) -> Headers:
    return {"ETag": blob.etag, "Last-Modified": _date(blob.modified), "x-ms-blob-type": blob.kind}


def _listed(call: _Call, blobs: Mapping[str, Blob]) -> _Answer:
    prefix, marker = call.query.get("prefix", ""), call.query.get("marker", "")
    most = int(call.query.get("maxresults", _PAGE))
    names = sorted(name for name in blobs if name.startswith(prefix) and name >= marker)
    following = names[most] if len(names) > most else ""
    entries = "".join(_entry(name, blobs[name]) for name in names[:most])
    text = (
        f'\ufeff<?xml version="1.0" encoding="utf-8"?><EnumerationResults ContainerName="{escape(call.container)}">'
        f"<Prefix>{escape(prefix)}</Prefix><Blobs>{entries}</Blobs><NextMarker>{escape(following)}</NextMarker>"
        "</EnumerationResults>"
    )
    return _Answer(body=text.encode(), headers={"Content-Type": "application/xml"})


def _entry(name: str, blob: Blob) -> str:
    properties = (
        f"<Last-Modified>{_date(blob.modified)}</Last-Modified><Etag>{blob.etag.strip(chr(34))}</Etag>"
        f"<Content-Length>{len(blob.body)}</Content-Length><BlobType>{blob.kind}</BlobType>"
    )
    return f"<Blob><Name>{escape(name)}</Name><Properties>{properties}</Properties></Blob>"


def _date(moment: float) -> str:
    return format_datetime(datetime.fromtimestamp(int(moment), UTC), usegmt=True)


def make_blob_app(account: BlobAccount, clock: LabClock, heard: Heard) -> web.Application:
    """The simulated Blob Storage as an application; TLS is its server's."""
    service = BlobService(account, clock, heard)
    app = web.Application(client_max_size=8 << 20)
    app[_GOING_DOWN] = asyncio.Event()
    app.router.add_route("*", "/{path:.*}", service.handle)
    app.on_shutdown.append(_let_go)
    return app


async def _let_go(app: web.Application) -> None:
    """Calls that hang on purpose end with the lab."""
    app[_GOING_DOWN].set()
