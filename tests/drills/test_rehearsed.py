"""Which steps people carry out in a rehearsal, and where the lines of its journal are copied to."""

import json
from collections.abc import Callable

import pytest

from drcheck.drill.rehearsed.mirrors import Mirrors
from drcheck.drill.rehearsed.people import own_steps, steps_of_people
from drcheck.errors import DrillError
from drcheck.estate import DrillSpec, HumanStep
from drcheck.topology.declared import SequenceStep
from tests import estate_names as names
from tests.estate_facts import healthy, step
from tests.estates import add, drop, together

SEQUENCE = together(
    drop(SequenceStep),
    add(
        step(1, "manual", "Declare the disaster", owner="Duty manager", minutes=20, manual=True),
        step(2, "vmm", "vmm01.lon.contoso.lab", owner="Platform on call", minutes=15, manual=True),
        step(3, "plan", "rp-payments", owner="Payments desk", minutes=60),
        step(4, "manual", "Confirm payments", owner="Payments desk", minutes=10, manual=True),
        step(5, "plan", "rp-corporate", owner="Platform on call", minutes=60),
        step(6, "manual", "Tell everybody", owner="Duty manager", minutes=5, manual=True),
    ),
)


def steps(recovered: dict[str, tuple[str, ...]], *, spec: DrillSpec | None = None) -> list[tuple[str, str, int]]:
    found = steps_of_people(
        spec or DrillSpec(name="r", kind="rehearsal"), SEQUENCE(healthy()).topology(), recovered
    )  # fmt: skip
    return [(one.after, one.name, one.seconds) for one in found]


def test_the_sequence_tells_what_people_do_after_which_group() -> None:
    assert steps({"management": ("VMM01", names.VMM_VM), "workloads": ("rp-payments",)}) == [
        ("", "Declare the disaster", 1200),
        ("management", "vmm vmm01.lon.contoso.lab", 900),
        ("workloads", "Confirm payments", 600),
    ]


def test_what_is_not_rehearsed_asks_nobody() -> None:
    assert steps({"rest": ("rp-corporate",)}) == [("", "Declare the disaster", 1200), ("rest", "Tell everybody", 300)]


def test_what_the_drill_lists_itself_is_all() -> None:
    own = HumanStep(name="VMM answers", owner="o", seconds=60, after="management")
    assert steps({"management": ("VMM01",)}, spec=DrillSpec(name="r", kind="rehearsal", human=(own,))) == [
        ("management", "VMM answers", 60)
    ]


def test_a_single_drill_has_its_own_steps_and_a_rehearsal_none_besides() -> None:
    topology, listed = healthy().topology(), (HumanStep(name="Tell the desk", owner="o", seconds=60),)
    assert own_steps(DrillSpec(name="d", kind="recovery-plan", human=listed), topology, names.PLAN) == listed
    assert own_steps(DrillSpec(name="d", kind="rehearsal", human=listed), topology, "d") == ()


class Place:
    """Takes lines until it is lost."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.lost = False

    def __call__(self, line: str) -> None:
        if self.lost:
            raise DrillError("gone")
        self.lines.append(line)


@pytest.fixture
def places() -> tuple[Place, Place]:
    return Place(), Place()


@pytest.fixture
def mirrors(places: tuple[Place, Place]) -> Callable[[str], None]:
    here, there = places
    copy = Mirrors({"hyperv:a": here, "vault:v": there}, {"one": "hyperv:a", "two": "vault:v"}, lambda _: None)
    return lambda action: copy(json.dumps({"action": action}))


def test_every_place_can_tell_of_all_parts(places: tuple[Place, Place], mirrors: Callable[[str], None]) -> None:
    for action in ("", "lease", "one/test-failover", "two/test-failover"):
        mirrors(action)
    assert [len(place.lines) for place in places] == [4, 4]


def test_a_step_is_not_taken_that_its_own_place_does_not_know(
    places: tuple[Place, Place], mirrors: Callable[[str], None]
) -> None:
    here, there = places
    there.lost = True
    with pytest.raises(DrillError):
        mirrors("two/test-failover")
    with pytest.raises(DrillError):
        mirrors("lease")
    mirrors("one/test-failover")
    there.lost = False
    mirrors("one/test-failover.stop")
    assert [len(place.lines) for place in (here, there)] == [4, 0]
