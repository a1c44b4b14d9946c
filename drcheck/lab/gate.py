"""How does a test know that several things were under way at once? None of them goes on before all have come."""

import asyncio
from dataclasses import dataclass, field


@dataclass(kw_only=True)
class Gate:
    """Lets those who come to it pass when so many have come; used by one event loop."""

    count: int
    arrived: int = 0
    _open: asyncio.Event = field(default_factory=asyncio.Event)

    async def pass_through(self) -> None:
        """Come, and wait for the others."""
        self.arrived += 1
        if self.arrived >= self.count:
            self._open.set()
        await self._open.wait()
