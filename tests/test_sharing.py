"""Do facts that share their words stay what they were, and hold each word once?"""

from collections.abc import Iterator

from msgspec import Struct

from drcheck.snapshot import dumps, loads
from drcheck.snapshot.schema import pieces_of, topology_of
from drcheck.topology.base import Fact, Topology
from drcheck.topology.hyperv import VmIntegration
from drcheck.topology.sharing import Shared
from tests.estate_facts import healthy


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
    told = [fact.services for fact in facts if isinstance(fact, VmIntegration)]
    assert len(told) > len({id(services) for services in told}) == len(set(told))
    assert len({id(fact.seen) for fact in facts}) == len({fact.seen for fact in facts})
