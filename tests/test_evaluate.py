"""Evaluation: what was seen stands, what was not seen is unknown, and one bad subject never hides the next."""

from datetime import UTC, date, datetime, timedelta

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed
from drcheck.evaluate import evaluate_all, plan, stale
from drcheck.policy import Policy
from drcheck.topology.base import Fact, Gap, Looked, Seen, Target, Topology
from drcheck.topology.declared import Application, DeclaredEndpoint, Site
from drcheck.topology.vmm import Cloud, ManagedHost
from drcheck.verdict import Finding, Severity, Verdict
from drcheck.waivers import Waiver

AT = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


def seen(endpoint: str = "vmm01", at: datetime = AT) -> Seen:
    return Seen(source="vmm", endpoint=endpoint, query="Get-SCCloud", at=at)


def cloud(key: str, at: datetime = AT) -> Cloud:
    return Cloud(key=key, seen=seen(at=at), name=key.title(), host_groups=())


def gap(kind: type[Fact], endpoint: str) -> Gap:
    where = f"{kind.ROLE}:{endpoint}"
    return Gap(kind=kind.__name__, scope=where, cause="refused", reason="nothing listens", seen=seen(endpoint))


def looked(kind: type[Fact], endpoint: str) -> Looked:
    return Looked(kind=kind.__name__, scope=f"{kind.ROLE}:{endpoint}", seen=seen(endpoint))


def topology(*entries: Fact | Gap | Looked) -> Topology:
    complete = (looked(DeclaredEndpoint, "estate"), looked(Site, "estate"), looked(Application, "estate"))
    everything = (*entries, *complete)
    return Topology(
        facts=[entry for entry in everything if isinstance(entry, Fact)],
        gaps=[entry for entry in everything if isinstance(entry, Gap)],
        looked=[entry for entry in everything if isinstance(entry, Looked)],
        targets=[Target(role="estate", endpoint="estate"), Target(role="vmm", endpoint="vmm01")],
        as_of=AT + timedelta(minutes=5),
    )


@check(
    "DR-TST-001",
    "Cloud is gold",
    severity=Severity.HIGH,
    why="for the test",
    source="this file",
    remedy="paint it",
    controls=("X 1",),
)
def check_gold(subject: Cloud, everything: Topology) -> Outcome:
    if subject.key == "unclear":
        raise Unknown("it is too dark to see")
    if subject.key == "other":
        raise NotApplicable("it is a fog")
    if subject.key == "crash":
        raise ZeroDivisionError("oops")
    everything.require(Cloud)
    judge = passed if subject.key == "gold" else failed
    return judge(f"{subject.name} is {subject.key}", observed=subject.key, expected="gold")


def verdicts(made: Topology) -> dict[str, Verdict]:
    return {one.subject.key: one.verdict for one in evaluate_all(made, [check_gold], Policy())}


def test_every_subject_gets_its_own_verdict() -> None:
    made = topology(*(cloud(key) for key in ("gold", "lead", "unclear", "other", "crash")), looked(Cloud, "vmm01"))
    assert verdicts(made) == {
        "gold": Verdict.PASS,
        "lead": Verdict.FAIL,
        "unclear": Verdict.UNKNOWN,
        "other": Verdict.NOT_APPLICABLE,
        "crash": Verdict.UNKNOWN,
    }


def test_a_gap_in_the_enumeration_is_one_unknown_besides_the_rest() -> None:
    made = topology(cloud("gold"), gap(Cloud, "vmm02"), looked(Cloud, "vmm01"))
    assert verdicts(made) == {"gold": Verdict.UNKNOWN, "Cloud@vmm:vmm02": Verdict.UNKNOWN}


def test_a_target_nobody_asked_is_a_gap() -> None:
    assert verdicts(topology(cloud("gold"))) == {"gold": Verdict.UNKNOWN, "Cloud@vmm:vmm01": Verdict.UNKNOWN}


def test_no_subject_is_not_applicable_only_after_a_look() -> None:
    assert verdicts(topology(looked(Cloud, "vmm01"))) == {"estate": Verdict.NOT_APPLICABLE}
    assert Verdict.NOT_APPLICABLE not in verdicts(topology(gap(Cloud, "vmm01"))).values()


def test_a_gap_in_what_reveals_endpoints_is_a_gap_of_what_they_hold() -> None:
    """Without the list of hosts nobody can say that every host was asked."""
    from_hosts = topology(gap(ManagedHost, "vmm01")).missing(ManagedHost)
    assert [one.scope for one in from_hosts] == ["vmm:vmm01"]


def test_findings_carry_age_source_and_controls() -> None:
    made = topology(cloud("lead", at=AT - timedelta(minutes=1)), looked(Cloud, "vmm01"))
    finding = next(one for one in evaluate_all(made, [check_gold], Policy()) if one.subject.key == "lead")
    assert finding.age_seconds == 360
    assert finding.source == "vmm01: Get-SCCloud"
    assert finding.controls == ("X 1",)
    assert finding.evidence == "observed"


def test_work_is_planned_per_check_and_scope_in_a_stable_order() -> None:
    application = Application(
        key="payments", seen=seen("estate"), name="payments", tier=1, owner="o", rto_seconds=1, rpo_seconds=1,
        vm_names=("Gold*",),
    )  # fmt: skip
    made = topology(cloud("gold"), cloud("lead"), application, looked(Cloud, "vmm01"))
    assert [(work.scope, [fact.key for fact in work.subjects]) for work in plan(made, [check_gold])] == [
        ("estate", ["lead"]),
        ("payments", ["gold"]),
    ]


def waiver(**changes: object) -> Waiver:
    fields = {
        "id": "W-1", "check": "DR-TST-001", "subject": "lead", "reason": "known", "risk": "low", "owner": "ann",
        "approver": "bob", "ticket": "CHG1", "start": date(2026, 11, 1), "expiry": date(2026, 12, 1),
    }  # fmt: skip
    return Waiver(**{**fields, **changes})  # type: ignore[arg-type]


def waived(one: Waiver) -> Finding:
    made = topology(cloud("lead"), looked(Cloud, "vmm01"))
    return evaluate_all(made, [check_gold], Policy(), [one])[0]


def test_a_waiver_covers_its_subject_until_it_expires() -> None:
    finding = waived(waiver())
    assert (finding.verdict, finding.waiver) == (Verdict.WAIVED, "W-1")
    assert "CHG1" in finding.message


def test_a_waiver_that_is_expired_early_self_approved_or_of_another_check_does_nothing() -> None:
    for bad in (
        waiver(expiry=date(2026, 11, 22)),
        waiver(start=date(2026, 11, 24)),
        waiver(approver=" ANN"),
        waiver(check="DR-TST-002"),
        waiver(subject="gold"),
    ):
        assert waived(bad).verdict is Verdict.FAIL


def test_an_unknown_is_never_waived() -> None:
    made = topology(cloud("unclear"), looked(Cloud, "vmm01"))
    finding = evaluate_all(made, [check_gold], Policy(), [waiver(subject="*")])[0]
    assert finding.verdict is Verdict.UNKNOWN


def test_an_old_snapshot_is_stale() -> None:
    made = topology()
    assert stale(made, Policy(), AT + timedelta(hours=24, minutes=5)) == ""
    assert "25 h" in stale(made, Policy(), AT + timedelta(hours=25, minutes=5))
