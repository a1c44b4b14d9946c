"""What have drills left that did not come to their end, and how is it undone? From journals, here or elsewhere."""

import json
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from msgspec import structs

from drcheck.drill import Context, Failover
from drcheck.drill.engine import LEASE, TROUBLE, journal_path, kind_named
from drcheck.drill.evidence.record import write_record
from drcheck.drill.held import Held
from drcheck.drill.holder import holder, machine
from drcheck.drill.interruption import undisturbed
from drcheck.drill.journal import SUFFIX, Journal, Record, alone, closed, opened, pending, read, unfinished
from drcheck.drill.lease import QUIET
from drcheck.drill.timing.waiting import insist
from drcheck.drill.undoing.copies import Copied, hyperv_hosts, moment, records_of
from drcheck.errors import DrillError, DrillFailed
from drcheck.estate import DrillSpec


def recover(folder: Path, context: Context, dead: Collection[str] = ()) -> tuple[str, ...]:
    """Undo whatever unfinished journals below a folder may have left behind; returns a sentence per journal.

    Asks the estate what really exists before it undoes anything; running it twice is harmless.

    Args:
        folder: holds the journals.
        context: what to work with.
        dead: drills that somebody knows to be dead, by id, though their journals were written to just now elsewhere.

    Raises:
        DrillFailed: some of it could not be undone, or is being held by another process; the rest was undone.
    """
    work = [(path.name, lambda path=path: undo(path, context, dead)) for path in unfinished(folder)]
    work += [(path.name, lambda path=path: _recorded(path, context)) for path in _unrecorded(folder, context)]
    return _each(work)


def _unrecorded(folder: Path, context: Context) -> tuple[Path, ...]:
    """Journals of drills that came to their end and died before they wrote their records."""
    known = [context.estate.drill_records] if context.estate.drill_records else []
    return tuple(
        path
        for path in sorted(folder.rglob(f"*{SUFFIX}"))
        if closed(path)
        and (first := opened(read(path))) is not None
        and "orphan" not in first.data  # the removal of one is no drill
        and not any((place / f"{first.drill}.json").exists() for place in (path.parent, *known))
    )


def _recorded(path: Path, context: Context) -> str:
    with alone(path):
        records = read(path)
        first = opened(records)
        assert first is not None  # noqa: S101 - asked before
        failover = _resumed(path, first, context)
        _record(path, records, failover, context)
        return f"{first.drill}: had been cleaned up; its record was missing, and is written"


def recover_copies(
    found: Sequence[Copied], context: Context, folders: Sequence[Path] = (), dead: Collection[str] = ()
) -> tuple[str, ...]:
    """Undo drills whose journals are lost here, from the copies next to their leases; a sentence per drill.

    A drill whose lease has not run out may be alive on another machine, whose lock cannot be seen from here: it is
    left alone unless it is named.

    Args:
        found: the drills that some lease names.
        context: what to work with; journals are written to its folder.
        folders: where journals are besides: drills with one are left to ``recover``.
        dead: drills that somebody knows to be dead, by id.

    Raises:
        DrillFailed: some of it could not be undone; the rest was undone.
    """
    known = (path for folder in (context.folder, *folders) for path in folder.rglob(f"*{SUFFIX}"))
    here = {_id_of(path) for path in known}
    work = [(one.drill, lambda one=one: _undo_copied(one, context, dead)) for one in found if one.drill not in here]
    return _each(work)


def _each(work: Sequence[tuple[str, Callable[[], str]]]) -> tuple[str, ...]:
    done: list[str] = []
    failed: list[str] = []
    for name, undone in work:
        try:
            done.append(undone())
        except TROUBLE as error:
            failed.append(f"{name}: {error}")
    if failed:
        raise DrillFailed("; ".join([*failed, *done]))
    return tuple(done)


def _undo_copied(copied: Copied, context: Context, dead: Collection[str]) -> str:
    if not (copied.over(context.now()) or copied.drill in dead):
        raise DrillError(
            f"{copied.told}; it may be alive. Wait until its lease has run out, recover it where it was held, or, if "
            f"its process is certainly dead, give --dead {copied.drill}"
        )
    if copied.damaged:
        raise DrillError(f"{copied.told}; {copied.damaged} lines of its journal's copy are damaged: undo it by hand")
    path = journal_path(context.folder, copied.drill)
    if copied.lines:
        _require_known(copied, context)
        context.folder.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"{line}\n" for line in copied.lines), encoding="utf-8")
    else:  # it died between taking the lease and the first copy: before anything that could leave something else
        journal = Journal(path, copied.drill, context.now)
        journal.write("opened", kind=copied.kind, name=copied.drill, identity=dict(copied.identity))
        journal.write("intent", LEASE, copied_from=copied.where)
    return undo(path, context, (copied.drill,))


def undo(path: Path, context: Context, dead: Collection[str] = ()) -> str:
    """Undo what one journal announced; returns a sentence.

    Args:
        path: the journal.
        context: what to work with.
        dead: see ``recover``.

    Raises:
        DrillError: another process works with it, it is damaged, or something could not be undone.
    """
    context = structs.replace(context, say=undisturbed(context.say))
    with alone(path):
        records = read(path)
        first = opened(records)
        journal = Journal(path, first.drill if first else _id_of(path), context.now)
        if first is None and records:
            raise DrillError(f"{path.name}: its beginning is missing, and what it is about; undo by hand")
        if first is None:
            journal.write("closed", recovered=True)
            return f"{path.name}: nothing had been announced"
        if first.drill not in dead:
            _require_dead(first, records[-1], context.now())
        failover = _resumed(path, first, context)
        waiting = [record.action for record in pending(records)]
        context.say(f"{first.drill}: undoing {', '.join(waiting) or 'nothing'}")
        failover.clean_up(journal)
        give_back(failover, journal, context)
        _record(path, records, failover, context)
        return f"{first.drill}: {failover.subject.name} is clean"


def _require_dead(first: Record, last: Record, now: datetime) -> None:
    """A folder that several machines share tells of no process on the others: who wrote just now may be alive."""
    where, written = str(first.data.get("machine", machine())), moment(last.at)
    if where != machine() and written is not None and now - written < QUIET:
        raise DrillError(
            f"{first.drill}: it is held on {where}, and its journal was written to at {last.at}: it may be alive. "
            f"Recover it there, or later, or, if its process is certainly dead, give --dead {first.drill}"
        )


def _id_of(path: Path) -> str:
    return path.name.removesuffix(SUFFIX)


def _resumed(path: Path, first: Record, context: Context) -> Failover:
    """What a journal is about. It may have been fetched from where others can write: it names no file but its own.

    Raises:
        DrillError: it does not tell, or it is another drill's.
    """
    kind, identity = first.data.get("kind"), first.data.get("identity")
    if first.drill != _id_of(path) or not isinstance(identity, dict):
        raise DrillError(f"{path.name}: the journal is damaged: it says that it is of drill {first.drill!r}")
    try:
        return kind_named(str(kind)).resume({str(key): str(value) for key, value in identity.items()}, context)
    except KeyError as missing:
        raise DrillError(f"{path.name}: the journal is damaged: it does not name its {missing}") from missing


def _require_known(copied: Copied, context: Context) -> None:
    """A copy names the hosts that it wants to be cleaned up: nobody signs in to one that the estate does not have."""
    first = opened(tuple(records_of(copied.lines)))
    identity = first.data.get("identity") if first else None
    named = {
        str(value) for key, value in (identity.items() if isinstance(identity, dict) else ()) if _is_host(str(key))
    }
    strange = sorted(named - {*hyperv_hosts(context), copied.where})
    if strange:
        raise DrillError(
            f"{copied.told}; its journal's copy names {', '.join(strange)}, which the estate does not have"
        )


def _is_host(key: str) -> bool:
    return key.rpartition("/")[2] == "host"


def give_back(failover: Failover, journal: Journal, context: Context) -> None:
    """Release the lease, if the journal announced one, and close the journal."""
    if journal.announced(LEASE) is not None:
        insist(context.wait, lambda: failover.release_lease(journal.drill))
        journal.write("undone", LEASE)
    journal.write("closed", recovered=True)


def _record(path: Path, records: tuple[Record, ...], failover: Failover, context: Context) -> None:
    """Write the record that a drill could not write itself; one that it has written stays as it is."""
    first = opened(records)
    if first is None or "orphan" in first.data or path.with_name(f"{first.drill}.json").exists():
        return
    held = Held(
        drill=first.drill,
        spec=_spec(first, context),
        started=datetime.fromisoformat(first.at),
        finished=context.now(),
        executor=holder(),
        subject=failover.subject,
        cleaned_up=True,
        fixed_at=datetime.fromisoformat(first.at),
        fixed_sha256=str(first.data.get("objectives_sha256", "")),
    )
    held.requested = any(one.event == "intent" and one.action != LEASE for one in records)
    held.leaks = tuple(_leaks(records))
    held.isolated = held.requested and not held.leaks  # nothing is requested before the network was judged
    held.trouble.append(f"drill {held.spec.name}: its process ended before it did; {holder()} cleaned up after it")
    try:
        held.vm_ids = failover.vm_ids()
    except TROUBLE:
        held.vm_ids = ()  # what it would have brought up is not known any more
    write_record(held, structs.replace(context, folder=path.parent))


def _leaks(records: Sequence[Record]) -> Iterator[str]:
    """What was wrong with its networks, as far as its journal came."""
    for record in records:
        if record.event == "observed":
            yield from (str(one) for one in record.data.get("wrong", ()))


def _spec(first: Record, context: Context) -> DrillSpec:
    """The drill as it is declared now; of one that is not any more, its name and kind."""
    name, kind = str(first.data.get("name", "")), str(first.data["kind"])
    known = (spec for spec in context.estate.drills if (spec.name, spec.kind) == (name, kind))
    return next(known, DrillSpec(name=name, kind=kind))


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
