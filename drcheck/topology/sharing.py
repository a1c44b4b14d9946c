"""How are a hundred thousand facts kept that say the same words again and again? Each word once.

Every answer brings its own copy of ``Running``, of a host's name and of ARM ids of four hundred characters that other
facts name, too. Without sharing, the facts of ten thousand machines take half as much memory again.
"""

from functools import lru_cache

from msgspec import Struct
from msgspec.structs import force_setattr

from drcheck.topology.base import Fact

LONG = 80
"""Characters from which every text is remembered: ids that other facts name. Of shorter ones, the recent."""
RECENT = 8192


class Shared:
    """Lets facts share what they have in common; used by one thread."""

    def __init__(self) -> None:
        self._long: dict[str, str] = {}
        self._short = lru_cache(RECENT)(str)

    def settle(self, fact: Fact) -> None:
        """Let the texts of a fact be those of earlier facts where they are equal: its value stays what it was."""
        self._settle(fact)

    def _settle(self, struct: Struct) -> None:
        for name in struct.__struct_fields__:
            value = getattr(struct, name)
            same = self._same(value)
            if same is not value:
                force_setattr(struct, name, same)

    def _same(self, value: object) -> object:
        if type(value) is str:
            return self._short(value) if len(value) < LONG else self._long.setdefault(value, value)
        if type(value) is tuple and value:
            shared = tuple(map(self._same, value))
            return value if all(map(_is, shared, value)) else shared
        if isinstance(value, Struct):
            self._settle(value)
        return value


def _is(left: object, right: object) -> bool:
    return left is right
