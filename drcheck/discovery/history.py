"""How far behind were copies over the last weeks? The figures of earlier runs, from the file that estate.yaml names."""

from collections.abc import Iterator

from msgspec import structs

from drcheck.discovery import EstateCollector
from drcheck.estate import Estate
from drcheck.history import QUERY, rpo_histories
from drcheck.topology.base import Seen
from drcheck.topology.history import RpoHistory

ROLE = "estate"


def histories(estate: Estate, seen: Seen) -> Iterator[RpoHistory]:
    """One for each machine of which there is a sample in the window; no declared file means that none is kept.

    Raises:
        AnswerError: the file cannot be read.
    """
    if estate.history is None:
        return
    window, every = estate.policy.rpo_window, estate.history.every_seconds
    for found in rpo_histories(estate.history.path, now=seen.at, window=window, every=every):
        yield structs.replace(found, seen=seen)


COLLECTORS = (EstateCollector(kind=RpoHistory, query=QUERY, read=histories),)
