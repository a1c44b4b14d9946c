"""Where are the findings of a large run that nobody has to act on? In a file, from the moment they are concluded.

Ten thousand machines make two hundred thousand of them: held as objects, they would take more memory than all facts.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from heapq import merge
from io import BufferedWriter
from itertools import chain
from pathlib import Path

import msgspec
import zstandard

from drcheck.errors import DrcheckError
from drcheck.verdict import QUIET, Finding, Findings, Verdict, place_of

FILE = "findings.ndjson.zst"
LIMIT = 20_000
"""A run with more findings keeps only those that somebody has to act on in memory and in ``run.json``."""
ZSTD = zstandard.ZstdCompressionParameters.from_level(1, window_log=18)
"""A higher level takes as long as judging does, and lines that say nearly the same become small anyway. What they
repeat is near: 256 KB, which stay in a processor's cache, save a quarter of the time and cost a fiftieth of size."""


class FindingsFile:
    """A file of findings that grows: one zstd frame with one line of JSON for each.

    Args:
        folder: the run's directory.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE
        self._encoder = msgspec.json.Encoder()
        self._compressor = zstandard.ZstdCompressor(compression_params=ZSTD).compressobj()
        self._digest = hashlib.sha256()
        self._file: BufferedWriter = self._partial.open("wb")

    @property
    def _partial(self) -> Path:
        return self.path.with_name(f"{FILE}.partial")

    def add(self, findings: Sequence[Finding]) -> None:
        """Append findings."""
        self._write(self._compressor.compress(self._encoder.encode_lines(findings)))

    def close(self) -> str:
        """Put the whole file in its place; returns its SHA-256, in hexadecimal."""
        self._write(self._compressor.flush())
        self._file.close()
        self._partial.replace(self.path)
        return self._digest.hexdigest()

    def _write(self, data: bytes) -> None:
        self._digest.update(data)
        self._file.write(data)


class Listed(Findings):
    """The findings of a run whose quiet ones are in a file.

    Args:
        loud: all others, in any order.
        tally: how many findings each check has with each verdict.
        proven: the application and the site of everything that was seen to be good.
        path: the file.
        sha256: its digest.
    """

    def __init__(
        self,
        loud: Iterable[Finding],
        tally: Mapping[tuple[str, Verdict], int],
        proven: frozenset[tuple[str, str]],
        path: Path,
        sha256: str,
    ) -> None:
        self.loud = tuple(sorted(loud, key=place_of))
        self.tally = tally
        self.proven = proven
        self.path = path
        self.sha256 = sha256

    def __iter__(self) -> Iterator[Finding]:
        """All of them; the quiet ones in the order of the file, which is that in which the checks ended."""
        return merge(self.loud, findings_in(self.path), key=place_of)

    @property
    def quiet(self) -> int:
        """How many are in the file."""
        return sum(number for (_, verdict), number in self.tally.items() if verdict in QUIET)


def listed(loud: Iterable[Finding], path: Path, sha256: str) -> Listed:
    """The findings of an earlier run: counted by reading the file once.

    Raises:
        DrcheckError: the file is not the one it was.
    """
    known, counted, good = tuple(loud), Counter[tuple[str, Verdict]](), set[tuple[str, str]]()
    with path.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
            raise DrcheckError(f"{path} was altered: its SHA-256 is not the one that was announced")
    for one in chain(known, findings_in(path)):
        counted[one.check, one.verdict] += 1
        if one.verdict is Verdict.PASS:
            good.add((one.subject.application, one.subject.site))
    return Listed(known, counted, frozenset(good), path, sha256)


def findings_in(path: Path) -> Iterator[Finding]:
    """What a file holds, one after the other."""
    decoder = msgspec.json.Decoder(Finding)
    with path.open("rb") as file, zstandard.ZstdDecompressor().stream_reader(file) as lines:
        begun = b""
        while piece := lines.read(1 << 20):
            *whole, begun = (begun + piece).split(b"\n")
            yield from map(decoder.decode, whole)
