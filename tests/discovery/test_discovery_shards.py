"""Shards: each site asks its own, and together they know what one discovery would know, or say what they do not."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import permutations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from drcheck.discovery.driver import Assignment, Earlier, discover, merge
from drcheck.discovery.driver.merging import CONFLICT, MISSING, NOT_KNOWN, SHARD
from drcheck.errors import UsageError
from drcheck.estate import Estate, SiteSpec
from drcheck.snapshot import dumps
from drcheck.topology.base import Fact, Gap, Looked, Seen, Target, Topology, Unknown
from drcheck.topology.declared import DeclaredEndpoint
from drcheck.topology.history import RpoHistory, RpoLevel
from drcheck.topology.hyperv import HyperVVm
from tests.discovery_runs import NODES, VMM, Noted, contoso
from tests.pretend_machines import START, VAULT, Pretend, Ticking, estate, machine, refused, sql_rows

HERE, THERE, SKY = "here", "there", "sky"
HV2 = Target(role="hyperv", endpoint="hv2.lab")


def two_sites(*endpoints: Target) -> Estate:
    sites = (
        SiteSpec(name=HERE, role="primary", hosts=("vmm.lab", "hv1.lab")),
        SiteSpec(name=THERE, role="secondary", hosts=("hv2.lab",)),
        SiteSpec(name=SKY, role="azure"),
    )
    return structs.replace(estate(*endpoints, vaults=(VAULT,)), sites=sites)


def shard(
    pretend: Pretend, declared: Estate, site: str, *, known: Sequence[Topology] = (), leads: Iterable[Target] = ()
) -> Topology:
    clock = Ticking()
    return discover(
        declared,
        now=clock.now,
        monotonic=clock.monotonic,
        progress=Noted(),
        via=pretend.transports(),
        given=Assignment(site=site, leads=tuple(leads), earlier=Earlier(known)),
    )


def by_shards(pretend: Pretend, declared: Estate) -> Topology:
    """All sites' shards, merged; what a shard did not know of it is told, until nothing is left to tell."""
    shards = {site.name: shard(pretend, declared, site.name) for site in declared.sites}
    for _ in range(4):
        merged = merge(tuple(shards.values()))
        if not any(gap.cause == NOT_KNOWN for gap in merged.gaps):
            return merged
        for site, mine in shards.items():
            shards[site] = shard(pretend, declared, site, known=(mine,), leads=merged.targets)
    raise AssertionError("the shards go on finding each other's endpoints")


def timeless(topology: Topology) -> dict[str, object]:
    """Everything but when it was."""
    text = msgspec.json.decode(dumps_plain(topology))
    return {name: _without_times(value) for name, value in text.items() if name != "as_of"}


def dumps_plain(topology: Topology) -> bytes:
    names = ("facts", "gaps", "looked", "targets", "clocks", "sites")
    return msgspec.json.encode({name: getattr(topology, name) for name in names}, order="sorted")


def _without_times(value: object) -> object:
    if isinstance(value, dict):
        return {name: _without_times(each) for name, each in value.items() if name != "at"}
    return [_without_times(each) for each in value] if isinstance(value, list) else value


def test_a_shard_asks_its_own_and_says_what_it_leaves_to_others() -> None:
    pretend = contoso()
    mine = shard(pretend, two_sites(VMM), HERE)
    assert mine.sites == (HERE,)
    assert pretend.visits("hv2.lab") == 0
    assert pretend.cloud_asked == []
    assert {gap.scope for gap in mine.gaps if gap.cause == "elsewhere"} == {"hyperv:hv2.lab", f"vault:{VAULT.id}"}
    assert [vm.vm_id for vm in mine.seen(HyperVVm)] == ["vm1"]
    with pytest.raises(Unknown, match="belongs to site there; this is the shard of here"):
        mine.all(HyperVVm)
    assert mine.all(DeclaredEndpoint), "what is declared is read by every shard"


def test_a_cluster_is_asked_by_the_site_of_its_first_node_only() -> None:
    for site, asks in ((HERE, True), (THERE, False)):
        pretend = contoso()
        shard(pretend, two_sites(VMM, HV2), site, leads=shard(contoso(), two_sites(VMM), HERE).targets)
        assert any("cluster-nodes" in queries for _, queries in pretend.asked) is asks


def test_azure_is_asked_by_the_azure_site_or_by_the_first() -> None:
    pretend = contoso()
    shard(pretend, two_sites(VMM), SKY)
    assert pretend.cloud_asked
    assert pretend.asked == []
    grounded = structs.replace(two_sites(VMM), sites=two_sites(VMM).sites[:2])
    for site, asks in ((HERE, True), (THERE, False)):
        pretend = contoso()
        shard(pretend, grounded, site)
        assert bool(pretend.cloud_asked) is asks


def test_what_no_site_claims_or_several_do_is_asked_by_nobody() -> None:
    lost = Target(role="hyperv", endpoint="hv9.elsewhere")
    torn = Target(role="hyperv", endpoint="hv1.lab")
    sites = (
        SiteSpec(name=HERE, role="primary", hosts=("*.lab",)),
        SiteSpec(name=THERE, role="secondary", hosts=("hv1.*",)),
    )
    declared = structs.replace(estate(lost, torn), sites=sites)
    pretend = contoso()
    shards = [shard(pretend, declared, site) for site in (HERE, THERE)]
    assert pretend.asked == []
    merged = merge(shards)
    assert {gap.scope for gap in merged.gaps} == {lost.scope, torn.scope}
    assert {gap.cause for gap in merged.gaps} == {"no-site"}


def test_merged_shards_are_what_one_discovery_would_have_found() -> None:
    declared = two_sites(VMM)
    whole = discover(
        declared, now=Ticking().now, monotonic=Ticking().monotonic, progress=Noted(), via=contoso().transports()
    )
    assert timeless(by_shards(contoso(), declared)) == timeless(whole)
    assert HyperVVm.__name__ not in {gap.kind for gap in whole.gaps}


@given(st.frozensets(st.sampled_from(("vmm.lab", *NODES))), st.permutations([HERE, THERE, SKY]))
def test_so_they_are_whatever_is_lost_and_in_whatever_order_they_are_merged(
    lost: frozenset[str], order: list[str]
) -> None:
    def pretend() -> Pretend:
        made = contoso()
        made.lost = {name: refused(name) for name in lost}
        return made

    declared = two_sites(VMM, HV2)
    sites = sorted(declared.sites, key=lambda site: order.index(site.name))
    whole = discover(
        declared, now=Ticking().now, monotonic=Ticking().monotonic, progress=Noted(), via=pretend().transports()
    )
    merged = by_shards(pretend(), structs.replace(declared, sites=tuple(sites)))
    left, right = timeless(merged), timeless(whole)
    assert left == right


def test_the_order_of_the_shards_makes_no_difference() -> None:
    declared = two_sites(VMM)
    shards = [shard(contoso(), declared, site.name) for site in declared.sites]
    assert len({dumps(merge(order)) for order in permutations(shards)}) == 1


def test_an_endpoint_that_its_own_shard_did_not_know_is_named_and_told() -> None:
    declared = two_sites(VMM)
    shards = {site: shard(contoso(), declared, site) for site in (HERE, THERE, SKY)}
    merged = merge(tuple(shards.values()))
    unknown = {gap.scope: gap for gap in merged.gaps if gap.cause == NOT_KNOWN}
    assert set(unknown) == {"hyperv:hv2.lab"}
    assert "the shard of site there did not know of it; run it again with --leads" in unknown["hyperv:hv2.lab"].reason
    pretend = contoso()
    shards[THERE] = shard(pretend, declared, THERE, known=(shards[THERE],), leads=shards[HERE].targets)
    assert [name for name, _ in pretend.asked] == ["hv2.lab"]
    assert {gap.cause for gap in merge(tuple(shards.values())).gaps} == {"query"}, "of the empty vault only"


def test_a_missing_shard_is_a_gap_and_so_is_what_only_it_could_have_told() -> None:
    declared = two_sites(VMM)
    merged = merge([shard(contoso(), declared, HERE), shard(contoso(), declared, SKY)])
    missing = {gap.key: gap for gap in merged.gaps if gap.cause == MISSING}
    assert missing[f"{SHARD}@site:{THERE}"].reason == "there is no shard of site there"
    assert {gap.scope for gap in missing.values()} == {"site:there", "hyperv:hv2.lab"}
    assert merged.sites == (HERE, SKY)
    with pytest.raises(Unknown, match="there is no shard of site there"):
        merged.all(HyperVVm)


def host_read(site: str, name: str) -> Topology:
    """A shard that read one host's machines to their end."""
    seen = Seen(source="hyperv", endpoint="hv1.lab", query="Get-VM", at=START + timedelta(seconds=len(site)))
    endpoint = DeclaredEndpoint(key="k", seen=seen, role="hyperv", endpoint=name)
    fact: Fact = structs.replace(endpoint, seen=structs.replace(seen, endpoint="estate"))
    return Topology(
        facts=[fact],
        looked=[Looked(kind="DeclaredEndpoint", scope="estate:estate", seen=seen)],
        targets=[Target(role="estate", endpoint="estate")],
        as_of=START,
        sites=[site],
    )


def test_the_same_thing_read_differently_is_a_conflict_and_no_evidence() -> None:
    same = merge([host_read(HERE, "a"), host_read(THERE, "a")])
    assert same.gaps == ()
    assert len(same.facts) == len(same.looked) == 1
    for order in permutations([host_read(HERE, "a"), host_read(THERE, "b")]):
        torn = merge(order)
        (gap,) = torn.gaps
        assert (gap.cause, gap.key) == (CONFLICT, "DeclaredEndpoint@estate:estate")
        assert gap.reason == "the shards of here and there read different things there"
        assert torn.looked == ()
        assert [fact.endpoint for fact in torn.seen(DeclaredEndpoint)] == ["b"], "the later one is still seen"


def test_of_what_grows_with_time_the_later_answer_stands() -> None:
    def read(site: str, last: datetime) -> Topology:
        history = RpoHistory(
            key="vm", seen=Seen(source="history", endpoint="estate", query="q", at=last), vm_id="vm", name="PAY-WEB01",
            since=START, last=last, window_seconds=60, levels=(RpoLevel(lag_seconds=30, held_seconds=60),),
        )  # fmt: skip
        looked = Looked(kind="RpoHistory", scope="estate:estate", seen=history.seen)
        estate = Target(role="estate", endpoint="estate")
        return Topology(facts=[history], looked=[looked], targets=[estate], as_of=last, sites=[site])

    earlier, later = read(HERE, START), read(THERE, START + timedelta(minutes=5))
    for order in permutations([earlier, later]):
        merged = merge(order)
        assert merged.gaps == ()
        assert merged.seen(RpoHistory) == later.seen(RpoHistory)


def test_what_one_shard_tried_in_vain_another_may_have_read() -> None:
    read = host_read(HERE, "a")
    seen = read.looked[0].seen
    gap = Gap(kind="DeclaredEndpoint", scope="estate:estate", cause="refused", reason="no", seen=seen)
    tried = Topology(gaps=[gap], targets=read.targets, as_of=START, sites=[THERE])
    assert merge([read, tried]).gaps == ()
    assert len(merge([tried, read]).facts) == 1


def test_only_shards_of_different_sites_are_merged() -> None:
    whole = Topology(as_of=START)
    with pytest.raises(UsageError, match="only shards can be merged"):
        merge([whole, host_read(HERE, "a")])
    with pytest.raises(UsageError, match="several shards of here"):
        merge([host_read(HERE, "a"), host_read(HERE, "a")])


def test_a_listener_belongs_to_the_site_of_the_first_machine_that_answers_for_it() -> None:
    listener = Target(role="sql", endpoint="ag.nowhere")
    via = {"ag.nowhere": ("hv2.lab", "hv1.lab")}
    declared = structs.replace(estate(listener, via=via), sites=two_sites().sites)
    for site, asks in ((HERE, False), (THERE, True)):
        pretend = Pretend(machines={"hv2.lab": machine(sql_rows("hv2.lab"))})
        shard(pretend, declared, site)
        assert (pretend.visits("hv2.lab") > 0) == asks
