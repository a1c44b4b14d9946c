"""Does every way of signing in work over the wire, and does a failure say what to do about it?"""

import logging
import ssl
from pathlib import Path
from typing import Any

import pytest
import trustme
from winrm.exceptions import InvalidCredentialsError, WinRMTransportError
from winrm.protocol import Protocol

from drcheck.errors import AuthenticationFailed, Garbled, RemoteFault, TlsFailed, TransportError
from drcheck.estate.secret import Secret
from drcheck.lab.faults import Fault
from drcheck.lab.wsman.certificates import Authority
from drcheck.query import Cmdlet
from drcheck.transport.deadline import Guard
from drcheck.transport.winrm import collect
from drcheck.transport.winrm_errors import explain
from drcheck.transport.winrm_session import Shell
from tests.relay import relaying

HOST = "hv1.lon.contoso.lab"
VMS = Cmdlet(id="vms", module="Hyper-V", cmdlet="Get-VM", select=("Name",))
SECURE = ("basic", "ntlm", "credssp", "certificate")
SEALED = ("ntlm", "credssp")


def client_certificate(machine: Any, folder: Path, user: str = "drcheck@contoso.lab") -> dict[str, str]:
    pem = folder / "client.pem"
    machine.lab.authority.write_client(user, pem)
    return {"cert_file": str(pem), "key_file": str(pem)}


def one_clear_line(error: TransportError, *secrets: str) -> None:
    text = str(error)
    assert text.startswith(f"winrm http{'s' if 'https' in text[:12] else ''}://{HOST}:")
    assert "\n" not in text
    assert "{" not in text, "a placeholder was not filled in"
    assert text.endswith(error.remedy)
    assert error.remedy
    assert not any(secret in text for secret in secrets)


@pytest.mark.parametrize("transport", SECURE)
def test_every_way_signs_in_over_https(start: Any, far: Any, tmp_path: Path, transport: str) -> None:
    with start() as machine:
        proof = client_certificate(machine, tmp_path) if transport == "certificate" else {}
        answers = collect(machine.endpoint(transport=transport, **proof), [VMS], now=far.now)
        assert answers.incomplete(VMS) == ""
        assert machine.open_shells == 0


@pytest.mark.parametrize("transport", SEALED)
def test_over_plain_http_nothing_can_be_read_on_the_way(start: Any, far: Any, transport: str) -> None:
    side = far.FarSide(far.answer_nothing)
    with start(side) as machine:
        place = (machine.lab.world.hosts[HOST].address, machine.lab.http_port)
        with relaying(place) as relay:
            endpoint = machine.endpoint(transport=transport, https=False)
            endpoint = machine.endpoint(transport=transport, https=False, address="127.0.0.1", port=relay.port)
            assert collect(endpoint, [VMS], now=far.now).incomplete(VMS) == ""
        assert b"HTTP-" in relay.seen
        assert len(relay.seen) > 10_000
        for word in (b"Envelope", b"Get-VM", b"powershell", machine.lab.account.password.encode()):
            assert word not in relay.seen, f"{word!r} went by in the clear"


@pytest.mark.parametrize("https", [True, False])
@pytest.mark.parametrize("transport", SEALED)
def test_a_connection_that_was_closed_while_idle_is_made_anew(start: Any, transport: str, https: bool) -> None:
    """Keys of encrypted messages belong to the connection: what was sealed for the old one is sealed again."""
    heard: list[bytes] = []
    with start() as machine:
        port = machine.lab.port if https else machine.lab.http_port
        with relaying((machine.lab.world.hosts[HOST].address, port)) as relay, Guard(30) as guard:
            endpoint = machine.endpoint(transport=transport, https=https, address="127.0.0.1", port=relay.port)
            with Shell(endpoint, guard) as shell:
                for _ in range(2):
                    relay.hang_up()
                    shell.run("more", b"x" * 20_000, heard.append, lambda: None)
            assert relay.connections == (3 if https else 5), (
                "sealed messages are tried once before they are sealed anew"
            )
        assert b"".join(heard) == b"x" * 40_000
        assert (machine.calls("Create"), machine.calls("Command"), machine.open_shells) == (1, 2, 0)


@pytest.mark.parametrize("transport", SEALED)
def test_a_lost_answer_is_told_and_the_shell_is_deleted_all_the_same(start: Any, far: Any, transport: str) -> None:
    with start() as machine:
        machine.lab.faults.add(Fault(kind="lose", operation="Receive"))
        with pytest.raises(TransportError, match="the connection was cut"):
            collect(machine.endpoint(transport=transport, https=False), [VMS], now=far.now)
        assert machine.open_shells == 0
        assert machine.calls("Receive") == 2, "and asked for once more"


@pytest.mark.parametrize("transport", ["ntlm", "credssp"])
@pytest.mark.parametrize("https", [True, False])
def test_a_wrong_password_is_refused(start: Any, far: Any, transport: str, https: bool) -> None:
    with start() as machine:
        endpoint = machine.endpoint(transport=transport, https=https, password=Secret("wr0ng-and-secret"))
        with pytest.raises(AuthenticationFailed, match=r"refused.*Check user name and password") as raised:
            collect(endpoint, [VMS], now=far.now)
    one_clear_line(raised.value, "wr0ng-and-secret")


def test_whoever_opens_tls_on_the_way_cannot_use_the_sign_in(start: Any, far: Any) -> None:
    """The relay has a certificate that we trust; NTLM's response is bound to it, and the machine has another one."""
    with start() as machine:
        outside = ssl.create_default_context(cafile=machine.ca)
        place = (machine.lab.world.hosts[HOST].address, machine.lab.port)
        with relaying(place, inside=machine.lab.authority.issue(HOST).context, outside=outside) as relay:
            wanted = {"address": "127.0.0.1", "port": relay.port}
            assert collect(machine.endpoint(transport="basic", **wanted), [VMS], now=far.now).incomplete(VMS) == ""
            with pytest.raises(AuthenticationFailed, match="nothing on the way opens TLS") as raised:
                collect(machine.endpoint(transport="ntlm", **wanted), [VMS], now=far.now)
            assert b"NTLM " in relay.seen or b"Negotiate " in relay.seen
        assert machine.open_shells == 0
    one_clear_line(raised.value, machine.lab.account.password)


def test_the_machine_refuses_basic_over_plain_http_too(start: Any) -> None:
    with start() as machine:
        url = f"http://{machine.lab.world.hosts[HOST].address}:{machine.lab.http_port}/wsman"
        account = machine.lab.account
        protocol = Protocol(url, "basic", account.name, account.password, proxy=None, ca_trust_path=machine.ca)
        with pytest.raises(InvalidCredentialsError):
            protocol.open_shell()


def test_a_machine_that_takes_encrypted_messages_only_is_told_as_such(start: Any) -> None:
    with start() as machine:
        endpoint = machine.endpoint(transport="ntlm", https=False)
        url = f"http://{endpoint.address}:{endpoint.port}/wsman"
        settings = {"proxy": None, "ca_trust_path": machine.ca, "message_encryption": "never"}
        protocol = Protocol(url, "ntlm", endpoint.username, endpoint.password.reveal(), **settings)
        with pytest.raises(WinRMTransportError) as raised:
            protocol.open_shell()
        error = explain(endpoint, raised.value, expired=False)
    assert type(error) is RemoteFault
    assert "AllowUnencrypted is false" in error.remedy
    one_clear_line(error)


def test_an_answer_in_plain_text_is_not_taken_over_plain_http(start: Any, far: Any) -> None:
    """Anybody on the way could have written it."""
    with start() as machine:
        machine.lab.faults.add(Fault(kind="html", operation="Create"))
        with pytest.raises(Garbled, match="an answer came in plain text") as raised:
            collect(machine.endpoint(transport="ntlm", https=False), [VMS], now=far.now)
    one_clear_line(raised.value)


def test_a_certificate_of_another_user_is_refused(start: Any, far: Any, tmp_path: Path) -> None:
    with start() as machine:
        proof = client_certificate(machine, tmp_path, "nobody@contoso.lab")
        with pytest.raises(AuthenticationFailed, match="Is the certificate mapped to a local account") as raised:
            collect(machine.endpoint(transport="certificate", **proof), [VMS], now=far.now)
    one_clear_line(raised.value)


def test_a_certificate_nobody_trusts_is_refused_in_tls(start: Any, far: Any, tmp_path: Path) -> None:
    with start() as machine:
        Authority().write_client("drcheck@contoso.lab", tmp_path / "stranger.pem")
        pem = str(tmp_path / "stranger.pem")
        with pytest.raises(TlsFailed, match="after it saw the client certificate") as raised:
            collect(machine.endpoint(transport="certificate", cert_file=pem, key_file=pem), [VMS], now=far.now)
    one_clear_line(raised.value)


def test_a_certificate_is_not_shown_in_tls_1_3(start: Any, far: Any, tmp_path: Path) -> None:
    with start() as machine:
        newest = machine.lab.authority.issue(HOST).context
        newest.minimum_version = ssl.TLSVersion.TLSv1_3
        outside = ssl.create_default_context(cafile=machine.ca)
        place = (machine.lab.world.hosts[HOST].address, machine.lab.port)
        with relaying(place, inside=newest, outside=outside) as relay:
            at = {"address": "127.0.0.1", "port": relay.port}
            assert collect(machine.endpoint(transport="basic", **at), [VMS], now=far.now).incomplete(VMS) == ""
            proof = client_certificate(machine, tmp_path)
            with pytest.raises(TlsFailed, match=r"Allow TLS 1\.2 there") as raised:
                collect(machine.endpoint(transport="certificate", **proof, **at), [VMS], now=far.now)
    one_clear_line(raised.value)


def test_a_key_of_another_certificate_is_told_as_such(start: Any, far: Any, tmp_path: Path) -> None:
    with start() as machine:
        proof = client_certificate(machine, tmp_path)
        other = trustme.CA().issue_cert("drcheck@contoso.lab")
        (tmp_path / "other.key").write_bytes(other.private_key_pem.bytes())
        proof["key_file"] = str(tmp_path / "other.key")
        with pytest.raises(TlsFailed, match="the client certificate and its key cannot be used") as raised:
            collect(machine.endpoint(transport="certificate", **proof), [VMS], now=far.now)
    one_clear_line(raised.value)


def test_a_netrc_of_the_user_does_not_replace_the_certificate(
    start: Any, far: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with start() as machine:
        (tmp_path / "netrc").write_text(f"machine {HOST} login somebody password else\n")
        (tmp_path / "netrc").chmod(0o600)
        monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "netrc"))
        monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
        proof = client_certificate(machine, tmp_path)
        answers = collect(machine.endpoint(transport="certificate", **proof), [VMS], now=far.now)
    assert answers.incomplete(VMS) == ""


@pytest.mark.parametrize("transport", ["basic", "ntlm", "credssp"])
@pytest.mark.parametrize("right", [True, False])
def test_no_log_has_the_password_however_much_is_logged(
    start: Any, far: Any, caplog: pytest.LogCaptureFixture, transport: str, right: bool
) -> None:
    caplog.set_level(logging.DEBUG)
    with start() as machine:
        password = machine.lab.account.password if right else "wr0ng-and-secret"
        endpoint = machine.endpoint(transport=transport, password=Secret(password))
        try:
            collect(endpoint, [VMS], now=far.now)
        except AuthenticationFailed:
            assert not right
    assert caplog.records
    assert not {record.name for record in caplog.records if record.name.startswith("spnego") and record.levelno < 30}
    assert password not in caplog.text
