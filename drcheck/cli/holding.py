"""Which commands plan and hold the drills of drill files?"""

from enum import StrEnum
from importlib import resources
from pathlib import Path
from typing import Annotated

import typer

from drcheck.cli.commands import (
    Attendance,
    EstateFile,
    LabName,
    LabSeed,
    LabSpeed,
    NoHtml,
    People,
    RunDir,
    Runs,
    drill_app,
    session_options,
)
from drcheck.cli.preparing import app
from drcheck.errors import UsageError

__all__ = ["app"]

Files = Annotated[
    list[Path] | None,
    typer.Argument(metavar="FILE", help="Drill files; default: the drills that estate.yaml lists."),
]


class PlanForm(StrEnum):
    """What a plan can be written as."""

    TEXT = "text"
    JSON = "json"


@drill_app.command("plan")
def plan_drills(
    files: Files = None,
    *,
    estate: EstateFile = None,
    lab: LabName = None,
    lab_seed: LabSeed = 0,
    snapshot: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="With --estate: plan by what was discovered earlier; nobody is asked."),
    ] = None,
    form: Annotated[PlanForm, typer.Option("--format", help="text or json.")] = PlanForm.TEXT,
) -> int:
    """Print every call that drills would make, in order, the right each needs, how long it takes, what refuses it now.

    Changes nothing. Exit code 2 when one of them would be refused now.
    """
    from drcheck.cli import planning  # noqa: PLC0415 - winrm and azure: not for --help

    source = planning.Source(estate=estate, lab=lab, seed=lab_seed, snapshot=snapshot)
    return planning.show_plans(files or (), source, as_json=form is PlanForm.JSON)


@drill_app.command("run")
def run_drills(  # noqa: PLR0913 - one parameter per option
    files: Files = None,
    *,
    estate: EstateFile = None,
    lab: LabName = None,
    lab_seed: LabSeed = 0,
    lab_speed: LabSpeed = None,
    run_dir: RunDir = None,
    no_html: NoHtml = False,
    people: People = Attendance.AUTO,
) -> int:
    """Check the estate, then hold the test failovers of drill files."""
    from drcheck.cli.running import Request, run_checks  # noqa: PLC0415 - pytest: not for --help

    if not (estate or lab):
        raise UsageError("say where to drill: --estate FILE or --lab NAME (see: drcheck lab list)")
    options = session_options(estate, lab, lab_seed, lab_speed, run_dir, no_html=no_html)
    return run_checks(
        Request(options=[*options, ("--drill", True), ("--drill-file", list(files or ())), ("--people", people.value)])
    )


@drill_app.command("verify")
def verify_records(
    records: Annotated[list[Path], typer.Argument(metavar="RECORD", help="Records of drills: <id>.json.")],
    *,
    allowed_signers: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Who may sign, as ssh-keygen reads it; a record must then be signed."),
    ] = None,
    runs: Runs = Path("reports"),
) -> int:
    """Hold records against their journals, their objectives, the records before them, signatures and reviews.

    Asks no machine. Exit code 1 when something is not as it was, 2 when something could not be checked.
    """
    from drcheck.cli import verifying  # noqa: PLC0415 - drills: not for --help

    return verifying.verify_records(records, runs, allowed_signers)


@drill_app.command("schema")
def show_schema(
    *,
    record: Annotated[bool, typer.Option("--record", help="Instead: of the record that a drill leaves.")] = False,
) -> int:
    """Print the JSON schema of a drill file, for editors and reviews."""
    if record:
        typer.echo(
            resources.files("drcheck.drill.evidence").joinpath("record.schema.json").read_text(encoding="utf-8"),
            nl=False,
        )
        return 0
    from drcheck.estate.drill_schema import schema_text  # noqa: PLC0415 - pydantic: not for --help

    typer.echo(schema_text(), nl=False)
    return 0
