"""What a programme of drills has to do; see ``drcheck.topology.programme``."""

from datetime import date
from pathlib import Path

from msgspec import Struct


class ChangeSpec(Struct, frozen=True, kw_only=True):
    """A substantive change, after which applications have to be drilled again."""

    name: str
    on: date
    what: str
    applications: tuple[str, ...]


class DutySpec(Struct, frozen=True, kw_only=True):
    """What is expected of the drills of one application besides success."""

    application: str
    switchover_seconds: int | None = None
    author: str = ""


class HistorySpec(Struct, frozen=True, kw_only=True):
    """A file of figures, and how often runs add to it."""

    path: Path
    every_seconds: int


class Programme(Struct, frozen=True, kw_only=True):
    """All of it; nothing of it has to be declared."""

    changes: tuple[ChangeSpec, ...] = ()
    duties: tuple[DutySpec, ...] = ()
    runbooks: tuple[tuple[str, str], ...] = ()
    """Names, lower case, with the SHA-256 of the text that was approved."""
