"""What did earlier runs and drills measure? Figures in one SQLite file that is only ever added to.

Any number of processes may add at once: SQLite locks the file. Triggers keep rows from being changed or deleted by
accident; whoever may write the file can still replace it, so it is no evidence by itself.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct

from drcheck.errors import AnswerError
from drcheck.topology.base import Seen, Topology
from drcheck.topology.history import RpoHistory, RpoLevel
from drcheck.topology.hyperv import VmReplication
from drcheck.topology.site_recovery import ProtectedItem
from drcheck.verdict import Measurement

VERSION = 1
QUERY = "history"
RPO = "rpo"
"""Kind of the samples that runs take; a drill's figures are ``drill rto`` and ``drill rpo``."""
PATIENCE = 30.0
"""Seconds to wait for another process that is writing."""
BRIDGED = 1.5
"""For how many intervals a sample stands when the next one is late."""
TABLE = """
CREATE TABLE IF NOT EXISTS figures (
  run TEXT NOT NULL, kind TEXT NOT NULL, subject TEXT NOT NULL, name TEXT NOT NULL, at REAL NOT NULL,
  seconds REAL NOT NULL, PRIMARY KEY (kind, subject, at, run)
) WITHOUT ROWID;
CREATE TRIGGER IF NOT EXISTS figures_stay BEFORE UPDATE ON figures BEGIN SELECT RAISE(ABORT, 'only added to'); END;
CREATE TRIGGER IF NOT EXISTS figures_last BEFORE DELETE ON figures BEGIN SELECT RAISE(ABORT, 'only added to'); END;
PRAGMA user_version = 1;
"""


class Figure(Struct, frozen=True, kw_only=True):
    """One measured figure. ``run`` is the run's or the drill's id; ``at`` is UTC."""

    run: str
    kind: str
    subject: str
    """A VM id, or the key of what was drilled."""
    name: str
    at: datetime
    seconds: float


def figures_of(run: str, topology: Topology, measurements: Iterable[Measurement] = ()) -> tuple[Figure, ...]:
    """What a run adds: how far behind every copy was that it saw, and what its drills measured."""
    samples = [
        Figure(run=run, kind=RPO, subject=vm_id, name=name, at=topology.as_of, seconds=lag)
        for vm_id, (name, lag) in sorted(_lags(topology).items())
    ]
    drilled = [
        Figure(
            run=one.drill, kind=f"drill {one.kind}", subject=one.subject.key, name=one.subject.name, at=one.at,
            seconds=one.seconds,
        )
        for one in measurements
        if not one.anomaly
    ]  # fmt: skip
    return (*samples, *drilled)


def _lags(topology: Topology) -> dict[str, tuple[str, float]]:
    """Name and lag in seconds by VM id; of two figures about one machine the worse counts."""
    found: dict[str, tuple[str, float]] = {}
    told = [(item.vm_id, item.name, item.rpo_seconds) for item in topology.seen(ProtectedItem)]
    told += [
        (one.vm_id, one.name, round((one.seen.at - one.last_replication).total_seconds()))
        for one in topology.seen(VmReplication)
        if one.last_replication is not None and one.relationship != "Extended" and one.mode != "ExtendedReplica"
    ]
    for vm_id, name, seconds in told:
        if vm_id and seconds is not None and seconds >= 0:
            found[vm_id] = max(found.get(vm_id, (name, 0.0)), (name, float(seconds)), key=lambda one: one[1])
    return found


def append(path: Path, figures: Sequence[Figure]) -> None:
    """Add figures; those that are there already stay as they are.

    Raises:
        AnswerError: the file cannot be written, or is none of ours.
    """
    rows = [(one.run, one.kind, one.subject, one.name, one.at.timestamp(), one.seconds) for one in figures]
    with _opened(f"{path.resolve().as_uri()}?mode=rwc") as database, database:
        if not _version(database):
            database.executescript(TABLE)
        database.executemany("INSERT OR IGNORE INTO figures VALUES (?, ?, ?, ?, ?, ?)", rows)


def figures(path: Path, subject: str = "") -> tuple[Figure, ...]:
    """Every figure, or those about one subject by key or name, in order of kind, subject and time."""
    with _opened(f"{path.resolve().as_uri()}?mode=ro") as database:
        _version(database)
        rows = database.execute(
            "SELECT run, kind, subject, name, at, seconds FROM figures "
            "WHERE ? IN ('', lower(subject), lower(name)) ORDER BY kind, subject, at",
            (subject.lower(),),
        )
        return tuple(
            Figure(run=run, kind=kind, subject=key, name=name, at=_moment(at), seconds=seconds)
            for run, kind, key, name, at, seconds in rows
        )


def rpo_histories(path: Path, *, now: datetime, window: int, every: int) -> Iterator[RpoHistory]:
    """What samples of the window say about each machine; provenance is filled in by the source.

    Args:
        path: the file; one that is not there yet holds nothing.
        now: the end of the window.
        window: its length in seconds.
        every: how often runs take samples, in seconds.
    """
    if not path.exists():
        return
    with _opened(f"{path.resolve().as_uri()}?mode=ro") as database:
        _version(database)
        firsts = dict(database.execute("SELECT subject, min(at) FROM figures WHERE kind = ? GROUP BY subject", (RPO,)))
        rows = database.execute(
            "SELECT subject, max(name), min(at), max(seconds) FROM figures WHERE kind = ? AND at > ? AND at <= ? "
            "GROUP BY subject, CAST(at / ? AS INTEGER) ORDER BY subject, min(at)",
            (RPO, now.timestamp() - window, now.timestamp(), every),
        )
        groups: dict[str, list[tuple[str, float, float]]] = {}
        for subject, *sample in rows:
            groups.setdefault(subject, []).append((str(sample[0]), float(sample[1]), float(sample[2])))
    for subject, samples in groups.items():
        yield _history(subject, samples, _moment(firsts[subject]), (now, window, every))


def _history(
    subject: str, samples: Sequence[tuple[str, float, float]], since: datetime, span: tuple[datetime, int, int]
) -> RpoHistory:
    now, window, every = span
    ends = [*(at for _, at, _ in samples[1:]), now.timestamp()]
    levels = tuple(
        RpoLevel(lag_seconds=round(lag), held_seconds=round(min(end - at, BRIDGED * every)))
        for (_, at, lag), end in zip(samples, ends, strict=True)
    )
    return RpoHistory(
        key=subject,
        seen=Seen(source="history", endpoint="estate", query=QUERY, at=now),
        vm_id=subject,
        name=samples[-1][0],
        since=since,
        last=_moment(samples[-1][1]),
        window_seconds=window,
        levels=levels,
    )


@contextmanager
def _opened(uri: str) -> Iterator[sqlite3.Connection]:
    try:
        with closing(sqlite3.connect(uri, timeout=PATIENCE, uri=True)) as database:
            yield database
    except sqlite3.Error as error:
        raise AnswerError(QUERY, "file", f"{error}") from error


def _version(database: sqlite3.Connection) -> int:
    (version,) = database.execute("PRAGMA user_version").fetchone()
    if version not in (0, VERSION):
        raise AnswerError(QUERY, "file", f"it has version {version}; this drcheck knows {VERSION}")
    return int(version)


def _moment(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)
