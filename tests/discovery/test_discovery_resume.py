"""Going on from an earlier discovery: what it read to its end is not asked again, and nothing becomes younger by it."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from drcheck.discovery.driver import Assignment, Earlier, discover
from drcheck.estate import Estate
from drcheck.topology.base import Fact, Target, Topology
from drcheck.topology.cluster import ClusterNode
from drcheck.topology.hyperv import HyperVVm
from drcheck.topology.vmm import Cloud, ManagedHost
from tests.discovery_runs import HV1, NODES, VMM, Noted, contoso
from tests.pretend_machines import START, VAULT, Pretend, Ticking, estate, refused

LATER = START + timedelta(hours=2)
NAMES = ("vmm.lab", *NODES)


def run(
    pretend: Pretend, declared: Estate, known: Sequence[Topology] = (), since: datetime | None = None
) -> tuple[Topology, list[Topology]]:
    """A discovery that begins two hours later when it goes on from something; with the parts it left."""
    clock, parts = Ticking(moment=LATER if known else START), list[Topology]()
    topology = discover(
        declared,
        now=clock.now,
        monotonic=clock.monotonic,
        progress=Noted(),
        via=pretend.transports(),
        given=Assignment(earlier=Earlier(known, since), keep=parts.append),
    )
    return topology, parts


def plain(topology: Topology) -> set[tuple[str, str, str]]:
    return {(type(fact).__name__, fact.key, fact.seen.endpoint) for fact in topology.facts}


def ends(topology: Topology) -> set[tuple[str, str]]:
    return {(look.kind, look.scope) for look in topology.looked}


def test_nothing_is_asked_again_when_everything_was_read() -> None:
    first, _ = run(contoso(), estate(VMM))
    pretend = contoso()
    second, _ = run(pretend, estate(VMM), (first,))
    assert pretend.asked == []
    assert plain(second) == plain(first)
    assert ends(second) == ends(first)
    assert second.targets == first.targets
    assert second.clocks == first.clocks
    assert second.gaps == ()


def test_what_was_read_before_keeps_its_time() -> None:
    first, _ = run(contoso(), estate(VMM))
    second, _ = run(contoso(), estate(VMM), (first,))
    for kind in (HyperVVm, ManagedHost, ClusterNode):
        assert second.seen(kind) == first.seen(kind)
    read = {(look.kind, look.scope): look.seen.at for look in first.looked}
    assert all(read[look.kind, look.scope] == look.seen.at for look in second.looked if look.scope != "estate:estate")
    assert second.as_of > LATER > first.as_of


def test_only_what_is_missing_is_asked() -> None:
    broken = contoso()
    broken.lost["hv2.lab"] = refused("hv2.lab")
    broken.machines["vmm.lab"].failed = {"vmm-clouds": "1604"}
    first, _ = run(broken, estate(VMM))
    pretend = contoso()
    second, _ = run(pretend, estate(VMM), (first,))
    asked = dict(pretend.asked)
    assert set(asked) == {"vmm.lab", "hv2.lab"}
    assert "vmm-clouds" in asked["vmm.lab"]
    assert "vmm-hosts" not in asked["vmm.lab"]
    assert second.gaps == ()
    assert second.all(Cloud) == ()
    assert [vm.vm_id for vm in second.all(HyperVVm)] == ["vm1", "vm2"]


def test_what_still_cannot_be_read_is_still_a_gap() -> None:
    broken = contoso()
    broken.lost["hv2.lab"] = refused("hv2.lab")
    broken.machines["vmm.lab"].failed = {"vmm-clouds": "1604"}
    first, _ = run(broken, estate(VMM))
    broken.lost["vmm.lab"] = refused("vmm.lab")
    second, _ = run(broken, estate(VMM), (first,))
    assert {gap.key for gap in second.gaps} == {gap.key for gap in first.gaps}
    assert "nothing listens there" in next(gap for gap in second.gaps if gap.key == "Cloud@vmm:vmm.lab").reason
    assert plain(second) == plain(first)


def test_what_is_too_old_is_asked_again() -> None:
    first, _ = run(contoso(), estate(VMM))
    pretend = contoso()
    second, _ = run(pretend, estate(VMM), (first,), since=LATER - timedelta(hours=1))
    assert {name for name, _ in pretend.asked} == set(NAMES)
    assert all(look.seen.at >= LATER for look in second.looked)
    assert plain(second) == plain(first)


def test_what_is_no_longer_declared_or_led_to_is_left_behind() -> None:
    first, _ = run(contoso(), estate(VMM, HV1))
    second, _ = run(contoso(), estate(HV1), (first,))
    assert {target.scope for target in second.targets} == {"estate:estate", "hyperv:hv1.lab"}


def test_declarations_are_read_anew() -> None:
    first, _ = run(contoso(), estate(HV1))
    renamed = estate(HV1)
    moved = structs.replace(renamed, sites=(structs.replace(renamed.sites[0], name="moved"),))
    second, _ = run(contoso(), moved, (first,))
    assert [fact.key for fact in second.facts if type(fact).__name__ == "Site"] == ["moved"]


def test_a_vault_is_asked_only_for_what_is_missing() -> None:
    first, _ = run(Pretend(), estate(vaults=(VAULT,)))
    missing = {gap.kind for gap in first.gaps}
    assert "Vault" in missing, "an empty cloud has no vault, and empty lists"
    pretend = Pretend()
    run(pretend, estate(vaults=(VAULT,)), (first,))
    assert 0 < len(pretend.cloud_asked) < len(ends(first))
    assert VAULT.id in pretend.cloud_asked


@given(st.integers(min_value=0, max_value=8), st.frozensets(st.sampled_from(NAMES)))
def test_whatever_parts_are_left_a_discovery_that_goes_on_finds_the_same(count: int, lost: frozenset[str]) -> None:
    """However early it dies, and whatever it could not reach until then."""
    broken = contoso()
    broken.lost = {name: refused(name) for name in lost}
    _, parts = run(broken, estate(VMM, HV1))
    whole, _ = run(contoso(), estate(VMM, HV1))
    second, left = run(contoso(), estate(VMM, HV1), parts[:count] or [Topology(as_of=START)])
    assert plain(second) == plain(whole)
    assert ends(second) == ends(whole)
    assert second.gaps == ()
    third, _ = run(Pretend(), estate(VMM, HV1), [*parts[:count], *left])
    assert plain(third) == plain(whole), "both files of parts together are everything"


def test_of_two_looks_at_one_thing_the_later_one_counts() -> None:
    first, _ = run(contoso(), estate(HV1))
    changed = contoso()
    changed.machines["hv1.lab"].rows["hyperv-machines"] = []
    second, _ = run(changed, estate(HV1), (first,), since=LATER)
    for order in ((first, second), (second, first)):
        third, _ = run(Pretend(), estate(HV1), order)
        assert third.all(HyperVVm) == ()


def test_what_a_vault_told_is_kept_kind_by_kind_as_it_is_complete() -> None:
    """A vault of ten thousand machines takes minutes: what it told until then outlives a discovery that dies."""
    _, parts = run(Pretend(), estate(vaults=(VAULT,)))
    of_the_vault = [part for part in parts if part.targets[0].role == "vault"]
    kinds = [
        kind for part in of_the_vault for kind in (*(one.kind for one in part.looked), *(one.kind for one in part.gaps))
    ]
    assert len(of_the_vault) == len(kinds) == len(set(kinds)) > 10


def test_parts_say_where_they_are_from_and_hold_each_fact_once() -> None:
    whole, parts = run(contoso(), estate(VMM))
    told: list[Fact] = [fact for part in parts for fact in part.facts]
    assert len(told) == sum(type(fact).ROLE != "estate" for fact in whole.facts), "what is declared is read anew"
    assert {target for part in parts for target in part.targets} >= {Target(role="vmm", endpoint="vmm.lab")}
    assert {clock.endpoint for part in parts for clock in part.clocks} == set(NAMES)
