"""Is each fault in a simulated subscription found over the wire, by the check that is about it and by no other?"""

import os
import time
from datetime import UTC, datetime
from pathlib import Path

from drcheck.discovery.driver import discover
from drcheck.discovery.driver.run import Silent
from drcheck.estate import load
from drcheck.evaluate import evaluate_all
from drcheck.lab.azure.landscape import Lock, RoleHolder, Rule
from drcheck.lab.azure.network import Machine
from drcheck.lab.azure.state import azure_of
from drcheck.lab.running.assembly import assemble, build
from drcheck.lab.running.publish import publish
from drcheck.lab.running.server import running
from drcheck.lab.state.world import World
from drcheck.verdict import Verdict
from tests.checks_loaded import CHECKS

MINE = tuple(
    CHECKS[name]
    for name in (
        "DR-ASR-001", "DR-ASR-006", "DR-ASR-007", "DR-ASR-101", "DR-ASR-103", "DR-CAP-101", "DR-CLN-002", "DR-CLN-101",
        "DR-NET-002", "DR-NET-004", "DR-NET-006", "DR-PLN-006", "DR-RPL-005", "DR-SEC-004", "DR-SEC-005", "DR-SEC-103",
        "DR-SUP-101",
    )
)  # fmt: skip
EXPECTED = {
    "DR-ASR-006": "10 standardDSv5Family",
    "DR-ASR-007": "keep is CanNotDelete",
    "DR-CLN-002": "ORD-DB01-test",
    "DR-NET-004": "rule web",
    "DR-PLN-006": "never published",
    "DR-SEC-004": "is Owner at",
    "DR-SEC-005": "kept for 30 d",
    "DR-SEC-103": "soft delete Disabled",
    "DR-SUP-101": "classic alerts are on",
}


def _neglected() -> World:
    world = build("fabrikam", 3)
    azure = azure_of(world)
    landscape, group = azure.landscape, azure.recovery_group
    drill = next(one for one in landscape.security_groups if one.name == "nsg-drill")
    drill.rules.append(
        Rule(name="web", priority=90, direction="Outbound", access="Allow", destination="Internet", ports=["443"])
    )
    landscape.limits["standardDSv5Family"] = 10
    landscape.locks.append(Lock(name="keep", scope=azure.group_id(group)))
    landscape.roles.append(RoleHolder(principal="aaaaaaaa-0000-4000-8000-000000000009", role="Owner", kind="User"))
    landscape.settings.soft_delete, landscape.settings.classic_alerts = "Disabled", "Enabled"
    landscape.diagnostics[0].workspace_days = 30
    landscape.draft_runbooks.add("Warm-OrderCache")
    item = azure.vaults[0].items[0]
    left = Machine(
        id=azure.resource_id(group, "Microsoft.Compute/virtualMachines", "ORD-DB01-test"), name="ORD-DB01-test",
        resource_group=group, region=azure.region, guid="aaaaaaaa-0000-4000-8000-00000000000a", size="Standard_B2ms",
        created=0.0, source_vm=item.vm_id, computer_name="ORD-DB01", services=(),
    )  # fmt: skip
    azure.machines[left.id.lower()] = left
    return world


def _now() -> datetime:
    return datetime.fromtimestamp(time.time(), UTC)


def test_each_fault_is_found_by_its_check_and_by_no_other(tmp_path: Path) -> None:
    with running(assemble(_neglected())) as lab:
        publish(lab, "fabrikam", tmp_path)
        estate = load(tmp_path / "estate.yaml", dict(os.environ))
        topology = discover(estate, now=_now, monotonic=time.monotonic, progress=Silent())
    findings = evaluate_all(topology, MINE, estate.policy)
    trouble = {one.check: one.message for one in findings if one.verdict not in (Verdict.PASS, Verdict.NOT_APPLICABLE)}
    assert trouble.keys() == EXPECTED.keys(), trouble
    for name, words in EXPECTED.items():
        assert words in trouble[name], trouble[name]
