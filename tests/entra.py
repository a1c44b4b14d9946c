"""The far side of a sign-in to Azure: a sign-in host, a managed identity's endpoint and an ARM that takes the tokens.

One server plays every host: directly on loopback, or as a proxy that is asked to connect to the real names.
"""

import base64
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import trustme

TENANT = "99999999-8888-7777-6666-555555555555"
CLIENT = "11111111-2222-3333-4444-555555555555"
SECRET = "client-secret-of-the-lab"
HEADER = "identity-header-of-the-lab"

Refuse = Callable[[dict[str, str]], str]


@dataclass
class Entra:
    """What the server knows and has seen."""

    ca: trustme.CA = field(default_factory=trustme.CA)
    refuse: Refuse = lambda _form: ""
    """Gives the code with which a token is refused; empty when it is issued."""
    forms: list[dict[str, str]] = field(default_factory=list)
    """What tokens were asked for with."""
    asked: list[tuple[str, str]] = field(default_factory=list)
    """Host and path of every request."""
    port: int = 0

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    @property
    def hosts(self) -> set[str]:
        return {host for host, _ in self.asked}

    def context(self, host: str) -> ssl.SSLContext:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.ca.issue_cert(host).configure_cert(context)
        return context


def token_for(scope: str) -> str:
    return "token-for-" + base64.urlsafe_b64encode(scope.encode()).decode().rstrip("=")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def entra(self) -> Entra:
        return cast("Any", self.server).entra  # type: ignore[no-any-return]

    def do_CONNECT(self) -> None:
        """Play the host that the client wants to reach through this proxy."""
        host = self.path.partition(":")[0]
        self.wfile.write(b"HTTP/1.1 200 Connected\r\n\r\n")
        secured = self.entra.context(host).wrap_socket(self.connection, server_side=True)
        self.connection = self.request = secured
        self.rfile, self.wfile = secured.makefile("rb"), cast("Any", secured.makefile("wb", 0))
        self.close_connection = False
        while not self.close_connection:
            self.handle_one_request()
        secured.close()

    def do_GET(self) -> None:
        path = self._noted()
        if path.endswith("/.well-known/openid-configuration"):
            base = f"https://{self.headers['Host']}/{path.split('/')[1]}"
            endpoints = {"authorization_endpoint": f"{base}/authorize", "token_endpoint": f"{base}/oauth2/v2.0/token"}
            self._answer(200, {**endpoints, "issuer": f"{base}/v2.0"})
        elif path == "/identity":
            self._identity()
        elif self.headers.get("Authorization", "").startswith("Bearer token-for-"):
            self._answer(200, {"value": [self.headers["Authorization"].removeprefix("Bearer ")]})
        else:
            self._answer(401, {"error": {"code": "AuthenticationFailed", "message": "no token"}})

    def do_POST(self) -> None:
        self._noted()
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = {name: values[0] for name, values in parse_qs(body).items()}
        self.entra.forms.append(form)
        code = self.entra.refuse(form)
        if code:
            told = {
                "error": "invalid_client",
                "error_description": f"{code}: refused.\r\nTrace ID: 0",
                "error_codes": [1],
            }
            self._answer(401, told)
        else:
            self._answer(200, {"token_type": "Bearer", "expires_in": 3600, "access_token": token_for(form["scope"])})

    def _identity(self) -> None:
        query = parse_qs(urlsplit(self.path).query)
        if self.headers.get("X-IDENTITY-HEADER") != HEADER:
            self._answer(401, {"statusCode": 401, "message": "no header"})
            return
        token = token_for(f"{query['resource'][0].rstrip('/')}/.default")
        self._answer(
            200,
            {
                "access_token": token,
                "expires_on": "4102444800",
                "resource": query["resource"][0],
                "token_type": "Bearer",
            },
        )

    def _noted(self) -> str:
        path = urlsplit(self.path).path
        self.entra.asked.append((self.headers["Host"].partition(":")[0], path))
        return path

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_args: object) -> None:
        """Keep quiet."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_args: object) -> None:
        """A client that gives up is no error of ours."""


@contextmanager
def serving(entra: Entra, *, secure: bool = True) -> Iterator[Entra]:
    """Serve; without TLS as a managed identity's endpoint and as a proxy are."""
    server = _Server(("127.0.0.1", 0), _Handler)
    cast("Any", server).entra = entra
    if secure:
        server.socket = entra.context("127.0.0.1").wrap_socket(server.socket, server_side=True)
    entra.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield entra
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
