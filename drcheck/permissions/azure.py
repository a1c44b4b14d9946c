"""Which Azure right does a call need, and which role gives exactly those?

An ARM right is the resource type of the path with what is done to it, so it follows from the path (checked against
Microsoft's list "Azure permissions for Management and governance", Microsoft.RecoveryServices, vault-wide lists
included).
"""

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from drcheck.query import ArmAction, ArmRead, BlobCall

VAULT = "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.RecoveryServices/vaults/{vault}"
SUBSCRIPTION = "/subscriptions/{subscription}"
RESOURCES = "Microsoft.Resources"
BLOBS = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs"
_DONE = {"GET": "read", "PUT": "write", "DELETE": "delete"}
SCOPE = "/subscriptions/00000000-0000-0000-0000-000000000000"
"""Stands in the role files for the subscription that whoever creates the role puts there."""


def right_of(call: ArmRead | ArmAction) -> str:
    """The right that a call needs, as role definitions name it."""
    path = call.path.replace("{vault}", VAULT, 1) if call.path.startswith("{vault}") else call.path
    path = path.replace("{subscription}", SUBSCRIPTION, 1) if path.startswith("{subscription}") else path
    parts = path.strip("/").split("/")
    action = parts.pop() if isinstance(call, ArmAction) else ""
    return "/".join((*_types(parts), action, "action") if action else (*_types(parts), "read"))


def granted(right: str, actions: Sequence[str], not_actions: Sequence[str]) -> bool:
    """Does one set of permissions hold a right? ``*`` stands for any text; case makes no difference."""
    return _any(right, actions) and not _any(right, not_actions)


def data_right_of(call: BlobCall) -> str:
    """The data action that a call to Blob Storage needs (Microsoft, REST reference: "Permissions" of each call)."""
    return f"{BLOBS}/{_DONE[call.method]}"


def role(
    name: str, description: str, calls: Iterable[ArmRead | ArmAction], data: Iterable[BlobCall] = ()
) -> dict[str, object]:
    """A custom role that may make these calls and nothing else, as ``az role definition create`` takes it."""
    return {
        "Name": name,
        "IsCustom": True,
        "Description": description,
        "Actions": sorted({right_of(call) for call in calls}),
        "NotActions": [],
        "DataActions": sorted({data_right_of(call) for call in data}),
        "NotDataActions": [],
        "AssignableScopes": [SCOPE],
    }


def _types(parts: list[str]) -> list[str]:
    """Provider and types: what comes after the last ``providers``, every second segment being a name."""
    lowered = [part.lower() for part in parts]
    if "providers" in lowered:
        at = len(lowered) - 1 - lowered[::-1].index("providers")
        return [parts[at + 1], *parts[at + 2 :: 2]]
    return [RESOURCES, *parts[::2]]


def _any(right: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(right.lower(), pattern.lower()) for pattern in patterns)
