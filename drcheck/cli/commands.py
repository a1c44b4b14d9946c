"""Which commands are there, and what does each take?"""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from drcheck.errors import UsageError

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="""Could this estate be recovered, in time, with what loss, in which order - and who proved it when?

    Checks and test failovers for System Center VMM, Hyper-V Replica, failover clusters, SQL Server availability
    groups and Azure Site Recovery. Try it without an estate: drcheck check --lab contoso

    Exit codes: 0 PASSED, 1 FAILED, 2 INCOMPLETE (something could not be observed), 4 usage error, 130 interrupted.
    """,
)
drill_app = typer.Typer(help="Hold test failovers, measure RTO and RPO, clean up, prove that nothing is left.")
lab_app = typer.Typer(help="Simulated estates on loopback that speak WinRM and Azure Resource Manager.")
app.add_typer(drill_app, name="drill")
app.add_typer(lab_app, name="lab")

EstateFile = Annotated[Path | None, typer.Option("--estate", metavar="FILE", help="The estate.yaml to look at.")]
LabName = Annotated[str | None, typer.Option("--lab", metavar="NAME", help="Start and use this simulated estate.")]
LabSeed = Annotated[int, typer.Option("--lab-seed", metavar="N", help="What the lab draws its timings from.")]
LabSpeed = Annotated[
    float | None, typer.Option("--lab-speed", metavar="X", help="Run the lab's clockwork X times faster.")
]
RunDir = Annotated[
    Path | None, typer.Option("--run-dir", metavar="DIR", help="Where the evidence goes; default: reports/<run>.")
]
NoHtml = Annotated[bool, typer.Option("--no-html", help="Write no HTML report (it needs Node.js).")]
Several = list[str]


class Attendance(StrEnum):
    """Whether a drill can ask people; see ``--people`` of the pytest plugin."""

    AUTO = "auto"
    PRESENT = "present"
    ABSENT = "absent"


People = Annotated[
    Attendance, typer.Option(help="Is somebody there who carries out, and confirms, what only people can do?")
]


def session_options(
    estate: Path | None, lab: str | None, seed: int, speed: float | None, run_dir: Path | None, *, no_html: bool
) -> list[tuple[str, object]]:
    """What every session takes, as pairs of a pytest option and its value."""
    lab_only: list[tuple[str, object]] = [("--lab", lab), ("--lab-seed", seed), ("--lab-speed", speed)] if lab else []
    return [("--estate", estate), *lab_only, ("--run-dir", run_dir), ("--no-html", no_html)]


def _several(flag: str, text: str) -> object:
    return typer.Option(flag, metavar="PATTERN", help=f"{text} Repeat it, or separate with commas.")


@app.command()
def check(  # noqa: PLR0913 - one parameter per option
    *,
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Check files or folders; default: the shipped checks.")
    ] = None,
    shipped: Annotated[bool, typer.Option("--shipped-checks", help="The shipped checks besides those named.")] = False,
    estate: EstateFile = None,
    snapshot: Annotated[Path | None, typer.Option(metavar="FILE", help="Judge what was discovered earlier.")] = None,
    lab: LabName = None,
    lab_seed: LabSeed = 0,
    lab_speed: LabSpeed = None,
    checks: Annotated[Several | None, _several("--checks", "Only these checks, e.g. 'DR-VMM-*'.")] = None,
    area: Annotated[Several | None, _several("--area", "Only checks of these areas: VMM, HVR, SQL ...")] = None,
    severity: Annotated[Several | None, _several("--severity", "Only critical, high, medium or low.")] = None,
    app_name: Annotated[Several | None, _several("--app", "Only these applications.")] = None,
    site: Annotated[Several | None, _several("--site", "Only these sites.")] = None,
    tier: Annotated[Several | None, _several("--tier", "Only applications of these tiers.")] = None,
    subject: Annotated[Several | None, _several("--subject", "Only subjects with these names or keys.")] = None,
    keyword: Annotated[str | None, typer.Option("-k", metavar="EXPR", help="pytest's -k: names of checks.")] = None,
    mark: Annotated[
        str | None, typer.Option("-m", metavar="EXPR", help="pytest's -m, e.g. 'sql and critical and not tier3'.")
    ] = None,
    workers: Annotated[
        int, typer.Option("-n", "--workers", metavar="N", help="Worker processes; 0 is fastest for pure checks.")
    ] = 0,
    as_of_snapshot: Annotated[bool, typer.Option("--as-of-snapshot", help="Accept an old snapshot.")] = False,
    run_dir: RunDir = None,
    no_html: NoHtml = False,
) -> int:
    """Discover an estate, judge it, and leave the evidence. Reads only; changes nothing."""
    from drcheck.cli.running import Request, run_checks  # noqa: PLC0415 - pytest: not for --help

    options = session_options(estate, lab, lab_seed, lab_speed, run_dir, no_html=no_html)
    options += [("--snapshot", snapshot), ("--as-of-snapshot", as_of_snapshot), ("-n", workers or None)]
    options += [
        ("--shipped-checks", shipped and bool(paths)),
        ("-k", keyword),
        ("-m", mark),
        ("--checks", checks),
        ("--area", area),
        ("--severity", severity),
    ]
    options += [("--app", app_name), ("--site", site), ("--tier", tier), ("--subject", subject)]
    if not (estate or snapshot or lab):
        raise UsageError("say what to look at: --estate FILE, --snapshot FILE or --lab NAME (see: drcheck lab list)")
    return run_checks(Request(paths=paths or (), options=options))


@drill_app.callback(invoke_without_command=True)
def drill(  # noqa: PLR0913 - one parameter per option
    context: typer.Context,
    *,
    estate: EstateFile = None,
    lab: LabName = None,
    lab_seed: LabSeed = 0,
    lab_speed: LabSpeed = None,
    run_dir: RunDir = None,
    no_html: NoHtml = False,
    people: People = Attendance.AUTO,
) -> int:
    """Check the estate, then hold the test failovers that estate.yaml lists under drills.

    Only test failovers, only into networks that are proven isolated; the clean-up happens whatever went wrong.
    """
    if context.invoked_subcommand:
        return 0
    from drcheck.cli.running import Request, run_checks  # noqa: PLC0415 - pytest: not for --help

    if not (estate or lab):
        raise UsageError("say where to drill: --estate FILE or --lab NAME (see: drcheck lab list)")
    options = session_options(estate, lab, lab_seed, lab_speed, run_dir, no_html=no_html)
    return run_checks(Request(options=[*options, ("--drill", True), ("--people", people.value)]))


Runs = Annotated[Path, typer.Option("--runs", metavar="DIR", help="Where runs, with the journals of drills, are.")]


RecoveredEstate = Annotated[Path, typer.Option("--estate", metavar="FILE", help="The estate.yaml of the drills.")]


@drill_app.command("recover")
def recover_drills(
    *,
    estate: RecoveredEstate,
    runs: Runs = Path("reports"),
    from_hosts: Annotated[
        bool, typer.Option("--from-hosts", help="Fetch journals that are lost here from where their copies are.")
    ] = False,
    dead: Annotated[
        list[str] | None, typer.Option(metavar="DRILL", help="It is dead, whatever its lease or its journal says.")
    ] = None,
) -> int:
    """Clean up after drills that were killed: look at what really exists, remove it, give leases back.

    Running it twice is harmless. Exit code 2 when something could not be removed.
    """
    from drcheck.cli import drilling  # noqa: PLC0415 - winrm and azure: not for --help

    return drilling.recover_drills(estate, runs, from_hosts=from_hosts, dead=dead or ())


@drill_app.command("status")
def show_open_drills(
    runs: Runs = Path("reports"),
    estate: Annotated[
        Path | None, typer.Option("--estate", metavar="FILE", help="Ask this estate's hosts for leases, too.")
    ] = None,
) -> int:
    """Name the drills that were opened and never closed. Exit code 2 when there are any."""
    from drcheck.cli import drilling  # noqa: PLC0415 - winrm and azure: not for --help

    return drilling.show_open_drills(runs, estate)


@drill_app.command("confirm")
def confirm_step(
    drill_id: Annotated[
        str, typer.Argument(metavar="DRILL", help="The drill's id, or its beginning; none: tell what is waited for.")
    ] = "",
    runs: Runs = Path("reports"),
    step: Annotated[str, typer.Option(metavar="NAME", help="The step, where the drill waits for several.")] = "",
    by: Annotated[str, typer.Option(metavar="NAME", help="Who did it; by default the account that runs this.")] = "",
) -> int:
    """Tell a drill that a person has done what it waits for. Without DRILL: exit code 2 while any drill waits."""
    from drcheck.cli import drilling  # noqa: PLC0415 - winrm and azure: not for --help

    return drilling.confirm_step(runs, drill_id, step, by)


@drill_app.command("orphans")
def show_orphans(
    *,
    estate: RecoveredEstate,
    runs: Runs = Path("reports"),
    remove: Annotated[bool, typer.Option("--remove", help="Remove what is proven to be a drill's.")] = False,
    mine: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="With --remove: this one is a drill's, on your word.")
    ] = None,
) -> int:
    """Look for test copies that no drill looks after, without any journal. Exit code 2 while there are any.

    Removed is only what is proven to be a drill's, by the ordinary clean-up of its test failover.
    """
    from drcheck.cli import drilling  # noqa: PLC0415 - winrm and azure: not for --help

    return drilling.show_orphans(estate, runs, removing=remove, mine=mine or ())


@app.command()
def discover(  # noqa: PLR0913 - one parameter per option
    shards: Annotated[list[Path] | None, typer.Argument(metavar="SHARD", help="With --merge: the shards.")] = None,
    *,
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="The snapshot to write.")],
    estate: EstateFile = None,
    lab: LabName = None,
    lab_seed: LabSeed = 0,
    resume: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Go on from this snapshot, or from FILE.parts of one.")
    ] = None,
    younger_than: Annotated[
        str, typer.Option(metavar="AGE", help="With --resume: what was read before that is asked again.")
    ] = "4h",
    site: Annotated[str, typer.Option(metavar="NAME", help="Write a shard: ask only this site's endpoints.")] = "",
    leads: Annotated[
        list[Path] | None, typer.Option(metavar="SHARD", help="With --site: what another shard found. Repeat it.")
    ] = None,
    merge: Annotated[bool, typer.Option("--merge", help="Join shards instead of asking anybody.")] = False,
) -> int:
    """Read a whole estate, or one site of it, into one snapshot file. Exit code 2 when something could not be read.

    A discovery that is interrupted leaves what it read in FILE.parts, to --resume from.
    """
    from drcheck.cli import discovering  # noqa: PLC0415 - winrm and azure: not for --help

    if merge:
        return discovering.merge_snapshots(output, shards or ())
    if shards:
        raise UsageError("shards are named only with --merge")
    request = discovering.Request(
        estate=estate,
        lab=lab,
        seed=lab_seed,
        site=site,
        leads=leads or (),
        resume=resume,
        younger_than=younger_than,
    )
    return discovering.write_snapshot(output, request)


class TableFormat(StrEnum):
    """What a snapshot can be exported as."""

    NDJSON = "ndjson"
    PARQUET = "parquet"


@app.command("export")
def export_tables(
    snapshot: Annotated[Path, typer.Argument(metavar="SNAPSHOT", help="What was discovered.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="A new or empty folder.")],
    form: Annotated[TableFormat, typer.Option("--format", help="ndjson, or parquet (needs pyarrow).")] = (
        TableFormat.NDJSON
    ),
) -> int:
    """Write a snapshot as tables, one file per kind of fact; for DuckDB and the like."""
    from drcheck.cli import discovering  # noqa: PLC0415 - the facts: not for --help

    return discovering.export_snapshot(snapshot, form, output)


@app.command()
def diff(
    old: Annotated[Path, typer.Argument(metavar="OLD", help="An earlier snapshot.")],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="A later snapshot.")],
    estate: Annotated[
        Path | None, typer.Option("--estate", metavar="FILE", help="Judge by its policy and waivers.")
    ] = None,
) -> int:
    """What changed between two snapshots, and which verdicts with it. New failures exit 1, newly unknown 2."""
    from drcheck.cli.looking import compare_snapshots  # noqa: PLC0415 - the checks: not for --help

    return compare_snapshots(old, new, estate=estate)


@app.command("history")
def show_history(
    subject: Annotated[str, typer.Argument(metavar="[SUBJECT]", help="A machine's or plan's name or id.")] = "",
    *,
    estate: Annotated[Path | None, typer.Option("--estate", metavar="FILE", help="The estate.yaml.")] = None,
    file: Annotated[Path | None, typer.Option("--file", metavar="FILE", help="The file of figures itself.")] = None,
) -> int:
    """Show what earlier runs and drills measured: how far behind copies were, how long recoveries took."""
    from drcheck.cli import remembering  # noqa: PLC0415 - the estate: not for --help

    return remembering.show_history(estate, file, subject)


class ReportFormat(StrEnum):
    """What a run can be rendered as."""

    HTML = "html"
    FILES = "files"


@app.command()
def report(
    what: Annotated[ReportFormat, typer.Argument(help="html, or files: run.json, JUnit and Allure results anew.")],
    directory: Annotated[Path, typer.Argument(help="The directory of a run.")] = Path("reports/latest"),
) -> int:
    """Render a finished run again. HTML is made by Allure 3, which needs Node.js 18 or newer."""
    from drcheck.cli.looking import render_again  # noqa: PLC0415 - the report formats: not for --help

    return render_again(directory, html=what is ReportFormat.HTML)


_PASS_ON = {"allow_extra_args": True, "ignore_unknown_options": True}


@lab_app.command(context_settings=_PASS_ON, add_help_option=False)
def serve(context: typer.Context) -> int:
    """Serve a scenario until it is stopped: --scenario NAME --out DIR [--truth FILE] [--seed N] [--speed X]."""
    from drcheck.lab.running.serve import main  # noqa: PLC0415 - the lab's servers: not for --help

    return main(context.args)


@lab_app.command("list")
def list_labs() -> int:
    """Name the simulated estates."""
    from drcheck.cli.looking import lab_lines  # noqa: PLC0415 - the scenarios: not for --help

    for line in lab_lines():
        typer.echo(line)
    return 0
