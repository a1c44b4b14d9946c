"""Where in Azure do copies appear, and what of all that is there could be a drill's?"""

from collections.abc import Sequence
from typing import Self

from msgspec import Struct

from drcheck.topology.site_recovery import ProtectedItem

COPY = "-test"
"""Part of the name of everything that belongs to a copy, wherever it is."""


class CopyPlaces(Struct, frozen=True, kw_only=True):
    """Where the copies of some protected items go. ARM ids are lower case."""

    subscriptions: tuple[str, ...]
    groups: tuple[str, ...] = ()
    """Resource groups; empty: some item does not tell, so that they may be anywhere."""

    @classmethod
    def of(cls, vault: str, items: Sequence[ProtectedItem] = ()) -> Self:
        """Where each item's machine is recovered to; the vault's subscription where nobody tells."""
        groups = {item.target.resource_group for item in items}
        homes = {group or vault for group in groups} or {vault}
        return cls(
            subscriptions=tuple(sorted({"/".join(home.lower().split("/")[:3]) for home in homes})),
            groups=() if "" in groups else tuple(sorted(groups)),
        )

    def may_hold(self, arm_id: str) -> bool:
        """Could this be, or belong to, a copy? Other people make machines, too, while a drill is held."""
        inside = any(arm_id.startswith(f"{group}/") for group in self.groups)
        return inside or not self.groups or COPY in arm_id.rpartition("/")[2]
