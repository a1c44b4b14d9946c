"""In drawn estates of up to 500 machines exactly what was seeded is found: nothing less, and nothing else."""

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.checks_loaded import CHECKS, twice
from tests.generated.run import FAULTS, TABLES, Accepted, Pick, judged, picked, reduced
from tests.generated.shape import REPLICA, App, Deployment, Shape, shapes

BLOCKS = {(0, 6): 140, (1, 20): 140, (10, 60): 110, (40, 150): 70, (150, 499): 30, (500, 500): 10}
"""How many examples there are of estates with so many machines: 500 in all."""
UNSEEDED: dict[str, str] = {
    "DR-BWC-103": "judges nothing unless policy names disks that may be lost, and these runs are under the default one",
    "DR-RPL-103": "judges nothing unless policy asks for a look-back, and these runs are under the default one",
}
"""Checks that no kind of fault is about, and why. Their tables in ``tests/check_cases`` prove them all the same."""
APPS = (
    App(vms=2),
    App(vms=1, needs=True, joins=True),
    App(tier=3, vms=2),
    App(tier=3, vms=1, joins=True),
    App(REPLICA, 1, 2),
    App(REPLICA, 2, 1, needs=True),
)
WHOLE = Deployment(apps=APPS, spare=1, controller=True, pairs=2, nodes=2, clouds=2, clustered=True, groups=1)
RICH = Shape((WHOLE,))
"""An estate in which every kind of fault has a place."""


@pytest.mark.parametrize(("sizes", "examples"), BLOCKS.items(), ids=str)
def test_what_is_found_is_what_was_seeded(sizes: tuple[int, int], examples: int) -> None:
    """The same examples in every run; of a failing one as few faults as fail are printed, as a call of ``judged``."""
    seen: list[int] = []

    @settings(
        max_examples=examples,
        phases=(Phase.generate,), derandomize=True, database=None, deadline=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(
        shapes(*sizes),
        st.lists(st.integers(0, 2**32 - 1).map(picked), min_size=1, max_size=10),
        st.lists(st.builds(Accepted, st.integers(0, 99), st.booleans()), max_size=3),
    )
    def law(shape: Shape, picks: list[Pick], accepted: list[Accepted]) -> None:
        outcome = judged(shape, picks, accepted)
        assert outcome.found == outcome.expected, reduced(shape, picks, accepted)
        assert sizes[0] <= shape.vms <= sizes[1]
        seen.append(len(outcome.seeded))

    law()
    assert len(seen) >= examples
    assert sum(seen) >= examples, "faults are hardly ever seeded"


def test_there_are_five_hundred_examples() -> None:
    assert sum(BLOCKS.values()) == 500


@pytest.mark.parametrize("place", [0, -1, 7])
def test_every_kind_of_fault_is_found(place: int) -> None:
    """As many kinds at once as do not interact, until each was there."""
    waiting = list(FAULTS)
    while waiting:
        outcome = judged(RICH, [Pick(name, place) for name in waiting])
        assert outcome.seeded, f"no place in an estate that has everything: {waiting}"
        assert outcome.found == outcome.expected, f"{outcome.difference()}\n{outcome.seeded}"
        waiting = [name for name in waiting if name not in outcome.seeded]


def test_every_check_has_a_kind_of_fault() -> None:
    seeded = {check for fault in FAULTS.values() for check in fault.checks}
    assert seeded <= set(CHECKS)
    without = set(CHECKS) - seeded
    assert without == set(UNSEEDED), (
        f"{sorted(without ^ set(UNSEEDED))}: add a kind of fault to a file tests/generated/*_faults.py, "
        "or say under UNSEEDED why there is none"
    )
    assert len(FAULTS) >= 60
    assert twice([fault.name for table in TABLES for fault in table.FAULTS]) == []


def test_a_failure_is_accepted_while_its_waiver_lasts() -> None:
    picks = [Pick("RPO above the target")]
    for over, expected in ((False, "WAIVED"), (True, "FAIL")):
        found = judged(RICH, picks, [Accepted(0, over)]).found
        assert {verdict.value for (check, _), verdict in found.items() if check == "DR-RPL-001"} == {expected}
