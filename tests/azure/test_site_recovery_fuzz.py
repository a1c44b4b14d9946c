"""Does the Site Recovery source stay honest when answers are not what they were? Over everything that was recorded.

Fields go missing, become null, change their type, or hold one of the dates that mean something else than they say.
Whatever happens, a collector tells facts or fails with a named error, and no fact holds what no answer said.
"""

import copy
import json
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drcheck.discovery.site_recovery import COLLECTORS
from drcheck.topology.base import Target
from drcheck.transport.arm_errors import problem_in
from drcheck.transport.arm_job import Job, Operation
from tests.recorded_vaults import FILES, SAMPLES, Answers, decode, exchanges, resources, vault_of
from tests.spoiling import NAMED, REMOVED, Said, changed, places, values

pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the recorded payloads are not on this machine")


@cache
def known(name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    return resources(name)


@st.composite
def spoilt(draw: st.DrawFn) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """A recording in which a few things are not as they were."""
    name = draw(st.sampled_from(FILES))
    listed, single = copy.deepcopy(known(name))
    for _ in range(draw(st.integers(1, 4))):
        group = draw(st.sampled_from([each for each in (listed, single) if each]))
        resource = group[draw(st.sampled_from(sorted(group)))]
        found = list(places(resource))
        if found:
            changed(resource, draw(st.sampled_from(found)), draw(values))
    return name, listed, single


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("value", [REMOVED, None], ids=["removed", "null"])
def test_no_field_is_made_up_when_it_is_missing(name: str, value: Any) -> None:
    """Every field of every kind of resource, one at a time."""
    listed, single = known(name)
    target = vault_of(listed, single)
    done: set[tuple[Any, ...]] = set()
    for group, key, place in every_place(listed, single):
        shape = (key.split("/")[-2], *(step for step in place if isinstance(step, str)))
        if shape not in done:
            done.add(shape)
            spoilt_group = {**group, key: copy.deepcopy(group[key])}
            changed(spoilt_group[key], place, value)
            answers = (spoilt_group, single) if group is listed else (listed, spoilt_group)
            assert untrue(*answers, target) == [], (key, place)


def every_place(*groups: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str, tuple[Any, ...]]]:
    for group in groups:
        for key, resource in group.items():
            yield from ((group, key, place) for place in places(resource))


def untrue(listed: dict[str, Any], single: dict[str, Any], target: Target) -> list[Any]:
    """What the collectors tell that was not said."""
    said = Said([*listed.values(), *single.values()], target.endpoint)
    found: list[Any] = []
    for collector in COLLECTORS:
        with suppress(*NAMED):
            for fact in collector.read(Answers(listed, single, target.endpoint), target):
                found += said.unsaid(fact)
    return found


@given(spoilt())
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_collector_tells_what_was_said_or_names_what_is_wrong(
    case: tuple[str, dict[str, Any], dict[str, Any]],
) -> None:
    name, listed, single = case
    assert untrue(listed, single, vault_of(*known(name))) == []


@given(st.data())
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_jobs_orders_and_errors_are_read_or_refused(data: st.DataObject) -> None:
    exchange = data.draw(st.sampled_from([one for name in FILES for one in answered(name)]))
    answer = copy.deepcopy(exchange["response"])
    changed(answer, data.draw(st.sampled_from(list(places(answer)))), data.draw(values))
    said = Said([answer], "")
    for of in (Job, Operation):
        with suppress(msgspec.ValidationError):
            assert said.unsaid(decode(answer, of)) == []
    problem = problem_in(json.dumps(answer).encode())
    assert problem is None or said.unsaid(problem) == []


@cache
def answered(name: str) -> list[dict[str, Any]]:
    wanted = ("/replicationjobs/", "operationstatus/")
    return [
        one
        for one in exchanges(name)
        if one["response"] and (one["status"] >= 400 or any(kind in one["path"].lower() for kind in wanted))
    ]
