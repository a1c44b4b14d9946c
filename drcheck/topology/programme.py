"""What a programme of drills has to do, as people have declared it."""

from datetime import date
from typing import ClassVar

from drcheck.topology.base import Fact


class SubstantiveChange(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """A change after which applications have to be drilled again. Key: its number or name."""

    ROLE: ClassVar[str] = "estate"
    SUBJECT: ClassVar[str] = "change"

    name: str
    on: date
    """The day on which it was made."""
    what: str
    applications: tuple[str, ...]


class ApprovedRunbook(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """A runbook's text as somebody approved it. Key: its name, lower case."""

    ROLE: ClassVar[str] = "estate"
    SUBJECT: ClassVar[str] = "approved runbook"

    sha256: str
    """Of the published text, hexadecimal, lower case."""


class RehearsalDuty(Fact, frozen=True, kw_only=True, gc=False, tag=True):
    """What is expected of the drills of one application besides success. Key: the application's name."""

    ROLE: ClassVar[str] = "estate"
    SUBJECT: ClassVar[str] = "drill duty"

    application: str
    switchover_seconds: int | None
    """How often it has to be switched over for real; ``None``: nobody expects that."""
    author: str
    """Who wrote its recovery plan; empty when nobody was named."""
