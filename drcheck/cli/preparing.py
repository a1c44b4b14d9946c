"""Which commands help before the first run: what must be granted, what is missing, what does estate.yaml look like?"""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from drcheck.cli.commands import app

__all__ = ["app"]


class RunKindName(StrEnum):
    """Whether a run may hold test failovers."""

    READ = "read"
    DRILL = "drill"


class ListForm(StrEnum):
    """What the list of permissions can be written as; ``sources`` is the table of the documentation."""

    TEXT = "text"
    MD = "md"
    JSON = "json"
    SOURCES = "sources"


@app.command()
def permissions(
    *,
    run: Annotated[RunKindName, typer.Option("--run", help="read, or drill for runs that hold test failovers.")] = (
        RunKindName.READ
    ),
    form: Annotated[ListForm, typer.Option("--format", help="text, md, json, or sources: a table of all sources.")] = (
        ListForm.TEXT
    ),
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="Write it there, with role, groups and grants to be run by admins."),
    ] = None,
) -> int:
    """Everything that may ever be asked or done, and the right each of it needs. Asks nothing of any machine."""
    from drcheck.cli.permitting import write_permissions  # noqa: PLC0415 - every source: not for --help

    return write_permissions(run.value, form.value, out)


@app.command()
def doctor(
    estate: Annotated[Path, typer.Option("--estate", metavar="FILE", help="The estate.yaml to look at.")],
    *,
    every: Annotated[bool, typer.Option("--all", help="Name also what is in order.")] = False,
) -> int:
    """What is missing at each endpoint, and the command or role that grants it. Writes nothing anywhere.

    Exit codes: 0 nothing is missing, 1 something is, 4 estate.yaml is wrong.
    """
    from drcheck.cli.examining import examine_estate  # noqa: PLC0415 - winrm and azure: not for --help

    return examine_estate(estate, every=every)
