"""Cases that stand although nobody can list every endpoint: their verdict rests on what was asked, and is scoped so."""

from dataclasses import replace
from importlib import import_module
from pathlib import Path

from drcheck.topology.declared import DeclaredEndpoint
from tests.check_cases.case import Case
from tests.estates import lose, together

UNLISTED = lose(DeclaredEndpoint, "estate:estate")
"""What was declared to be asked is unread, so that there may be a server, a host or a vault nobody has heard of."""
STANDS = {
    "DR-ASR-001": ("FAIL not on the other node",),
    "DR-ASR-006": ("FAIL all vCPUs",),
    "DR-ASR-008": ("PASS alone",),
    "DR-CAP-101": ("FAIL not offered",),
    "DR-HVR-003": ("FAIL a resource of another type",),
    "DR-HVR-005": ("PASS a test switch",),
    "DR-HVR-008": ("WARN a closed rule",),
    "DR-IDN-002": ("FAIL a part of another site",),
    "DR-IPC-002": ("FAIL the drill network is small",),
    "DR-IPC-003": ("FAIL elsewhere",),
    "DR-NET-002": ("FAIL another one",),
    "DR-NET-003": (
        "FAIL a gateway",
        "FAIL a machine on the switch",
    ),
    "DR-NET-004": ("NOT_APPLICABLE no such network",),
    "DR-PLN-005": ("FAIL SQL afterwards",),
    "DR-PLN-006": (
        "FAIL gone",
        "PASS a draft is in work",
    ),
    "DR-PLN-101": ("FAIL seen from the other plan",),
    "DR-SEC-001": ("PASS Kerberos within a site",),
    "DR-SEC-002": ("FAIL expired",),
    "DR-SEC-004": ("PASS a reader",),
    "DR-SEC-005": ("FAIL events left out",),
    "DR-SQL-001": ("FAIL another group's replica at the other site",),
    "DR-SQL-002": ("FAIL left out",),
    "DR-SQL-003": ("FAIL no copy of a database",),
    "DR-SQL-006": ("FAIL one beside it",),
    "DR-SQL-008": (
        "PASS from leeds",
        "FAIL a client that tries one address after the other",
    ),
    "DR-SQL-009": ("FAIL a target without",),
    "DR-SQL-104": ("FAIL in the clear",),
    "DR-VHA-001": ("FAIL all nodes at one site",),
    "DR-VHA-002": ("PASS preferred at both",),
    "DR-VHA-003": ("PASS in one container",),
    "DR-VHA-004": ("FAIL a node's name",),
    "DR-VMM-001": ("FAIL in a protected cloud",),
    "DR-VMM-002": ("FAIL a second older than allowed",),
    "DR-VMM-003": ("FAIL too old",),
    "DR-VMM-005": ("FAIL a plan in no step",),
    "DR-CLU-004": (
        "FAIL no such node",
        "NOT_APPLICABLE a design of another cluster",
    ),
    "DR-IDN-005": ("FAIL a crash-consistent replica",),
    "DR-NET-103": ("PASS a service's subnet aside",),
    "DR-SQL-102": ("FAIL an old full backup",),
    "DR-SQL-103": ("FAIL gone",),
    "DR-SQL-105": ("FAIL by another policy",),
    "DR-SUP-103": ("FAIL a retired PowerShell",),
}
"""By check, cases of its own table."""


def _others() -> dict[str, Case]:
    here = Path(__file__)
    tables = sorted(path.stem for path in here.parent.glob("*.py") if path.stem not in ("case", here.stem))
    return {case.id: case for name in tables for case in import_module(f"tests.check_cases.{name}").CASES}


def _elsewhere(case: Case) -> Case:
    return replace(case, name=f"{case.name}, others unlisted", change=together(case.change, UNLISTED), alone=True)


OTHERS = _others()
CASES = [_elsewhere(OTHERS[f"{check} {name}"]) for check, names in STANDS.items() for name in names]
