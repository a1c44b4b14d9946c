"""Drills whose journals are lost, and copies that no journal tells of: found where they are, removed when proven."""

import json
import os
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec import structs

from drcheck.cli.drilling import recover_drills, show_open_drills, show_orphans
from drcheck.drill import Context
from drcheck.drill.journal import Journal
from drcheck.drill.undoing.copies import Copies, copies
from drcheck.drill.undoing.orphans import KINDS, Found, find, remove
from drcheck.drill.undoing.recovery import recover, recover_copies
from drcheck.errors import DrillError, DrillFailed, TransportError, UsageError
from drcheck.estate import load
from drcheck.lab.running.assembly import assemble, build
from drcheck.lab.running.publish import publish
from drcheck.lab.running.server import running
from drcheck.lab.scenarios.contoso import LEEDS
from drcheck.lab.state.clock import LabClock
from drcheck.topology.base import Target
from tests.drills.conftest import Stage, now

DRILL = "20261123T101500Z-vmm-first-0badcafe"
TEST = "hyperv.test-failover"
LATER = timedelta(hours=2)
"""After every lease."""


@pytest.fixture(scope="module")
def lab_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """One lab for all: what one test leaves would be seen by the next."""
    directory = tmp_path_factory.mktemp("orphans")
    with running(assemble(build("contoso", 0), LabClock(speed=5000))) as lab:
        publish(lab, "contoso", directory)
        estate = structs.replace(load(directory / "estate.yaml", dict(os.environ)), drill_records=None)
        yield Stage(lab=lab, estate=estate, folder=directory / "none", speed=5000)


@pytest.fixture
def stage(lab_stage: Stage, tmp_path: Path) -> Iterator[Stage]:
    lab_stage.folder = tmp_path / "drills"
    yield lab_stage
    forget_lease(lab_stage)
    lab_stage.leeds.journals.clear()
    if lab_stage.replication.test_vm_id:
        lab_stage.stop_test()
    lab_stage.world.test_vms.clear()
    lab_stage.assert_nothing_real()


def forsake(stage: Stage, *, effect: bool = True) -> str:
    """What is left of a drill whose machine burnt down after its copy was started; the copy's id."""
    stage.start_foreign_test()
    made = stage.replication.test_vm_id
    journal = Journal(stage.folder / "burnt" / f"{DRILL}.journal.jsonl", DRILL, now)
    identity = {"host": LEEDS, "vm_id": stage.vmm.id, "name": "VMM01"}
    journal.write("opened", kind="hyperv-replica", name="vmm-first", identity=identity)
    journal.write("intent", "lease")
    journal.write("intent", TEST, host=LEEDS, vm_id=stage.vmm.id)
    if effect:
        journal.write("effect", TEST, test_vm_id=made)
    lines = journal.path.read_text(encoding="utf-8").splitlines()
    stage.leeds.journals[DRILL] = [*lines, lines[-1], "half a li"]
    stage.leeds.leases[stage.vmm.id] = {
        "holder": "ci@runner-7",
        "drill": DRILL,
        "expires": (now() + LATER / 2).isoformat(),
    }
    journal.path.unlink()
    return made


def elsewhere(stage: Stage, *, late: bool = True) -> Context:
    """Another machine, after the lease has run out or before."""
    topology = stage.look((Target(role="hyperv", endpoint=LEEDS),), KINDS)
    after = LATER if late else timedelta()
    return structs.replace(stage.context(topology), now=lambda: now() + after, folder=stage.folder / "elsewhere")


def forget_lease(stage: Stage) -> None:
    stage.leeds.leases.clear()


def forget_replica(stage: Stage) -> None:
    """The relation loses track of its copy, as happens."""
    stage.replication.test_vm_id = ""


def assert_nobody_else(found: Copies | Found) -> None:
    assert found.unread == ()


def test_a_drill_is_recovered_from_its_hosts_when_everything_here_is_lost(stage: Stage) -> None:
    forsake(stage)
    alive, context = elsewhere(stage, late=False), elsewhere(stage)
    found = copies(context)
    assert_nobody_else(found)
    assert [(one.drill, one.where) for one in found.found] == [(DRILL, LEEDS)]
    with pytest.raises(DrillFailed, match="it may be alive"):
        recover_copies(found.found, alive)
    assert stage.replication.test_vm_id != ""
    assert recover_copies(found.found, context) == (f"{DRILL}: VMM01 is clean",)
    stage.assert_spotless()
    stage.folder = context.folder
    record = stage.record(DRILL)
    assert (record["verdict"], record["cleaned_up"], record["target"]) == ("FAIL", True, stage.vmm.id)
    assert stage.open_drills() == ()
    assert copies(context).found == ()


def test_a_drill_that_is_known_to_be_dead_is_recovered_before_its_lease_ends(stage: Stage) -> None:
    forsake(stage)
    context = elsewhere(stage, late=False)
    assert recover_copies(copies(context).found, context, dead=(DRILL,)) == (f"{DRILL}: VMM01 is clean",)
    stage.assert_spotless()


def test_a_lease_without_any_journal_is_given_back_and_nothing_is_touched(stage: Stage) -> None:
    forsake(stage)
    stage.leeds.journals.clear()
    foreign = stage.replication.test_vm_id
    context = elsewhere(stage)
    assert recover_copies(copies(context).found, context) == (f"{DRILL}: VMM01 is clean",)
    assert stage.leeds.leases == {}
    assert stage.replication.test_vm_id == foreign
    stage.assert_nothing_real()


def damage(stage: Stage, **fields: object) -> None:
    """Somebody wrote into the first line of a journal's copy; no fields: it was made unreadable."""
    first = json.loads(stage.leeds.journals[DRILL][0])
    data = {**first["data"], **{name: value for name, value in fields.items() if name != "drill"}}
    line = json.dumps({**first, "drill": fields.get("drill", DRILL), "data": data})
    stage.leeds.journals[DRILL][0] = line if fields else line[1:]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "1 lines of its journal's copy are damaged"),
        ({"drill": "../../another"}, "it says that it is of drill '../../another'"),
        ({"identity": {"vm_id": "x", "name": "x"}}, "it does not name its 'host'"),
        (
            {"identity": {"host": "evil.example", "vm_id": "x", "name": "x"}},
            "names evil.example, which the estate does not have",
        ),
        ({"kind": None}, "no kind of failover named 'None'"),
    ],
)
def test_a_copy_of_a_journal_that_tells_nonsense_is_believed_in_nothing(
    stage: Stage, fields: dict[str, object], said: str
) -> None:
    made = forsake(stage)
    damage(stage, **fields)
    context = elsewhere(stage)
    with pytest.raises(DrillFailed, match=re.escape(said)):
        recover_copies(copies(context).found, context)
    assert stage.replication.test_vm_id == made
    assert len(stage.leeds.leases) == 1
    assert not list(context.folder.parent.glob("*.json"))


def test_a_journal_that_has_lost_its_beginning_is_not_taken_for_one_that_announced_nothing(stage: Stage) -> None:
    forsake(stage)
    path = stage.folder / f"{DRILL}.journal.jsonl"
    path.write_text("\n".join(stage.leeds.journals[DRILL][1:]), encoding="utf-8")
    with pytest.raises(DrillFailed, match="its beginning is missing"):
        stage.recover()
    assert len(stage.open_drills()) == 1


def test_a_leak_that_a_dead_drill_saw_is_in_the_record_that_another_writes(stage: Stage) -> None:
    forsake(stage)
    seen = {"number": 6, "at": now().isoformat(), "drill": DRILL, "event": "observed", "action": "isolation"}
    stage.leeds.journals[DRILL][-1] = json.dumps({**seen, "data": {"wrong": ["it has uplinks"]}})
    context = elsewhere(stage)
    assert len(recover_copies(copies(context).found, context)) == 1
    stage.folder = context.folder
    told = stage.record(DRILL)["isolation"]
    assert (told["isolated"], told["leaks"]) == (False, ["it has uplinks"])


def test_a_copy_that_a_journal_on_its_host_names_is_an_orphan_and_removed(stage: Stage) -> None:
    forsake(stage)
    forget_lease(stage)
    context = elsewhere(stage)
    found = find(context)
    assert_nobody_else(found)
    (orphan,) = found.orphans
    assert f"journal of drill {DRILL}" in orphan.proof
    assert (
        remove(orphan, context) == "test VM VMM01 - Test on hv-lds1.lds.contoso.lab, of the replica VMM01 was removed"
    )
    stage.assert_spotless()
    assert find(elsewhere(stage)).orphans == ()


def test_a_copy_that_nothing_proves_a_drills_is_listed_and_left_alone(stage: Stage) -> None:
    stage.start_foreign_test()
    context = elsewhere(stage)
    (orphan,) = find(context).orphans
    assert orphan.proof == ""
    with pytest.raises(DrillError, match=f"--mine {orphan.id}"):
        remove(orphan, context)
    assert stage.replication.test_vm_id == orphan.id
    remove(orphan, context, vouched=True)
    stage.assert_spotless()


def test_a_copy_that_no_replica_names_is_never_deleted(stage: Stage) -> None:
    forsake(stage)
    forget_lease(stage)
    forget_replica(stage)
    context = elsewhere(stage)
    (orphan,) = find(context).orphans
    assert DRILL in orphan.proof
    with pytest.raises(DrillError, match="by hand"):
        remove(orphan, context, vouched=True)
    assert len(stage.world.test_vms) == 1


def test_what_a_drill_under_way_has_made_is_no_orphan_and_that_of_an_ended_lease_is(stage: Stage) -> None:
    forsake(stage)
    assert find(elsewhere(stage, late=False)).orphans == ()
    (orphan,) = find(elsewhere(stage)).orphans
    assert orphan.drill == DRILL


def test_a_host_that_cannot_be_asked_is_named(stage: Stage) -> None:
    context = elsewhere(stage)
    dark = stage.on_any(LEEDS, "reset")
    try:
        assert any(LEEDS in where for where in find(context).unread)
    finally:
        stage.lab.faults.remove(dark)


def test_an_orphan_whose_removal_was_interrupted_is_finished_by_recovery(stage: Stage) -> None:
    forsake(stage)
    forget_lease(stage)
    context = elsewhere(stage)
    (orphan,) = find(context).orphans
    never = stage.on_verb("journal.mirror", "500", operation="Send", nth=4)
    with pytest.raises(TransportError):
        remove(orphan, context)
    stage.lab.faults.remove(never)
    assert stage.replication.test_vm_id == orphan.id
    assert len(recover(context.folder, context)) == 1
    stage.assert_spotless()


def test_a_test_vm_of_a_request_without_an_answer_is_not_taken_for_ours_without_the_lease(stage: Stage) -> None:
    """Somebody took the lease away, and somebody tests again."""
    made = forsake(stage, effect=False)
    context = elsewhere(stage)
    held = copies(context).found
    forget_lease(stage)
    with pytest.raises(DrillFailed, match="nobody has the lease"):
        recover_copies(held, context)
    assert stage.replication.test_vm_id == made
    stage.stop_test()
    assert len(recover(context.folder, context)) == 1
    stage.assert_spotless()


def test_a_test_failover_in_azure_that_nobody_cleans_up_is_removed_on_a_persons_word(stage: Stage) -> None:
    """A person in the portal may test into the same network: where the copy is proves nothing."""
    stage.start_foreign_plan_test()
    vault = next(target for target in stage.targets if target.role == "vault")
    stage.await_copies()
    context = structs.replace(stage.context(stage.look(stage.targets, KINDS)), folder=stage.folder / "elsewhere")
    orphans = find(context).orphans
    assert vault.endpoint == orphans[0].identity["vault"]
    assert {one.hint for one in orphans} == {f"its copy is in the drill network {stage.spec('payments-plan').network}"}
    with pytest.raises(DrillError, match="--mine"):
        remove(orphans[0], context)
    assert sum(name.endswith("-test") for name in stage.azure.machines) == len(orphans) > 0
    for orphan in orphans:
        remove(orphan, context, vouched=True)
    stage.assert_spotless()


def test_the_commands_find_it_all_from_the_estate_file_alone(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    """With real clocks: its lease has not run out."""
    forsake(stage)
    runs = stage.folder / "runs"
    file = stage.estate.path
    with pytest.raises(UsageError, match="there is no folder"):
        show_open_drills(runs)
    assert show_open_drills(runs, file) == 2
    assert f"{DRILL}: VMM01, lease on {LEEDS} held by ci@runner-7" in capsys.readouterr().out
    assert show_orphans(file, runs, removing=True, mine=()) == 0
    with pytest.raises(DrillFailed, match=f"--dead {DRILL}"):
        recover_drills(file, runs, from_hosts=True)
    assert recover_drills(file, runs, from_hosts=True, dead=(DRILL,)) == 0
    stage.assert_spotless()
    assert recover_drills(file, runs, from_hosts=True) == 0
    assert "Nothing is left to be undone." in capsys.readouterr().out
