"""The run as one JSON document: what machines outside the project rely on. Its shape is ``run.schema.json``."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import zstandard

from drcheck.errors import DrcheckError
from drcheck.report import Evidence
from drcheck.report.findings_file import FILE as FINDINGS_FILE
from drcheck.report.findings_file import LIMIT, FindingsFile, Listed, listed
from drcheck.topology.base import Gap
from drcheck.verdict import (
    QUIET,
    Finding,
    Measurement,
    Recoverability,
    Run,
    SiteRecoverability,
    Threshold,
    loud,
    place_of,
    proven,
    tally,
)

FILE = "run.json"
SCHEMA = 1
SCHEMA_FILE = Path(__file__).with_name("run.schema.json")


def write(evidence: Evidence, directory: Path) -> None:
    """Write ``run.json``, and the quiet findings beside it when there are too many for one document."""
    run = evidence.run
    document = _head(run)
    apart = _listed(run, directory)
    document["findings"] = [msgspec.to_builtins(each) for each in (apart.loud if apart else run.findings)]
    if apart:
        document["findings_file"] = {"name": FINDINGS_FILE, "count": apart.quiet, "sha256": apart.sha256}
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


def _listed(run: Run, directory: Path) -> Listed | None:
    """The quiet findings of a large run, in a file of this directory; ``None`` when everything fits one document."""
    if isinstance(run.findings, Listed):
        if run.findings.path.parent.resolve() != directory.resolve():
            shutil.copyfile(run.findings.path, directory / FINDINGS_FILE)
        return run.findings
    if len(run.findings) <= LIMIT:
        return None
    quiet = [each for each in run.findings if each.verdict in QUIET]
    if not quiet:
        return None
    file = FindingsFile(directory)
    file.add(quiet)
    return Listed(loud(run.findings), tally(run.findings), proven(run.findings), file.path, file.close())


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
        head = msgspec.structs.asdict(document.run)
        rest = {
            "findings": [],
            "gaps": document.gaps,
            "measurements": document.measurements,
            "recoverability": document.recoverability,
            "sites": document.sites,
        }
        run = msgspec.convert({**head, **rest}, Run, from_attributes=True)
        return msgspec.structs.replace(run, findings=_findings(document, directory))
    except OSError as error:
        raise DrcheckError(f"{path}: {error.strerror}; name the directory of a run") from error
    except (msgspec.MsgspecError, zstandard.ZstdError) as error:
        raise DrcheckError(f"{path} cannot be read: {error}") from error


def _findings(document: _Document, directory: Path) -> Sequence[Finding]:
    file = document.findings_file
    if file is None:
        return tuple(sorted(document.findings, key=place_of))
    return listed(document.findings, directory / Path(file.name).name, file.sha256)
