"""Does drcheck find in each simulated estate exactly what the scenario declares: all of it, and nothing else?"""

import importlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from drcheck.discovery.driver import discover
from drcheck.discovery.driver.run import Silent
from drcheck.estate import Estate, load
from drcheck.evaluate import evaluate_all
from drcheck.lab.running.assembly import assemble, build, names
from drcheck.lab.running.publish import publish
from drcheck.lab.running.server import Lab, running
from drcheck.topology.base import Topology
from drcheck.verdict import Verdict
from tests.checks_loaded import CHECKS

TROUBLE = (Verdict.FAIL, Verdict.UNKNOWN, Verdict.WARN)


@contextmanager
def _served(name: str, directory: Path) -> Iterator[tuple[Lab, Estate]]:
    with running(assemble(build(name, 3))) as lab:
        publish(lab, name, directory)
        yield lab, load(directory / "estate.yaml", dict(os.environ))


def _discover(estate: Estate) -> Topology:
    return discover(estate, now=_now, monotonic=time.monotonic, progress=Silent())


def _now() -> datetime:
    return datetime.fromtimestamp(time.time(), UTC)


def _trouble(topology: Topology, estate: Estate) -> dict[tuple[str, str, str], str]:
    findings = evaluate_all(topology, tuple(CHECKS.values()), estate.policy)
    return {(one.check, one.subject.key, one.verdict.name): one.message for one in findings if one.verdict in TROUBLE}


@pytest.mark.parametrize("name", names())
def test_what_a_scenario_declares_is_found_and_nothing_else(name: str, tmp_path: Path) -> None:
    with _served(name, tmp_path) as (_, estate):
        trouble = _trouble(_discover(estate), estate)
    expected = set(importlib.import_module(f"drcheck.lab.scenarios.{name.replace('-', '_')}").EXPECT)
    assert expected - trouble.keys() == set()
    assert {key: message for key, message in trouble.items() if key not in expected} == {}


@pytest.mark.parametrize("name", ["contoso", "fabrikam"])
def test_reading_a_healthy_estate_changes_nothing_in_it(name: str, tmp_path: Path) -> None:
    with _served(name, tmp_path) as (lab, estate):
        _discover(estate)
        world = lab.world
    assert world.test_vms == {}
    assert not any(host.leases or host.journals for host in world.hosts.values())
    assert lab.clock.truth.real_failovers == []
    assert getattr(world.azure, "writes", None) == []
    assert getattr(world.azure, "unknown", None) == []
