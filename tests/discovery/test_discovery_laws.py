"""Laws of discovery: nothing ends untold, order makes no difference, losing more never shows more."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from drcheck.discovery.driver import sources
from drcheck.discovery.driver.board import Board, Job
from drcheck.discovery.driver.redaction import Redactor
from drcheck.discovery.driver.work import Worker
from drcheck.snapshot import dumps
from drcheck.topology.base import Fact, Target, Topology, Unknown
from drcheck.topology.cluster import ClusterNode, FailoverCluster
from drcheck.topology.declared import DeclaredEndpoint
from drcheck.topology.hyperv import HyperVVm
from drcheck.topology.sql import SqlHost, SqlInstance
from drcheck.topology.vmm import ManagedHost, VmmServer
from drcheck.topology.vmm_fabric import VmmNode
from tests.discovery_runs import HV1, NODES, VMM, contoso, discovered
from tests.pretend_machines import (
    Pretend,
    estate,
    refused,
)

QUESTIONS = (
    "vmm-server", "vmm-hosts", "vmm-clusters", "vmm-node-database", "hyperv-machines", "cluster", "cluster-nodes",
    "sql-installed", "sql-rights", "sql-instance",
)  # fmt: skip
Losses = tuple[frozenset[str], frozenset[tuple[str, str]]]
"""Machines that are lost, and (machine, query) pairs that fail."""
NAMES = ("vmm.lab", *NODES)
losses = st.tuples(
    st.frozensets(st.sampled_from(NAMES)),
    st.frozensets(st.tuples(st.sampled_from(NAMES), st.sampled_from(QUESTIONS)), max_size=4),
)


def with_losses(loss: Losses) -> Pretend:
    pretend = contoso()
    pretend.lost = {name: refused(name) for name in loss[0]}
    for name, query in loss[1]:
        pretend.machines[name].failed[query] = "Broken"
    return pretend


def keys(topology: Topology, kind: type[Fact], scope: str | None) -> object:
    try:
        return {fact.key for fact in topology.all(kind, scope)}
    except Unknown:
        return Unknown


@settings(deadline=None)
@given(losses)
def test_every_target_and_kind_ends_as_one_look_or_one_gap(loss: Losses) -> None:
    topology = discovered(with_losses(loss), estate(VMM, HV1))
    ends = Counter((gap.kind, gap.scope) for gap in topology.gaps)
    ends += Counter((look.kind, look.scope) for look in topology.looked)
    expected = Counter(
        (sourced.collector.kind.__name__, target.scope)
        for target in topology.targets
        for sourced in sources()[target.role]
    )
    assert ends == expected


@settings(deadline=None)
@given(losses, losses)
def test_losing_more_turns_what_is_known_into_unknown_and_nothing_else(one: Losses, other: Losses) -> None:
    before = discovered(with_losses(one), estate(VMM, HV1))
    after = discovered(with_losses((one[0] | other[0], one[1] | other[1])), estate(VMM, HV1))
    scopes = [None, *(target.scope for target in before.targets)]
    for kind in (
        DeclaredEndpoint,
        VmmServer,
        ManagedHost,
        HyperVVm,
        FailoverCluster,
        ClusterNode,
        SqlHost,
        SqlInstance,
        VmmNode,
    ):
        assert {fact.key for fact in after.seen(kind)} <= {fact.key for fact in before.seen(kind)}
        for scope in scopes:
            assert keys(after, kind, scope) in (keys(before, kind, scope), Unknown), (kind, scope)


def in_order(loss: Losses, choose: Callable[[int], int]) -> Topology:
    """The driver's own parts, with the visits ending in an order of our choice."""
    known, fixed, given_estate = sources(), datetime(2026, 11, 23, 11, 0, tzinfo=UTC), estate(VMM, HV1)
    roles = frozenset(role for role, listed in known.items() if any(each.on_machine for each in listed))
    kinds = {role: frozenset(each.kind for each in listed) for role, listed in known.items()}
    board = Board(on_machines=roles, kinds=kinds, via=given_estate.windows.via)
    worker = Worker(
        estate=given_estate,
        sources=known,
        transports=with_losses(loss).transports(),
        now=lambda: fixed,
        monotonic=lambda: 0.0,
        redactor=Redactor(given_estate.secrets),
    )
    board.add(Target(role="estate", endpoint="estate"))
    running: list[Job] = []
    while running := [*running, *board.ready(nothing_runs=not running)]:
        job = running.pop(choose(len(running)))
        visit = worker.machine(job.machine, job.targets, job.known) if job.machine else worker.declared(job.targets[0])
        board.take(visit)
        for fact in (fact for told in visit.told for fact in told.facts):
            for target in fact.leads():
                board.add(target)
    told_by = list(board.told())
    silent = [gap for target, kinds, failure in board.untold() for gap in worker.gaps(target, failure, kinds)]
    return Topology(
        facts=[fact for told in told_by for fact in told.facts],
        gaps=[*silent, *(gap for told in told_by for gap in told.gaps)],
        looked=[look for told in told_by for look in told.looked],
        targets=board.targets,
        as_of=fixed,
    )


@settings(deadline=None)
@given(losses, st.randoms(use_true_random=False))
def test_the_order_in_which_machines_answer_makes_no_difference(loss: Losses, random: Random) -> None:
    assert dumps(in_order(loss, random.randrange)) == dumps(in_order(loss, lambda _: 0))
