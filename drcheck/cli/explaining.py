"""Commands for whoever wants to understand: which checks are there, and what is behind one of them?"""

from pathlib import Path
from typing import Annotated

import typer

from drcheck.cli.holding import app
from drcheck.errors import UsageError

__all__ = ["app"]


@app.command()
def catalogue(
    *,
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Check files or folders; default: the shipped checks.")
    ] = None,
    form: Annotated[str, typer.Option("--format", help="md, json or csv.")] = "md",
) -> int:
    """Every check with its severity, reason, source, remedy, facts, rights and controls. Asks nothing."""
    from drcheck.catalogue import Form, render  # noqa: PLC0415 - every source: not for --help
    from drcheck.cli.check_files import checks_at  # noqa: PLC0415 - pytest: not for --help

    if form not in {one.value for one in Form}:
        raise UsageError(f"there is no format {form!r}; there are {', '.join(one.value for one in Form)}")
    typer.echo(render(checks_at(paths or []), Form(form)), nl=False)
    return 0


@app.command()
def explain(
    what: Annotated[str, typer.Argument(help="A check's id, e.g. DR-VMM-001; app:NAME, or site:NAME.")],
    *,
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Check files or folders; default: the shipped checks.")
    ] = None,
    run: Annotated[Path, typer.Option("--run", metavar="DIR", help="The run that explains app: and site:.")] = Path(
        "reports/latest"
    ),
) -> int:
    """What a check is about, or what stands between an application or a site and its recovery. Asks no machine."""
    kind, _, name = what.partition(":")
    if name and kind.lower() in ("app", "site"):
        from drcheck.report.recoverability import explained, explained_site  # noqa: PLC0415 - only for this
        from drcheck.report.run_json import read  # noqa: PLC0415 - only for this

        tell = explained if kind.lower() == "app" else explained_site
        typer.echo(tell(read(run), name), nl=False)
        return 0
    from drcheck.catalogue import entries, page  # noqa: PLC0415 - every source: not for --help
    from drcheck.cli.check_files import checks_at  # noqa: PLC0415 - pytest: not for --help

    listed = entries(checks_at(paths or []))
    found = [one for one in listed if one.id.lower() == what.lower()]
    if not found:
        area = what.lower().rpartition("-")[0]
        near = [one.id for one in listed if area and one.id.lower().startswith(area)]
        raise UsageError(f"there is no check {what}; there are {', '.join(near) or 'those of `drcheck catalogue`'}")
    typer.echo(page(found[0], ()), nl=False)
    return 0
