"""A waiver turns one failure into an accepted one, for a time, and is itself held to what it is about."""

from datetime import date
from typing import Any

import pytest

from drcheck.evaluate import Work, evaluate, evaluate_all, plan
from drcheck.policy import Policy
from drcheck.topology.site_recovery import ProtectedItem
from drcheck.topology.vmm import VmmVm
from drcheck.verdict import Finding, Verdict
from drcheck.waivers import Waiver
from tests import estate_governed as governed
from tests import estate_names as names
from tests.checks_loaded import CHECKS
from tests.estate_facts import healthy
from tests.estates import Change, add, change, lose, together

LATE = change(ProtectedItem, names.WEB_ITEM, rpo_seconds=90_000)
HALTED = together(LATE, change(ProtectedItem, names.DB_ITEM, rpo_seconds=90_000))


def waiver(**changes: Any) -> Waiver:
    given: dict[str, Any] = {
        "id": "W-9", "check": "DR-RPL-001", "subject": names.WEB_ITEM, "reason": "r", "risk": "r", "owner": "Ann",
        "approver": "Bob", "ticket": "t", "start": date(2026, 11, 1), "expiry": date(2026, 12, 1), "compensation": "c",
    }  # fmt: skip
    return Waiver(**(given | changes))


def verdicts(made: Change, *waivers: Waiver) -> dict[str, Verdict]:
    found = evaluate_all(made(healthy()).topology(), [CHECKS["DR-RPL-001"]], Policy(), waivers)
    return {one.subject.key: one.verdict for one in found}


def test_it_covers_its_subject_and_no_other() -> None:
    found = verdicts(HALTED, waiver())
    assert (found[names.WEB_ITEM], found[names.DB_ITEM]) == (Verdict.WAIVED, Verdict.FAIL)
    assert verdicts(HALTED, waiver(subject=names.WEB_ITEM.upper()))[names.WEB_ITEM] is Verdict.WAIVED
    assert set(verdicts(HALTED, waiver(subject="*/items/*")).values()) == {Verdict.WAIVED}


@pytest.mark.parametrize(
    "bad",
    [
        waiver(check="DR-RPL-002"),
        waiver(check="DR-RPL-00*"),
        waiver(subject="PAY-WEB01"),
        waiver(approver=" ann "),
        waiver(expiry=date(2026, 11, 22)),
        waiver(start=date(2026, 11, 24)),
    ],
    ids=["another check", "a pattern of checks", "a display name", "self-approved", "expired", "not begun"],
)
def test_what_it_does_not_cover_stays_a_failure(bad: Waiver) -> None:
    assert verdicts(LATE, bad)[names.WEB_ITEM] is Verdict.FAIL


def test_an_unknown_is_never_waived_nor_is_what_could_not_be_listed() -> None:
    untold = change(ProtectedItem, names.WEB_ITEM, rpo_seconds=None)
    assert verdicts(untold, waiver(subject="*"))[names.WEB_ITEM] is Verdict.UNKNOWN
    blind = lose(ProtectedItem, f"vault:{names.VAULT}")
    assert set(verdicts(blind, waiver(subject="*")).values()) == {Verdict.UNKNOWN}


def test_a_finding_says_who_accepted_it_and_until_when() -> None:
    (one,) = [
        each
        for each in evaluate_all(LATE(healthy()).topology(), [CHECKS["DR-RPL-001"]], Policy(), [waiver()])
        if each.verdict is Verdict.WAIVED
    ]
    assert one.waiver == "W-9"
    assert "Waived by Bob until 2026-12-01 (t): r" in one.message


def held(made: Change, known: tuple[str, ...] = tuple(CHECKS), policy: Policy | None = None) -> Finding:
    """What a run says of the waiver W-1."""
    topology = made(healthy()).topology()
    (work,) = [one for one in plan(topology, [CHECKS["DR-GOV-002"]]) if one.subjects]
    assert isinstance(work, Work)
    found = evaluate(work, topology, policy or Policy(), (), {name: CHECKS[name] for name in known})
    (one,) = [each for each in found if each.subject.key == "W-1"]
    return one


def declared(**fields: Any) -> Change:
    return add(governed.waiver(**fields))


@pytest.mark.parametrize(
    ("made", "verdict", "words"),
    [
        (declared(), Verdict.PASS, "DR-PLN-001"),
        (declared(check="DR-PLN-999"), Verdict.FAIL, "there is no such check"),
        (declared(check="ACME-1"), Verdict.PASS, "ACME-1"),
        (declared(check="DR-SQL-003"), Verdict.FAIL, "DR-SQL-003 judges no availability replica with a key like"),
        (declared(expiry=date(2026, 11, 22)), Verdict.FAIL, "expired"),
    ],
)
def test_a_run_holds_it_to_the_check_that_it_is_about(made: Change, verdict: Verdict, words: str) -> None:
    found = held(made)
    assert found.verdict is verdict, found.message
    assert words in found.message


def test_a_critical_failure_is_accepted_for_a_shorter_time() -> None:
    critical = next(check for check in CHECKS.values() if check.severity == "critical" and check.subject is VmmVm)
    made = declared(check=critical.id, start=date(2026, 9, 1), expiry=date(2026, 12, 1))
    assert "lasts 91 days; a critical failure is accepted for 90 at most" in held(made).message
    assert held(made).verdict is Verdict.FAIL
    assert held(made, policy=Policy(waiver_max_days_critical=91)).verdict is Verdict.PASS


def test_its_subject_may_not_have_been_read() -> None:
    gone = together(declared(check="DR-RPL-001"), lose(ProtectedItem, f"vault:{names.VAULT}"))
    assert held(gone).verdict is Verdict.UNKNOWN
    assert "ProtectedItem@vault" in held(gone).message


def test_nothing_is_concluded_where_the_checks_are_not_known() -> None:
    assert held(declared(check="DR-PLN-999"), known=()).verdict is Verdict.PASS
