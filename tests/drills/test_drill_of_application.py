"""A rehearsal that names an application and nothing else recovers what that needs, the needed first."""

from pathlib import Path

import pytest
from msgspec import structs

from drcheck.drill.rehearsed.application import groups_of
from drcheck.errors import DrillError
from drcheck.estate import ApplicationSpec, DrillGroup, DrillSpec, ProbeSpec
from drcheck.topology.base import Unknown
from drcheck.topology.declared import Application
from drcheck.topology.hyperv import VmReplication
from drcheck.topology.site_recovery import RecoveryPlan
from tests import estate_names as names
from tests.drills.test_drill_estimated import context
from tests.estate_facts import healthy
from tests.estates import Change, change, drop, lose, unchanged

SPEC = DrillSpec(
    name="rehearse", kind="rehearsal", application="payments", switch=names.SWITCH, vault=names.VAULT,
    network=names.DRILL_NET,
)  # fmt: skip
PROBE = ProbeSpec(kind="service", name="W3SVC", vm="PAY-WEB01")


def declared(name: str, **fields: object) -> ApplicationSpec:
    given = ApplicationSpec(
        name=name, tier=1, owner="o", rto_seconds=3600, rpo_seconds=900, vm_ids=(), vm_names=(), depends_on=(),
        always_on=False, method="site-recovery",
    )  # fmt: skip
    return structs.replace(given, **fields)


def derive(changed: Change, folder: Path, **fields: object) -> tuple[DrillGroup, ...]:
    applications = tuple(declared(name, probes=(PROBE,)) for name in ("identity", "ledger", "payments", "files"))
    spec = structs.replace(SPEC, **fields)
    return groups_of(spec, context(changed(healthy()).topology(), folder, applications))


def parts(groups: tuple[DrillGroup, ...]) -> list[tuple[str, list[tuple[str, str]]]]:
    return [(group.name, [(part.kind, part.target) for part in group.parts]) for group in groups]


def test_management_comes_first_and_a_plan_brings_its_machines_back_together(tmp_path: Path) -> None:
    groups = derive(unchanged, tmp_path)
    assert parts(groups) == [
        ("management", [("hyperv-replica", names.VMM_VM)]),
        ("ledger", [("recovery-plan", "rp-payments")]),
    ]
    plan = groups[1].parts[0]
    assert (plan.vault, plan.network, plan.application) == (names.VAULT, names.DRILL_NET, "payments")
    assert [(one.kind, one.vm, one.mandatory) for one in plan.probes] == [
        ("boot-time", "LEDGER-DB01", True),
        ("service", "PAY-WEB01", True),
    ]
    assert (plan.rto_seconds, plan.rpo_seconds) == (3600, 900)
    assert groups[0].parts[0].probes[0].kind == "heartbeat"


def test_machines_without_a_plan_come_back_one_by_one(tmp_path: Path) -> None:
    groups = derive(drop(RecoveryPlan), tmp_path)
    assert [one[0] for one in parts(groups)] == ["management", "ledger", "payments"]
    assert [kind for _, each in parts(groups)[1:] for kind, _ in each] == ["protected-item", "protected-item"]


def test_a_replica_is_used_where_the_application_declares_it(tmp_path: Path) -> None:
    groups = derive(unchanged, tmp_path, application="files")
    assert parts(groups)[1:] == [("files", [("hyperv-replica", names.FILE_VM)])]
    assert groups[1].parts[0].switch == names.SWITCH


def test_an_application_on_an_availability_group_is_estimated(tmp_path: Path) -> None:
    on_group = {"method": "availability-group", "databases": ("VirtualManagerDB",), "vm_names": ("NOBODY*",)}
    groups = derive(change(Application, "files", **on_group), tmp_path, application="files")
    assert parts(groups)[1:] == [("files", [("availability-group", names.AG)])]


@pytest.mark.parametrize(
    ("changed", "fields", "why"),
    [
        (unchanged, {"network": ""}, "LEDGER-DB01 of ledger has no copy that could come up"),
        (drop(VmReplication), {"application": "files", "network": ""}, "FILE01 of files has no copy"),
    ],
)
def test_a_machine_without_a_copy_is_told(changed: Change, fields: dict[str, object], why: str, tmp_path: Path) -> None:
    with pytest.raises(DrillError, match=why):
        derive(changed, tmp_path, **fields)


def test_what_was_not_read_is_not_left_out(tmp_path: Path) -> None:
    lost = lose(RecoveryPlan, f"vault:{names.VAULT}")
    with pytest.raises(Unknown):
        derive(lost, tmp_path)
