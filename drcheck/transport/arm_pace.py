"""How fast may Azure Resource Manager be read, and how long is it asked again when it fails?

Source: Microsoft, "Understand how Azure Resource Manager throttles requests": reads are drawn from a bucket of 250 per
subscription (and of 250 per tenant) that refills by 25 a second; fifteen times as much for all identities together.
The answers say in ``x-ms-ratelimit-remaining-*-reads`` what is left.
"""

import math
import re
import threading
import time
from collections.abc import Callable, Mapping
from random import uniform

from msgspec import Struct

RETRY_SECONDS = 10.0
"""Pauses after failures, all together, while one vault is visited."""
RESTORED_SECONDS = 60.0
"""After so long without a failure, the far side has our patience again."""
_SUBSCRIPTION = re.compile(r"/subscriptions/([^/?]+)", re.IGNORECASE)


class _Bucket(Struct, frozen=True):
    header: str
    low: int
    """Below so many left, we ask no faster than it refills, and slower the less is left."""
    refill: float
    """Reads a second."""


_BUCKETS = (
    _Bucket("x-ms-ratelimit-remaining-subscription-reads", 50, 25.0),
    _Bucket("x-ms-ratelimit-remaining-tenant-reads", 50, 25.0),
    _Bucket("x-ms-ratelimit-remaining-subscription-global-reads", 750, 375.0),
)


class Pace:
    """Keeps the readers of one endpoint under its limits; shared by threads. Each subscription has a bucket of its own.

    Args:
        monotonic: a clock that only moves forward, in seconds.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._next: dict[str, float] = {}
        self._spacing: dict[str, float] = {}

    def reserve(self, url: str, most: float) -> float | None:
        """Seconds to wait before this URL is read; ``None``, and nothing is reserved, when they are more than most."""
        bucket, now = _bucket_of(url), self._monotonic()
        with self._lock:
            begin = max(now, self._next.get(bucket, now))
            if begin - now > most:
                return None
            self._next[bucket] = begin + self._spacing.get(bucket, 0.0)
            return begin - now

    def heard(self, url: str, headers: Mapping[str, str]) -> None:
        """Note what an answer says about what is left."""
        spacings = [_spacing(bucket, headers.get(bucket.header, "")) for bucket in _BUCKETS]
        with self._lock:
            self._spacing[_bucket_of(url)] = max(spacings)

    def held(self, url: str, seconds: float) -> None:
        """Nobody reads of this subscription for so long: the far side asked for it."""
        bucket = _bucket_of(url)
        with self._lock:
            self._next[bucket] = max(self._next.get(bucket, 0.0), self._monotonic() + seconds)


class Patience:
    """What one visit may cost: until when it may last, and how much of that may be spent on trying again.

    Args:
        seconds: for the whole visit.
        monotonic: a clock that only moves forward, in seconds.
        retry_seconds: for all pauses after failures together.
    """

    def __init__(
        self,
        seconds: float = math.inf,
        monotonic: Callable[[], float] = time.monotonic,
        *,
        retry_seconds: float = RETRY_SECONDS,
    ) -> None:
        self._monotonic = monotonic
        self._retry_seconds = retry_seconds
        self._lock = threading.Lock()
        self._ends = monotonic() + seconds
        self._spent = 0.0
        self._failed = -math.inf

    @property
    def left(self) -> float:
        """Seconds until the visit is over."""
        return self._ends - self._monotonic()

    def pause(self, attempt: int, most: float) -> float | None:
        """Seconds until the next attempt, longer each time and never the same; ``None`` when there shall be none."""
        wanted = 0.25 * 2.0**attempt * uniform(0.75, 1.0)  # noqa: S311 - so that not all come back at once
        with self._lock:
            now = self._monotonic()
            if now - self._failed > RESTORED_SECONDS:
                self._spent = 0.0
            self._failed = now
            if 2 * wanted >= most or self._spent + wanted > self._retry_seconds:
                return None
            self._spent += wanted
            return wanted


def _bucket_of(url: str) -> str:
    found = _SUBSCRIPTION.search(url)
    return found[1].lower() if found else ""


def _spacing(bucket: _Bucket, remaining: str) -> float:
    """Seconds between two reads; as long as the bucket takes to refill when nothing is left."""
    if not remaining.isascii() or not remaining.isdigit() or int(remaining) >= bucket.low:
        return 0.0
    return bucket.low / max(1, int(remaining)) / bucket.refill
