"""An HTTPS server that plays Azure Resource Manager's part, badly where it is told to, and a client of it."""

import asyncio
import json
import ssl
import threading
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, Self

import pytest
import trustme
from aiohttp import web
from msgspec import Struct

from drcheck.estate.secret import Secret
from drcheck.transport.arm import ArmClient, ArmEndpoint

TOKEN = "tok-5f2a"
GROUP = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg"
VAULT = f"{GROUP}/providers/Microsoft.RecoveryServices/vaults/v"
ITEMS = f"{VAULT}/replicationProtectedItems"
API = "2025-08-01"
JOB = "8ef92677-cb79-4182-a1f3-11a8034e52fc"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Item(Struct):
    id: str


class FarSide:
    """An HTTPS server of its own thread; ``plan`` holds what it does next, the last entry again and again."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str, dict[str, str]]] = []
        self.bodies: list[bytes] = []
        self.ports: set[int] = set()
        self.plan: list[Handler] = []
        self.ca = trustme.CA()
        self.url = ""
        self._transports: set[asyncio.Transport] = set()
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._serve(),))

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(30)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        self._loop.close()

    async def _serve(self) -> None:
        app = web.Application()
        app.router.add_route("*", "/{rest:.*}", self._answer)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.ca.issue_cert("127.0.0.1").configure_cert(context)
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
        self.url = f"https://127.0.0.1:{runner.addresses[0][1]}"
        self._ready.set()
        await self._stop.wait()
        for transport in self._transports:
            transport.abort()  # a TLS connection that is being closed would wait for its peer longer than we run
        await runner.cleanup()
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.seen.append((request.method, request.raw_path, dict(request.headers)))
        self.bodies.append(await request.read())
        if request.transport is not None:
            self._transports.add(request.transport)
            self.ports.add(request.transport.get_extra_info("peername")[1])
        handler = self.plan.pop(0) if len(self.plan) > 1 else self.plan[0]
        return await handler(request)

    def does(self, *handlers: Handler) -> None:
        self.plan[:] = handlers
        self.seen.clear()
        self.ports.clear()


@pytest.fixture(scope="module")
def far() -> Iterator[FarSide]:
    with FarSide() as running:
        yield running


@pytest.fixture(scope="module")
def ca_file(far: FarSide, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    far.ca.cert_pem.write_to_path(str(path))
    return path


def endpoint_of(far: FarSide, ca_file: Path | None, **changes: Any) -> ArmEndpoint:
    return ArmEndpoint(
        **{"base_url": far.url, "ca_file": ca_file, "token": Secret(TOKEN), "total_seconds": 20.0, **changes}
    )


@pytest.fixture
def client(far: FarSide, ca_file: Path) -> Iterator[ArmClient]:
    with ArmClient(endpoint_of(far, ca_file)) as made:
        yield made


def answer(
    value: object, status: int = 200, headers: dict[str, str] | None = None, kind: str = "application/json"
) -> Handler:
    text = value if isinstance(value, str) else json.dumps(value)

    async def handle(_: web.Request) -> web.StreamResponse:
        return web.Response(text=text, status=status, headers=headers, content_type=kind)

    return handle


def arm_error(status: int, code: str, message: str = "no", **headers: str) -> Handler:
    return answer(
        {"error": {"code": code, "message": message}}, status, {k.replace("_", "-"): v for k, v in headers.items()}
    )


async def hang(_: web.Request) -> web.StreamResponse:
    await asyncio.Event().wait()
    raise AssertionError


async def reset(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def truncate(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": "1000", "Content-Type": "application/json"})
    await response.prepare(request)
    await response.write(b'{"value": [')
    assert request.transport is not None
    request.transport.abort()
    return response


async def truncate_chunks(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    response.enable_chunked_encoding()
    await response.prepare(request)
    await response.write(b'{"value": [')
    assert request.transport is not None
    request.transport.abort()
    return response


async def drip(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": "100000", "Content-Type": "application/json"})
    await response.prepare(request)
    while request.transport is not None and not request.transport.is_closing():
        await response.write(b" ")
        await asyncio.sleep(0.05)
    return response


def page(*names: str, link: str | None = None) -> Handler:
    return answer({"value": [{"id": name} for name in names], "nextLink": link})


def names(client: ArmClient, path: str = ITEMS) -> list[str]:
    return [item.id for item in client.every(path, API, Item)]
