"""Does the ARM client end in time whatever the far side does, and trust nobody it was not told to?"""

import socket
import ssl
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import trustme
from azure.core.exceptions import ClientAuthenticationError

from drcheck.errors import (
    AuthenticationFailed,
    Deadline,
    Garbled,
    NameNotResolved,
    Refused,
    TlsFailed,
)
from drcheck.transport.arm import ArmClient
from tests.arm_transport.conftest import (
    FarSide,
    Handler,
    answer,
    drip,
    endpoint_of,
    hang,
    names,
    page,
)


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
