"""What have the people of a simulated estate prepared for the day of a recovery? Sections of its estate.yaml."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

from drcheck.lab.state.world import World
from drcheck.lab.telling.estates import DAY

KIT = ("runbook", "contacts", "keys", "media")


@dataclass(frozen=True, kw_only=True)
class Preparations:
    """Where things are kept, what their use needs, which controller drills start, and how each cluster was designed."""

    site: str
    needs: tuple[str, ...]
    domain: str
    controller: tuple[str, str]
    """Its VM's name, and its FQDN."""
    clusters: Mapping[str, Mapping[str, object]]


def prepare(world: World, made: Preparations, *, now: float) -> None:
    """Declare it all: tried and looked through five weeks ago."""
    lately = _day(now - 35 * DAY)
    vm, host = made.controller
    world.estate |= {
        "clusters": {name: dict(design) for name, design in made.clusters.items()},
        "break_glass": {
            "hyper-v-administrator": {
                "kept_at": [made.site],
                "holders": ["Platform lead", "Duty manager"],
                "needs": list(made.needs),
                "domain": made.domain,
                "tested": lately,
            }
        },
        "drill_controllers": {vm: {"host": host, "fsmo": "seize", "generation_id_accepted": True}},
        "recovery_kit": {name: {"kept_at": [made.site], "reviewed": lately} for name in KIT},
    }


def _day(moment: float) -> date:
    return datetime.fromtimestamp(moment, UTC).date()
