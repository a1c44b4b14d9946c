"""What does Windows PowerShell print for a one-line script that anybody could have typed?

drcheck never sends such a script. It is for comparing drcheck with the customary way, one script per question
(``Session.run_ps`` of pywinrm), and has to be asked for: otherwise the lab refuses what it does not know by hash.
"""

import base64
import binascii
import json
import re
from dataclasses import dataclass, field

from drcheck.lab.cmdlets.objects import Scalar, Session
from drcheck.lab.powershell.catalogue import catalogue
from drcheck.lab.powershell.collector import Collector
from drcheck.lab.powershell.plain_acts import act, acting
from drcheck.lab.state.clock import LabClock
from drcheck.lab.state.replication import ReplicaError, Replicator
from drcheck.lab.state.world import Host, World
from drcheck.lab.wsman.shells import Console

_SCRIPT = re.compile(
    r"(?P<cmdlet>(?:Get|Measure)-\w+)(?P<params>(?:\s+-\w+(?:\s+(?:'[^']*'|[\w.*-]+))?)*)"
    r"\s*\|\s*Select-Object\s+(?:-Property\s+)?(?P<select>[\w]+(?:\s*,\s*[\w]+)*)"
    r"\s*\|\s*ConvertTo-Json(?:\s+-Compress|\s+-Depth\s+\d+)*\s*",
    re.IGNORECASE,
)
_PARAMETER = re.compile(r"-(\w+)(?:\s+('[^']*'|[^-\s][\w.*-]*))?")


@dataclass(kw_only=True)
class PlainPowerShell:
    """Runs ``Get-Something -Name x | Select-Object A, B | ConvertTo-Json``, the cmdlets of failovers, nothing else."""

    world: World
    clock: LabClock
    replicator: Replicator = field(init=False)

    def __post_init__(self) -> None:
        """One management service serves every process that is started here."""
        self.replicator = Replicator(world=self.world, clock=self.clock)

    async def run(self, host: Host, command: str, console: Console) -> int:
        """Run an encoded command; see ``shells.Commands``. Exit code 1 when it is no such line, or fails."""
        text = decoded(command)
        change = acting(text)
        if change is not None:
            return await self._change(host, change, console)
        script = _SCRIPT.fullmatch(text.strip())
        if script is None:
            await console.write_error(b"The lab runs one cmdlet, Select-Object and ConvertTo-Json, no more.\r\n")
            return 1
        entry = catalogue().cmdlet(script["cmdlet"])
        name = entry.name if entry else script["cmdlet"]
        query = {
            "id": "plain",
            "type": "cmdlet",
            "module": entry.module if entry else "",
            "cmdlet": name,
            "params": dict(_parameter(*found) for found in _PARAMETER.findall(script["params"])),
            "select": [each.strip() for each in script["select"].split(",")],
        }
        session = Session(world=self.world, clock=self.clock, host=host)
        collector = Collector(session=session, catalogue=catalogue(), allowed=frozenset({name}))
        rows, end = await collector.ask(query)
        for error in end.errors:
            await console.write_error(f"{error.message}\r\n    + FullyQualifiedErrorId : {error.error_id}\r\n".encode())
        if rows:
            await console.write(f"{json.dumps(rows if len(rows) > 1 else rows[0], ensure_ascii=True)}\r\n".encode())
        return int(end.state == "failed")

    async def _change(self, host: Host, line: "re.Match[str]", console: Console) -> int:
        try:
            await act(self.world, self.replicator, host, line)
        except ReplicaError as error:
            await console.write_error(f"{error.message}\r\n    + FullyQualifiedErrorId : {error.error_id}\r\n".encode())
            return 1
        return 0


def decoded(command: str) -> str:
    """The script behind ``-EncodedCommand``; empty when it is none."""
    try:
        return base64.b64decode(command, validate=True).decode("utf-16-le")
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _parameter(name: str, value: str) -> tuple[str, Scalar]:
    """A parameter as PowerShell binds it; one without a value is a switch."""
    return name, value.strip("'") if value else True
