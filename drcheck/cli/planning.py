"""What would drills do? Their plans, printed for a reviewer who has nothing else."""

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import msgspec
import typer
from msgspec import Struct, structs

from drcheck.cli.plan_text import lines
from drcheck.drill import Context
from drcheck.drill.planned import DrillPlan, planned
from drcheck.drill.planning.announcement import Call
from drcheck.drill.timing.clock import context
from drcheck.errors import UsageError
from drcheck.estate import Estate, load
from drcheck.lab.running.process import LabFailed, LabProcess
from drcheck.permissions.needed import calls_of, needed
from drcheck.pytest_plugin.sources import discover
from drcheck.snapshot import load as load_snapshot
from drcheck.verdict import EXIT_CODES, RunVerdict


class Source(Struct, frozen=True, kw_only=True):
    """By what drills are planned."""

    estate: Path | None = None
    lab: str | None = None
    seed: int = 0
    snapshot: Path | None = None


def show_plans(files: Sequence[Path], source: Source, *, as_json: bool) -> int:
    """Print the plan of every drill; the exit code is INCOMPLETE while one of them would be refused.

    Raises:
        UsageError: a file has mistakes, or nobody said by which estate to plan.
    """
    with ExitStack() as stack:
        estate, made = _surroundings(files, source, stack)
        plans = [planned(spec, made) for spec in estate.drills]
    if not plans:
        raise UsageError(f"there is no drill to plan: {estate.path} lists none; name a drill file")
    if as_json:
        typer.echo(json.dumps({"schema": 1, "plans": [_document(plan) for plan in plans]}, indent=1))
    else:
        typer.echo("\n\n".join("\n".join(lines(plan)) for plan in plans))
    return EXIT_CODES[RunVerdict.INCOMPLETE if any(plan.refused for plan in plans) else RunVerdict.PASSED]


def _surroundings(files: Sequence[Path], source: Source, stack: ExitStack) -> tuple[Estate, Context]:
    path = _estate_file(source, stack)
    estate = load(path, os.environ, files)
    if source.snapshot is None:
        return estate, context(estate, discover(estate), Path(), typer.echo)
    topology, _ = load_snapshot(source.snapshot)
    made = context(estate, topology, Path(), typer.echo)
    return estate, structs.replace(made, look=lambda *_: topology)


def _estate_file(source: Source, stack: ExitStack) -> Path:
    if source.lab and not source.estate and not source.snapshot:
        try:
            return stack.enter_context(LabProcess(scenario=source.lab, seed=source.seed)).estate
        except LabFailed as error:
            raise UsageError(str(error)) from error
    if source.estate and not source.lab:
        return source.estate
    raise UsageError(
        "say by which estate to plan: --estate FILE, with --snapshot FILE if nobody is to be asked, or --lab NAME"
    )


def _document(plan: DrillPlan) -> dict[str, object]:
    """The plan as data, each call with the rights it needs."""
    found: dict[str, object] = msgspec.to_builtins(plan)
    found["stages"] = [{**msgspec.to_builtins(stage), "calls": list(_calls(stage.calls))} for stage in plan.stages]
    return found


def _calls(calls: Sequence[Call]) -> Iterator[dict[str, object]]:
    for call in calls:
        cmdlets = list(calls_of(call.verb)) if call.verb else []
        yield {**msgspec.to_builtins(call), "cmdlets": cmdlets, "needs": list(needed(call))}
