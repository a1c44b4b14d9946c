"""How are Azure Resource Manager's dates, numbers and ids read, given all the ways in which they are written?"""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Self

from msgspec import Struct

NEVER_BEFORE = 1753
"""Years up to this one mean "never": ``1753-01-01T01:01:01Z`` stands for no scenario, ``0001-01-01T00:00:00`` for a
task that did not start (both in recordings of Site Recovery, 2017 and 2023)."""
NEVER_FROM = 9999
"""``9999-12-31T23:59:59.9999999`` stands for a date that will not come."""


class Moment:
    """A date of the service as UTC; ``at`` is ``None`` for null, for an empty text and for the stand-ins of "never".

    Dates come with seven fractional digits or none, with ``Z``, with a local offset, or with no zone at all; the last
    are UTC.
    """

    __slots__ = ("at",)

    def __init__(self, at: datetime | None = None) -> None:
        self.at = at

    @classmethod
    def of(cls, value: object) -> Self:
        """Read a JSON value.

        Raises:
            ValueError: it is no date.
        """
        if value is None or value == "":
            return cls()
        if not isinstance(value, str):
            raise ValueError(f"{value!r} is not a date")  # noqa: TRY004  # msgspec adds the place to a ValueError
        moment = datetime.fromisoformat(value)
        if not NEVER_BEFORE < moment.year < NEVER_FROM:
            return cls()
        return cls(moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC))


class Count:
    """A whole number that is sometimes written as text; ``value`` is ``None`` for null and for an empty text."""

    __slots__ = ("value",)

    def __init__(self, value: int | None = None) -> None:
        self.value = value

    @classmethod
    def of(cls, value: object) -> Self:
        """Read a JSON value.

        Raises:
            ValueError: it is no whole number.
        """
        if value is None or value == "":
            return cls()
        if isinstance(value, str):
            return cls(int(value))
        if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
            raise ValueError(f"{value!r} is not a whole number")
        return cls(int(value))


class Switch:
    """A yes or no that is sometimes written as text; ``value`` is ``None`` for null and for an empty text."""

    __slots__ = ("value",)

    def __init__(self, value: bool | None = None) -> None:  # noqa: FBT001 - the value itself
        self.value = value

    @classmethod
    def of(cls, value: object) -> Self:
        """Read a JSON value.

        Raises:
            ValueError: it is neither yes nor no.
        """
        if value is None or value == "":
            return cls()
        known = {"true": True, "false": False}.get(str(value).lower())
        if known is None:
            raise ValueError(f"{value!r} is neither true nor false")
        return cls(known)


class Reference(Struct, frozen=True):
    """A resource that another one names by its id."""

    id: str


class BodyDigest(Struct, frozen=True):
    """Stands for an answer that is no JSON, and that nobody keeps. A client that is asked for one gives this."""

    sha256: str
    size_bytes: int

    @classmethod
    def of_body(cls, body: bytes) -> Self:
        """The digest of an answer's body as it came."""
        return cls(sha256=hashlib.sha256(body).hexdigest(), size_bytes=len(body))


NEVER = Moment()
NO_COUNT = Count()


def decode_hook(kind: type, value: Any) -> Any:
    """Let msgspec decode types that have ``of``, so that a bad value is reported with its place in the answer."""
    of = getattr(kind, "of", None)
    if of is None:
        raise NotImplementedError(f"nobody taught the decoder about {kind}")
    return of(value)


def arm_id(value: str | None) -> str:
    """An ARM id for comparison: lower case, as the service itself mixes ``/Subscriptions`` and ``/subscriptions``.

    A slash at the end, which somebody may have typed into what the service repeats, is no part of it.
    """
    text = (value or "").lower()
    return text.rstrip("/") or text


def parent_id(value: str, kind: str) -> str:
    """The part of an ARM id before ``/<kind>/``, lower case; the whole id when it has no such part."""
    return arm_id(value).partition(f"/{kind.lower()}/")[0]


def reference_id(reference: Reference | None) -> str:
    """The id of a reference, lower case; empty for none."""
    return "" if reference is None else arm_id(reference.id)


def tag_pairs(tags: Mapping[str, str | None] | None) -> tuple[tuple[str, str], ...]:
    """The tags of a resource in name order; a null value is an empty one."""
    return tuple(sorted((name, value or "") for name, value in (tags or {}).items()))
