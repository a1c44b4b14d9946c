"""Which PowerShell is sent, and by which hash does the far side know it?

Windows runs a WinRS command through cmd.exe, which takes 8,191 characters, so the command line holds only the loader;
the script travels on stdin and runs only when its SHA-256 is the one in the command line (where event 4688 shows it).
``python -m drcheck.drill.guest.scripts`` prints the hashes of everything that may ever be sent.
"""

import base64
import hashlib
import json
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

PLACEHOLDER = "@SCRIPT_SHA256@"
ANSWERS = "# @answers@\n"
REACH = "# @reach@\n"
FRAGMENTS = "# @fragments@\n"

_GUEST = re.compile(r"^\$Guest(\w+) = \{\n(.*?)^\}$", re.MULTILINE | re.DOTALL)
"""A block that runs inside a guest; its text alone is sent there where PowerShell Direct is not to be had."""
_LINE = (
    "powershell.exe -NoProfile -NonInteractive -NoLogo -ExecutionPolicy Bypass -OutputFormat Text -EncodedCommand {}"
)


@cache
def _read(name: str) -> str:
    # read_text turns CRLF into LF, so a checkout on Windows has the same hashes.
    return Path(__file__).with_name(name).read_text(encoding="ascii")


def _insert(text: str, marker: str, parts: Sequence[str]) -> str:
    before, found, after = text.partition(marker)
    if not found:
        raise ValueError(f"the script has no line {marker.strip()!r}")
    return before + "\n".join(parts) + after


def loader_text() -> str:
    """The loader with its placeholder, as the lab and a security team know it."""
    return _read("loader.ps1")


def sha256(script: str) -> str:
    """Lower-case hex SHA-256 of a script's UTF-8 bytes."""
    return hashlib.sha256(script.encode()).hexdigest()


def command_line(script: str) -> str:
    """The command line that starts the loader for this script, and for no other."""
    text = loader_text().replace(PLACEHOLDER, sha256(script))
    return _LINE.format(base64.b64encode(text.encode("utf-16-le")).decode())


def collect_script() -> str:
    """The script that reads, complete."""
    answering = _insert(_read("collect.ps1"), ANSWERS, [_read("answers.ps1")])
    return _insert(answering, REACH, [_read("reach.ps1")])


def assemble_act(fragments: Sequence[str]) -> str:
    """The drill script: the frame (leases, journal) with the verbs of the failover kinds, in the order given."""
    framed = _insert(_read("act.ps1"), ANSWERS, [_read("answers.ps1")])
    return _insert(framed, FRAGMENTS, fragments)


def guest_scripts(fragments: Sequence[str]) -> dict[str, str]:
    """The scripts of the drill script that run inside a guest, by their names in lower case."""
    return {name.lower(): body.rstrip("\n") for fragment in fragments for name, body in _GUEST.findall(fragment)}


def stdin(script: str, request: object) -> bytes:
    """The one ASCII line that the loader reads: the script and its request."""
    encoded = base64.b64encode(script.encode()).decode()
    line = json.dumps({"drc": 1, "script": encoded, "request": request}, separators=(",", ":"))
    return line.encode("ascii") + b"\n"


def hashes(fragments: Sequence[str]) -> dict[str, object]:
    """What a far side that checks (the lab, an allow-list) must know."""
    scripts = {"collect": sha256(collect_script()), "act": sha256(assemble_act(fragments))}
    guests = {name: sha256(text) for name, text in sorted(guest_scripts(fragments).items())}
    return {"loader": sha256(loader_text()), "scripts": scripts, "guests": guests}
