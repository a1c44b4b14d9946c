"""An availability group has no test failover: what it would take and lose is computed, and says so."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from drcheck.drill import Context
from drcheck.drill.availability_group import estimate, prepare
from drcheck.drill.engine import run
from drcheck.drill.journal import Journal, read
from drcheck.drill.timing.timeline import Timeline
from drcheck.errors import DrillError
from drcheck.estate import ApplicationSpec, DrillGroup, DrillSpec, Estate
from drcheck.topology.base import Topology, Unknown
from drcheck.topology.declared import Application
from drcheck.topology.sql import AvailabilityReplica, DatabaseReplica, LagSample
from tests.estate_facts import healthy
from tests.estate_names import AG, AG_DB, AG_LDS, SQL_LON
from tests.estates import AS_OF, Change, change, drop, lose, together, unchanged

ASYNCHRONOUS = change(AvailabilityReplica, AG_LDS, availability_mode="ASYNCHRONOUS_COMMIT")


def sampled(*lags: float, queues: Sequence[int] = ()) -> Change:
    samples = tuple(LagSample(at=AS_OF, lag_seconds=None, log_send_queue_kb=None, redo_queue_kb=one) for one in queues)
    return together(ASYNCHRONOUS, change(DatabaseReplica, AG_DB, lag_seconds=lags, samples=samples))


def context(topology: Topology, folder: Path, applications: tuple[ApplicationSpec, ...] = ()) -> Context:
    estate = Estate(path=folder / "estate.yaml", name="e", sites=(), endpoints=(), applications=applications)
    return Context(
        estate=estate, topology=topology, folder=folder, now=lambda: AS_OF, wait=lambda _: None, say=lambda _: None,
        look=lambda targets, kinds=(): topology,  # noqa: ARG005 - everything is known already
    )  # fmt: skip


def test_a_synchronous_replica_that_is_ready_loses_nothing_and_redoes_its_queue() -> None:
    made = estimate(unchanged(healthy()).topology(), AG)
    assert (made.redo, made.least_lag, made.most_lag) == (10.0, 0.0, 0.0)


def test_an_asynchronous_one_loses_what_was_sampled_and_the_longest_queue_counts() -> None:
    made = estimate(sampled(2.0, 9.0, 4.0, queues=(500, 30_000))(healthy()).topology(), AG)
    assert (made.redo, made.least_lag, made.most_lag) == (300.0, 2.0, 9.0)
    assert "redo 300.0 s at 100 KB/s, lag 2.0, 9.0, 4.0 s" in made.detail


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        (ASYNCHRONOUS, "no lag was sampled"),
        (sampled(1.0, -3.0), "that proves nothing"),
        (change(DatabaseReplica, AG_DB, redo_rate_kb_per_second=None), "redo queue or redo rate was not told"),
        (drop(DatabaseReplica), "no database was seen"),
        (drop(AvailabilityReplica, AG_LDS), "no replica with data at another site"),
    ],
)
def test_what_cannot_be_computed_is_refused(changed: Change, why: str, tmp_path: Path) -> None:
    topology = changed(healthy()).topology()
    with pytest.raises(DrillError, match=why):
        estimate(topology, AG)
    spec = DrillSpec(name="sql", kind="availability-group", availability_group="AG-VMM")
    assert why in prepare(spec, context(topology, tmp_path)).refusals()[0]


def test_what_was_not_read_is_not_estimated() -> None:
    with pytest.raises(Unknown):
        estimate(lose(DatabaseReplica, f"sql:{SQL_LON}")(healthy()).topology(), AG)


def test_figures_are_labelled_and_the_journal_holds_the_samples(tmp_path: Path) -> None:
    spec = DrillSpec(name="sql", kind="availability-group", availability_group=AG, rto_seconds=60, rpo_seconds=5)
    made = prepare(spec, context(sampled(2.0, 4.0)(healthy()).topology(), tmp_path))
    journal = Journal(tmp_path / "d.journal.jsonl", "d", lambda: AS_OF)
    timeline = Timeline(lambda: AS_OF, lambda _: None)
    (probe,) = made.execute(journal, timeline)
    assert not probe.mandatory
    rto, rpo = made.measurements("d", timeline)
    assert (rto.method, rto.seconds, rto.target_seconds) == ("estimated", 10.0, 60)
    assert (rpo.method, rpo.seconds, rpo.uncertainty_seconds, rpo.target_seconds) == ("estimated", 3.0, 1.0, 5)
    assert [(phase.name, phase.declared) for phase in rto.phases] == [("failover to SQL2 (estimated)", True)]
    assert read(journal.path)[0].data["samples"][0].startswith("VirtualManagerDB: redo 10.0 s")
    assert (made.leaks(), made.inventory(), made.vm_ids()) == ((), frozenset(), ())


def test_the_record_of_a_rehearsal_labels_it_with_formula_and_samples(tmp_path: Path) -> None:
    """What rests on it is an estimate as well: its group, its application, and everything together."""
    part = DrillSpec(name="sql", kind="availability-group", availability_group="AG-VMM")
    groups = (DrillGroup(name="databases", parts=(part,)),)
    spec = DrillSpec(name="loss", kind="rehearsal", groups=groups)
    owned = change(Application, "ledger", databases=("VirtualManagerDB",))
    outcome = run(spec, context(together(owned, sampled(2.0, 4.0))(healthy()).topology(), tmp_path))
    assert outcome.trouble == ()
    record = json.loads((tmp_path / f"{outcome.drill}.json").read_text(encoding="utf-8"))
    figures = {(one["kind"], one["subject"]["name"]): one for one in record["measurements"]}
    assert {name for _, name in figures} == {"loss", "loss, databases", "ledger", "AG-VMM"}
    assert {one["method"] for one in figures.values()} == {"estimated"}
    assert (figures["rpo", "ledger"]["seconds"], figures["rto", "loss"]["seconds"]) == (3.0, 10.0)
    (probe,) = record["probes"]
    assert probe["detail"].startswith("estimated: redo queue / redo rate")
    assert probe["detail"].endswith("VirtualManagerDB: redo 10.0 s at 100 KB/s, lag 2.0, 4.0 s")


def test_a_group_that_is_not_there_is_not_estimated(tmp_path: Path) -> None:
    spec = DrillSpec(name="sql", kind="availability-group", availability_group="AG-OTHER")
    with pytest.raises(DrillError, match="0 availability groups are called AG-OTHER"):
        prepare(spec, context(healthy().topology(), tmp_path))
