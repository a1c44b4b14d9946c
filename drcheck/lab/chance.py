"""Which calls go wrong by chance? The same ones for the same seed, in whatever order threads come to ask."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(kw_only=True)
class Chance:
    """Draws, for every call, whether it goes wrong, and how.

    A call is known by its name and by how many times it was made before: the third Receive on a host, the second GET
    of a list. So the draw depends on what a client does, never on when it does it.
    """

    rate: float = 0.0
    """Share of the calls that go wrong, from 0 to 1."""
    seed: int = 0
    _made: Counter[tuple[str, ...]] = field(default_factory=Counter, repr=False)

    def __post_init__(self) -> None:
        """Refuse a share that is none."""
        if not 0 <= self.rate <= 1:
            raise ValueError(f"the share of calls that fail must be from 0 to 1, not {self.rate}")

    def draw(self, kinds: Sequence[str], *call: str) -> str:
        """One of the kinds for a call that goes wrong, empty for one that does not."""
        if not self.rate:
            return ""
        self._made[call] += 1
        name = "/".join((str(self.seed), *call, str(self._made[call])))
        drawn = hashlib.sha256(name.lower().encode()).digest()
        if int.from_bytes(drawn[:8]) >= self.rate * 2**64:
            return ""
        return kinds[int.from_bytes(drawn[8:12]) % len(kinds)]
