"""The law of evidence, over whole simulated estates: losing any answers changes a finding into UNKNOWN, or not at all.

An estate is discovered once over the wire. Then the driver goes on from what was read, without a network, and without
some of the answers: what these would have led to is not found either, as it would be in life.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import Struct

from drcheck.discovery.driver import Assignment, Earlier, Transports, discover
from drcheck.discovery.driver.run import Silent
from drcheck.errors import Refused
from drcheck.estate import Estate, load
from drcheck.evaluate import evaluate_all
from drcheck.policy import Policy
from drcheck.snapshot import dumps
from drcheck.topology.base import Topology
from drcheck.verdict import Finding, Verdict
from tests.checks_loaded import CHECKS
from tests.lab_estates import discovered, served

Place = tuple[str, str]


class Known(Struct, frozen=True, kw_only=True):
    """An estate, everything that was read of it, and what the checks make of it."""

    estate: Estate
    topology: Topology
    findings: tuple[Finding, ...]


def judged(topology: Topology) -> tuple[Finding, ...]:
    return evaluate_all(topology, list(CHECKS.values()), Policy())


@pytest.fixture(scope="module", params=["contoso-drifted", "fabrikam-drifted"])
def known(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Known:
    folder: Path = tmp_path_factory.mktemp(request.param)
    with served(request.param, folder):
        topology = discovered(folder)
        estate = load(folder / "estate.yaml", dict(os.environ))
    return Known(estate=estate, topology=topology, findings=judged(topology))


def unreachable(*_: Any) -> NoReturn:
    raise Refused("x", "nobody is there", "Wait")


@contextmanager
def no_cloud(*_: Any) -> Iterator[Any]:
    yield unreachable()


def without(known: Known, lost: Iterable[Place]) -> Topology:
    """What the driver finds without some answers, and without all that only they led to."""
    whole, gone = known.topology, set(lost)
    kept = Topology(
        facts=whole.facts,
        looked=[look for look in whole.looked if (look.kind, look.scope) not in gone],
        clocks=whole.clocks,
        as_of=whole.as_of,
    )
    return discover(
        known.estate,
        now=lambda: whole.as_of,
        monotonic=lambda: 0.0,
        progress=Silent(),
        via=Transports(collect=unreachable, arm=no_cloud),
        given=Assignment(earlier=Earlier([kept])),
    )


def verdicts(findings: Iterable[Finding]) -> dict[tuple[str, str, str], Verdict]:
    return {(one.check, one.subject.kind, one.subject.key): one.verdict for one in findings}


def breaches(before: Iterable[Finding], after: Iterable[Finding]) -> list[str]:
    """Where less evidence led to another conclusion than UNKNOWN."""
    old, new = verdicts(before), verdicts(after)
    unlisted = {key[0] for key, verdict in new.items() if key[1] == "gap" and verdict is Verdict.UNKNOWN}
    changed = [f"{key}: {old[key]} became {new[key]}" for key in old.keys() & new.keys()
               if new[key] not in (old[key], Verdict.UNKNOWN)]  # fmt: skip
    vanished = [f"{key} vanished" for key in old.keys() - new.keys() if key[0] not in unlisted]
    invented = [f"{key}: {new[key]} from nothing" for key in new.keys() - old.keys() if new[key] is not Verdict.UNKNOWN]
    return sorted([*changed, *vanished, *invented])


def places(topology: Topology) -> list[Place]:
    return [(look.kind, look.scope) for look in topology.looked if look.scope != "estate:estate"]


def test_without_losing_anything_the_same_is_found(known: Known) -> None:
    again = without(known, ())
    assert {look.scope for look in again.looked} == {look.scope for look in known.topology.looked}
    assert len(again.facts) == len(known.topology.facts)
    assert verdicts(judged(again)) == verdicts(known.findings)
    assert dumps(without(known, ())) == dumps(again)


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_losing_answers_makes_findings_unknown_and_nothing_else(known: Known, data: st.DataObject) -> None:
    found = places(known.topology)
    lost = data.draw(st.lists(st.sampled_from(found), min_size=1, max_size=6, unique=True))
    poorer = without(known, lost)
    assert set(poorer.facts) <= set(known.topology.facts) | set(without(known, ()).facts)
    assert breaches(known.findings, judged(poorer)) == [], f"without {lost}"


@settings(max_examples=30, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_losing_a_whole_endpoint_makes_findings_unknown_and_nothing_else(known: Known, data: st.DataObject) -> None:
    found = places(known.topology)
    scope = data.draw(st.sampled_from(sorted({place[1] for place in found})))
    poorer = without(known, [place for place in found if place[1] == scope])
    assert poorer.gaps
    assert breaches(known.findings, judged(poorer)) == [], f"without {scope}"
