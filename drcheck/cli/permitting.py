"""Commands for whoever grants rights: what may drcheck ask and do, and what must it be given?"""

from pathlib import Path

import typer

from drcheck.cli.check_files import checks_at
from drcheck.errors import UsageError
from drcheck.permissions.artefacts import artefacts
from drcheck.permissions.azure import SCOPE
from drcheck.permissions.listing import Form, render
from drcheck.permissions.rights import ACCOUNT
from drcheck.permissions.sources_page import page
from drcheck.permissions.uses import RunKind


def write_permissions(run: str, form: str, out: Path | None, *, account: str, subscription: str) -> int:
    """Print the list, or write it with the files that grant the rights into a folder; returns 0.

    Raises:
        UsageError: a file of that name is there already, or cannot be written; the account is none.
    """
    if form == "sources":
        typer.echo(page(checks_at(())), nl=False)
        return 0
    listed = render(RunKind(run), Form(form))
    if out is None:
        typer.echo(listed, nl=False)
        return 0
    suffix = {"text": "txt"}.get(form, form)
    files = artefacts(RunKind(run), account or ACCOUNT, f"/subscriptions/{subscription}" if subscription else SCOPE)
    for name, text in {f"permissions.{suffix}": listed, **files}.items():
        write_new(out / name, text)
        typer.echo(f"{out / name}")
    return 0


def write_new(path: Path, text: str) -> None:
    """Write a file that is not there yet.

    Raises:
        UsageError: it is there, or cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise UsageError(f"{path} exists, and nothing is overwritten; name another with -o or --out") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from error
