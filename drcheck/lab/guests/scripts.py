"""What do the scripts of drcheck's probes print in a simulated guest? The same for PowerShell Direct and Run Command.

A script is known by its kind on the host's channel (the drill script's hash covers it), and by its own hash on Azure's.
"""

import base64
import binascii
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
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
LOCAL = ("127.0.0.1", "localhost", "::1")

_BLOCK = re.compile(r"^& \{\n(.*?)^\} '([A-Za-z0-9+/=]*)'\n?", re.DOTALL | re.MULTILINE)


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


def run_blocks(guest: Guest, script: str) -> str | None:
    """What a Run Command prints that holds scripts of drcheck's alone; ``None`` when it is another script."""
    blocks = list(_BLOCK.finditer(script if script.endswith("\n") else f"{script}\n"))
    kinds = {digest: kind for kind, digest in known()["probes"].items()}
    if not blocks or sum(len(block.group()) for block in blocks) < len(script):
        return None
    found = [kinds.get(sha256(block.group(1).encode()).hexdigest()) for block in blocks]
    if None in found:
        return None
    return "\n".join(_lines(guest, [(str(kind), block.group(2)) for kind, block in zip(found, blocks, strict=True)]))


def _lines(guest: Guest, asked: list[tuple[str, str]]) -> Iterator[str]:
    for kind, given in asked:
        said = line(guest, kind, given)
        if not said:
            return  # the ones after a script that hangs never run
        yield said


def _line(guest: Guest, identifier: str, found: Found) -> str:
    ok, seen, told = found
    utc = f"{datetime.fromtimestamp(guest.now, UTC):%Y-%m-%dT%H:%M:%S.%f}0Z"
    answer = {"drc": "probe", "id": identifier, "ok": ok, "seen": seen[:200], "utc": utc, "told": told}
    return json.dumps(answer, separators=(",", ":"))
