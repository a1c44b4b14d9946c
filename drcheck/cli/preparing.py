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
    account: Annotated[
        str, typer.Option("--account", metavar="NAME", help=r"Who gets the rights in these files, CONTOSO\drcheck say.")
    ] = "",
    subscription: Annotated[
        str, typer.Option("--subscription", metavar="ID", help="Where the Azure role in these files may be assigned.")
    ] = "",
) -> int:
    """Everything that may ever be asked or done, and the right each of it needs. Asks nothing of any machine."""
    from drcheck.cli.permitting import write_permissions  # noqa: PLC0415 - every source: not for --help

    return write_permissions(run.value, form.value, out, account=account, subscription=subscription)


@app.command()
def doctor(
    estate: Annotated[Path, typer.Option("--estate", metavar="FILE", help="The estate.yaml to look at.")],
    *,
    every: Annotated[bool, typer.Option("--all", help="Name also what is in order.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="All of it as JSON, for programs.")] = False,
) -> int:
    """What is missing at each endpoint, and the command or role that grants it. Writes nothing anywhere.

    Exit codes: 0 nothing is missing, 1 something is, 4 estate.yaml is wrong.
    """
    from drcheck.cli.examining import examine_estate  # noqa: PLC0415 - winrm and azure: not for --help

    return examine_estate(estate, every=every, as_json=as_json)


@app.command()
def init(  # noqa: PLR0913 - one parameter per option
    vmm: Annotated[str, typer.Option("--vmm", metavar="HOST", help="The VMM server, by its full name.")],
    *,
    vault: Annotated[
        list[str] | None, typer.Option("--vault", metavar="ARM_ID", help="A Recovery Services vault; repeat it.")
    ] = None,
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FILE", help="The file to write; never over one.")
    ] = (Path("estate.yaml")),
    username: Annotated[
        str, typer.Option("--username", metavar="NAME", help=r"As whom, such as CONTOSO\drcheck.")
    ] = "",
    password_env: Annotated[
        str, typer.Option("--password-env", metavar="VAR", help="The variable that holds the password.")
    ] = "",
    password_file: Annotated[
        str, typer.Option("--password-file", metavar="FILE", help="The file that holds the password (mode 0600).")
    ] = "",
    ca_file: Annotated[
        str, typer.Option("--ca-file", metavar="FILE", help="PEM of the authority behind WinRM's certificates.")
    ] = "",
    transport: Annotated[
        str, typer.Option("--transport", metavar="NAME", help="ntlm, kerberos, credssp, basic or certificate.")
    ] = "",
    like: Annotated[
        Path | None, typer.Option("--like", metavar="FILE", help="Reach machines and Azure as this estate.yaml says.")
    ] = None,
) -> int:
    """Ask a VMM server, and a vault, and write an estate.yaml to be completed. Reads only; overwrites nothing."""
    from drcheck.cli.proposing import Access, write_estate  # noqa: PLC0415 - winrm and azure: not for --help

    access = Access(
        like=like,
        username=username,
        password_env=password_env,
        password_file=password_file,
        ca_file=ca_file,
        transport=transport,
    )
    return write_estate(vmm, vault or (), output, access)
