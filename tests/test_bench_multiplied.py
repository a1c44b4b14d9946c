"""Is an estate of many copies as large as they are together, and as healthy?"""

from pathlib import Path

from drcheck.snapshot import load, save
from drcheck.topology.declared import Application, SequenceStep, Site
from drcheck.topology.site_recovery import ProtectedItem
from drcheck.topology.vmm import VmmVm
from tests.benchmarks.multiplied import multiply
from tests.estate_facts import healthy


def test_copies_have_machines_items_and_applications_of_their_own_at_the_same_sites(tmp_path: Path) -> None:
    first = healthy().topology()
    save(first, tmp_path / "one.snapshot")
    multiply(tmp_path / "one.snapshot", tmp_path / "three.snapshot", 3)
    three, _ = load(tmp_path / "three.snapshot")
    for kind in (VmmVm, ProtectedItem, Application, SequenceStep):
        assert len(three.seen(kind)) == 3 * len(first.seen(kind)), kind
    assert three.seen(Site) == first.seen(Site)
    assert [gap for gap in three.gaps if gap not in first.gaps] == []
    assert len({item.vm_id for item in three.seen(ProtectedItem)} & {vm.key for vm in three.seen(VmmVm)}) == 3 * len(
        {item.vm_id for item in first.seen(ProtectedItem)} & {vm.key for vm in first.seen(VmmVm)}
    )
