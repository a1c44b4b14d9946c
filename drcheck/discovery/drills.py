"""Which drills have been held? Their records, one JSON file each, in the folder that estate.yaml names."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from drcheck.discovery import EstateCollector
from drcheck.errors import AnswerError
from drcheck.estate import Estate
from drcheck.topology.base import Seen
from drcheck.topology.drills import DrillRecord

ROLE = "estate"
QUERY = "drill records"
SHOWN = 5
"""How many damaged files are named."""


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


def records(estate: Estate, seen: Seen) -> Iterator[DrillRecord]:
    """Every drill of which there is a record; a folder that does not exist yet holds none.

    Raises:
        AnswerError: records that are damaged; after all others were given.
    """
    damaged: list[str] = []
    folder = estate.drill_records
    for path in sorted(folder.glob("*.json")) if folder else ():
        try:
            yield _fact(_read(path), seen)
        except (OSError, ValueError) as error:  # msgspec's errors are ValueErrors
            damaged.append(f"{path.name}: {error}")
    if damaged:
        more = f" (and {len(damaged) - SHOWN} more)" if len(damaged) > SHOWN else ""
        raise AnswerError(QUERY, "damaged records", "; ".join(damaged[:SHOWN]) + more)


def _read(path: Path) -> _Record:
    record = msgspec.json.decode(path.read_bytes(), type=_Record)
    if record.started.tzinfo is None or record.finished.tzinfo is None:
        raise ValueError("its times have no offset from UTC")
    if record.finished < record.started:
        raise ValueError("it ends before it starts")
    return record


def _fact(record: _Record, seen: Seen) -> DrillRecord:
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
    )


COLLECTORS = (EstateCollector(kind=DrillRecord, query=QUERY, read=records),)
