"""What stands in the way through shared things: data in availability groups, and sites with all that runs there."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from msgspec.structs import replace

from drcheck.cli import main
from drcheck.errors import UsageError
from drcheck.evaluate import evaluate_all
from drcheck.policy import Policy
from drcheck.recoverability.applications import recoverability
from drcheck.recoverability.links import NOT_JUDGED
from drcheck.recoverability.sites import site_recoverability
from drcheck.report import Evidence, run_json, write_all
from drcheck.report.html import configuration
from drcheck.report.recoverability import explained_site
from drcheck.report.terminal import summary
from drcheck.topology.base import Topology
from drcheck.topology.cluster import FailoverCluster
from drcheck.topology.declared import Application, Site
from drcheck.topology.hyperv import VmReplication
from drcheck.topology.site_recovery import ProtectedItem
from drcheck.topology.sql import AvailabilityReplica, DatabaseReplica
from drcheck.topology.vmm import VmmVm
from drcheck.verdict import Finding, Recoverability, Run, SiteRecoverability
from tests import estate_names as names
from tests.checks_loaded import CHECKS
from tests.estate_facts import application, healthy
from tests.estates import AS_OF, Change, add, change, drop, lose, together, unchanged

OPERATIONS = application("operations", 2, databases=("Virtual*",), method="availability-group")
REPORTS = application("reports", 3, databases=("virtual*",), method="availability-group")
BROKEN_GROUP = change(AvailabilityReplica, names.AG_LDS, connected_state="DISCONNECTED")
LEDGER_STOPPED = change(ProtectedItem, names.DB_ITEM, replication_health="Critical", rpo_seconds=90_000)


def judged(made: Change) -> tuple[Topology, tuple[Finding, ...]]:
    topology = made(healthy()).topology()
    return topology, evaluate_all(topology, list(CHECKS.values()), Policy())


def applications(made: Change) -> Mapping[str, Recoverability]:
    return {one.application: one for one in recoverability(*judged(made), everything=True)}


def sites(made: Change, *, everything: bool = True) -> Mapping[str, SiteRecoverability]:
    topology, findings = judged(made)
    answers = recoverability(topology, findings, everything=everything)
    return {one.site: one for one in site_recoverability(topology, findings, answers, everything=everything)}


def test_an_application_on_a_group_is_judged_by_what_is_found_on_its_data() -> None:
    found = applications(add(OPERATIONS))
    assert NOT_JUDGED not in {one.message for one in found["operations"].links}
    _, findings = judged(add(OPERATIONS))
    theirs = {one.check for one in findings if one.subject.application == "operations"}
    assert {"DR-SQL-003", "DR-SQL-004", "DR-SQL-005"} <= theirs


def test_a_group_that_breaks_stops_those_with_data_in_it_and_what_vmm_fails_over() -> None:
    before, after = applications(add(OPERATIONS)), applications(together(add(OPERATIONS), BROKEN_GROUP))
    assert after["operations"].answer == "not recoverable"
    assert "DR-SQL-003" in {one.check for one in after["operations"].links}
    assert before["files"].answer == after["files"].answer == "recoverable"


def test_a_group_that_is_shared_stops_all_who_share_it() -> None:
    after = applications(together(add(OPERATIONS, REPORTS), BROKEN_GROUP))
    for name in ("operations", "reports"):
        assert "DR-SQL-003" in {one.check for one in after[name].links}
    assert after["files"].answer == "recoverable"


def test_vmms_own_group_is_machinery() -> None:
    after = applications(BROKEN_GROUP)
    assert {name for name, one in after.items() if one.answer == "not recoverable"} == {"ledger", "payments"}


def test_the_tier_of_data_is_its_applications() -> None:
    slow = change(DatabaseReplica, names.AG_DB, name="Shop")
    owned = application("shop", 1, databases=("Shop",), method="availability-group")
    topology, _ = judged(together(slow, add(owned)))
    (finding,) = [
        one for one in evaluate_all(topology, [CHECKS["DR-SQL-004"]], Policy()) if one.subject.key == names.AG_DB
    ]
    assert (finding.subject.application, finding.subject.tier) == ("shop", 1)


def test_every_site_of_a_healthy_estate_is_recoverable_with_what_runs_there() -> None:
    found = sites(unchanged)
    assert set(found) == {site.name for site in healthy().topology().seen(Site)}
    assert {one.answer for one in found.values()} == {"recoverable"}
    assert {"files", "ledger", "payments"} <= set(found["london"].applications)
    assert found["leeds"].applications == ()


def test_a_site_is_stopped_by_what_runs_there_first() -> None:
    found = sites(LEDGER_STOPPED)
    assert (found["london"].answer, found["leeds"].answer) == ("not recoverable", "recoverable")
    assert "LEDGER-DB01" in {one.subject for one in found["london"].links}
    assert found["london"].links[0] == applications(LEDGER_STOPPED)["ledger"].links[0]


def test_a_site_is_stopped_by_what_belongs_to_nobody() -> None:
    nobody = together(
        change(Application, "files", vm_names=()), change(VmReplication, names.REPLICATION, health="Critical")
    )
    assert "files" not in sites(nobody)["london"].applications
    assert "DR-HVR-001" in {one.check for one in sites(nobody)["london"].links}


def test_what_is_not_known_is_known_of_no_site() -> None:
    blind = lose(ProtectedItem, f"vault:{names.VAULT}")
    assert {one.answer for one in sites(blind).values()} == {"unknown"}
    assert {one.answer for one in sites(unchanged, everything=False).values()} == {"unknown"}


def test_an_application_at_no_declared_site_may_be_at_any() -> None:
    lost = together(LEDGER_STOPPED, change(VmmVm, names.DB_VM, host="hv9.nowhere.lab"))
    assert all("ledger" in one.applications for one in sites(lost).values())
    assert {one.answer for one in sites(lost).values()} == {"not recoverable"}


def test_a_site_without_evidence_is_unknown() -> None:
    empty = add(Site(key="mars", seen=healthy().facts[0].seen, name="mars", role="witness", hosts=("*.mars",)))
    assert (sites(empty)["mars"].answer, sites(empty)["mars"].links[0].message) == ("unknown", NOT_JUDGED)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    topology, findings = judged(LEDGER_STOPPED)
    answers = recoverability(topology, findings, everything=True)
    made = Run(
        id="r1", started=AS_OF, finished=AS_OF, as_of=AS_OF, snapshot_sha256="0" * 64, versions={}, selection={},
        findings=findings, recoverability=answers,
        sites=site_recoverability(topology, findings, answers, everything=True),
    )  # fmt: skip
    run_json.write(Evidence(run=made), tmp_path)
    return made


def test_a_site_is_explained(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_json.read(tmp_path).sites == run.sites
    assert json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))["sites"][0]["site"] == run.sites[0].site
    told = explained_site(run, "LONDON")
    assert told.startswith("london (primary): not recoverable, by run r1")
    assert "runs ledger: not recoverable" in told
    assert "DR-RPL-001" in told
    assert main(["explain", "site:london", "--run", str(tmp_path)]) == 0
    assert capsys.readouterr().out == told
    assert main(["explain", "app:ledger", "--run", str(tmp_path)]) == 0
    assert "ledger (tier 1): not recoverable" in capsys.readouterr().out
    assert "stands in the way of what runs there" in explained_site(run, "leeds")
    with pytest.raises(UsageError, match="dublin, leeds, london"):
        explained_site(run, "atlantis")


def test_the_summary_names_the_first_broken_link_of_each(run: Run) -> None:
    lines = summary(run)
    assert any(line.startswith("  sites: 1 not recoverable, ") for line in lines)
    assert any(line.startswith("  site london (primary): not recoverable: DR-") for line in lines)


def test_a_cluster_below_data_is_connected_with_it() -> None:
    bare = change(FailoverCluster, names.SQL_CLUSTER, witness="none", witness_place="")
    found = applications(together(add(OPERATIONS), drop(Application, "identity"), bare))
    assert "DR-CLU-003" in {one.check for one in found["operations"].links}
    assert "DR-CLU-003" not in {one.check for one in found["files"].links}


def test_the_summary_of_a_selection_says_it_once(run: Run) -> None:
    topology, findings = judged(unchanged)
    answers = recoverability(topology, findings, everything=False)
    part = replace(
        run,
        findings=findings,
        recoverability=answers,
        sites=site_recoverability(topology, findings, answers, everything=False),
    )
    assert summary(part) == (f"  applications: {len(answers)} unknown", f"  sites: {len(part.sites)} unknown")


def test_allure_shows_every_answer_with_its_first_link(run: Run, tmp_path: Path) -> None:
    write_all(Evidence(run=run), tmp_path)
    results = [json.loads(path.read_text("utf-8")) for path in (tmp_path / "allure-results").glob("*-result.json")]
    (page,) = [one for one in results if one["name"].startswith("Could it be recovered")]
    assert page["status"] == "failed"
    assert "| `site london (primary)` | not recoverable | `DR-" in page["description"]
    assert "| `files (tier 1)` | recoverable | `-` |" in page["description"]
    assert configuration(run)["variables"]["Sites"] == "1 not recoverable, 3 recoverable"
