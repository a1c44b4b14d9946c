"""Do real WinRM clients find in the lab what they would find on Windows?"""

import os
import socket
import ssl
import time
from pathlib import Path
from typing import Any

import pytest
import requests
from pypsrp.exceptions import AuthenticationError
from pypsrp.shell import CommandState, Process, SignalCode, WinRS
from winrm.exceptions import InvalidCredentialsError, WinRMOperationTimeoutError, WSManFaultError
from winrm.protocol import Protocol

from tests.relay import relaying

HV1, HV2 = "hv1.lon.contoso.lab", "hv2.lds.contoso.lab"


@pytest.mark.parametrize("transport", ["basic", "ntlm"])
def test_pywinrm_runs_a_command(site: Any, transport: str) -> None:
    protocol = site.pywinrm(transport=transport)
    shell = protocol.open_shell(codepage=65001)
    command = protocol.run_command(shell, "hostname")
    assert protocol.get_command_output(shell, command) == (b"HV1\r\n", b"", 0)
    protocol.cleanup_command(shell, command)
    protocol.close_shell(shell)
    assert site.lab.hosts[HV1].shells == {}
    assert site.lab.hosts[HV2].calls == {}


@pytest.mark.parametrize("auth", ["basic", "ntlm", "negotiate"])
def test_pypsrp_runs_a_command(site: Any, auth: str) -> None:
    with site.pypsrp(auth) as wsman, WinRS(wsman, codepage=65001) as shell:
        process = Process(shell, "cmd.exe", ["/c", "whoami"])
        process.invoke()
        process.signal(SignalCode.CTRL_C)
        assert (process.rc, process.stdout, process.stderr) == (0, b"contoso\\drcheck\r\n", b"")
        assert (str(shell.owner), str(shell.idle_time_out)) == ("CONTOSO\\drcheck", "PT7200.000S")


def test_a_user_may_sign_in_by_his_principal_name(site: Any) -> None:
    for transport in ("basic", "ntlm"):
        assert site.pywinrm(transport=transport, username="drcheck@contoso.lab").open_shell()


@pytest.mark.parametrize("transport", ["basic", "ntlm"])
@pytest.mark.parametrize("wrong", [{"password": "wrong"}, {"username": "CONTOSO\\nobody"}])
def test_wrong_credentials_are_refused(site: Any, transport: str, wrong: dict[str, str]) -> None:
    with pytest.raises(InvalidCredentialsError):
        site.pywinrm(transport=transport, **wrong).open_shell()
    assert site.lab.hosts[HV1].calls == {}


def test_a_certificate_of_the_user_is_enough(site: Any, tmp_path: Path) -> None:
    for name, accepted in (("drcheck@contoso.lab", True), ("nobody@contoso.lab", False)):
        pem = str(tmp_path / f"{name}.pem")
        site.lab.authority.write_client(name, Path(pem))
        protocol = site.pywinrm(transport="certificate", username=None, password=None, cert_pem=pem, cert_key_pem=pem)
        if accepted:
            shell = protocol.open_shell()
            assert (
                protocol.get_command_output(shell, protocol.run_command(shell, "whoami"))[0] == b"contoso\\drcheck\r\n"
            )
        else:
            with pytest.raises(InvalidCredentialsError):
                protocol.open_shell()


def test_a_certificate_of_a_stranger_fails_in_tls(site: Any, serve: Any, tmp_path: Path) -> None:
    with serve() as other:
        other.lab.authority.write_client("drcheck@contoso.lab", tmp_path / "stranger.pem")
    pem = str(tmp_path / "stranger.pem")
    with pytest.raises(requests.exceptions.ConnectionError):
        site.pywinrm(transport="certificate", username=None, password=None, cert_pem=pem, cert_key_pem=pem).open_shell()
    assert site.lab.hosts[HV1].calls == {}


def test_pypsrp_is_refused_with_a_wrong_password(site: Any) -> None:
    with site.pypsrp("ntlm", password="wrong") as wsman, pytest.raises(AuthenticationError):
        WinRS(wsman).open()


def test_a_response_bound_to_another_certificate_is_refused(site: Any) -> None:
    """Of a relay, whose certificate the client trusts just as well."""
    outside = ssl.create_default_context(cafile=site.ca)
    place = (site.lab.world.hosts[HV1].address, site.lab.port)
    with relaying(place, inside=site.lab.authority.issue("127.0.0.1").context, outside=outside) as relay:
        settings = {"username": site.lab.account.name, "password": site.lab.account.password, "proxy": None}
        url = f"https://127.0.0.1:{relay.port}/wsman"
        with pytest.raises(InvalidCredentialsError):
            Protocol(url, "ntlm", ca_trust_path=site.ca, **settings).open_shell()
        assert Protocol(url, "basic", ca_trust_path=site.ca, **settings).open_shell()


def test_signing_in_leaves_the_process_environment_alone(site: Any) -> None:
    site.pywinrm(transport="ntlm").open_shell()
    assert "NTLM_USER_FILE" not in os.environ


def test_two_labs_know_only_their_own_users(site: Any, serve: Any) -> None:
    with serve() as other:
        assert other.lab.port != site.lab.port
        for one in (site, other, site):
            assert one.pywinrm(transport="ntlm").open_shell()
        with pytest.raises(InvalidCredentialsError):
            other.pywinrm(transport="ntlm", password=site.lab.account.password).open_shell()


def test_an_authority_nobody_trusts_is_noticed(site: Any, serve: Any) -> None:
    with serve() as other:
        site.ca = other.ca
        with pytest.raises(requests.exceptions.SSLError):
            site.pywinrm().open_shell()


@pytest.mark.parametrize("fault", ["wrong-name", "expired", "untrusted", "plain"])
def test_a_certificate_can_be_wrong(fault: str, serve: Any) -> None:
    with serve(fault) as site:
        with pytest.raises(requests.exceptions.SSLError):
            site.pywinrm().open_shell()
        assert site.pywinrm(HV2).open_shell()


def test_a_certificate_names_the_host_and_its_address(site: Any) -> None:
    context = ssl.create_default_context(cafile=site.ca)
    for name in (HV1, site.lab.world.hosts[HV1].address):
        address = (site.lab.world.hosts[HV1].address, site.lab.port)
        with socket.create_connection(address) as raw, context.wrap_socket(raw, server_hostname=name) as secured:
            certificate = secured.getpeercert()
        assert certificate is not None
        assert name in {entry[1] for entry in certificate["subjectAltName"]}


def test_a_receive_without_output_ends_in_the_timeout_fault(site: Any) -> None:
    protocol = site.pywinrm(operation_timeout_sec=1)
    shell = protocol.open_shell()
    command = protocol.run_command(shell, "more", console_mode_stdin=False)
    started = time.monotonic()
    with pytest.raises(WinRMOperationTimeoutError):
        protocol.get_command_output_raw(shell, command)
    assert time.monotonic() - started >= 1
    protocol.send_command_input(shell, command, b"late", end=True)
    assert protocol.get_command_output_raw(shell, command) == (b"late", b"", 0, True)


def test_output_streams_while_the_command_runs(site: Any) -> None:
    protocol = site.pywinrm()
    shell = protocol.open_shell()
    command = protocol.run_command(shell, "ping -n 30 127.0.0.1")
    out, _, code, done = protocol.get_command_output_raw(shell, command)
    assert out.startswith(b"Reply from ")
    assert (code, done) == (-1, False)
    rest, _, code = protocol.get_command_output(shell, command)
    assert (out + rest).count(b"Reply from ") == 30
    assert code == 0


def test_a_signal_ends_a_command_and_forgets_it(site: Any) -> None:
    protocol = site.pywinrm()
    shell = protocol.open_shell()
    command = protocol.run_command(shell, "more")
    protocol.cleanup_command(shell, command)
    with pytest.raises(WSManFaultError) as caught:
        protocol.get_command_output_raw(shell, command)
    assert (caught.value.wsman_fault_code, caught.value.fault_subcode) == (2150858843, "w:InvalidSelectors")


def test_deleting_a_shell_ends_its_commands(site: Any) -> None:
    protocol = site.pywinrm()
    shell = protocol.open_shell()
    protocol.run_command(shell, "more")
    [running_command] = site.lab.hosts[HV1].shells[shell].commands.values()
    protocol.close_shell(shell, close_session=False)
    assert running_command.task is not None
    assert running_command.task.cancelled()
    with pytest.raises(WSManFaultError) as caught:
        protocol.run_command(shell, "hostname")
    assert caught.value.wsman_fault_code == 2150858843


def test_large_input_and_output_pass_unharmed(site: Any) -> None:
    protocol = site.pywinrm()
    shell = protocol.open_shell()
    command = protocol.run_command(shell, "more", console_mode_stdin=False)
    sent = os.urandom(3_000_000)
    for start in range(0, len(sent), 100_000):
        protocol.send_command_input(shell, command, sent[start : start + 100_000], end=start == 2_900_000)
    received, sizes, done = b"", [], False
    while not done:
        out, _, _, done = protocol.get_command_output_raw(shell, command)
        received += out
        sizes.append(len(protocol.answer))
    assert received == sent
    assert max(sizes) <= 153_600, "MaxEnvelopeSize"
    assert len(sizes) <= 28, "an answer carries about 110 KB"


def test_input_after_its_end_is_refused(site: Any) -> None:
    protocol = site.pywinrm()
    shell = protocol.open_shell()
    command = protocol.run_command(shell, "more")
    protocol.send_command_input(shell, command, b"all", end=True)
    with pytest.raises(WSManFaultError):
        protocol.send_command_input(shell, command, b"more", end=True)


@pytest.mark.parametrize(
    ("line", "exit_code", "error"),
    [
        ("Get-VM", 1, b"'Get-VM' is not recognized as an internal or external command,\r\n"),
        ("hostname " + "x" * 8191, 1, b"The command line is too long.\r\n"),
        ("powershell -Command Get-VM", 1, b"The lab runs PowerShell only with -EncodedCommand"),
        ("exit 3", 3, b""),
    ],
)
def test_the_prompt_answers_like_cmd(site: Any, line: str, exit_code: int, error: bytes) -> None:
    protocol = site.pywinrm()
    shell = protocol.open_shell()
    out, err, code = protocol.get_command_output(shell, protocol.run_command(shell, line))
    assert (out, code) == (b"", exit_code)
    assert err.startswith(error)


def test_a_user_has_only_so_many_shells(site: Any) -> None:
    protocol = site.pywinrm()
    shells = [protocol.open_shell() for _ in range(30)]
    with pytest.raises(WSManFaultError) as caught:
        protocol.open_shell()
    assert caught.value.wsman_fault_code == 2150859173
    protocol.close_shell(shells[0], close_session=False)
    assert protocol.open_shell() not in shells


def test_an_idle_shell_is_dropped(site: Any) -> None:
    protocol = site.pywinrm()
    shell = protocol.open_shell(idle_timeout="PT1S")
    kept = protocol.open_shell()
    site.lab.hosts[HV1].shells[shell].touched -= 1
    protocol.open_shell()
    assert shell not in site.lab.hosts[HV1].shells
    assert kept in site.lab.hosts[HV1].shells


def test_the_client_chooses_the_command_id_if_it_likes(site: Any) -> None:
    chosen = "0A1B2C3D-0000-4000-8000-00000000000A"
    with site.pypsrp() as wsman, WinRS(wsman) as shell:
        shell.command("hostname", [], command_id=chosen)
        state, code, output = shell.receive("stdout stderr", command_id=chosen)
        assert (state, code, output["stdout"]) == (CommandState.DONE, 0, b"HV1\r\n")
