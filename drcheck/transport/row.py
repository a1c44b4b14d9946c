"""What does one row of an answer say? Typed access that never guesses."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import NoReturn, TypeVar

from drcheck.errors import AnswerError

T = TypeVar("T")


class Row:
    """One object of an answer: property paths and the values the far side sent.

    Each accessor raises ``AnswerError`` when the value is missing or of another type. Those that end in ``_or_none``
    give ``None`` for null, and still raise when the property does not exist: null is an answer, absence is not.
    Only those that take a default accept absence too.

    Args:
        query: the question, for error messages.
        values: property path to value.
    """

    __slots__ = ("query", "values")

    def __init__(self, query: str, values: Mapping[str, object]) -> None:
        self.query = query
        self.values = values

    def __repr__(self) -> str:
        return f"Row({self.query!r}, {dict(self.values)!r})"

    def has(self, name: str) -> bool:
        """Does the property exist on this version of the far side? It may still be null."""
        return name in self.values

    def maybe(self, name: str, read: Callable[[str], T]) -> T | None:
        """What an accessor gives, ``None`` when the value is null or this version does not have the property.

        For what is good to know and no reason to give up the rest: the reader of a fact takes both for "not told".
        """
        return None if self.values.get(name) is None else read(name)

    def text(self, name: str) -> str:
        """A text."""
        value = self._get(name)
        return value if isinstance(value, str) else self._refuse(name, value, "a text")

    def text_or(self, name: str, default: str) -> str:
        """A text; the default when it is null or the property does not exist."""
        return default if self.values.get(name) is None else self.text(name)

    def text_or_none(self, name: str) -> str | None:
        """A text or null."""
        return None if self._get(name) is None else self.text(name)

    def integer(self, name: str) -> int:
        """A whole number; those beyond 2^53 arrive as text."""
        value = self._get(name)
        if isinstance(value, bool):
            return self._refuse(name, value, "a whole number")
        if isinstance(value, float) and value.is_integer():
            return int(value)
        if isinstance(value, str) and value.removeprefix("-").isascii() and value.removeprefix("-").isdigit():
            return int(value)
        return value if isinstance(value, int) else self._refuse(name, value, "a whole number")

    def integer_or_none(self, name: str) -> int | None:
        """A whole number or null."""
        return None if self._get(name) is None else self.integer(name)

    def number(self, name: str) -> float:
        """A finite number; times spans are seconds."""
        value = self._get(name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return float(self.integer(name)) if isinstance(value, str) else self._refuse(name, value, "a number")
        return float(value)

    def number_or_none(self, name: str) -> float | None:
        """A finite number or null."""
        return None if self._get(name) is None else self.number(name)

    def flag(self, name: str) -> bool:
        """True or false."""
        value = self._get(name)
        return value if isinstance(value, bool) else self._refuse(name, value, "true or false")

    def flag_or_none(self, name: str) -> bool | None:
        """True, false or null."""
        return None if self._get(name) is None else self.flag(name)

    def truth(self, name: str) -> bool:
        """A truth value that may be written as 0 or 1: SQL's ``bit`` expressions, cluster properties."""
        value = self._get(name)
        return bool(value) if value in (0, 1) else self._refuse(name, value, "0 or 1")

    def truth_or(self, name: str, *, default: bool) -> bool:
        """A truth value; the default when it is null or the property does not exist."""
        return default if self.values.get(name) is None else self.truth(name)

    def when(self, name: str) -> datetime:
        """A moment, in UTC, by the far side's clock."""
        value = self._get(name)
        if not isinstance(value, str):
            return self._refuse(name, value, "a time")
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            return self._refuse(name, value, "a time")
        return moment.astimezone(UTC) if moment.tzinfo else self._refuse(name, value, "a time with its offset")

    def when_or_none(self, name: str) -> datetime | None:
        """A moment in UTC or null."""
        return None if self._get(name) is None else self.when(name)

    def texts(self, name: str) -> list[str]:
        """A list of texts; null counts as the empty list, because PowerShell prints an empty array as either."""
        value = self._get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            return self._refuse(name, value, "a list")
        return [item if isinstance(item, str) else self._refuse(name, item, "a list of texts") for item in value]

    def texts_or_none(self, name: str) -> list[str | None]:
        """A list of texts that may be null, in order; for lists that are read side by side with others."""
        value = self._get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            return self._refuse(name, value, "a list")
        wrong = next((item for item in value if item is not None and not isinstance(item, str)), None)
        return value if wrong is None else self._refuse(name, wrong, "a list of texts")

    def each(self, name: str, read: "Callable[[Row, str], T]") -> list[T | None]:
        """A list, each element by an accessor (``Row.integer``) and null where it is null; null counts as empty."""
        value = self._get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            return self._refuse(name, value, "a list")
        return [None if item is None else read(Row(self.query, {name: item}), name) for item in value]

    def beside(self, owner: str, names: Sequence[str]) -> list["Row"]:
        """The elements of an array whose properties were asked for as paths (``NICs.ID``, ``NICs.Name``), a row each.

        The first name must be there; one that this version does not have is missing in every row.
        """
        lists = {name: self.values[path] for name in names if (path := f"{owner}.{name}") in self.values}
        first = self._get(f"{owner}.{names[0]}")
        if first is None:
            return []
        size = len(first) if isinstance(first, list) else -1
        for value in lists.values():
            if not isinstance(value, list) or len(value) != size:
                lengths = ", ".join(f"{name} {len(one)}" for name, one in lists.items() if isinstance(one, list))
                raise AnswerError(self.query, owner, f"its properties do not belong to the same elements: {lengths}")
        elements = zip(*(value for value in lists.values() if isinstance(value, list)), strict=True)
        return [Row(self.query, dict(zip(lists, values, strict=True))) for values in elements]

    def _get(self, name: str) -> object:
        if name not in self.values:
            raise AnswerError(self.query, name, "is not in the answer")
        return self.values[name]

    def _refuse(self, name: str, value: object, wanted: str) -> NoReturn:
        shown = repr(value)
        raise AnswerError(self.query, name, f"{shown if len(shown) <= 80 else shown[:77] + '...'} is not {wanted}")
