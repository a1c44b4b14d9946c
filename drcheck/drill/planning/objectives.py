"""What must be true for a drill to pass? Written down, and pinned by its hash, before anything is started."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from drcheck.estate import DrillSpec, ProbeSpec


def objectives(spec: DrillSpec) -> dict[str, Any]:
    """Targets, the rule of t0, and every probe that was named in advance; of a rehearsal, those of its parts too."""
    return {
        "rto_seconds": spec.rto_seconds,
        "rpo_seconds": spec.rpo_seconds,
        "t0": spec.t0,
        "decision_seconds": spec.decision_seconds if spec.t0 == "decision" else 0,
        "probes": [_probe(probe) for probe in spec.probes],
        "parts": [
            {"group": group.name, "name": part.name, **objectives(part)}
            for group in spec.groups
            for part in group.parts
        ],
    }


def digest(document: Mapping[str, Any]) -> str:
    """SHA-256 of a document in its canonical form: keys in order, no blanks, UTF-8."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _probe(probe: ProbeSpec) -> dict[str, Any]:
    """Which probe, and by which script: the script itself may be long, and is pinned by its hash."""
    script = probe.sha256 or (hashlib.sha256(probe.script.encode()).hexdigest() if probe.script else "")
    what = {"kind": probe.kind, "name": probe.name, "vm": probe.vm, "mandatory": probe.mandatory}
    asked = {"expect": probe.expect, "port": probe.port, "path": probe.path, "database": probe.database}
    return {
        **what,
        **{name: value for name, value in asked.items() if value},
        **({"script_sha256": script} if script else {}),
    }
