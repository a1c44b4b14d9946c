"""How does the driver reach a machine and a cloud? What estate.yaml declares, as endpoints of the transports."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from typing import Protocol

from azure.core.credentials import TokenCredential
from msgspec import Struct

from drcheck.discovery import ArmAsk
from drcheck.errors import AuthenticationFailed
from drcheck.estate import Estate
from drcheck.query import WindowsQuery
from drcheck.topology.base import Clock, Target
from drcheck.transport.arm import ArmClient, ArmEndpoint, Bounds, credential_for
from drcheck.transport.arm_ask import AskArm, Team
from drcheck.transport.arm_pace import Pace, Patience
from drcheck.transport.row import Row
from drcheck.transport.winrm import WinRmEndpoint, collect


class Answers(Protocol):
    """What one machine answered to all queries of one process; see ``transport.winrm.Answers``."""

    @property
    def host(self) -> str:
        """The machine that answered, as it calls itself, lower case."""

    @property
    def clock(self) -> Clock:
        """The machine's clock against ours."""

    def rows(self, query: WindowsQuery) -> Sequence[Row]:
        """The rows of one query; raises ``QueryFailed``."""

    def incomplete(self, query: WindowsQuery) -> str:
        """Why an answer may lack rows; empty when it is complete."""

    def at(self, query: WindowsQuery) -> datetime:
        """When the answer was complete."""


class Transports(Struct, frozen=True, kw_only=True):
    """The two ways to ask: ``collect`` asks a machine by name; ``arm`` opens a visit to a cloud's target.

    A visit gives each source, by its name, what it asks with.
    """

    collect: Callable[[str, Sequence[WindowsQuery]], Answers]
    arm: Callable[[Target], AbstractContextManager[Callable[[str], ArmAsk]]]


def windows_endpoint(estate: Estate, host: str) -> WinRmEndpoint:
    """A Windows machine of the estate as WinRM reaches it.

    Raises:
        AuthenticationFailed: nobody declared a credential for it.
    """
    access = estate.windows.host(host)
    if access.credential is None:
        raise AuthenticationFailed(
            f"winrm {'https' if access.https else 'http'}://{access.name}:{access.port}",
            "no credential is declared for it",
            "Declare windows.credentials.default in estate.yaml, or a credential of its own under windows.hosts",
        )
    return WinRmEndpoint(
        name=access.name,
        username=access.credential.username,
        password=access.credential.password,
        address=access.address,
        port=access.port,
        https=access.https,
        transport=access.transport,
        ca_file=str(access.ca_file or ""),
        cert_file=str(access.credential.cert_file or ""),
        key_file=str(access.credential.key_file or ""),
        keytab_file=str(access.credential.keytab_file or ""),
        connect_seconds=access.connect_seconds,
        total_seconds=access.total_seconds,
    )


def arm_endpoint(estate: Estate) -> ArmEndpoint:
    """The estate's Azure Resource Manager."""
    azure = estate.azure
    return ArmEndpoint(
        base_url=azure.endpoint,
        ca_file=azure.ca_file,
        token=azure.token,
        sign_in=azure.sign_in,
        sign_in_host=azure.authority,
        connect_seconds=azure.connect_seconds,
        total_seconds=azure.total_seconds,
    )


def arm_client(estate: Estate, now: Callable[[], datetime]) -> ArmClient:
    """A client of the estate's Azure Resource Manager that compares clocks as it goes; for one thread."""
    return ArmClient(arm_endpoint(estate), now=now)


def transports(estate: Estate, *, now: Callable[[], datetime], monotonic: Callable[[], float]) -> Transports:
    """The real ones. The sign-in to Azure happens once, when it is first needed; all visits share one pace."""
    signing_in = threading.Lock()
    shared: list[TokenCredential] = []
    pace = Pace(monotonic)

    def ask_machine(machine: str, queries: Sequence[WindowsQuery]) -> Answers:
        return collect(windows_endpoint(estate, machine), queries, now=now)

    def credential(endpoint: ArmEndpoint) -> TokenCredential:
        with signing_in:
            if not shared:
                shared.append(credential_for(endpoint))
            return shared[0]

    @contextmanager
    def visit_cloud(target: Target) -> Iterator[Callable[[str], ArmAsk]]:
        endpoint = arm_endpoint(estate)
        bounds = Bounds(pace=pace, patience=Patience(estate.azure.visit_seconds, monotonic))

        def hire() -> ArmClient:
            return ArmClient(endpoint, credential(endpoint), monotonic=monotonic, bounds=bounds)

        with hire() as client, Team(hire) as team:
            yield lambda source: AskArm(client, target, source, now, team)

    return Transports(collect=ask_machine, arm=visit_cloud)
