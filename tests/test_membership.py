"""Whose is a machine? By id, by name, and by what VMM and Site Recovery tell; what was not read is not guessed."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from drcheck.evaluate import evaluate_all
from drcheck.policy import Policy
from drcheck.topology.base import Topology, Unknown
from drcheck.topology.declared import Application
from drcheck.topology.membership import application_of, applications_of_database, applications_of_group
from drcheck.topology.site_recovery import ProtectedItem, RecoveryPlan
from drcheck.topology.sql import AvailabilityGroup
from drcheck.topology.vmm import Cloud, VmmVm
from drcheck.verdict import Verdict
from tests import estate_names as names
from tests.checks_loaded import CHECKS
from tests.estate_facts import healthy
from tests.estates import Change, change, drop, lose, together
from tests.lab_estates import discovered, edit, served

VMMS = (f"vmm:{names.VMM01}", f"vmm:{names.HA_VMM}")
NAMELESS = change(Application, "payments", vm_names=())
BY_CLOUD = together(NAMELESS, change(Application, "payments", vm_names=(), clouds=("GOLD",)))
BY_TAG = together(
    change(Application, "payments", vm_names=(), tags=("pay-*",)),
    change(VmmVm, names.WEB_VM, tag="PAY-WEB"),
    *(
        change(VmmVm, key, tag="(none)")
        for key in (names.DB_VM, names.FILE_VM, names.DC_VM, names.AUX_VM, names.VMM_VM)
    ),
)
BY_PLAN = change(Application, "payments", vm_names=(), plans=("rp-payments",))


def owner(topology: Topology, key: str, name: str) -> str:
    found = application_of(topology, key, name)
    return found.name if found else ""


@pytest.mark.parametrize("way", [BY_CLOUD, BY_TAG, BY_PLAN], ids=["cloud", "tag", "plan"])
def test_a_machine_belongs_by_what_is_told_of_it(way: Change) -> None:
    topology = way(healthy()).topology()
    assert owner(topology, names.WEB_VM, "PAY-WEB01") == "payments"
    assert owner(topology, names.DB_VM, "LEDGER-DB01") == "ledger", "a name counts before a cloud or a plan"
    assert owner(topology, "nobody", "nobody") == ""


@pytest.mark.parametrize(
    ("way", "lost"),
    [
        (BY_CLOUD, [("VmmVm", VMMS[0])]),
        (BY_CLOUD, [("Cloud", VMMS[0])]),
        (BY_TAG, [("VmmVm", VMMS[0])]),
        (BY_PLAN, [("RecoveryPlan", f"vault:{names.VAULT}")]),
        (BY_PLAN, [("ProtectedItem", f"vault:{names.VAULT}")]),
    ],
)
def test_what_was_not_read_leaves_it_unknown(way: Change, lost: Sequence[tuple[str, str]]) -> None:
    topology = together(way, *(lose(kind, scope) for kind, scope in lost))(healthy()).topology()
    with pytest.raises(Unknown, match=lost[0][0]):
        application_of(topology, names.WEB_VM, "PAY-WEB01")
    assert owner(topology, names.DB_VM, "LEDGER-DB01") == "ledger"


def test_a_tag_that_vmm_did_not_tell_is_no_other_tag() -> None:
    topology = together(BY_TAG, change(VmmVm, names.AUX_VM, tag=None))(healthy()).topology()
    with pytest.raises(Unknown, match="no tag is told"):
        application_of(topology, names.AUX_VM, "something")


def test_a_plan_without_groups_may_hold_anybody() -> None:
    hollow = together(BY_PLAN, change(RecoveryPlan, names.PLAN, groups=()))
    with pytest.raises(Unknown, match="rp-payments was read without its groups"):
        application_of(hollow(healthy()).topology(), names.WEB_VM, "PAY-WEB01")
    nobodys = together(hollow, change(Application, "payments", plans=("rp-x",)))
    assert owner(nobodys(healthy()).topology(), names.WEB_VM, "PAY-WEB01") == ""


def test_the_first_way_counts() -> None:
    both = together(BY_CLOUD, change(Application, "files", tags=("pay-*",)), change(VmmVm, names.WEB_VM, tag="pay-web"))
    assert owner(both(healthy()).topology(), names.WEB_VM, "PAY-WEB01") == "payments"


@pytest.mark.parametrize("way", [BY_CLOUD, BY_TAG, BY_PLAN], ids=["cloud", "tag", "plan"])
def test_losing_what_tells_makes_no_verdict_better(way: Change) -> None:
    behind = together(way, change(ProtectedItem, names.WEB_ITEM, rpo_seconds=2000))
    before = {(one.check, one.subject.key): one.verdict for one in judged(behind)}
    assert before["DR-RPL-001", names.WEB_ITEM] is Verdict.FAIL
    for kind, scope in (("VmmVm", VMMS[0]), ("Cloud", VMMS[0]), ("RecoveryPlan", f"vault:{names.VAULT}")):
        for one in judged(together(behind, lose(kind, scope))):
            was = before.get((one.check, one.subject.key), Verdict.UNKNOWN)
            assert one.verdict in (was, Verdict.UNKNOWN), f"without {kind}: {one.check} {one.message}"


def judged(way: Change) -> Any:
    return evaluate_all(way(healthy()).topology(), list(CHECKS.values()), Policy())


def test_data_belongs_by_its_databases() -> None:
    way = change(Application, "files", databases=("virtual*",))
    topology = way(healthy()).topology()
    (group,) = topology.seen(AvailabilityGroup)
    assert [one.name for one in applications_of_group(topology, group.key)] == ["files"]
    assert [one.name for one in applications_of_database(topology, "VirtualManagerDB")] == ["files"]
    assert applications_of_database(topology, "other") == ()
    shared = together(way, change(Application, "ledger", tier=0, databases=("v*",)))(healthy()).topology()
    assert [one.name for one in applications_of_database(shared, "VirtualManagerDB")] == ["ledger", "files"]
    bare = together(way, drop(AvailabilityGroup))(healthy()).topology()
    assert applications_of_group(bare, group.key) == ()


def test_it_holds_over_a_real_discovery(tmp_path: Path) -> None:
    def tagged(world: Any) -> None:
        for vm in world.vms.values():
            if vm.name.startswith("PAY-"):
                vm.tag = "Payments"

    def declare(value: dict[str, Any]) -> None:
        del value["applications"]["payments"]["vms"]
        value["applications"]["payments"]["tags"] = ["payments"]
        value["applications"]["web"].update(vms=[], clouds=["nowhere"], plans=["rp-corporate"])

    with served("contoso", tmp_path, tagged):
        edit(tmp_path, declare)
        topology = discovered(tmp_path)
    owners = {vm.name: owner(topology, vm.key, vm.name) for vm in topology.seen(VmmVm) if not vm.is_recovery}
    assert {owner for name, owner in owners.items() if name.startswith("PAY-")} == {"payments"}
    (plan,) = [one for one in topology.seen(RecoveryPlan) if one.name == "rp-corporate"]
    items = [topology.get(ProtectedItem, key) for key in plan.items]
    planned = {item.vm_id: item.name for item in items if item}
    assert "web" in {owner(topology, key, "no pattern matches this") for key in planned}
    assert topology.seen(Cloud)
