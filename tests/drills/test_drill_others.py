"""What others do while a drill's answer is lost, or before somebody recovers it: it is theirs, and left alone."""

from datetime import timedelta

import pytest

from drcheck.drill.journal import Journal
from drcheck.errors import DrillFailed
from drcheck.lab.arm import render_items
from drcheck.lab.azure.build import plan_named
from tests.drills.conftest import CLEAN_UP, Stage

PLAN = "payments-plan"


def announced(stage: Stage, hours: float) -> None:
    """A drill that died between its announcement and its request, some hours ago."""
    spec = stage.spec(PLAN)
    plan = f"{spec.vault}/replicationrecoveryplans/{spec.plan}".lower()
    journal = Journal(stage.folder / "dead.journal.jsonl", "dead", lambda: stage.clock() - timedelta(hours=hours))
    journal.write(
        "opened", kind=spec.kind, name=spec.name, identity={"plan": plan, "vault": spec.vault, "name": spec.plan}
    )
    journal.write("intent", "site-recovery.test-failover", target=plan, network=spec.network, job_before="")


def test_a_test_failover_that_somebody_made_since_is_no_drills(stage: Stage) -> None:
    announced(stage, hours=3)
    stage.start_foreign_plan_test()
    stage.await_copies()
    with pytest.raises(DrillFailed, match="is not this drill's"):
        stage.recover()
    assert stage.writes("/testFailoverCleanup") == 0
    assert stage.copies != []


def test_what_a_member_that_left_its_plan_has_left_is_seen(stage: Stage) -> None:
    stage.in_azure("403", CLEAN_UP, method="POST", times=None)
    assert "clean-up" in stage.drill(PLAN).trouble[-1]
    stage.azure.faults.clear()
    group = next(one for one in plan_named(stage.world, "rp-payments").groups if one.items)
    group.items.pop()
    with pytest.raises(DrillFailed, match="are still there"):
        stage.recover()
    assert stage.copies != []
    assert len(stage.open_drills()) == 1


def test_an_item_that_does_not_tell_what_it_allows_is_not_taken_for_clean(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent() -> None:
        monkeypatch.setattr(render_items, "allowed_operations", lambda _: None)

    stage.when["clean up"] = silent
    outcome = stage.drill(PLAN)
    assert "does not tell what" in outcome.trouble[-1]
    assert stage.record(outcome.drill)["cleaned_up"] is False
    monkeypatch.undo()
    assert len(stage.recover()) == 1
    stage.assert_spotless()
