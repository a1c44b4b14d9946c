"""Does the ARM client read every page, name every failure, and send nothing it was not asked to send?"""

import asyncio
import json
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import pytest
import trustme
from aiohttp import web
from azure.core.exceptions import ClientAuthenticationError
from msgspec import Struct

from drcheck.errors import (
    AccessDenied,
    AnswerError,
    AuthenticationFailed,
    Deadline,
    DrcheckError,
    Garbled,
    NameNotResolved,
    QueryFailed,
    Refused,
    RemoteFault,
    Throttled,
    TlsFailed,
    TransportError,
    UsageError,
)
from drcheck.estate.secret import Secret
from drcheck.topology.base import Target
from drcheck.transport.arm import ArmClient, ArmEndpoint
from drcheck.transport.arm_ask import AskArm

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


def test_reads_all_pages_and_keeps_the_query_of_each_link(far: FarSide, client: ArmClient) -> None:
    new = f"{far.url}{ITEMS}?api-version={API}&$skipToken=ReplicationGroup%3ABegin"
    old = f"{far.url}{ITEMS}?api-version=2016-08-10&%24skipToken=ReplicationGroup%3aBegin"
    far.does(page("a", "b", link=new), page("c", link=old), page())
    assert names(client) == ["a", "b", "c"]
    assert [path.partition("?")[2] for _, path, _ in far.seen] == [
        f"api-version={API}",
        f"api-version={API}&$skipToken=ReplicationGroup%3ABegin",
        "api-version=2016-08-10&%24skipToken=ReplicationGroup%3ABegin",  # the same token: RFC 3986, 6.2.2.1
    ]


def test_sends_the_token_and_asks_for_json(far: FarSide, client: ArmClient) -> None:
    far.does(page())
    names(client)
    headers = far.seen[0][2]
    assert headers["Authorization"] == f"Bearer {TOKEN}"
    assert headers["Accept"] == "application/json"
    assert "drcheck" in headers["User-Agent"]


def test_pages_that_never_end_are_an_error(far: FarSide, client: ArmClient) -> None:
    far.does(page("a", link=f"{far.url}{ITEMS}?api-version={API}&$skipToken=x"))
    with pytest.raises(Garbled, match="have no end"):
        names(client)
    assert len(far.seen) == 2


@pytest.mark.parametrize("other", ["port", "scheme"])
def test_no_token_leaves_the_base_url(far: FarSide, client: ArmClient, other: str) -> None:
    with FarSide() as elsewhere:
        elsewhere.does(page("stolen"))
        base = elsewhere.url if other == "port" else far.url.replace("https", "http")
        far.does(page("a", link=f"{base}{ITEMS}?api-version={API}"))
        found: list[str] = []
        with pytest.raises(Garbled, match="another place"):
            found.extend(item.id for item in client.every(ITEMS, API, Item))
        assert elsewhere.seen == []
        with pytest.raises(Garbled, match="another place"):
            client.follow(f"{base}/anything")
        assert elsewhere.seen == []
    assert len(far.seen) == 1


def test_an_id_of_the_far_side_cannot_change_the_host(far: FarSide, client: ArmClient) -> None:
    far.does(page())
    for path in ("@evil.example/x", "https://evil.example/x", "x y", "/a b", "/a#b"):
        with pytest.raises(AnswerError, match="not an ARM path"):
            client.one(path, API, Item)
    with pytest.raises(AnswerError, match="not an ARM path"):
        client.post("/plan?x=/testFailover", API, {})
    assert far.seen == []


def test_a_redirect_is_not_followed(far: FarSide, client: ArmClient) -> None:
    far.does(answer("", 302, {"Location": f"{far.url}/elsewhere"}))
    with pytest.raises(Garbled, match=r"redirected to .*/elsewhere"):
        names(client)
    assert len(far.seen) == 1


ACTION = "Microsoft.RecoveryServices/vaults/replicationJobs/read"
DENIED = f"The client 'x' does not have authorization to perform action '{ACTION}' over scope '/s'."
FAILURES: dict[str, tuple[Handler, type[DrcheckError], str, int]] = {
    "401": (arm_error(401, "ExpiredAuthenticationToken"), AuthenticationFailed, r"ExpiredAuthenticationToken", 1),
    "401-html": (answer("<html>", 401, kind="text/html"), AuthenticationFailed, "token was not accepted", 1),
    "403-action": (arm_error(403, "AuthorizationFailed", DENIED), AccessDenied, f"action {ACTION} was denied", 1),
    "403-other": (arm_error(403, "RequestDisallowed"), AccessDenied, f"GET {ITEMS} was denied", 1),
    "403-html": (answer("<html>", 403, kind="text/html"), Garbled, "status 403 and no ARM error", 1),
    "404": (arm_error(404, "ResourceNotFound", "gone"), QueryFailed, "ResourceNotFound: gone", 1),
    "404-text": (answer("404 page not found", 404, kind="text/plain"), Garbled, "no ARM error", 1),
    "404-json-of-another": (answer({"hello": 1}, 404), Garbled, "no ARM error", 1),
    "409": (arm_error(409, "MissingSubscriptionRegistration"), QueryFailed, "MissingSubscriptionRegistration", 1),
    "429": (arm_error(429, "TooManyRequests", Retry_After="0"), Throttled, "throttled", 5),
    "429-long": (arm_error(429, "TooManyRequests", Retry_After="3600"), Throttled, "wait 3600 s", 1),
    "500": (
        arm_error(500, "InternalServerError", "oops", Retry_After="0"),
        RemoteFault,
        "500, InternalServerError: oops",
        5,
    ),
    "502-html": (answer("<html>", 502, {"Retry-After": "0"}, "text/html"), RemoteFault, "status 502, and nothing", 5),
    "200-html": (answer("<html>hello</html>", 200, kind="text/html"), Garbled, "not JSON", 1),
    "200-empty": (answer("", 200), Garbled, "not JSON", 1),
    "value-null": (answer({"value": None}), AnswerError, r"\$.value: Expected `array`, got `null`", 1),
    "value-missing": (answer({"error": {"code": "x"}}), AnswerError, "missing required field `value`", 1),
    "item-wrong": (answer({"value": [{"id": "a"}, {"id": 3}]}), AnswerError, r"\$.value\[1\].id: Expected `str`", 1),
}


@pytest.mark.parametrize("case", FAILURES)
def test_every_answer_that_is_no_answer_has_a_name(far: FarSide, client: ArmClient, case: str) -> None:
    handler, error, text, times = FAILURES[case]
    far.does(handler)
    with pytest.raises(error, match=text) as caught:
        names(client)
    assert len(far.seen) == times
    assert TOKEN not in str(caught.value)
    if isinstance(caught.value, TransportError):
        assert caught.value.endpoint == f"arm {far.url}"
        assert caught.value.remedy


def test_the_inner_code_of_site_recovery_wins(far: FarSide, client: ArmClient) -> None:
    details = [{"code": "ArmResourceDoesNotExist", "message": "The plan\n is gone."}]
    far.does(answer({"error": {"code": "NotFound", "message": "outer", "details": details}}, 404))
    with pytest.raises(QueryFailed) as caught:
        client.one(f"{VAULT}/replicationRecoveryPlans/x", API, Item)
    assert caught.value.error_id == "ArmResourceDoesNotExist"
    assert caught.value.message == "The plan is gone."
    assert caught.value.query == f"GET {VAULT}/replicationRecoveryPlans/x"


@pytest.mark.parametrize(
    "trouble", [reset, truncate, truncate_chunks, pytest.param(arm_error(503, "Busy", Retry_After="0"), id="503")]
)
def test_a_read_survives_one_trouble(far: FarSide, client: ArmClient, trouble: Handler) -> None:
    far.does(trouble, page("a"))
    assert names(client) == ["a"]
    assert len(far.seen) == 2


@pytest.mark.parametrize(("handler", "error"), [(truncate, Garbled), (truncate_chunks, Garbled), (reset, Refused)])
def test_cut_answers_are_named(far: FarSide, ca_file: Path, handler: Handler, error: type[DrcheckError]) -> None:
    far.does(handler)
    with ArmClient(endpoint_of(far, ca_file, total_seconds=1.0)) as client, pytest.raises(error, match="cut"):
        names(client)


@pytest.mark.parametrize("handler", [hang, drip])
def test_an_endpoint_that_takes_for_ever_costs_its_time_once(far: FarSide, ca_file: Path, handler: Handler) -> None:
    far.does(handler)
    with ArmClient(endpoint_of(far, ca_file, total_seconds=0.5)) as client, pytest.raises(Deadline, match="in time"):
        names(client)
    assert len(far.seen) == 1


@pytest.mark.parametrize("tls", [True, False], ids=["headers", "handshake"])
def test_an_endpoint_that_drips_before_its_body_is_cut_off(far: FarSide, ca_file: Path, tls: bool) -> None:
    """A byte now and then restarts every time-out of a socket; only the guard ends this."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    far.ca.issue_cert("127.0.0.1").configure_cert(context)
    enough = threading.Event()

    def speak(server: socket.socket) -> None:
        accepted, _ = server.accept()
        with accepted, suppress(OSError):
            connection = context.wrap_socket(accepted, server_side=True) if tls else accepted
            with connection:
                connection.recv(4096)
                # The head of a TLS record that announces 16 kB, or of an HTTP answer whose header never ends.
                connection.sendall(b"HTTP/1.1 200 OK\r\nX-Filler: " if tls else b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc")
                while not enough.wait(0.05):
                    connection.sendall(b"x")

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=speak, args=(server,))
        thread.start()
        url = f"https://127.0.0.1:{server.getsockname()[1]}"
        endpoint = endpoint_of(far, ca_file, base_url=url, total_seconds=0.5)
        with ArmClient(endpoint) as client, pytest.raises(Deadline, match="in time"):
            names(client)
        enough.set()
        thread.join()


def test_a_connection_is_kept_and_still_bounded(far: FarSide, ca_file: Path) -> None:
    far.does(page("a"), drip)
    with ArmClient(endpoint_of(far, ca_file, total_seconds=0.5)) as client:
        assert names(client) == ["a"]
        with pytest.raises(Deadline, match="in time"):
            names(client)
    assert len(far.ports) == 1


def test_an_endless_body_is_refused(far: FarSide, ca_file: Path) -> None:
    far.does(answer({"value": [], "filler": "x" * 200_000}))
    with ArmClient(endpoint_of(far, ca_file, body_cap=100_000)) as client, pytest.raises(Garbled, match="longer than"):
        names(client)


def test_a_ca_that_did_not_sign_is_a_tls_failure_and_not_tried_again(far: FarSide, tmp_path: Path) -> None:
    far.does(page())
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(str(other))
    for path in (other, tmp_path / "missing.pem", None):
        with ArmClient(endpoint_of(far, path)) as client, pytest.raises(TlsFailed, match="TLS failed"):
            names(client)
    assert far.seen == []


def test_plain_http_behind_https_is_a_tls_failure(far: FarSide, ca_file: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def speak() -> None:
            accepted, _ = server.accept()
            with accepted:
                accepted.recv(100)
                accepted.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=speak)
        thread.start()
        url = f"https://127.0.0.1:{server.getsockname()[1]}"
        with ArmClient(endpoint_of(far, ca_file, base_url=url)) as client, pytest.raises(TlsFailed):
            names(client)
        thread.join()


def test_nothing_listens(far: FarSide, ca_file: Path) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        url = f"https://127.0.0.1:{bound.getsockname()[1]}"
        with (
            ArmClient(endpoint_of(far, ca_file, base_url=url, total_seconds=0.4)) as client,
            pytest.raises(Refused, match=r"no connection: .*refused"),
        ):
            names(client)


def test_a_name_without_an_address(far: FarSide, ca_file: Path) -> None:
    url = "https://no-such-host.invalid"
    with (
        ArmClient(endpoint_of(far, ca_file, base_url=url, total_seconds=0.4)) as client,
        pytest.raises(NameNotResolved, match="its name has no address"),
    ):
        names(client)


def test_the_environment_changes_neither_trust_nor_path(
    far: FarSide, ca_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(str(other))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(other))
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    far.does(page("a"))
    with ArmClient(endpoint_of(far, ca_file)) as client:
        assert names(client) == ["a"]


def test_a_credential_that_cannot_sign_in_is_an_authentication_failure(far: FarSide, ca_file: Path) -> None:
    class SignedOut:
        def get_token(self, *_scopes: str, **_options: Any) -> Any:
            raise ClientAuthenticationError("DefaultAzureCredential failed to retrieve a token.\nAttempted: cli")

    far.does(page())
    with (
        ArmClient(endpoint_of(far, ca_file), SignedOut()) as client,
        pytest.raises(AuthenticationFailed, match=r"no token: DefaultAzureCredential failed .* Attempted: cli"),
    ):
        names(client)
    assert far.seen == []


@pytest.mark.parametrize(
    "header",
    [
        {"Azure-AsyncOperation": f"https://x{VAULT}/replicationOperationStatus/{JOB}?api-version={API}"},
        {"Azure-AsyncOperation": f"https://x{VAULT}/replicationJobs/{JOB}?api-version=2016-08-10"},
        {"x-ms-request-id": f"{VAULT}/replicationJobs/{JOB.upper()}"},
        {"Location": f"https://x{VAULT}/replicationRecoveryPlans/p/operationresults/{JOB}?api-version={API}"},
    ],
)
def test_a_post_returns_the_job_of_any_header(far: FarSide, client: ArmClient, header: dict[str, str]) -> None:
    far.does(answer("", 202, {**header, "Retry-After": "30"}))
    job, headers = client.post(f"{VAULT}/replicationRecoveryPlans/p/testFailover", API, {"properties": {"a": None}})
    assert job == JOB
    assert headers["retry-after"] == "30"
    assert [(method, path) for method, path, _ in far.seen] == [
        ("POST", f"{VAULT}/replicationRecoveryPlans/p/testFailover?api-version={API}")
    ]
    assert json.loads(far.bodies[-1]) == {"properties": {"a": None}}


@pytest.mark.parametrize(
    ("handler", "error", "unsure"),
    [
        pytest.param(arm_error(500, "Oops", Retry_After="0"), RemoteFault, True, id="500"),
        pytest.param(arm_error(503, "Busy", Retry_After="0"), RemoteFault, True, id="503"),
        pytest.param(arm_error(429, "TooManyRequests", Retry_After="0"), Throttled, False, id="429"),
        pytest.param(reset, Refused, True, id="reset"),
        pytest.param(truncate, Garbled, True, id="truncate"),
        pytest.param(arm_error(409, "Conflict"), QueryFailed, False, id="409"),
    ],
)
def test_a_post_is_sent_exactly_once(
    far: FarSide, client: ArmClient, handler: Handler, error: type[DrcheckError], unsure: bool
) -> None:
    far.does(handler)
    with pytest.raises(error) as caught:
        client.post(f"{VAULT}/replicationRecoveryPlans/p/testFailover", API, {})
    assert len(far.seen) == 1
    assert ("It may have begun" in str(caught.value)) is unsure


def test_a_job_is_read_by_itself(far: FarSide, client: ArmClient) -> None:
    failed = {"serviceErrorDetails": {"code": "532", "message": "An operation\n is in progress"}, "taskId": "a"}
    properties = {
        "state": "Failed",
        "scenarioName": None,
        "startTime": "2026-11-23T10:00:00.1234567Z",
        "endTime": "2026-11-23T10:00:00Z",
        "errors": [failed, failed],
        "tasks": [{"name": "Prerequisites", "state": "Other", "startTime": "0001-01-01T00:00:00", "errors": [failed]}],
        "customDetails": None,
    }
    far.does(
        answer({"id": f"{VAULT}/replicationJobs/{JOB}", "name": JOB, "properties": properties, "status": "Succeeded"})
    )
    job = client.job(VAULT, JOB)
    assert far.seen[0][1] == f"{VAULT}/replicationJobs/{JOB}?api-version={API}"
    assert job.ended
    assert not job.succeeded
    assert job.problems == ("532: An operation is in progress",)
    assert job.started_at == datetime(2026, 11, 23, 10, 0, 0, 123456, tzinfo=UTC)
    assert job.tasks[0].start.at is None


def test_azures_clock_is_compared_with_ours(far: FarSide, ca_file: Path) -> None:
    ours = datetime(2026, 11, 23, 10, tzinfo=UTC)
    far.does(answer({"value": []}, headers={"Date": "Mon, 23 Nov 2026 10:01:00 GMT"}))
    with ArmClient(endpoint_of(far, ca_file), now=lambda: ours) as client:
        names(client)
        clock = AskArm(client, Target(role="vault", endpoint=VAULT), "x", lambda: ours).clock
    assert clock is not None
    assert (clock.offset_seconds, clock.uncertainty_seconds, clock.at) == (60.5, 0.5, ours)


def test_no_token_goes_over_plain_http(far: FarSide, ca_file: Path) -> None:
    with pytest.raises(UsageError, match="https only"):
        ArmClient(endpoint_of(far, ca_file, base_url="http://127.0.0.1:9"))


def test_the_sign_in_library_is_loaded_only_when_there_is_no_token() -> None:
    program = "import sys, drcheck.transport.arm; sys.exit('azure.identity' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_provenance_names_target_path_and_time(client: ArmClient) -> None:
    moment = datetime(2026, 11, 23, 10, tzinfo=UTC)
    ask = AskArm(client, Target(role="vault", endpoint=VAULT.lower()), "site_recovery", lambda: moment)
    seen = ask.seen(ITEMS)
    assert (seen.source, seen.endpoint, seen.query, seen.at) == ("site_recovery", VAULT.lower(), f"GET {ITEMS}", moment)


@pytest.mark.parametrize(
    ("base_url", "scope", "authority"),
    [
        ("https://management.azure.com", "https://management.azure.com/.default", None),
        ("https://management.azure.com:443/", "https://management.azure.com/.default", None),
        (
            "https://management.usgovcloudapi.net",
            "https://management.core.usgovcloudapi.net/.default",
            "login.microsoftonline.us",
        ),
        (
            "https://management.chinacloudapi.cn",
            "https://management.chinacloudapi.cn/.default",
            "login.chinacloudapi.cn",
        ),
        ("https://127.0.0.1:9443", "https://127.0.0.1:9443/.default", None),
    ],
)
def test_tokens_are_asked_for_the_cloud_of_the_base_url(base_url: str, scope: str, authority: str | None) -> None:
    endpoint = ArmEndpoint(base_url=base_url)
    assert endpoint.scope == scope
    assert endpoint.authority == authority
    assert TOKEN not in repr(ArmEndpoint(base_url=base_url, token=Secret(TOKEN)))
