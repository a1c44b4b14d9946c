"""The example drill files: each fits the schema, is read without a mistake, and can be planned to the last call."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from drcheck.cli import main
from drcheck.drill.engine import kinds
from drcheck.estate.drill_schema import drill_schema
from drcheck.lab.running.assembly import assemble, build
from drcheck.lab.running.publish import publish
from drcheck.lab.running.server import running
from drcheck.lab.state.clock import LabClock

EXAMPLES = sorted((Path(__file__).parents[1] / "examples/drills").glob("*.yaml"))
STRETCHED = "stretched"
"""It is of fabrikam, which has availability groups; the others are of contoso, which has none."""
OF_CONTOSO = [path for path in EXAMPLES if path.stem != STRETCHED]
CHECKER = jsonschema.Draft202012Validator(drill_schema())


def content(name: str) -> dict[str, Any]:
    (path,) = (path for path in EXAMPLES if path.stem == name)
    return dict(yaml.safe_load(path.read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of a contoso that runs, with a snapshot of it."""
    folder = tmp_path_factory.mktemp("contoso")
    with running(assemble(build("contoso", 0), LabClock(speed=100))) as lab:
        publish(lab, "contoso", folder)
        estate = str(folder / "estate.yaml")
        assert main(["discover", "--estate", estate, "-o", str(folder / "estate.snapshot")]) == 0
        yield folder
        assert lab.world.heard.orders == []


def plan(capsys: pytest.CaptureFixture[str], place: Path, *arguments: str) -> tuple[int, str, str]:
    capsys.readouterr()
    source = ["--estate", str(place / "estate.yaml"), "--snapshot", str(place / "estate.snapshot")]
    code = main(["drill", "plan", *arguments, *source])
    return code, *capsys.readouterr()


def test_there_is_an_example_of_every_kind() -> None:
    """An availability group is never more than a part: it has no drill of its own."""
    known = {str(content(path.stem)["kind"]) for path in EXAMPLES}
    groups = [group for path in EXAMPLES for group in content(path.stem).get("groups", [])]
    assert known | {str(part["kind"]) for group in groups for part in group["parts"]} == set(kinds())
    assert "availability-group" not in known


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_fits_the_schema(path: Path) -> None:
    assert [error.message for error in CHECKER.iter_errors(content(path.stem))] == []


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("rehearsal", {"kind": "hyperv-replica"}),
        ("hyperv-replica", {"vm": None}),
        ("hyperv-replica", {"version": 2}),
        ("hyperv-replica", {"rto": 1800}),
        ("hyperv-replica", {"wm": "VMM01"}),
        ("recovery-plan", {"probes": [{"kind": "ping"}]}),
        ("recovery-plan", {"limits": {"machines": 0}}),
        ("rehearsal", {"scenario": {"type": "flood"}}),
        ("rehearsal", {"scenario": {"severity": "high"}}),
        ("rehearsal", {"business_impact": {"version": "4"}}),
        ("rehearsal", {"groups": [{"name": "a", "parts": [{"kind": "hyperv-replica"}]}]}),
    ],
    ids=str,
)
def test_what_cannot_be_read_does_not_fit_the_schema(name: str, wrong: dict[str, Any]) -> None:
    assert not CHECKER.is_valid(content(name) | wrong)


def test_an_availability_group_is_only_a_part_of_a_rehearsal() -> None:
    part = {"kind": "availability-group", "availability_group": "AG1"}
    assert CHECKER.is_valid(content("rehearsal") | {"groups": [{"name": "sql", "parts": [part]}]})
    assert not CHECKER.is_valid({"version": 1, "name": "sql", **part})


def test_the_schema_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["drill", "schema"]) == 0
    assert json.loads(capsys.readouterr().out) == drill_schema()
    assert main(["drill", "schema", "--record"]) == 0
    jsonschema.Draft202012Validator.check_schema(json.loads(capsys.readouterr().out))


def test_every_example_can_be_planned_to_the_last_call(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = [str(path) for path in OF_CONTOSO]
    code, text, _ = plan(capsys, place, *files)
    assert (code, text.count("nothing stands against it")) == (0, len(OF_CONTOSO))
    assert "UNDECLARED" not in text
    assert plan(capsys, place, *files, "--format", "json")[0] == 0


def test_a_plan_tells_what_is_only_estimated_by_which_formula_and_from_which_samples(
    capsys: pytest.CaptureFixture[str],
) -> None:
    (path,) = (str(path) for path in EXAMPLES if path.stem == STRETCHED)
    assert main(["drill", "plan", path, "--lab", "fabrikam"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "nothing stands against it" in text
    assert "Group databases, ag-ops: estimated" in text
    said = "ag-ops: not tried, nothing is called; estimated: redo queue / redo rate, largest over the databases;"
    assert said in text
    assert "to SQL-LDS1; OperationsManager: redo 0.0 s at 20000 KB/s, lag 4.0, 4.0, 4.0 s" in text
    assert "UNDECLARED" not in text


def test_a_plan_as_data_names_every_call_and_the_rights_it_needs(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (path,) = (str(path) for path in EXAMPLES if path.stem == "hyperv-replica")
    code, text, _ = plan(capsys, place, path, "--format", "json")
    (found,) = json.loads(text)["plans"]
    assert (code, found["name"], found["refused"]) == (0, "vmm-from-replica", [])
    calls = {call["verb"]: call for stage in found["stages"] for call in stage["calls"]}
    start = calls["hyperv.test-failover.start"]
    assert start["on"] == "hv-lds1.lds.contoso.lab"
    assert start["journal"] == "hyperv.test-failover"
    assert start["needs"] == ["Remote Management Users", "Hyper-V Administrators"]
    assert any(one.startswith("Hyper-V\\Start-VMFailover -AsTest") for one in start["cmdlets"])
    assert found["authorisation"].startswith("change CHG0042, approved by Head of operations; accepted risk: the rep")
    assert {one["stage"]: one["basis"].partition(" ")[0] for one in found["estimates"]} == {
        "failover": "drill", "boot": "policy.drill_boot;", "probes": "drill",
        "vmm vmm01.lon.contoso.lab": "declared,", "clean up": "drill",
    }  # fmt: skip


def test_a_reviewer_sees_who_what_how_much_and_how_long(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (path,) = (str(path) for path in EXAMPLES if path.stem == "rehearsal")
    _, text, _ = plan(capsys, place, path)
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert "brings up 9 machines (allowed: 12); at most 2 at once, 1 on a host, 1 in a vault" in lines
    assert "targets RTO 4 h, RPO 15 min, by BIA-2026-03 4" in lines
    assert "scenario site-loss, severity critical; goes through site-loss, vmm-loss" in lines
    assert "challenges VMM is needed before anything else" in lines
    assert "third party the carrier of the link between the sites" in lines
    assert "communications Service desk" in lines
    assert "What is there while the copies run, when all is green" in lines
    assert "observer Internal audit" in lines
    assert any(line.startswith("leaves out the client network: ") for line in lines)
    assert any(line.endswith("declared times included, 15 min for the decision") for line in lines)
    assert "by hand confirm payments (Payments desk), after payments: 900 s, as declared" in lines
    assert [line for line in lines if line.startswith("Group ")] == [
        "Group management, VMM01: failover",
        "Group management, VMM01: boot",
        "Group management, VMM01: probes",
        "Group payments, rp-payments: prepare",
        "Group payments, rp-payments: failover",
        "Group payments, rp-payments: probes (in any order)",
    ]
    assert "- deadline: the work ends at its next pause, the copies are removed, the drill fails" in lines


def test_what_stands_against_a_drill_now_is_all_told(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    drill = content("recovery-plan") | {
        "authorisation": {"change": "C", "approver": "A", "not_after": "2020-01-01T00:00:00Z"},
        "limits": {"machines": 2},
        "allowed_actions": [],
    }
    (tmp_path / "drill.yaml").write_text(json.dumps(drill), encoding="utf-8")
    code, text, _ = plan(capsys, place, str(tmp_path / "drill.yaml"))
    assert code == 2
    assert len([line for line in text.splitlines() if line.startswith("    - ")]) == 3
    told = " ".join(text.split())
    assert "its window closed at 2020-01-01 00:00 UTC" in told
    assert "machines; allowed: 2 (limits.machines)" in told
    assert "not isolated: action 'Point DNS at Azure'" in told
    assert "testFailover?api-version" in text


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="ssh-keygen is not installed")
def test_a_signing_key_that_cannot_sign_stands_against_a_drill(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "no.key").write_text("this is no key\n", encoding="utf-8")
    (place / "no.key").chmod(0o600)
    declared = (place / "estate.yaml").read_text(encoding="utf-8")
    (place / "signing.yaml").write_text(f"{declared}drill_signing_key: no.key\n", encoding="utf-8")
    snapshot = str(place / "estate.snapshot")
    assert main(["drill", "plan", "--estate", str(place / "signing.yaml"), "--snapshot", snapshot]) == 2
    assert "- its record could not be signed: ssh-keygen does not sign with" in capsys.readouterr().out


def test_mistakes_of_all_files_are_told_with_their_places(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = (tmp_path / "good.yaml", tmp_path / "twin.yaml")
    for path in good:
        path.write_text(json.dumps(content("hyperv-replica")), encoding="utf-8")
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(
        "version: 1\nname: a\nkind: hyperv-replica\nvmm: VMM01\nswitch: DR Tst (isolated)\n", encoding="utf-8"
    )
    code, _, told = plan(capsys, place, *map(str, (*good, wrong, tmp_path / "absent.yaml")))
    assert code == 4
    assert "wrong.yaml:4:1: vmm: is not known here; did you mean 'vm'?" in told
    assert (
        "wrong.yaml:5:9: switch: 'DR Tst (isolated)' is not declared under drill_networks.hyperv; did you mean" in told
    )
    assert "twin.yaml:1:" in told
    assert "'vmm-from-replica' is the name of the drill in" in told
    assert "absent.yaml:1:1: cannot be read: No such file or directory" in told


def test_without_an_estate_nothing_is_planned(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["drill", "plan", str(EXAMPLES[0])]) == 4
    assert "say by which estate to plan" in capsys.readouterr().err
