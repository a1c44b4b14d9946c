"""How does an answer go wrong on the wire? Carries out the faults that ``faults`` names."""

import asyncio
import socket
import struct

from aiohttp import web

from drcheck.lab.faults import Fault
from drcheck.lab.wsman import soap
from drcheck.lab.wsman.sealing import Seal

_HTML = "<html><head><title>Gateway</title></head><body><h1>Please sign in</h1></body></html>"
_GARBAGE = b"\x00\xff\xfeSSH-2.0-OpenSSH_9.7\r\n\x80\x81\x82\r\n\r\n"


def cut(http: web.Request) -> web.Response:
    """Reset the connection under a request; the response that is returned can no longer be sent."""
    transport = http.transport
    if transport is not None:
        raw = transport.get_extra_info("socket")
        if raw is not None:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    return web.Response()


async def answer_badly(http: web.Request, fault: Fault, data: bytes, machine: str, seal: Seal) -> web.StreamResponse:
    """Answer a request that has no effect, the way the fault says; ``data`` is its plain text."""
    kind = fault.kind
    if kind == "hang":
        await asyncio.Event().wait()  # until the client gives up, which cancels this handler
    if kind == "reset":
        return cut(http)
    if kind == "garbage":
        return _garbage(http)
    if kind == "html":
        return web.Response(text=_HTML, content_type="text/html")
    if kind == "empty":
        return web.Response(content_type="application/soap+xml")
    if kind.startswith("fault:"):
        return _fault(int(kind.removeprefix("fault:")), data, machine, seal)
    return _status(int(kind))


async def deliver(http: web.Request, fault: Fault | None, status: int, plain: bytes, seal: Seal) -> web.StreamResponse:
    """Send an answer, spoilt the way the fault says, if there is one."""
    kind = fault.kind if fault else ""
    response = web.Response(status=status, body=seal.put(plain), headers={"Content-Type": seal.content_type})
    if fault and kind == "late":
        await asyncio.sleep(fault.seconds)
    if kind == "lose":
        return cut(http)
    if fault and kind in ("truncate", "drip"):
        return await _in_pieces(http, fault, response)
    return response


async def _in_pieces(http: web.Request, fault: Fault, whole: web.Response) -> web.StreamResponse:
    body = whole.body if isinstance(whole.body, bytes) else b""
    response = web.StreamResponse(status=whole.status, headers={"Content-Type": whole.headers["Content-Type"]})
    response.content_length = len(body)
    await response.prepare(http)
    if fault.kind == "truncate":
        await response.write(body[: len(body) // 2])
        if http.transport is not None:
            http.transport.close()  # flushes the half first; an abort could lose that, too
        return response
    for position in range(len(body)):
        await response.write(body[position : position + 1])
        await asyncio.sleep(fault.seconds)
    return response


def _garbage(http: web.Request) -> web.Response:
    if http.transport is not None:
        http.transport.write(_GARBAGE)
        http.transport.close()
    return web.Response()


def _fault(code: int, data: bytes, machine: str, seal: Seal) -> web.Response:
    try:
        message_id = soap.parse(data).message_id
    except soap.Malformed:
        message_id = ""
    body = soap.fault_of(code).render(message_id, machine)
    return web.Response(status=500, body=seal.put(body), headers={"Content-Type": seal.content_type})


def _status(status: int) -> web.Response:
    headers = {}
    if status == 401:
        headers["WWW-Authenticate"] = "Negotiate"
    if status in (429, 503):
        headers["Retry-After"] = "1"
    return web.Response(status=status, headers=headers)
