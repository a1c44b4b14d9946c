"""Do the simulated host's leases and journals of drills hold what the real script's would?"""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from drcheck.lab.scenarios import contoso
from drcheck.lab.state.world import Vm, World

NOW = 1_800_000_000.0
LEEDS = contoso.LEEDS


@pytest.fixture
def world() -> World:
    return contoso.build(1, now=NOW)


@pytest.fixture
def vm(world: World) -> Vm:
    return next(vm for vm in world.vms.values() if vm.replication)


@pytest.fixture
def desk(world: World, bench: Callable[..., Any]) -> Any:
    return bench(world)


def test_a_lease_is_taken_once_and_released_by_its_own_drill_only(desk: Any, vm: Vm) -> None:
    def act(verb: str, **args: str) -> dict[str, object]:
        rows: list[dict[str, object]] = asyncio.run(desk.act(LEEDS, verb, vm_id=vm.id, **args)).rows()
        return rows[0] if rows else {}

    taken = {"holder": "runner-1", "drill": "d1", "expires": "2026-11-23T12:00:00Z"}
    assert act("lease.take", **taken) == {"taken": True}
    assert act("lease.take", **(taken | {"drill": "d2"})) == {"taken": False, **taken}
    assert act("lease.read") == taken
    assert act("lease.list") == {"vm_id": vm.id, **taken}
    assert act("lease.take", **(taken | {"drill": "d2", "over": "d3"})) == {"taken": False, **taken}
    assert act("lease.take", **(taken | {"drill": "d2", "over": "d1"})) == {"taken": True}
    assert act("lease.take", **(taken | {"drill": "d1", "over": "d2"})) == {"taken": True}
    assert act("lease.release", drill="d2") == {"released": False}
    assert act("lease.release", drill="d1") == {"released": True}
    assert act("lease.read") == {}


def test_a_journal_is_mirrored_line_by_line(desk: Any) -> None:
    def act(verb: str, **args: str) -> list[dict[str, object]]:
        rows: list[dict[str, object]] = asyncio.run(desk.act(LEEDS, verb, drill="d1", **args)).rows()
        return rows

    assert [act("journal.mirror", line=line) for line in ("{1}", "{2}")] == [[{"lines": 1}], [{"lines": 2}]]
    assert act("journal.read") == [{"line": "{1}"}, {"line": "{2}"}]
    assert act("journal.find", about="8f8a0a5e-1d0c-4a0a-9c70-0d7a3c3f0001") == []
    act("journal.mirror", line='{"id": "8F8A0A5E-1D0C-4A0A-9C70-0D7A3C3F0001"}')
    assert act("journal.find", about="8f8a0a5e-1d0c-4a0a-9c70-0d7a3c3f0001") == [{"drill": "d1"}]
    assert act("journal.fence") == [{"fenced": True}]
    fenced = asyncio.run(desk.act(LEEDS, "journal.mirror", drill="d1", line="{3}"))
    assert fenced.error_id() == "TakenOver"
    assert len(act("journal.read")) == 3
    broken = asyncio.run(desk.act(LEEDS, "journal.mirror", drill="d1", line="a\nb"))
    assert broken.error_id() == "NotAllowed"


def test_an_unknown_verb_is_refused(desk: Any, vm: Vm) -> None:
    said = asyncio.run(desk.act(LEEDS, "hyperv.failover.start", vm_id=vm.id))
    assert (said.end()["state"], said.error_id(), said.code) == ("failed", "NotAllowed", 0)
