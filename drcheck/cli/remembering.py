"""What did earlier runs and drills measure? Prints the history that an estate keeps."""

import os
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

import typer

from drcheck.errors import UsageError
from drcheck.estate import load
from drcheck.history import Figure, figures
from drcheck.policy import human


def show_history(estate: Path | None, file: Path | None, subject: str) -> int:
    """Print a line for each subject, or every figure about one; returns 0.

    Raises:
        UsageError: no history is kept, or nothing in it is about that subject.
        AnswerError: the file is none of ours.
    """
    path = file or _declared(estate)
    if not path.is_file():
        raise UsageError(f"there is no history in {path} yet; every `drcheck check --estate` adds to it")
    found = figures(path, subject)
    if subject and not found:
        raise UsageError(f"{path} has no figure about {subject!r}; say a VM's name or id")
    for line in _each(found) if subject else _summary(found):
        typer.echo(line)
    return 0


def _declared(estate: Path | None) -> Path:
    if estate is None:
        raise UsageError("say whose history: --estate FILE or --file FILE")
    declared = load(estate, os.environ).history
    if declared is None:
        raise UsageError(f"{estate} keeps no history; declare history: {{file: history.sqlite, every: 24h}}")
    return declared.path


def _summary(found: Iterable[Figure]) -> Iterator[str]:
    yield f"{'kind':9}  {'figures':>7}  {'first':10}  {'last':10}  {'newest':>9}  {'p95':>9}  {'worst':>9}  subject"
    for (kind, _), group in groupby(found, key=lambda one: (one.kind, one.subject)):
        rows = list(group)
        seconds = sorted(one.seconds for one in rows)
        usual = seconds[max(0, -(-len(seconds) * 95 // 100) - 1)]
        shown = (rows[-1].seconds, usual, seconds[-1])
        figure = "  ".join(f"{human(one):>9}" for one in shown)
        yield f"{kind:9}  {len(rows):7}  {rows[0].at:%Y-%m-%d}  {rows[-1].at:%Y-%m-%d}  {figure}  {rows[-1].name}"


def _each(found: Iterable[Figure]) -> Iterator[str]:
    for one in found:
        yield f"{one.at:%Y-%m-%d %H:%M:%SZ}  {one.kind:9}  {human(one.seconds):>9}  {one.name}  ({one.run})"
