"""What is found in a drawn estate, and what was seeded."""

from collections.abc import Sequence
from datetime import date
from importlib import import_module
from pathlib import Path
from random import Random

from msgspec import Struct

from drcheck.evaluate import evaluate_all
from drcheck.policy import Policy
from drcheck.topology.declared import DeclaredWaiver
from drcheck.verdict import Verdict
from drcheck.waivers import Waiver
from tests import estate_governed as governed
from tests.checks_loaded import CHECKS
from tests.generated.building import built
from tests.generated.fault import Drawn, Expected, Fault, Seeded, apart, spoiled
from tests.generated.shape import Shape

TABLES = tuple(
    import_module(f"tests.generated.{path.stem}") for path in sorted(Path(__file__).parent.glob("*_faults.py"))
)
"""Every file that is named so holds kinds of faults; a new one is found without anything else being edited."""
FAULTS: dict[str, Fault] = {fault.name: fault for table in TABLES for fault in table.FAULTS}
NAMES = sorted(FAULTS)
GOOD = (Verdict.PASS, Verdict.NOT_APPLICABLE)
INCOMPLETE = (("DR-GOV-004", "run"),)
"""What nobody can say when any answer at all is missing."""
START, OVER, EXPIRY = date(2026, 11, 1), date(2026, 11, 22), date(2026, 12, 31)


class Pick(Struct, frozen=True):
    """A kind of fault at one of its places; which one is that number modulo how many there are."""

    fault: str
    place: int = 0


def picked(number: int) -> Pick:
    """The kind and the place that a number stands for: numbers beside each other give different ones."""
    chosen = Random(number)
    return Pick(chosen.choice(NAMES), chosen.randrange(1000))


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


def reduced(shape: Shape, picks: Sequence[Pick], accepted: Sequence[Accepted]) -> str:
    """What differs, and the call that shows it with as few faults and waivers as do: estates are slow to shrink."""
    for waivers in ([], accepted):
        if judged(shape, picks, waivers).difference():
            break
    left = list(picks)
    for pick in picks:
        fewer = [one for one in left if one is not pick]
        if judged(shape, fewer, waivers).difference():
            left = fewer
    return f"{judged(shape, left, waivers).difference()}\njudged({shape}, {left}, {waivers})"


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
