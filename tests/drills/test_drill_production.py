"""The same probes against production: read-only, only when asked for, and held against the newest drill."""

import hashlib
from pathlib import Path

import pytest
import yaml

from drcheck.cli import main
from drcheck.drill.production import compare
from drcheck.estate import ProbeSpec
from drcheck.lab.state.inside import Inside
from drcheck.lab.state.world import World
from drcheck.lab.telling.building import vm_named
from drcheck.topology.base import Target
from drcheck.topology.hyperv import HyperVVm
from tests.drills.conftest import Stage, Stages

REPLICA = "vmm-first"
SCRIPT = "'all well'"
DIGEST = hashlib.sha256(SCRIPT.encode()).hexdigest()


def furnish(world: World) -> None:
    vmm = vm_named(world, "VMM01")
    vmm.services, vmm.inside = (*vmm.services, "W3SVC"), Inside(prints={DIGEST: "all well"})


def drifts(stage: Stage) -> None:
    """What happens in production after the drill."""
    vmm = stage.vmm
    assert vmm.inside is not None
    vmm.services = tuple(name for name in vmm.services if name != "W3SVC")
    vmm.inside.san_policy = "OfflineShared"


def drill_file(stage: Stage, folder: Path, probes: list[dict[str, object]]) -> Path:
    """A file that asks the same machine other things."""
    spec = stage.spec(REPLICA)
    drill = {"version": 1, "name": "vmm-probed", "kind": spec.kind, "vm": spec.vm, "switch": spec.switch}
    path = folder / "drill.yaml"
    path.write_text(yaml.safe_dump({**drill, "probes": probes}, sort_keys=False), encoding="utf-8")
    return path


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "web.ps1"
    path.write_text(SCRIPT)
    return path


@pytest.fixture
def stage(stages: Stages) -> Stage:
    return stages(change=furnish)


def test_production_is_held_against_the_newest_drill(
    stage: Stage, tmp_path: Path, script: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    drilled = (
        ProbeSpec(kind="service", name="SCVMMService"),
        ProbeSpec(kind="service", name="W3SVC"),
        ProbeSpec(kind="baseline"),
    )
    outcome = stage.drill(REPLICA, probes=drilled)
    assert outcome.trouble == ()
    drifts(stage)
    own: dict[str, object] = {"kind": "script", "file": str(script), "sha256": DIGEST}
    asked: list[dict[str, object]] = [{"kind": one.kind, "name": one.name} for one in drilled[:2]]
    file = drill_file(stage, tmp_path, [{"kind": "heartbeat"}, *asked, {"kind": "baseline"}, own])
    assert main(["drill", "probe", str(file), "--estate", str(stage.estate.path), "--production"]) == 1
    printed = capsys.readouterr()
    head, *lines = [" ".join(line.split()) for line in printed.out.splitlines()]
    assert head == "MACHINE PROBE PRODUCTION NEWEST DRILL"
    assert lines == [
        "VMM01 heartbeat not asked: heartbeat is not asked inside a guest no drill had it not compared",
        f"VMM01 service SCVMMService green green ({outcome.drill}) same",
        f"VMM01 service W3SVC red: NotFound green ({outcome.drill}) DIFFERENT",
        f"VMM01 baseline green green ({outcome.drill}) DIFFERENT san policy: OfflineShared, in the drill OnlineAll",
        "VMM01 script not asked: your own script runs in production only with --scripts no drill had it not compared",
    ]
    assert stage.world.guest_password not in printed.out + printed.err
    stage.assert_spotless()


def test_a_user_s_own_script_runs_in_production_when_that_is_said(stage: Stage, script: Path) -> None:
    topology = stage.look((Target(role="hyperv", endpoint="hv-lon1.lon.contoso.lab"),), (HyperVVm,))
    probe = ProbeSpec(kind="script", file=script, sha256=DIGEST, expect="all well")
    spec = stage.spec(REPLICA, probes=(probe,))
    told = [compare(spec, stage.context(topology), scripts=scripts)[0] for scripts in (True, False)]
    assert [one.production for one in told] == ["green", told[1].production]
    assert told[1].production.startswith("not asked")


def test_a_drill_that_nobody_declared_is_a_usage_error(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["drill", "probe", "vmm-frist", "--estate", str(stage.estate.path), "--production"]) == 4
    assert "is neither a drill file nor a drill of" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "why"),
    [([], "say whom to ask"), (["--production"], "say whom to ask"), (["--estate", "x"], "say whom to ask")],
)
def test_nobody_is_asked_unless_that_is_said(options: list[str], why: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["drill", "probe", REPLICA, *options]) == 4
    assert why in capsys.readouterr().err
