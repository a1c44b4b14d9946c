"""A lease file on a replica host: what is over may be taken over by who proves it, and a dead drill stays dead."""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from msgspec import structs

from drcheck.drill import Context, Failover
from drcheck.drill.hyperv_replica import prepare
from drcheck.errors import LeaseHeld, QueryFailed
from tests.drills.conftest import Stage, Stages

OLD, NEW = "20261101T000000Z-old-00000000", "new"
BEGUN: tuple[dict[str, object], ...] = ({"event": "opened"}, {"event": "intent", "action": "lease"})
ASKED: tuple[dict[str, object], ...] = (*BEGUN, {"event": "intent", "action": "hyperv.test-failover"})
MADE = "8f8a0a5e-1d0c-4a0a-9c70-0d7a3c3f0001"
GONE: tuple[dict[str, object], ...] = (
    *ASKED,
    {"event": "effect", "action": "part/hyperv.test-failover", "data": {"test_vm_id": MADE}},
)


@pytest.fixture(scope="module")
def running_stage(one_stage_each: Stages) -> Stage:
    return one_stage_each()


@pytest.fixture(scope="module")
def context(running_stage: Stage) -> Context:
    return running_stage.context()


@pytest.fixture
def stage(running_stage: Stage) -> Iterator[Stage]:
    """The one lab, without leases of the test before."""
    yield running_stage
    for left in (running_stage.leeds.leases, running_stage.leeds.journals, running_stage.leeds.fenced):
        left.clear()


def leave(stage: Stage, *, hours: float, lines: tuple[dict[str, object], ...]) -> None:
    """A drill has died so many hours ago; its lease was to last for one."""
    then = stage.clock() - timedelta(hours=hours)
    expires = (then + timedelta(hours=1)).isoformat()
    stage.leeds.leases[stage.vmm.id] = {"holder": "somebody@elsewhere", "drill": OLD, "expires": expires}
    rest = {"number": 1, "at": then.isoformat(), "drill": OLD, "data": {}}
    stage.leeds.journals[OLD] = [json.dumps({**rest, **line}) for line in lines]


def drill(stage: Stage, context: Context) -> Failover:
    return prepare(stage.spec("vmm-first"), context)


@pytest.mark.parametrize("lines", [(), BEGUN, ASKED, GONE])
def test_a_lease_that_is_over_is_taken_over_when_nothing_is_left(
    stage: Stage, context: Context, lines: tuple[dict[str, object], ...]
) -> None:
    leave(stage, hours=3, lines=lines)
    taker = drill(stage, context)
    said = taker.take_lease(NEW, stage.clock() + timedelta(hours=1))
    assert said.startswith("exclusive: a lease file on hv-lds1")
    assert "@" in said
    assert stage.leeds.leases[stage.vmm.id]["drill"] == NEW
    mirror = taker.mirror(OLD)
    assert mirror is not None
    with pytest.raises(QueryFailed, match="TakenOver"):
        mirror("a line of a drill that was not dead")
    taker.release_lease(OLD)
    assert stage.leeds.leases[stage.vmm.id]["drill"] == NEW


@pytest.mark.parametrize(
    ("hours", "lines", "said"),
    [
        (0.5, BEGUN, "VMM01 is drilled by somebody@elsewhere"),
        (3, ({"event": "intent", "at": "2999-01-01T00:00:00+00:00"},), "its journal was written to at"),
        (3, ({"nonsense": 1},), "the copy of its journal is damaged"),
    ],
)
def test_doubt_leaves_a_lease_alone(
    stage: Stage, context: Context, hours: float, lines: tuple[dict[str, object], ...], said: str
) -> None:
    leave(stage, hours=hours, lines=lines)
    with pytest.raises(LeaseHeld, match=said):
        drill(stage, context).take_lease(NEW, stage.clock())
    assert stage.leeds.leases[stage.vmm.id]["drill"] == OLD
    assert stage.leeds.fenced == set()


def test_a_lease_is_not_taken_over_while_a_test_vm_is_there(stage: Stage, context: Context) -> None:
    leave(stage, hours=3, lines=ASKED)
    stage.start_foreign_test()
    late = structs.replace(context, now=lambda: stage.clock() + timedelta(days=1))
    with pytest.raises(LeaseHeld, match="it has expired, but a test VM of it still exists"):
        drill(stage, late).take_lease(NEW, stage.clock())
    stage.stop_test()
    assert stage.leeds.leases[stage.vmm.id]["drill"] == OLD
