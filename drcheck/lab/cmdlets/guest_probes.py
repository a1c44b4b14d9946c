"""How does a simulated host ask a guest, again and again, what a drill's probes want to know?"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from drcheck.lab.cmdlets.objects import CmdletError
from drcheck.lab.guests.scripts import is_known, line
from drcheck.lab.state.inside import Guest

POLL = 0.2
"""Seconds between two rounds; the script's own, so not scaled."""
MOST_ROWS = 200

Row = dict[str, object]
Look = Callable[[], "Guest | str"]
"""The guest as it is now, or why it does not answer."""


@dataclass(kw_only=True)
class Probe:
    """One probe that is asked until it is green or out of time."""

    id: str
    kind: str
    given: str
    seconds: float
    attempts: int
    patience: float
    before: str = ""
    previous: str | None = None
    looks: int = 0
    rows: int = 0
    done: bool = False
    hanging_since: float | None = field(default=None)


def read_probes(given: object) -> list[Probe]:
    """The probes of a request.

    Raises:
        CmdletError: one of them is of a kind that has no script.
    """
    rows = given if isinstance(given, list) else []
    return [_probe(row) for row in rows if isinstance(row, dict)]


def _probe(row: Mapping[str, object]) -> Probe:
    kind = str(row.get("kind", ""))
    if not is_known(kind):
        raise CmdletError("NotAllowed", f"unknown kind of probe {kind}", "InvalidOperation")
    return Probe(
        id=str(row.get("id", "")),
        kind=kind,
        given=str(row.get("given", "")),
        seconds=_number(row, "seconds"),
        attempts=int(_number(row, "attempts")),
        patience=_number(row, "patience"),
    )


def _number(row: Mapping[str, object], name: str) -> float:
    return float(str(row.get(name) or 0))


async def watch(
    probes: Sequence[Probe], look: Look, now: Callable[[], float], utc: Callable[[], str]
) -> AsyncIterator[Row]:
    """The rows of the answer, as things change.

    Args:
        probes: what is asked.
        look: opens the guest.
        now: the lab's time.
        utc: the host's.
    """
    began = now()
    while True:
        for probe in [one for one in probes if not one.done]:
            row = _step(probe, look, (now() - began, utc()), utc)
            if row is not None:
                yield row
        if all(probe.done for probe in probes):
            return
        await asyncio.sleep(POLL)


def _step(probe: Probe, look: Look, at: tuple[float, str], utc: Callable[[], str]) -> Row | None:
    passed, asked = at
    guest = look()
    said = guest if isinstance(guest, str) else line(guest, probe.kind, probe.given)
    if not said and not _patience_ends(probe, passed):
        return None
    answer = json.loads(said) if said.startswith("{") else {"ok": False, "seen": said or "NoAnswer: deadline"}
    ok, seen, printed = bool(answer["ok"]), str(answer["seen"]), said if said.startswith("{") else None
    probe.looks += printed is not None
    changed = f"{ok}/{seen}" != probe.before and (ok or probe.rows < MOST_ROWS)
    row = {"utc": utc(), "previous_utc": probe.previous, "id": probe.id, "ok": ok, "seen": seen}
    probe.previous, probe.before = asked, f"{ok}/{seen}" if changed else probe.before
    probe.rows += changed
    spent = probe.attempts > 0 and probe.looks >= probe.attempts
    probe.done = ok or spent or passed >= probe.seconds
    return {**row, "looks": probe.looks, "line": printed} if changed else None


def _patience_ends(probe: Probe, passed: float) -> bool:
    """Is a look that hangs given up now?"""
    if probe.hanging_since is None:
        probe.hanging_since = passed
    if passed - probe.hanging_since < probe.patience:
        return False
    probe.hanging_since = None
    return True
