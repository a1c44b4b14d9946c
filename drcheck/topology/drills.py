"""Drills that have been held, from their records."""

from datetime import datetime
from typing import ClassVar

from drcheck.topology.base import Fact


class DrillRecord(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """A drill that was held. Key: the drill's id. Times are UTC; durations are seconds."""

    ROLE: ClassVar[str] = "estate"
    SUBJECT: ClassVar[str] = "drill"

    drill_kind: str
    """``hyperv-replica`` or ``recovery-plan``."""
    target: str
    """VM id or recovery plan ARM id, lower case."""
    name: str
    verdict: str
    """``PASS`` or ``FAIL``; anything but PASS proves nothing."""
    cleaned_up: bool
    started: datetime
    finished: datetime
    rto_seconds: float | None
    rpo_seconds: float | None
    vm_ids: tuple[str, ...] = ()
    """The machines it brought up, lower case."""
    scenarios: tuple[str, ...] = ()
    """The declared scenarios it went through."""
