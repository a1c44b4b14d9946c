"""Are the records of drills what was written then? One line for each thing that was looked at."""

from collections.abc import Sequence
from pathlib import Path

import typer

from drcheck.discovery.drills import REVIEW
from drcheck.drill.evidence.verifying import verified
from drcheck.errors import UsageError
from drcheck.verdict import EXIT_CODES, RunVerdict


def verify_records(records: Sequence[Path], runs: Path, allowed: Path | None) -> int:
    """Print what can be told of each record.

    Args:
        records: their files; reviews among them, as ``drills/*.json`` names them, are looked at with their records.
        runs: where journals may be that do not lie beside them.
        allowed: who may sign; ``None``: that is not asked.

    Returns:
        FAILED when something is not as it was, INCOMPLETE when something could not be checked.

    Raises:
        UsageError: a file is no record, or there are only reviews.
    """
    if allowed is not None and not allowed.is_file():
        raise UsageError(f"there is no file {allowed}")
    chosen = [path for path in records if not path.name.endswith(REVIEW)]
    if not chosen:
        raise UsageError("a review is verified with its record; name the record")
    answers: set[str] = set()
    for path in chosen:
        typer.echo(path.name)
        for looked in verified(path, [runs] if runs.is_dir() else [], allowed):
            typer.echo(f"  {looked.answer:11}  {looked.what}: {looked.told}")
            answers.add(looked.answer)
    if "BAD" in answers:
        return EXIT_CODES[RunVerdict.FAILED]
    return EXIT_CODES[RunVerdict.INCOMPLETE if "not checked" in answers else RunVerdict.PASSED]
