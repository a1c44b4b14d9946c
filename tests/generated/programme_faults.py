"""Faults of what becomes of drills: findings, signatures, switchovers, changes, hands."""

from collections.abc import Sequence

from drcheck.topology.declared import Application
from drcheck.topology.drills import DrillIssue, DrillRecord, DrillReview
from drcheck.topology.history import RpoHistory, RpoLevel
from drcheck.topology.programme import RehearsalDuty, SubstantiveChange
from tests.estate_rehearsed import DAY, change_of, duty
from tests.estates import ago
from tests.generated.fault import Drawn, Fault, Seeded, judged, of, simple

APPS = of(Application, lambda app: app.method == "site-recovery" and not app.always_on)
ISSUE = DrillIssue(id="DR-DRL-004", severity="high", what="a probe was red")


def own_hands(_: Drawn, app: Application) -> Seeded:
    """Only who wrote the plan ever held its drills."""
    made = duty(app.key, switchover_seconds=None, author="A. Nother")
    claims = frozenset({"drills"})
    return Seeded(edits={(RehearsalDuty, made.key): made}, expects=judged("DR-DRL-103", app.key), claims=claims)


def not_switched(_: Drawn, app: Application) -> Seeded:
    """Somebody expects a switchover a day; the last one was long before."""
    made = duty(app.key, switchover_seconds=86400, author="")
    return Seeded(edits={(RehearsalDuty, made.key): made}, expects=judged("DR-DRL-101", app.key))


def undrilled_change(_: Drawn, app: Application) -> Seeded:
    """A change of something that no drill has a machine of."""
    made = change_of(f"CHG-{app.key}", on=ago(days=60).date(), applications=("nothing that was drilled",))
    return Seeded(edits={(SubstantiveChange, made.key): made}, expects=judged("DR-DRL-102", made.key))


FAULTS: Sequence[Fault] = (
    simple(
        "RPO broken for a night", of(RpoHistory), "DR-RPL-002", levels=(RpoLevel(lag_seconds=999999, held_seconds=DAY),)
    ),
    simple("finding that nobody owns", of(DrillRecord), "DR-DRL-005", issues=(ISSUE,)),
    simple("signed by who held it", of(DrillReview), "DR-DRL-007", reviewer="A. Nother"),
    Fault("only the author drills", frozenset({"DR-DRL-103"}), APPS, own_hands),
    Fault("never switched over", frozenset({"DR-DRL-101"}), APPS, not_switched),
    Fault("change that was not drilled", frozenset({"DR-DRL-102"}), APPS, undrilled_change),
)
