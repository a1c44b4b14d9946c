"""Can leases of drills in Azure be kept where estate.yaml says? The container is looked at; nothing is written."""

from collections.abc import Callable, Iterator
from datetime import datetime

from drcheck.doctor import Symptom, Topic, met, unmet, warning
from drcheck.drill.azure.lease_store import CALLS, leases_of
from drcheck.errors import AccessDenied, AuthenticationFailed, DrcheckError, TransportError
from drcheck.estate import Estate
from drcheck.permissions.azure import data_right_of
from drcheck.permissions.rights import ASSIGN_DATA


def judge(estate: Estate, now: Callable[[], datetime]) -> Iterator[Symptom]:
    """What stands between a drill and the container; nothing where none is declared."""
    store = estate.drill_leases
    if store is None:
        return
    try:
        leases = leases_of(estate, now, lambda _: None)
        copies = len(leases.journals()) if leases else 0
    except DrcheckError as error:
        yield _failed(store.container, error)
        return
    yield met(store.container, Topic.QUERY, f"it answers, and holds the journals of {copies} drills")
    rights = sorted({data_right_of(call) for call in CALLS if call.method != "GET"})
    what = f"cannot be asked for without writing, needed by drills: {', '.join(rights)}"
    yield warning(store.container, Topic.RIGHT, what, ASSIGN_DATA)


def _failed(container: str, error: DrcheckError) -> Symptom:
    if isinstance(error, AccessDenied):
        return unmet(container, Topic.RIGHT, error.what, ASSIGN_DATA)
    if isinstance(error, TransportError):
        topic = Topic.SIGN_IN if isinstance(error, AuthenticationFailed) else Topic.QUERY
        return unmet(container, topic, error.what, error.remedy)
    return unmet(container, Topic.QUERY, str(error), "Does the container exist? See `drill_leases` in docs/estate.md")
