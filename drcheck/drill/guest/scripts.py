"""Which PowerShell asks inside a guest? One literal script per kind of probe, the same on both channels.

A script is the frame with one kind's lines in it. It gets everything as one Base64 text of JSON, because what reaches
a guest as an argument is changed on the way: Run Command passes ``parameters`` through cmd.exe, which splits them at
blanks and drops ``^`` and others (Azure/azure-powershell issues 7269 and 29880). Base64 needs no quoting anywhere.
``python -m drcheck.drill.guest.scripts`` prints the hashes of every script that may ever be sent.
"""

import base64
import json
import sys
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

import msgspec

from drcheck.drill.guest.tcp import guest_script as tcp_script
from drcheck.errors import DrillError
from drcheck.transport.decoding import decoder
from drcheck.transport.scripts import assemble_act, hashes, sha256

FOLDER = Path(__file__).parent
FRAME = "frame"
MARKER = "# @probe@\n"
TCP = "# @tcp@\n"
GUESTS = "# @guests@\n"


@cache
def guest_scripts() -> Mapping[str, str]:
    """Every kind's complete script: what runs in the guest, to the letter."""
    frame = (FOLDER / f"{FRAME}.ps1").read_text(encoding="ascii")
    kinds = sorted(path for path in FOLDER.glob("*.ps1") if path.stem != FRAME)
    bodies = {path.stem: path.read_text(encoding="ascii").replace(TCP, tcp_script() + "\n") for path in kinds}
    return {kind: frame.replace(MARKER, body) for kind, body in bodies.items()}


def encoded(args: Mapping[str, object]) -> str:
    """What a script gets: Base64 of JSON."""
    return base64.b64encode(json.dumps(args, sort_keys=True).encode()).decode()


def together(asked: Iterable[tuple[str, Mapping[str, object]]]) -> str:
    """One script for Run Command, of which a machine runs one at a time: each kind's script, then what it gets.

    Args:
        asked: kind and arguments of each probe.

    Raises:
        DrillError: there is no such kind.
    """
    return "".join(f"& {{\n{script_of(kind)}}} '{encoded(args)}'\n" for kind, args in asked)


def script_of(kind: str) -> str:
    """The script of a kind.

    Raises:
        DrillError: there is none.
    """
    known = guest_scripts()
    if kind not in known:
        raise DrillError(f"no script asks a guest about {kind}; there is {', '.join(known)}")
    return known[kind]


def titled(kind: str) -> str:
    """The script of a kind by its file and hash, as a plan shows it."""
    return f"guest/{kind}.ps1, SHA-256 {sha256(script_of(kind))}"


def frame_script() -> str:
    """The drill script without what runs in guests: what runs on the host itself."""
    return assemble_act(list(_fragments()))


@cache
def act_script() -> str:
    """The drill script: its frame with the verbs of every fragment, in name order, and every guest's script."""
    return assemble_act(_with_guests())


def known_hashes() -> dict[str, object]:
    """What a far side that checks (the lab, an allow-list) must know."""
    guests = {kind: sha256(script) for kind, script in guest_scripts().items()}
    return {**hashes(_with_guests()), "probes": guests}


def _with_guests() -> list[str]:
    table = "".join(f"$Guest['{kind}'] = {{\n{script}}}\n" for kind, script in guest_scripts().items())
    return [fragment.replace(GUESTS, table) for fragment in _fragments()]


def _fragments() -> Iterable[str]:
    return [path.read_text(encoding="ascii") for path in sorted(FOLDER.parent.glob("*.ps1"))]


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What a script printed: is all well, what was seen, the guest's own time, and what its kind tells besides."""

    drc: str
    id: str
    ok: bool
    seen: str
    utc: str
    told: dict[str, object] | None = None


def told(text: str) -> dict[str, Told]:
    """The answers in what a guest printed, by the probes' ids; other lines are noise."""
    found = {}
    for line in text.splitlines():
        if line.startswith('{"drc":"probe"'):
            try:
                one = decoder(Told).decode(line)
            except msgspec.DecodeError:
                continue  # cut by a limit of the channel: no answer
            found[one.id] = one
    return found


if __name__ == "__main__":
    sys.stdout.write(json.dumps(known_hashes(), indent=2) + "\n")
