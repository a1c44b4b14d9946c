"""Which job came of a request whose answer was lost? Asked of what works on the target now, and by whoever recovers."""

from datetime import datetime
from functools import partial
from typing import NamedTuple

from drcheck.drill.azure.far_side import BEGINS_SECONDS, Azure
from drcheck.drill.azure.orders import Orders
from drcheck.drill.timing.waiting import insist, looks


class Begun(NamedTuple):
    """A job, by its name, and whether it is the one that was asked for. No name: the service never took the request."""

    job: str = ""
    ours: bool = False


def begun(azure: Azure, orders: Orders, asked: datetime, before: object) -> Begun:
    """What works on the target since it was asked for.

    Args:
        azure: the far side.
        orders: about the target.
        asked: when, by the clock of whoever asked.
        before: name of the job that worked on it before.
    """
    passed = (azure.now() - asked).total_seconds()
    for _ in looks(azure.wait, max(0.0, BEGINS_SECONDS - passed)):
        found = insist(azure.wait, orders.job)
        if found and found != before:
            return Begun(found, insist(azure.wait, partial(azure.began_test, found, asked)))
    return Begun()
