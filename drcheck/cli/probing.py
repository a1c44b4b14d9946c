"""Which command holds production against the newest drill?"""

from pathlib import Path
from typing import Annotated

import typer

from drcheck.cli.commands import drill_app
from drcheck.cli.explaining import app
from drcheck.errors import UsageError

__all__ = ["app"]


@drill_app.command("probe")
def probe_production(
    name: Annotated[str, typer.Argument(metavar="DRILL", help="A drill file, or the name of a drill of estate.yaml.")],
    estate: Annotated[Path | None, typer.Option("--estate", metavar="FILE", help="The estate.yaml.")] = None,
    *,
    production: Annotated[bool, typer.Option("--production", help="Yes: ask the running machines.")] = False,
    scripts: Annotated[bool, typer.Option("--scripts", help="Your own scripts may run in production, too.")] = False,
) -> int:
    """Ask the running machines of production, once and read-only, what a drill asks their copies; show what differs.

    Over PowerShell Direct from their Hyper-V hosts. Exit code 1 where production and the newest drill differ, 2 where
    one of them was not asked.
    """
    from drcheck.cli import probed  # noqa: PLC0415 - winrm and azure: not for --help

    if estate is None or not production:
        raise UsageError("say whom to ask: --estate FILE --production (this signs in to running machines, and reads)")
    return probed.show_production(name, estate, scripts=scripts)
