"""Whatever a host or a cluster node answers, it ends as facts or as a gap that says what could not be read."""

import asyncio
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs, to_builtins

from drcheck.discovery.driver import sources
from drcheck.lab.cmdlets.objects import Session
from drcheck.lab.powershell.catalogue import catalogue
from drcheck.lab.powershell.collector import Collector
from drcheck.lab.scenarios import fabrikam
from drcheck.lab.state.clock import LabClock
from drcheck.query import WindowsQuery
from drcheck.topology.base import Fact, Topology
from tests.pretend_machines import Rows, read

ASKED = {"hyperv": fabrikam.LEEDS, "cluster": fabrikam.host("sql-lon1")}
ODD: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 2**63, 1e308, float("nan"), "", " ", "x", "0", "-1", "\u4e2d\u6587"),
    *("99999999999999999999", "/Date(-62135596800000)/", "2026-02-30T00:00:00Z", "0001-01-01T00:00:00Z"),
    *("2026-11-23T10:00:00", "NaN", [], [None], ["x"], [[]], [1, "2"], {}, {"a": 1}),
)
"""What has come out of Windows in place of something else, and what never should."""


def queries(role: str) -> tuple[WindowsQuery, ...]:
    asked = {query.id: query for each in sources()[role] for query in getattr(each.collector, "queries", ())}
    return tuple(asked.values())


@cache
def answers(role: str) -> Rows:
    """What the simulated machine answers to every query of the role."""
    world = fabrikam.build(1)
    session = Session(world=world, clock=LabClock(), host=world.hosts[ASKED[role]])
    allowed = frozenset(query.cmdlet for query in queries(role) if hasattr(query, "cmdlet"))
    collector = Collector(session=session, catalogue=catalogue(), allowed=allowed)
    rows: Rows = {}
    for query in queries(role):
        rows[query.id], end = asyncio.run(collector.ask(to_builtins(query)))
        assert (query.id, end.state) == (query.id, "ok")
    return rows


def look(role: str, rows: Rows) -> Topology:
    return read(role, ASKED[role], rows)


@cache
def sound(role: str) -> dict[tuple[str, str], Fact]:
    return {(type(fact).__name__, fact.key): fact for fact in look(role, answers(role)).facts}


@st.composite
def places(draw: st.DrawFn, role: str) -> tuple[str, int, str]:
    """A field of a row of an answer."""
    query = draw(st.sampled_from([name for name, rows in answers(role).items() if rows]))
    at = draw(st.integers(0, len(answers(role)[query]) - 1))
    return query, at, draw(st.sampled_from(sorted(answers(role)[query][at])))


def changed(role: str, place: tuple[str, int, str], *, to: object = None, gone: bool = False) -> Rows:
    query, at, field = place
    rows = [dict(row) for row in answers(role)[query]]
    if gone:
        del rows[at][field]
    else:
        rows[at][field] = to
    return answers(role) | {query: rows}


@pytest.mark.parametrize("role", sorted(ASKED))
def test_what_the_lab_answers_is_read_to_its_end(role: str) -> None:
    topology = look(role, answers(role))
    assert topology.gaps == ()
    told = {type(fact) for fact in topology.facts}
    silent = {each.kind for each in sources()[role]} - {kind.__name__ for kind in told}
    assert silent <= {"VmCheckpoint", "ClusterSharedVolume"}


@pytest.mark.parametrize("role", sorted(ASKED))
@settings(deadline=None)
@given(st.data())
def test_an_odd_value_ends_in_facts_or_in_a_gap_that_names_it(role: str, data: st.DataObject) -> None:
    place = data.draw(places(role))
    topology = look(role, changed(role, place, to=data.draw(st.sampled_from(ODD))))
    assert [gap.reason for gap in topology.gaps if gap.cause == "internal"] == []


@pytest.mark.parametrize("role", sorted(ASKED))
@settings(deadline=None)
@given(st.data())
def test_a_field_that_is_missing_leaves_a_fact_as_it_was_or_with_less_in_it(role: str, data: st.DataObject) -> None:
    place = data.draw(places(role))
    topology = look(role, changed(role, place, gone=True))
    assert [gap.reason for gap in topology.gaps if gap.cause == "internal"] == []
    for fact in topology.facts:
        before = sound(role)[type(fact).__name__, fact.key]
        was, now = structs.asdict(before), structs.asdict(fact)
        for name in was.keys() - {"seen"}:
            assert now[name] == was[name] or _less(now[name], was[name]), (name, was[name], now[name])


def _less(now: object, was: object) -> bool:
    """Nothing, or a tuple of structs each of which holds less. An empty tuple is not nothing: it says there is none."""
    if now is None or now == "":
        return True
    if not (isinstance(now, tuple) and isinstance(was, tuple) and len(now) == len(was)):
        return False
    both = (zip(structs.astuple(one), structs.astuple(other), strict=True) for one, other in zip(now, was, strict=True))
    return all(a == b or _less(a, b) for pair in both for a, b in pair)
