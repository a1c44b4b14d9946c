"""One simulated subscription with its vault behind a real socket, read by the collectors with Azure's own pipeline."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from drcheck.discovery import ArmCollector, azure, site_recovery
from drcheck.discovery.driver import sources
from drcheck.estate.secret import Secret
from drcheck.lab.arm import make_app
from drcheck.lab.azure.landscape import Landscape
from drcheck.lab.azure.state import AzureWorld, azure_of
from drcheck.lab.running.assembly import build
from drcheck.lab.running.server import Lab, running
from drcheck.lab.state.clock import LabClock
from drcheck.topology.base import Fact, Target
from drcheck.transport.arm import ArmClient, ArmEndpoint
from drcheck.transport.arm_ask import AskArm, Team

F = TypeVar("F", bound=Fact)

AT = datetime(2026, 11, 23, 10, tzinfo=UTC)


class Served:
    """A scenario's ARM on a loopback port."""

    def __init__(self, lab: Lab, ca_file: Path) -> None:
        self.world = lab.world
        self.azure: AzureWorld = azure_of(lab.world)
        vault = self.azure.vaults[0]
        self.vault = Target(role="vault", endpoint=self.azure.vault_id(vault).lower())
        self.subscription = Target(role="azure", endpoint=f"/subscriptions/{self.azure.subscription}".lower())
        self.job = ""
        """A job that a test has begun."""
        self._url = f"https://127.0.0.1:{lab.arm_port}"
        self._ca_file = ca_file

    @property
    def landscape(self) -> Landscape:
        """What surrounds the vault; changes are seen by the next question."""
        return self.azure.landscape

    def client(self, token: str = "", total_seconds: float = 30.0) -> ArmClient:
        """Somebody who asks; with another token than the right one, if that is wanted."""
        secret = Secret(token or self.azure.token)
        endpoint = ArmEndpoint(base_url=self._url, ca_file=self._ca_file, token=secret, total_seconds=total_seconds)
        return ArmClient(endpoint)

    def read(self, kind: type[F]) -> list[F]:
        """Every fact of a kind, read by the one collector that there is for it."""
        target = self.vault if kind.ROLE == "vault" else self.subscription
        with self.client() as client, Team(self.client) as team:
            ask = AskArm(client, target, "x", lambda: AT, team)
            found = list(collector_of(kind).read(ask, target))
        assert self.azure.unknown == []
        return only(found, kind)

    def facts(self) -> list[Fact]:
        """Everything that the Site Recovery source and the one of networks find."""
        with self.client() as client:
            return [
                fact
                for source, target in ((site_recovery, self.vault), (azure, self.subscription))
                for collector in source.COLLECTORS
                for fact in collector.read(AskArm(client, target, source.ROLE, lambda: AT), target)
            ]


def only(found: list[Fact], kind: type[F]) -> list[F]:
    """Facts of one kind."""
    return [fact for fact in found if isinstance(fact, kind)]


def collector_of(kind: type[Fact]) -> ArmCollector:
    """The collector of a kind."""
    (found,) = (one.collector for one in sources()[kind.ROLE] if one.collector.kind is kind)
    assert isinstance(found, ArmCollector)
    return found


@contextmanager
def served(scenario: str, folder: Path, *, speed: float = 1.0) -> Iterator[Served]:
    """Serve a scenario's Azure half, on a clock so much faster; everything is stopped at the end."""
    world, clock = build(scenario), LabClock(speed=speed)
    with running(Lab(world, clock, arm=make_app(world, clock))) as lab:
        ca_file = folder / "ca.pem"
        lab.authority.write(ca_file)
        yield Served(lab, ca_file)
