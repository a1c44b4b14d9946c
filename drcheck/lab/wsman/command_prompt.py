"""What does a simulated Windows machine answer to a command line that is given to cmd.exe?"""

import asyncio
import re
from collections.abc import Awaitable, Callable

from drcheck.lab.state.clock import LabClock
from drcheck.lab.state.world import Host
from drcheck.lab.wsman.shells import Commands, Console

LONGEST_LINE = 8191
"""What cmd.exe takes, in characters (Microsoft support article 830473)."""

_CMD = re.compile(r'"?(?:\S*\\)?cmd(?:\.exe)?"?\s+/c\s+(.*)', re.IGNORECASE | re.DOTALL)
_POWERSHELL = re.compile(r'"?(?:[^"]*\\)?powershell(?:\.exe)?"?(?=\s|$)', re.IGNORECASE)
_ENCODED = re.compile(r"\s-e(?:c|nc|ncodedcommand)\s+(\S+)", re.IGNORECASE)
_COUNT = re.compile(r"-n\s+(\d+)")

Program = Callable[[Host, str, Console], Awaitable[int]]


class CommandPrompt:
    """Runs a few built-in commands, and hands encoded PowerShell to the engine.

    Args:
        engine: gets the base64 text that follows ``-EncodedCommand``; ``None``: the machine has no PowerShell.
        clock: shortens the waits.
    """

    def __init__(self, engine: Commands | None, clock: LabClock) -> None:
        self._engine = engine
        self._clock = clock
        self.work_seconds = 0.0
        """Real seconds that every PowerShell process takes before it answers."""
        self._programs: dict[str, Program] = {
            "hostname": _hostname,
            "whoami": _whoami,
            "ver": _ver,
            "echo": _echo,
            "exit": _exit,
            "more": _more,
            "ping": self._ping,
        }

    async def run(self, host: Host, command: str, console: Console) -> int:
        """Run one line; what nobody knows ends like a misspelt word at the prompt."""
        line = command.strip()
        if len(line) > LONGEST_LINE:
            await console.write_error(b"The command line is too long.\r\n")
            return 1
        inner = _CMD.fullmatch(line)
        if inner is not None:
            line = inner[1].strip()
        if _POWERSHELL.match(line):
            return await self._powershell(host, line, console)
        name, _, rest = line.partition(" ")
        program = self._programs.get(name.lower().removesuffix(".exe"), _unknown(name))
        return await program(host, rest, console)

    async def _powershell(self, host: Host, line: str, console: Console) -> int:
        encoded = _ENCODED.search(line)
        if self._engine is None or encoded is None:
            await console.write_error(b"The lab runs PowerShell only with -EncodedCommand and a script it knows.\r\n")
            return 1
        if self.work_seconds:
            await asyncio.sleep(self.work_seconds)
        return await self._engine.run(host, encoded[1], console)

    async def _ping(self, host: Host, rest: str, console: Console) -> int:
        """The customary way to wait at a prompt: one second between two replies."""
        count = _COUNT.search(rest)
        for number in range(int(count[1]) if count else 4):
            if number:
                await self._clock.sleep(1)
            await console.write(f"Reply from {host.address}: bytes=32 time<1ms TTL=128\r\n".encode())
        return 0


async def _hostname(host: Host, _rest: str, console: Console) -> int:
    await console.write(f"{host.name.partition('.')[0].upper()}\r\n".encode())
    return 0


async def _whoami(_host: Host, _rest: str, console: Console) -> int:
    await console.write(f"{console.user.lower()}\r\n".encode())
    return 0


async def _ver(_host: Host, _rest: str, console: Console) -> int:
    await console.write(b"\r\nMicrosoft Windows [Version 10.0.20348.2700]\r\n")
    return 0


async def _echo(_host: Host, rest: str, console: Console) -> int:
    await console.write(f"{rest}\r\n".encode())
    return 0


async def _exit(_host: Host, rest: str, _console: Console) -> int:
    code = rest.removeprefix("/b").strip()
    return int(code) if code.lstrip("-").isdigit() else 0


async def _more(_host: Host, _rest: str, console: Console) -> int:
    """Copy stdin to stdout."""
    await console.write(await console.read())
    return 0


def _unknown(name: str) -> Program:
    async def program(_host: Host, _rest: str, console: Console) -> int:
        text = f"'{name}' is not recognized as an internal or external command,\r\noperable program or batch file.\r\n"
        await console.write_error(text.encode())
        return 1

    return program
