"""How old is what drcheck knows of the outside world? Of each data file the value that nobody has looked at longest."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import msgspec
import yaml

_FOLDER = Path(__file__).parent


class Dated(msgspec.Struct, frozen=True, kw_only=True):
    """A data file, how many values it has, and which of them was read longest ago."""

    name: str
    values: int
    oldest: str
    as_of: date


def dated(folder: Path = _FOLDER) -> Iterator[Dated]:
    """Every data file of a folder that holds anything, by name; each of its values has a date (``as_of``)."""
    for path in sorted(folder.glob("*.yaml")):
        values = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader) or {}
        read: dict[str, date] = {name: value["as_of"] for name, value in values.items()}
        if read:
            oldest = min(read, key=lambda name: (read[name], name))
            yield Dated(name=path.name, values=len(read), oldest=oldest, as_of=read[oldest])
