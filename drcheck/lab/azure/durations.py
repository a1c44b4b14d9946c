"""How long does a step of the simulated Azure take? Drawn per seed, in the range of recorded test failovers.

Ranges are those of jobs recorded in 2017 and 2023 with one small VM (hyper-v site and VMM cloud to Azure); the guest's
own start-up, which no job shows, is this lab's assumption.
"""

import hashlib
import math

from drcheck.lab.state.world import World

RANGES: dict[str, tuple[float, float]] = {
    "queued": (0.3, 1.4),
    "VmTfoPrerequisitesCheck": (1.8, 2.4),
    "VmTfoInitiateFailover": (185.0, 625.0),
    "VmTfoPrepareTestVm": (75.0, 145.0),
    "VmTfoBootTestVm": (0.4, 1.3),
    "VmTfoCleanupPreflightsCheck": (0.3, 0.4),
    "VmTfoEndFailover": (0.4, 0.6),
    "VmTfoDeleteTestVm": (160.0, 175.0),
    "recovery point": (0.2, 3.4),
    "guest agent": (35.0, 150.0),
    "guest services": (5.0, 60.0),
    "plan check": (1.0, 3.0),
    "plan script": (20.0, 60.0),
    "failover": (580.0, 810.0),
    "change": (1.0, 5.0),
    "refresh": (0.5, 1.0),
    "operation conflict": (195.0, 200.0),
    "run command": (2.0, 8.0),
}
"""Seconds, lowest and highest."""


def chance(world: World, *names: str) -> float:
    """A number in [0, 1) that depends on the seed and the names only, so that concurrency cannot change it."""
    text = "/".join((world.name, str(world.seed), *names))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:7], "big") / 2**56


def draw(world: World, step: str, *names: str) -> float:
    """Seconds that a step takes, drawn evenly on a logarithmic scale from its range."""
    low, high = RANGES[step]
    return low * math.exp(chance(world, step, *names) * math.log(high / low))
