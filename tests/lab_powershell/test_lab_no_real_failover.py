"""Can any sequence of drill verbs, however wrong, fail anything over for real or touch a running machine?"""

import asyncio
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drcheck.lab.scenarios import contoso
from drcheck.lab.state.replication import relation
from drcheck.lab.state.world import Vm, World

NOW = 1_800_000_000.0
VERBS = (
    "hyperv.test-failover.start",
    "hyperv.test-failover.stop",
    "hyperv.test-failover.start",
    "hyperv.test-failover.stop",
    "hyperv.test-vm.start",
    "hyperv.test-vm.watch",
    "hyperv.test-vm.probe",
    "lease.take",
    "lease.release",
    "lease.read",
    "journal.mirror",
    "journal.read",
    "journal.fence",
    "journal.find",
    "lease.list",
    "hyperv.failover.start",
    "Start-VMFailover",
    "",
)
HOSTS = (contoso.LEEDS, contoso.LEEDS, contoso.LEEDS, "hv-lon1.lon.contoso.lab", "vmm01.lon.contoso.lab")

_IDS = tuple(contoso.build(1, now=NOW).vms)[:3]
_TEST = contoso.build(1, now=NOW).id_for(_IDS[0], "test failover", "1")
identifiers = st.sampled_from([*_IDS, _TEST, _TEST.upper(), "*", "VMM01", "", None, 0, {"Path": "x"}, "../../x"])
fitting = st.fixed_dictionaries(
    {
        "vm_id": st.just(_IDS[0]),
        "test_vm_id": st.sampled_from([_TEST, _IDS[0], _IDS[1]]),
        "recovery_point": st.none(),
        "seconds": st.just(0),
    }
)
"""What a drill would send, give or take the wrong machine; odd arguments alone would mostly be refused at once."""
odd = st.fixed_dictionaries(
    {},
    optional={
        "vm_id": identifiers,
        "test_vm_id": identifiers,
        "recovery_point": identifiers,
        "drill": st.sampled_from(["d1", "d2", "..\\x", "", None]),
        "seconds": st.just(0),
        "probes": st.lists(
            st.fixed_dictionaries(
                {
                    "kind": st.sampled_from(["service", "service", "Stop-Computer", ""]),
                    "given": st.sampled_from(["e30=", "", "$(Stop-Computer)"]),
                    "seconds": st.just(0),
                }
            ),
            max_size=2,
        ),
        "user": st.sampled_from(["Administrator", "x"]),
        "password": st.text(max_size=5),
        "line": st.text(max_size=20),
        "AsTest": st.booleans(),
    },
)
steps = st.lists(st.tuples(st.sampled_from(HOSTS), st.sampled_from(VERBS), fitting | odd), max_size=8)
states = st.sampled_from(["Replicating", "Suspended", "PreparedForFailover", "RecoveryInProgress", "Error"])


def _production(world: World) -> dict[str, tuple[object, ...]]:
    return {vm.id: _seen(vm) for vm in world.vms.values()}


def _seen(vm: Vm) -> tuple[object, ...]:
    if vm.replication is None:
        return vm.host, vm.state
    replication = relation(vm)
    sides = (replication.primary_host, replication.replica_host, replication.replica_state)
    return vm.host, vm.state, replication.state, replication.replica_vm_state, replication.failed_over, *sides


@given(state=states, steps=steps)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_sequence_of_drill_verbs_changes_production(
    bench: Callable[..., Any], state: str, steps: list[tuple[str, str, dict[str, Any]]]
) -> None:
    world = contoso.build(1, now=NOW)
    relation(world.vms[_IDS[0]]).state = state
    before, desk = _production(world), bench(world)
    for host, verb, args in steps:
        said = asyncio.run(desk.act(host, verb, **args))
        assert said.code == 0
        assert said.lines[-1]["t"] == "bye"
    assert _production(world) == before
    assert desk.clock.truth.real_failovers == []


@given(steps=steps)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_was_begun_can_be_cleaned_up(
    bench: Callable[..., Any], steps: list[tuple[str, str, dict[str, Any]]]
) -> None:
    world = contoso.build(1, now=NOW)
    desk = bench(world)
    for host, verb, args in steps:
        asyncio.run(desk.act(host, verb, **args))
    for test in list(world.test_vms.values()):
        ids = {"vm_id": test.vm_id, "test_vm_id": test.id}
        assert asyncio.run(desk.act(test.host, "hyperv.test-failover.stop", **ids)).rows() == [{"removed": True}]
    assert world.test_vms == {}
