"""What people prepared is read from estate.yaml, told of when it is wrong, and becomes facts."""

from datetime import date
from pathlib import Path

import pytest

from drcheck.discovery.driver import look
from drcheck.estate import Estate, load
from drcheck.estate.prepared import BreakGlassSpec, ClusterDesign, DrillControllerSpec
from drcheck.topology.prepared import BreakGlass, DataFile, DrillController, KitPart, QuorumDesign, RecoveryKit
from tests.estate_file import ENVIRON, WHOLE, Write, problems_of, writer
from tests.pretend_machines import Pretend, Ticking

SECTIONS = """\
clusters: {HVCL1: {witness: disk, votes: {HV1.lab: 0}, dynamic_quorum: false}, other.lab: {}}
break_glass:
  hyper-v: {kept_at: [leeds], holders: [one, other], needs: [DC1.lds.lab], domain: Contoso.lab, tested: 2026-11-01}
  offline: {kept_at: [london, leeds], holders: [one]}
drill_controllers: {DC01: {host: DC1.lds.lab, fsmo: seize, generation_id_accepted: true}, DC02: {host: dc2.lab}}
recovery_kit: {runbook: {kept_at: [leeds], reviewed: 2026-11-01}, keys: {kept_at: [london]}}
"""

DESIGNS = (
    ClusterDesign(name="hvcl1", witness="disk", votes=(("hv1.lab", 0),), dynamic_quorum=False),
    ClusterDesign(name="other.lab", witness="", votes=(), dynamic_quorum=True),
)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    return writer(tmp_path)


@pytest.fixture
def whole(write: Write) -> Estate:
    return load(write(WHOLE + SECTIONS), ENVIRON)


def test_what_is_declared_is_read(whole: Estate) -> None:
    prepared = whole.prepared
    assert prepared.clusters == DESIGNS
    assert prepared.break_glass == (
        BreakGlassSpec(
            name="hyper-v", kept_at=("leeds",), holders=("one", "other"), needs=("dc1.lds.lab",),
            domain="contoso.lab", tested=date(2026, 11, 1),
        ),
        BreakGlassSpec(
            name="offline", kept_at=("london", "leeds"), holders=("one",), needs=(), domain="", tested=None
        ),
    )  # fmt: skip
    assert prepared.drill_controllers == (
        DrillControllerSpec(name="DC01", host="dc1.lds.lab", fsmo="seize", generation_id_accepted=True),
        DrillControllerSpec(name="DC02", host="dc2.lab", fsmo="", generation_id_accepted=False),
    )
    assert prepared.kit == (
        KitPart(name="runbook", kept_at=("leeds",), reviewed=date(2026, 11, 1)),
        KitPart(name="keys", kept_at=("london",), reviewed=None),
    )


def test_it_becomes_facts(whole: Estate) -> None:
    clock = Ticking()
    given = Estate(path=whole.path, name="x", sites=whole.sites, endpoints=(), prepared=whole.prepared)
    topology = look(given, (), now=clock.now, monotonic=clock.monotonic, via=Pretend().transports())
    assert [(one.key, one.witness, one.votes) for one in topology.all(QuorumDesign)] == [
        ("hvcl1", "disk", (("hv1.lab", 0),)),
        ("other.lab", "", ()),
    ]
    assert [one.key for one in topology.all(BreakGlass)] == ["hyper-v", "offline"]
    assert [(one.key, one.name) for one in topology.all(DrillController)] == [("dc01", "DC01"), ("dc02", "DC02")]
    (kit,) = topology.all(RecoveryKit)
    assert [part.name for part in kit.parts] == ["runbook", "keys"]
    assert {one.key for one in topology.all(DataFile)} >= {"limits.yaml", "lifecycle.yaml"}


def test_nothing_of_it_has_to_be_declared(write: Write) -> None:
    prepared = load(write(WHOLE), ENVIRON)
    assert prepared.prepared.kit is None
    assert prepared.prepared.clusters == ()


def test_mistakes_are_told_at_their_places(write: Write) -> None:
    text = SECTIONS.replace("kept_at: [leeds], holders", "kept_at: [leads], holders").replace(
        "HV1.lab: 0", "HV1.lab: 2"
    )
    text = text.replace("keys: {kept_at: [london]}", "keys: {kept_at: [paris]}").replace("fsmo: seize", "fsmo: maybe")
    told = problems_of(write(WHOLE + text))
    assert len(told) == 4
    assert "clusters.HVCL1.votes.HV1.lab: must be less than or equal to 1" in told[0]
    assert "break_glass.hyper-v.kept_at[0]: 'leads' is not a declared site; did you mean 'leeds'?" in told[1]
    assert "drill_controllers.DC01.fsmo: must be 'hold' or 'seize'" in told[2]
    assert "recovery_kit.keys.kept_at[0]: 'paris' is not a declared site" in told[3]
