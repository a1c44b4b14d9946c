"""What counts as left behind by a drill in Azure: what is where its copies go, and not what others make elsewhere."""

from collections.abc import Callable

import pytest
from msgspec import structs

from drcheck.drill.azure.places import CopyPlaces
from drcheck.lab.azure.network import DiskResource
from drcheck.topology.site_recovery import ProtectedItem
from tests.drills.conftest import Stage, Stages

PLAN = "payments-plan"
VAULT = "/subscriptions/s1/resourcegroups/rg/providers/microsoft.recoveryservices/vaults/v"


def disk(stage: Stage, group: str, name: str) -> str:
    """Somebody makes a disk."""
    azure = stage.azure
    made = DiskResource(
        id=azure.resource_id(group, "Microsoft.Compute/disks", name),
        name=name,
        resource_group=group,
        region=azure.region,
        size_gb=8,
        machine="",
        os=False,
    )
    azure.disks[made.id.lower()] = made
    return made.id.lower()


MADE: tuple[tuple[str, Callable[[Stage], str], bool], ...] = (
    ("by others elsewhere", lambda stage: disk(stage, "rg-others", "their-data"), False),
    ("where copies go", lambda stage: disk(stage, stage.azure.recovery_group, "forgotten"), True),
    ("elsewhere, called like a copy's", lambda stage: disk(stage, "rg-others", "PAY-WEB01-test-OSDisk-00"), True),
)


@pytest.mark.parametrize(("make", "counts"), [each[1:] for each in MADE], ids=[each[0] for each in MADE])
def test_what_appears_in_a_drill_counts_where_its_copies_go(
    stages: Stages, make: Callable[[Stage], str], counts: bool
) -> None:
    stage = stages()
    made: list[str] = []
    stage.when["probes"] = lambda: made.append(make(stage))
    outcome = stage.drill(PLAN)
    assert len(made) == 1
    assert stage.record(outcome.drill)["left_over"] == (made if counts else [])
    assert (f"left behind: {made[0]}" in "".join(outcome.trouble)) == counts


def test_copies_are_looked_for_in_the_subscriptions_that_they_go_to(stages: Stages) -> None:
    stage = stages()
    item, other, *_ = stage.look(stage.targets).seen(ProtectedItem)
    far = structs.replace(other.target, resource_group="/subscriptions/s2/resourcegroups/rg-far")
    places = CopyPlaces.of(VAULT, [item, structs.replace(other, target=far)])
    home = "/".join(item.target.resource_group.split("/")[:3])
    assert places.subscriptions == tuple(sorted([home, "/subscriptions/s2"]))
    assert places.may_hold("/subscriptions/s2/resourcegroups/rg-far/providers/microsoft.compute/disks/d")
    assert not places.may_hold("/subscriptions/s2/resourcegroups/rg-farther/providers/microsoft.compute/disks/d")


def test_who_does_not_tell_where_a_copy_goes_leaves_everything_in_the_vaults_subscription() -> None:
    places = CopyPlaces.of(VAULT)
    assert (places.subscriptions, places.groups) == (("/subscriptions/s1",), ())
    assert places.may_hold("/subscriptions/s1/resourcegroups/any/providers/microsoft.compute/disks/d")
