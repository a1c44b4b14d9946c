"""Mutation testing itself: what is changed, what is left alone, and whether a wrong check is noticed."""

import ast
from textwrap import dedent

from drcheck.check import checks_in
from tests.checks_loaded import MODULES
from tests.mutation.mutants import Mutant, mutants_of
from tests.mutation.report import Fate, Result, argued, page, share
from tests.mutation.trial import Trial, check_of, module_of

SOURCE = dedent(
    '''
    """Is it so?"""

    LIMIT = 3
    SHOWN = 5


    @check("DR-AAA-001", "It is so", severity=1)
    def check_so(thing: Thing, topology: Topology) -> Outcome:
        """It has to be."""
        topology.require(Thing)
        ages = [one.age for one in topology.seen(Thing) if one.name]
        more = f"and {len(ages) - SHOWN} more" if len(ages) > SHOWN else ""
        if thing.age > LIMIT and not thing.young:
            return failed(f"{_named(thing)} is {thing.age + 1} {more}", observed="old", expected="young")
        return passed("fine", observed="young", expected="young")


    def _named(thing: Thing) -> str:
        return thing.name or "nobody"
    '''
)


def mutants() -> dict[str, Mutant]:
    return {one.title.partition(": ")[2]: one for one in mutants_of(SOURCE)}


def test_logic_is_changed_and_text_is_not() -> None:
    assert set(mutants()) == {
        "constant: 3 -> 4",
        "statement: topology.require(Thing) -> pass",
        "condition: if thing.age > LIMIT and (not thing.young): -> if True:",
        "condition: if thing.age > LIMIT and (not thing.young): -> if False:",
        "connective: thing.age > LIMIT and (not thing.young) -> thing.age > LIMIT or not thing.young",
        "connective: thing.age > LIMIT and (not thing.young) -> not thing.young",
        "connective: thing.age > LIMIT and (not thing.young) -> thing.age > LIMIT",
        "comparison: thing.age > LIMIT -> thing.age >= LIMIT",
        "comparison: thing.age > LIMIT -> thing.age <= LIMIT",
        "negation: not thing.young -> thing.young",
        "name: failed -> passed",
        "name: passed -> failed",
    }


def test_a_mutant_differs_in_one_place() -> None:
    before = ast.unparse(ast.parse(SOURCE)).splitlines()
    for title, mutant in mutants().items():
        after = ast.unparse(mutant.of(SOURCE)).splitlines()
        assert len(after) == len(before), title
        assert len([one for one in zip(before, after, strict=True) if one[0] != one[1]]) == 1, title


def test_a_wrong_check_is_noticed_and_the_right_one_passes() -> None:
    path = next(path for path, module in MODULES.items() if checks_in(module)[0].id == "DR-CLU-003")
    trial = Trial(check_of(module_of(path)))
    assert trial.noticed(check_of(module_of(path))) == ""
    source = path.read_text(encoding="utf-8")
    noticed = {}
    for mutant in mutants_of(source):
        trial.forget()
        noticed[mutant.title.partition(": ")[2]] = trial.noticed(check_of(module_of(path, mutant.of(source))))
    assert "FAIL" in noticed["name: failed -> passed"]
    assert "PASS" in noticed["name: passed -> failed"]


def test_the_report_says_who_survived_and_what_is_argued() -> None:
    fates = (Fate("3: name: a -> b", "noticed"), Fate("4: name: c -> d", ""), Fate("5: name: e -> f", ""))
    results = [Result("DR-AAA-001", fates)]
    text = page(results, {"DR-AAA-001": {"name: e -> f": "the same", "name: g -> h": "gone"}})
    assert round(share(results), 1) == 33.3
    assert "1 noticed (33.3 %)" in text
    assert "4: name: c -> d\n" in text
    assert "5: name: e -> f  [equivalent: the same]" in text
    assert "DR-AAA-001: name: g -> h" in text


def test_arguments_are_about_checks_that_exist() -> None:
    assert set(argued()) <= {check.id for module in MODULES.values() for check in checks_in(module)}
