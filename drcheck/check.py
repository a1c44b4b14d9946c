"""What is a check? A typed function of one subject, with the metadata an auditor needs, and nothing else.

A check is handed a subject and, when its signature asks for them, the topology and the policy. It returns an
``Outcome``; ``passed`` cannot be made without saying what was observed. What cannot be observed is raised as
``Unknown`` (usually by ``topology.all`` itself), what does not apply as ``NotApplicable``.
"""

import inspect
from collections.abc import Callable
from types import ModuleType
from typing import get_type_hints

from msgspec import Struct

from drcheck.policy import Policy
from drcheck.topology.base import Fact, Topology, Unknown
from drcheck.verdict import Severity, Verdict

__all__ = [
    "Check",
    "NotApplicable",
    "Outcome",
    "Unknown",
    "check",
    "checks_in",
    "failed",
    "passed",
    "warned",
]


class NotApplicable(Exception):
    """The check does not concern this subject; says why. Only sound on positive evidence or a completed look."""

    def __init__(self, reason: str, *facts: Fact) -> None:
        super().__init__(reason)
        self.reason = reason
        self.facts = facts


class Outcome(Struct, frozen=True, kw_only=True, gc=False):
    """A check's answer for one subject. ``facts`` are what it rests on besides the subject; they date the finding."""

    verdict: Verdict
    message: str
    observed: str
    expected: str
    facts: tuple[Fact, ...] = ()
    evidence: str = "observed"


def passed(
    message: str, *, observed: str, expected: str, facts: tuple[Fact, ...] = (), tested: bool = False
) -> Outcome:
    """The good state was seen. ``tested`` when a drill showed it, rather than a reading."""
    return Outcome(
        verdict=Verdict.PASS,
        message=message,
        observed=observed,
        expected=expected,
        facts=facts,
        evidence="tested" if tested else "observed",
    )


def failed(message: str, *, observed: str, expected: str, facts: tuple[Fact, ...] = ()) -> Outcome:
    """The good state was seen not to hold."""
    return Outcome(verdict=Verdict.FAIL, message=message, observed=observed, expected=expected, facts=facts)


def warned(message: str, *, observed: str, expected: str, facts: tuple[Fact, ...] = ()) -> Outcome:
    """The good state holds, with a weakness worth a look."""
    return Outcome(verdict=Verdict.WARN, message=message, observed=observed, expected=expected, facts=facts)


Judge = Callable[..., Outcome]


class Check(Struct, frozen=True, kw_only=True):
    """A check and everything that is known about it."""

    id: str
    title: str
    severity: Severity
    why: str
    source: str
    remedy: str
    controls: tuple[str, ...]
    subject: type[Fact]
    judge: Judge
    wants_topology: bool
    wants_policy: bool
    doc: str

    def __call__(self, subject: Fact, topology: Topology, policy: Policy) -> Outcome:
        """Judge one subject."""
        return self.given(topology, policy)(subject)

    def given(self, topology: Topology, policy: Policy) -> Callable[[Fact], Outcome]:
        """What judges subject after subject by one topology and policy, of which it is handed what it asks for."""
        judge = self.judge
        if self.wants_topology:
            if self.wants_policy:
                return lambda subject: judge(subject, topology, policy)
            return lambda subject: judge(subject, topology)
        return (lambda subject: judge(subject, policy)) if self.wants_policy else judge

    @property
    def area(self) -> str:
        """The middle part of the id, such as ``VMM``, ``HVR`` or ``SQL``; an id of another form is its own area."""
        parts = self.id.split("-")
        return parts[1] if len(parts) > 2 else self.id


def check(  # noqa: PLR0913 - a check's metadata, all named
    check_id: str,
    title: str,
    *,
    severity: Severity,
    why: str,
    source: str,
    remedy: str,
    controls: tuple[str, ...],
) -> Callable[[Judge], Check]:
    """Make a check of a function.

    Args:
        check_id: ``DR-<AREA>-<NNN>``; never changes once released.
        title: the good state, as a statement.
        severity: what a FAIL costs.
        why: what goes wrong when the title does not hold.
        source: the document the rule comes from.
        remedy: a command, or a place to click.
        controls: references an auditor knows, e.g. ``NIST SP 800-53 CP-10``.

    The function's first parameter is the subject, annotated with a kind of fact; parameters annotated ``Topology``
    and ``Policy`` may follow, in that order.
    """

    def decorate(judge: Judge) -> Check:
        hints = get_type_hints(judge)
        parameters = list(inspect.signature(judge).parameters)
        extra = [hints[name] for name in parameters[1:]]
        if extra not in ([], [Topology], [Policy], [Topology, Policy]):
            raise TypeError(f"{check_id}: parameters after the subject must be Topology and Policy, in that order")
        return Check(
            id=check_id,
            title=title,
            severity=severity,
            why=why,
            source=source,
            remedy=remedy,
            controls=controls,
            subject=hints[parameters[0]],
            judge=judge,
            wants_topology=Topology in extra,
            wants_policy=Policy in extra,
            doc=inspect.getdoc(judge) or "",
        )

    return decorate


def checks_in(module: ModuleType) -> tuple[Check, ...]:
    """The checks a module defines, by id."""
    found = (value for value in vars(module).values() if isinstance(value, Check))
    return tuple(sorted(found, key=lambda each: each.id))
