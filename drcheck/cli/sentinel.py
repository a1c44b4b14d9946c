"""The command that prints what production runs so that a copy can tell how old its data are."""

import re
from importlib.resources import files
from typing import Annotated

import typer

from drcheck.cli.commands import drill_app
from drcheck.cli.probing import app
from drcheck.errors import UsageError
from drcheck.verdict import EXIT_CODES, RunVerdict

__all__ = ["app"]

PATH = re.compile(r"[A-Za-z]:\\[^\"'%<>|?*\r\n]+")
"""A full path that needs no quoting but that of blanks, whoever reads it."""
DATABASE = re.compile(r"[^\"'%\r\n\[\]]{1,128}")
SCRIPT = r"C:\Program Files\drcheck\sentinel_writer.ps1"
TASK = "drcheck sentinel"


@drill_app.command("sentinel-writer")
def show_sentinel_writer(
    *,
    path: Annotated[str, typer.Option(metavar="FILE", help="A file: C:\\drcheck\\sentinel.csv.")] = "",
    database: Annotated[str, typer.Option(metavar="NAME", help="Or a database, which gets a table.")] = "",
    every: Annotated[int, typer.Option(min=1, max=60, metavar="SECONDS", help="Between two records.")] = 60,
) -> int:
    """Print what a production machine schedules, so that drills measure the loss of data in the data themselves.

    PowerShell for a file, T-SQL for a database. How that is scheduled, and what the drill file says, is in its first
    lines.
    """
    if bool(path) is bool(database):
        raise UsageError("one of --path and --database is needed, and not both")
    for given, allowed in ((path, PATH), (database, DATABASE)):
        if given and not allowed.fullmatch(given):
            raise UsageError(f"{given!r} cannot be written into a scheduled task as it is; choose a plainer name")
    typer.echo(_for_file(path, every) if path else _for_database(database, every), nl=False)
    return EXIT_CODES[RunVerdict.PASSED]


def _for_file(path: str, every: int) -> str:
    given = rf"-File \"{SCRIPT}\" -Path \"{path}\" -EverySeconds {every}"
    run = f"powershell.exe -NoProfile -ExecutionPolicy AllSigned {given}"
    return _headed(
        "#",
        f"Save this as {SCRIPT} (sign it, or use another -ExecutionPolicy), then, once:",
        f'schtasks /Create /TN "{TASK}" /RU SYSTEM /SC MINUTE /MO 1 /F /TR "{run}"',
        f"In the drill: sentinel: {{path: '{path}', every: {every}s}}",
        text=_text("sentinel_writer.ps1"),
    )


def _for_database(database: str, every: int) -> str:
    step = f'sqlcmd -E -d \\"{database}\\" -Q \\"EXEC dbo.drcheck_write_sentinel\\"'
    return _headed(
        "--",
        "Run this once, then schedule its last statement: a job of SQL Server Agent, or",
        f'schtasks /Create /TN "{TASK}" /SC MINUTE /MO 1 /F /RU <an account that may execute it> /TR "{step}"',
        f"In the drill: sentinel: {{database: '{database}', every: {max(every, 60)}s}}",
        text=_text("sentinel_writer.sql").replace("{database}", f"[{database}]"),
    )


def _headed(mark: str, *lines: str, text: str) -> str:
    return "".join(f"{mark} {line}\n" for line in lines) + text


def _text(name: str) -> str:
    return files("drcheck.data").joinpath(name).read_text(encoding="ascii")
