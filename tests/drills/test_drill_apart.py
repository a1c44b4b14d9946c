"""Drills over worker processes: those that share nothing run at the same time, and an interruption cleans up all."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from drcheck.drill.resources import units
from drcheck.lab.gate import Gate
from drcheck.lab.state.world import World
from drcheck.lab.telling.building import (
    ISOLATED_SWITCH,
    Place,
    add_host,
    add_isolated_switch,
    add_vm,
    replicate,
    vm_named,
)
from drcheck.lab.telling.canaries import CANARY, CONTROLLER
from drcheck.topology.base import Target
from tests.drills.conftest import Stage, Stages

SECOND = "hv-lds2.lds.contoso.lab"
LONG = 120.0
"""Seconds after which something that should have happened never will."""
CHECK = """
from drcheck.check import Outcome, check, passed
from drcheck.topology.declared import Site
from drcheck.verdict import Severity


@check("DR-TST-001", "Every site exists", severity=Severity.LOW, why="w", source="s", remedy="r", controls=())
def check_site(subject: Site) -> Outcome:
    return passed("there", observed="there", expected="there")
"""


def third_application(world: World) -> None:
    """Besides VMM's own VM, and the plan in Azure: a machine whose replica is on a host of its own."""
    host = add_host(world, SECOND, "hyperv")
    add_isolated_switch(world, host)
    vm = add_vm(world, "APP-X", Place(host=world.hosts["hv-lon6.lon.contoso.lab"]))
    replicate(vm, host)
    declared: dict[str, Any] = world.estate
    declared["drill_networks"]["hyperv"] = [ISOLATED_SWITCH]  # without a canary: there is one on the first host only
    for name in (CANARY, CONTROLLER):
        del world.vms[vm_named(world, name).id]
    declared["endpoints"]["hyperv"].append(SECOND)
    first = declared["drills"][0]
    first["probes"] = [{"kind": "heartbeat"}]
    declared["drills"] += [
        {**first, "name": "third", "vm": vm.id},
        {**first, "name": "again", "vm": vm_named(world, "VMM01").id},
    ]


@pytest.fixture
def three(stages: Stages) -> Stage:
    return stages(speed=1000, change=third_application)


class Session:
    """A pytest of its own that drills with four workers."""

    def __init__(self, stage: Stage, folder: Path, *arguments: str) -> None:
        self.run_dir = folder / "run"
        (folder / "check_site.py").write_text(CHECK, encoding="utf-8")
        command = [sys.executable, "-m", "pytest", "check_site.py", "--estate", str(stage.estate.path), "--drill"]
        self.process = subprocess.Popen(
            [
                *command,
                "--no-html",
                "--no-allure",
                "-p",
                "no:cacheprovider",
                "--run-dir",
                str(self.run_dir),
                *arguments,
            ],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def end(self) -> tuple[int, str]:
        """Wait for it; exit code and what it said."""
        said, _ = self.process.communicate(timeout=LONG)
        return self.process.returncode, said

    def records(self) -> dict[str, dict[str, object]]:
        """What was written about each drill, by the name of its machine or plan."""
        found = (json.loads(path.read_text(encoding="utf-8")) for path in (self.run_dir / "drills").glob("*.json"))
        return {record["name"]: record for record in found}


def test_three_applications_are_drilled_at_the_same_time_and_one_machine_twice_in_turn(
    three: Stage, tmp_path: Path
) -> None:
    """None of the three could go on if the others had not begun."""
    three.world.gate = Gate(count=3)
    session = Session(three, tmp_path, "-n", "4")
    _, said = session.end()
    records = session.records()
    assert records.keys() == {"VMM01", "APP-X", "rp-payments"}, said
    assert {name: record["verdict"] for name, record in records.items()} == {
        "VMM01": "PASS", "APP-X": "PASS", "rp-payments": "PASS",
    }  # fmt: skip
    assert three.replication.tests == 2
    three.assert_spotless()


def test_drills_that_share_something_belong_together(three: Stage) -> None:
    first, plan, third, again = three.estate.drills
    item = structs.replace(plan, name="item", kind="protected-item", item="PAY-WEB01", plan="")
    unknown = [structs.replace(first, name=name, vm="nobody") for name in ("lost", "found")]
    topology = three.look((*three.targets, Target(role="hyperv", endpoint=SECOND)))
    where = units([first, plan, third, again, item, *unknown], three.context(topology))
    assert where[first.name] == where[again.name]
    assert where[plan.name] == where[item.name]
    assert where["lost"] == where["found"]
    assert len({where[one] for one in (first.name, plan.name, third.name, "lost")}) == 4


def test_workers_clean_up_before_an_interrupted_session_ends(three: Stage, tmp_path: Path) -> None:
    """Only the process that was started is told, as a CI runner does it."""
    session = Session(three, tmp_path, "-n", "2", "-k", "vmm-first or third")
    until = time.monotonic() + LONG
    while len(three.world.test_vms) < 2:
        assert time.monotonic() < until
        assert session.process.poll() is None, session.end()[1]
        time.sleep(0.01)
    session.process.send_signal(signal.SIGTERM)
    code, said = session.end()
    assert code == 2, said
    three.assert_spotless()
    records = session.records()
    assert {record["cleaned_up"] for record in records.values()} == {True}
    assert len(records) == 2
