"""What do drcheck's own guest scripts print in a simulated Azure machine? They are known by their hashes."""

import hashlib

from drcheck.lab.accepted import known
from drcheck.lab.azure.guest import Ran, interpret
from drcheck.lab.azure.network import Command, Machine
from drcheck.lab.guests.reaching import networks_of, tcp_lines
from drcheck.lab.guests.scripts import in_azure, inline_script, run_blocks
from drcheck.lab.state.inside import Guest
from drcheck.lab.state.world import World

INLINE = "run-command"
"""The kind of probe that a drill file brings the script of."""


def own_script(world: World, machine: Machine, command: Command, now: float) -> Ran | None:
    """What becomes of one of them; ``None`` for any other script."""
    digest = hashlib.sha256(command.script.encode()).hexdigest()
    if digest == known()["guests"]["tcp"]:
        lines = tcp_lines(world, networks_of(world, machine), command.parameters["Ends"])
        return Ran(printed=lambda _: ("\n".join(lines), ""))
    guest = in_azure(world, machine, now)
    said = run_blocks(guest, command.script)
    if said is not None:
        return Ran(lasts=said.lasts, printed=lambda age: (said.text(age), ""))
    return _inline(guest, machine, command, now)


def _inline(guest: Guest, machine: Machine, command: Command, now: float) -> Ran | None:
    found = inline_script(command.script)
    if found is None:
        return None
    script, seconds = found
    if INLINE in guest.inside.hangs:
        return Ran(lasts=seconds, printed=lambda _: ("NoAnswer: deadline", ""))
    return Ran(printed=lambda _: interpret(machine, script, now))
