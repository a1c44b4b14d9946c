"""What do the scripts of drcheck's probes print in a simulated guest? The same for PowerShell Direct and Run Command.

A script is known by its kind on the host's channel (the drill script's hash covers it), and by its own hash on Azure's.
"""

import base64
import binascii
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256

from drcheck.lab.accepted import known
from drcheck.lab.azure.network import Machine
from drcheck.lab.guests.finds import FINDS, Found
from drcheck.lab.guests.reaching import attempt, networks_of, switch_named
from drcheck.lab.state.inside import Guest, Inside
from drcheck.lab.state.replication import service_status
from drcheck.lab.state.world import TestVm, Vm, World

MONTH = 30 * 86400.0
_PROBES = "# @probes@\n"
LOCAL = ("127.0.0.1", "localhost", "::1")

_BLOCK = re.compile(r"^& \$Ask \{\n(.*?)^\} '([A-Za-z0-9+/=]*)' '(\w+)' ([0-9.]+)\n", re.DOTALL | re.MULTILINE)
_GIVEN = re.compile(r"(?<=FromBase64String\(')[A-Za-z0-9+/=]+(?='\))")


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One probe of those that a Run Command asks for."""

    kind: str
    given: str
    id: str
    seconds: float
    """After which it is given up."""


@dataclass(frozen=True, kw_only=True)
class Said:
    """What a Run Command prints that holds scripts of drcheck's alone, and how long it takes to."""

    lines: Sequence[str]
    """Empty for one that hangs."""
    asked: Sequence[Asked]

    @property
    def lasts(self) -> float:
        """Seconds until it has ended: as long as what hangs is given."""
        return max((one.seconds for one, said in zip(self.asked, self.lines, strict=True) if not said), default=0.0)

    def text(self, age: float) -> str:
        """Standard output, where what answers did so that many seconds ago."""
        return "\n".join(
            f'{said[:-1]},"age":{age:.3f}}}' if said else _hung(one.id)
            for one, said in zip(self.asked, self.lines, strict=True)
        )


def copied(world: World, vm: Vm, test: TestVm, now: float) -> Guest:
    """The test VM of a Hyper-V Replica test failover."""
    networks = [switch_named(test.host, name) for name in test.switches if name]
    up = service_status(test, now) == "Running"
    guest = _guest(world, vm, networks, up=up, times=(test.started or now, now))
    return replace(guest, aged=now - test.recovery_point)


def running(world: World, vm: Vm, now: float) -> Guest:
    """A machine of production; it was started a month ago."""
    networks = [switch_named(vm.host, nic.switch) for nic in vm.nics if nic.switch]
    return _guest(world, vm, networks, up=True, times=(now - MONTH, now))


def in_azure(world: World, machine: Machine, now: float) -> Guest:
    """The copy in Azure that a test failover made; what it runs may have been changed since."""
    vm = world.vms.get(machine.source_vm) or Vm(id="", vmm_id="", name=machine.computer_name, host="")
    up = machine.services_at is not None and machine.services_at <= now
    booted = machine.created if machine.started is None else machine.started
    guest = _guest(world, vm, networks_of(world, machine), up=up, times=(booted, now))
    aged = 0.0 if machine.recovery_point is None else now - machine.recovery_point
    return replace(guest, services=machine.services, aged=aged)


def _guest(world: World, vm: Vm, networks: Sequence[str], *, up: bool, times: tuple[float, float]) -> Guest:
    inside = vm.inside or Inside()
    booted, now = (moment + inside.clock_offset for moment in times)

    def reach(host: str, port: int) -> str:
        if host.lower() in LOCAL:
            return "open" if up and port in vm.listens else "refused"
        return next((attempt(world, network, host, port) for network in networks), "unreachable")

    return Guest(
        name=vm.name, services=vm.services, up=up, booted=booted, now=now, inside=inside, aged=0.0, reach=reach
    )


def line(guest: Guest, kind: str, given: str) -> str:
    """The line that a kind's script prints; empty when it never ends."""
    try:
        asked: Mapping[str, object] = json.loads(base64.b64decode(given, validate=True))
    except (ValueError, binascii.Error):
        return _line(guest, "", (False, "Failed: FormatException", None))
    if kind in guest.inside.hangs:
        return ""
    return _line(guest, str(asked.get("id", "")), FINDS[kind](guest, asked))


def is_known(kind: str) -> bool:
    """Is there a script of that kind?"""
    return kind in known()["probes"]


def run_blocks(guest: Guest, script: str) -> Said | None:
    """What becomes of a Run Command that asks for several probes; ``None`` when it is another script."""
    blocks = list(_BLOCK.finditer(script := script if script.endswith("\n") else f"{script}\n"))
    kinds = {digest: kind for kind, digest in known()["probes"].items()}
    found = [kinds.get(_hash(block.group(1))) for block in blocks]
    if not blocks or None in found:
        return None
    frame = _BLOCK.sub("", script[: blocks[0].start()] + _PROBES + script[blocks[0].start() :])
    if _hash(frame) != known()["run-command"]["batch"]:
        return None
    asked = [
        Asked(kind=str(kind), given=block.group(2), id=block.group(3), seconds=float(block.group(4)))
        for kind, block in zip(found, blocks, strict=True)
    ]
    return Said(lines=[line(guest, one.kind, one.given) for one in asked], asked=asked)


def inline_script(script: str) -> tuple[str, float] | None:
    """The script of a drill file that a Run Command carries, and its time; ``None`` when it is another script."""
    script = script if script.endswith("\n") else f"{script}\n"
    found = _GIVEN.search(script)
    if found is None or _hash(_GIVEN.sub("@given@", script)) != known()["run-command"]["inline"]:
        return None
    given = json.loads(base64.b64decode(found.group()))
    return str(given["text"]), float(given["seconds"])


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def _hung(identifier: str) -> str:
    answer = {"drc": "probe", "id": identifier, "ok": False, "seen": "NoAnswer: deadline", "utc": "", "answered": False}
    return json.dumps(answer, separators=(",", ":"))


def _line(guest: Guest, identifier: str, found: Found) -> str:
    ok, seen, told = found
    utc = f"{datetime.fromtimestamp(guest.now, UTC):%Y-%m-%dT%H:%M:%S.%f}0Z"
    answer = {"drc": "probe", "id": identifier, "ok": ok, "seen": seen[:200], "utc": utc, "told": told}
    return json.dumps(answer, separators=(",", ":"))
