"""How does a call go wrong on the wire?"""

import asyncio

from aiohttp import web

from drcheck.lab.azure.faults import Fault

_REFUSALS = {
    "401": (401, "InvalidAuthenticationToken", "The access token has been obtained for the wrong audience."),
    "403": (403, "AuthorizationFailed", "The client does not have authorization to perform this action."),
    "429": (429, "TooManyRequests", "The request is being throttled."),
    "500": (500, "InternalServerError", "The server encountered an unexpected error."),
    "unregistered": (
        409,
        "MissingSubscriptionRegistration",
        "The subscription is not registered to use namespace 'Microsoft.RecoveryServices'.",
    ),
}


async def misbehave(request: web.Request, fault: Fault, going_down: asyncio.Event) -> web.StreamResponse:
    """Answer as the fault says; with ``hang``, not before the lab goes down or the caller goes away."""
    if fault.kind in _REFUSALS:
        return _refusal(fault)
    if fault.kind == "garbage":
        return web.Response(text="<html><body>proxy error</body></html>", content_type="text/html")
    if fault.kind == "truncated":
        return await _truncated(request)
    if fault.kind == "hang":
        while not going_down.is_set() and request.transport is not None and not request.transport.is_closing():
            await _wait(going_down)
    return _cut(request)


def _refusal(fault: Fault) -> web.Response:
    status, code, message = _REFUSALS[fault.kind]
    headers = {}
    if fault.kind == "429" and fault.retry_after is not None:
        headers["Retry-After"] = str(fault.retry_after)
    if fault.kind == "401":
        headers["WWW-Authenticate"] = 'Bearer authorization_uri="https://login.microsoftonline.com/common"'
    body = {"error": {"code": code, "message": message}}
    return web.json_response(body, status=status, headers=headers)


async def _truncated(request: web.Request) -> web.StreamResponse:
    """A body that ends before its announced length."""
    response = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": "1000"})
    await response.prepare(request)
    await response.write(b'{"value": [{"id": "/Subscriptions/')
    if request.transport is not None:
        request.transport.abort()
    return response


async def _wait(going_down: asyncio.Event) -> None:
    try:
        await asyncio.wait_for(going_down.wait(), 0.1)
    except TimeoutError:
        return


def _cut(request: web.Request) -> web.StreamResponse:
    """Cut the connection without a word."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
