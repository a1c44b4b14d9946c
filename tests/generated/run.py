"""What is found in a drawn estate, and what was seeded."""

from collections.abc import Sequence
from datetime import date

from msgspec import Struct

from drcheck.evaluate import evaluate_all
from drcheck.policy import Policy
from drcheck.topology.declared import DeclaredWaiver
from drcheck.verdict import Verdict
from drcheck.waivers import Waiver
from tests import estate_governed as governed
from tests.checks_loaded import CHECKS
from tests.generated import (
    declared_faults,
    fabric_faults,
    item_faults,
    lost_answers,
    prepared_faults,
    programme_faults,
    site_recovery_faults,
)
from tests.generated.building import built
from tests.generated.fault import Drawn, Expected, Fault, Seeded, apart, spoiled
from tests.generated.shape import Shape

TABLES = (
    site_recovery_faults, item_faults, declared_faults, fabric_faults, prepared_faults, programme_faults, lost_answers,
)  # fmt: skip
FAULTS: dict[str, Fault] = {fault.name: fault for table in TABLES for fault in table.FAULTS}
GOOD = (Verdict.PASS, Verdict.NOT_APPLICABLE)
INCOMPLETE = (("DR-GOV-004", "run"),)
"""What nobody can say when any answer at all is missing."""
START, OVER, EXPIRY = date(2026, 11, 1), date(2026, 11, 22), date(2026, 12, 31)


class Pick(Struct, frozen=True):
    """A kind of fault at one of its places; which one is that number modulo how many there are."""

    fault: str
    place: int = 0


class Accepted(Struct, frozen=True):
    """A waiver for one of the seeded failures, by number; one that is over accepts nothing."""

    failure: int = 0
    over: bool = False


class Outcome(Struct, frozen=True):
    """What was found and what was expected, PASS and NOT_APPLICABLE left out."""

    found: Expected
    expected: Expected
    seeded: tuple[str, ...]
    """The kinds of fault that are in it."""

    def difference(self) -> str:
        """Every finding that is not as seeded."""
        keys = sorted({*self.found, *self.expected})
        return "\n".join(
            f"{check} on {key}: seeded {_word(self.expected, (check, key))}, found {_word(self.found, (check, key))}"
            for check, key in keys
            if self.found.get((check, key)) is not self.expected.get((check, key))
        )


def _word(verdicts: Expected, key: tuple[str, str]) -> str:
    return verdicts[key].value if key in verdicts else "nothing"


def judged(shape: Shape, picks: Sequence[Pick] = (), accepted: Sequence[Accepted] = ()) -> Outcome:
    """Build an estate, seed faults, and let every check look at it."""
    drawn = Drawn(built(shape))
    chosen = [(pick.fault, one) for pick in picks for one in _seeded(drawn, pick)]
    faults = tuple(apart(one for _, one in chosen))
    expected = dict.fromkeys(INCOMPLETE, Verdict.UNKNOWN) if any(fault.lost for fault in faults) else {}
    expected |= {key: verdict for fault in faults for key, verdict in fault.expects.items()}
    waivers = _waivers(expected, accepted)
    expected |= {(one.check, one.subject): Verdict.WAIVED for one in waivers if one.expiry == EXPIRY}
    expected |= {("DR-GOV-002", one.id): Verdict.FAIL for one in waivers if one.expiry == OVER}
    declared = Seeded(edits={(DeclaredWaiver, one.id): _declared(one) for one in waivers}, expects={})
    topology = spoiled(drawn, (*faults, declared)).topology()
    findings = evaluate_all(topology, list(CHECKS.values()), Policy(), waivers)
    found = {(one.check, one.subject.key): one.verdict for one in findings if one.verdict not in GOOD}
    kept = {id(one) for one in faults}
    return Outcome(found, expected, tuple(name for name, one in chosen if id(one) in kept))


def _seeded(drawn: Drawn, pick: Pick) -> list[Seeded]:
    fault = FAULTS[pick.fault]
    places = fault.places(drawn)
    return [fault.seed(drawn, places[pick.place % len(places)])] if places else []


def _waivers(expected: Expected, accepted: Sequence[Accepted]) -> list[Waiver]:
    """Waivers for seeded failures, at most one for each."""
    failures = sorted(key for key, verdict in expected.items() if verdict is Verdict.FAIL)
    chosen = {failures[one.failure % len(failures)]: one.over for one in accepted} if failures else {}
    return [
        Waiver(
            id=f"accepted-{number}", check=check, subject=key, reason="r", risk="r", owner="Web team",
            approver="Head of IT", ticket="CHG1", start=START, expiry=OVER if over else EXPIRY, compensation="c",
        )
        for number, ((check, key), over) in enumerate(sorted(chosen.items()))
    ]  # fmt: skip


def _declared(waiver: Waiver) -> DeclaredWaiver:
    return governed.waiver(
        waiver.id, check=waiver.check, subject=waiver.subject, start=waiver.start, expiry=waiver.expiry
    )
