"""What do the scripts of drcheck's probes find in a simulated guest? The same for PowerShell Direct and Run Command.

A script is known by its kind on the host's channel (the drill script's hash covers it), and by its own hash on Azure's.
"""

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import TypeAlias

from drcheck.lab.accepted import known
from drcheck.lab.inside import Inside
from drcheck.lab.replication import service_status
from drcheck.lab.world import TestVm, Vm

Found: TypeAlias = tuple[bool, str, dict[str, object] | None]
"""Is all well, what was seen, and what else the script tells."""
Asked: TypeAlias = Mapping[str, object]

MONTH = 30 * 86400.0
_BLOCK = re.compile(r"^& \{\n(.*?)^\} '([A-Za-z0-9+/=]*)'\n?", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Guest:
    """A machine that answers, at one moment of its own clock."""

    name: str
    services: tuple[str, ...]
    up: bool
    """Its services run."""
    booted: float
    """By the lab's clock."""
    now: float
    """By its own clock."""
    inside: Inside
    aged: float
    """How much older than in production everything in it is: a copy holds what was there at its recovery point."""


def copied(vm: Vm, test: TestVm, now: float) -> Guest:
    """The test VM of a Hyper-V Replica test failover."""
    booted, aged = test.started or now, now - test.recovery_point
    return _guest(vm, up=service_status(test, now) == "Running", booted=booted, now=now, aged=aged)


def running(vm: Vm, now: float) -> Guest:
    """A machine of production; it was started a month ago."""
    return _guest(vm, up=True, booted=now - MONTH, now=now, aged=0.0)


def _guest(vm: Vm, *, up: bool, booted: float, now: float, aged: float) -> Guest:
    inside = vm.inside or Inside()
    own = now + inside.clock_offset
    return Guest(name=vm.name, services=vm.services, up=up, booted=booted, now=own, inside=inside, aged=aged)


def line(guest: Guest, kind: str, given: str) -> str:
    """The line that a kind's script prints; empty when it never ends."""
    try:
        asked: Asked = json.loads(base64.b64decode(given, validate=True))
    except (ValueError, binascii.Error):
        return _line(guest, "", (False, "Failed: FormatException", None))
    if kind in guest.inside.hangs:
        return ""
    return _line(guest, str(asked.get("id", "")), _FINDS[kind](guest, asked))


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


def _status(guest: Guest, name: str) -> str:
    if name.lower() not in {service.lower() for service in guest.services}:
        return "NotFound"
    return "Running" if guest.up else "StartPending"


def _service(guest: Guest, asked: Asked) -> Found:
    status = _status(guest, str(asked.get("name", "")))
    return status == "Running", status, None


_FINDS: Mapping[str, Callable[[Guest, Asked], Found]] = {
    "service": _service,
}
