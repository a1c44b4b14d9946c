"""Which applications could be recovered follows from findings, in the order in which things have to come back."""

from datetime import date

import pytest
from msgspec.structs import replace

from drcheck.errors import UsageError
from drcheck.evaluate import evaluate_all
from drcheck.policy import Policy
from drcheck.recoverability.applications import recoverability
from drcheck.recoverability.links import NOT_JUDGED
from drcheck.report.recoverability import explained
from drcheck.topology.cluster import FailoverCluster
from drcheck.topology.declared import Application
from drcheck.topology.drills import DrillRecord
from drcheck.topology.hyperv import VmReplication
from drcheck.topology.identity import DomainController
from drcheck.topology.site_recovery import ProtectedItem
from drcheck.topology.vmm import VmmServer
from drcheck.verdict import Recoverability, Run
from drcheck.waivers import Waiver
from tests import estate_names as names
from tests.checks_loaded import CHECKS
from tests.estate_facts import DC, healthy
from tests.estates import AS_OF, Change, change, drop, lose, together, unchanged

LEDGER_STOPPED = change(ProtectedItem, names.DB_ITEM, replication_health="Critical", rpo_seconds=90_000)
WAIVER = Waiver(
    id="W1", check="DR-RPL-001", subject="*", reason="r", risk="r", owner="a", approver="b", ticket="t",
    start=date(2026, 1, 1), expiry=date(2027, 1, 1),
)  # fmt: skip


def answers(made: Change, *waivers: Waiver, everything: bool = True, only: str = "DR-") -> dict[str, Recoverability]:
    topology = made(healthy()).topology()
    checks = [check for name, check in CHECKS.items() if name.startswith(only)]
    findings = evaluate_all(topology, checks, Policy(), waivers)
    return {one.application: one for one in recoverability(topology, findings, everything=everything)}


def test_everything_in_a_healthy_estate_is_recoverable() -> None:
    found = answers(unchanged)
    assert set(found) == {"files", "identity", "ledger", "payments"}
    assert {one.answer for one in found.values()} == {"recoverable"}
    assert all(one.links == () for one in found.values())


def test_what_an_application_needs_stands_in_its_way_and_comes_first() -> None:
    found = answers(together(LEDGER_STOPPED, change(ProtectedItem, names.WEB_ITEM, replication_health="Critical")))
    assert {name for name, one in found.items() if one.answer == "not recoverable"} == {"ledger", "payments"}
    subjects = [link.subject for link in found["payments"].links]
    assert subjects.index("LEDGER-DB01") < subjects.index("PAY-WEB01")
    assert "PAY-WEB01" not in {link.subject for link in found["ledger"].links}


def test_a_broken_vmm_stops_what_goes_through_it_and_nothing_else() -> None:
    found = answers(change(VmmServer, names.VMM01, database_server="elsewhere.lon.contoso.lab"))
    assert found["payments"].answer == "not recoverable"
    assert found["payments"].links[0].check == "DR-SQL-001"
    assert (found["files"].answer, found["identity"].answer) == ("recoverable", "recoverable")


def test_a_replica_that_fails_stops_its_own_application() -> None:
    found = answers(change(VmReplication, names.REPLICATION, health="Critical"))
    assert {name for name, one in found.items() if one.answer != "recoverable"} == {"files"}


def test_what_could_not_be_listed_leaves_everything_unknown() -> None:
    found = answers(lose(ProtectedItem, f"vault:{names.VAULT}"))
    assert {one.answer for one in found.values()} == {"unknown"}


def test_a_failure_stands_whatever_else_is_unknown() -> None:
    found = answers(
        together(
            change(VmReplication, names.REPLICATION, health="Critical"), lose(ProtectedItem, f"vault:{names.VAULT}")
        )
    )
    assert found["files"].answer == "not recoverable"
    assert found["files"].links[0].verdict == "FAIL"


def test_a_plan_that_cannot_run_in_order_stops_the_machines_in_it() -> None:
    found = answers(change(Application, "ledger", depends_on=("payments",)))
    assert {name for name, one in found.items() if one.answer != "recoverable"} == {"ledger", "payments"}
    assert "DR-PLN-004" in {link.check for link in found["ledger"].links}


def test_a_cluster_that_loses_its_quorum_stops_the_machines_on_it() -> None:
    found = answers(change(FailoverCluster, names.HV_CLUSTER, witness="none", witness_place=""))
    assert {name for name, one in found.items() if one.answer != "recoverable"} == {
        "files", "identity", "ledger", "payments",
    }  # fmt: skip
    assert "DR-CLU-003" in {link.check for link in found["files"].links}


def test_what_nothing_connects_with_some_of_them_may_concern_all() -> None:
    found = answers(change(DomainController, DC, global_catalog=False))
    assert {one.answer for one in found.values()} == {"not recoverable"}
    assert "DR-IDN-001" in {link.check for link in found["files"].links}


def test_what_is_said_of_an_application_itself_counts() -> None:
    found = answers(drop(DrillRecord, "drill-files"))
    assert found["files"].answer == "not recoverable"
    assert "DR-DRL-001" in {link.check for link in found["files"].links}
    assert found["payments"].answer == "recoverable"


def test_a_waiver_is_an_accepted_risk_and_no_recovery() -> None:
    found = answers(change(ProtectedItem, names.DB_ITEM, rpo_seconds=90_000), WAIVER)
    assert {found[name].answer for name in ("ledger", "payments")} == {"at an accepted risk"}
    assert found["ledger"].links[0].verdict == "WAIVED"


def test_a_selection_calls_nothing_recoverable() -> None:
    found = answers(unchanged, everything=False)
    assert {one.answer for one in found.values()} == {"unknown"}
    assert {one.links[0].message for one in found.values()} == {"only a selection was judged"}


def test_nothing_judged_is_nothing_known() -> None:
    found = answers(unchanged, only="DR-CLU")
    assert {one.links[0].message for one in found.values()} == {NOT_JUDGED}


def test_applications_that_need_each_other_end() -> None:
    found = answers(change(Application, "ledger", depends_on=("payments",)))
    assert found["ledger"].answer == "not recoverable"


@pytest.fixture
def run() -> Run:
    topology = LEDGER_STOPPED(healthy()).topology()
    findings = evaluate_all(topology, list(CHECKS.values()), Policy())
    made = recoverability(topology, findings, everything=True)
    return Run(
        id="r1", started=AS_OF, finished=AS_OF, as_of=AS_OF, snapshot_sha256="0" * 64, versions={}, selection={},
        findings=findings, recoverability=made,
    )  # fmt: skip


def test_an_explanation_tells_every_link(run: Run) -> None:
    told = explained(run, "LEDGER")
    assert told.startswith("ledger (tier 1): not recoverable, by run r1")
    assert "DR-RPL-001" in told
    assert "nothing critical or high" in explained(run, "files")


def test_an_unknown_application_is_a_mistake_that_names_the_known_ones(run: Run) -> None:
    with pytest.raises(UsageError, match="files, identity, ledger, payments"):
        explained(run, "ghost")


def test_links_beyond_the_most_are_counted() -> None:
    topology = healthy().topology()
    findings = evaluate_all(LEDGER_STOPPED(healthy()).topology(), list(CHECKS.values()), Policy())
    (bad,) = [one for one in findings if one.check == "DR-RPL-001" and one.verdict == "FAIL"]
    many = [replace(bad, subject=replace(bad.subject, key=f"item-{number}")) for number in range(25)]
    (ledger,) = [one for one in recoverability(topology, many, everything=True) if one.application == "ledger"]
    assert (len(ledger.links), ledger.more) == (20, 5)
