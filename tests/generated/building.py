"""A healthy estate of any shape, made of copies of the parts of the small one."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial

from msgspec.structs import replace

from drcheck.topology.base import Clock, Fact, Topology
from drcheck.topology.declared import DeclaredScenario, SequenceStep, Site
from drcheck.topology.drills import DrillRecord
from drcheck.topology.plan_state import plan_state
from drcheck.topology.site_recovery import ProtectedItem, RecoveryPlan
from tests import estate_facts as facts
from tests.estate_links import link
from tests.estate_names import SUBSCRIPTION
from tests.estates import AS_OF, READ, Estate, seen
from tests.generated.deployment import Copy, deployed
from tests.generated.shape import Shape
from tests.generated.template import facts_of, targets_of

PLACES = (("london", "primary", "lon"), ("leeds", "secondary", "lds"), ("dublin", "witness", "dub"))
WIDE = 1e6
"""Megabits a second between two sites: enough for any number of machines."""
NUMBERED = (
    "cluster-", "ag-0001", "ag-vmm", "ag-app", "AG-VMM", "AG-APP", "ha-vmm", "HA-VMM", "replica-l", "replica-g",
    "listener-", "cloud-gold", "cloud-silver", "net-prod",
)  # fmt: skip
"""What begins with one of these in the small estate is numbered by deployment."""


def built(shape: Shape) -> Estate:
    """The healthy estate of a shape."""
    copies = [deployed(number, one) for number, one in enumerate(shape.deployments, 1)]
    known: dict[tuple[type[Fact], str], Fact] = {}
    targets = []
    for copy in copies:
        name = partial(_renamed, pairs=_names(copy.number, copy.number if shape.apart else 1))
        for fact in facts_of(name(copy.facts)):
            known.setdefault((type(fact), fact.key), fact)
        targets += targets_of(name(copy.targets))
    made = (*_sites(shape), *_sequence(copies), *_scenarios(known.values()))
    everything = (*(_drilled(fact, known) for fact in known.values()), *made)
    return Estate(facts=everything, targets=tuple(dict.fromkeys(targets)), clocks=tuple(map(_clock, copies)))


def _names(number: int, place: int) -> tuple[tuple[str, str], ...]:
    """Every word with what it becomes."""
    return (
        *((word, word.replace("-", f"{number}-")) for word in NUMBERED),
        *((word, f"{word[:3]}{number}{word[3:]}") for word in ("sql1", "sql2", "SQL1", "SQL2")),
        ("contoso.lab", f"c{number}.lab"),
        ("-0000-0000-0000-000000000001", f"-0000-0000-0000-{number:012}"),
        (SUBSCRIPTION.rpartition("-")[2], f"{number:012}"),
        ("vmm01", f"vmm{number:02}"),
        ("VMM01", f"VMM{number:02}"),
        ("10.20.", f"10.{20 + number}."),
        ("witnessaccount", f"witnessaccount{place}"),
        ("uksouth", f"uksouth{place}"),
        *((f'"{town}"', f'"{town}-{place}"') for town, _, _ in PLACES),
    )


def _renamed(texts: Sequence[str], pairs: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    whole = ",".join(texts)
    for old, new in pairs:
        whole = whole.replace(old, new)
    return (whole,)


def _drilled(fact: Fact, known: Mapping[tuple[type[Fact], str], Fact]) -> Fact:
    """The record of a plan's drill tells what the plan was."""
    plan = known.get((RecoveryPlan, fact.target)) if isinstance(fact, DrillRecord) else None
    if not isinstance(plan, RecoveryPlan):
        return fact
    held = Topology(facts=(plan, *(known[ProtectedItem, key] for key in plan.items)), as_of=AS_OF)
    return replace(fact, plan=plan_state(held, plan))


def _clock(copy: Copy) -> Clock:
    return Clock(endpoint=f"dc1.lds.c{copy.number}.lab", offset_seconds=0.0, uncertainty_seconds=0.0, at=READ)


def _sites(shape: Shape) -> Iterator[Fact]:
    """Three sites with a link and an Azure region for all, or for each deployment."""
    numbers = range(1, len(shape.deployments) + 1)
    here = seen("estate")
    for place, held in [(one, [one]) for one in numbers] if shape.apart else [(1, list(numbers))]:
        for town, role, part in PLACES:
            name, hosts = f"{town}-{place}", tuple(f"*.{part}.c{number}.lab" for number in held)
            yield Site(key=name, seen=here, name=name, role=role, hosts=hosts)
        yield link(f"leeds-{place}", f"london-{place}", mbps=WIDE)
        yield Site(
            key=f"azure-{place}", seen=here, name=f"azure-{place}", role="azure", regions=(f"uksouth{place}",),
            names=(f"witnessaccount{place}",),
        )  # fmt: skip


def _sequence(copies: Iterable[Copy]) -> Iterator[SequenceStep]:
    """VMM servers first, then what people bring back, then plans."""
    steps = [step for copy in copies for step in copy.steps]
    order = ("vmm", "manual", "plan")
    for number, (action, target) in enumerate(sorted(steps, key=lambda step: order.index(step[0])), 1):
        yield facts.step(number, action, target, minutes=1)


def _scenarios(known: Iterable[Fact]) -> Iterator[Fact]:
    if any(isinstance(fact, DrillRecord) for fact in known):
        yield DeclaredScenario(key="site-loss", seen=seen("estate"), name="site-loss")
