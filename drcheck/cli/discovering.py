"""Commands that make snapshots: of an estate, of one site of it, of several shards; and tables of what is in one."""

import os
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path

import typer
from msgspec import Struct

from drcheck.discovery.driver import Assignment, Earlier, discover, merge
from drcheck.discovery.driver.assignment import ELSEWHERE
from drcheck.discovery.progress import make_progress
from drcheck.errors import UsageError
from drcheck.estate import Estate
from drcheck.estate import load as load_estate
from drcheck.estate.forms import seconds_of
from drcheck.lab.running.process import LabFailed, LabProcess
from drcheck.pytest_plugin.sources import now
from drcheck.snapshot import load, load_parts, save
from drcheck.snapshot.export import export
from drcheck.snapshot.parts import PartsFile
from drcheck.topology.base import Gap, Topology
from drcheck.verdict import EXIT_CODES, RunVerdict


class Request(Struct, frozen=True, kw_only=True):
    """What is to be discovered, and what of it."""

    estate: Path | None = None
    lab: str | None = None
    seed: int = 0
    site: str = ""
    """Only this site's endpoints; empty means all."""
    leads: Sequence[Path] = ()
    """Shards of other sites, which may know endpoints of this one."""
    resume: Path | None = None
    """What an earlier discovery left."""
    younger_than: str = "4h"
    """How old what it read may be, to be taken without asking again."""


def write_snapshot(output: Path, request: Request) -> int:
    """Discover an estate into a file; the exit code says whether everything that was to be asked could be read.

    While it goes on, what was read is in a file beside it; it stays there when the discovery dies.

    Raises:
        UsageError: not exactly one estate was named, it is wrong, or the folder of the file does not exist.
        SnapshotError: a file to go on from is damaged.
    """
    if (request.estate is None) == (request.lab is None):
        raise UsageError("give one of --estate FILE or --lab NAME")
    _check_folder(output)
    began = now()
    since = began - timedelta(seconds=_duration(request.younger_than))
    earlier, begun = load_parts(request.resume) if request.resume else ([], b"")
    leads = tuple(target for path in request.leads for target in load(path)[0].targets)
    with ExitStack() as stack:
        estate = load_estate(request.estate or _start(str(request.lab), request.seed, stack), os.environ)
        _check_site(estate, request.site)
        parts = PartsFile(output, begun)
        given = Assignment(site=request.site, leads=leads, earlier=Earlier(earlier, since), keep=parts.keep)
        topology, digest = _discover(estate, given, parts, output)
    return _tell(output, topology, digest, began if earlier else None)


def merge_snapshots(output: Path, shards: Sequence[Path]) -> int:
    """Join shards into one snapshot; the exit code says whether anything is missing.

    Raises:
        UsageError: a file is no shard, or there are two of one site, or none.
        SnapshotError: a file is damaged.
    """
    if not shards:
        raise UsageError("name the shards to merge")
    _check_folder(output)
    topology = merge([load(path)[0] for path in shards])
    return _tell(output, topology, save(topology, output), None)


def export_snapshot(snapshot: Path, form: str, output: Path) -> int:
    """Write a snapshot as tables, one file per kind of fact.

    Raises:
        UsageError: the folder exists and is not empty, or a library is missing.
        SnapshotError: the file is not a snapshot.
    """
    topology, _ = load(snapshot)
    for path, rows in export(topology, form, output):
        typer.echo(f"{path}: {rows} rows")
    return 0


def _discover(estate: Estate, given: Assignment, parts: PartsFile, output: Path) -> tuple[Topology, str]:
    try:
        topology = discover(estate, now=now, monotonic=time.monotonic, progress=make_progress(), given=given)
        digest = save(topology, output)
    except BaseException:
        # Ctrl-C above all: nothing else can say where the rest is.
        parts.close()
        sys.stderr.write(f"drcheck: what was read is in {parts.path}; go on with: --resume {parts.path}\n")
        raise
    parts.done()
    return topology, digest


def _tell(output: Path, topology: Topology, digest: str, began: datetime | None) -> int:
    typer.echo(f"{output}: {len(topology.facts)} facts, {len(topology.gaps)} gaps, SHA-256 {digest}")
    left = [gap for gap in topology.gaps if gap.cause == ELSEWHERE]
    missing = [gap for gap in topology.gaps if gap.cause != ELSEWHERE]
    if began is not None:
        typer.echo(f"  {sum(fact.seen.at < began for fact in topology.facts)} facts were read before, and kept")
    if left:
        typer.echo(f"  left to other sites: {_names({gap.scope for gap in left})}")
    for line in gap_lines(missing):
        typer.echo(line)
    return EXIT_CODES[RunVerdict.INCOMPLETE if missing else RunVerdict.PASSED]


def gap_lines(gaps: Iterable[Gap]) -> Iterator[str]:
    """What could not be read, and why: one line for all that failed in one place for one reason."""
    kinds: dict[tuple[str, str], set[str]] = {}
    for gap in gaps:
        kinds.setdefault((gap.scope, gap.reason), set()).add(gap.kind)
    for (scope, reason), of in kinds.items():
        yield f"  not read: {_names(of)} of {scope}: {reason}"


def _names(scopes: Iterable[str]) -> str:
    names = sorted(scopes)
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _duration(text: str) -> int:
    try:
        return seconds_of(text)
    except ValueError as error:
        raise UsageError(f"--younger-than: {error}") from error


def _check_folder(output: Path) -> None:
    if not output.parent.is_dir():
        raise UsageError(f"{output}: there is no folder {output.parent}")
    if output.is_dir():
        raise UsageError(f"{output} is a folder; name the file to write")


def _check_site(estate: Estate, site: str) -> None:
    names = [each.name for each in estate.sites]
    if site and site not in names:
        raise UsageError(f"{estate.path}: there is no site {site!r}; there are: {', '.join(names) or 'none'}")


def _start(lab: str, seed: int, stack: ExitStack) -> Path:
    try:
        return stack.enter_context(LabProcess(scenario=lab, seed=seed)).estate
    except LabFailed as error:
        raise UsageError(str(error)) from error
