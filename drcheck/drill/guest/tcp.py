"""What does a machine reach over TCP? Tried from inside it, by one script on both platforms (``guest_tcp.ps1``)."""

import base64
import json
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from drcheck.errors import DrillError
from drcheck.transport.scripts import guest_scripts

SECONDS = 5
"""How long the attempts of one round may take together: Windows asks again after one second, and after three."""

_LINE = re.compile(r"drcheck tcp (end|\d+) ([a-z0-9-]+)\s*")


def guest_script() -> str:
    """The script itself, for Run Command; its parameters are ``Ends`` and ``Seconds``."""
    return _scripts()["tcp"]


@cache
def _scripts() -> dict[str, str]:
    return guest_scripts([(Path(__file__).parent.parent / "guest_tcp.ps1").read_text(encoding="ascii")])


def encoded(ends: Sequence[tuple[str, int]]) -> str:
    """Hosts and ports as the script takes them: letters that no command line takes for anything else."""
    listed = [{"host": host, "port": port} for host, port in ends]
    return base64.b64encode(json.dumps(listed).encode()).decode()


def outcomes(lines: Sequence[str], count: int) -> tuple[str, ...]:
    """What became of each attempt, in the order of the ends; see ``topology.isolation_proof`` for the words.

    Args:
        lines: what the script printed.
        count: how many ends it was given.

    Raises:
        DrillError: it is not the whole answer, or no answer of this script.
    """
    told = [found.groups() for found in map(_LINE.fullmatch, lines) if found]
    wanted = [*map(str, range(count)), "end"]
    if len(told) != len(lines) or [place for place, _ in told] != wanted or told[-1][1] != str(count):
        said = " ".join(" ".join(lines).split())
        raise DrillError(f"the guest did not tell what it reaches: {said[:200] or 'it said nothing'}")
    return tuple(outcome for _, outcome in told[:-1])
