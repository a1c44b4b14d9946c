"""Which drills have been held, and what became of them? Records and reviews in the folder that estate.yaml names.

A record is ``<drill>.json``; it is written once. What people add later is in ``<drill>.review.json`` beside it, so
that the record they have signed stays as it was.
"""

import hashlib
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Literal, TypeVar

import msgspec
from msgspec import Struct, structs

from drcheck.discovery import EstateCollector
from drcheck.errors import AnswerError
from drcheck.estate import Estate
from drcheck.topology.base import Seen
from drcheck.topology.drills import (
    SECTIONS,
    DrilledPlan,
    DrillFigure,
    DrillIssue,
    DrillPhase,
    DrillProbe,
    DrillRecord,
    DrillReview,
    FollowUp,
    PlanState,
)
from drcheck.topology.isolation_proof import NetworkProof

ROLE = "estate"
QUERY = "drill records"
REVIEWS = "drill reviews"
REVIEW = ".review.json"
SHOWN = 5
"""How many damaged files are named."""
FactT = TypeVar("FactT", DrillRecord, DrillReview)


AHEAD = timedelta(days=1)
"""By how much the clock of whoever wrote a record may be ahead; a later date is wrong, and would stay the newest."""


class _Isolation(Struct, frozen=True, kw_only=True):
    isolated: bool | None = None
    network: str = ""
    networks: tuple[str, ...] = ()
    probes: tuple[NetworkProof, ...] | None = None


class _Scope(Struct, frozen=True, kw_only=True):
    plans: tuple[DrilledPlan, ...] = ()


class _Signature(Struct, frozen=True, kw_only=True):
    file: str = ""


class _Integrity(Struct, frozen=True, kw_only=True):
    signature: _Signature = _Signature()


class _Previous(Struct, frozen=True, kw_only=True):
    id: str = ""
    sha256: str = ""


class _Record(Struct, frozen=True, kw_only=True):
    """The part of a record that is read here; it holds more."""

    schema: Literal[1]
    id: str
    kind: str
    target: str
    name: str
    verdict: str
    cleaned_up: bool
    started: datetime
    finished: datetime
    rto_seconds: float | None
    rpo_seconds: float | None
    vm_ids: tuple[str, ...]
    scenarios: tuple[str, ...] = ()
    measurements: tuple[DrillFigure, ...] = ()
    phases: tuple[DrillPhase, ...] = ()
    probes: tuple[DrillProbe, ...] | None = None
    plan: PlanState | None = None
    scope: _Scope = _Scope()
    isolation: _Isolation = _Isolation()
    findings: tuple[DrillIssue, ...] = ()
    executors: tuple[str, ...] = ()
    version: str = ""
    integrity: _Integrity = _Integrity()
    previous: _Previous | None = None


class _FollowUp(FollowUp, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """As people write it."""


class _Review(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A review, all of it: people write it, and a misspelt name must not go unnoticed."""

    schema: Literal[1]
    drill: str
    record_sha256: str
    reviewer: str = ""
    role: str = ""
    reviewed: date | None = None
    accepted_by: str = ""
    executors: tuple[str, ...] = ()
    findings: tuple[_FollowUp, ...] = ()


def records(estate: Estate, seen: Seen) -> Iterator[DrillRecord]:
    """Every drill of which there is a record; a folder that does not exist yet holds none.

    Raises:
        AnswerError: records that are damaged; after all others were given.
    """
    yield from _all(record_files(estate.drill_records), lambda path: _fact(path, seen), QUERY)


def reviews(estate: Estate, seen: Seen) -> Iterator[DrillReview]:
    """What people wrote about drills.

    Raises:
        AnswerError: reviews that are damaged; after all others were given.
    """
    folder = estate.drill_records
    paths = sorted(folder.glob(f"*{REVIEW}")) if folder else []
    yield from _all(paths, lambda path: _review(path, seen), REVIEWS)


def record_files(folder: Path | None) -> list[Path]:
    """The files of records in a folder, by name."""
    return sorted(path for path in folder.glob("*.json") if not path.name.endswith(REVIEW)) if folder else []


def newest(folder: Path | None) -> dict[str, str] | None:
    """Id and SHA-256 of the record of the drill that began last; ``None`` when there is none that can be read."""
    found: list[tuple[datetime, str, str]] = []
    for path in record_files(folder):
        body = path.read_bytes()
        try:
            record = _read(body)
        except ValueError:
            continue  # discovery tells of it, and nothing can be built on it
        found.append((record.started, record.id, hashlib.sha256(body).hexdigest()))
    return {"id": max(found)[1], "sha256": max(found)[2]} if found else None


def _all(paths: list[Path], fact: Callable[[Path], FactT], what: str) -> Iterator[FactT]:
    damaged: list[str] = []
    for path in paths:
        try:
            yield fact(path)
        except (OSError, ValueError) as error:  # msgspec's errors are ValueErrors
            damaged.append(f"{path.name}: {error}")
    if damaged:
        more = f" (and {len(damaged) - SHOWN} more)" if len(damaged) > SHOWN else ""
        raise AnswerError(what, f"damaged {what.removeprefix('drill ')}", "; ".join(damaged[:SHOWN]) + more)


def _read(body: bytes) -> _Record:
    record = msgspec.json.decode(body, type=_Record)
    if record.started.tzinfo is None or record.finished.tzinfo is None:
        raise ValueError("its times have no offset from UTC")
    if record.finished < record.started:
        raise ValueError("it ends before it starts")
    if any(seconds is not None and seconds < 0 for seconds in _measured(record)):
        raise ValueError("a time that it measured is negative")
    return record


def _measured(record: _Record) -> Iterator[float | None]:
    yield from (record.rto_seconds, record.rpo_seconds)
    for figure in record.measurements:
        yield from (figure.seconds, figure.uncertainty_seconds)


def _fact(path: Path, seen: Seen) -> DrillRecord:
    body = path.read_bytes()
    record = _read(body)
    if record.finished > seen.at + AHEAD:
        raise ValueError(f"it ends at {record.finished.isoformat()}, which is still to come")
    previous, signature = record.previous or _Previous(), record.integrity.signature.file
    return DrillRecord(
        key=record.id,
        seen=seen,
        drill_kind=record.kind,
        target=record.target.lower(),
        name=record.name,
        verdict=record.verdict,
        cleaned_up=record.cleaned_up,
        started=record.started.astimezone(UTC),
        finished=record.finished.astimezone(UTC),
        rto_seconds=record.rto_seconds,
        rpo_seconds=record.rpo_seconds,
        vm_ids=tuple(vm_id.lower() for vm_id in record.vm_ids),
        scenarios=record.scenarios,
        figures=record.measurements,
        phases=record.phases,
        probes=record.probes,
        plan=record.plan,
        plans=tuple(structs.replace(one, key=one.key.lower()) for one in record.scope.plans),
        isolated=record.isolation.isolated,
        networks=_networks(record.isolation),
        proofs=record.isolation.probes,
        sections=_sections(body),
        issues=record.findings,
        executors=record.executors,
        version=record.version,
        sha256=hashlib.sha256(body).hexdigest(),
        signature_gone=bool(signature) and not (path.parent / Path(signature).name).is_file(),
        previous=previous.id,
        previous_sha256=previous.sha256,
    )


def _sections(body: bytes) -> tuple[str, ...]:
    """The sections that are there and not empty."""
    told = msgspec.json.decode(body, type=dict[str, object])
    return tuple(name for name in SECTIONS if told.get(name))


def _networks(told: _Isolation) -> tuple[str, ...]:
    names = told.networks or ((told.network,) if told.network else ())
    return tuple(name.lower() for name in names)


def _review(path: Path, seen: Seen) -> DrillReview:
    review = msgspec.json.decode(path.read_bytes(), type=_Review)
    if path.name != f"{review.drill}{REVIEW}":
        raise ValueError(f"it is about the drill {review.drill}; its name must begin with that")
    if len({one.id for one in review.findings}) < len(review.findings):
        raise ValueError("two of its findings have one id")
    return DrillReview(
        key=review.drill,
        seen=seen,
        record_sha256=review.record_sha256.lower(),
        reviewer=review.reviewer,
        reviewed=review.reviewed,
        accepted_by=review.accepted_by,
        executors=review.executors,
        follow_ups=tuple(FollowUp(**structs.asdict(one)) for one in review.findings),
    )


COLLECTORS = (
    EstateCollector(kind=DrillRecord, query=QUERY, read=records),
    EstateCollector(kind=DrillReview, query=REVIEWS, read=reviews),
)
