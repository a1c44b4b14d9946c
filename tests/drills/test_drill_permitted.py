"""Is a drill that must not be held now refused before anything happens, and one that takes too long ended in time?"""

from datetime import timedelta

import pytest

from drcheck.drill.engine import run
from drcheck.drill.journal import read
from drcheck.estate import ProbeSpec
from drcheck.estate.drill_spec import Authorisation, Blackout, Limits
from drcheck.policy import Policy
from drcheck.topology.base import Topology
from tests.drills.conftest import Stage, Stages

REPLICA = "vmm-first"


@pytest.fixture(scope="module")
def shared(one_stage_each: Stages) -> Stage:
    """One lab for drills that leave nothing behind."""
    return one_stage_each()


@pytest.fixture(scope="module")
def found(shared: Stage) -> Topology:
    """What was found before the first drill."""
    return shared.context().topology


def test_what_must_not_be_held_now_is_refused_before_anybody_is_asked_anything(shared: Stage, found: Topology) -> None:
    now = shared.clock()
    closed = Authorisation(change="C", approver="A", not_after=now - timedelta(hours=1))
    quiet = Blackout(name="year's end", start=now - timedelta(hours=1), end=now + timedelta(hours=1))
    before = shared.world.heard.orders.copy(), shared.world.heard.calls.copy(), shared.world.heard.queries.copy()
    shared.declare(blackouts=(quiet,))
    try:
        asked = shared.context(found)
        outcome = run(shared.spec(REPLICA, authorisation=closed, limits=Limits(machines=1)), asked)
    finally:
        shared.declare(blackouts=())
    (trouble,) = outcome.trouble
    assert "it must not be held now: its window closed at" in trouble
    assert "(year's end)" in trouble
    assert (shared.world.heard.orders, shared.world.heard.calls, shared.world.heard.queries) == before
    assert not list(shared.folder.glob("*.journal.jsonl"))
    assert shared.record(outcome.drill)["verdict"] == "FAIL"


def test_a_drill_without_room_for_its_copy_is_refused_with_the_figures(shared: Stage, found: Topology) -> None:
    shared.declare(policy=Policy(host_reserve_gib=1 << 20))
    try:
        outcome = run(shared.spec(REPLICA), shared.context(found))
    finally:
        shared.declare(policy=Policy())
    (trouble,) = outcome.trouble
    assert "there is no room for it: hv-lds1.lds.contoso.lab has -" in trouble
    assert not list(shared.folder.glob("*.journal.jsonl"))


def test_work_that_is_not_over_in_time_is_ended_and_cleaned_up(shared: Stage, found: Topology) -> None:
    """Its probe never turns green, and the drill would try for an hour; it has a second."""
    never = (ProbeSpec(kind="service", name="NoSuchService"),)
    limits = Limits(seconds=Policy().drill_clean_up + 1)
    outcome = run(shared.spec(REPLICA, probes=never, seconds=3600, limits=limits), shared.context(found))
    assert any("its time was over at" in line for line in outcome.trouble)
    assert read(shared.folder / f"{outcome.drill}.journal.jsonl")[-1].event == "closed"
    assert shared.record(outcome.drill)["cleaned_up"] is True
    shared.assert_spotless()
