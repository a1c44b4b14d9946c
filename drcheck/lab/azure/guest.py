"""What does a script say that Run Command carries into a simulated guest? A few statements are understood, no more."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from drcheck.lab.azure.engine import Engine
from drcheck.lab.azure.network import Command, Machine
from drcheck.lab.state.world import World

_SERVICE = re.compile(
    r"""^\(?\s*Get-Service\s+(?:-Name\s+)?(['"]?)([\w$.-]+)\1\s*\)?\s*(\.Status|\|.*Status.*)?$""", re.IGNORECASE
)
_OUTPUT = re.compile(r"""^(?:Write-Output\s+|Write-Host\s+|echo\s+)?(['"])(.*)\1$""", re.IGNORECASE)
_IF = re.compile(
    r"""^if\s*\(\s*(\(\s*Get-Service\s.+\)\s*\.Status)\s+-eq\s+(['"])Running\2\s*\)\s*\{\s*(.*?)\s*\}$""", re.IGNORECASE
)
_TIME = re.compile(r"^(Get-Date.*|\[DateTime\]::UtcNow.*)$", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Ran:
    """What becomes of a script of drcheck's own."""

    lasts: float = 0.0
    """Seconds that it waits for what hangs."""
    printed: Callable[[float], tuple[str, str]]
    """Standard output and standard error, so many seconds of our clock after it was begun."""


Own = Callable[[World, Machine, Command, float], Ran | None]
"""What a script of drcheck's prints that runs at that moment; ``None`` for any other."""


async def run_command(engine: Engine, machine: Machine, command: Command, own: Own) -> None:
    """Carry a command out as soon as the guest agent answers, and not before: Azure lets the caller wait.

    Args:
        engine: the simulated Azure.
        machine: where it runs.
        command: what runs.
        own: knows drcheck's scripts.
    """
    await machine.settled.wait()
    await engine.wait("run command", command.id)
    began = engine.clock.now()
    ran = own(engine.world, machine, command, began)
    ran = Ran(printed=lambda _: interpret(machine, command.script, began)) if ran is None else ran
    await engine.clock.sleep(ran.lasts)
    command.ended = engine.clock.now()
    machine.running_command = ""
    if engine.azure.machines.get(machine.id.lower()) is not machine:
        command.state = "Failed"
        return
    command.out, command.err = ran.printed(command.ended - began)
    command.state = "Succeeded"  # the operation succeeds even when the script does not


def interpret(machine: Machine, script: str, now: float) -> tuple[str, str]:
    """Standard output and standard error of a script."""
    out: list[str] = []
    err: list[str] = []
    for statement in re.split(r"[;\r\n]+", script):
        if statement.strip():
            said, complaint = _statement(machine, statement.strip(), now)
            out += [said] if said else []
            err += [complaint] if complaint else []
    return "\n".join(out), "\n".join(err)


def _statement(machine: Machine, statement: str, now: float) -> tuple[str, str]:
    if statement.lower() in {"hostname", "$env:computername"}:
        return machine.computer_name, ""
    condition = _IF.match(statement)
    if condition:
        status, complaint = _statement(machine, condition.group(1), now)
        return _statement(machine, condition.group(3), now) if status == "Running" else ("", complaint)
    service = _SERVICE.match(statement)
    if service:
        return _service(machine, service.group(2), now)
    output = _OUTPUT.match(statement)
    if output:
        return output.group(2), ""
    if _TIME.match(statement):
        return datetime.fromtimestamp(now, UTC).isoformat(timespec="microseconds").replace("+00:00", "0Z"), ""
    term = statement.split(maxsplit=1)[0]
    complaint = f"The term '{term}' is not recognized as the name of a cmdlet, function or operable program."
    return "", f"{term} : {complaint}"


def _service(machine: Machine, name: str, now: float) -> tuple[str, str]:
    if name.lower() not in {service.lower() for service in machine.services}:
        return "", f"Get-Service : Cannot find any service with service name '{name}'."
    up = machine.services_at is not None and machine.services_at <= now
    return "Running" if up else "Stopped", ""
