"""The tests of one check, with their estates built once: what decides whether a mutant of it is noticed.

These are the questions of ``tests/test_checks_cases.py`` and ``tests/test_checks_complete.py`` about one check. They
are asked in the order of what they cost, and the first that is answered wrongly ends the trial.
"""

import ast
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from drcheck.check import Check, NotApplicable, Unknown, checks_in, failed, passed, warned
from drcheck.evaluate import evaluate_all
from drcheck.permissions.reliance import reads
from drcheck.policy import Policy
from drcheck.topology.base import Topology
from drcheck.verdict import Finding, Verdict
from tests.check_cases.case import Case
from tests.checks_loaded import CASES
from tests.estate_facts import healthy
from tests.estates import Estate, lose, together
from tests.test_checks_complete import ANSWERS, CONCERNS, POSSIBLE, breaches, verdicts

WORDS = {word.__name__: word for word in (passed, failed, warned, Unknown, NotApplicable)}
"""What a mutant may say though the check has not imported it."""
OURS = ("derived", "where", "subject", "source")
"""Questions whose answers a topology remembers without having asked a check."""
CRASH = "the check itself failed"


class Stage(NamedTuple):
    """One case, set up."""

    case: Case
    estate: Estate
    topology: Topology
    backwards: Topology
    policy: Policy


def module_of(path: Path, tree: ast.Module | None = None) -> ModuleType:
    """A check's module, from its file or from a changed tree."""
    module = ModuleType(f"mutated_{path.parent.name}_{path.stem}")
    vars(module).update(WORDS)
    exec(compile(tree or path.read_text(encoding="utf-8"), str(path), "exec"), vars(module))  # noqa: S102 - our own code
    return module


def check_of(module: ModuleType) -> Check:
    (check,) = checks_in(module)
    return check


class Trial:
    """Everything that the tests ask of one check."""

    def __init__(self, check: Check) -> None:
        estate = healthy()
        self._healthy = estate.topology()
        self._blind = together(*(lose(kind, scope) for kind, scope in estate.answers()))(estate).topology()
        self._stages = tuple(self._stage(case, estate) for case in CASES if case.check == check.id)
        self._poorer: dict[tuple[str, frozenset[tuple[str, str]]], Topology] = {}
        self.noticed(check)
        self.forget()

    def noticed(self, check: Check) -> str:
        """Which question this check answers wrongly; empty when it passes every test."""
        return next((wrong for question in self._questions() for wrong in question(check)), "")

    def _stage(self, case: Case, estate: Estate) -> Stage:
        changed = case.change(estate)
        backwards = replace(changed, facts=tuple(reversed(changed.facts)))
        return Stage(case, changed, changed.topology(), backwards.topology(), case.policy or Policy())

    def _questions(self) -> tuple[Callable[[Check], Iterator[str]], ...]:
        return self._cases, self._no_complaint, self._nothing_read, self._backwards, self._lost

    def _cases(self, check: Check) -> Iterator[str]:
        before: dict[str, dict[str, Verdict]] = {}
        for stage in self._stages:
            found = evaluate_all(stage.topology, [check], stage.policy)
            if repr(stage.policy) not in before:
                there = evaluate_all(self._healthy, [check], stage.policy)
                before[repr(stage.policy)] = {one.subject.key: one.verdict for one in there}
            if wrong := _wrong(stage.case, found, before[repr(stage.policy)]):
                yield f"{stage.case.name}: {wrong}"

    def _no_complaint(self, check: Check) -> Iterator[str]:
        verdicts = {one.verdict for one in evaluate_all(self._healthy, [check], Policy())}
        if not verdicts <= {Verdict.PASS, Verdict.NOT_APPLICABLE}:
            yield "the healthy estate has a complaint"

    def _nothing_read(self, check: Check) -> Iterator[str]:
        if {one.verdict for one in evaluate_all(self._blind, [check], Policy())} != {Verdict.UNKNOWN}:
            yield "something is known when nothing was read"

    def _backwards(self, check: Check) -> Iterator[str]:
        for stage in self._stages:
            if verdicts(evaluate_all(stage.backwards, [check], stage.policy)) != _judged(stage, check):
                yield f"{stage.case.name}: depends on the order of facts"

    def _lost(self, check: Check) -> Iterator[str]:
        """Less evidence leaves a finding or makes it UNKNOWN."""
        read = reads(check)
        about = frozenset((kind, scope) for kind, scope in ANSWERS if CONCERNS[kind] & read)
        for stage in self._stages:
            if stage.case not in POSSIBLE:
                continue
            before = _judged(stage, check)
            for gone in (*(frozenset({one}) for one in sorted(about)), frozenset(ANSWERS) - about):
                after = verdicts(evaluate_all(self._without(stage, gone), [check], stage.policy))
                if breaches(before, after):
                    yield f"{stage.case.name}: without {', '.join(sorted(kind for kind, _ in gone))[:60]}"

    def _without(self, stage: Stage, gone: frozenset[tuple[str, str]]) -> Topology:
        place = (stage.case.id + stage.case.subject, gone)
        if place not in self._poorer:
            self._poorer[place] = together(*(lose(*one) for one in sorted(gone)))(stage.estate).topology()
        return self._poorer[place]

    def forget(self) -> None:
        """What a topology remembers for a check was worked out by it, and a mutant is to work it out again."""
        staged = [topology for one in self._stages for topology in (one.topology, one.backwards)]
        for topology in (self._healthy, self._blind, *staged, *self._poorer.values()):
            for question in [one for one in topology._answers if not (isinstance(one, tuple) and one[0] in OURS)]:
                del topology._answers[question]


def _judged(stage: Stage, check: Check) -> dict[tuple[str, str, str], Verdict]:
    return verdicts(evaluate_all(stage.topology, [check], stage.policy))


def _wrong(case: Case, findings: tuple[Finding, ...], before: dict[str, Verdict]) -> str:
    about = [one for one in findings if one.subject.key == case.subject]
    if len(about) != 1:
        return f"{len(about)} findings about {case.subject}"
    if about[0].verdict is not case.verdict:
        return f"{about[0].verdict.value} instead of {case.verdict.value}"
    if any(word not in about[0].message for word in case.words) or case.evidence not in ("", about[0].evidence):
        return "other words, or another kind of evidence"
    for one in findings:
        if one.message.startswith(CRASH) or not (one.message and one.observed and one.expected):
            return "a crash, or no message"
    return "" if case.alone else _moved(case, findings, before)


def _moved(case: Case, findings: tuple[Finding, ...], before: dict[str, Verdict]) -> str:
    """Which other subject has another verdict than on the healthy estate."""
    others = (
        one for one in findings if one.subject.key in before and one.subject.key not in (case.subject, *case.also)
    )
    changed = (one.subject.name for one in others if one.verdict is not before[one.subject.key])
    return next((f"{name} changed as well" for name in changed), "")
