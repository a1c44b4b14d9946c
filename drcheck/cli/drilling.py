"""Commands for drills that did not come to their end: what may they have left, and how is it removed?"""

import os
from pathlib import Path

import typer

from drcheck.drill.clock import context, now
from drcheck.drill.recovery import recover, status
from drcheck.errors import UsageError
from drcheck.estate import load
from drcheck.topology.base import Topology
from drcheck.verdict import EXIT_CODES, RunVerdict


def recover_drills(estate: Path, folder: Path) -> int:
    """Undo what the open journals below a folder announced, after a look at what really exists; returns 0.

    Raises:
        UsageError: the folder or the estate file cannot be used.
        DrillFailed: something could not be undone; the message names it.
    """
    _require(folder)
    declared = load(estate, os.environ)
    done = recover(folder, context(declared, Topology(as_of=now()), folder, lambda text: typer.echo(f"  drill {text}")))
    for line in done or ("Nothing is left to be undone.",):
        typer.echo(line)
    return EXIT_CODES[RunVerdict.PASSED]


def show_open_drills(folder: Path) -> int:
    """Name the drills that were opened and never closed; the exit code is INCOMPLETE while there are any.

    Raises:
        UsageError: there is no such folder.
    """
    _require(folder)
    found = status(folder)
    for line in found or ("No drill is open.",):
        typer.echo(line)
    return EXIT_CODES[RunVerdict.INCOMPLETE if found else RunVerdict.PASSED]


def _require(folder: Path) -> None:
    if not folder.is_dir():
        raise UsageError(f"there is no folder {folder}; name the one that holds your runs: --runs DIR")
