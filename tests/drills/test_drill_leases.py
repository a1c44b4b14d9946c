"""Leases in Azure: of two who want a machine one gets it, who dies leaves it, and who proves may take it over."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec import structs

from drcheck.drill import Context
from drcheck.drill.azure.lease_store import Leases, Machine, key_of, leases_of
from drcheck.drill.azure_failover import TEST
from drcheck.drill.engine import run
from drcheck.drill.journal import Journal, read
from drcheck.drill.protected_item import prepare, resume
from drcheck.drill.undoing.recovery import recover
from drcheck.errors import DrillError, DrillFailed, LeaseHeld
from drcheck.estate import DrillSpec, ProbeSpec, Secret
from drcheck.lab.azure.blobs import Blob
from drcheck.lab.azure.faults import Fault
from drcheck.lab.telling.building import vm_named
from tests.drills.conftest import Stage, Stages

MACHINE, PLAN = "PAY-WEB01", "payments-plan"
OLD = "20261101T000000Z-old-00000000"


@pytest.fixture(scope="module")
def shared(one_stage_each: Stages) -> Stage:
    """One lab for drills that leave nothing behind."""
    return one_stage_each()


@pytest.fixture(scope="module")
def context(shared: Stage) -> Context:
    """What was found before the first drill."""
    return shared.context()


def item_drill(stage: Stage) -> DrillSpec:
    """The drill of one machine of the plan."""
    probe = ProbeSpec(kind="run-command", vm=MACHINE, script="hostname", expect=MACHINE)
    return structs.replace(
        stage.spec(PLAN), name="one-web-server", kind="protected-item", plan="", item=MACHINE, probes=(probe,)
    )


def key(stage: Stage) -> str:
    return f"leases/{vm_named(stage.world, MACHINE).id}.json"


def leases(stage: Stage) -> Leases:
    found = leases_of(stage.estate, stage.clock, lambda _: None)
    assert found is not None
    return found


def machine(stage: Stage) -> Machine:
    return Machine(key=vm_named(stage.world, MACHINE).id, name=MACHINE, item="/subscriptions/x")


def leave(stage: Stage, *, hours: float, lines: tuple[dict[str, object], ...] = ()) -> None:
    """A drill has died so many hours ago; its lease was to last for one."""
    then = stage.clock() - timedelta(hours=hours)
    blobs = stage.azure.blobs.containers["drcheck"]
    body = {"schema": 1, "name": MACHINE, "drill": OLD, "holder": "somebody@elsewhere"}
    body |= {"taken": then.isoformat(), "expires": (then + timedelta(hours=1)).isoformat()}
    blobs[key(stage)] = blob("BlockBlob", json.dumps(body))
    if lines:
        rest = {"at": then.isoformat(), "drill": OLD, "data": {}}
        told = [{"number": at, **rest, **line} for at, line in enumerate(lines)]
        blobs[f"journals/{OLD}.jsonl"] = blob("AppendBlob", "".join(f"{json.dumps(line)}\n" for line in told))


def blob(kind: str, text: str) -> Blob:
    return Blob(kind=kind, body=text.encode(), etag='"old"', modified=0.0)


BEGUN: tuple[dict[str, object], ...] = ({"event": "opened"}, {"event": "intent", "action": "lease"})
ASKED: tuple[dict[str, object], ...] = (*BEGUN, {"event": "intent", "action": "site-recovery.test-failover"})


LOST = (("PUT", "/leases/"), ("PUT", "comp=appendblock"), ("DELETE", "/leases/"), ("PUT", r"/journals/[^?]*$"))


def test_a_plan_takes_a_lease_for_each_machine_copies_its_journal_and_gives_all_back(
    shared: Stage, context: Context
) -> None:
    """Some answers are lost on the way, and nothing is done twice for that."""
    for method, path in LOST:
        shared.azure.blobs.faults.add(Fault(kind="lost", method=method, path=path))
    outcome = run(shared.spec(PLAN), context)
    assert outcome.trouble == ()
    assert [fault.times for fault in shared.azure.blobs.faults.pending] == [0] * len(LOST)
    assert shared.record(outcome.drill)["exclusivity"].startswith("exclusive: a blob per machine in https://127.0.0.1")
    taken = [path for path in shared.azure.blobs.writes if path.startswith("PUT") and "/leases/" in path]
    assert taken == sorted(set(taken))
    assert len(taken) == len(json.loads(opening(shared, outcome.drill))["data"]["identity"]["machines"].split(","))
    assert shared.azure.blobs.leases == {}
    copied = leases(shared).journal(outcome.drill)
    lines = (shared.folder / f"{outcome.drill}.journal.jsonl").read_text(encoding="utf-8").splitlines()
    assert list(copied) == lines[: len(copied)]
    assert [json.loads(line)["event"] for line in lines[len(copied) :]] == ["undone", "closed"]
    assert outcome.drill in leases(shared).journals()
    shared.assert_spotless()


def opening(stage: Stage, drill: str) -> str:
    return (stage.folder / f"{drill}.journal.jsonl").read_text(encoding="utf-8").splitlines()[0]


def test_who_finds_a_lease_is_refused_with_the_holders_name_and_gives_back_what_it_had(
    shared: Stage, context: Context
) -> None:
    """The machine's own drill, and the plan that it is a part of."""
    leave(shared, hours=0.5)
    before = len(shared.azure.writes)
    for spec in (item_drill(shared), shared.spec(PLAN)):
        outcome = run(spec, context)
        (said,) = outcome.trouble
        assert f"PAY-WEB01 is drilled by somebody@elsewhere (drill {OLD}, until" in said
    assert list(shared.azure.blobs.leases) == [key(shared)]
    assert len(shared.azure.writes) == before
    assert shared.open_drills() == ()
    del shared.azure.blobs.containers["drcheck"][key(shared)]


def test_a_container_that_takes_no_lease_starts_nothing(shared: Stage, context: Context) -> None:
    before = len(shared.azure.writes)
    shared.azure.blobs.faults.add(Fault(kind="403", method="PUT", path="/leases/"))
    outcome = run(item_drill(shared), context)
    assert outcome.trouble != ()
    assert len(shared.azure.writes) == before
    assert shared.open_drills() == ()


@pytest.mark.parametrize("lines", [(), BEGUN, ASKED])
def test_a_lease_that_is_over_is_taken_over_when_nothing_is_left(
    shared: Stage, lines: tuple[dict[str, object], ...]
) -> None:
    """Whether it died before it copied anything, before it asked for anything, or its request never arrived."""
    leave(shared, hours=3, lines=lines)
    taken = leases(shared)
    vm = vm_named(shared.world, MACHINE).id
    taken.take(machine(shared), "new", shared.clock() + timedelta(hours=1), lambda _: "")
    held = taken.held(vm)
    assert held is not None
    assert held.drill == "new"
    with pytest.raises(DrillFailed, match="another drill has taken it over"):
        taken.mirror(OLD)("one line more")
    assert len(taken.journal(OLD)) == len(lines) + 1
    taken.release(vm, OLD)
    assert taken.held(vm) is not None
    taken.release(vm, "new")
    assert taken.held(vm) is None
    shared.azure.blobs.containers["drcheck"].pop(f"journals/{OLD}.jsonl")


@pytest.mark.parametrize(
    ("hours", "lines", "remains", "said"),
    [
        (0.5, ASKED, "", "until"),
        (1.05, BEGUN, "", "until"),
        (3, ASKED, "its copies are still there", "it has expired, but its copies are still there"),
        (3, ({"event": "intent", "at": "2999-01-01T00:00:00+00:00"},), "", "its journal was written to at"),
        (3, ({"nonsense": 1},), "", "the copy of its journal is damaged"),
    ],
)
def test_doubt_leaves_a_lease_alone(
    shared: Stage, hours: float, lines: tuple[dict[str, object], ...], remains: str, said: str
) -> None:
    leave(shared, hours=hours, lines=lines)
    before = dict(shared.azure.blobs.containers["drcheck"])
    with pytest.raises(LeaseHeld, match=said):
        leases(shared).take(machine(shared), "new", shared.clock(), lambda _: remains)
    assert shared.azure.blobs.containers["drcheck"] == before
    for name in (key(shared), f"journals/{OLD}.jsonl"):
        del shared.azure.blobs.containers["drcheck"][name]


@pytest.mark.parametrize("hours", [0, 3])
def test_of_many_who_want_one_machine_one_gets_it_whether_it_is_free_or_to_be_taken_over(
    shared: Stage, hours: int
) -> None:
    if hours:
        leave(shared, hours=hours, lines=ASKED)
    together = threading.Barrier(6)

    def want(drill: str) -> str:
        mine = leases(shared)
        together.wait(60)
        try:
            mine.take(machine(shared), drill, shared.clock() + timedelta(hours=1), lambda _: "")
        except LeaseHeld as held:
            return str(held)
        return ""

    with ThreadPoolExecutor(6) as pool:
        said = sorted(pool.map(want, (f"drill-{number}" for number in range(6))))
    held = leases(shared).held(machine(shared).key)
    assert held is not None
    assert [line.count(f"(drill {held.drill}, until") for line in said] == [0, 1, 1, 1, 1, 1]
    assert said[0] == ""
    leases(shared).release(machine(shared).key, held.drill)
    shared.azure.blobs.containers["drcheck"].pop(f"journals/{OLD}.jsonl", None)


def test_a_lease_that_nobody_can_read_is_held_for_ever(shared: Stage) -> None:
    shared.azure.blobs.containers["drcheck"][key(shared)] = blob("BlockBlob", "<html>")
    with pytest.raises(LeaseHeld, match="drilled by somebody"):
        leases(shared).take(machine(shared), "new", shared.clock(), lambda _: "")
    del shared.azure.blobs.containers["drcheck"][key(shared)]


def test_a_dead_drill_that_was_taken_over_touches_nothing_when_it_is_recovered(
    shared: Stage, context: Context, tmp_path: Path
) -> None:
    """Its request was never answered; another drill holds the machine, and may have a copy of it, by now."""
    drill = prepare(item_drill(shared), context)
    journal = Journal(tmp_path / "dead.journal.jsonl", "dead", shared.clock)
    journal.write("opened", kind="protected-item", name="x", identity=drill.identity())
    journal.write("intent", "lease")
    journal.write("intent", TEST, target="x", job_before="")
    leave(shared, hours=0)
    before = len(shared.azure.writes)
    assert len(recover(tmp_path, context)) == 1
    undone = [one.data for one in read(journal.path) if (one.event, one.action) == ("undone", TEST)]
    assert undone == [{"taken_over_by": OLD}]
    assert len(shared.azure.writes) == before
    assert list(shared.azure.blobs.leases) == [key(shared)]
    del shared.azure.blobs.containers["drcheck"][key(shared)]


def test_a_journal_whose_container_is_not_declared_any_more_is_not_recovered_by_guessing(
    shared: Stage, context: Context
) -> None:
    identity = prepare(item_drill(shared), context).identity()
    elsewhere = structs.replace(context, estate=structs.replace(shared.estate, drill_leases=None))
    with pytest.raises(DrillError, match=r"not what estate\.yaml declares under drill_leases"):
        resume(identity, elsewhere).release_lease("x")


def test_without_a_container_the_record_will_say_so(shared: Stage, context: Context) -> None:
    elsewhere = structs.replace(context, estate=structs.replace(shared.estate, drill_leases=None))
    drill = prepare(item_drill(shared), elsewhere)
    assert drill.take_lease("x", shared.clock()).startswith("not exclusive: estate.yaml declares no drill_leases")
    assert drill.mirror("x") is None
    drill.release_lease("x")


def test_a_token_for_the_resource_manager_is_not_taken_for_storage(shared: Stage) -> None:
    assert shared.estate.drill_leases is not None
    store = structs.replace(shared.estate.drill_leases, token=None)
    with pytest.raises(DrillError, match="never sent to storage"):
        leases_of(structs.replace(shared.estate, drill_leases=store), shared.clock, lambda _: None)
    azure = structs.replace(shared.estate.azure, token=None)
    assert leases_of(structs.replace(shared.estate, azure=azure), shared.clock, lambda _: None) is not None
    assert Secret("x") != store


def test_a_machine_without_a_known_id_has_a_lease_too() -> None:
    assert key_of("ABC", "/x") == "abc"
    assert key_of("", "/Subscriptions/X") == key_of("", "/subscriptions/x")
    assert len(key_of("", "/x")) == 32
