"""What does production say to a drill's probes? A table, with what the newest drill said."""

import os
import time
from collections.abc import Sequence
from pathlib import Path

import typer

from drcheck.discovery.driver import survey
from drcheck.drill.production import NEEDS, Compared, compare
from drcheck.drill.timing.clock import context, now
from drcheck.errors import UsageError
from drcheck.estate import DrillSpec, Estate, load
from drcheck.verdict import EXIT_CODES, RunVerdict

HEAD = ("MACHINE", "PROBE", "PRODUCTION", "NEWEST DRILL", "")


def show_production(name: str, estate: Path, *, scripts: bool) -> int:
    """Ask production, print the table; the exit code tells whether anything differs.

    Args:
        name: of the drill, or its file.
        estate: the file.
        scripts: whether the user's own scripts may run in production.

    Raises:
        UsageError: there is no such drill.
    """
    declared, spec = _drill(name, estate)
    topology = survey(declared, NEEDS, now=now, monotonic=time.monotonic)
    rows = compare(spec, context(declared, topology, Path(), typer.echo), scripts=scripts)
    for line in table(rows):
        typer.echo(line)
    if any(row.differs for row in rows):
        return EXIT_CODES[RunVerdict.FAILED]
    untold = not rows or any(row.differs is None for row in rows)
    return EXIT_CODES[RunVerdict.INCOMPLETE if untold else RunVerdict.PASSED]


def table(rows: Sequence[Compared]) -> list[str]:
    """The rows in columns, under a head."""
    cells = [HEAD, *((row.machine, row.probe, row.production, row.drill, _difference(row)) for row in rows)]
    widths = [max(len(cell) for cell in column) for column in zip(*cells, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]


def _difference(row: Compared) -> str:
    if row.differs is None:
        return "not compared"
    return f"DIFFERENT {row.note}".strip() if row.differs else "same"


def _drill(name: str, path: Path) -> tuple[Estate, DrillSpec]:
    files = [Path(name)] if Path(name).is_file() else []
    declared = load(path, os.environ, files)
    found = [spec for spec in declared.drills if files or spec.name == name]
    if not found:
        known = ", ".join(spec.name for spec in declared.drills) or "none"
        raise UsageError(f"{name} is neither a drill file nor a drill of {path}; there is {known}")
    return declared, found[0]
