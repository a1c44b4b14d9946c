"""What keeps an availability group's databases recoverable besides its replicas: backups, integrity checks, a log."""

from collections.abc import Iterable
from typing import ClassVar

from drcheck.topology.base import Fact


class HealthSession(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """The event session ``AlwaysOn_health``, in which failovers leave their reasons. Key: the instance's."""

    ROLE: ClassVar[str] = "sql"
    SUBJECT: ClassVar[str] = "event session"

    instance: str
    host: str
    starts_with_server: bool
    running: bool


class DatabaseUpkeep(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """What one instance knows of a user database's backups and checks. Key: ``<instance key>/<name>``.

    Ages are minutes before it was read, by the server's own clock; ``None``: it knows of none, or does not tell.
    ``LastGoodCheckDbTime`` exists since SQL Server 2016 SP2; never checked, it is the year 1900.
    """

    ROLE: ClassVar[str] = "sql"
    SUBJECT: ClassVar[str] = "database"

    instance: str
    host: str
    name: str
    full_minutes: int | None
    """Of the newest full backup, copies included."""
    log_minutes: int | None
    check_minutes: int | None
    """Of the last DBCC CHECKDB without an error."""


CLOCK_GOES_BACK = 60
"""Minutes by which a server's local time goes back in autumn, so that what was just done seems to be yet to come."""


def youngest(ages: Iterable[int | None]) -> tuple[int | None, bool]:
    """The least age in minutes that can be true, ``None`` when there is none; and was anything still to come?

    What a server has done in its own future says that its clock was set, and nothing about when it was done.
    """
    told = [age for age in ages if age is not None]
    past = [age for age in told if age >= -CLOCK_GOES_BACK]
    return min(past, default=None), len(past) < len(told)
