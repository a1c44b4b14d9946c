"""What does ``powershell.exe`` on a simulated host do with drcheck's loader, scripts and requests?"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from drcheck.lab.cmdlets.act import Actor
from drcheck.lab.cmdlets.objects import CmdletError, Session
from drcheck.lab.powershell.catalogue import catalogue
from drcheck.lab.powershell.collector import Collector, End
from drcheck.lab.powershell.scripts import Order, RefusedError, UnknownLoaderError, pinned_hash, read_order
from drcheck.lab.state.clock import LabClock
from drcheck.lab.state.replication import Replicator
from drcheck.lab.state.world import Host, World
from drcheck.lab.wsman.shells import Console

FULL = "FullLanguage"
VERSION = "5.1.20348.2849"
"""``$PSVersionTable.PSVersion`` of Windows Server 2022."""


@dataclass
class _Lines:
    """Writes numbered lines."""

    console: Console
    count: int = 0

    async def write(self, kind: str, body: Mapping[str, object]) -> None:
        self.count += 1
        line = json.dumps({"l": self.count, "t": kind, **body}, separators=(",", ":"))
        await self.console.write(f"#drc {line}\n".encode("ascii"))


@dataclass(kw_only=True)
class Engine:
    """Windows PowerShell on every host of a world; runs nothing but drcheck's own pinned scripts."""

    world: World
    clock: LabClock
    replicator: Replicator = field(init=False)

    def __post_init__(self) -> None:
        """One management service serves every process that is started here."""
        self.replicator = Replicator(world=self.world, clock=self.clock)

    async def run(self, host: Host, command: str, console: Console) -> int:
        """Run an encoded command; see ``shells.Commands``. An unknown loader or script is refused, exit code 1."""
        try:
            pin = pinned_hash(command)
        except UnknownLoaderError as error:
            await console.write_error(f"The lab refuses this command: {error}\r\n".encode())
            return 1
        lines = _Lines(console)
        if host.language_mode != FULL:
            await lines.write("fatal", {"id": "LanguageMode", "message": "not FullLanguage"})
            return 1
        try:
            order = read_order(await console.read(), pin, self.world.trusted)
        except RefusedError as error:
            await lines.write("fatal", {"id": error.error_id, "message": error.message})
            return 4
        await lines.write("hello", self._hello(host))
        await self._obey(host, order, lines)
        await lines.write("bye", {"n": lines.count})
        return 0

    def _hello(self, host: Host) -> dict[str, object]:
        utc = datetime.fromtimestamp(self.clock.now() + host.clock_offset, UTC)
        name, _, domain = host.name.partition(".")
        return {
            "v": 1,
            "host": f"{name.upper()}.{domain}",
            "user": f"{domain.split('.')[-2].upper()}\\drcheck",
            "ps": VERSION,
            "mode": FULL,
            "utc": f"{utc:%Y-%m-%dT%H:%M:%S.%f}0Z",
        }

    async def _obey(self, host: Host, order: Order, lines: _Lines) -> None:
        session = Session(world=self.world, clock=self.clock, host=host)
        if order.script == "act":
            await self._act(session, order, lines)
            return
        collector = Collector(
            session=session, catalogue=catalogue(), allowed=frozenset(order.request.get("allow") or ())
        )
        for query in order.request.get("queries") or ():
            started = self.clock.now()
            self.world.heard.query(query)
            rows, end = await collector.ask(query)
            for row in rows:
                await lines.write("o", {"q": query["id"], "d": row})
            await lines.write("end", end.body(query["id"], len(rows), self.clock.now() - started))

    async def _act(self, session: Session, order: Order, lines: _Lines) -> None:
        started = self.clock.now()
        end, count = End(), 0
        self.world.heard.verb(session.host.name, str(order.request.get("verb")))
        try:
            actor = Actor(session=session, replicator=self.replicator, script=order.text)
            async for row in actor.carry_out(order.request):
                count += 1
                await lines.write("o", {"q": "act", "d": row})
        except CmdletError as error:
            end = End(state="failed", errors=[error])
        await lines.write("end", end.body("act", count, self.clock.now() - started))
