"""What happens to a call between the socket and its handler: rights, version, faults, limits, errors?"""

import asyncio
import json
import logging
import re
import time
import uuid
from collections.abc import AsyncIterator
from email.utils import formatdate
from functools import cache, lru_cache
from urllib.parse import unquote

from aiohttp import web

from drcheck.lab.arm import azure_routes, item_routes, job_routes, landscape_routes, rights, vault_routes
from drcheck.lab.arm.answers import AHEAD, Answer, ArmError, Ask, Handler, Json, Route
from drcheck.lab.arm.misbehaviour import misbehave
from drcheck.lab.azure.engine import Engine
from drcheck.lab.azure.faults import Faults
from drcheck.lab.azure.state import AzureWorld, azure_of
from drcheck.lab.state.clock import LabClock
from drcheck.lab.state.world import World

FAULTS: web.AppKey[Faults] = web.AppKey("faults", Faults)
"""The faults in force; the same object as ``AzureWorld.faults``."""
ENGINE: web.AppKey[Engine] = web.AppKey("engine", Engine)
"""What runs the vault's jobs."""

_GOING_DOWN: web.AppKey[asyncio.Event] = web.AppKey("going down", asyncio.Event)
_READS = 250
_REFILL = 25.0
_OLDEST = "2021-01-01"
"""Before, Site Recovery wrote other shapes, which the lab does not know."""

_log = logging.getLogger(__name__)


class Limits:
    """ARM's budget of reads: a bucket that fills up again. The lab counts it down but never refuses a call.

    Args:
        speed: how much faster than in Azure it fills up: that of the lab's clock.
    """

    def __init__(self, speed: float = 1.0) -> None:
        self._refill = _REFILL * speed
        self._left = float(_READS)
        self._at = 0.0

    def spend(self, now: float) -> int:
        """Take one read; how many are left."""
        self._left = min(_READS, self._left + (now - self._at) * self._refill) - 1
        self._at = now
        return max(0, int(self._left))


class Arm:
    """The simulated Azure Resource Manager.

    Args:
        world: the estate; must have an Azure half.
        clock: the lab's clock.
    """

    def __init__(self, world: World, clock: LabClock) -> None:
        self.azure: AzureWorld = azure_of(world)
        self.clock = clock
        self.engine = Engine(world, clock)
        self.limits = Limits(clock.speed)
        self.heard = world.heard
        self.routes = [*vault_routes.ROUTES, *item_routes.ROUTES, *job_routes.ROUTES, *azure_routes.ROUTES]
        self.routes += [*landscape_routes.ROUTES, *rights.ROUTES]
        self.routes.sort(key=lambda route: route[1].count("{"))  # a name in full wins over a variable
        if self.azure.epoch is None:
            self.azure.epoch = clock.now()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one call, or misbehave as a test has asked for."""
        path = request.rel_url.raw_path
        if request.method != "GET":
            self.azure.writes.append(f"{request.method} {path}")
            self.heard.orders.append((request.method, path))
        fault = self.azure.faults.take(request.method, str(request.rel_url))
        body = await request.read()
        if fault is not None and fault.kind != "lost":
            return await misbehave(request, fault, request.app[_GOING_DOWN])
        response = self._respond(request, path, body)
        if fault is not None:
            return await misbehave(request, fault, request.app[_GOING_DOWN])
        return response

    def _respond(self, request: web.Request, path: str, body: bytes) -> web.Response:
        request_id = str(uuid.uuid4())
        AHEAD.set(self.azure.clock_offset)
        try:
            answer = self._answer(request, path, body)
        except ArmError as error:
            headers = {"x-ms-failure-cause": "gateway"}
            if error.status == 401:
                headers["WWW-Authenticate"] = (
                    'Bearer authorization_uri="https://login.microsoftonline.com/common", error="invalid_token"'
                )
            answer = Answer(status=error.status, body=error.body(request_id), headers=headers)
        left = self.limits.spend(time.monotonic())
        headers = {
            "x-ms-request-id": request_id,
            "x-ms-correlation-request-id": request_id,
            "x-ms-ratelimit-remaining-subscription-reads": str(left),
            "Cache-Control": "no-cache",
            "Date": formatdate(self.clock.now() + self.azure.clock_offset, usegmt=True),
            "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
            **answer.headers,
        }
        if answer.body is None:
            return web.Response(status=answer.status, headers=headers, text=answer.text or None)
        return web.json_response(answer.body, status=answer.status, headers=headers)

    def _answer(self, request: web.Request, path: str, body: bytes) -> Answer:
        self._admit(request)
        self._check_version(request, path)
        self.heard.call(request.method, path, request.query["api-version"])
        rights.check(self.azure, request.method, path)
        handler, args = self._route(request.method, path)
        if args.get("sub", self.azure.subscription).lower() != self.azure.subscription.lower():
            raise ArmError(404, "SubscriptionNotFound", f"The subscription '{args['sub']}' could not be found.")
        ask = Ask(
            engine=self.engine,
            args=args,
            query=dict(request.query),
            body=_parse(body),
            base=f"{request.scheme}://{request.host}",
            path=path,
            now=self.clock.now(),
        )
        return handler(ask)

    def _admit(self, request: web.Request) -> None:
        given = request.headers.get("Authorization", "")
        if not given:
            message = "Authentication failed. The 'Authorization' header is missing."
            raise ArmError(401, "AuthenticationFailed", message)
        if given != f"Bearer {self.azure.token}":
            raise ArmError(401, "InvalidAuthenticationToken", "The access token is invalid.")

    def _check_version(self, request: web.Request, path: str) -> None:
        version = request.query.get("api-version", "")
        if not version:
            message = "The api-version query parameter (?api-version=) is required for all requests."
            raise ArmError(400, "MissingApiVersionParameter", message)
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}(-preview)?", version):
            raise ArmError(400, "InvalidApiVersionParameter", f"The api-version '{version}' is invalid.")
        if "/microsoft.recoveryservices/vaults/" in path.lower() and version < _OLDEST:
            message = f"No registered resource provider found for api-version '{version}'."
            raise ArmError(400, "NoRegisteredProviderFound", message)

    def _route(self, method: str, path: str) -> tuple[Handler, dict[str, str]]:
        other_methods = False
        for known, template, handler in self.routes:
            args = match(template, path)
            if args is not None and known == method:
                return handler, args
            other_methods = other_methods or args is not None
        self.azure.unknown.append(f"{method} {path}")
        _log.warning("the lab was asked for something it does not know: %s %s", method, path)
        if other_methods:
            raise ArmError(405, "MethodNotAllowed", f"the lab does not know {method} {path}")
        raise ArmError(404, "InvalidResourceType", f"the lab does not know {path}")


def match(template: str, path: str) -> dict[str, str] | None:
    """The names in a path that fits a template, decoded, in the caller's casing; ``None`` when it does not fit."""
    wanted, given = _words(template), _segments(path)
    if len(wanted) != len(given):
        return None
    if any(word and word != low for (word, _), (low, _) in zip(wanted, given, strict=True)):
        return None
    return {name: text for (_, name), (_, text) in zip(wanted, given, strict=True) if name}


@cache
def _words(template: str) -> tuple[tuple[str, str], ...]:
    """Of each segment of a template: the word it must be, or the name of what it may be; the other one is empty."""
    parts = template.split("/")
    return tuple(("", part[1:-1]) if part.startswith("{") else (part, "") for part in parts)


@lru_cache(1)
def _segments(path: str) -> tuple[tuple[str, str], ...]:
    """Of each segment of a path: it in lower case, and as it was asked. One path is held against every template."""
    parts = [unquote(part) for part in path.rstrip("/").split("/")]
    return tuple((part.lower(), part) for part in parts)


def _parse(body: bytes) -> Json:
    if not body.strip():
        return {}
    try:
        parsed = json.loads(body)
    except ValueError as error:
        raise ArmError(400, "InvalidRequestContent", f"The request content was invalid: {error}") from error
    if not isinstance(parsed, dict):
        raise ArmError(400, "InvalidRequestContent", "The request content was invalid: it is no object.")
    return parsed


def make_app(world: World, clock: LabClock) -> web.Application:
    """The simulated ARM as an application; it accepts the token in ``AzureWorld.token``, and TLS is its server's.

    Raises:
        LookupError: the world has no Azure half.
    """
    arm = Arm(world, clock)
    app = web.Application(client_max_size=4 << 20)
    app[FAULTS] = arm.azure.faults
    app[ENGINE] = arm.engine
    app[_GOING_DOWN] = asyncio.Event()
    app.router.add_route("*", "/{path:.*}", arm.handle)
    app.on_shutdown.append(_let_go)
    app.cleanup_ctx.append(_run_jobs)
    return app


async def _let_go(app: web.Application) -> None:
    """Calls that hang on purpose end with the lab."""
    app[_GOING_DOWN].set()


async def _run_jobs(app: web.Application) -> AsyncIterator[None]:
    yield
    await app[ENGINE].close()


__all__ = ["ENGINE", "FAULTS", "Arm", "Limits", "Route", "make_app", "match"]
