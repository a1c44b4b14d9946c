"""What has a drill done so far, as data another process on another machine can undo.

One JSON line per record, written and synced to disk before the effect it announces. A record that was announced and
never confirmed may or may not have taken effect: recovery asks the estate, it never guesses.
"""

import copy
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from itertools import count
from pathlib import Path
from threading import Lock
from typing import Any, TypeAlias

from filelock import FileLock, Timeout
from msgspec import Struct, field, structs

from drcheck.errors import DrillError
from drcheck.transport.decoding import decoder

SUFFIX = ".journal.jsonl"
"""Of a journal's file; in front of it stands the drill's id."""

Mirror: TypeAlias = Callable[[str], None]
"""Copies a journal line to a second place before its effect; raises when it cannot."""


class Record(Struct, frozen=True, kw_only=True):
    """One line. ``event`` is ``opened``, ``intent``, ``effect``, ``undone`` or ``closed``; others tell of something.

    ``starting`` is such another one: what an intent has made is about to run, and goes when that is undone.
    """

    number: int
    at: str
    drill: str
    event: str
    action: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)


class Journal:
    """The journal of one drill, open for appending; several threads may write to it.

    Args:
        path: the file; its folder is made, an existing journal is continued.
        drill: the drill's id.
        now: gives the time, UTC.
        mirror: called with each line before it counts as written.
    """

    def __init__(self, path: Path, drill: str, now: Callable[[], datetime], mirror: Mirror | None = None) -> None:
        self.path = path
        self.drill = drill
        self._now = now
        self.mirror = mirror
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            _mend(path)
        self.forgive: Callable[[str], None] | None = None
        """Told of a line that cannot be written, where that must not keep anything from being undone."""
        self.prefix = ""
        """What the actions of this part are called before their own names; empty for the drill itself."""
        self._turn = Lock()
        self._numbers = count(len(read(path)) + 1 if path.exists() else 1)

    def part(self, name: str) -> "Journal":
        """The same journal for one part of a drill: its actions are called ``name/action`` in the file.

        Lines are copied to where the journal's are copied at this moment.
        """
        part = copy.copy(self)
        part.prefix = f"{self.prefix}{name}/"
        return part

    def write(self, event: str, action: str = "", **data: object) -> None:
        """Append one record and return once it is on disk (and mirrored)."""
        with self._turn:
            record = {
                "number": next(self._numbers),
                "at": self._now().isoformat(),
                "drill": self.drill,
                "event": event,
                "action": self.prefix + action,
                "data": data,
            }
            line = json.dumps(record, sort_keys=True)
            self._append(line)
        if self.mirror is not None:
            self.mirror(line)

    def _append(self, line: str) -> None:
        try:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(line + "\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            if self.forgive is None:
                raise
            self.forgive(str(error))

    def mirror_to(self, mirror: Mirror | None) -> None:
        """Copy every line to a second place from now on, beginning with those that are there already."""
        if mirror is not None:
            for line in self.path.read_text(encoding="utf-8").splitlines():
                mirror(line)
        self.mirror = mirror

    def announced(self, action: str) -> Record | None:
        """The intent of an action that may still have an effect; ``None`` when there is nothing to undo."""
        wanted = self.prefix + action
        found = next((record for record in pending(self._read()) if record.action == wanted), None)
        return found and structs.replace(found, action=action)

    def effect(self, action: str) -> Mapping[str, Any]:
        """What is known of an action's effect; empty when the journal ends before it was known."""
        wanted = ("effect", self.prefix + action)
        effects = [record.data for record in self._read() if (record.event, record.action) == wanted]
        return effects[-1] if effects else {}

    def _read(self) -> tuple[Record, ...]:
        with self._turn:
            return read(self.path)


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Be the only process that works with a journal; the operating system lets go of it when the process dies.

    Raises:
        DrillError: another process works with it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path.with_name(f"{path.name}.lock"), timeout=0)
    try:
        lock.acquire()
    except Timeout as taken:
        raise DrillError(f"{path.name}: this drill is being held, or cleaned up, by another process now") from taken
    try:
        yield
    finally:
        lock.release()


def _mend(path: Path) -> None:
    """Take away a last line that a crash cut short, or give it the end it lacks: what is appended must stay apart."""
    text = path.read_bytes()
    whole, _, rest = text.rpartition(b"\n")
    if not rest:
        return
    try:
        json.loads(rest)
    except ValueError:
        os.truncate(path, len(whole) + 1 if whole else 0)
        return
    with path.open("ab") as file:
        file.write(b"\n")


def read(path: Path) -> tuple[Record, ...]:
    """Every record of a journal; a last line cut short by a crash is left out, anything else damaged is an error.

    Raises:
        DrillError: a line before the last cannot be read.
    """
    return tuple(_records(path))


def _records(path: Path) -> Iterator[Record]:
    lines = path.read_bytes().splitlines(keepends=True)
    for number, line in enumerate(lines, start=1):
        try:
            yield decoder(Record).decode(line)
        except ValueError as error:
            if number == len(lines) and not line.endswith(b"\n"):
                return
            raise DrillError(
                f"{path}:{number}: the journal is damaged: {error}; undo by hand, see docs/drills.md"
            ) from error


def pending(records: tuple[Record, ...]) -> tuple[Record, ...]:
    """Intents whose effect may still be there, newest first; empty for a closed drill."""
    if any(record.event == "closed" for record in records):
        return ()
    undone = {record.action for record in records if record.event == "undone"}
    intents = {record.action: record for record in records if record.event == "intent"}
    return tuple(sorted((one for action, one in intents.items() if action not in undone),
                        key=lambda record: record.number, reverse=True))  # fmt: skip


def opened(records: tuple[Record, ...]) -> Record | None:
    """The record a journal starts with; ``None`` for an empty file."""
    return next((record for record in records if record.event == "opened"), None)


def unfinished(folder: Path) -> tuple[Path, ...]:
    """Journals below a folder that were opened and never closed, or are damaged, oldest first."""
    found = sorted(folder.rglob(f"*{SUFFIX}"))
    return tuple(path for path in found if not closed(path))


def closed(path: Path) -> bool:
    """Has the drill of this journal come to its end? A journal that is damaged has not."""
    try:
        return any(record.event == "closed" for record in read(path))
    except DrillError:
        return False
