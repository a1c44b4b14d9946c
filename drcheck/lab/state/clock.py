"""What time is it in the lab, and how long does a simulated operation really take?"""

import asyncio
import time
from dataclasses import dataclass, field

from drcheck.lab.state.truth import Truth


@dataclass(kw_only=True)
class LabClock:
    """Real time, with simulated durations shortened by ``speed``.

    Moments are POSIX seconds (UTC) and never scaled, so that what a client measures can be compared with them.
    Durations are the seconds that the operation would take in a real estate.
    """

    speed: float = 1.0
    """A drawn 200 s boot takes 200 / speed real seconds."""
    truth: Truth = field(default_factory=Truth)
    """The logbook of what really happened; for tests only, no protocol shows it."""

    def __post_init__(self) -> None:
        """Refuse a clock that stands still or runs backwards."""
        if self.speed <= 0:
            raise ValueError(f"the lab's speed must be above 0, not {self.speed}")

    def now(self) -> float:
        """This moment."""
        return time.time()

    def after(self, seconds: float) -> float:
        """The moment at which an operation of ``seconds`` that starts now will be over."""
        return self.now() + seconds / self.speed

    async def sleep(self, seconds: float) -> None:
        """Wait for as long as an operation of ``seconds`` takes."""
        await asyncio.sleep(seconds / self.speed)

    async def until(self, moment: float) -> None:
        """Wait until a moment has come; returns at once when it has passed."""
        left = moment - self.now()
        if left > 0:
            await asyncio.sleep(left)
            await self.until(moment)  # the sleep runs on another clock, which may be a moment early
