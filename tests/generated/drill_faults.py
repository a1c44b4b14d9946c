"""Faults of drills, and of what people made of them."""

from collections.abc import Sequence

from msgspec.structs import replace

from drcheck.topology.declared import Application
from drcheck.topology.drills import DrillFigure, DrillRecord, DrillReview
from drcheck.topology.programme import RehearsalDuty, SubstantiveChange
from drcheck.topology.site_recovery import ProtectedItem
from drcheck.topology.vmm import VmmVm
from drcheck.verdict import Verdict
from tests.estate_rehearsed import PREPARED, looked_into
from tests.estates import ago
from tests.generated.fault import Drawn, Fault, Seeded, edited, judged, of, simple
from tests.generated.kinship import owner
from tests.generated.shape import REPLICA

RECORDS = of(DrillRecord)


def drilled(name: str, check: str, kind: str) -> Fault:
    """A drill measured more than any tier bears."""

    def seed(drawn: Drawn, record: DrillRecord) -> Seeded:
        figure = DrillFigure(kind=kind, seconds=999999.0)
        return Seeded(edits=edited(record, figures=(figure,)), expects=judged(check, *apps(drawn, record)))

    return Fault(name, frozenset({check}), RECORDS, seed)


def apps(drawn: Drawn, record: DrillRecord) -> set[str]:
    """The applications of a drill."""
    return {owner(drawn, drawn.get(VmmVm, vm_id).name).key for vm_id in record.vm_ids}


def red(drawn: Drawn, record: DrillRecord) -> Seeded:
    probes = tuple(replace(probe, green_seconds=None) for probe in record.probes or ())
    return Seeded(edits=edited(record, probes=probes), expects=judged("DR-DRL-004", *apps(drawn, record)))


def by_author(drawn: Drawn, record: DrillRecord) -> Seeded:
    """Only who wrote the plan has ever held its drill."""
    signed = drawn.get(DrillReview, record.key)
    return Seeded(edits=edited(signed, executors=("An Author",)), expects=judged("DR-DRL-103", *apps(drawn, record)))


def never_switched(drawn: Drawn, app: Application) -> Seeded:
    duty = drawn.get(RehearsalDuty, app.key)
    return Seeded(edits=edited(duty, switchover_seconds=365 * 86400), expects=judged("DR-DRL-101", app.key))


def late(_: Drawn, change: SubstantiveChange) -> Seeded:
    """The first drill after a change was held long after it."""
    found = judged("DR-DRL-102", change.key, verdict=Verdict.WARN)
    return Seeded(edits=edited(change, on=ago(days=100).date()), expects=found, claims=frozenset({"drills"}))


def unprepared(drawn: Drawn, record: DrillRecord) -> Seeded:
    """The newest look into one of its machines, which goes to Azure, found its new disks offline."""
    item = next(item for item in drawn.all(ProtectedItem) if item.vm_id in record.vm_ids)
    look = looked_into(item.vm_id, item.name, replace(PREPARED, san_policy="OfflineAll"))
    return Seeded(edits=edited(record, probes=(*(record.probes or ()), look)), expects=judged("DR-ASR-009", item.key))


FAULTS: Sequence[Fault] = (
    Fault(
        "guest not prepared",
        frozenset({"DR-ASR-009"}),
        of(DrillRecord, lambda record: record.drill_kind == "recovery-plan"),
        unprepared,
    ),
    drilled("drill too long", "DR-DRL-002", "rto"),
    drilled("drill lost too much", "DR-DRL-003", "rpo"),
    Fault("probe red", frozenset({"DR-DRL-004"}), RECORDS, red),
    simple("another record signed", of(DrillReview), "DR-DRL-007", record_sha256="6" * 64),
    simple("record before it gone", RECORDS, "DR-DRL-007", previous="a drill that is gone"),
    Fault(
        "replicas never switched over",
        frozenset({"DR-DRL-101"}),
        of(Application, lambda app: app.method == REPLICA),
        never_switched,
    ),
    Fault("change drilled late", frozenset({"DR-DRL-102"}), of(SubstantiveChange), late),
    Fault("drilled by its author", frozenset({"DR-DRL-103"}), RECORDS, by_author),
)
