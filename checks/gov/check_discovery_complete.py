"""Was everything asked, and did everybody answer?"""

from collections.abc import Iterator

from drcheck.check import Outcome, Unknown, check, failed, passed
from drcheck.topology.base import Topology
from drcheck.topology.declared import DeclaredEndpoint
from drcheck.topology.discovered import DiscoveryRun, readings_at, unread
from drcheck.topology.vmm import ManagedHost
from drcheck.verdict import Severity

EXPECTED = "every declared endpoint, and all that they lead to, asked and answered in full"
SHOWN = 3


@check(
    "DR-GOV-004",
    "Discovery asked every declared endpoint, and was answered in full",
    severity=Severity.HIGH,
    why=(
        "An estate of which half was not looked at has half as many faults. A role that shows its holder nothing gives "
        "an empty list instead of an error, and a run on it looks better than any before."
    ),
    source="NIST SP 800-137 (continuous monitoring: completeness of what is collected)",
    remedy=(
        "`drcheck doctor` names what is missing at each endpoint and the command that grants it; discover again. A "
        "machine that is gone for good belongs out of `endpoints` in estate.yaml."
    ),
    controls=("NIST SP 800-53 CA-7", "ISO/IEC 27001:2022 A.8.16", "DORA Art. 8(4)"),
)
def check_discovery_complete(run: DiscoveryRun, topology: Topology) -> Outcome:
    """Every declared endpoint was turned to, no VMM server told of nothing, and nothing that was asked is missing.

    An answer that is missing makes the run incomplete, and no failure. How many objects there were in earlier runs is
    not compared: `drcheck diff` does that between two snapshots.
    """
    declared = topology.seen(DeclaredEndpoint)
    faults = [fault for endpoint in declared for fault in _faults(endpoint, topology)]
    if faults:
        what = "; ".join(faults)
        return failed(f"{run.name}: {what}; allowed: {EXPECTED}", observed=what, expected=EXPECTED)
    missing = unread(topology)
    if missing:
        first = ", ".join(f"{gap.key} ({gap.cause})" for gap in missing[:SHOWN])
        raise Unknown(f"{run.name}: {len(missing)} answers are missing, {first}", missing)
    what = f"{len(declared)} declared endpoints and {len(topology.targets)} in all answered in full"
    return passed(f"{run.name}: {what}", observed=what, expected=EXPECTED)


def _faults(endpoint: DeclaredEndpoint, topology: Topology) -> Iterator[str]:
    readings = readings_at(topology, endpoint)
    complete = {one.kind for one in readings if one.complete}
    if not readings:
        yield f"the {endpoint.role} endpoint {endpoint.endpoint} was never asked"
    elif endpoint.role == "vmm" and ManagedHost.__name__ in complete and not _hosts(endpoint, topology):
        yield f"the VMM server {endpoint.endpoint} told of no host: its role may show nothing"


def _hosts(endpoint: DeclaredEndpoint, topology: Topology) -> tuple[ManagedHost, ...]:
    return topology.seen(ManagedHost, f"vmm:{endpoint.endpoint}")
