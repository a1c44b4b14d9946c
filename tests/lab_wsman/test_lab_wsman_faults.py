"""What goes wrong in the lab on purpose, and what does the real client make of it?"""

import socket
import threading
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable
from typing import Any

import pytest
import requests
from winrm.exceptions import InvalidCredentialsError, WinRMOperationTimeoutError, WinRMTransportError, WSManFaultError

from drcheck.lab.faults import Fault
from drcheck.lab.running.server import Lab, running
from drcheck.lab.state.world import Host, World
from drcheck.lab.wsman.shells import Console

HV1, HV2 = "hv1.lon.contoso.lab", "hv2.lds.contoso.lab"
FOREVER = 20


def wait_until(true: Callable[[], bool]) -> None:
    """Wait for a state of the lab that no client can see."""
    deadline = time.monotonic() + 30
    while not true():
        assert time.monotonic() < deadline, "it never came true"
        threading.Event().wait(0.005)


@pytest.mark.parametrize(
    ("fault", "raised"),
    [
        ("refuse", requests.exceptions.ConnectionError),
        ("reset", requests.exceptions.ConnectionError),
        ("garbage", requests.exceptions.ConnectionError),
        ("silent", requests.exceptions.Timeout),
        ("hang", requests.exceptions.Timeout),
        ("truncate", requests.exceptions.ChunkedEncodingError),
        ("html", StopIteration),
        ("empty", ET.ParseError),
        ("401", InvalidCredentialsError),
        ("429", WinRMTransportError),
        ("500", WinRMTransportError),
        ("503", WinRMTransportError),
        ("fault:5", WSManFaultError),
        ("fault:2150858793", WinRMOperationTimeoutError),
    ],
)
def test_a_host_can_misbehave_from_the_start(fault: str, raised: type[Exception], serve: Any) -> None:
    with serve(fault) as site:
        with pytest.raises(raised):
            site.pywinrm(operation_timeout_sec=1, read_timeout_sec=2).open_shell()
        assert site.pywinrm(HV2).open_shell()


def test_a_host_can_go_down_and_come_back(site: Any) -> None:
    protocol = site.pywinrm()
    protocol.open_shell()
    site.lab.world.hosts[HV1].up = False
    with pytest.raises(requests.exceptions.ConnectionError):
        protocol.open_shell()
    site.lab.world.hosts[HV1].up = True
    assert protocol.open_shell()


def test_an_unknown_fault_is_no_silent_success() -> None:
    name = "hv1.lon.contoso.lab"
    estate = World(name="exploding", hosts={name: Host(name=name, fault="explode")})
    with pytest.raises(ValueError, match="no such fault: 'explode'"):
        Lab(estate)


def test_a_host_that_is_down_refuses() -> None:
    name = "hv1.lon.contoso.lab"
    estate = World(name="down", hosts={name: Host(name=name, up=False)})
    with running(Lab(estate)) as lab, pytest.raises(ConnectionRefusedError):
        socket.create_connection((estate.hosts[name].address, lab.port))


def test_a_fault_of_the_listening_socket_cannot_come_later(site: Any, caplog: pytest.LogCaptureFixture) -> None:
    site.lab.world.hosts[HV1].fault = "silent"
    with pytest.raises(WinRMTransportError):
        site.pywinrm().open_shell()
    assert "'silent' comes too late" in caplog.text


def test_a_web_page_instead_of_output_is_no_error_to_pywinrm(site: Any) -> None:
    site.lab.faults.add(Fault(kind="html", operation="Receive"))
    protocol = site.pywinrm()
    shell = protocol.open_shell()
    command = protocol.run_command(shell, "hostname")
    assert protocol.get_command_output_raw(shell, command) == (b"", b"", -1, False)


def test_a_fault_meets_the_call_it_names(site: Any) -> None:
    site.lab.faults.add(Fault(kind="500", host="hv1.*", operation="Command", nth=2, times=1))
    protocol = site.pywinrm()
    shell = protocol.open_shell()
    protocol.run_command(shell, "hostname")
    with pytest.raises(WinRMTransportError):
        protocol.run_command(shell, "hostname")
    command = protocol.run_command(shell, "hostname")
    assert protocol.get_command_output(shell, command)[0] == b"HV1\r\n"


def test_a_lost_answer_comes_after_the_effect(site: Any) -> None:
    site.lab.faults.add(Fault(kind="lose", operation="Command", times=1))
    protocol = site.pywinrm()
    shell = protocol.open_shell()
    with pytest.raises(requests.exceptions.ConnectionError):
        protocol.run_command(shell, "more")
    assert len(site.lab.hosts[HV1].shells[shell].commands) == 1
    fault = site.lab.faults.add(Fault(kind="reset", operation="Command"))
    with pytest.raises(requests.exceptions.ConnectionError):
        protocol.run_command(shell, "more")
    assert len(site.lab.hosts[HV1].shells[shell].commands) == 1, "a reset comes before it"
    site.lab.faults.remove(fault)
    assert protocol.run_command(shell, "more")


def test_a_fault_can_be_about_what_a_command_was_told(site: Any) -> None:
    site.lab.faults.add(Fault(kind="lose", operation="Send", about="start-failover"))
    protocol = site.pywinrm()
    shell = protocol.open_shell()
    command = protocol.run_command(shell, "more")
    protocol.send_command_input(shell, command, b'{"verb": "read"}')
    with pytest.raises(requests.exceptions.ConnectionError):
        protocol.send_command_input(shell, command, b'{"verb": "start-failover"}', end=True)
    out, _, _ = site.pywinrm().get_command_output(shell, command)
    assert out == b'{"verb": "read"}{"verb": "start-failover"}'


def test_a_dripping_answer_outlives_the_read_timeout(site: Any) -> None:
    site.lab.faults.add(Fault(kind="drip", operation="Create", seconds=0.002))
    protocol = site.pywinrm(operation_timeout_sec=1, read_timeout_sec=2)
    started = time.monotonic()
    assert protocol.open_shell()
    assert time.monotonic() - started >= len(protocol.answer) * 0.002 > 2


def test_a_late_answer_is_still_an_answer(site: Any) -> None:
    site.lab.faults.add(Fault(kind="late", operation="Create", seconds=0.5))
    started = time.monotonic()
    assert site.pywinrm().open_shell()
    assert time.monotonic() - started >= 0.5


def test_an_abandoned_poll_swallows_no_output(site: Any) -> None:
    impatient, patient = site.pywinrm(operation_timeout_sec=1, read_timeout_sec=2), site.pywinrm()
    shell = patient.open_shell()
    command = patient.run_command(shell, "more")
    impatient.operation_timeout_sec = FOREVER
    with pytest.raises(requests.exceptions.ReadTimeout):
        impatient.get_command_output_raw(shell, command)
    impatient.transport.close_session()
    wait_until(lambda: site.lab.hosts[HV1].waiting == 0)
    patient.send_command_input(shell, command, b"for the patient", end=True)
    assert patient.get_command_output_raw(shell, command) == (b"for the patient", b"", 0, True)


class Crashing:
    """An engine with a bug."""

    async def run(self, _host: Host, command: str, console: Console) -> int:
        await console.write(b"so far so good\r\n")
        return 1 // len(command.removeprefix(command))


def test_a_crash_of_the_simulation_is_no_success(serve: Any, caplog: pytest.LogCaptureFixture) -> None:
    with serve(powershell=Crashing()) as site:
        protocol = site.pywinrm()
        shell = protocol.open_shell()
        command = protocol.run_command(shell, "powershell.exe -NoProfile -EncodedCommand AAAA")
        assert protocol.get_command_output(shell, command) == (b"so far so good\r\n", b"", -1073741819)
    assert "the lab crashed" in caplog.text


class Talkative:
    """An engine that writes far more than anybody reads."""

    def __init__(self) -> None:
        self.written = 0

    async def run(self, _host: Host, command: str, console: Console) -> int:
        for _ in range(100):
            await console.write(b"x" * 100_000)
            self.written += 100_000
        return 0


def test_a_command_waits_for_its_reader(serve: Any) -> None:
    engine = Talkative()
    with serve(powershell=engine) as site:
        protocol = site.pywinrm()
        shell = protocol.open_shell()
        command = protocol.run_command(shell, "powershell -enc AAAA")
        first = protocol.get_command_output_raw(shell, command)[0]
        assert engine.written < 2_000_000
        assert len(first) + len(protocol.get_command_output(shell, command)[0]) == 10_000_000
