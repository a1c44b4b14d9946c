"""May the identity do in Azure what a run does there: each action of the role, asked of Azure itself?"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from urllib.parse import urlsplit

from msgspec import Struct

from drcheck.discovery.driver.reach import arm_client
from drcheck.doctor import Symptom, Topic, met, unmet, warning
from drcheck.doctor.connect import Place
from drcheck.errors import AccessDenied, AuthenticationFailed, DrcheckError, TransportError
from drcheck.estate import Estate
from drcheck.permissions.azure import granted, right_of
from drcheck.permissions.uses import GRANTED, RunKind, uses
from drcheck.query import ArmAction, ArmRead
from drcheck.topology.base import Target

HTTPS_PORT = 443


class _Permission(Struct, frozen=True, rename="camel"):
    """What one role assignment allows, without what it takes away again."""

    actions: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()


def place(estate: Estate) -> Place:
    """Where Azure Resource Manager listens."""
    url = urlsplit(estate.azure.endpoint)
    host = url.hostname or ""
    return Place(
        label=f"arm {estate.azure.endpoint}",
        name=host,
        address=host,
        port=url.port or HTTPS_PORT,
        ca_file=estate.azure.ca_file,
        seconds=estate.azure.connect_seconds,
    )


def run_kind(estate: Estate) -> RunKind:
    """What the estate's runs may do: rights for drills are asked for only where drills are declared."""
    parts = (part for drill in estate.drills for group in drill.groups for part in group.parts)
    return RunKind.DRILL if any(drill.vault for drill in (*estate.drills, *parts)) else RunKind.READ


def judge_vault(estate: Estate, vault: str, now: Callable[[], datetime]) -> Iterator[Symptom]:
    """Sign-in, clock and the actions that the identity holds at a vault."""
    try:
        with arm_client(estate, now) as client:
            path = GRANTED.path.replace("{vault}", vault)
            held = list(client.every(path, GRANTED.api_version, _Permission))
            clock = client.clock
    except DrcheckError as error:
        yield _failed(vault, error)
        return
    yield met(vault, Topic.SIGN_IN, "the token was accepted")
    if clock is not None:
        skew = abs(clock.offset_seconds) - clock.uncertainty_seconds
        said = f"{clock.offset_seconds:+.1f} s against ours, known to {clock.uncertainty_seconds:.1f} s"
        if skew > estate.policy.clock_skew_max:
            yield unmet(vault, Topic.CLOCK, said, "Correct this machine's clock: Azure's is right")
        else:
            yield met(vault, Topic.CLOCK, said)
    yield from _actions(estate, vault, held)


def _actions(estate: Estate, vault: str, held: Sequence[_Permission]) -> Iterator[Symptom]:
    run = run_kind(estate)
    calls = [use for use in uses(run) if isinstance(use.query, ArmRead | ArmAction)]
    needed = sorted({right_of(use.query) for use in calls if use.role == "vault"})  # type: ignore[arg-type]  # filtered
    lacking = [right for right in needed if not any(granted(right, one.actions, one.not_actions) for one in held)]
    for right in lacking:
        yield unmet(vault, Topic.RIGHT, f"the identity lacks the action {right}", remedy(run, vault))
    yield met(vault, Topic.RIGHT, f"{len(needed) - len(lacking)} of {len(needed)} actions of the role drcheck {run}")
    elsewhere = sorted(
        {right_of(use.query) for use in calls if isinstance(use.query, ArmAction) and use.role != "vault"}
    )
    if elsewhere:
        what = f"cannot be asked for at the vault, needed where test machines are made: {', '.join(elsewhere)}"
        yield warning(vault, Topic.RIGHT, what, remedy(run, "<subscription or resource group>"))


def denied(target: Target, errors: Iterable[tuple[str, DrcheckError]], run: RunKind) -> Iterator[Symptom]:
    """What reading a vault or a subscription met with; one line per error."""
    told: set[str] = set()
    for path, error in errors:
        text = error.what if isinstance(error, TransportError) else str(error)
        if text in told:
            continue
        told.add(text)
        if isinstance(error, AccessDenied):
            yield unmet(target.endpoint, Topic.RIGHT, f"{text}, for GET {path}", remedy(run, target.endpoint))
        else:
            yield _failed(target.endpoint, error)


def remedy(run: RunKind, scope: str) -> str:
    """The commands that give the identity its role."""
    return (
        f"drcheck permissions --run {run} --out DIR; az role definition create --role-definition "
        f"DIR/azure-role-{run}.json; az role assignment create --assignee <object id> --role 'drcheck {run}' "
        f"--scope {scope}"
    )


def _failed(endpoint: str, error: DrcheckError) -> Symptom:
    if isinstance(error, TransportError):
        topic = Topic.SIGN_IN if isinstance(error, AuthenticationFailed) else Topic.QUERY
        if isinstance(error, AccessDenied):
            topic = Topic.RIGHT
        return unmet(endpoint, topic, error.what, error.remedy)
    return unmet(endpoint, Topic.QUERY, str(error), "Does the vault exist, under this subscription and resource group?")
