"""Can any drill, or any journal that is recovered, however wrong, fail something over for real? It must not.

``DRCHECK_FUZZ=10`` takes ten times as many examples (``make soak``); the last test says how many requests they were.
"""

import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import structs

from drcheck.discovery.driver.reach import arm_endpoint
from drcheck.drill import Context
from drcheck.drill.azure.calls import DrillArm
from drcheck.drill.engine import run
from drcheck.drill.journal import SUFFIX
from drcheck.drill.undoing.recovery import recover
from drcheck.errors import DrcheckError, DrillError
from drcheck.estate import DrillSpec, ProbeSpec, load
from drcheck.lab.azure.build import item_id, plan_id, vnet_id
from drcheck.lab.running.assembly import assemble, build
from drcheck.lab.running.publish import publish
from drcheck.lab.running.server import running
from drcheck.lab.scenarios.contoso import LEEDS
from drcheck.lab.state.clock import LabClock
from drcheck.lab.state.replication import relation
from drcheck.lab.state.world import World
from drcheck.lab.telling.building import ISOLATED_SWITCH, PRODUCTION_SWITCH
from drcheck.transport.arm import SITE_RECOVERY_API
from tests.drills.conftest import Stage, now

WORLD = build("contoso", 0)
VMS = {vm.name: vm.id for vm in WORLD.vms.values()}
DRILL_VNET = vnet_id(WORLD, "vnet-drill").lower()
PLAN = plan_id(WORLD, "rp-payments").lower()
ITEM = item_id(WORLD, "PAY-WEB01").lower()
VAULT = PLAN.partition("/replicationrecoveryplans/")[0]
STATES = ("Replicating", "Replicating", "Suspended", "PreparedForFailover", "RecoveryInProgress", "Error")

TIMES = int(os.environ.get("DRCHECK_FUZZ", "1"))

odd = st.sampled_from(
    ["", "*", "../../x", "$(Stop-Computer)", "x' ; Start-VMFailover -VMName *", "\u212a\n"]
) | st.text(max_size=12)
probes = st.builds(
    ProbeSpec,
    kind=st.sampled_from(["heartbeat", "heartbeat", "service", "run-command", "planned"]),
    name=st.sampled_from(["SCVMMService", "*", ""]),
    vm=st.sampled_from(["PAY-WEB01", "VMM01", ""]),
    script=st.sampled_from(["(Get-Service W3SVC).Status", "Start-VMFailover *"]),
    expect=st.sampled_from(["Running", ""]),
    mandatory=st.booleans(),
)
specs = st.builds(
    DrillSpec,
    name=st.sampled_from(["one", "two"]) | odd,
    kind=st.sampled_from(["hyperv-replica", "recovery-plan", "protected-item", "planned-failover"]),
    item=st.sampled_from(["PAY-WEB01", "pay-web01", VMS["PAY-WEB01"], "VMM01", "PAY-WEB01/unplannedFailover"]) | odd,
    recovery_point=st.sampled_from(["latest-processed", "latest-app-consistent"]),
    vm=st.sampled_from([VMS["VMM01"], "VMM01", "vmm01", VMS["PAY-WEB01"], "LDS-DC01"]) | odd,
    switch=st.sampled_from([ISOLATED_SWITCH, ISOLATED_SWITCH, PRODUCTION_SWITCH]) | odd,
    vault=st.sampled_from([VAULT, VAULT.upper()]) | odd,
    plan=st.sampled_from(["rp-payments", "rp-corporate", "rp-payments/unplannedFailover"]) | odd,
    network=st.sampled_from([DRILL_VNET, DRILL_VNET.upper(), vnet_id(WORLD, "vnet-recovery").lower()]) | odd,
    allowed_actions=st.sampled_from([(), ("Point DNS at Azure",), ("*",)]),
    probes=st.lists(probes, max_size=2).map(tuple),
    seconds=st.sampled_from([0, 1]),
)

RIGHT = (
    DrillSpec(
        name="r", kind="hyperv-replica", vm="VMM01", switch=ISOLATED_SWITCH, seconds=1,
        probes=(ProbeSpec(kind="heartbeat"),),
    ),
    DrillSpec(
        name="p", kind="recovery-plan", vault=VAULT, plan="rp-payments", network=DRILL_VNET, seconds=3,
        allowed_actions=("Point DNS at Azure",),
        probes=(ProbeSpec(kind="run-command", vm="PAY-WEB01", script="hostname", expect="PAY-WEB01"),),
    ),
    DrillSpec(
        name="i", kind="protected-item", vault=VAULT, item="PAY-WEB01", network=DRILL_VNET, seconds=3,
        probes=(ProbeSpec(kind="run-command", vm="PAY-WEB01", script="hostname", expect="PAY-WEB01"),),
    ),
)  # fmt: skip
FIELDS = {
    "hyperv-replica": ("kind", "vm", "switch", "probes"),
    "recovery-plan": ("kind", "vault", "plan", "network", "allowed_actions", "probes"),
    "protected-item": ("kind", "vault", "item", "network", "recovery_point", "probes"),
}


def nearly(right: DrillSpec, wrong: DrillSpec, choice: int) -> DrillSpec:
    """A drill that would be held, but for one thing."""
    fields = FIELDS[right.kind]
    field = fields[choice % len(fields)]
    return structs.replace(right, **{field: getattr(wrong, field)})


near = st.builds(nearly, st.sampled_from(RIGHT), specs, st.integers(0, 11))


@pytest.fixture(scope="module")
def one_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """One lab for all examples: what one of them did would be seen by the next."""
    directory = tmp_path_factory.mktemp("never-real")
    with running(assemble(build("contoso", 0), LabClock(speed=5000))) as lab:
        publish(lab, "contoso", directory)
        estate = structs.replace(load(directory / "estate.yaml", dict(os.environ)), drill_records=None)
        yield Stage(lab=lab, estate=estate, folder=directory / "drills", speed=5000)


@pytest.fixture(scope="module")
def context(one_stage: Stage) -> Context:
    return one_stage.context()


def production(world: World) -> dict[str, tuple[object, ...]]:
    """Everything about the machines that a drill must leave as it is."""
    return {vm.id: (vm.host, vm.state, *sides(world, vm.id)) for vm in world.vms.values()}


def sides(world: World, vm_id: str) -> tuple[object, ...]:
    if world.vms[vm_id].replication is None:
        return ()
    side = relation(world.vms[vm_id])
    return side.primary_host, side.replica_host, side.state, side.replica_state, side.replica_vm_state, side.failed_over


LAWS = settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], derandomize=True
)


@given(spec=specs, state=st.sampled_from(STATES))
@settings(LAWS, max_examples=300 * TIMES)
def test_no_drill_specification_changes_production(
    one_stage: Stage, context: Context, spec: DrillSpec, state: str
) -> None:
    one_stage.replication.state = state
    before = production(one_stage.world)
    run(spec, context)
    assert production(one_stage.world) == before
    assert {path.parent for path in one_stage.folder.rglob("*.json*")} == {one_stage.folder}
    one_stage.assert_spotless()


@given(spec=near)
@settings(LAWS, max_examples=25 * TIMES)
def test_no_drill_that_is_nearly_right_changes_production(one_stage: Stage, context: Context, spec: DrillSpec) -> None:
    one_stage.replication.state = "Replicating"
    before = production(one_stage.world)
    run(spec, context)
    assert production(one_stage.world) == before
    one_stage.assert_spotless()


def test_the_examples_reached_every_kind_of_test_failover(one_stage: Stage, context: Context) -> None:
    """Otherwise the laws above would hold of anything."""
    assert [run(spec, context).trouble for spec in RIGHT] == [()] * len(RIGHT)
    assert one_stage.replication.tests > 1
    assert one_stage.writes("/testFailover") > 2


identities = st.fixed_dictionaries(
    {
        "host": st.sampled_from([LEEDS, LEEDS, "hv-lon1.lon.contoso.lab"]),
        "vm_id": st.sampled_from([VMS["VMM01"], VMS["VMM01"], VMS["PAY-WEB01"], "*"]),
        "plan": st.sampled_from([PLAN, PLAN, f"{PLAN}/unplannedFailover", f"{PLAN}/testFailover?x="]),
        "item": st.sampled_from([ITEM, ITEM, f"{ITEM}/unplannedFailover", f"{ITEM}/testFailover?x="]),
        "vault": st.just(VAULT),
        "name": st.just("it"),
        "container": st.sampled_from(["", "", "https://127.0.0.1:9/account/drcheck"]),
    }
)
actions = st.sampled_from(["lease", "hyperv.test-failover", "site-recovery.test-failover", "hyperv.test-failover.stop"])
effects = st.sampled_from(
    [{}, {"test_vm_id": VMS["VMM01"]}, {"test_vm_id": "*"}, {"job": "x"}, {"job": "../../unplannedFailover"}]
)
events = st.lists(st.tuples(st.sampled_from(["intent", "effect", "undone"]), actions, effects), max_size=5)


@given(
    kind=st.sampled_from(["hyperv-replica", "recovery-plan", "protected-item"]),
    identity=identities,
    events=events,
    state=st.sampled_from(STATES),
)
@settings(LAWS, max_examples=60 * TIMES)
def test_no_journal_changes_production_when_it_is_recovered(
    one_stage: Stage,
    context: Context,
    kind: str,
    identity: dict[str, str],
    events: list[tuple[str, str, dict[str, object]]],
    state: str,
) -> None:
    """In ``PreparedForFailover`` and the like, a Stop-VMFailover without a test VM would revert a real failover."""
    one_stage.replication.state = state
    before = production(one_stage.world)
    journal = one_stage.folder / f"{uuid4().hex}{SUFFIX}"
    write(journal, [("opened", "", {"kind": kind, "identity": identity}), *events])
    told = ""
    try:
        recover(one_stage.folder, context)
    except DrillError as refused:
        told = str(refused)
        journal.unlink()
    assert "is damaged" not in told, "nothing would have been tried"
    assert production(one_stage.world) == before
    one_stage.assert_spotless()


REAL = (
    "plannedFailover",
    "unplannedFailover",
    "failoverCommit",
    "reProtect",
    "applyRecoveryPoint",
    "remove",
    "switchProtection",
)
TESTING = ("testFailoverCleanup", "resume", "cancel", "runCommand")
words = st.sampled_from([*REAL, *TESTING, "..", ".", "", "%2e%2e", "resume%2f..%2funplannedFailover", "?", "#", "*"])


@given(tail=st.lists(words, min_size=1, max_size=4), head=st.sampled_from([PLAN, f"{VAULT}/replicationJobs/j", VAULT]))
@settings(LAWS, max_examples=40 * TIMES)
def test_no_path_however_odd_starts_anything_real(one_stage: Stage, tail: list[str], head: str) -> None:
    with DrillArm(arm_endpoint(one_stage.estate), now=now) as client, suppress(DrcheckError):
        client.post("/".join([head, *tail]), SITE_RECOVERY_API, {"properties": {}})
    one_stage.assert_nothing_real()


def test_so_many_requests_were_made_of_it(one_stage: Stage) -> None:
    """Last of all; seen with ``-s``."""
    requests = one_stage.world.heard.requests
    sys.stdout.write(f"\nfuzz: {requests} requests, nothing real\n")
    assert requests > 1000 * TIMES
    one_stage.assert_nothing_real()


def write(path: Path, events: Sequence[tuple[str, str, Mapping[str, object]]]) -> None:
    """A journal as drcheck writes them, long ago."""
    path.parent.mkdir(parents=True, exist_ok=True)
    records = [
        {
            "number": number,
            "at": "2026-11-01T00:00:00+00:00",
            "drill": path.name.removesuffix(SUFFIX),
            "event": event,
            "action": action,
            "data": data,
        }
        for number, (event, action, data) in enumerate(events, start=1)
    ]
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
