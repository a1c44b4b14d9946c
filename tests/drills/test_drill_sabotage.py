"""What if somebody swapped an action path for one that fails over for real? Nothing is sent, or the books tell."""

from collections.abc import Iterable

import pytest
from msgspec import structs

from drcheck.discovery.driver import arm_client
from drcheck.discovery.driver.reach import arm_endpoint
from drcheck.drill import azure_calls
from drcheck.drill.engine import kinds
from drcheck.lab.scenarios.contoso import LEEDS
from drcheck.query import ArmAction
from drcheck.transport.arm import SITE_RECOVERY_API
from tests.drills.conftest import Stage, now

HARMLESS = ("testFailover", "testFailoverCleanup", "resume", "cancel", "runCommand")
"""The last words of all paths that a drill may POST to."""
REAL = ("plannedFailover", "unplannedFailover", "failoverCommit", "reProtect", "applyRecoveryPoint", "remove")


def harmful(actions: Iterable[ArmAction]) -> list[str]:
    """Actions that are none of a test failover."""
    return [action.path for action in actions if action.path.rpartition("/")[2] not in HARMLESS]


def declared() -> list[ArmAction]:
    calls = [call for kind in kinds().values() for call in kind.ARM_CALLS]
    return [call for call in (*calls, *azure_calls.ACTIONS) if isinstance(call, ArmAction)]


def test_every_action_of_every_kind_belongs_to_a_test_failover() -> None:
    assert len(declared()) > len(azure_calls.ACTIONS)
    assert harmful(declared()) == []


@pytest.mark.parametrize("real", REAL)
def test_a_declared_action_that_is_swapped_is_noticed(real: str) -> None:
    swapped = [
        structs.replace(one, path=one.path.replace("/testFailover", f"/{real}"))
        for one in declared()
        if one.path.endswith("/testFailover")
    ]
    assert swapped
    assert len(harmful(swapped)) == len(swapped)


def targets(stage: Stage) -> list[str]:
    """ARM ids of everything that could be failed over."""
    vault = stage.estate.azure.vaults[0].id
    plan = f"{vault}/replicationRecoveryPlans/rp-payments"
    fabric = f"{vault}/replicationFabrics/f/replicationProtectionContainers/c/replicationProtectedItems/i"
    return [plan, fabric, f"{plan}/testFailover/..", f"{plan}/testFailover?x=/", f"{vault}/replicationJobs/j"]


def test_an_order_whose_path_was_swapped_is_not_sent(stage: Stage) -> None:
    with azure_calls.DrillArm(arm_endpoint(stage.estate), now=now) as client:
        for target in targets(stage):
            for real in REAL:
                with pytest.raises(azure_calls.UndeclaredAction):
                    client.post(f"{target}/{real}", SITE_RECOVERY_API, {"properties": {}})
    assert stage.azure.writes == []
    stage.assert_spotless()


@pytest.mark.parametrize("real", ["plannedFailover", "unplannedFailover", "failoverCommit", "reProtect"])
def test_where_both_were_swapped_the_books_tell(stage: Stage, real: str) -> None:
    """By a client that would send anything."""
    plan = targets(stage)[0]
    with arm_client(stage.estate, now) as client:
        client.post(f"{plan}/{real}", SITE_RECOVERY_API, {"properties": {}})
    with pytest.raises(AssertionError):
        stage.assert_nothing_real()
    assert stage.azure.real_failovers
    assert stage.leeds.name == LEEDS
