"""What if somebody swapped an action path for one that fails over for real? Nothing is sent, or the books tell."""

import hashlib
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

import pytest
from msgspec import structs

import drcheck
from drcheck.discovery.driver import arm_client
from drcheck.discovery.driver.reach import arm_endpoint
from drcheck.drill.azure import calls
from drcheck.drill.engine import kinds
from drcheck.drill.guest.scripts import act_script
from drcheck.lab.scenarios.contoso import LEEDS
from drcheck.query import ArmAction
from drcheck.transport.arm import SITE_RECOVERY_API
from tests.drills.adversity import PLAN, REPLICA, Death, Executioner
from tests.drills.conftest import Stage, now

HARMLESS = ("testFailover", "testFailoverCleanup", "resume", "cancel", "runCommand")
"""The last words of all paths that a drill may POST to."""
REAL = ("plannedFailover", "unplannedFailover", "failoverCommit", "reProtect", "applyRecoveryPoint", "remove")


def harmful(actions: Iterable[ArmAction]) -> list[str]:
    """Actions that are none of a test failover."""
    return [action.path for action in actions if action.path.rpartition("/")[2] not in HARMLESS]


def declared() -> list[ArmAction]:
    listed = [call for kind in kinds().values() for call in kind.ARM_CALLS]
    return [call for call in (*listed, *calls.ACTIONS) if isinstance(call, ArmAction)]


def test_every_action_of_every_kind_belongs_to_a_test_failover() -> None:
    assert len(declared()) > len(calls.ACTIONS)
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
    with calls.DrillArm(arm_endpoint(stage.estate), now=now) as client:
        for target in targets(stage):
            for real in REAL:
                with pytest.raises(calls.UndeclaredAction):
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


# The whole program, changed on purpose: with ``make soak`` only, as each is a process with everything loaded anew.

SWITCH = ("hyperv_replica.ps1", "Start-VMFailover -VM $vm -AsTest ", "Start-VMFailover -VM $vm ")
ORDER = ("azure/orders.py", '{self.plan}/testFailover"', '{self.plan}/unplannedFailover"')
LISTED = ("azure/calls.py", '{_PLAN}/testFailover"', '{_PLAN}/unplannedFailover"')
soak = pytest.mark.skipif("DRCHECK_SOAK" not in os.environ, reason="make soak")


def hold_with(stage: Stage, folder: Path, name: str, *changes: tuple[str, str, str]) -> None:
    """Hold a drill by a program that was changed."""
    program = folder / "program"
    shutil.copytree(Path(drcheck.__file__).parent, program / "drcheck")
    for file, before, after in changes:
        path = program / "drcheck" / "drill" / file
        text = path.read_text(encoding="utf-8")
        assert text.count(before) == 1
        path.write_text(text.replace(before, after), encoding="utf-8")
    executioner = Executioner.hire(folder, program)
    try:
        assert executioner.end(executioner.start(stage, name, Death(seconds=120.0))) == 0
    finally:
        executioner.dismiss()


@soak
@pytest.mark.parametrize(("name", "changes"), [(REPLICA, [SWITCH]), (PLAN, [ORDER])], ids=["switch", "order"])
def test_one_change_alone_starts_nothing_at_all(
    stage: Stage, tmp_path: Path, name: str, changes: list[tuple[str, str, str]]
) -> None:
    """The host does not know the script; the client does not know the order."""
    hold_with(stage, tmp_path, name, *changes)
    stage.assert_spotless()
    assert stage.lab.clock.truth.test_vms == {}
    assert {path.rpartition("/")[2] for path in stage.azure.writes} <= {"runCommand"}  # the canary's


@soak
def test_a_lost_switch_on_a_host_that_runs_anything_is_in_the_books(stage: Stage, tmp_path: Path) -> None:
    script = act_script().replace(*SWITCH[1:])
    stage.world.trusted = {hashlib.sha256(script.encode()).hexdigest()}
    hold_with(stage, tmp_path, REPLICA, SWITCH)
    assert stage.lab.clock.truth.real_failovers == [stage.vmm.id]


@soak
def test_a_swapped_order_that_is_declared_too_is_in_the_books(stage: Stage, tmp_path: Path) -> None:
    hold_with(stage, tmp_path, PLAN, ORDER, LISTED)
    assert stage.azure.real_failovers
    assert {each.partition(" ")[0] for each in stage.azure.real_failovers} == {"unplannedfailover"}
