"""May a drill be held now? Who allowed it, its window, the blackouts of the estate, and how much it may bring up.

Answered before anything is written anywhere. A drill that nobody allowed is held all the same unless the estate says
``drill_authorisation: required``; its record then says that nobody was asked.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from msgspec import Struct

from drcheck.estate import DrillSpec, Estate
from drcheck.policy import human


class Times(Struct, frozen=True, kw_only=True):
    """When a drill would be over. Moments are UTC."""

    start: datetime
    work_seconds: float
    """What everything up to the last probe is expected to take."""
    clean_up_seconds: float

    @property
    def end(self) -> datetime:
        """When nothing is left, if all goes as expected."""
        return self.start + timedelta(seconds=self.work_seconds + self.clean_up_seconds)


def obstacles(spec: DrillSpec, estate: Estate, executor: str, times: Times) -> tuple[str, ...]:
    """Why a drill must not be held now, each with the figures; none: it may.

    Args:
        spec: the drill.
        estate: knows blackouts, and whether somebody has to allow drills.
        executor: who would hold it, ``user@machine``.
        times: when it would be held.
    """
    return (
        *_allowed(spec, estate, executor),
        *_window(spec, times),
        *blackouts_in_the_way(estate, times),
        *_limit(spec, times),
    )


def too_large(spec: DrillSpec, machines: int) -> tuple[str, ...]:
    """Why a drill brings up more than it may."""
    most = spec.limits.machines
    if most is None or machines <= most:
        return ()
    return (f"it would bring up {machines} machines; allowed: {most} (limits.machines)",)


def deadline(spec: DrillSpec, estate: Estate, times: Times) -> datetime | None:
    """When the work is ended, whatever it has come to, so that the clean-up is over in time; ``None``: never."""
    ends = [blackout.start for blackout in estate.blackouts if blackout.start > times.start]
    if spec.authorisation is not None and spec.authorisation.not_after is not None:
        ends.append(spec.authorisation.not_after)
    if spec.limits.seconds is not None:
        ends.append(times.start + timedelta(seconds=spec.limits.seconds))
    return min(ends) - timedelta(seconds=times.clean_up_seconds) if ends else None


def told(spec: DrillSpec) -> str:
    """Who allowed it, in one sentence for the record."""
    given = spec.authorisation
    if given is None:
        return "none was asked for: the estate does not require one"
    start = f" from {_at(given.not_before)}" if given.not_before else ""
    end = f" until {_at(given.not_after)}" if given.not_after else ""
    risk = f"; accepted risk: {given.risk}" if given.risk else ""
    return f"change {given.change}, approved by {given.approver}{start}{end}{risk}"


def _allowed(spec: DrillSpec, estate: Estate, executor: str) -> Iterator[str]:
    given = spec.authorisation
    if given is None:
        if estate.drill_authorisation == "required":
            yield "nobody has allowed it: it has no authorisation, which estate.yaml requires (drill_authorisation)"
        return
    if given.approver.lower() in (executor.lower(), executor.partition("@")[0].lower()):
        yield f"{given.approver} approved it and would hold it: somebody else has to do one of them"


def _window(spec: DrillSpec, times: Times) -> Iterator[str]:
    given = spec.authorisation
    if given is None:
        return
    if given.not_before is not None and times.start < given.not_before:
        away = human((given.not_before - times.start).total_seconds())
        yield f"its window opens at {_at(given.not_before)}, in {away}"
    if given.not_after is None:
        return
    if times.start > given.not_after:
        yield f"its window closed at {_at(given.not_after)}"
    elif times.end > given.not_after:
        yield f"it would end at {_at(times.end)}, clean-up included; its window closes at {_at(given.not_after)}"


def blackouts_in_the_way(estate: Estate, times: Times) -> Iterator[str]:
    """The blackouts of the estate that a drill would run into."""
    for one in estate.blackouts:
        if one.start <= times.start < one.end:
            yield f"no drill may be held until {_at(one.end)} ({one.name})"
        elif times.start < one.start < times.end:
            yield f"it would end at {_at(times.end)}; no drill may be held from {_at(one.start)} on ({one.name})"


def _limit(spec: DrillSpec, times: Times) -> Iterator[str]:
    most = spec.limits.seconds
    if most is not None and most <= times.clean_up_seconds:
        yield (
            f"it may take {human(most)} (limits.duration), and its clean-up alone is expected to take "
            f"{human(times.clean_up_seconds)}"
        )


def _at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
