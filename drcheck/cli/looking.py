"""Commands that look without judging for a verdict: discovery, comparison, rendering, the list of labs."""

import os
from importlib import import_module
from pathlib import Path

import typer

from drcheck.check import Check
from drcheck.estate import load as load_estate
from drcheck.evaluate import evaluate_all
from drcheck.lab.running.assembly import names
from drcheck.policy import Policy
from drcheck.pytest_plugin.collect import load_checks
from drcheck.pytest_plugin.options import shipped_checks
from drcheck.report import Evidence, kept, write_all
from drcheck.report.html import render
from drcheck.report.run_json import read
from drcheck.report.terminal import headline
from drcheck.snapshot import load
from drcheck.waivers import Waiver
from drcheck.whatif.diff import Diff, compare


def compare_snapshots(old: Path, new: Path, *, estate: Path | None) -> int:
    """Print what changed between two snapshots and which verdicts with it; returns the exit code.

    Raises:
        SnapshotError: one of the files is not a snapshot.
    """
    before, _ = load(old)
    after, _ = load(new)
    policy, waivers = _rules(estate)
    checks = _checks()
    found = [evaluate_all(topology, checks, policy, waivers) for topology in (before, after)]
    difference = compare(before, after, *found)
    for line in _lines(difference):
        typer.echo(line)
    return difference.exit_code


def _rules(estate: Path | None) -> tuple[Policy, tuple[Waiver, ...]]:
    if estate is None:
        return Policy(), ()
    declared = load_estate(estate, os.environ)
    return declared.policy, declared.waivers


def _checks() -> list[Check]:
    return [check for path in sorted(shipped_checks().rglob("check_*.py")) for check in load_checks(path)]


def _lines(difference: Diff) -> list[str]:
    topology = [f"  {change}" for change in difference.topology] or ["  nothing"]
    verdicts = [f"  {change}" for change in difference.verdicts] or ["  none"]
    return ["What changed:", *topology, "Verdicts that changed:", *verdicts]


def render_again(directory: Path, *, html: bool) -> int:
    """Render a finished run again; the exit code only says that it could be done."""
    run = read(directory)
    if html:
        typer.echo(f"HTML: {render(directory)}")
        return 0
    write_all(Evidence(run=run, attachments=kept(directory)), directory)
    typer.echo(headline(run, str(directory)))
    return 0


def lab_lines() -> list[str]:
    """Each scenario with the first line of what it says about itself."""
    modules = {name: import_module(f"drcheck.lab.scenarios.{name.replace('-', '_')}") for name in names()}
    return [f"{name:20}{(module.__doc__ or '').strip().splitlines()[0]}" for name, module in modules.items()]
