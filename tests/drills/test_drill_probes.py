"""A plan's machines are probed while its job still runs: what is seen counts only in the machines that the job made."""

import time

from drcheck.lab.azure.network import Machine
from drcheck.lab.telling.building import vm_named
from tests.drills.conftest import Stage, Stages
from tests.drills.test_drill_held import PLAN, assert_true

PROBED = "PAY-WEB01"


def stranger(stage: Stage) -> Machine:
    """A machine of somebody else, up and running under the name that the copy would have."""
    azure, vm = stage.azure, vm_named(stage.world, PROBED)
    (item,) = [item for vault in azure.vaults for item in vault.items if item.vm_id == vm.id]
    name = f"{item.target_name}-test"
    machine = Machine(
        id=azure.resource_id(azure.recovery_group, "Microsoft.Compute/virtualMachines", name),
        name=name,
        resource_group=azure.recovery_group,
        region=azure.region,
        guid="0f3d2c1b-7a65-4e98-8d21-5b6c7d8e9f00",
        size=item.size,
        power="running",
        created=time.time(),
        agent_at=time.time(),
        services_at=time.time(),
        services=vm.services,
        computer_name=vm.name,
    )
    machine.settled.set()
    azure.machines[machine.id.lower()] = machine
    return machine


def test_a_stranger_that_appears_under_the_copy_s_name_is_not_believed(stages: Stages) -> None:
    stage = stages(speed=500)
    added: list[Machine] = []
    stage.when["failover"] = lambda: added.append(stranger(stage))
    outcome = stage.drill(PLAN)
    assert len(added) == 1
    assert_true(outcome, stage.truth("azure", PROBED))
    assert added[0].id.lower() in stage.azure.machines


def test_a_copy_whose_name_was_taken_before_is_found_all_the_same(stages: Stages) -> None:
    stage = stages(speed=500)
    stranger(stage)
    outcome = stage.drill(PLAN)
    assert_true(outcome, stage.truth("azure", PROBED))
    assert outcome.trouble == ()
