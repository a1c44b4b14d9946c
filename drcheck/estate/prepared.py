"""What people prepared for the day of a recovery, checked and resolved; see ``drcheck.topology.prepared``."""

from datetime import date

from msgspec import Struct

from drcheck.topology.prepared import KitPart


class ClusterDesign(Struct, frozen=True, kw_only=True):
    """How a cluster is meant to keep its quorum."""

    name: str
    witness: str
    votes: tuple[tuple[str, int], ...]
    dynamic_quorum: bool


class BreakGlassSpec(Struct, frozen=True, kw_only=True):
    """An account, a secret or a device that the recovery needs."""

    name: str
    kept_at: tuple[str, ...]
    holders: tuple[str, ...]
    needs: tuple[str, ...]
    domain: str
    tested: date | None


class DrillControllerSpec(Struct, frozen=True, kw_only=True):
    """A domain controller whose copy is started in drills."""

    name: str
    host: str
    fsmo: str
    generation_id_accepted: bool


class Prepared(Struct, frozen=True, kw_only=True):
    """All of it; nothing of it has to be declared."""

    clusters: tuple[ClusterDesign, ...] = ()
    break_glass: tuple[BreakGlassSpec, ...] = ()
    drill_controllers: tuple[DrillControllerSpec, ...] = ()
    kit: tuple[KitPart, ...] | None = None
    """``None``: no kit was declared."""
