"""How does a drill learn that a person has done what only a person can do? By Enter, or by a file beside its journal.

A step that nobody can be asked about takes the time that was declared for it, and is marked so.
"""

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import msgspec

from drcheck.drill import Context
from drcheck.drill.holder import holder
from drcheck.drill.journal import SUFFIX, Journal, closed
from drcheck.drill.timing.timeline import Timeline
from drcheck.drill.timing.waiting import Waits
from drcheck.errors import DrillError
from drcheck.estate import HumanStep
from drcheck.transport.decoding import decoder

ASKED, CONFIRMED = ".asked.json", ".confirmed.json"
PATIENCE = 10
"""So many times longer than declared a person is waited for."""
LEAST_SECONDS = 3600.0
"""And so long in any case."""
LONGEST_PAUSE = 2.0


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A step that a drill waits for."""

    drill: str
    step: str
    owner: str
    since: datetime


class Confirmed(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody said that it is done."""

    by: str
    at: datetime


def carry_out(
    step: HumanStep,
    journal: Journal,
    timeline: Timeline,
    context: Context,
    seen: Callable[[], str] = lambda: "",
) -> str:
    """Wait until a person has said that a step is done, or count what was declared for it.

    Args:
        step: what is to be done.
        journal: is told who said so.
        timeline: is told how long it took.
        context: what the drill works with.
        seen: who has evidently done it; empty as long as nothing shows it.

    Returns:
        Who said that it is done; empty when nobody was asked.

    Raises:
        DrillFailed: nobody said so in ten times the declared time, and an hour at least.
    """
    if not step.confirm or context.person is None:
        journal.write("declared", step.name, owner=step.owner, seconds=step.seconds)
        name = f"{step.name} ({', '.join(filter(None, ('declared', step.owner)))})"
        timeline.declare(name, step.seconds, step.owner)
        return ""
    with timeline.phase(step.name):
        by = _wait_for(step, journal, context, seen)
        journal.write("confirmed", step.name, owner=step.owner, by=by)
    timeline.sign(by, step.owner)
    return by


def waiting(folder: Path) -> tuple[Asked, ...]:
    """The steps that drills below a folder wait for, oldest first."""
    return tuple(sorted((asked for _, asked in _asked(folder)), key=lambda one: one.since))


def confirm(folder: Path, drill: str, step: str, at: datetime, by: str = "") -> Asked:
    """Say that a step is done.

    Args:
        folder: holds the drill's journal, or a folder that does.
        drill: the drill's id, or the beginning of it.
        step: the step's name; empty when the drill waits for one only.
        at: the time, UTC.
        by: who says so; by default the account that runs this.

    Raises:
        DrillError: it waits for no such step, or for several.
    """
    found = [
        (path, asked)
        for path, asked in _asked(folder)
        if asked.drill.startswith(drill) and step.lower() in ("", asked.step.lower())
    ]
    if len(found) != 1:
        waits = "; ".join(f"{one.drill}: {one.step}" for one in waiting(folder)) or "no drill waits for anybody"
        raise DrillError(f"{len(found)} steps fit; exactly one is needed. Waited for: {waits}")
    path, asked = found[0]
    _write(path.with_name(path.name.removesuffix(ASKED) + CONFIRMED), Confirmed(by=by or holder(), at=at))
    return asked


def _asked(folder: Path) -> Iterator[tuple[Path, Asked]]:
    for path in sorted(folder.rglob(f"*{ASKED}")):
        asked = decoder(Asked).decode(path.read_bytes())
        answered = path.with_name(path.name.removesuffix(ASKED) + CONFIRMED).exists()
        if not answered and not closed(path.with_name(f"{asked.drill}{SUFFIX}")):
            yield path, asked


def _wait_for(step: HumanStep, journal: Journal, context: Context, seen: Callable[[], str]) -> str:
    """Who said that it is done."""
    person = context.person
    assert person is not None, "there is somebody to be asked"  # noqa: S101 - the caller has looked
    slug = re.sub(r"[^A-Za-z0-9]+", "-", f"{journal.prefix}{step.name}").strip("-").lower()
    stem = journal.path.with_name(f"{journal.drill}.{slug}")
    asked, confirmed = stem.with_name(stem.name + ASKED), stem.with_name(stem.name + CONFIRMED)
    whose = f" ({step.owner})" if step.owner else ""
    question = f"{step.name}{whose}: press Enter when it is done, or run `drcheck drill confirm {journal.drill}`"
    confirmed.unlink(missing_ok=True)  # a second word on an earlier step of that name, which came too late
    _write(asked, Asked(drill=journal.drill, step=step.name, owner=step.owner, since=context.now()))
    person.ask(question)
    try:
        context.say(question)
        seconds = max(LEAST_SECONDS, step.seconds * PATIENCE)
        for _ in Waits(context.now, context.wait, seconds, step.name, lambda: LONGEST_PAUSE):
            if confirmed.exists():
                return decoder(Confirmed).decode(confirmed.read_bytes()).by
            if by := person.answered(question) or seen():
                return by
    finally:
        person.forget(question)
        asked.unlink(missing_ok=True)
        confirmed.unlink(missing_ok=True)
    raise AssertionError("the wait ends by itself")


def _write(path: Path, value: Asked | Confirmed) -> None:
    """At once or not at all: somebody may be looking."""
    partial = path.with_name(f".{path.name}.partial")
    partial.write_bytes(msgspec.json.encode(value) + b"\n")
    partial.replace(path)


class Elsewhere:
    """Somebody is there, and answers by ``drcheck drill confirm`` only."""

    def ask(self, question: str) -> None:
        """There is nothing to listen to."""

    def answered(self, question: str) -> str:
        """Nobody answers here."""
        del question
        return ""

    def forget(self, question: str) -> None:
        """There is nothing to forget."""
