"""Every shipped check is complete, is proven in each way it can end, and obeys the law of lost answers."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drcheck.check import Check, checks_in
from drcheck.evaluate import evaluate_all
from drcheck.permissions.reliance import concerns, reads
from drcheck.policy import Policy
from drcheck.topology.base import Derived, kinds
from drcheck.verdict import Finding, Verdict
from tests.check_cases.case import Case
from tests.checks_loaded import CASES, CHECKS, FILES, FOLDER, MODULES, twice
from tests.estate_facts import healthy
from tests.estates import Estate, lose, together

FIRST_TWENTY = {
    "DR-VMM-001", "DR-VMM-002", "DR-VMM-004", "DR-VMM-005", "DR-VHA-001", "DR-SQL-001", "DR-SQL-003", "DR-SQL-004",
    "DR-HVR-001", "DR-HVR-003", "DR-ASR-004", "DR-RPL-001", "DR-PLN-001", "DR-PLN-004", "DR-PLN-007", "DR-NET-001",
    "DR-NET-003", "DR-CLU-003", "DR-DRL-001", "DR-SUP-001",
}  # fmt: skip
CONTROLS = (
    "NIST SP 800-53 ",
    "ISO/IEC 27001:2022 A.",
    "ISO 22301 8.",
    "DORA Art. ",
    "SOC 2 A1.",
    "NIS2 Impl. Reg. (EU) 2024/2690 ",
    "HIPAA 45 CFR 164.308",
)
WORTHLESS = {("Site", "estate:estate"), ("Application", "estate:estate")}
"""What people declared about sites and applications is read before anything else, or there is no run."""
POSSIBLE = tuple(case for case in CASES if not case.impossible and not case.alone)
HEALTHY = healthy()
ANSWERS = tuple(sorted(set(HEALTHY.answers()) - WORTHLESS))
CONCERNS = {kind.__name__: concerns(kind) for kind in kinds()}


def test_the_first_twenty_are_there() -> None:
    assert set(CHECKS) >= FIRST_TWENTY


def test_each_file_holds_one_check_named_after_it() -> None:
    for path, module in MODULES.items():
        checks = checks_in(module)
        assert len(checks) == 1, path
        assert vars(module)[path.stem] is checks[0], f"{path}: the check is named like its file"
        assert checks[0].area.lower() == path.parent.name, path
    assert twice([check.id for module in MODULES.values() for check in checks_in(module)]) == []
    assert twice([path.name for path in FILES]) == []
    assert twice([check.title for check in CHECKS.values()]) == []


def test_the_folder_holds_checks_and_nothing_else() -> None:
    files = {path for path in FOLDER.rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    assert files == set(FILES)


@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS)
def test_metadata_is_complete(check: Check) -> None:
    assert re.fullmatch(r"DR-[A-Z]{3}-\d{3}", check.id)
    assert check.subject in kinds() or issubclass(check.subject, Derived)
    for text in (check.title, check.why, check.source, check.remedy, check.doc):
        assert len(text.split()) >= 4, text
    assert not check.title.endswith(".")
    assert check.why.endswith(".")
    assert check.remedy.endswith(".")
    assert check.controls
    for control in check.controls:
        assert control.startswith(CONTROLS), control
    assert twice(list(check.controls)) == []


@pytest.mark.parametrize("name", CHECKS)
def test_each_ending_has_a_case(name: str) -> None:
    proven = {case.verdict for case in CASES if case.check == name}
    assert proven >= {Verdict.FAIL, Verdict.PASS, Verdict.UNKNOWN, Verdict.NOT_APPLICABLE}


def test_cases_are_about_shipped_checks_and_have_names_of_their_own() -> None:
    assert {case.check for case in CASES} <= set(CHECKS)
    assert twice([case.id + case.subject for case in CASES]) == []


def verdicts(findings: Iterable[Finding]) -> dict[tuple[str, str, str], Verdict]:
    return {(one.check, one.subject.kind, one.subject.key): one.verdict for one in findings}


@cache
def matters(check: str) -> frozenset[tuple[str, str]]:
    """The answers whose loss a check may notice."""
    read = reads(CHECKS[check])
    return frozenset((kind, scope) for kind, scope in ANSWERS if CONCERNS[kind] & read)


Verdicts = Mapping[tuple[str, str, str], Verdict]


def judged(estate: Estate, checks: Iterable[Check], policy: Policy) -> Verdicts:
    return verdicts(evaluate_all(estate.topology(), list(checks), policy))


def breaches(before: Verdicts, after: Verdicts) -> list[str]:
    """Where less evidence led to another conclusion than UNKNOWN."""
    unlisted = {key[0] for key, verdict in after.items() if key[1] == "gap" and verdict is Verdict.UNKNOWN}
    found = [
        f"{key}: {verdict} became {after[key]}"
        for key, verdict in before.items()
        if key in after and after[key] not in (verdict, Verdict.UNKNOWN)
    ]
    found += [f"{key} vanished without a trace" for key in before if key not in after and key[0] not in unlisted]
    found += [
        f"{key}: {verdict} came from nothing"
        for key, verdict in after.items()
        if key not in before and verdict is not Verdict.UNKNOWN
    ]
    return found


@pytest.mark.parametrize("case", POSSIBLE, ids=lambda case: case.id)
def test_losing_any_one_answer_leaves_a_finding_or_makes_it_unknown(case: Case) -> None:
    estate, checks = case.change(HEALTHY), [CHECKS[case.check]]
    policy = case.policy or Policy()
    before, about = judged(estate, checks, policy), matters(case.check)
    for kind, scope in sorted(about):
        after = judged(lose(kind, scope)(estate), checks, policy)
        assert breaches(before, after) == [], f"without {kind} of {scope}"
    rest = together(*(lose(kind, scope) for kind, scope in ANSWERS if (kind, scope) not in about))(estate)
    assert breaches(before, judged(rest, checks, policy)) == [], "without everything that it does not read"


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.sampled_from(POSSIBLE), max_size=4, unique_by=lambda case: case.id + case.subject),
    st.lists(st.sampled_from(ANSWERS), min_size=1, max_size=6, unique=True),
)
def test_losing_answers_never_improves_an_estate_with_several_faults(
    cases: list[Case], lost: list[tuple[str, str]]
) -> None:
    estate = together(*(case.change for case in cases))(HEALTHY)
    poorer = together(*(lose(kind, scope) for kind, scope in lost))(estate)
    checks = CHECKS.values()
    assert breaches(judged(estate, checks, Policy()), judged(poorer, checks, Policy())) == []


def test_losing_everything_leaves_nothing_but_unknowns() -> None:
    blind = together(*(lose(kind, scope) for kind, scope in HEALTHY.answers()))(HEALTHY)
    findings = evaluate_all(blind.topology(), list(CHECKS.values()), Policy())
    assert {one.check for one in findings} == set(CHECKS)
    assert {one.verdict for one in findings} == {Verdict.UNKNOWN}


def test_the_order_of_facts_does_not_matter() -> None:
    for case in CASES:
        estate, checks, policy = case.change(HEALTHY), [CHECKS[case.check]], case.policy or Policy()
        backwards = replace(estate, facts=tuple(reversed(estate.facts)))
        assert judged(estate, checks, policy) == judged(backwards, checks, policy), case.id
