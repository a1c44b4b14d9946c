"""What have drills left that did not come to their end, and how is it undone? From journals, here or elsewhere."""

import json
from pathlib import Path

from drcheck.drill import Context
from drcheck.drill.engine import LEASE, TROUBLE, kind_named
from drcheck.drill.journal import Journal, alone, opened, pending, read, unfinished
from drcheck.drill.waiting import insist
from drcheck.errors import DrillError, DrillFailed


def recover(folder: Path, context: Context) -> tuple[str, ...]:
    """Undo whatever unfinished journals below a folder may have left behind; returns a sentence per journal.

    Asks the estate what really exists before it undoes anything; running it twice is harmless.

    Raises:
        DrillFailed: some of it could not be undone, or is being held by another process; the rest was undone.
    """
    done: list[str] = []
    failed: list[str] = []
    for path in unfinished(folder):
        try:
            done.append(_recover(path, context))
        except TROUBLE as error:
            failed.append(f"{path.name}: {error}")
    if failed:
        raise DrillFailed("; ".join([*failed, *done]))
    return tuple(done)


def _recover(path: Path, context: Context) -> str:
    with alone(path):
        records = read(path)
        first = opened(records)
        journal = Journal(path, first.drill if first else path.stem, context.now)
        if first is None:
            journal.write("closed", recovered=True)
            return f"{path.name}: nothing had been announced"
        failover = kind_named(str(first.data["kind"])).resume(dict(first.data["identity"]), context)
        waiting = [record.action for record in pending(records)]
        context.say(f"{first.drill}: undoing {', '.join(waiting) or 'nothing'}")
        failover.clean_up(journal)
        if journal.announced(LEASE) is not None:
            insist(context.wait, lambda: failover.release_lease(first.drill))
            journal.write("undone", LEASE)
        journal.write("closed", recovered=True)
        return f"{first.drill}: {failover.subject.name} is clean"


def status(folder: Path) -> tuple[str, ...]:
    """A sentence per drill below a folder that was opened and never closed."""
    return tuple(_open_drill(path) for path in unfinished(folder))


def _open_drill(path: Path) -> str:
    try:
        records = read(path)
    except DrillError as damaged:
        return str(damaged)
    first = opened(records)
    actions = ", ".join(record.action for record in pending(records)) or "nothing"
    identity = json.dumps(first.data.get("identity", {}), sort_keys=True) if first else "{}"
    return f"{path}: opened {first.at if first else '?'}, may have left: {actions}; target {identity}"
