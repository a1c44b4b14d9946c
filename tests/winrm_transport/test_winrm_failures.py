"""Does every way in which a Windows machine can fail to answer give one clear line: endpoint, cause, remedy?"""

import socket
import threading
from collections.abc import Iterator
from http.client import BadStatusLine
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar

import pytest
import requests
import stamina.instrumentation
from urllib3.exceptions import ProtocolError
from winrm.exceptions import WinRMError, WSManFaultError

from drcheck.errors import (
    AccessDenied,
    AuthenticationFailed,
    Deadline,
    Garbled,
    NameNotResolved,
    Refused,
    RemoteFault,
    Throttled,
    TlsFailed,
    TransportError,
)
from drcheck.estate.secret import Secret
from drcheck.lab.faults import Fault
from drcheck.query import Cmdlet
from drcheck.transport.clixml import error_text
from drcheck.transport.deadline import Guard
from drcheck.transport.winrm import WinRmEndpoint, collect, hiding
from drcheck.transport.winrm_errors import explain

VMS = Cmdlet(id="vms", module="Hyper-V", cmdlet="Get-VM", select=("Name",))

LISTENING = {
    "refuse": (Refused, "nothing listens there"),
    "silent": (Deadline, "in time"),
    "plain": (TlsFailed, "TLS could not be agreed on"),
    "wrong-name": (TlsFailed, "the certificate is for another name"),
    "expired": (TlsFailed, "the certificate has expired"),
    "untrusted": (TlsFailed, "the certificate is not trusted"),
}

ANY_REQUEST = {
    "reset": (Refused, "the connection was cut"),
    "lose": (Refused, "the connection was cut"),
    "garbage": (Garbled, "makes no sense"),
    "html": (Garbled, "makes no sense"),
    "empty": (Garbled, "makes no sense"),
    "truncate": (Garbled, "cut short"),
    "401": (AuthenticationFailed, "the credentials were refused"),
    "403": (AccessDenied, "HTTP status 403"),
    "404": (RemoteFault, "HTTP status 404"),
    "429": (Throttled, "HTTP status 429"),
    "500": (RemoteFault, "HTTP status 500"),
    "503": (RemoteFault, "HTTP status 503"),
    "fault:5": (AccessDenied, "access was denied"),
    "fault:2147942405": (AccessDenied, "access was denied"),
    "fault:170": (RemoteFault, "fault 170"),
    "fault:995": (RemoteFault, "fault 995"),
    "fault:2150858843": (RemoteFault, "Was the machine|was the machine"),
    "fault:2150859173": (RemoteFault, "MaxShellsPerUser"),
}

PASSING = ("reset", "lose", "truncate", "503", "fault:170", "fault:995", "fault:2150858843")
"""What asking again may cure: a connection that was cut, a service that was just restarting."""


def one_clear_line(error: TransportError, password: str) -> None:
    text = str(error)
    assert "\n" not in text
    assert text.startswith("winrm https://hv1.lon.contoso.lab:")
    assert error.remedy
    assert text.endswith(error.remedy)
    assert password not in text
    assert len(text) < 500


@pytest.mark.parametrize("fault", LISTENING)
def test_a_listener_that_cannot_be_talked_to(start: Any, far: Any, fault: str) -> None:
    kind, says = LISTENING[fault]
    with start(fault=fault) as machine:
        endpoint = machine.endpoint(connect_seconds=0.5)
        with pytest.raises(kind, match=says) as raised:
            collect(endpoint, [VMS], now=far.now)
    assert type(raised.value) is kind
    one_clear_line(raised.value, endpoint.password.reveal())


@pytest.mark.parametrize("operation", ["Create", "Command", "Send", "Receive"])
@pytest.mark.parametrize("fault", ANY_REQUEST)
def test_a_call_that_goes_wrong(start: Any, far: Any, fault: str, operation: str) -> None:
    kind, says = ANY_REQUEST[fault]
    with start() as machine:
        injected = machine.lab.faults.add(Fault(kind=fault, operation=operation))
        endpoint = machine.endpoint()
        with pytest.raises(kind, match=says) as raised:
            collect(endpoint, [VMS], now=far.now)
        assert type(raised.value) is kind
        attempts = 2 if fault in PASSING else 1
        assert injected.seen == attempts, "only what may pass is asked again, and only once"
        lost = operation == "Create" and injected.after
        assert machine.open_shells == (attempts if lost else 0), "only an answer that never came can leave a shell"
    one_clear_line(raised.value, endpoint.password.reveal())


@pytest.mark.parametrize("operation", ["Create", "Command", "Send", "Receive"])
@pytest.mark.parametrize("fault", PASSING)
def test_a_read_survives_what_passes(start: Any, far: Any, fault: str, operation: str) -> None:
    with start() as machine:
        machine.lab.faults.add(Fault(kind=fault, operation=operation, times=1))
        answers = collect(machine.endpoint(), [VMS], now=far.now)
        assert not answers.incomplete(VMS)


@pytest.mark.parametrize("transport", ["basic", "ntlm"])
def test_a_machine_that_refuses_every_sign_in(start: Any, far: Any, transport: str) -> None:
    with start(fault="401") as machine:
        endpoint = machine.endpoint(transport=transport)
        with pytest.raises(AuthenticationFailed, match="the credentials were refused") as raised:
            collect(endpoint, [VMS], now=far.now)
    one_clear_line(raised.value, endpoint.password.reveal())


@pytest.mark.parametrize("operation", ["Create", "Command", "Send", "Receive"])
@pytest.mark.parametrize("fault", ["hang", "drip"])
def test_a_machine_that_hangs_or_drips_costs_the_total_time(start: Any, far: Any, fault: str, operation: str) -> None:
    with start() as machine:
        machine.lab.faults.add(Fault(kind=fault, operation=operation, seconds=0.05))
        endpoint = machine.endpoint(total_seconds=1.0)
        with pytest.raises(Deadline, match="within the time allowed") as raised:
            collect(endpoint, [VMS], now=far.now)
    one_clear_line(raised.value, endpoint.password.reveal())


@pytest.mark.parametrize("kind", ["reset", "500", "html"])
def test_a_shell_that_cannot_be_deleted_does_not_spoil_the_answer(
    start: Any, far: Any, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    with start() as machine:
        machine.lab.faults.add(Fault(kind=kind, operation="Delete"))
        answers = collect(machine.endpoint(), [VMS], now=far.now)
    assert answers.incomplete(VMS) == ""
    assert "a shell was left behind" in caplog.text


@pytest.mark.parametrize("transport", ["basic", "ntlm"])
def test_a_wrong_password(start: Any, far: Any, transport: str) -> None:
    with start() as machine:
        endpoint = machine.endpoint(transport=transport, password=Secret("wr0ng-and-secret"))
        with pytest.raises(AuthenticationFailed, match="credentials were refused") as raised:
            collect(endpoint, [VMS], now=far.now)
    one_clear_line(raised.value, "wr0ng-and-secret")


def test_an_authority_nobody_named(start: Any, far: Any) -> None:
    with start() as machine, pytest.raises(TlsFailed, match="Name the authority that signed it in ca_file"):
        collect(machine.endpoint(ca_file=""), [VMS], now=far.now)


def test_an_authority_file_that_is_not_there(start: Any, far: Any, tmp_path: Path) -> None:
    with start() as machine, pytest.raises(TlsFailed, match="cannot be read"):
        collect(machine.endpoint(ca_file=str(tmp_path / "nothing.pem")), [VMS], now=far.now)


def test_a_name_without_an_address(start: Any, far: Any) -> None:
    with start() as machine, pytest.raises(NameNotResolved, match="has no address"):
        collect(machine.endpoint(name="no-such-host.invalid", address=""), [VMS], now=far.now)


def test_a_body_beyond_the_cap(start: Any, far: Any) -> None:
    with start() as machine, pytest.raises(Garbled, match="larger than 100 bytes"):
        collect(machine.endpoint(body_cap=100), [VMS], now=far.now)


@pytest.mark.skipif(find_spec("kerberos") is not None, reason="the package for Kerberos is installed here")
def test_kerberos_without_its_library_is_told_as_such(start: Any, far: Any) -> None:
    with start() as machine, pytest.raises(AuthenticationFailed, match=r"pip install 'drcheck\[kerberos\]'"):
        collect(machine.endpoint(transport="kerberos"), [VMS], now=far.now)


@pytest.fixture
def retries() -> Iterator[list[int]]:
    """Numbers of the retries that were scheduled."""
    seen: list[int] = []
    before = stamina.instrumentation.get_on_retry_hooks()
    stamina.instrumentation.set_on_retry_hooks([lambda details: seen.append(details.retry_num)])
    yield seen
    stamina.instrumentation.set_on_retry_hooks(before)


@pytest.mark.parametrize(("fault", "expected"), [("refuse", [1]), ("reset", [1]), ("plain", []), ("401", [])])
def test_an_endpoint_is_asked_again_only_when_that_may_help(
    start: Any, far: Any, retries: list[int], fault: str, expected: list[int]
) -> None:
    with start(fault=fault) as machine, pytest.raises(TransportError):
        collect(machine.endpoint(), [VMS], now=far.now)
    assert retries == expected


class _Refusing(BaseHTTPRequestHandler):
    """A plain HTTP server that refuses every sign-in."""

    protocol_version = "HTTP/1.1"
    hosts: ClassVar[list[str]] = []

    def do_POST(self) -> None:
        self.hosts.append(self.headers["Host"])
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(401)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_args: object) -> None:
        """Keep quiet."""


def test_plain_http_signs_in_through_the_same_adapter(far: Any) -> None:
    """With encryption pywinrm signs in before the first message: to the declared address, under the real name."""
    with HTTPServer(("127.0.0.1", 0), _Refusing) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        endpoint = WinRmEndpoint(
            name="hv1.lon.contoso.lab",
            address="127.0.0.1",
            port=server.server_port,
            https=False,
            username="u",
            password=Secret("p"),
        )
        with pytest.raises(AuthenticationFailed):
            collect(endpoint, [VMS], now=far.now)
        server.shutdown()
        thread.join()
        assert _Refusing.hosts == [f"hv1.lon.contoso.lab:{server.server_port}"]


class KerberosExchangeError(Exception):
    """What winrm.vendor.requests_kerberos raises; that library cannot be imported without Kerberos."""


@pytest.mark.parametrize(
    ("raised", "kind"),
    [
        (requests.ConnectionError(ProtocolError("aborted", BadStatusLine("SSH-2.0"))), Garbled),
        (requests.ConnectionError(ProtocolError("aborted", ConnectionResetError(104, "reset"))), Refused),
        (requests.TooManyRedirects("30"), Garbled),
        (requests.exceptions.ContentDecodingError("gzip"), Garbled),
        (WSManFaultError(500, "m", "r", "quota", wsman_fault_code=None), RemoteFault),
        (WinRMError("the signature is not valid"), Garbled),
        (StopIteration(), Garbled),
        (RuntimeError("generator raised StopIteration"), Garbled),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"), Garbled),
        (KeyError("Content-Type"), Garbled),
        (AssertionError(), Garbled),
        (KerberosExchangeError("no ticket for hunter2"), AuthenticationFailed),
        (requests.ConnectionError("hunter2 everywhere"), Refused),
        (requests.exceptions.InvalidURL("http://:x"), Refused),
    ],
)
def test_errors_that_are_hard_to_provoke(start: Any, raised: Exception, kind: type[TransportError]) -> None:
    with start() as machine:
        endpoint = machine.endpoint(password=Secret("hunter2"))
    explained = explain(endpoint, raised, expired=False)
    assert type(explained) is kind
    one_clear_line(explained, "hunter2")
    assert type(explain(endpoint, raised, expired=True)) is Deadline


def test_a_mistake_of_ours_is_not_called_the_machines(start: Any) -> None:
    with start() as machine:
        assert explain(machine.endpoint(), TypeError("'int' object is not callable"), expired=False) is None


def test_a_guard_that_counts_anew_remembers_that_it_expired() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs, Guard(0.01) as guard:
        guard.watch(ours)
        assert ours.recv(1) == b"", "the guard ends a read that would wait for ever"
        assert guard.expired
        assert guard.remaining == 0
        guard.restart(30)
        assert guard.expired
        assert guard.remaining > 20


def test_a_guard_whose_second_time_runs_out_did_not_expire() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs, Guard(30) as guard:
        guard.watch(ours)
        guard.restart(0.01)
        assert ours.recv(1) == b""
        assert not guard.expired


def test_a_connection_made_too_late_is_ended_at_once() -> None:
    ours, theirs = socket.socketpair()
    first, second = socket.socketpair()
    with ours, theirs, first, second, Guard(0.01) as guard:
        guard.watch(ours)
        ours.recv(1)
        guard.watch(first)
        assert first.recv(1) == b""


@pytest.mark.parametrize(
    ("stderr", "text"),
    [
        (b"plain words\r\n", "plain words"),
        (b"", ""),
        (b'#< CLIXML\r\n<Objs xmlns="x"><S S="Error">a_x000A_</S><S S="Error">b</S></Objs>', "a b"),
        (b'#< CLIXML\r\n<Objs><S S="warning">w</S></Objs><Objs><S S="Error">e</S></Objs>', "e"),
        (b'<Objs><S S="Error">_xD83D__xDE00_ _x00E9_</S></Objs>', "\U0001f600 \u00e9"),
        (b'<Objs><S S="Error">lone _xD83D_</S></Objs>', "lone \ufffd"),
        (b"<Objs><S S='Error'>broken</Objs>", "<Objs><S S='Error'>broken</Objs>"),
        ("Zugriff auf \u00fc".encode("cp850"), "Zugriff auf \ufffd"),
    ],
)
def test_what_powershell_says_on_stderr(stderr: bytes, text: str) -> None:
    assert error_text(stderr) == text


def test_a_long_complaint_is_cut() -> None:
    assert error_text(b"x" * 9000) == "x" * 497 + "..."


def test_what_the_far_side_repeats_of_a_request_shows_no_password_of_it() -> None:
    endpoint = WinRmEndpoint(name="hv1", username="drcheck", password=Secret("first"))
    hide = hiding(endpoint, {"user": "guest", "password": 'so "secret"'})
    said = hide(r'Invalid object (12): {"user":"guest","password":"so \"secret\""}; so "secret"; first')
    assert said == 'Invalid object (12): {"user":"guest","password":"<redacted>"}; <redacted>; <redacted>'
    assert hiding(endpoint, {})("nothing") == "nothing"
