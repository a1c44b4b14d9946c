"""Where are the lines of a rehearsal's journal copied to? To every place where one of its parts has a lease."""

import json
from collections.abc import Callable, Mapping
from threading import Lock

from drcheck.drill.journal import Mirror
from drcheck.errors import DrcheckError


class Mirrors:
    """Copies each line to every place, so that any of them alone tells what all parts may have left.

    A line that announces a part's step must arrive where that part's lease is, or the step is not taken. A place that
    has missed a line of another part gets no more: what it holds stays the beginning of the journal.

    Args:
        places: how a line gets to each place.
        own: the place of each part, by the part's name.
        say: told of a place that is lost.
    """

    def __init__(self, places: Mapping[str, Mirror], own: Mapping[str, str], say: Callable[[str], None]) -> None:
        self._places = {place: (copy, Lock()) for place, copy in places.items()}
        self._own = own
        self._say = say
        self._lost: set[str] = set()

    def __call__(self, line: str) -> None:
        """Copy one line.

        Raises:
            DrcheckError: it did not arrive where it must.
        """
        part = json.loads(line)["action"].partition("/")[0]
        for place, (copy, turn) in self._places.items():
            needed = self._own.get(part, place) == place
            with turn:
                if needed or place not in self._lost:
                    self._send(copy, line, place, needed=needed)

    def _send(self, copy: Mirror, line: str, place: str, *, needed: bool) -> None:
        try:
            copy(line)
        except DrcheckError as error:
            if needed:
                raise
            self._lost.add(place)
            self._say(f"the journal is not copied to {place} any more: {error}")
