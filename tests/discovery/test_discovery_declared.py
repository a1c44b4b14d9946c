"""What is declared and what drill records say becomes facts; a damaged record hides no other."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from drcheck.discovery.driver import look, sources
from drcheck.estate import ApplicationSpec, Estate, NetworkSpec, StepSpec
from drcheck.query import Cmdlet
from drcheck.topology.base import Target, Topology
from drcheck.topology.declared import Application, DeclaredEndpoint, DrillNetwork, SequenceStep, Site
from drcheck.topology.drills import DrillRecord
from tests.pretend_machines import (
    Pretend,
    Ticking,
    estate,
    reasons,
)

GUID = "0F8FAD5B-D9CB-469F-A165-70867728950E"


def test_what_is_declared_becomes_facts() -> None:
    given = Estate(
        path=Path("estate.yaml"),
        name="x",
        sites=estate().sites,
        endpoints=(Target(role="vmm", endpoint="vmm.lab"),),
        applications=(
            ApplicationSpec(
                name="pay",
                tier=1,
                owner="ops",
                rto_seconds=10,
                rpo_seconds=5,
                vm_ids=("a",),
                vm_names=("PAY-*",),
                depends_on=("id",),
                always_on=True,
                method="none",
            ),
        ),
        sequence=(
            StepSpec(action="vmm", target="vmm01", owner="ops", minutes=15, manual=True),
            StepSpec(action="plan", target="rp", owner="ops", minutes=30, manual=False),
        ),
        drill_networks=(NetworkSpec(platform="hyperv", name="DR Test"),),
    )
    clock = Ticking()
    topology = look(given, (), now=clock.now, monotonic=clock.monotonic, via=Pretend().transports())
    assert [endpoint.key for endpoint in topology.all(DeclaredEndpoint)] == ["vmm:vmm.lab"]
    assert [(site.key, site.role, site.hosts) for site in topology.all(Site)] == [("here", "primary", ("*.lab",))]
    (application,) = topology.all(Application)
    assert (application.key, application.rto_seconds, application.vm_names) == ("pay", 10, ("PAY-*",))
    assert [(step.key, step.action, step.manual) for step in topology.all(SequenceStep)] == [
        ("0001", "vmm", True),
        ("0002", "plan", False),
    ]
    assert [(network.key, network.name) for network in topology.all(DrillNetwork)] == [("hyperv:dr test", "DR Test")]


def record(**values: object) -> Mapping[str, object]:
    return {
        "schema": 1,
        "id": "d-1",
        "kind": "hyperv-replica",
        "target": GUID,
        "name": "VMM01",
        "verdict": "PASS",
        "cleaned_up": True,
        "started": "2026-11-01T10:00:00+01:00",
        "finished": "2026-11-01T09:30:00Z",
        "rto_seconds": 300.5,
        "rpo_seconds": None,
        "vm_ids": [GUID],
        "more": "is kept elsewhere",
        **values,
    }


def records_in(folder: Path | None) -> Topology:
    clock = Ticking()
    given = estate(drill_records=folder)
    return look(given, (), now=clock.now, monotonic=clock.monotonic, via=Pretend().transports())


def test_a_drill_record_becomes_a_fact(tmp_path: Path) -> None:
    (tmp_path / "d-1.json").write_text(json.dumps(record()))
    (tmp_path / "notes.txt").write_text("not a record")
    (drill,) = records_in(tmp_path).all(DrillRecord)
    assert (drill.key, drill.target, drill.vm_ids, drill.rto_seconds) == ("d-1", GUID.lower(), (GUID.lower(),), 300.5)
    assert drill.started == datetime(2026, 11, 1, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize("folder", [None, Path("/nowhere/at/all")])
def test_no_folder_means_no_drill_was_held(folder: Path | None) -> None:
    assert records_in(folder).all(DrillRecord) == ()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "Input data was truncated"),
        (json.dumps(record(schema=2)), "Invalid enum value 2"),
        (json.dumps(record(started="2026-11-01T10:00:00")), "its times have no offset from UTC"),
        (json.dumps(record(finished="2026-10-01T10:00:00Z")), "it ends before it starts"),
        (json.dumps(record(rto_seconds=-1.0)), "a time that it measured is negative"),
        (json.dumps(record(rpo_seconds=-0.5)), "a time that it measured is negative"),
        *(
            (json.dumps(record(measurements=[{"kind": "rto", "seconds": 1.0} | wrong])), "measured is negative")
            for wrong in ({"seconds": -1.0}, {"uncertainty_seconds": -5.0})
        ),
        (
            json.dumps(record(finished="2027-11-01T10:00:00Z")),
            "it ends at 2027-11-01T10:00:00+00:00, which is still to come",
        ),
        (json.dumps({name: value for name, value in record().items() if name != "verdict"}), "`verdict`"),
    ],
)
def test_a_damaged_record_is_a_gap_and_hides_no_other(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "a-damaged.json").write_text(text)
    (tmp_path / "d-1.json").write_text(json.dumps(record()))
    topology = records_in(tmp_path)
    assert [drill.key for drill in topology.seen(DrillRecord)] == ["d-1"]
    (reason,) = reasons(topology)
    assert "a-damaged.json: " in reason
    assert told in reason


def test_queries_have_unique_names_and_read_only() -> None:
    queries = {
        id(query): query
        for listed in sources().values()
        for sourced in listed
        for query in getattr(sourced.collector, "queries", ())
    }.values()
    assert len({query.id for query in queries}) == len(queries)
    assert all(query.cmdlet.startswith(("Get-", "Measure-")) for query in queries if isinstance(query, Cmdlet))
