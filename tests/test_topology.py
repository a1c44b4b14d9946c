"""Laws of the topology: what may be concluded from what was read, and what never."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drcheck.snapshot import dumps
from drcheck.topology.base import (
    Clock,
    Fact,
    Gap,
    Looked,
    Seen,
    Target,
    Topology,
    Unknown,
    kinds,
    matches,
    same_host,
)
from drcheck.topology.declared import Application, DeclaredEndpoint, Site
from drcheck.topology.hyperv import HyperVVm
from drcheck.topology.membership import application_named, application_of
from drcheck.topology.sites import site_of
from drcheck.topology.sql import instance_endpoint
from drcheck.topology.vmm import Cloud, ManagedHost, VmmServer

AT = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
ESTATE = "estate:estate"
VMM_KINDS: Sequence[type[Fact]] = (VmmServer, ManagedHost, Cloud)
HOSTS = ("hv1.lab", "hv2.lab", "hv3.lab")
SERVERS = ("vmm1.lab", "vmm2.lab")

Question = tuple[type[Fact], str]
"""A kind of fact and the scope it is asked at."""
World = Mapping[Question, Sequence[Fact]]
"""What everything would answer, if it did."""


def seen(scope: str) -> Seen:
    return Seen(source="test", endpoint=scope.partition(":")[2], query="-", at=AT)


def declared(role: str, endpoint: str) -> DeclaredEndpoint:
    return DeclaredEndpoint(key=f"{role}:{endpoint}", seen=seen(ESTATE), role=role, endpoint=endpoint)


def managed(host: str, server: str) -> ManagedHost:
    return ManagedHost(
        key=host,
        seen=seen(f"vmm:{server}"),
        name=host,
        host=host,
        vmm_id=host,
        cluster="",
        host_group="",
        state="OK",
    )


def machine(vm_id: str, host: str) -> HyperVVm:
    return HyperVVm(
        key=f"{vm_id}@{host}",
        seen=seen(f"hyperv:{host}"),
        vm_id=vm_id,
        name=vm_id,
        host=host,
        state="Running",
        replication_mode="None",
        clustered=False,
        disks=(),
    )


def site(name: str, *patterns: str, regions: tuple[str, ...] = ()) -> Site:
    return Site(key=name, seen=seen(ESTATE), name=name, role="primary", hosts=patterns, regions=regions)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """A small estate: declared endpoints, VMM servers that manage hosts, hosts that run machines."""
    servers = draw(st.lists(st.sampled_from(SERVERS), unique=True))
    hosts = draw(st.lists(st.sampled_from(HOSTS), unique=True))
    world: dict[Question, Sequence[Fact]] = {
        (DeclaredEndpoint, ESTATE): [declared("vmm", name) for name in servers]
        + [declared("hyperv", name) for name in hosts]
    }
    for server in SERVERS:
        manages = draw(st.lists(st.sampled_from(HOSTS), unique=True))
        world[ManagedHost, f"vmm:{server}"] = [managed(host, server) for host in manages]
        world[VmmServer, f"vmm:{server}"] = []
        world[Cloud, f"vmm:{server}"] = []
    for host in HOSTS:
        runs = draw(st.lists(st.sampled_from(("vm1", "vm2")), unique=True))
        world[HyperVVm, f"hyperv:{host}"] = [machine(vm_id, host) for vm_id in runs]
    return world


def observe(world: World, lost: Iterable[Question] = ()) -> Topology:
    """What a discovery finds when some questions get no answer: what only they would have told is not even known."""
    gone = set(lost)
    found = {Target(role="estate", endpoint="estate")}
    facts: list[Fact] = []
    gaps: list[Gap] = []
    looked: list[Looked] = []
    waiting = set(found)
    while waiting:
        target = waiting.pop()
        for (kind, scope), answer in world.items():
            if scope != target.scope:
                continue
            if (kind, scope) in gone:
                gaps.append(Gap(kind=kind.__name__, scope=scope, cause="test", reason="lost", seen=seen(scope)))
                continue
            looked.append(Looked(kind=kind.__name__, scope=scope, seen=seen(scope)))
            facts.extend(answer)
            new = {lead for fact in answer for lead in fact.leads()} - found
            found |= new
            waiting |= new
    return Topology(facts=facts, gaps=gaps, looked=looked, targets=found, as_of=AT)


def told(topology: Topology, kind: type[Fact], scope: str | None) -> object:
    try:
        return {fact.key for fact in topology.all(kind, scope)}
    except Unknown:
        return Unknown


KINDS: Sequence[type[Fact]] = (DeclaredEndpoint, *VMM_KINDS, HyperVVm)
QUESTIONS: Sequence[Question] = [
    (DeclaredEndpoint, ESTATE),
    *((kind, f"vmm:{server}") for kind in VMM_KINDS for server in SERVERS),
    *((HyperVVm, f"hyperv:{host}") for host in HOSTS),
]
ASKED: Sequence[tuple[type[Fact], str | None]] = [*QUESTIONS, *((kind, None) for kind in KINDS)]


@given(worlds(), st.sets(st.sampled_from(QUESTIONS)), st.sampled_from(QUESTIONS))
def test_losing_an_answer_changes_what_is_known_only_into_unknown(
    world: World, lost: set[Question], further: Question
) -> None:
    before, after = observe(world, lost), observe(world, {*lost, further})
    for kind, scope in ASKED:
        assert told(after, kind, scope) in (told(before, kind, scope), Unknown), (kind, scope)


@given(worlds(), st.sets(st.sampled_from(QUESTIONS)), st.sampled_from(QUESTIONS))
def test_losing_an_answer_never_shows_more(world: World, lost: set[Question], further: Question) -> None:
    before, after = observe(world, lost), observe(world, {*lost, further})
    for kind in KINDS:
        assert {fact.key for fact in after.seen(kind)} <= {fact.key for fact in before.seen(kind)}


@given(worlds(), st.sampled_from(QUESTIONS))
def test_a_lost_answer_is_unknown_where_it_was_asked(world: World, lost: Question) -> None:
    kind, scope = lost
    if any(target.scope == scope for target in observe(world).targets):
        assert told(observe(world, [lost]), kind, scope) is Unknown
        assert told(observe(world, [lost]), kind, None) is Unknown


@given(worlds(), st.sampled_from(SERVERS))
def test_unlisted_hosts_make_every_host_uncertain_but_not_the_hosts_that_were_asked(world: World, server: str) -> None:
    whole, part = observe(world), observe(world, [(ManagedHost, f"vmm:{server}")])
    if any(target.scope == f"vmm:{server}" for target in whole.targets):
        assert told(part, HyperVVm, None) is Unknown
        for target in part.targets:
            if target.role == "hyperv":
                assert told(part, HyperVVm, target.scope) == told(whole, HyperVVm, target.scope)


@given(worlds(), st.sets(st.sampled_from(QUESTIONS)), st.randoms(use_true_random=False))
def test_the_order_of_answers_makes_no_difference(world: World, lost: set[Question], random: object) -> None:
    topology = observe(world, lost)

    def shuffled(items: Sequence[object]) -> list[object]:
        copy = list(items)
        random.shuffle(copy)  # type: ignore[attr-defined]  # hypothesis gives a random.Random
        return copy

    again = Topology(
        facts=shuffled(topology.facts),  # type: ignore[arg-type]
        gaps=shuffled(topology.gaps),  # type: ignore[arg-type]
        looked=shuffled(topology.looked),  # type: ignore[arg-type]
        targets=shuffled(topology.targets),  # type: ignore[arg-type]
        as_of=AT,
    )
    assert dumps(again) == dumps(topology)


@given(worlds())
def test_everything_that_was_answered_is_known(world: World) -> None:
    topology = observe(world)
    for kind, scope in ASKED:
        if scope is None or any(target.scope == scope for target in topology.targets):
            assert told(topology, kind, scope) is not Unknown


def test_a_target_that_nobody_looked_at_is_unknown() -> None:
    topology = Topology(targets=[Target(role="hyperv", endpoint="hv1.lab")], as_of=AT)
    with pytest.raises(Unknown, match=r"HyperVVm@hyperv:hv1\.lab: was never asked"):
        topology.all(HyperVVm, "hyperv:hv1.lab")
    with pytest.raises(Unknown):
        topology.all(HyperVVm)


def test_a_scope_that_was_never_found_is_unknown() -> None:
    with pytest.raises(Unknown):
        Topology(as_of=AT).all(HyperVVm, "hyperv:hv1.lab")


def test_a_gap_outweighs_a_look_at_the_same_place() -> None:
    scope = "hyperv:hv1.lab"
    gap = Gap(kind="HyperVVm", scope=scope, cause="timeout", reason="no answer", seen=seen(scope))
    look = Looked(kind="HyperVVm", scope=scope, seen=seen(scope))
    topology = Topology(gaps=[gap], looked=[look], as_of=AT)
    with pytest.raises(Unknown, match="no answer") as caught:
        topology.all(HyperVVm, scope)
    assert caught.value.gaps == (gap,)


def test_a_gap_counts_at_a_place_that_is_no_known_target() -> None:
    scope = "hyperv:hv1.lab"
    gap = Gap(kind="HyperVVm", scope=scope, cause="timeout", reason="no answer", seen=seen(scope))
    assert Topology(gaps=[gap], as_of=AT).missing(HyperVVm) == (gap,)


def test_unknown_names_three_gaps_and_counts_the_rest() -> None:
    targets = [Target(role="hyperv", endpoint=f"hv{number}.lab") for number in range(5)]
    with pytest.raises(Unknown) as caught:
        Topology(targets=targets, as_of=AT).all(HyperVVm)
    assert caught.value.reason.endswith("(and 2 more)")
    assert len(caught.value.gaps) == 5


def test_what_is_needed_is_there_cannot_exist_or_is_unknown() -> None:
    here, scope = machine("vm1", "hv1.lab"), "hyperv:hv1.lab"
    look = Looked(kind="HyperVVm", scope=scope, seen=seen(scope))
    whole = Topology(facts=[here], looked=[look], targets=[Target(role="hyperv", endpoint="hv1.lab")], as_of=AT)
    assert whole.need(HyperVVm, here.key) is here
    with pytest.raises(KeyError):
        whole.need(HyperVVm, "vm2@hv1.lab")
    with pytest.raises(Unknown):
        Topology(facts=[here], targets=whole.targets, as_of=AT).need(HyperVVm, "vm2@hv1.lab")


def test_all_at_one_scope_gives_that_scope_only() -> None:
    facts = [machine("vm1", "hv1.lab"), machine("vm2", "hv2.lab")]
    looks = [Looked(kind="HyperVVm", scope=f"hyperv:{host}", seen=seen(f"hyperv:{host}")) for host in HOSTS]
    topology = Topology(facts=facts, looked=looks, as_of=AT)
    assert topology.all(HyperVVm, "hyperv:hv2.lab") == (facts[1],)
    assert topology.all(HyperVVm, "hyperv:hv3.lab") == ()
    assert topology.all(HyperVVm) == tuple(facts)


def test_one_object_told_twice_is_seen_once_and_always_the_same() -> None:
    told_by = [managed("hv1.lab", "vmm2.lab"), managed("hv1.lab", "vmm1.lab")]
    topology = Topology(facts=told_by, as_of=AT)
    assert topology.seen(ManagedHost) == (told_by[1],)
    assert topology.get(ManagedHost, "hv1.lab") == told_by[1]
    assert len(topology.facts) == 2


def test_a_target_that_was_found_twice_is_one_target() -> None:
    plain, through = Target(role="cluster", endpoint="c"), Target(role="cluster", endpoint="c", via=("a", "b"))
    for targets in ([plain, through], [through, plain]):
        assert len(Topology(targets=targets, as_of=AT).targets) == 1


def test_clocks_are_in_the_order_of_their_endpoints() -> None:
    clocks = [
        Clock(endpoint=name, offset_seconds=0.0, uncertainty_seconds=0.1, at=AT - timedelta(seconds=1))
        for name in ("b", "a")
    ]
    assert [clock.endpoint for clock in Topology(clocks=clocks, as_of=AT).clocks] == ["a", "b"]


def test_every_kind_says_who_is_asked_for_it_and_what_people_call_it() -> None:
    found = kinds()
    assert all(kind.ROLE and kind.SUBJECT for kind in found)
    assert all(left.__name__ < right.__name__ for left, right in pairwise(found))


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ("hv1.lab", "HV1.LAB.", True),
        ("hv1", "hv1.lab", True),
        ("hv1.lab", "hv1.other", False),
        ("hv1", "hv2.lab", False),
        ("hv1", "HV1", True),
    ],
)
def test_a_short_name_means_the_first_label_of_a_full_one(left: str, right: str, same: bool) -> None:
    assert same_host(left, right) is same
    assert same_host(right, left) is same


def test_patterns_ignore_case() -> None:
    assert matches("HV1.Lab", ["*.lab"])
    assert not matches("hv1.lab", ["hv2.*"])


def test_a_host_has_the_one_site_that_claims_it() -> None:
    topology = Topology(facts=[site("north", "*.n.lab"), site("cloud", regions=("uksouth",))], as_of=AT)
    assert site_of(topology, "hv1.N.lab").name == "north"
    assert site_of(topology, "UKSouth").name == "cloud"


def test_a_host_that_no_site_or_two_sites_claim_has_an_unknown_site() -> None:
    topology = Topology(facts=[site("north", "*.n.lab"), site("south", "hv*")], as_of=AT)
    with pytest.raises(Unknown, match="belongs to north and south in estate"):
        site_of(topology, "hv1.n.lab")
    with pytest.raises(Unknown, match="belongs to no site"):
        site_of(topology, "elsewhere.lab")


def application(name: str, *, vm_ids: tuple[str, ...] = (), vm_names: tuple[str, ...] = ()) -> Application:
    return Application(
        key=name,
        seen=seen(ESTATE),
        name=name,
        tier=1,
        owner="ops",
        rto_seconds=3600,
        rpo_seconds=900,
        vm_ids=vm_ids,
        vm_names=vm_names,
    )


def test_a_machine_belongs_to_the_application_that_names_its_id_before_one_that_matches_its_name() -> None:
    by_name, by_id = application("a", vm_names=("pay-*",)), application("b", vm_ids=("vm1",))
    topology = Topology(facts=[by_name, by_id], as_of=AT)
    assert application_of(topology, "vm1", "PAY-WEB01") is by_id
    assert application_of(topology, "vm2", "PAY-WEB01") is by_name
    assert application_of(topology, "vm2", "ERP01") is None
    assert application_named(topology, "PAY-WEB01") is by_name
    assert application_named(topology, "") is None


def test_a_machine_without_an_id_may_be_the_one_that_an_application_names_by_its_id() -> None:
    by_name, by_id = application("a", vm_names=("pay-*",)), application("b", vm_ids=("vm1",))
    topology = Topology(facts=[by_name, by_id], as_of=AT)
    assert application_of(topology, "", "PAY-WEB01") is by_name
    with pytest.raises(Unknown, match="which application ERP01 belongs to is not known: nobody told which VM it is"):
        application_of(topology, "", "ERP01")
    assert application_of(Topology(facts=[by_name], as_of=AT), "", "ERP01") is None


@pytest.mark.parametrize(
    ("endpoint", "host", "instance"),
    [
        ("sql1.lab", "sql1.lab", "MSSQLSERVER"),
        ("sql1.lab\\vmm", "sql1.lab", "vmm"),
        ("vmm.lab", "vmm.lab", "MSSQLSERVER"),
    ],
)
def test_an_endpoint_may_name_an_instance(endpoint: str, host: str, instance: str) -> None:
    target = Target(role="sql", endpoint=endpoint)
    assert (target.host, target.instance) == (host, instance)
    assert instance_endpoint(host.upper(), instance.upper()) == endpoint
