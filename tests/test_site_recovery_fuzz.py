"""Does the Site Recovery source stay honest when answers are not what they were? Over everything that was recorded.

Fields go missing, become null, change their type, or hold one of the dates that mean something else than they say.
Whatever happens, a collector tells facts or fails with a named error, and no fact holds what no answer said.
"""

import copy
import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drcheck.discovery.site_recovery import COLLECTORS
from drcheck.errors import DrcheckError
from drcheck.topology.base import Target
from drcheck.transport.arm_errors import problem_in
from drcheck.transport.arm_job import Job, Operation
from drcheck.transport.arm_values import Moment
from tests.recorded_vaults import FILES, SAMPLES, Answers, decode, exchanges, resources, vault_of

pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the recorded payloads are not on this machine")

DATES = (
    "0001-01-01T00:00:00",
    "1753-01-01T01:01:01Z",
    "9999-12-31T23:59:59.9999999",
    "2017-09-18T15:52:32.1359548+05:30",
    "2023-08-11T03:17:44.5677161Z",
    "2026-11-23T10:00:00Z",
    "2026-11-23T10:00:00",
    "2026-02-30T10:00:00Z",
    "9999-12-31T23:59:59.9999999-14:00",
    "0001-01-01T00:00:00+14:00",
    "/Date(1504861446943)/",
    "",
)
REMOVED = object()
NAMED = (DrcheckError, msgspec.ValidationError, LookupError)
"""What the driver makes a gap of. ``ValidationError`` is what the transport names ``AnswerError``; ``LookupError`` is
an answer that was not recorded."""

values = (
    st.just(REMOVED)
    | st.none()
    | st.sampled_from(DATES)
    | st.sampled_from(
        [0, -1, 3, 2**53 + 1, 1.5, True, False, [], {}, [None], ["x"], {"x": 1}, "", "None", "/", "x" * 300]
    )
    | st.text(max_size=20)
)


@cache
def known(name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    return resources(name)


def places(value: Any) -> Iterator[tuple[Any, ...]]:
    """Paths to everything inside a resource."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, found in inside:
        yield (key,)
        yield from ((key, *rest) for rest in places(found))


def changed(resource: Any, place: tuple[Any, ...], value: Any) -> None:
    """Put another value there; a place that an earlier change took away is left alone."""
    for key in place[:-1]:
        if not isinstance(resource, dict | list):
            return
        try:
            resource = resource[key]
        except (KeyError, IndexError, TypeError):
            return
    with suppress(KeyError, IndexError, TypeError):
        if value is REMOVED:
            del resource[place[-1]]
        else:
            resource[place[-1]] = value


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


OURS = {"seen", "groups_sha256", "count", "addresses", "affected"}
"""Provenance, digests and counts: what answers do not say themselves."""


class Said:
    """Everything that some answers said: their texts, their numbers, their moments, and whether yes or no."""

    def __init__(self, answers: list[Any], vault: str) -> None:
        self.texts: list[str] = [vault]
        self.numbers: set[float] = set()
        self.switches: set[bool] = set()
        self.moments: set[datetime] = set()
        self._take(answers)
        self.text = "\n".join(" ".join(text.lower().split()) for text in self.texts)

    def unsaid(self, told: msgspec.Struct) -> list[Any]:
        """What a fact, or what was decoded, holds that was not said."""
        return list(self._unsaid(told))

    def _take(self, value: Any) -> None:
        match value:
            case dict():
                self.texts.extend(map(str, value))
                self._take(list(value.values()))
            case list():
                for found in value:
                    self._take(found)
            case bool():
                self.switches.add(value)
            case int() | float():
                self.numbers.add(value)
            case str():
                self._text(value)

    def _text(self, value: str) -> None:
        self.texts.append(value)
        with suppress(ValueError):
            self.moments |= {moment for moment in [Moment.of(value).at] if moment}
        with suppress(ValueError):
            self.numbers.add(int(value))
        self.switches |= {{"true": True, "false": False}[word] for word in {value.lower()} & {"true", "false"}}

    def _unsaid(self, value: Any) -> Iterator[Any]:
        if isinstance(value, Moment):
            value = value.at
        if isinstance(value, tuple):
            for found in value:
                yield from self._unsaid(found)
        elif isinstance(value, msgspec.Struct):
            for name, found in msgspec.structs.asdict(value).items():
                if name not in OURS and (name, found) != ("interval_seconds", 300):
                    yield from self._unsaid(found)
        elif not self._was_said(value):
            yield value

    def _was_said(self, value: Any) -> bool:
        match value:
            case None | "":
                return True
            case bool():
                return value in self.switches
            case int() | float():
                return value in self.numbers
            case datetime():
                return value.tzinfo is UTC and value in self.moments
        # An error is told as "code: text", where "0" stands for no code; a key inside an action as its path.
        parts = [part for part in str(value).split(": ", 1) if part != "0"]
        whole = [" ".join(part.lower().split()) for part in (*parts, *str(value).rsplit(".", 1))]
        return all(part in self.text for part in whole[: len(parts)]) or all(part in self.text for part in whole)
