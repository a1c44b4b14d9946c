"""How are a hundred thousand facts kept that say the same words again and again? Each word once.

Every answer brings its own copy of ``Running``, of a host's name and of ARM ids of four hundred characters that other
facts name, too; a snapshot brings one of everything with every fact. Without sharing, the facts of ten thousand
machines take three times as much memory. A struct with ``ALIKE`` is shared as a whole: nearly every one equals another.
"""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from itertools import chain, compress, repeat
from operator import attrgetter, is_
from types import NoneType, UnionType
from typing import Any, Literal, TypeAlias, get_args, get_origin, get_type_hints

from msgspec import Struct
from msgspec.structs import force_setattr

from drcheck.topology.base import Fact

How: TypeAlias = Literal["text", "texts", "mixed", "whole", "wholes", "part", "parts"]
_MANY: Mapping[How | None, How] = {"part": "parts", "whole": "wholes"}


class Shared:
    """Lets facts share what they have in common; used by one thread, and dropped when all facts are there."""

    def __init__(self) -> None:
        self._known: dict[object, Any] = {}

    def settle(self, facts: Iterable[Fact]) -> None:
        """Let what facts hold be what earlier facts hold where it is equal: their values stay what they were."""
        self._settle(facts)

    def _settle(self, structs: Iterable[Struct]) -> None:
        groups: dict[type[Struct], list[Struct]] = {}
        for struct in structs:
            groups.setdefault(type(struct), []).append(struct)
        for kind, group in groups.items():
            for name, how in _fields(kind):
                self._field(group, name, how)

    def _field(self, group: Sequence[Struct], name: str, how: How) -> None:
        """One field of many at a time: a loop over every field of every fact would cost more than reading them."""
        values: list[Any] = list(map(attrgetter(name), group))
        if how == "part":
            self._settle(filter(None, values))
        elif how == "parts":
            self._settle(chain.from_iterable(filter(None, values)))
        else:
            if how in ("texts", "mixed"):
                values = list(map(self._texts, values))
            shared = self._shared(values, how)
            if how in ("whole", "wholes"):
                first = filter(None, compress(values, map(is_, values, shared)))
                self._settle(first if how == "whole" else chain.from_iterable(first))
            deque(map(force_setattr, group, repeat(name), shared), maxlen=0)

    def _shared(self, values: Sequence[Any], how: How) -> Iterable[Any]:
        if how == "text" and values.count(values[0]) == len(values):  # in every other field all facts say the same
            return repeat(self._known.setdefault(values[0], values[0]))
        # Not whole tuples with numbers in them: 1 equals 1.0 and True, and is written differently.
        return values if how == "mixed" else list(map(self._known.setdefault, values, values))

    def _texts(self, value: Any) -> Any:
        if type(value) is tuple:
            return tuple(map(self._texts, value)) if value else value
        return self._known.setdefault(value, value) if type(value) is str else value


@cache
def _fields(kind: type[Struct]) -> tuple[tuple[str, How], ...]:
    """The fields of a kind with something to share, and how."""
    hints = get_type_hints(kind)
    return tuple((name, how) for name in kind.__struct_fields__ if (how := _how(hints[name])) is not None)


def _how(hint: Any) -> How | None:
    if isinstance(hint, UnionType):
        parts = [part for part in get_args(hint) if part is not NoneType]
        return _how(parts[0]) if len(parts) == 1 else None
    if get_origin(hint) is tuple:
        return _how_many({_how(part) for part in get_args(hint) if part is not ...})
    if isinstance(hint, type) and issubclass(hint, Struct):
        return "whole" if getattr(hint, "ALIKE", False) else "part"
    return "text" if hint is str else None


def _how_many(inner: set[How | None]) -> How | None:
    """How a tuple is shared, by how what may be in it is."""
    if inner <= {"text", "texts"}:
        return "texts"
    if inner & {"text", "texts", "mixed"}:
        return "mixed"
    return _MANY.get(inner.pop()) if len(inner) == 1 else None
