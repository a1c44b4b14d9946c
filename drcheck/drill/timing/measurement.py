"""How long did it take, how much was lost, and how sure are we? Intervals in, figures with uncertainty out.

A moment that was not watched continuously is known only to lie between the last time it had not happened and the
first time it had. Every figure is the middle of what is possible, with half the width as its uncertainty.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from drcheck.verdict import Measurement, Phase, Subject


class Moment(Struct, frozen=True, kw_only=True):
    """Something happened between two moments, both UTC on our clock."""

    after: datetime
    """It had not happened yet."""
    by: datetime
    """It had happened."""

    @property
    def middle(self) -> datetime:
        """The best estimate."""
        return self.after + (self.by - self.after) / 2

    @property
    def uncertainty(self) -> float:
        """Half the width, in seconds."""
        return max(0.0, (self.by - self.after).total_seconds() / 2)

    def widened(self, seconds: float) -> "Moment":
        """The same moment when each end may be off by some seconds."""
        slack = timedelta(seconds=seconds)
        return Moment(after=self.after - slack, by=self.by + slack)


class Part(Struct, frozen=True, kw_only=True):
    """What became ready by itself in a drill of many: a machine, an item or a plan."""

    subject: Subject
    group: str
    """Name of the group that it was started with."""
    started: datetime
    """When its failover was requested, UTC on our clock."""
    ready: Moment | None
    """When its last mandatory probe turned green; ``None``: never."""
    phases: tuple[Phase, ...] = ()
    """How its time was spent; those that are ``declared`` come on top of it."""


def recovery_time(
    *,
    subject: Subject,
    drill: str,
    started: datetime,
    ready: Moment,
    phases: Sequence[Phase],
    target_seconds: float | None,
) -> Measurement:
    """RTO: from the failover request to the last mandatory probe green, plus every declared duration.

    Args:
        subject: what was recovered.
        drill: the drill's id.
        started: t0, when the failover was requested.
        ready: when the last mandatory probe turned green.
        phases: how the time was spent; those marked ``declared``, and those that somebody confirmed after everything
            was ready, are added to the measured part.
        target_seconds: what was promised, if anything.
    """
    declared = sum(phase.seconds for phase in phases if phase.declared or phase.by)
    return Measurement(
        kind="rto",
        subject=subject,
        drill=drill,
        seconds=max(0.0, (ready.middle - started).total_seconds()) + declared,
        uncertainty_seconds=ready.uncertainty,
        target_seconds=target_seconds,
        method="probe",
        at=ready.by,
        phases=tuple(phases),
        anomaly="" if ready.by >= started else "the probe turned green before the failover was requested",
    )


def recovery_point(
    *,
    subject: Subject,
    drill: str,
    started: datetime,
    point: Moment,
    target_seconds: float | None,
    method: str = "platform",
) -> Measurement:
    """RPO: the age at t0 of the recovery point that was used.

    A point that lies after t0 by more than the clocks can explain proves nothing and is reported as an anomaly.
    """
    oldest = (started - point.after).total_seconds()
    newest = (started - point.by).total_seconds()
    anomaly = (
        "" if oldest >= 0 else f"the recovery point lies {-oldest:.1f} s after the failover request: check the clocks"
    )
    low = max(0.0, newest)
    high = max(low, oldest)
    return Measurement(
        kind="rpo",
        subject=subject,
        drill=drill,
        seconds=(low + high) / 2,
        uncertainty_seconds=(high - low) / 2,
        target_seconds=target_seconds,
        method=method,
        at=started,
        anomaly=anomaly,
    )
