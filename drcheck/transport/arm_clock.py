"""How far is Azure's clock from ours, and how sure is that?"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

from drcheck.topology.base import Clock

DATE_STEP = timedelta(seconds=1)
"""The ``Date`` header counts whole seconds, cut off (RFC 9110, 5.6.7)."""


def clock_of(endpoint: str, headers: Mapping[str, str], sent: datetime, answered: datetime) -> Clock | None:
    """The offset that an answer's ``Date`` tells; ``None`` when there is none that can be read.

    The answer was dated between ``sent`` and ``answered``, at some moment of the second that the header names.
    """
    try:
        dated = parsedate_to_datetime(headers.get("Date", ""))
    except ValueError:
        return None
    if dated.tzinfo is None:
        return None
    least, most = dated - answered, dated + DATE_STEP - sent
    middle, half = (least + most) / 2, (most - least) / 2
    return Clock(
        endpoint=endpoint,
        offset_seconds=middle.total_seconds(),
        uncertainty_seconds=half.total_seconds(),
        at=answered,
    )


def closest(known: Clock | None, new: Clock | None) -> Clock | None:
    """The clock with the smaller uncertainty; of equals the newer."""
    if known is None or new is None:
        return new or known
    return new if new.uncertainty_seconds <= known.uncertainty_seconds else known
