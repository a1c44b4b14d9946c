"""What may the caller do in the simulated subscription? Roles as Azure evaluates them, and how it refuses."""

from collections.abc import Sequence
from fnmatch import fnmatchcase

from drcheck.lab.arm.answers import Answer, ArmError, Ask, Route
from drcheck.lab.arm.paths import V
from drcheck.lab.azure.state import AzureWorld
from drcheck.lab.heard import nameless

_VERBS = {"GET": "read", "PUT": "write", "PATCH": "write", "DELETE": "delete", "POST": "action"}
_WHO = "11111111-2222-4333-8444-555555555555"


def required(method: str, path: str) -> str:
    """The right that a call needs: provider and types of its path as the caller wrote them, and what it does."""
    written = path.strip("/").split("/")
    kinds = [part for part, shape in zip(written, nameless(path).strip("/").split("/"), strict=True) if shape != "*"]
    lowered = [kind.lower() for kind in kinds]
    if "providers" in lowered:
        kinds = kinds[len(lowered) - lowered[::-1].index("providers") :]
    else:
        kinds = ["Microsoft.Resources", *kinds]
    return "/".join((*kinds, _VERBS[method]))


def check(azure: AzureWorld, method: str, path: str) -> None:
    """Raise what ARM answers to a call that the caller has no right to make."""
    right = required(method, path)
    if _any(right, azure.actions) and not _any(right, azure.not_actions):
        return
    raise ArmError(
        403,
        "AuthorizationFailed",
        f"The client 'drcheck' with object id '{_WHO}' does not have authorization to perform action '{right}' over "
        f"scope '{path}' or the scope is invalid. If access was recently granted, please refresh your credentials.",
    )


def _permissions(ask: Ask) -> Answer:
    """What the caller may do; one entry per role, all assigned to the subscription."""
    actions: dict[str, Sequence[str]] = {"actions": ask.azure.actions, "notActions": ask.azure.not_actions}
    return Answer(body={"value": [{**actions, "dataActions": [], "notDataActions": []}]})


def _any(right: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(right.lower(), pattern.lower()) for pattern in patterns)


ROUTES: list[Route] = [("GET", f"{V}/providers/microsoft.authorization/permissions", _permissions)]
