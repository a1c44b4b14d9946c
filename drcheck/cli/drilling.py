"""Commands for drills that did not come to their end: what may they have left, and how is it removed?"""

import os
import time
from collections.abc import Collection, Iterable
from pathlib import Path

import typer

from drcheck.discovery.driver import survey
from drcheck.drill import Context
from drcheck.drill.confirming import confirm, waiting
from drcheck.drill.timing.clock import context, now
from drcheck.drill.undoing.copies import KINDS, Copies, copies
from drcheck.drill.undoing.orphans import KINDS as ORPHANED
from drcheck.drill.undoing.orphans import Orphan, find, remove
from drcheck.drill.undoing.recovery import recover, recover_copies, status
from drcheck.errors import DrcheckError, DrillFailed, UsageError
from drcheck.estate import Estate, load
from drcheck.topology.base import Fact, Topology
from drcheck.verdict import EXIT_CODES, RunVerdict

RECOVERED = "recovered"
"""Below the folder of runs, where no folder of journals is declared: journals that were fetched, and of orphans."""


def recover_drills(estate: Path, runs: Path, *, from_hosts: bool = False, dead: Collection[str] = ()) -> int:
    """Undo what open journals announced, after a look at what really exists; returns 0.

    Args:
        estate: the file.
        runs: the folder of runs, with journals.
        from_hosts: whether journals that are lost here are fetched from where their copies are.
        dead: drills that are certainly dead, though their leases have not run out or another machine wrote just now.

    Raises:
        UsageError: the estate file cannot be used; or there is no folder with journals, and hosts are not asked.
        DrillFailed: something could not be undone; the message names it.
    """
    declared = load(estate, os.environ)
    folders = _folders(runs, declared, needed=not from_hosts)
    done: list[str] = []
    failed: list[str] = []
    for folder in folders:
        try:
            done += recover(folder, context(declared, Topology(as_of=now()), folder, _say), dead)
        except DrillFailed as error:
            failed.append(str(error))
    if from_hosts:
        made = _surveyed(declared, runs, KINDS)
        found = copies(made)
        failed += found.unread
        try:
            done += recover_copies(found.found, made, folders, dead)
        except DrillFailed as error:
            failed.append(str(error))
    return _told(done or ["Nothing is left to be undone."], failed)


def _told(done: Iterable[str], failed: Collection[str]) -> int:
    for line in done:
        typer.echo(line)
    if failed:
        raise DrillFailed("; ".join(failed))
    return EXIT_CODES[RunVerdict.PASSED]


def show_open_drills(runs: Path, estate: Path | None = None) -> int:
    """Name the drills that were opened and never closed; the exit code is INCOMPLETE while there are any.

    Args:
        runs: the folder of runs, with journals.
        estate: the file, to ask as well which leases there still are on replica hosts.

    Raises:
        UsageError: there is no such folder and no estate file, or that cannot be used.
    """
    declared = load(estate, os.environ) if estate else None
    folders = _folders(runs, declared, needed=declared is None)
    found = [line for folder in folders for line in status(folder)]
    held = copies(_surveyed(declared, runs, KINDS)) if declared else Copies()
    found += [one.told for one in held.found if not any(one.drill in line for line in found)]
    for line in (*found, *(f"not read: {where}" for where in held.unread)) or ("No drill is open.",):
        typer.echo(line)
    return EXIT_CODES[RunVerdict.INCOMPLETE if found or held.unread else RunVerdict.PASSED]


def confirm_step(runs: Path, drill: str, step: str, by: str) -> int:
    """Tell a drill that a person has done what it waits for; without a drill, name what is waited for.

    Raises:
        UsageError: there is no such folder.
        DrillError: no drill waits for it, or it is not clear for which of several steps.
    """
    (folder,) = _folders(runs, None)
    if drill:
        done = confirm(folder, drill, step, now(), by)
        typer.echo(f"{done.drill}: {done.step} is done.")
        return EXIT_CODES[RunVerdict.PASSED]
    found = waiting(folder)
    for one in found:
        typer.echo(f"{one.drill}: {one.step} ({one.owner or 'anybody'}), since {one.since:%Y-%m-%d %H:%M:%S} UTC")
    if not found:
        typer.echo("No drill waits for anybody.")
    return EXIT_CODES[RunVerdict.INCOMPLETE if found else RunVerdict.PASSED]


def show_orphans(estate: Path, runs: Path, *, removing: bool, mine: Collection[str]) -> int:
    """Name the copies that no drill looks after, and remove those that are proven to be a drill's if asked to.

    Args:
        estate: the file.
        runs: the folder of runs, for the journals of what is removed.
        removing: whether to remove.
        mine: ids of those that a person says are a drill's.

    Returns:
        INCOMPLETE while there are any, or somewhere nobody could look.
    """
    declared = load(estate, os.environ)
    made = _surveyed(declared, runs, ORPHANED)
    found = find(made)
    left = [one for one in found.orphans if not (removing and _removed(one, made, mine))]
    for line in (*(one.told for one in left), *(f"not read: {where}" for where in found.unread)):
        typer.echo(line)
    if not (left or found.unread):
        typer.echo("No orphan is left.")
    return EXIT_CODES[RunVerdict.INCOMPLETE if left or found.unread else RunVerdict.PASSED]


def _removed(orphan: Orphan, made: Context, mine: Collection[str]) -> bool:
    vouched = orphan.id in {one.lower() for one in mine}
    try:
        if orphan.drill:
            held = [one for one in copies(made).found if one.drill == orphan.drill]
            done = recover_copies(held, made)
        else:
            done = (remove(orphan, made, vouched=vouched),)
    except DrcheckError as error:
        typer.echo(f"left alone: {error}")
        return False
    for line in done:
        typer.echo(line)
    return bool(done)


def _folders(runs: Path, declared: Estate | None, *, needed: bool = True) -> list[Path]:
    """Where journals are: below the runs, and in the folder that all machines share.

    Where they are ``needed`` a wrong folder must not look like one without drills; else what holds leases is asked too,
    and the machine that had the journals may be gone.
    """
    shared = declared.drill_journals if declared else None
    found = [folder for folder in (runs, shared) if folder is not None and folder.is_dir()]
    if len(found) > 1 and found[1].resolve().is_relative_to(found[0].resolve()):
        found.pop()
    if not found and needed:
        raise UsageError(f"there is no folder {runs}; name the one that holds your runs: --runs DIR")
    return found


def _surveyed(declared: Estate, runs: Path, kinds: Collection[type[Fact]]) -> Context:
    """What a search over the whole estate works with."""
    topology = survey(declared, kinds, now=now, monotonic=time.monotonic)
    return context(declared, topology, declared.drill_journals or runs / RECOVERED, _say)


def _say(text: str) -> None:
    typer.echo(f"  drill {text}")
