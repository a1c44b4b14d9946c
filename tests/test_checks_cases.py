"""Each check says what its table expects, about the subject that was changed and about no other."""

import pytest

from drcheck.verdict import Finding
from tests.check_cases.case import Case
from tests.checks_loaded import CASES, CHECKS, judged, judged_healthy


def about(case: Case, findings: tuple[Finding, ...]) -> Finding:
    found = [one for one in findings if one.subject.key == case.subject]
    assert len(found) == 1, f"{len(found)} findings about {case.subject}"
    return found[0]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_the_subject_gets_its_verdict(case: Case) -> None:
    finding = about(case, judged(case))
    assert finding.verdict is case.verdict, finding.message
    assert not finding.message.startswith("the check itself failed")
    for word in case.words:
        assert word in finding.message
    assert case.evidence in ("", finding.evidence)


@pytest.mark.parametrize("case", [case for case in CASES if not case.alone], ids=lambda case: case.id)
def test_no_other_subject_changes(case: Case) -> None:
    before = {one.subject.key: one.verdict for one in judged(case, changed=False)}
    for finding in judged(case):
        known = finding.subject.key in before and finding.subject.key not in (case.subject, *case.also)
        assert not known or finding.verdict is before[finding.subject.key], f"{finding.subject.name}: {finding.message}"
        assert not finding.message.startswith("the check itself failed")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_messages_say_what_was_seen(case: Case) -> None:
    for finding in judged(case):
        assert finding.message
        assert finding.observed
        assert finding.expected


def test_the_healthy_estate_has_no_complaint() -> None:
    findings = [one for check in CHECKS.values() for one in judged_healthy(check)]
    assert {one.verdict.value for one in findings} == {"PASS", "NOT_APPLICABLE"}
