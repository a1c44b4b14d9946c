"""A check is tested with facts made by hand: no estate, no network."""

from datetime import UTC, datetime

import pytest
from my_checks.check_boot_storm import check_boot_storm

from drcheck.evaluate import evaluate_all
from drcheck.policy import Policy
from drcheck.topology.base import Looked, Seen, Target, Topology
from drcheck.topology.site_recovery import PlanGroup, RecoveryPlan

AT = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
SEEN = Seen(source="test", endpoint="vault", query="test", at=AT)


def estate(machines: int) -> Topology:
    group = PlanGroup(group_type="Boot", items=tuple(f"item-{number}" for number in range(machines)))
    plan = RecoveryPlan(
        key="plan", seen=SEEN, vault="vault", name="rp-shop", primary_fabric="", recovery_fabric="",
        deployment_model="", allowed_operations=(), last_test_failover=None, groups=(group,),
    )  # fmt: skip
    looked = Looked(kind="RecoveryPlan", scope="vault:vault", seen=SEEN)
    return Topology(facts=[plan], looked=[looked], targets=[Target(role="vault", endpoint="vault")], as_of=AT)


@pytest.mark.parametrize(("machines", "verdict"), [(20, "PASS"), (21, "FAIL")])
def test_the_largest_group_decides(machines: int, verdict: str) -> None:
    findings = evaluate_all(estate(machines), [check_boot_storm], Policy())
    assert verdict in [finding.verdict for finding in findings if finding.subject.name == "rp-shop"]
