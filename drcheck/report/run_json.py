"""The run as one JSON document: what machines outside the project rely on. Its shape is ``run.schema.json``."""

import hashlib
from pathlib import Path
from typing import Any

import msgspec
import zstandard

from drcheck.errors import DrcheckError
from drcheck.report import Evidence
from drcheck.topology.base import Gap
from drcheck.verdict import Finding, Measurement, Recoverability, Run, SiteRecoverability, Threshold, Verdict

FILE = "run.json"
FINDINGS_FILE = "findings.ndjson.zst"
SCHEMA = 1
SCHEMA_FILE = Path(__file__).with_name("run.schema.json")
LIMIT = 20_000
"""A document with more findings holds only those somebody has to act on; the rest are in ``findings_file``."""

QUIET = (Verdict.PASS, Verdict.NOT_APPLICABLE)


def write(evidence: Evidence, directory: Path) -> None:
    """Write ``run.json``, and the quiet findings beside it when there are too many for one document."""
    run = evidence.run
    document = _head(run)
    loud, quiet = _split(run)
    document["findings"] = [msgspec.to_builtins(each) for each in loud]
    if quiet:
        document["findings_file"] = _write_quiet(quiet, directory)
    partial = directory / f"{FILE}.partial"
    partial.write_bytes(msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n")
    partial.replace(directory / FILE)


def _head(run: Run) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "run": {
            "id": run.id,
            "verdict": run.verdict.value,
            "estate": run.estate,
            "started": run.started,
            "finished": run.finished,
            "as_of": run.as_of,
            "snapshot_sha256": run.snapshot_sha256,
            "versions": dict(run.versions),
            "selection": dict(run.selection),
            "counts": run.counts,
            "trouble": list(run.trouble),
            "policy": [msgspec.to_builtins(each) for each in run.policy],
        },
        "gaps": [{"key": gap.key, **msgspec.to_builtins(gap)} for gap in run.gaps],
        "measurements": [{"verdict": each.verdict.value, **msgspec.to_builtins(each)} for each in run.measurements],
        "recoverability": [msgspec.to_builtins(each) for each in run.recoverability],
        "sites": [msgspec.to_builtins(each) for each in run.sites],
    }


def _split(run: Run) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    if len(run.findings) <= LIMIT:
        return run.findings, ()
    loud = tuple(each for each in run.findings if each.verdict not in QUIET)
    quiet = tuple(each for each in run.findings if each.verdict in QUIET)
    return loud, quiet


def _write_quiet(findings: tuple[Finding, ...], directory: Path) -> dict[str, Any]:
    compressor = zstandard.ZstdCompressor(level=6).compressobj()
    pieces = [compressor.compress(msgspec.json.encode(each) + b"\n") for each in findings]
    data = b"".join((*pieces, compressor.flush()))
    (directory / FINDINGS_FILE).write_bytes(data)
    return {"name": FINDINGS_FILE, "count": len(findings), "sha256": hashlib.sha256(data).hexdigest()}


class _Head(msgspec.Struct, kw_only=True):
    id: str
    started: Any
    finished: Any
    as_of: Any
    snapshot_sha256: str
    versions: dict[str, str]
    selection: dict[str, str]
    trouble: tuple[str, ...] = ()
    estate: str = ""
    policy: tuple[Threshold, ...] = ()


class _File(msgspec.Struct, kw_only=True):
    name: str
    sha256: str


class _Document(msgspec.Struct, kw_only=True):
    schema: int
    run: _Head
    findings: tuple[Finding, ...]
    gaps: tuple[Gap, ...]
    measurements: tuple[Measurement, ...]
    recoverability: tuple[Recoverability, ...] = ()
    sites: tuple[SiteRecoverability, ...] = ()
    findings_file: _File | None = None


def read(directory: Path) -> Run:
    """The run of an earlier ``write``.

    Raises:
        DrcheckError: there is no run there, or it is damaged.
    """
    path = directory / FILE
    try:
        document = msgspec.json.decode(path.read_bytes(), type=_Document)
        quiet = _read_quiet(directory, document.findings_file) if document.findings_file else ()
        head = msgspec.structs.asdict(document.run)
        findings = sorted(
            (*document.findings, *quiet), key=lambda each: (each.check, each.subject.kind, each.subject.key)
        )
        rest = {
            "findings": findings,
            "gaps": document.gaps,
            "measurements": document.measurements,
            "recoverability": document.recoverability,
            "sites": document.sites,
        }
        return msgspec.convert({**head, **rest}, Run, from_attributes=True)
    except OSError as error:
        raise DrcheckError(f"{path}: {error.strerror}; name the directory of a run") from error
    except (msgspec.MsgspecError, zstandard.ZstdError) as error:
        raise DrcheckError(f"{path} cannot be read: {error}") from error


def _read_quiet(directory: Path, file: _File) -> list[Finding]:
    data = (directory / Path(file.name).name).read_bytes()
    if hashlib.sha256(data).hexdigest() != file.sha256:
        raise DrcheckError(f"{directory / file.name} was altered: its SHA-256 is not the one in {FILE}")
    lines = zstandard.ZstdDecompressor().decompressobj().decompress(data).splitlines()
    decoder = msgspec.json.Decoder(Finding)
    return [decoder.decode(line) for line in lines]
