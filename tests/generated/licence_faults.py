"""A kind of fault of the licences of recovered machines."""

from collections.abc import Sequence

from msgspec.structs import replace

from drcheck.topology.site_recovery import ProtectedItem
from tests.generated.fault import Fault, simple
from tests.generated.site_recovery_faults import ITEMS


def undecided(item: ProtectedItem) -> object:
    return replace(item.target, license_type="NotSpecified")


FAULTS: Sequence[Fault] = (simple("licence not chosen", ITEMS, "DR-ASR-105", target=undecided),)
