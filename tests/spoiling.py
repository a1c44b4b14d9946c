"""How can an answer differ from what it was, and does a fact hold only what some answer said?"""

import copy
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import msgspec
from hypothesis import strategies as st

from drcheck.errors import DrcheckError
from drcheck.transport.arm_values import Moment

DATES = (
    "0001-01-01T00:00:00",
    "1753-01-01T01:01:01Z",
    "9999-12-31T23:59:59.9999999",
    "2017-09-18T15:52:32.1359548+05:30",
    "2023-08-11T03:17:44.5677161Z",
    "2026-11-23T10:00:00Z",
    "2026-11-23T10:00:00",
    "2026-02-30T10:00:00Z",
    "9999-12-31T23:59:59.9999999-14:00",
    "0001-01-01T00:00:00+14:00",
    "/Date(1504861446943)/",
    "",
)
REMOVED = object()
NAMED = (DrcheckError, msgspec.ValidationError, LookupError)
"""What the driver makes a gap of. ``ValidationError`` is what the transport names ``AnswerError``; ``LookupError`` is
an answer that was not recorded."""

values = (
    st.just(REMOVED)
    | st.none()
    | st.sampled_from(DATES)
    | st.sampled_from(
        [0, -1, 3, 2**53 + 1, 1.5, True, False, [], {}, [None], ["x"], {"x": 1}, "", "None", "/", "x" * 300]
    )
    | st.text(max_size=20)
)


def places(value: Any) -> Iterator[tuple[Any, ...]]:
    """Paths to everything inside a resource."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, found in inside:
        yield (key,)
        yield from ((key, *rest) for rest in places(found))


def changed(resource: Any, place: tuple[Any, ...], value: Any) -> None:
    """Put another value there; a place that an earlier change took away is left alone."""
    for key in place[:-1]:
        if not isinstance(resource, dict | list):
            return
        try:
            resource = resource[key]
        except (KeyError, IndexError, TypeError):
            return
    with suppress(KeyError, IndexError, TypeError):
        if value is REMOVED:
            del resource[place[-1]]
        else:
            resource[place[-1]] = copy.deepcopy(value)


OURS = {"seen", "groups_sha256", "count", "addresses", "affected", "default", "enforced", "gateway_routes"}
"""Provenance, digests, counts, and what is the other way round than it is written: answers do not say it so."""


class Said:
    """Everything that some answers said: their texts, their numbers, their moments, and whether yes or no."""

    def __init__(self, answers: list[Any], vault: str) -> None:
        self.texts: list[str] = [vault]
        self.numbers: set[float] = set()
        self.switches: set[bool] = set()
        self.moments: set[datetime] = set()
        self._take(answers)
        self.text = "\n".join(" ".join(text.lower().split()) for text in self.texts)

    def unsaid(self, told: msgspec.Struct) -> list[Any]:
        """What a fact, or what was decoded, holds that was not said."""
        return list(self._unsaid(told))

    def _take(self, value: Any) -> None:
        match value:
            case dict():
                self.texts.extend(map(str, value))
                self._take(list(value.values()))
            case list():
                for found in value:
                    self._take(found)
            case bool():
                self.switches.add(value)
            case int() | float():
                self.numbers.add(value)
            case str():
                self._text(value)
            case _:
                pass

    def _text(self, value: str) -> None:
        self.texts.append(value)
        with suppress(ValueError):
            self.moments |= {moment for moment in [Moment.of(value).at] if moment}
        with suppress(ValueError):
            self.numbers.add(int(value))
        self.switches |= {{"true": True, "false": False}[word] for word in {value.lower()} & {"true", "false"}}

    def _unsaid(self, value: Any) -> Iterator[Any]:
        if isinstance(value, Moment):
            value = value.at
        if isinstance(value, tuple):
            for found in value:
                yield from self._unsaid(found)
        elif isinstance(value, msgspec.Struct):
            for name, found in msgspec.structs.asdict(value).items():
                if name not in OURS and (name, found) != ("interval_seconds", 300):
                    yield from self._unsaid(found)
        elif not self._was_said(value):
            yield value

    def _was_said(self, value: Any) -> bool:
        match value:
            case None | "":
                return True
            case bool():
                return value in self.switches
            case int() | float():
                return value in self.numbers
            case datetime():
                return value.tzinfo is UTC and value in self.moments
            case _:
                return self._was_written(str(value))

    def _was_written(self, value: str) -> bool:
        """As it is, or in two parts: an error's code and text, the path and the name of what has no id of its own."""
        splits = [value.partition(sign) for sign in ("\0", ": ")] + [value.rpartition(sign) for sign in ("#", "/", ".")]
        told = any(all(self._holds(part) for part in (left, right)) for left, _, right in splits)
        return told or (value.startswith("/subscriptions/") and all(self._holds(part) for part in value.split("/")))

    def _holds(self, part: str) -> bool:
        return part == "0" or " ".join(part.lower().split()) in self.text
