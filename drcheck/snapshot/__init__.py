"""One canonical, compressed file of a topology, and its SHA-256.

The same topology gives the same bytes, whatever the order of discovery. The file is JSON in a zstd frame: decompress
it and any JSON tool reads it. In front stands a frame that decompressors skip, with the digest of the other: a file
in which any byte was changed is refused. Several such files one after the other are a file of parts, as a discovery
leaves it that was interrupted; see ``load_parts``.
"""

import gc
import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BufferedReader
from pathlib import Path

import zstandard

from drcheck.errors import SnapshotError
from drcheck.snapshot.schema import SCHEMA, pieces_of, topology_in, topology_of
from drcheck.topology.base import Topology

__all__ = ["SCHEMA", "dumps", "load", "load_parts", "loads", "save"]

SKIPPED = b"\x50\x2a\x4d\x18"
"""What a zstd frame begins with that decompressors skip (RFC 8878, 3.1.2); its length follows in four bytes."""
LINE = 1 << 20
"""About as long as a line of facts is, in bytes; what is read at a time."""
_SEAL = re.compile(rb"drcheck snapshot; the next (\d{1,15}) bytes have SHA-256 ([0-9a-f]{64})\n")


def dumps(topology: Topology, *, level: int = 6) -> bytes:
    """The topology as canonical, compressed bytes; ``level`` is zstd's."""
    compressor = zstandard.ZstdCompressor(level=level).compressobj()
    # Piece by piece: the text of ten thousand machines is as large as all their facts.
    frame = b"".join([*map(compressor.compress, pieces_of(topology)), compressor.flush()])
    digest = hashlib.sha256(frame).hexdigest()
    seal = f"drcheck snapshot; the next {len(frame)} bytes have SHA-256 {digest}\n".encode()
    return SKIPPED + len(seal).to_bytes(4, "little") + seal + frame


def loads(data: bytes) -> Topology:
    """The topology of ``dumps``, also of an earlier version of drcheck.

    Raises:
        SnapshotError: the data is not a snapshot, was altered, or has a schema this version does not know.
    """
    if not data.startswith(SKIPPED):
        with _no_collection():
            return topology_of(_first_schema(data))
    frame, rest = _unsealed(data)
    if rest:
        raise SnapshotError("something follows the snapshot: it was altered, or it is a file of parts")
    return _read(frame)


def load_parts(path: Path) -> tuple[list[Topology], bytes]:
    """What a discovery left that was interrupted, or one snapshot; with the bytes of all that is whole.

    A last part that was not written to its end is left out.

    Raises:
        SnapshotError: the file cannot be read, is neither, or was altered.
    """
    data = _bytes_of(path)
    if not SKIPPED.startswith(data[:4]):
        earlier = loads(data)
        return [earlier], dumps(earlier)
    found: list[Topology] = []
    rest = data
    try:
        while rest and not _cut_short(rest):
            frame, rest = _unsealed(rest)
            found.append(_read(frame))
    except SnapshotError as error:
        raise SnapshotError(f"{path}: {error}") from error
    return found, data[: len(data) - len(rest)]


def save(topology: Topology, path: Path) -> str:
    """Write a snapshot and return the SHA-256 of the file, in hexadecimal.

    Raises:
        SnapshotError: the file cannot be written.
    """
    data = dumps(topology)
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")  # ours, whoever else writes this snapshot
    try:
        partial.write_bytes(data)
        partial.replace(path)
    except OSError as error:
        raise SnapshotError(f"{path}: {error.strerror}") from error
    finally:  # Ctrl-C, too, leaves no half
        with suppress(OSError):
            partial.unlink(missing_ok=True)
    return hashlib.sha256(data).hexdigest()


def load(path: Path, sha256: str | None = None) -> tuple[Topology, str]:
    """Read a snapshot; returns it with the file's SHA-256.

    Raises:
        SnapshotError: the file cannot be read, or is not the one that was announced.
    """
    data = _bytes_of(path)
    found = hashlib.sha256(data).hexdigest()
    if sha256 is not None and found != sha256:
        raise SnapshotError(f"{path} is not the snapshot it was: SHA-256 {found}, announced {sha256}")
    try:
        return loads(data), found
    except SnapshotError as error:
        raise SnapshotError(f"{path}: {error}") from error


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise SnapshotError(f"{path}: {error.strerror}") from error


def _unsealed(data: bytes) -> tuple[bytes, bytes]:
    """The first frame, and what follows it."""
    length = int.from_bytes(data[4:8], "little")
    seal = _SEAL.fullmatch(data[8 : 8 + length]) if data.startswith(SKIPPED) else None
    if seal is None:
        raise SnapshotError("not a snapshot, or its seal was damaged")
    end = 8 + length + int(seal[1])
    frame = data[8 + length : end]
    if len(data) < end or hashlib.sha256(frame).hexdigest().encode() != seal[2]:
        raise SnapshotError("the snapshot was altered or damaged: its digest does not match its content")
    return frame, data[end:]


def _cut_short(data: bytes) -> bool:
    """Does it begin like a part and end before the part does?"""
    length = int.from_bytes(data[4:8], "little")
    if len(data) < 8 or len(data) < 8 + length:
        return SKIPPED.startswith(data[:4]) and length < 1000
    seal = _SEAL.fullmatch(data[8 : 8 + length])
    return seal is not None and len(data) < 8 + length + int(seal[1])


def _first_schema(data: bytes) -> bytes:
    """The body of a file of schema 1, which held the digest of its body in the body's first line."""
    digest, _, body = _decompressed(data).partition(b"\n")
    if hashlib.sha256(body).hexdigest().encode() != digest:
        raise SnapshotError("the snapshot was altered or damaged: its digest does not match its content")
    return body


def _decompressed(frame: bytes) -> bytes:
    try:
        return zstandard.ZstdDecompressor().decompressobj().decompress(frame)
    except zstandard.ZstdError as error:
        raise SnapshotError(f"not a snapshot: {error}") from error


def _lines(frame: bytes) -> Iterator[bytes]:
    try:
        yield from BufferedReader(zstandard.ZstdDecompressor().stream_reader(frame), LINE)
    except zstandard.ZstdError as error:
        raise SnapshotError(f"not a snapshot: {error}") from error


def _read(frame: bytes) -> Topology:
    with _no_collection():
        read = topology_in(_lines(frame))
        return topology_of(_decompressed(frame)) if read is None else read


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
