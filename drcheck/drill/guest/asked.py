"""What is a guest asked for a declared probe? Data for the script of its kind, the same on both channels."""

import base64
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime

import msgspec

from drcheck.drill.guest.scripts import Told
from drcheck.drill.guest.tcp import SECONDS as TCP_SECONDS
from drcheck.drill.guest.tcp import encoded as ends
from drcheck.errors import DrillError
from drcheck.estate import ProbeSpec
from drcheck.topology.drills import GuestBaseline
from drcheck.transport.decoding import convert

Asked = Mapping[str, object]

CHANNEL_KINDS = ("heartbeat",)
"""What a channel itself answers, without asking the guest."""
LARGEST_SCRIPT = 64 * 1024
"""Bytes of a user's script; Run Command takes more, and a probe that needs more is no probe."""
SCRIPT_SECONDS = 30
"""How long a user's script may run each time; a look ends soon afterwards."""

PATIENCE_SECONDS = 45.0
"""How long one look may take: a guest that hangs must not use up the time of its own other looks."""
BOOT_SLACK_SECONDS = 5.0
"""How much earlier than possible a start may seem: clocks are set right while a guest comes up."""


def arguments(probe: ProbeSpec, identifier: str) -> Asked:
    """What the script of a probe's kind gets: data, never text that is run, but for a user's own script.

    Args:
        probe: as it is declared.
        identifier: comes back with the answer.

    Raises:
        DrillError: a user's script is not the one that was declared.
    """
    return {"id": identifier, **_ARGUMENTS[probe.kind](probe)}


def known_kinds() -> tuple[str, ...]:
    """Kinds of probes that a guest can be asked about."""
    return tuple(sorted(_ARGUMENTS))


def script_problems(probes: Iterable[ProbeSpec]) -> Iterator[str]:
    """Why scripts of the user must not run: one is not there any more, is too large, or has another content."""
    for probe in probes:
        if probe.kind == "script":
            try:
                _script(probe)
            except DrillError as problem:
                yield str(problem)


def baseline_of(told: Told | None) -> GuestBaseline | None:
    """What a ``baseline`` probe read; ``None`` when it told nothing that can be understood."""
    if told is None or told.told is None or "san_policy" not in told.told:
        return None
    try:
        return convert(told.told, GuestBaseline)
    except msgspec.ValidationError:
        return None


def refuted(probe: ProbeSpec, told: Told | None, by: datetime, floor: datetime) -> str:
    """Why a good answer proves nothing after all; empty when it does.

    A guest that was started before the failover is not the copy, or was brought up from a saved state: its services
    never started anew.

    Args:
        probe: what was asked.
        told: the answer.
        by: on our clock; the guest answered before.
        floor: on our clock; the copy cannot have been started earlier.
    """
    if probe.kind != "boot-time" or told is None or told.told is None:
        return ""
    uptime = told.told.get("uptime_seconds")
    if not isinstance(uptime, int | float):
        return "it does not tell how long it has been up"
    early = (floor - by).total_seconds() + uptime
    return f"it was started {early:.0f} s before it can have been" if early > BOOT_SLACK_SECONDS else ""


def _service(probe: ProbeSpec) -> Asked:
    return {"name": probe.name}


def _nothing(probe: ProbeSpec) -> Asked:
    del probe
    return {}


def _tcp(probe: ProbeSpec) -> Asked:
    return {"ends": ends([(probe.host or "127.0.0.1", probe.port or 0)]), "seconds": str(TCP_SECONDS)}


def _database(probe: ProbeSpec) -> Asked:
    return {"database": probe.database, "instance": probe.name}


def _dns(probe: ProbeSpec) -> Asked:
    return {"name": probe.name, "address": probe.expect}


def _file(probe: ProbeSpec) -> Asked:
    return {"path": probe.path, "max_age_seconds": probe.max_age_seconds}


def _sentinel(probe: ProbeSpec) -> Asked:
    return {**_file(probe), "database": probe.database, "instance": probe.name}


def _script(probe: ProbeSpec) -> Asked:
    if probe.file is None or not probe.file.is_file():
        raise DrillError(f"the script {probe.file} of a probe is not there")
    body = probe.file.read_bytes()
    if len(body) > LARGEST_SCRIPT:
        raise DrillError(f"the script {probe.file.name} has {len(body)} bytes; {LARGEST_SCRIPT} are allowed")
    digest = hashlib.sha256(body).hexdigest()
    if digest != probe.sha256:
        raise DrillError(
            f"the script {probe.file.name} is another one than was declared: its SHA-256 is {digest}. Look at what "
            "changed, and put that into the drill file if it still only reads"
        )
    text = base64.b64encode(body).decode()
    return {"text": text, "sha256": digest, "expect": probe.expect, "seconds": SCRIPT_SECONDS}


_ARGUMENTS: Mapping[str, Callable[[ProbeSpec], Asked]] = {
    "ad": _nothing,
    "baseline": _nothing,
    "boot-time": _nothing,
    "dns": _dns,
    "file": _file,
    "script": _script,
    "sentinel": _sentinel,
    "service": _service,
    "sql-database": _database,
    "tcp": _tcp,
    "vmm": _nothing,
}
