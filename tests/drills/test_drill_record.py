"""What a drill concludes and what its record says later are one thing."""

import hashlib
import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec

from drcheck.discovery.drills import records
from drcheck.drilled import RPO, RTO, judge_figure
from drcheck.estate.drill_spec import ImpactSpec, ScenarioSpec
from drcheck.topology.base import Seen
from drcheck.topology.drills import SECTIONS, DrillRecord
from drcheck.topology.plan_state import plan_state
from drcheck.topology.site_recovery import RecoveryPlan
from drcheck.verdict import Verdict
from tests.drills.conftest import RECORD, Stage

PLAN = "payments-plan"
LOSS = ScenarioSpec(type="site-loss", assumptions=("power",))
DOCS = Path(__file__).parents[2] / "docs/drills.md"


def held_on(stage: Stage) -> dict[str, DrillRecord]:
    here = Seen(source="test", endpoint="estate", query="test", at=stage.clock())
    return {one.key: one for one in records(stage.estate, here)}


def assert_tells_everything(stage: Stage, document: dict[str, Any]) -> None:
    """What every framework asks of a record, as far as the drill can know it."""
    lines = (stage.folder / f"{document['id']}.journal.jsonl").read_bytes()
    opened = json.loads(lines.splitlines()[0])
    assert opened["data"]["objectives_sha256"] == document["objectives"]["sha256"]
    assert document["objectives"]["fixed_at"] < document["timeline"]["t0"] < document["timeline"]["clean"]
    assert document["identity"]["drill_file"]["sha256"] == hashlib.sha256(stage.estate.path.read_bytes()).hexdigest()
    assert document["integrity"]["attachments"][0]["sha256"] == hashlib.sha256(lines).hexdigest()
    assert [one["name"] for one in document["scope"]["applications"]] == ["identity", "payments"]
    assert {one["vm"] for one in document["recovery_points"]["points"]} >= {"PAY-WEB01"}
    assert "payments" in document["recovery_points"]["skew_seconds"]
    assert document["timeline"]["steps"][0]["name"] == "prepare"
    assert {one["within"] for one in document["timeline"]["details"]} == {"failover"}
    assert document["people"]["owner"]
    assert document["deviations"] == ["none"]
    assert document["clean_up"]["gone"] == []
    assert document["clean_up"]["started"] < document["clean_up"]["finished"]
    assert all(one["ended"] > one["started"] for one in document["timeline"]["steps"] if one["how"] == "automatic")
    (probe,) = document["probes"]
    assert (probe["expected"], probe["detail"], probe["verdict"]) == ("the script prints 'Running'", "Running", "PASS")
    assert probe["attempts"] > 0
    assert [(one["name"], one["state"]) for one in document["scope"]["plans"]] == [("rp-payments", document["plan"])]
    assert document["scope"]["sites"] == ["azure-uksouth"]
    assert document["scope"]["not_drilled"] == []
    assert document["clean_up"]["after"] == document["clean_up"]["before"] != document["clean_up"]["during"]
    assert any("pay-web01" in one.lower() for one in document["clean_up"]["made"])
    assert document["conclusion"] == {"result": "pass", "verdict": "PASS"}
    assert document["integrity"]["clocks"][0]["uncertainty_seconds"] > 0


def test_a_record_tells_the_plan_people_figures_and_what_came_before(stage: Stage) -> None:
    before = held_on(stage)
    last = max(before.values(), key=lambda one: (one.started, one.key))
    outcome = stage.drill(PLAN, scenario=LOSS, business_impact=ImpactSpec(reference="BIA-7", version="2"))
    record = held_on(stage)[outcome.drill]
    topology = stage.look(stage.targets)
    assert record.plan == plan_state(topology, topology.need(RecoveryPlan, record.target))
    assert (record.previous, record.previous_sha256) == (last.key, last.sha256)
    assert record.isolated
    assert record.sections == tuple(SECTIONS)
    assert record.executors
    assert record.version
    assert record.issues == ()
    assert [(one.kind, one.target, one.functional) for one in record.probes or ()] == [
        ("run-command", "PAY-WEB01", True)
    ]
    document = stage.record(outcome.drill)
    assert_tells_everything(stage, document)
    assert (document["scenario"]["type"], document["scenario"]["done"]) == ("site-loss", "test failover")
    assert (document["scenario"]["severity"], document["scenario"]["assumptions"]) == ("not declared", ["power"])
    assert document["scope"]["business_impact"] == {"reference": "BIA-7", "version": "2"}
    assert record.plan_state(record.target) == record.plan
    by_check = {one.check: one for one in outcome.findings}
    for claim, kind in ((RTO, "rto"), (RPO, "rpo")):
        figure = record.figure(kind)
        assert figure is not None
        target = next(one.target_seconds for one in outcome.measurements if one.kind == kind)
        again = judge_figure(record.name, figure, target, record.phases if kind == "rto" else ())
        assert (again.verdict, claim.severity) == (by_check[claim.id].verdict, by_check[claim.id].severity)


def test_the_page_on_records_names_every_field_and_no_other() -> None:
    text = DOCS.read_text(encoding="utf-8")
    table = text.partition("## Records")[2].partition("| field | holds |\n|---|---|\n")[2].partition("\n\n")[0]
    named = {name for row in table.splitlines() for name in re.findall("`([a-z_]+)`", row.split("|")[1])}
    assert isinstance(RECORD.schema, dict)
    assert named == set(RECORD.schema["properties"])


def test_a_failed_drill_leaves_findings_to_follow_up(stage: Stage) -> None:
    spec = stage.spec("vmm-first")
    probes = tuple(msgspec.structs.replace(one, name=one.name and "NoSuchService") for one in spec.probes)
    outcome = stage.drill("vmm-first", probes=probes, seconds=1)
    record = held_on(stage)[outcome.drill]
    assert not record.succeeded
    assert [(one.id, one.severity) for one in record.issues] == [("DR-DRL-004", "high")]
    document = stage.record(outcome.drill)
    assert document["findings"][0]["due"] == f"{record.finished + timedelta(days=45):%Y-%m-%d}"
    assert document["conclusion"]["result"] == "fail"
    assert document["proves"].startswith("No recovery")
    assert document["findings"][0]["state"] == "open"
    red = next(one for one in document["probes"] if one["kind"] == "service")
    assert (red["verdict"], red["expected"]) == ("FAIL", "the service NoSuchService runs")
    assert any("never turned green" in one for one in document["deviations"])
    body = (stage.folder / f"{outcome.drill}.json").read_bytes()
    assert record.sha256 == hashlib.sha256(body).hexdigest()
    assert next(one.verdict for one in outcome.findings if one.check == "DR-DRL-004") is Verdict.FAIL
