"""Every report says by which thresholds a run was judged, and which of them somebody has changed."""

import json
from pathlib import Path
from typing import get_type_hints

import jsonschema
from msgspec.structs import replace

from drcheck.estate.forms import Duration
from drcheck.estate.rule_forms import PolicyForm, TierForm
from drcheck.policy import DAY, DEFAULT_TIERS, Policy, Seconds, TierPolicy
from drcheck.report import Evidence, run_json, write_all
from drcheck.report.html import configuration
from drcheck.report.terminal import summary
from drcheck.report.thresholds import changed, thresholds, told
from drcheck.verdict import Run, Threshold
from tests.estates import AS_OF

STRICT = {**DEFAULT_TIERS, 1: replace(DEFAULT_TIERS[1], rpo=300)}
OTHER = Policy(tiers=STRICT, lag_cycles=5, excluded_disks=("*pagefile*", "*|scratch`*"), snapshot_max_age=2 * DAY)


def a_run(policy: Policy) -> Run:
    return Run(
        id="r1", started=AS_OF, finished=AS_OF, as_of=AS_OF, snapshot_sha256="0" * 64, versions={}, selection={},
        findings=(), policy=thresholds(policy),
    )  # fmt: skip


def test_every_threshold_is_there_with_its_default() -> None:
    found = {one.name: one for one in thresholds(OTHER)}
    fields = set(Policy.__struct_fields__) - {"tiers"}
    assert found.keys() == fields | {f"tiers.{n}.{name}" for n in STRICT for name in TierPolicy.__struct_fields__}
    assert found["tiers.1.rpo"] == Threshold(name="tiers.1.rpo", value="5 min", default="15 min")
    assert {one.name for one in changed(a_run(OTHER))} == {
        "tiers.1.rpo", "lag_cycles", "excluded_disks", "snapshot_max_age",
    }  # fmt: skip
    assert changed(a_run(Policy())) == ()


def test_a_tier_without_defaults_is_no_default() -> None:
    more = Policy(tiers={**DEFAULT_TIERS, 7: DEFAULT_TIERS[1]})
    assert {one.default for one in thresholds(more) if one.name.startswith("tiers.7.")} == {"none"}


def test_what_is_declared_as_a_duration_is_written_as_one() -> None:
    for struct, form in ((Policy, PolicyForm), (TierPolicy, TierForm)):
        declared, kept = get_type_hints(form, include_extras=True), get_type_hints(struct, include_extras=True)
        for name in struct.__struct_fields__:
            assert (kept[name] == Seconds) is (declared[name] == (Duration | None)), name


def test_every_report_says_it(tmp_path: Path) -> None:
    run = a_run(OTHER)
    write_all(Evidence(run=run), tmp_path)
    document = json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(json.loads(run_json.SCHEMA_FILE.read_text(encoding="utf-8"))).validate(document)
    assert {"name": "lag_cycles", "value": "5", "default": "3"} in document["run"]["policy"]
    assert run_json.read(tmp_path) == run
    words = f"4 of {len(run.policy)} thresholds differ from the defaults"
    results = [json.loads(path.read_text("utf-8")) for path in (tmp_path / "allure-results").glob("*-result.json")]
    (page,) = [one for one in results if words in one["fullName"]]
    assert "| `tiers.1.rpo` | `5 min` | `15 min` |" in page["description"]
    assert all(line.count("|") == 4 for line in page["description"].splitlines())
    assert f"Policy = {words}" in (tmp_path / "allure-results/environment.properties").read_text(encoding="utf-8")
    assert configuration(run)["variables"]["Policy"] == words
    (line,) = summary(run)
    assert "tiers.1.rpo 5 min (default 15 min); " in line
    assert line.endswith(" …")


def test_the_defaults_need_no_line() -> None:
    assert summary(a_run(Policy())) == ()
    assert told(a_run(Policy())) == "the defaults"
    assert told(replace(a_run(Policy()), policy=())) == "not recorded"
