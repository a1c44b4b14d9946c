"""A lab of two hosts, and pywinrm's own client for it."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pypsrp.wsman import WSMan
from winrm.protocol import Protocol

from drcheck.lab.running.server import Lab, running
from drcheck.lab.state.clock import LabClock
from drcheck.lab.state.world import Host, World
from drcheck.lab.wsman.shells import Commands

HOSTS = ("hv1.lon.contoso.lab", "hv2.lds.contoso.lab")
FOREVER = 20
"""Seconds in which everything that works at all has worked."""


class Recorder(Protocol):
    """pywinrm's own client; keeps what was sent and what came back."""

    request = ""
    answer = b""

    def send_message(self, message: str) -> bytes:
        self.request = message
        self.answer = super().send_message(message)
        return self.answer


@dataclass
class Site:
    """A running lab and how to reach it."""

    lab: Lab
    ca: str

    def url(self, host: str = HOSTS[0]) -> str:
        return f"https://{self.lab.world.hosts[host].address}:{self.lab.port}/wsman"

    def pywinrm(self, host: str = HOSTS[0], transport: Any = "basic", **options: Any) -> Recorder:
        settings = {
            "username": self.lab.account.name,
            "password": self.lab.account.password,
            "operation_timeout_sec": FOREVER,
            "read_timeout_sec": FOREVER + 1,
            **options,
        }
        return Recorder(self.url(host), transport=transport, ca_trust_path=self.ca, proxy=None, **settings)

    def pypsrp(self, auth: str = "basic", password: str = "") -> WSMan:
        settings: dict[str, Any] = {"cert_validation": self.ca, "no_proxy": True, "auth": auth, "ssl": True}
        return WSMan(
            self.lab.world.hosts[HOSTS[0]].address,
            port=self.lab.port,
            username=self.lab.account.name,
            password=password or self.lab.account.password,
            **settings,
        )


Serve = Callable[..., AbstractContextManager[Site]]


@pytest.fixture
def serve(tmp_path_factory: pytest.TempPathFactory) -> Serve:
    """Serve the two hosts; the first may be given a fault, and both a PowerShell."""

    @contextmanager
    def start(fault: str = "", powershell: Commands | None = None) -> Iterator[Site]:
        estate = World(name="two hosts", hosts={name: Host(name=name) for name in HOSTS})
        estate.hosts[HOSTS[0]].fault = fault
        with running(Lab(estate, LabClock(speed=100), powershell=powershell)) as lab:
            ca: Path = tmp_path_factory.mktemp("authority") / "ca.pem"
            lab.authority.write(ca)
            yield Site(lab, str(ca))

    return start


@pytest.fixture
def site(serve: Serve) -> Iterator[Site]:
    """Two healthy hosts."""
    with serve() as started:
        yield started
