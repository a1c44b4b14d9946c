"""What do the checks say about a topology? A pure function of facts, checks, policy, waivers and a moment."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from msgspec import Struct
from msgspec.structs import replace

from drcheck.aim import aimed
from drcheck.check import Check, NotApplicable, Outcome
from drcheck.policy import Policy, human
from drcheck.topology.base import Fact, Gap, Seen, Topology, Unknown
from drcheck.topology.declared import Application, DeclaredWaiver
from drcheck.topology.membership import application_named, application_of, application_of_data
from drcheck.topology.sites import site_of
from drcheck.verdict import Finding, Subject, Verdict, place_of
from drcheck.waivers import Waiver

ESTATE = "estate"
"""The scope of subjects that belong to no application and no site."""


class Work(Struct, frozen=True, kw_only=True):
    """One check on one scope: the unit that a runner schedules. ``gaps`` stand for subjects nobody could list."""

    check: Check
    scope: str
    subjects: tuple[Fact, ...] = ()
    gaps: tuple[Gap, ...] = ()


def plan(topology: Topology, checks: Sequence[Check]) -> tuple[Work, ...]:
    """Split checks and their subjects into work, one piece per (check, scope), in a stable order."""
    works: list[Work] = []
    for each in sorted(checks, key=lambda item: item.id):
        groups = scopes_of(topology, each.subject)
        gaps = topology.missing(each.subject)
        works.extend(Work(check=each, scope=scope, subjects=subjects) for scope, subjects in groups.items())
        if gaps or not groups:
            works.append(Work(check=each, scope=f"{ESTATE} (enumeration)", gaps=gaps))
    return tuple(works)


def evaluate(
    work: Work,
    topology: Topology,
    policy: Policy,
    waivers: Iterable[Waiver] = (),
    known: Mapping[str, Check] = MappingProxyType({}),
) -> tuple[Finding, ...]:
    """Every finding of one piece of work, waivers applied.

    Args:
        work: what is judged.
        topology: by what is known of the estate.
        policy: the thresholds.
        waivers: which failures somebody accepted.
        known: every check there is, by id; what is wrong with a waiver may follow from the check that it is about.
    """
    accepted = [each for each in waivers if each.check == work.check.id]
    found = _findings(work, topology, policy)
    if known and work.check.subject is DeclaredWaiver:
        found = (aimed(finding, topology, policy, known) for finding in found)
    return tuple(_waive(finding, accepted, topology.as_of) for finding in found) if accepted else tuple(found)


def evaluate_all(
    topology: Topology, checks: Sequence[Check], policy: Policy, waivers: Iterable[Waiver] = ()
) -> tuple[Finding, ...]:
    """Every finding of every check, in (check, subject) order."""
    accepted = tuple(waivers)
    found = [one for work in plan(topology, checks) for one in evaluate(work, topology, policy, accepted)]
    return in_order(found)


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The canonical order of findings, whatever order workers delivered them in."""
    return tuple(sorted(findings, key=place_of))


class _Sources:
    """Where a reading came from, in words, and its age in seconds; the same for all findings that rest on it."""

    def __init__(self, as_of: datetime) -> None:
        self._as_of = as_of
        # By identity: facts share their readings, and to hash one takes longer than all the rest of a finding.
        self._known: dict[int, tuple[str, float, Seen]] = {}

    def of(self, read: Seen) -> tuple[str, float, Seen]:
        """The words, the age, and the reading itself, so that nothing else gets its identity."""
        told = self._known.get(id(read))
        if told is None:
            age = max(0.0, (self._as_of - read.at).total_seconds())
            told = self._known[id(read)] = f"{read.endpoint}: {read.query}", age, read
        return told


def _findings(work: Work, topology: Topology, policy: Policy) -> Iterator[Finding]:
    sources = topology.memo("sources", lambda: _Sources(topology.as_of))
    judge = work.check.given(topology, policy)
    for subject, described in zip(work.subjects, _descriptions(topology, work), strict=True):
        yield _finding(work, _judged(work.check, judge, subject), subject, described, sources)
    for gap in work.gaps:
        yield _unlisted(work, gap, topology)
    if not work.subjects and not work.gaps:
        yield _nothing(work, topology)


def _descriptions(topology: Topology, work: Work) -> Iterable[Subject]:
    """The subjects of some work as findings name them; looked up once for all checks that have the very same ones."""
    scope = work.check.subject, work.scope
    if work.subjects is not scopes_of(topology, scope[0]).get(work.scope):
        return (describe(topology, subject) for subject in work.subjects)
    return topology.memo(("described", *scope), lambda: tuple(describe(topology, each) for each in work.subjects))


def _judged(check: Check, judge: Callable[[Fact], Outcome], subject: Fact) -> Outcome:
    try:
        return judge(subject)
    except Unknown as unknown:
        verdict, reason = Verdict.UNKNOWN, unknown.reason
    except NotApplicable as skipped:
        verdict, reason = Verdict.NOT_APPLICABLE, skipped.reason
    except Exception as error:  # noqa: BLE001 - a check that crashes has proven nothing, and must not end the run
        verdict, reason = Verdict.UNKNOWN, f"the check itself failed: {type(error).__name__}: {error}"
    return Outcome(verdict=verdict, message=reason, observed=reason, expected=check.title)


def _finding(work: Work, outcome: Outcome, subject: Fact, described: Subject, sources: _Sources) -> Finding:
    check, read = work.check, subject.seen
    for fact in outcome.facts:
        if fact.seen.at < read.at:
            read = fact.seen
    source, age, _ = sources.of(read)
    return Finding(
        check=check.id,
        title=check.title,
        subject=described,
        scope=work.scope,
        verdict=outcome.verdict,
        severity=check.severity,
        message=outcome.message,
        observed=outcome.observed,
        expected=outcome.expected,
        at=read.at,
        age_seconds=age,
        source=source,
        controls=check.controls,
        remedy=check.remedy,
        evidence="declared" if outcome.evidence == "observed" and subject.ROLE == "estate" else outcome.evidence,
    )


def _unlisted(work: Work, gap: Gap, topology: Topology) -> Finding:
    message = f"{gap.key} could not be read ({gap.cause}): {gap.reason}"
    return Finding(
        check=work.check.id,
        title=work.check.title,
        subject=Subject(
            kind="gap", key=gap.key, name=gap.key, site=_site(topology, gap.seen.endpoint.partition("\\")[0])
        ),
        scope=work.scope,
        verdict=Verdict.UNKNOWN,
        severity=work.check.severity,
        message=message,
        observed=message,
        expected=work.check.title,
        at=gap.seen.at,
        age_seconds=max(0.0, (topology.as_of - gap.seen.at).total_seconds()),
        source=f"{gap.seen.endpoint}: {gap.seen.query}",
        controls=work.check.controls,
        remedy="Make the endpoint answer; `drcheck discover` names the cause of every gap.",
    )


def _nothing(work: Work, topology: Topology) -> Finding:
    subject = work.check.subject
    message = f"the estate was read to its end and has no {subject.SUBJECT}"
    return Finding(
        check=work.check.id,
        title=work.check.title,
        subject=Subject(kind=ESTATE, key=ESTATE, name=ESTATE),
        scope=work.scope,
        verdict=Verdict.NOT_APPLICABLE,
        severity=work.check.severity,
        message=message,
        observed=message,
        expected=work.check.title,
        at=topology.as_of,
        age_seconds=0.0,
        source="drcheck: discovery",
        controls=work.check.controls,
        remedy=work.check.remedy,
    )


def _waive(finding: Finding, waivers: Iterable[Waiver], as_of: datetime) -> Finding:
    waiver = next((each for each in waivers if each.covers(finding, as_of)), None)
    if waiver is None:
        return finding
    note = f"{finding.message} Waived by {waiver.approver} until {waiver.expiry} ({waiver.ticket}): {waiver.reason}"
    return replace(finding, verdict=Verdict.WAIVED, waiver=waiver.id, message=note)


def scopes_of(topology: Topology, kind: type[Fact]) -> Mapping[str, tuple[Fact, ...]]:
    """Every subject of a kind by its scope, in the order of scopes; the same for all checks on that kind."""

    def grouped() -> Mapping[str, tuple[Fact, ...]]:
        groups: dict[str, list[Fact]] = {}
        for subject in topology.seen(kind):
            groups.setdefault(scope_of(topology, subject), []).append(subject)
        return {scope: tuple(groups[scope]) for scope in sorted(groups)}

    return topology.memo(("scopes", kind), grouped)


def scope_of(topology: Topology, subject: Fact) -> str:
    """The application a subject belongs to, else its site, else the estate."""
    described = describe(topology, subject)
    return described.application or described.site or ESTATE


def describe(topology: Topology, subject: Fact) -> Subject:
    """A subject as findings name it; one for all findings on it."""
    known = _subjects(topology, type(subject))
    found = known.get(subject.key)
    if found is None:
        found = known[subject.key] = _described(topology, subject)
    return found


def _subjects(topology: Topology, kind: type[Fact]) -> dict[str, Subject]:
    """The subjects of a kind that were described so far, by key."""
    return topology.memo(("subjects", kind), dict[str, Subject])


def _described(topology: Topology, subject: Fact) -> Subject:
    name = subject.title
    application = _owner(topology, subject, name)
    return Subject(
        kind=subject.SUBJECT,
        key=subject.key,
        name=name,
        site=_site(topology, subject.where),
        application=application.name if application else _text(subject, "application"),
        tier=application.tier if application else None,
    )


def _owner(topology: Topology, subject: Fact, name: str) -> Application | None:
    vm_id = _text(subject, "vm_id") or _vm_key(subject)
    try:
        found = application_of(topology, vm_id, name) if vm_id else application_named(topology, name)
    except Unknown:
        return None
    return found or application_of_data(topology, subject)


def _vm_key(subject: Fact) -> str:
    return subject.key if subject.SUBJECT == "VM" else ""


def _text(subject: Fact, field: str) -> str:
    return str(getattr(subject, field, "") or "")


def _site(topology: Topology, where: str) -> str:
    """The name of the site of a host or region; empty when it has none, or nobody can say."""
    known = topology.memo("site names", lambda: {"": ""})
    if where not in known:
        try:
            known[where] = site_of(topology, where).name
        except Unknown:
            known[where] = ""
    return known[where]


def stale(topology: Topology, policy: Policy, now: datetime) -> str:
    """Why a snapshot is too old to conclude anything from; empty when it is young enough."""
    age = (now - topology.as_of).total_seconds()
    if age <= policy.snapshot_max_age:
        return ""
    return f"the snapshot is {human(age)} old; policy allows {human(policy.snapshot_max_age)}"
