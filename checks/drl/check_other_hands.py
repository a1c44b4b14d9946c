"""Can anybody but its author carry out a recovery plan?"""

from collections.abc import Iterator

from drcheck.check import NotApplicable, Outcome, Unknown, check, failed, passed
from drcheck.drilled import require_machines, require_rehearsals
from drcheck.policy import Policy, human
from drcheck.topology.ages import age_of
from drcheck.topology.base import Topology
from drcheck.topology.declared import Application
from drcheck.topology.drills import DrillRecord, DrillReview
from drcheck.topology.programme import RehearsalDuty
from drcheck.topology.rehearsals import executors_of, rehearsals_of
from drcheck.verdict import Severity


@check(
    "DR-DRL-103",
    "A drill in the last year was held by somebody who did not write the plan",
    severity=Severity.MEDIUM,
    why="The author fills every hole in the plan from memory. On the day, the author may be asleep, ill or gone.",
    source="ISO 22301:2019, 8.5 (exercises validate people's competence); NIST SP 800-84 (tests of plans)",
    remedy=(
        "Let somebody else hold the next drill, and name them as `executors` in its review "
        "(drills/<id>.review.json); name the author under `programme.authors` in estate.yaml."
    ),
    controls=("NIST SP 800-53 CP-4", "ISO 22301 8.5"),
)
def check_other_hands(application: Application, topology: Topology, policy: Policy) -> Outcome:
    """Compare the declared author with those who held the application's successful drills.

    Names are compared as written, whatever their case. An account (``user@machine``) is nobody in particular: who held
    a drill of drcheck's is what its review says.
    """
    topology.require(RehearsalDuty)
    duty = topology.get(RehearsalDuty, application.key)
    author = duty.author.strip() if duty else ""
    if not author:
        raise NotApplicable(f"nobody is declared to have written the recovery plan of {application.name}")
    require_rehearsals(application, topology)
    topology.require(DrillReview)
    expected = f"a drill without {author} in the last {human(policy.other_hands_interval)}"
    records = list(_recent(application, topology, policy))
    others = [one for one in records if _others(topology, one, author)]
    if others:
        what = f"{others[-1].name}, held by {', '.join(executors_of(topology, others[-1]))}"
        return passed(
            f"{application.name}: {what}; allowed: {expected}", observed=what, expected=expected, facts=(others[-1],)
        )
    require_machines(application, topology)
    silent = [one.name for one in records if not _people(topology, one)]
    if silent:
        raise Unknown(f"{application.name}: nobody told who held {', '.join(silent)}")
    what = f"{len(records)} drills, each with {author}" if records else "no successful drill"
    return failed(f"{application.name}: {what}; allowed: {expected}", observed=what, expected=expected)


def _recent(application: Application, topology: Topology, policy: Policy) -> Iterator[DrillRecord]:
    for one in rehearsals_of(topology, application):
        if one.succeeded:
            age = age_of(topology, one.finished, one.seen.endpoint, policy.clock_skew_max)
            if not age.exceeds(policy.other_hands_interval):
                yield one


def _others(topology: Topology, record: DrillRecord, author: str) -> bool:
    names = {one.strip().lower() for one in _people(topology, record)}
    return bool(names) and author.lower() not in names


def _people(topology: Topology, record: DrillRecord) -> tuple[str, ...]:
    return tuple(one for one in executors_of(topology, record) if "@" not in one)
