"""Which scenarios are there, and of which parts is the lab of one made?"""

import importlib
import pkgutil
from collections.abc import Callable
from pathlib import Path
from typing import cast

from drcheck.lab import scenarios
from drcheck.lab.arm import make_app
from drcheck.lab.arm.blob_service import make_blob_app
from drcheck.lab.azure.state import azure_of
from drcheck.lab.powershell.engine import Engine
from drcheck.lab.powershell.plain import PlainPowerShell
from drcheck.lab.running.server import Lab
from drcheck.lab.state.clock import LabClock
from drcheck.lab.state.world import World
from drcheck.lab.wsman.shells import Commands


class UnknownScenario(Exception):
    """No scenario has this name; the message lists those there are."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no scenario {name!r}; there are: {', '.join(names())}")


def names() -> list[str]:
    """The scenarios, as users write them."""
    return sorted(info.name.replace("_", "-") for info in pkgutil.iter_modules(scenarios.__path__))


def build(name: str, seed: int = 0) -> World:
    """The world of a scenario; raises ``UnknownScenario``."""
    if name not in names():
        raise UnknownScenario(name)
    module = importlib.import_module(f"{scenarios.__name__}.{name.replace('-', '_')}")
    return cast("Callable[[int], World]", module.build)(seed)


def assemble(
    world: World,
    clock: LabClock | None = None,
    *,
    plain: bool = False,
    also_http: bool = False,
    keytab: Path | None = None,
) -> Lab:
    """The lab of a world, with PowerShell on its hosts and, when it has an Azure half, ARM.

    Args:
        world: what is simulated.
        clock: its time.
        plain: run one-line scripts that anybody could have typed instead of drcheck's own, for comparisons.
        also_http: whether the hosts listen on plain HTTP, too.
        keytab: keys of the hosts' Kerberos services; ``None``: nobody signs in with Kerberos.
    """
    clock = clock or LabClock()
    arm = make_app(world, clock) if world.azure is not None else None
    shell: Commands = PlainPowerShell(world=world, clock=clock) if plain else Engine(world=world, clock=clock)
    lab = Lab(world, clock, powershell=shell, arm=arm, also_http=also_http, keytab=keytab)
    if world.azure is not None:
        lab.blobs = make_blob_app(azure_of(world).blobs, clock, world.heard)
    return lab
