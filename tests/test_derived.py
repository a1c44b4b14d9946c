"""What follows from facts: worked out from what was seen, and as incomplete as what it follows from."""

from collections.abc import Iterator
from typing import ClassVar

import pytest

from drcheck.snapshot import dumps, loads
from drcheck.topology.base import Derived, Fact, Gap, Topology, Unknown, kinds
from drcheck.topology.declared import Site
from drcheck.topology.hyperv import HyperVVm
from drcheck.topology.reconciliation import Reconciled
from drcheck.topology.sites import Located, site_of
from drcheck.topology.vmm import VmmVm
from tests import estate_names as names
from tests.checks_loaded import MODULES
from tests.estate_facts import healthy
from tests.estates import change, lose, seen

WORKED_OUT: list[str] = []


class Name(Derived, frozen=True, kw_only=True, gc=False):
    """The name of a VM."""

    SUBJECT: ClassVar[str] = "name"
    FROM: ClassVar[tuple[type[Fact], ...]] = (HyperVVm, VmmVm)

    @classmethod
    def derive(cls, topology: Topology) -> "Iterator[Name]":
        WORKED_OUT.append("once")
        for name in sorted({vm.name for vm in topology.seen(HyperVVm)}):
            yield cls(key=name, seen=seen("test"))


def test_it_is_worked_out_once_and_not_stored() -> None:
    WORKED_OUT.clear()
    topology = healthy().topology()
    assert {one.key for one in topology.seen(Name)} == {vm.name for vm in topology.seen(HyperVVm)}
    assert topology.all(Name) == topology.seen(Name)
    assert WORKED_OUT == ["once"]
    assert not any(issubclass(kind, Derived) for kind in kinds())
    assert [one.key for one in loads(dumps(topology)).seen(Name)] == [one.key for one in topology.seen(Name)]


def test_a_gap_in_what_it_follows_from_is_a_gap_in_it() -> None:
    topology = lose(HyperVVm, f"hyperv:{names.HV_LON}")(healthy()).topology()
    (gap,) = topology.missing(Name)
    assert isinstance(gap, Gap)
    assert gap.key == f"HyperVVm@hyperv:{names.HV_LON}"
    with pytest.raises(Unknown, match="Name could not be read everywhere"):
        topology.all(Name)
    assert topology.seen(Name)


def test_a_waiver_may_be_about_every_kind_that_is_derived() -> None:
    module = next(module for path, module in MODULES.items() if path.stem == "check_waiver_valid")
    shipped = {kind for kind in Derived.__subclasses__() if kind.__module__.startswith("drcheck.")}
    assert set(module.DERIVED) == shipped


def test_every_kind_that_is_derived_names_what_it_follows_from() -> None:
    for kind in (Located, Reconciled):
        assert kind.FROM
        assert kind.SUBJECT
        assert not kind.ROLE
        assert len({one.key for one in healthy().topology().seen(kind)}) == len(healthy().topology().seen(kind))


def test_a_name_decides_before_any_fact() -> None:
    estate = change(Site, "dublin", host_groups=("All",))(healthy())
    assert site_of(estate.topology(), names.HV_LON).name == "london"
    gone = change(Site, "london", hosts=("nothing",))(estate)
    assert site_of(gone.topology(), names.HV_LON).name == "dublin"


def test_a_fact_that_was_not_read_places_nothing() -> None:
    estate = change(Site, "dublin", host_groups=("All",))(healthy())
    gone = change(Site, "london", hosts=("nothing",))(estate)
    with pytest.raises(Unknown, match="what else would tell is unknown"):
        site_of(lose("ManagedHost", f"vmm:{names.VMM01}")(gone).topology(), names.HV_LON)
