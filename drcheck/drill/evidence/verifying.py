"""Is the record of a drill what was written then? Its files, objectives, chain, signature, sign-off, and its digest."""

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Struct

from drcheck.discovery.drills import REVIEW, record_files
from drcheck.drill.journal import SUFFIX
from drcheck.drill.planning.objectives import digest
from drcheck.drill.signing import vouched
from drcheck.errors import DrillError, UsageError

PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
Answer = Literal["good", "BAD", "not checked", "absent"]


class Looked(Struct, frozen=True, kw_only=True):
    """One thing that was looked at. ``absent``: there is none, and none was promised."""

    what: str
    answer: Answer
    told: str


class _Attachment(Struct, frozen=True, kw_only=True):
    name: str
    sha256: str
    bytes: Annotated[int, msgspec.Meta(ge=0)] | None = None


class _Signature(Struct, frozen=True, kw_only=True):
    file: str = ""
    why_not: str = "its version of drcheck signed nothing"


class _Integrity(Struct, frozen=True, kw_only=True):
    attachments: tuple[_Attachment, ...] = ()
    signature: _Signature = _Signature()


class _Previous(Struct, frozen=True, kw_only=True):
    id: str
    sha256: str


class _Record(Struct, frozen=True, kw_only=True):
    id: str
    objectives: dict[str, Any] = msgspec.field(default_factory=dict)
    integrity: _Integrity = _Integrity()
    previous: _Previous | None = None


class _Review(Struct, frozen=True, kw_only=True):
    record_sha256: str
    reviewer: str = ""
    reviewed: str | None = None


def verified(path: Path, journals: Sequence[Path] = (), allowed: Path | None = None) -> tuple[Looked, ...]:
    """Everything that can be told of a record, each by itself.

    Args:
        path: the record.
        journals: folders below which its journal may be, besides the record's own.
        allowed: who may sign; ``None``: then a signature only shows that the record is unaltered.

    Raises:
        UsageError: the file is no record.
    """
    body = _bytes(path)
    record = _read(path, body)
    found = {one.name: _beside(path, one.name, journals) for one in record.integrity.attachments}
    named = record.id == path.stem
    by_others = _signature(path, body, record.integrity.signature, allowed), _review(path, body)
    return (
        Looked(what="id", answer="good" if named else "BAD", told=record.id if named else f"it is that of {record.id}"),
        *(_attachment(one, found[one.name]) for one in record.integrity.attachments),
        *_objectives(record, found),
        _chain(path, record),
        *by_others,
        _content(path, record, body, [one.what for one in by_others if one.answer == "good"]),
    )


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error


def _read(path: Path, body: bytes) -> _Record:
    try:
        return msgspec.json.decode(body, type=_Record)
    except ValueError as error:  # msgspec's errors are ValueErrors
        raise UsageError(f"{path} is no record of a drill: {error}") from error


def _beside(path: Path, name: str, folders: Sequence[Path]) -> Path | None:
    """A file by the name that the record gives; anything but a plain name is none of ours."""
    if not PLAIN.fullmatch(name):
        return None
    near = path.with_name(name)
    return near if near.is_file() else next((one for folder in folders for one in sorted(folder.rglob(name))), None)


def _attachment(attached: _Attachment, found: Path | None) -> Looked:
    if found is None:
        told = "it lies neither beside the record nor below the folders of runs"
        return Looked(what=attached.name, answer="not checked", told=told)
    body = found.read_bytes()
    then = body if attached.bytes is None else body[: attached.bytes]
    if hashlib.sha256(then).hexdigest() != attached.sha256:
        return Looked(what=attached.name, answer="BAD", told=f"{found} is not what was there then")
    added = body[len(then) :].count(b"\n")
    told = f"unaltered; {added} lines were added since, as a recovery does" if len(body) > len(then) else "unaltered"
    return Looked(what=attached.name, answer="good", told=told)


def _objectives(record: _Record, found: dict[str, Path | None]) -> Iterator[Looked]:
    """Were they fixed before the start? The journal's first line has their digest."""
    if not record.objectives:
        return
    what, aside = "objectives", ("sha256", "fixed_at", "why_not")
    told = {name: value for name, value in record.objectives.items() if name not in aside}
    if told and digest(told) != record.objectives.get("sha256"):
        yield Looked(what=what, answer="BAD", told="they are not those of their own digest")
        return
    journal = next((path for name, path in found.items() if path and name.endswith(SUFFIX)), None)
    if journal is None:
        yield Looked(what=what, answer="not checked", told="the journal, which has their digest, is not here")
        return
    first = journal.read_bytes().partition(b"\n")[0]
    fixed = _fixed(first) == record.objectives.get("sha256")
    words = "as the journal has them from before the start" if fixed else "the journal has others from before the start"
    yield Looked(what=what, answer="good" if fixed else "BAD", told=words)


def _fixed(line: bytes) -> str:
    try:
        return str(json.loads(line)["data"]["objectives_sha256"])
    except (ValueError, KeyError, TypeError):
        return ""


def _chain(path: Path, record: _Record) -> Looked:
    """Back to the first record: each names the one before it, with its digest."""
    what, count, known = "chain", 0, {one.stem: one for one in record_files(path.parent)}
    previous, seen = record.previous, {record.id}
    while previous is not None:
        before = known.get(previous.id)
        if before is None or previous.id in seen:
            told = f"the record before, {previous.id}, is not in this folder; verify it where all of them are kept"
            return Looked(what=what, answer="not checked", told=told)
        body = before.read_bytes()
        if hashlib.sha256(body).hexdigest() != previous.sha256:
            return Looked(what=what, answer="BAD", told=f"the record before, {previous.id}, was altered")
        seen.add(previous.id)
        previous, count = _read(before, body).previous, count + 1
    return Looked(what=what, answer="good", told=f"{count} records before it, none altered")


def _content(path: Path, record: _Record, body: bytes, known_by: Sequence[str]) -> Looked:
    """Nothing in a record can vouch for the record: somebody else must have its digest."""
    what, own = "content", hashlib.sha256(body).hexdigest()
    later = {one.stem: _previous(one) for one in record_files(path.parent) if one.stem != path.stem}
    named = {name: previous.sha256 for name, previous in later.items() if previous and previous.id == record.id}
    altered = [name for name, digest_then in named.items() if digest_then != own]
    if altered:
        return Looked(what=what, answer="BAD", told=f"it is not what it was when {altered[0]} was written after it")
    witnesses = [*known_by, *named]
    if witnesses:
        return Looked(what=what, answer="good", told=f"its digest is that of {', '.join(witnesses)}")
    told = "nobody else has its digest: not signed, not signed off, and no later record names it"
    return Looked(what=what, answer="not checked", told=told)


def _previous(path: Path) -> _Previous | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Record).previous
    except (OSError, ValueError):  # msgspec's errors are ValueErrors; what cannot be read names nothing
        return None


def _signature(path: Path, body: bytes, promised: _Signature, allowed: Path | None) -> Looked:
    what = "signature"
    if not promised.file:
        answer: Answer = "absent" if allowed is None else "BAD"
        return Looked(what=what, answer=answer, told=f"not signed: {promised.why_not}")
    file = _beside(path, promised.file, ())
    if file is None:
        return Looked(what=what, answer="BAD", told=f"it is said to be signed, and {promised.file} is not beside it")
    try:
        said = vouched(body, file, allowed)
    except DrillError as error:
        return Looked(what=what, answer="not checked", told=str(error))
    if not said.sound:
        return Looked(what=what, answer="BAD", told=f"it is not of this record: {said.told}")
    if allowed is None:
        return Looked(what=what, answer="good", told=f"{said.told}; whose key that is was not asked")
    return Looked(what=what, answer="good" if said.who else "BAD", told=said.told)


def _review(path: Path, body: bytes) -> Looked:
    what, file = "sign-off", path.with_name(f"{path.stem}{REVIEW}")
    if not file.is_file():
        return Looked(what=what, answer="absent", told="nobody has reviewed it yet")
    try:
        review = msgspec.json.decode(file.read_bytes(), type=_Review)
    except ValueError as error:  # msgspec's errors are ValueErrors
        return Looked(what=what, answer="BAD", told=f"{file.name} cannot be read: {error}")
    if review.record_sha256.lower() != hashlib.sha256(body).hexdigest():
        return Looked(what=what, answer="BAD", told=f"{file.name} is about a record with other contents")
    if not (review.reviewer and review.reviewed):
        return Looked(what=what, answer="absent", told="its review is not signed yet")
    return Looked(what=what, answer="good", told=f"of this very record, by {review.reviewer} on {review.reviewed}")
