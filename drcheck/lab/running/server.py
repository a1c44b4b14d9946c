"""How does a whole simulated estate come up: every Windows host on its own address, and Azure's ARM beside them?"""

import asyncio
import secrets
import socket
import ssl
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aiohttp import web

from drcheck.lab.faults import ON_LISTENING, Fault, Faults
from drcheck.lab.state.clock import LabClock
from drcheck.lab.state.world import Host, World
from drcheck.lab.wsman.answers import WsManHost
from drcheck.lab.wsman.auth import Acceptor, Account, Authenticator
from drcheck.lab.wsman.certificates import Authority
from drcheck.lab.wsman.command_prompt import CommandPrompt
from drcheck.lab.wsman.listeners import WITHOUT_TLS, bind
from drcheck.lab.wsman.shells import Commands

_GRACE = 0.2
"""Real seconds that open requests get when the lab stops."""


class Lab:
    """A simulated estate on loopback; every WinRM host has an address of its own, all have the same port.

    Args:
        world: what is simulated; hosts without an address get one.
        clock: time, and the logbook of what really happened.
        powershell: what runs encoded PowerShell on the hosts; ``None``: nothing does.
        arm: the web application that plays Azure Resource Manager; ``None``: the estate has no Azure half.
        also_http: whether the hosts listen on plain HTTP, too, where only encrypted messages are taken.
        keytab: keys of the hosts' Kerberos services; ``None``: nobody signs in with Kerberos.
    """

    def __init__(
        self,
        world: World,
        clock: LabClock | None = None,
        *,
        powershell: Commands | None = None,
        arm: web.Application | None = None,
        also_http: bool = False,
        keytab: Path | None = None,
    ) -> None:
        self.world = world
        self.clock = clock or LabClock()
        self.faults = Faults()
        self.authority = Authority()
        self.account = _account(world)
        world.guest_password = world.guest_password or secrets.token_urlsafe(16)
        self.hosts: dict[str, WsManHost] = {}
        """The services by FQDN; known once the lab has started."""
        self.port = 0
        self.http_port = 0
        """Port of the plain HTTP listeners; 0 when there are none."""
        self.arm_port = 0
        self.loop: asyncio.AbstractEventLoop | None = None
        """Where everything happens, once it has started."""
        self.blob_port = 0
        self._arm = arm
        self.blobs: web.Application | None = None
        """The web application that plays a storage account, if the estate has one."""
        self._also_http = also_http
        self._keytab = keytab
        self.powershell = powershell
        self.prompt = CommandPrompt(powershell, self.clock)
        self._runners: list[web.AppRunner] = []
        self._servers: list[asyncio.Server] = []
        self._bound: list[socket.socket] = []
        self._private: tempfile.TemporaryDirectory[str] | None = None
        for host in world.hosts.values():
            _check_fault(host)

    async def start(self) -> None:
        """Listen everywhere."""
        self.loop = asyncio.get_running_loop()
        self._private = tempfile.TemporaryDirectory(prefix="drcheck-lab-")
        accounts = Path(self._private.name) / "accounts"
        self.account.write(accounts)
        _assign_addresses(self.world)
        hosts = list(self.world.hosts.values())
        self._bound = bind([host.address for host in hosts]) if hosts else []
        for host, bound in zip(hosts, self._bound, strict=True):
            self.port = bound.getsockname()[1]
            await self._serve_host(host, bound, accounts)
        await self._serve_http(hosts if self._also_http else [])
        self.arm_port, self.blob_port = [await self._serve_cloud(app) for app in (self._arm, self.blobs)]

    async def stop(self) -> None:
        """End everything that runs, and every connection."""
        for bound in self._bound:
            asyncio.get_running_loop().remove_reader(bound)
        for _ in range(2):
            await asyncio.sleep(
                0
            )  # a connection that was taken before breaks asyncio if its server is closed meanwhile
        for service in self.hosts.values():
            await service.close()
        for server in self._servers:
            server.close()
        for runner in self._runners:
            _abort_connections(runner)
            await runner.cleanup()
        for bound in self._bound:
            bound.close()
        if self._private is not None:
            self._private.cleanup()

    async def _serve_host(self, host: Host, bound: socket.socket, accounts: Path) -> None:
        certificate = self.authority.issue(host.name, host.address, fault=host.fault)
        acceptor = Acceptor(hostname=host.name, accounts=accounts, digest=certificate.digest, keytab=self._keytab)
        authenticator = Authenticator(self.account, acceptor)
        service = self.hosts[host.name] = WsManHost(host, self.prompt, authenticator, self.faults)
        if not host.up or host.fault == "refuse":
            return
        if host.fault in WITHOUT_TLS:
            self._servers.append(await asyncio.start_server(WITHOUT_TLS[host.fault], sock=bound))
            return
        await self._serve(service.app(), bound, certificate.context)

    async def _serve_cloud(self, app: web.Application | None) -> int:
        """The port of a service of Azure; 0 when the lab has none."""
        if app is None:
            return 0
        bound = bind(["127.0.0.1"])[0]
        self._bound.append(bound)
        await self._serve(app, bound, self.authority.issue("localhost", "127.0.0.1").context)
        return int(bound.getsockname()[1])

    async def _serve_http(self, hosts: list[Host]) -> None:
        """Listen on plain HTTP, on one more port."""
        sockets = bind([host.address for host in hosts]) if hosts else []
        self._bound += sockets
        for host, bound in zip(hosts, sockets, strict=True):
            self.http_port = bound.getsockname()[1]
            if host.up and host.fault not in ON_LISTENING:
                await self._serve(self.hosts[host.name].app(), bound, None)

    async def _serve(self, app: web.Application, bound: socket.socket, context: ssl.SSLContext | None) -> None:
        # An abandoned request (a long poll, mostly) is cancelled, so that it cannot swallow output meant for the next.
        runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=_GRACE)
        await runner.setup()
        self._runners.append(runner)
        await web.SockSite(runner, bound, ssl_context=context, backlog=512).start()


@contextmanager
def running(lab: Lab) -> Iterator[Lab]:
    """Run a lab on a thread of its own, for clients in the same process that block."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name=f"lab {lab.world.name}", daemon=True)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(lab.start(), loop).result(60)
        yield lab
    finally:
        asyncio.run_coroutine_threadsafe(_wind_up(lab), loop).result(60)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(60)
        loop.close()


async def _wind_up(lab: Lab) -> None:
    await lab.stop()
    rest = asyncio.all_tasks() - {asyncio.current_task()}
    for task in rest:
        task.cancel()
    await asyncio.gather(*rest, return_exceptions=True)
    # One whose TLS handshake has not begun is not closed by that, and known to nobody else.
    for transport in list(vars(asyncio.get_running_loop()).get("_transports", {}).values()):
        transport.abort()
    await asyncio.sleep(0)


def _abort_connections(runner: web.AppRunner) -> None:
    """Cut what is still connected: a polite TLS goodbye would wait for clients that are no longer there."""
    for handler in runner.server.connections if runner.server is not None else ():
        if handler.transport is not None:
            handler.transport.abort()


def _assign_addresses(world: World) -> None:
    """Give every host without an address the next one of 127.0.10.1, 127.0.10.2, …; 250 a subnet."""
    taken = {host.address for host in world.hosts.values()}
    free = (f"127.0.{10 + number // 250}.{number % 250 + 1}" for number in range(250 * 240))
    for host in world.hosts.values():
        if not host.address:
            host.address = next(address for address in free if address not in taken)


def _check_fault(host: Host) -> None:
    """Raise ``ValueError`` for a fault that nobody would carry out."""
    if host.fault and host.fault not in ON_LISTENING:
        Fault(kind=host.fault)


def _account(world: World) -> Account:
    """The account that may sign in everywhere: ``drcheck`` of the domain of the first host."""
    first = next(iter(world.hosts), "host.lab.invalid")
    dns_domain = ".".join(first.split(".")[-2:])
    return Account(
        domain=dns_domain.partition(".")[0].upper(),
        dns_domain=dns_domain,
        user="drcheck",
        password=secrets.token_urlsafe(16),
    )
