"""Do facts that share their words stay what they were, and hold each word once?"""

from collections.abc import Iterator

from msgspec import Struct

from drcheck.snapshot import dumps, loads
from drcheck.snapshot.schema import pieces_of, topology_of
from drcheck.topology.base import Fact, Topology
from drcheck.topology.hyperv import IntegrationService, VmIntegration
from drcheck.topology.sharing import Shared
from drcheck.topology.site_recovery import ProtectedItem
from tests.estate_facts import healthy
from tests.estates import seen


def copies() -> tuple[Fact, ...]:
    """The same facts twice, no word of which is shared."""
    whole: Topology = healthy().topology()
    text = b"".join(pieces_of(whole))
    return (*topology_of(text).facts, *topology_of(text).facts)


def texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for one in value:
            yield from texts(one)
    elif isinstance(value, Struct):
        for name in value.__struct_fields__:
            yield from texts(getattr(value, name))


def held(facts: tuple[Fact, ...]) -> set[int]:
    return {id(text) for fact in facts for text in texts(fact)}


def test_facts_stay_what_they_were() -> None:
    facts, untouched, shared = copies(), copies(), Shared()
    shared.settle(facts)
    assert facts == untouched


def test_each_word_is_held_once() -> None:
    facts, shared = copies(), Shared()
    before = len(held(facts))
    shared.settle(facts)
    assert len(held(facts)) == len({text for fact in facts for text in texts(fact)}) < before / 2


def test_a_snapshot_is_read_with_each_word_once() -> None:
    facts = loads(dumps(healthy().topology())).facts
    assert len(held(facts)) == len({text for fact in facts for text in texts(fact)})


def test_what_is_alike_is_held_once_as_a_whole() -> None:
    facts, shared = copies(), Shared()
    shared.settle(facts)
    assert len({id(fact.seen) for fact in facts}) == len({fact.seen for fact in facts}) < len(facts) / 2
    scenarios = [item.scenario for item in facts if isinstance(item, ProtectedItem)]
    assert len({id(scenario) for scenario in scenarios}) == len(set(scenarios)) < len(scenarios)


def test_tuples_of_what_is_alike_are_held_once() -> None:
    def told() -> VmIntegration:
        service = IntegrationService(service="heartbeat", enabled=True, status="Ok")
        return VmIntegration(
            key="id@hv", seen=seen("hv"), vm_id="id", name="vm", host="hv", services=(service, service)
        )

    facts = (told(), told())
    Shared().settle(facts)
    assert facts == (told(), told())
    assert facts[0].services is facts[1].services
