"""What people prepared for the day of a recovery: facts of the role ``estate``, as ``drcheck.topology.declared`` has.

A declaration is evidence of what somebody wrote down, and of nothing else.
"""

from datetime import date
from typing import ClassVar

from drcheck.topology.base import Fact


class DataFile(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """A file of limits or lifecycles that came with the drcheck that discovered. Key: its name."""

    ROLE: ClassVar[str] = "estate"
    SUBJECT: ClassVar[str] = "data file"

    name: str
    values: int
    oldest: str
    """The value that was looked up longest ago."""
    as_of: date
    """When that was."""
