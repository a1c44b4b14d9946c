"""One canonical, compressed file of a topology, and its SHA-256.

The same topology gives the same bytes, whatever the order of discovery. The file is zstd over JSON: decompress it
and any JSON tool reads it. Line 1 of the JSON names the schema and the digest of everything else; a file whose digest
does not match is refused.
"""

import gc
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import reduce
from operator import or_
from pathlib import Path
from typing import Any

import msgspec
import zstandard

from drcheck import topology as topology_package
from drcheck.errors import SnapshotError
from drcheck.extensions import modules
from drcheck.topology.base import Clock, Gap, Looked, Target, Topology, kinds

SCHEMA = 1


class _Body(msgspec.Struct, frozen=True, kw_only=True):
    schema: int
    as_of: datetime
    targets: tuple[Target, ...]
    clocks: tuple[Clock, ...]
    gaps: tuple[Gap, ...]
    looked: tuple[Looked, ...]
    facts: tuple[msgspec.Raw, ...]


def dumps(topology: Topology) -> bytes:
    """The topology as canonical, compressed bytes."""
    body = {
        "schema": SCHEMA,
        "as_of": topology.as_of,
        "targets": topology.targets,
        "clocks": topology.clocks,
        "gaps": topology.gaps,
        "looked": topology.looked,
        "facts": topology.facts,
    }
    text = msgspec.json.encode(body, order="sorted")
    digest = hashlib.sha256(text).hexdigest()
    return zstandard.ZstdCompressor(level=6, threads=0).compress(digest.encode() + b"\n" + text)


def loads(data: bytes) -> Topology:
    """The topology of ``dumps``.

    Raises:
        SnapshotError: the data is not a snapshot, was altered, or has a schema this version does not know.
    """
    try:
        text = zstandard.ZstdDecompressor().decompressobj().decompress(data)
    except zstandard.ZstdError as error:
        raise SnapshotError(f"not a snapshot: {error}") from error
    digest, _, body = text.partition(b"\n")
    if hashlib.sha256(body).hexdigest().encode() != digest:
        raise SnapshotError("the snapshot was altered or damaged: its digest does not match its content")
    with _no_collection():
        return _topology(body)


def _topology(body: bytes) -> Topology:
    try:
        decoded = msgspec.json.decode(body, type=_Body)
        if decoded.schema != SCHEMA:
            raise SnapshotError(f"the snapshot has schema {decoded.schema}; this version reads {SCHEMA}")
        decoder = msgspec.json.Decoder(_any_fact())
        facts = [decoder.decode(raw) for raw in decoded.facts]
    except msgspec.MsgspecError as error:
        raise SnapshotError(f"the snapshot cannot be read: {error}") from error
    return Topology(
        facts=facts,
        gaps=decoded.gaps,
        looked=decoded.looked,
        targets=decoded.targets,
        clocks=decoded.clocks,
        as_of=decoded.as_of,
    )


def save(topology: Topology, path: Path) -> str:
    """Write a snapshot and return the SHA-256 of the file, in hexadecimal."""
    data = dumps(topology)
    partial = path.with_name(path.name + ".partial")
    partial.write_bytes(data)
    partial.replace(path)
    return hashlib.sha256(data).hexdigest()


def load(path: Path, sha256: str | None = None) -> tuple[Topology, str]:
    """Read a snapshot; returns it with the file's SHA-256.

    Raises:
        SnapshotError: the file cannot be read, or is not the one that was announced.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SnapshotError(f"{path}: {error.strerror}") from error
    found = hashlib.sha256(data).hexdigest()
    if sha256 is not None and found != sha256:
        raise SnapshotError(f"{path} is not the snapshot it was: SHA-256 {found}, announced {sha256}")
    try:
        return loads(data), found
    except SnapshotError as error:
        raise SnapshotError(f"{path}: {error}") from error


def _any_fact() -> Any:
    list(modules(topology_package))
    return reduce(or_, kinds())


@contextmanager
def _no_collection() -> Iterator[None]:
    """Decoding creates many objects and no garbage: collecting in between costs three times the work itself."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
