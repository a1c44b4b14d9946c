"""Decoders that several threads ask for at once; see the module: made side by side, they crash the interpreter."""

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import msgspec
import pytest

from drcheck.transport.decoding import convert, decoder

TOGETHER = 4


@pytest.fixture
def hasty() -> Iterator[None]:
    """Threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def nested(depth: int) -> type[msgspec.Struct]:
    """A type that nobody has asked about."""
    inner: type[msgspec.Struct] = msgspec.defstruct("Leaf", [("a", str, "")])
    for _ in range(depth):
        inner = msgspec.defstruct("Node", [("a", str, ""), ("b", list[inner], [])])  # type: ignore[valid-type]
    return inner


@pytest.mark.usefixtures("hasty")
def test_threads_that_ask_for_related_types_at_once_all_get_what_they_want() -> None:
    with ThreadPoolExecutor(TOGETHER) as pool:
        for _ in range(40):
            shared, start = nested(6), Barrier(TOGETHER)
            outer = [msgspec.defstruct("Outer", [("x", shared)]) for _ in range(TOGETHER)]

            def read(of: type[msgspec.Struct], start: Barrier = start) -> object:
                start.wait()
                return msgspec.to_builtins(decoder(of).decode(b'{"x":{"a":"1","b":[{"a":"2"}]}}'))["x"]["b"][0]["a"]

            assert list(pool.map(read, outer)) == ["2"] * TOGETHER


def test_a_decoder_is_made_once_and_a_value_is_converted_to_what_fits() -> None:
    leaf = nested(0)
    assert decoder(leaf) is decoder(leaf)
    assert msgspec.to_builtins(convert({"a": "1"}, leaf)) == {"a": "1"}
    with pytest.raises(msgspec.ValidationError):
        convert({"a": 1}, leaf)
