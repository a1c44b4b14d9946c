"""What stands between drcheck and a complete answer, endpoint by endpoint, and which command removes it?

Only looks: every question that discovery would ask is asked, those that reveal no further endpoints for one object.
"""

from enum import StrEnum

from msgspec import Struct


class State(StrEnum):
    """What was found about one requirement."""

    OK = "ok"
    WARNING = "warning"
    MISSING = "MISSING"


class Topic(StrEnum):
    """What a requirement is about; in the order in which they build on each other."""

    NAME = "name"
    TCP = "tcp"
    TLS = "tls"
    SIGN_IN = "sign-in"
    CLOCK = "clock"
    POWERSHELL = "powershell"
    MODULE = "module"
    RIGHT = "right"
    QUERY = "query"


class Symptom(Struct, frozen=True, kw_only=True):
    """One requirement at one endpoint. ``remedy`` is the command or the role that meets it; empty when it is met."""

    endpoint: str
    topic: Topic
    state: State
    what: str
    remedy: str = ""


def met(endpoint: str, topic: Topic, what: str) -> Symptom:
    """A requirement that is met."""
    return Symptom(endpoint=endpoint, topic=topic, state=State.OK, what=what)


def unmet(endpoint: str, topic: Topic, what: str, remedy: str) -> Symptom:
    """A requirement that is not met, and what meets it."""
    return Symptom(endpoint=endpoint, topic=topic, state=State.MISSING, what=what, remedy=remedy)


def warning(endpoint: str, topic: Topic, what: str, remedy: str) -> Symptom:
    """A requirement that is met for now, or that cannot be observed by looking."""
    return Symptom(endpoint=endpoint, topic=topic, state=State.WARNING, what=what, remedy=remedy)
