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
BATCH, INLINE = "batch", "inline"
"""What Run Command carries: several kinds' scripts, or one that a drill file brings."""
PROBES, GIVEN = "# @probes@\n", "@given@"


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


@cache
def carriers() -> Mapping[str, str]:
    """What Run Command carries, without what is asked; each ends by itself what hangs in it.

    A machine runs one at a time, for as long as 90 minutes, and none can be cancelled (Microsoft, "Run scripts in your
    Windows VM by using action Run Commands").
    """
    return {name: (FOLDER / "run_command" / f"{name}.ps1").read_text(encoding="ascii") for name in (BATCH, INLINE)}


def together(asked: Iterable[tuple[str, Mapping[str, object], float]]) -> str:
    """One script for Run Command that asks for several probes side by side.

    Args:
        asked: kind, arguments and time, in seconds, of each probe; the arguments have its ``id``, a plain word.

    Raises:
        DrillError: there is no such kind.
    """
    calls = (
        f"& $Ask {{\n{script_of(kind)}}} '{encoded(args)}' '{args['id']}' {seconds:.1f}\n"
        for kind, args, seconds in asked
    )
    return carriers()[BATCH].replace(PROBES, "".join(calls))


def alone(script: str, seconds: float) -> str:
    """One script for Run Command that runs what a drill file brings, for so long at most."""
    return carriers()[INLINE].replace(GIVEN, encoded({"text": script, "seconds": seconds}))


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


def carried(name: str) -> str:
    """What Run Command carries, by its file and hash, as a plan shows it."""
    return f"guest/run_command/{name}.ps1, SHA-256 {sha256(carriers()[name])}"


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
    return {
        **hashes(_with_guests()),
        "probes": guests,
        "run-command": {name: sha256(script) for name, script in carriers().items()},
    }


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
    age: float = 0.0
    """How many seconds before the end of its run it answered, where several were asked in one."""
    answered: bool = True
    """It came to an end in its time."""


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
