"""What does one discovery cost? Run as a process of its own, so that nothing but the client is measured.

``python -m tests.benchmarks.client look ESTATE ROLE COUNT`` asks so many endpoints of a role, following nothing;
``discover ESTATE`` finds everything. ``items SNAPSHOT FILE`` writes the protected items of a snapshot, one a line. The
last line is JSON: seconds without start-up, facts, gaps, questions.
"""

import json
import os
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from drcheck.discovery.driver import discover, look
from drcheck.discovery.driver.run import Silent
from drcheck.estate import Estate, load
from drcheck.snapshot import load as read
from drcheck.topology.base import Fact, Target, Topology, kinds
from drcheck.topology.site_recovery import ProtectedItem

WINDOWS = ("vmm", "hyperv", "cluster", "sql")


def now() -> datetime:
    return datetime.fromtimestamp(time.time(), UTC)


def targets(estate: Estate, role: str, count: int) -> list[Target]:
    """The first endpoints of a role: every Hyper-V host that estate.yaml gives an address, or every vault."""
    if role == "vault":
        return [Target(role=role, endpoint=vault.id) for vault in estate.azure.vaults][:count]
    return [Target(role=role, endpoint=name) for name in sorted(estate.windows.hosts) if name.startswith("hv-")][:count]


def questions(topology: Topology) -> int:
    """How many questions were asked of Windows machines: each would be a script of its own without drcheck."""
    looks = [look for look in topology.looked if look.scope.partition(":")[0] in WINDOWS]
    return len({(look.seen.endpoint, query) for look in looks for query in look.seen.query.split("; ")})


def windows_facts(topology: Topology) -> int:
    roles = {kind: kind.ROLE for kind in kinds()}
    return sum(_role(fact, roles) in WINDOWS for fact in topology.facts)


def _role(fact: Fact, roles: dict[type[Fact], str]) -> str:
    return roles[type(fact)]


def items(snapshot: Path, out: Path) -> None:
    topology, _ = read(snapshot)
    out.write_bytes(msgspec.json.Encoder().encode_lines(topology.seen(ProtectedItem)))
    sys.stdout.write("{}\n")


def main(arguments: Sequence[str]) -> None:
    verb, path, *rest = arguments
    if verb == "items":
        items(Path(path), Path(rest[0]))
        return
    estate = load(Path(path), os.environ)
    began, spent = time.monotonic(), time.process_time()
    if verb == "look":
        chosen = targets(estate, rest[0], int(rest[1]))
        topology = look(estate, chosen, now=now, monotonic=time.monotonic)
    else:
        topology = discover(estate, now=now, monotonic=time.monotonic, progress=Silent())
    said = {
        "wall": time.monotonic() - began,
        "cpu": time.process_time() - spent,
        "facts": len(topology.facts),
        "windows_facts": windows_facts(topology),
        "questions": questions(topology),
        "gaps": len(topology.gaps),
        "why": sorted({f"{gap.kind}: {gap.reason[:150]}" for gap in topology.gaps})[:5],
    }
    sys.stdout.write(json.dumps(said) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
