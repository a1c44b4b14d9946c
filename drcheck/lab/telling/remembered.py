"""How far behind were the copies of a simulated estate in earlier nights? The file that drcheck's runs left."""

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from drcheck.lab.azure.state import AzureWorld
from drcheck.lab.state.world import World

DAY = 86400.0
NIGHTS = 31
FEW = 40
"""Machines of which nights are remembered, so that large estates stay quick to publish."""
TABLE = """
CREATE TABLE figures (
  run TEXT NOT NULL, kind TEXT NOT NULL, subject TEXT NOT NULL, name TEXT NOT NULL, at REAL NOT NULL,
  seconds REAL NOT NULL, PRIMARY KEY (kind, subject, at, run)
) WITHOUT ROWID;
PRAGMA user_version = 1;
"""


def remember(world: World) -> None:
    """Every protected machine was a few minutes behind in each of the last nights."""
    azure = world.azure
    items = [item.vm_id for vault in azure.vaults for item in vault.items] if isinstance(azure, AzureWorld) else []
    replicas = [vm.id for vm in world.vms.values() if vm.replication is not None]
    for number, vm_id in enumerate(sorted({*items[:FEW], *replicas[:FEW]})):
        world.rpo_samples += [
            (vm_id, night * DAY - DAY / 2, 120.0 + (7 * number + 13 * night) % 180) for night in range(1, NIGHTS + 1)
        ]


def fell_behind(world: World, vm_ids: Iterable[str], *, nights: int, seconds: float) -> None:
    """In the last nights some machines were this far behind."""
    behind = set(vm_ids)
    world.rpo_samples[:] = [
        (vm_id, ago, seconds if vm_id in behind and ago < nights * DAY else lag)
        for vm_id, ago, lag in world.rpo_samples
    ]


def write_history(world: World, path: Path, now: float) -> None:
    """Write the samples as earlier runs of drcheck would have."""
    path.unlink(missing_ok=True)
    rows = [
        (f"night-{round(ago / DAY + 0.5):02}", "rpo", vm_id, world.vms[vm_id].name, now - ago, seconds)
        for vm_id, ago, seconds in world.rpo_samples
    ]
    with closing(sqlite3.connect(path)) as database, database:
        database.executescript(TABLE)
        database.executemany("INSERT INTO figures VALUES (?, ?, ?, ?, ?, ?)", rows)
