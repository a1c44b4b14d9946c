"""What was concluded: verdicts, findings, measurements, and the run they add up to."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from operator import eq
from typing import Any

from msgspec import Struct

from drcheck.topology.base import Gap


class Verdict(StrEnum):
    """The outcome of one check on one subject."""

    PASS = "PASS"  # noqa: S105 - a verdict, not a password
    WARN = "WARN"
    FAIL = "FAIL"
    UNKNOWN = "UNKNOWN"
    """It could not be observed. Never a pass, never waivable."""
    NOT_APPLICABLE = "NOT_APPLICABLE"
    WAIVED = "WAIVED"
    """A FAIL that somebody has accepted for a limited time."""


class RunVerdict(StrEnum):
    """The outcome of a whole run."""

    PASSED = "PASSED"
    FAILED = "FAILED"
    INCOMPLETE = "INCOMPLETE"


class Severity(StrEnum):
    """What a FAIL costs: recovery itself, a target, a weak spot, or tidiness."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Subject(Struct, frozen=True, kw_only=True, gc=False):
    """What a finding is about. ``kind`` and ``key`` identify it from run to run; the rest is for people."""

    kind: str
    key: str
    name: str
    site: str = ""
    application: str = ""
    tier: int | None = None


class Finding(Struct, frozen=True, kw_only=True, gc=False):
    """One check's verdict on one subject, with what was observed and what was expected.

    ``at`` is when the oldest fact behind it was read (UTC) and ``age_seconds`` its age at the end of discovery.
    ``evidence`` classes a PASS: ``tested`` (a drill did it), ``observed`` (read live), ``declared`` (written down).
    """

    check: str
    title: str
    subject: Subject
    scope: str
    verdict: Verdict
    severity: Severity
    message: str
    observed: str
    expected: str
    at: datetime
    age_seconds: float
    source: str
    controls: tuple[str, ...]
    remedy: str
    evidence: str = "observed"
    waiver: str = ""
    drill: str = ""
    """Name of the drill that has just shown it; empty: a check did, be it by the record of an earlier drill."""


def place_of(finding: Finding) -> tuple[str, str, str, str]:
    """What findings are ordered by, and what tells one of a run from all others."""
    return finding.check, finding.subject.kind, finding.subject.key, finding.drill


class Phase(Struct, frozen=True, kw_only=True, gc=False):
    """A stretch of a drill. Times are UTC on our clock; ``declared`` marks durations nobody measured."""

    name: str
    started: datetime
    seconds: float
    declared: bool = False
    by: str = ""
    """The person who said that it was done; empty where nobody was asked."""
    owner: str = ""
    """Whose step it is, as declared; empty: nobody's but the drill's own."""


class Measurement(Struct, frozen=True, kw_only=True, gc=False):
    """A measured RTO or RPO. The true value lies within ``seconds`` ± ``uncertainty_seconds``."""

    kind: str
    """``rto`` or ``rpo``."""
    subject: Subject
    drill: str
    seconds: float
    uncertainty_seconds: float
    target_seconds: float | None
    method: str
    """How it was measured: ``probe``, ``sentinel``, ``platform`` (a recovery point's time), ``estimated``."""
    at: datetime
    phases: tuple[Phase, ...] = ()
    anomaly: str = ""
    """Why the figure proves nothing (a recovery point in the future, say); empty when it stands."""

    @property
    def verdict(self) -> Verdict:
        """PASS only when the target holds at the far end of the uncertainty."""
        return within(self.seconds, self.uncertainty_seconds, self.target_seconds, anomaly=self.anomaly)


def within(seconds: float, uncertainty: float, target: float | None, *, anomaly: str = "") -> Verdict:
    """Is what was measured within a target, all in seconds? UNKNOWN when the uncertainty decides, or an anomaly.

    What took less than no time was measured by clocks that were wrong.
    """
    if anomaly or seconds + uncertainty < 0:
        return Verdict.UNKNOWN
    if target is None:
        return Verdict.NOT_APPLICABLE
    if seconds + uncertainty <= target:
        return Verdict.PASS
    return Verdict.FAIL if seconds - uncertainty > target else Verdict.UNKNOWN


class Link(Struct, frozen=True, kw_only=True, gc=False):
    """A finding that stands between an application and its recovery."""

    check: str
    verdict: Verdict
    subject: str
    """The name of what it is about."""
    message: str


class Recoverability(Struct, frozen=True, kw_only=True, gc=False):
    """Could one application be recovered, as far as was judged? ``links`` is empty exactly when it could."""

    application: str
    tier: int
    answer: str
    """``recoverable``, ``not recoverable``, ``unknown``, or ``at an accepted risk`` when only waivers stand between."""
    links: tuple[Link, ...] = ()
    """In the order of the recovery: machinery, what the application needs, the application; the first broken first."""
    more: int = 0
    """How many further links there are."""


class SiteRecoverability(Struct, frozen=True, kw_only=True, gc=False):
    """Could everything that runs at a site be recovered, as far as was judged?"""

    site: str
    role: str
    answer: str
    """As for an application."""
    applications: tuple[str, ...] = ()
    """Those that run there, by name."""
    links: tuple[Link, ...] = ()
    """What stands in the way: of those applications, by tier, then of the rest at the site."""
    more: int = 0
    """How many further links there are."""


class Threshold(Struct, frozen=True, kw_only=True, gc=False):
    """A threshold that a run was judged by, as people write it, and what it is when nobody declares anything."""

    name: str
    value: str
    default: str


class Findings(Sequence[Finding]):
    """More findings than are held in memory: those that somebody has to act on, and a way to read the others again.

    Iteration gives them all, check by check; two of them, or one and a tuple, are equal when they give the same.
    """

    loud: tuple[Finding, ...]
    """All but PASS and NOT_APPLICABLE, in (check, subject) order."""
    tally: Mapping[tuple[str, Verdict], int]
    """How many findings each check has with each verdict."""
    proven: frozenset[tuple[str, str]]
    """The application and the site of everything that was seen to be good; empty text where it has none."""

    def __len__(self) -> int:
        """How many there are, without reading them."""
        return sum(self.tally.values())

    def __getitem__(self, place: Any) -> Any:
        """One of them, or a slice; reads them all."""
        return tuple(self)[place]

    def __eq__(self, other: object) -> bool:
        """Do both give the same findings in the same order?"""
        return isinstance(other, Sequence) and len(self) == len(other) and all(map(eq, self, other))

    __hash__ = None  # type: ignore[assignment]  # equal to tuples, which would hash otherwise


QUIET = frozenset({Verdict.PASS, Verdict.NOT_APPLICABLE})
"""What nobody has to act on."""


def loud(findings: Sequence[Finding]) -> Sequence[Finding]:
    """All but PASS and NOT_APPLICABLE, in order; of a great many without reading the others."""
    return findings.loud if isinstance(findings, Findings) else [one for one in findings if one.verdict not in QUIET]


def tally(findings: Sequence[Finding]) -> Mapping[tuple[str, Verdict], int]:
    """How many findings each check has with each verdict."""
    return findings.tally if isinstance(findings, Findings) else Counter((one.check, one.verdict) for one in findings)


def proven(findings: Sequence[Finding]) -> frozenset[tuple[str, str]]:
    """The application and the site of everything that was seen to be good; empty text where it has none."""
    if isinstance(findings, Findings):
        return findings.proven
    return frozenset((one.subject.application, one.subject.site) for one in findings if one.verdict is Verdict.PASS)


class Run(Struct, frozen=True, kw_only=True, gc=False):
    """Everything one run has concluded. Findings are in (check, subject) order."""

    id: str
    started: datetime
    finished: datetime
    as_of: datetime
    snapshot_sha256: str
    versions: Mapping[str, str]
    selection: Mapping[str, str]
    findings: Sequence[Finding]
    gaps: tuple[Gap, ...] = ()
    measurements: tuple[Measurement, ...] = ()
    trouble: tuple[str, ...] = ()
    """Why the run cannot be complete whatever the findings say: a crash, a stale snapshot, a drill that failed."""
    estate: str = ""
    recoverability: tuple[Recoverability, ...] = ()
    """One answer for each declared application, by name."""
    sites: tuple[SiteRecoverability, ...] = ()
    """One answer for each declared site, by name."""
    policy: tuple[Threshold, ...] = ()
    """Every threshold that the checks were given."""

    @property
    def counts(self) -> dict[str, int]:
        """How many findings have each verdict; every verdict is present."""
        counted: Counter[Verdict] = Counter()
        for (_, verdict), number in tally(self.findings).items():
            counted[verdict] += number
        return {verdict.value: counted[verdict] for verdict in Verdict}

    @property
    def verdict(self) -> RunVerdict:
        """FAILED if anything failed; else INCOMPLETE unless something was evaluated and nothing is unknown."""
        verdicts = {verdict for _, verdict in tally(self.findings)}
        verdicts |= {measurement.verdict for measurement in self.measurements}
        if Verdict.FAIL in verdicts:
            return RunVerdict.FAILED
        evaluated = verdicts - {Verdict.NOT_APPLICABLE}
        if Verdict.UNKNOWN in verdicts or self.trouble or not evaluated:
            return RunVerdict.INCOMPLETE
        return RunVerdict.PASSED


EXIT_CODES: Mapping[RunVerdict, int] = {RunVerdict.PASSED: 0, RunVerdict.FAILED: 1, RunVerdict.INCOMPLETE: 2}
"""Exit codes of the command line; 4 is a usage error and 130 an interruption."""
