"""What a check's code names is what it reads: held against every question that it asks of a topology."""

import contextlib

import pytest

from drcheck.check import NotApplicable, Unknown
from drcheck.permissions.reliance import concerns, reads
from drcheck.policy import Policy
from drcheck.topology.base import Derived, Fact, FactT, Topology, kinds
from drcheck.topology.hyperv import HyperVVm, VmReplication
from drcheck.topology.vmm import ManagedHost
from tests.check_cases.case import Case
from tests.checks_loaded import CASES, CHECKS
from tests.estate_facts import healthy


class Listening(Topology):
    """A topology that remembers which kinds it was asked about."""

    asked: set[type[Fact]]

    def seen(self, kind: type[FactT], scope: str | None = None) -> tuple[FactT, ...]:
        self._note(kind)
        return super().seen(kind, scope)

    def get(self, kind: type[FactT], key: str) -> FactT | None:
        self._note(kind)
        return super().get(kind, key)

    def require(self, kind: type[Fact], scope: str | None = None) -> None:
        self._note(kind)
        super().require(kind, scope)

    def _note(self, kind: type[Fact]) -> None:
        if not issubclass(kind, Derived):
            self.__dict__.setdefault("asked", set()).add(kind)


def listening(topology: Topology) -> Listening:
    return Listening(
        facts=topology.facts,
        gaps=topology.gaps,
        looked=topology.looked,
        targets=topology.targets,
        clocks=topology.clocks,
        as_of=topology.as_of,
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_check_asks_for_nothing_that_its_code_does_not_name(case: Case) -> None:
    check = CHECKS[case.check]
    topology = listening(case.change(healthy()).topology())
    for subject in Topology.seen(topology, check.subject):
        if subject.key == case.subject:
            with contextlib.suppress(Unknown, NotApplicable):
                check(subject, topology, case.policy or Policy())
    assert topology.__dict__.get("asked", set()) <= reads(check)


def test_no_check_is_thought_to_read_everything() -> None:
    """Following code too far would make every gap look as if it mattered to every check."""
    assert all(len(reads(check)) < len(kinds()) / 2 for check in CHECKS.values())


def test_a_kind_that_reveals_endpoints_concerns_all_that_is_read_there() -> None:
    reached = concerns(ManagedHost)
    assert {ManagedHost, HyperVVm, VmReplication} <= reached
    assert concerns(HyperVVm) >= {HyperVVm}
