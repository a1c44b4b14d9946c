"""Cases of the checks on what becomes of drills: findings, signatures, switchovers, changes, other hands."""

from datetime import UTC, date, datetime

import msgspec

from drcheck.policy import Policy
from drcheck.topology.base import Fact
from drcheck.topology.declared import Application
from drcheck.topology.drills import SECTIONS, DrillFigure, DrillIssue, DrillRecord, DrillReview, FollowUp
from drcheck.topology.programme import RehearsalDuty, SubstantiveChange
from drcheck.topology.site_recovery import ProtectedItem
from drcheck.topology.vmm import VmmVm
from tests import estate_facts as facts
from tests import estate_names as names
from tests.check_cases.case import Table
from tests.estate_rehearsed import change_of, duty
from tests.estates import Change, add, ago, change, cut, drop, lose, skew, together, unchanged

DECLARED = "estate:estate"
BOTH = ("drill-plan", "drill-files")
OURS = ("payments", "ledger", "files", "identity")
VMM = f"vmm:{names.VMM01}"


def drill(**fields: object) -> Change:
    return change(DrillRecord, "drill-plan", **fields)


def signed(**fields: object) -> Change:
    return change(DrillReview, "drill-plan", **fields)


def held(key: str, **fields: object) -> Fact:
    """One more drill of the plan."""
    return msgspec.structs.replace(facts.record(key, names.PLAN, names.WEB_VM, names.DB_VM), **fields)


ISSUE = DrillIssue(id="F-1", severity="critical", what="a probe was red")
LATER = held("later", started=ago(days=3), finished=ago(days=2))


def found(follow_up: FollowUp | None, *more: Change, issue: DrillIssue = ISSUE) -> Change:
    """The drill failed and found one thing; this became of it."""
    written = () if follow_up is None else (follow_up,)
    return together(drill(verdict="FAIL", issues=(issue,)), signed(follow_ups=written), add(LATER), *more)


def after(**fields: object) -> FollowUp:
    given: dict[str, object] = {"id": "F-1", "owner": "Web team", "due": date(2026, 11, 30)} | fields
    return msgspec.convert(given, FollowUp)


CLOSED = after(closed=date(2026, 11, 21), retest="later", due=None)

followed = Table("DR-DRL-005", "drill-plan")
followed.passes("in time", found(after()), "0 findings closed and retested, 1 in time")
followed.passes("due today", found(after(due=date(2026, 11, 23))))
followed.passes("closed and retested", found(CLOSED), "1 findings closed")
followed.passes("critical, on the last day", found(after(due=date(2026, 12, 28))))
followed.passes("not critical, next year", found(after(due=date(2027, 6, 1), severity="medium")))
followed.passes("found by people only", signed(follow_ups=(after(severity="low"),)))
followed.fails("nobody wrote", found(None), "F-1 has no owner", "F-1 has no date")
followed.fails("no owner", found(after(owner=" ")), "no owner")
followed.fails("no date", found(after(due=None)), "no date")
followed.fails("late", found(after(due=date(2026, 11, 22))), "was due on 2026-11-22")
followed.fails("critical, a day too late", found(after(due=date(2026, 12, 29))), "critical and due only")
followed.fails("by policy", found(after()), "due only on", policy=Policy(critical_finding_within=86400))
followed.fails("closed without a retest", found(after(closed=date(2026, 11, 21))), "no drill shows")
followed.fails("closed by a drill nobody knows", found(after(closed=date(2026, 11, 21), retest="x")), "x shows")
followed.fails("closed by an earlier drill", found(CLOSED, add(held("later", started=ago(days=99)))), "no later drill")
followed.fails("closed by another target", found(after(closed=date(2026, 11, 21), retest="drill-files")), "same target")
followed.fails("closed by a failure", found(CLOSED, change(DrillRecord, "later", verdict="FAIL")), "which failed")
followed.fails("closed with copies left", found(CLOSED, change(DrillRecord, "later", cleaned_up=False)), "which failed")
followed.fails("closed without an owner", found(msgspec.structs.replace(CLOSED, owner="")), "no owner")
followed.fails("failed and found nothing", drill(verdict="FAIL"), "no finding was written down")
followed.fails("no review", together(found(after()), drop(DrillReview, "drill-plan")), "no owner")
followed.passes(
    "failed, and people wrote what they found",
    together(drill(verdict="FAIL"), signed(follow_ups=(after(),))),
    "1 in time",
)
followed.passes("found by people only, how bad not told, due soon", signed(follow_ups=(after(),)))
followed.fails(
    "closed by a later drill of another target", found(CLOSED, change(DrillRecord, "later", target=names.FILE_VM)),
    "no later drill of the same target",
)  # fmt: skip
followed.fails(
    "closed by one that began when it ended", found(CLOSED, change(DrillRecord, "later", started=ago(days=10))),
    "no later drill",
)  # fmt: skip
followed.unknown(
    "closed by a drill whose record may be damaged",
    found(after(closed=date(2026, 11, 21), retest="x"), cut(DrillRecord, DECLARED)), "DrillRecord", also=BOTH,
)  # fmt: skip
UNRATED = DrillIssue(id="F-1", severity="", what="a probe was red")
followed.unknown("how bad not told, and due next year", found(after(due=date(2027, 6, 1)), issue=UNRATED), "F-1")
followed.unknown("found by people only, how bad not told", signed(follow_ups=(after(due=date(2027, 6, 1)),)), "F-1")
followed.passes("how bad not told, and due as if critical", found(after(due=date(2026, 12, 28)), issue=UNRATED))
followed.passes("how bad not told, and closed", found(
    msgspec.structs.replace(CLOSED, due=date(2027, 6, 1)), issue=UNRATED))  # fmt: skip
followed.fails(
    "how bad not told, and no owner", found(after(due=date(2027, 6, 1), owner=""), issue=UNRATED), "no owner"
)
followed.unknown("reviews unread", lose(DrillReview, DECLARED), "DrillReview", also=BOTH)
followed.unknown("records unread", lose(DrillRecord, DECLARED), subject=f"DrillRecord@{DECLARED}")
followed.skips("found nothing", unchanged, "found nothing")
followed.skips("no drills", drop(DrillRecord), subject="estate")

complete = Table("DR-DRL-007", "drill-plan")
complete.passes("signed", unchanged, "signed by Head of operations")
complete.passes("on the last day", together(drill(finished=ago(days=30)), signed(reviewed=date(2026, 11, 23))))
complete.passes("on the day itself", signed(reviewed=date(2026, 11, 13)))
complete.passes("the chain holds", unchanged, subject="drill-files")
complete.passes("a failure measured nothing", drill(verdict="FAIL", rto_seconds=None, rpo_seconds=None))
complete.passes("of another kind", drill(drill_kind="table-top", isolated=None, plan=None))
complete.passes("refused before anything began", drill(verdict="FAIL", probes=(), phases=(), plan=None))
complete.passes("a year ago", together(drill(finished=ago(days=365)), signed(reviewed=date(2025, 12, 1))))
for field, nothing, word in (
    ("vm_ids", (), "which machines"),
    ("executors", (), "who held it"),
    ("version", "", "with which version"),
    ("phases", (), "how the time was spent"),
    ("probes", None, "what was probed"),
    ("rto_seconds", None, "what was measured"),
    ("rpo_seconds", None, "what was measured"),
    ("isolated", None, "whether it was isolated"),
    ("plan", None, "what the plan was"),
):
    complete.fails(f"without {field}", drill(**{field: nothing}), f"does not tell {word}")
complete.passes("every section", drill(sections=tuple(SECTIONS)))
complete.passes("of another kind, and short", drill(drill_kind="table-top", isolated=None, plan=None, sections=()))
for kind in ("hyperv-replica", "protected-item", "recovery-plan", "rehearsal"):
    complete.fails(f"an old {kind}", drill(drill_kind=kind, sections=()), "who allowed it")
for name, word in SECTIONS.items():
    complete.fails(f"without {name}", drill(sections=tuple(one for one in SECTIONS if one != name)), word)
complete.passes("by figures", drill(rpo_seconds=None, figures=tuple(
    DrillFigure(kind=kind, seconds=60.0) for kind in ("rto", "rpo"))))  # fmt: skip
complete.fails("ended well, tried none, and has no phases", drill(probes=(), phases=()), "how the time was spent")
complete.fails("failed after its probes, without phases", drill(verdict="FAIL", phases=()), "how the time was spent")
complete.fails(
    "its own signature, in other spelling", signed(reviewer="Ann", executors=(" ann ",)), "held it and signed"
)
complete.unknown(
    "the record before it may be damaged", together(drop(DrillRecord, "drill-plan"), cut(DrillRecord, DECLARED)),
    "DrillRecord", subject="drill-files",
)  # fmt: skip
complete.fails("its own signature", signed(reviewer=" a. nother"), "held it and signed it")
complete.fails("by the account that held it", signed(reviewer="OPS@runner", executors=()), "held it and signed it")
complete.fails("signed by nobody", signed(reviewer=" "), "names nobody")
complete.fails("another record", signed(record_sha256="6" * 64), "not the record that was signed")
complete.fails("signed before it ended", signed(reviewed=date(2026, 11, 12)), "before it ended")
complete.fails(
    "signed too late", together(drill(finished=ago(days=31)), signed(reviewed=date(2026, 11, 23))), "signed 31 d after"
)
complete.fails("by policy", unchanged, "signed 2 d after", policy=Policy(review_within=86400))
complete.fails("never signed", together(drill(finished=ago(days=31)), signed(reviewed=None)), "nobody has signed")
complete.fails(
    "never looked at", together(drill(finished=ago(days=31)), drop(DrillReview, "drill-plan")), "nobody has signed"
)
complete.fails("altered", drill(sha256="6" * 64), "was altered", subject="drill-files", also=("drill-plan",))
complete.fails("gone", drop(DrillRecord, "drill-plan"), "drill-plan, is gone", subject="drill-files")
complete.fails("signature gone", drill(signature_gone=True), "the signature that it promises is gone")
complete.warns("not signed yet", drop(DrillReview, "drill-plan"), "nobody has signed it yet, 10 d")
complete.warns("read, not signed", signed(reviewed=None), "nobody has signed it yet")
complete.unknown("nobody looked for its sections", drill(sections=None), "look for the sections")
complete.passes("of another kind, without any", drill(drill_kind="table-top", isolated=None, plan=None, sections=None))
complete.unknown("reviews unread", lose(DrillReview, DECLARED), "DrillReview", also=BOTH)
complete.unknown("records unread", lose(DrillRecord, DECLARED), subject=f"DrillRecord@{DECLARED}")
complete.skips("too old", drill(finished=ago(days=365, seconds=1)), "too long to prove")
complete.skips("no drills", drop(DrillRecord), subject="estate")

real = Table("DR-DRL-101", "payments")


def switched(days: float, **fields: object) -> Change:
    """No failover that Site Recovery knows of, and a record of a planned one."""
    record = held("real", drill_kind="planned-switchover", finished=ago(days=days), started=ago(days=days, hours=1))
    return together(
        change(ProtectedItem, names.WEB_ITEM, last_failover=None), add(msgspec.structs.replace(record, **fields))
    )


AG = change(Application, "payments", method="availability-group", drill_method="planned-switchover")
real.passes("by Site Recovery's memory", unchanged, "PAY-WEB01 was switched over 100 d ago", evidence="tested")
OLDER = held("older", drill_kind="planned-switchover", started=ago(days=999), finished=ago(days=998))
real.passes("an older one counts no more", together(switched(10), add(OLDER)), "10 d ago")
real.unknown(
    "a group, by a clock nobody is sure of",
    together(AG, change(Application, "payments", drilled=date(2025, 11, 23)), skew("estate", 0.0, 86400.0)),
    "too close",
)
real.passes("by a record", switched(10), "10 d ago")
real.passes("exactly as long ago as allowed", switched(365))
real.passes("the newest counts", together(switched(10), add(held("r2", drill_kind="planned-switchover"))))
real.passes("a group", together(AG, change(Application, "payments", drilled=date(2026, 11, 1))), "22.4 d ago")
real.fails("a second too long ago", switched(365.00002), "365 d")
real.fails("never", change(ProtectedItem, names.WEB_ITEM, last_failover=None), "was never switched over")
real.fails("a test only", switched(10, drill_kind="recovery-plan"), "never")
real.fails("one that failed", switched(10, verdict="FAIL"), "never")
real.fails("of other machines", switched(10, vm_ids=(names.DB_VM,)), "never")
real.fails("a group, never", AG, "payments was never switched over")
real.fails(
    "a group, by a clone",
    change(
        Application, "payments", method="availability-group", drill_method="restore-clone", drilled=date(2026, 11, 1)
    ),
)
real.fails("more often than that", add(duty(switchover_seconds=86400)), "100 d ago", "1 d")
real.fails("one of two", add(facts.vmm_vm("20000000-0000-0000-0000-000000000002", "PAY-WEB02")), "PAY-WEB02 was never")
real.unknown("duties unread", lose(RehearsalDuty, DECLARED), "RehearsalDuty", also=OURS)
real.unknown("records unread", together(switched(999), lose(DrillRecord, DECLARED)), "DrillRecord")
real.unknown("the vault unread", lose(ProtectedItem, f"vault:{names.VAULT}"), "ProtectedItem")
real.unknown("the inventory unread", lose(VmmVm, VMM), "VmmVm")
real.unknown("no machine", change(VmmVm, names.WEB_VM, name="OTHER"), "no VM")
real.skips("nobody expects it", add(duty(switchover_seconds=None)), "nobody declared")
real.skips("of another application", unchanged, "nobody declared", subject="ledger")
real.skips("no application", drop(Application), subject="estate")

again = Table("DR-DRL-102", "CHG-1")
again.passes("ten days after", unchanged, "payments was drilled", "drill-plan")
again.passes("the first one counts", add(held("late", started=ago(days=1), finished=ago(days=1))), "drill-plan")
again.passes("on the last day", together(add(change_of(on=date(2026, 10, 14))), drill(finished=ago(days=9, hours=10))))
again.passes("two applications", add(change_of(applications=("payments", "files"))), "files was drilled")
again.fails(
    "never since", together(add(change_of(on=date(2026, 10, 22))), drill(started=ago(days=50))), "was not drilled since"
)
again.fails("a failure since", together(add(change_of(on=date(2026, 10, 1))), drill(verdict="FAIL")), "not drilled")
again.fails(
    "one of two", together(add(change_of(on=date(2026, 10, 1), applications=("payments", "identity")))), "identity was"
)
again.fails("on the day itself only", together(add(change_of(on=date(2026, 10, 13))), drill(started=ago(days=41))))
again.fails("by policy", together(add(change_of(on=date(2026, 11, 14)))), policy=Policy(change_drilled_within=86400))
again.warns("too late", add(change_of(on=date(2026, 9, 1))), "72.4 d later")
again.passes("from midnight on", together(
    add(change_of(on=date(2026, 11, 12))), drill(started=datetime(2026, 11, 13, tzinfo=UTC))))  # fmt: skip
again.fails(
    "one that nobody declared", add(change_of(on=date(2026, 10, 1), applications=("payments", "ghost"))), "ghost"
)
NEVER, THEN = together(add(change_of(on=date(2026, 11, 13))), drill(started=ago(days=50))), 9 * 86400 + 36000
again.fails("a second too late", NEVER, "not drilled", policy=Policy(change_drilled_within=THEN - 1))
again.skips("in the last second", NEVER, "may be drilled", policy=Policy(change_drilled_within=THEN))
again.unknown("applications unread", lose(Application, DECLARED), "Application")
again.unknown("records unread", lose(DrillRecord, DECLARED), "DrillRecord")
again.unknown("the inventory unread", lose(VmmVm, VMM), "VmmVm")
again.unknown("changes unread", lose(SubstantiveChange, DECLARED), subject=f"SubstantiveChange@{DECLARED}")
again.skips("still in time", add(change_of(on=date(2026, 11, 20))), "payments may be drilled until 2026-12-21")
again.skips("on the last day of it", together(add(change_of(on=date(2026, 10, 24))), drill(started=ago(days=50))))
again.skips("nothing changed", drop(SubstantiveChange), subject="estate")

others = Table("DR-DRL-103", "payments")
others.passes("by somebody else", unchanged, "held by A. Nother")
others.passes("exactly a year ago", drill(finished=ago(days=365)))
others.passes("one of two", add(held("own", executors=("An Author",))))
others.passes("by the record alone", together(drop(DrillReview, "drill-plan"), drill(executors=("B. Other", "x@y"))))
others.passes("the inventory unread elsewhere", lose(VmmVm, f"vmm:{names.HA_VMM}"))
others.fails("by its author", signed(executors=("an author ", "A. Nother")), "1 drills, each with An Author")
others.fails("by its author, in capitals", signed(executors=("AN AUTHOR",)), "each with An Author")
others.fails("by its author, blanks aside", together(add(duty(author=" An Author ")), signed(executors=("An Author",))))
others.fails("too long ago", drill(finished=ago(days=365, seconds=1)), "no successful drill")
others.fails("failed", drill(verdict="FAIL"), "no successful drill")
others.fails("never", drop(DrillRecord, "drill-plan"), "no successful drill")
others.fails("by policy", unchanged, policy=Policy(other_hands_interval=86400))
others.unknown("an account only", drop(DrillReview, "drill-plan"), "nobody told who held drill-plan")
others.unknown("reviews unread", lose(DrillReview, DECLARED), "DrillReview")
others.unknown("records unread", lose(DrillRecord, DECLARED), "DrillRecord")
others.unknown("duties unread", lose(RehearsalDuty, DECLARED), "RehearsalDuty", also=OURS)
others.unknown("the inventory unread", lose(VmmVm, VMM), "VmmVm")
others.unknown("no machine", change(VmmVm, names.WEB_VM, name="OTHER"), "no VM")
others.skips("a blank author", add(duty(author=" ")), "nobody is declared")
others.skips("no author", add(duty(author="")), "nobody is declared")
others.skips("another method", change(Application, "payments", method="none"), "no test failover")
others.skips("no application", drop(Application), subject="estate")

CASES = [*followed.cases, *complete.cases, *real.cases, *again.cases, *others.cases]
