"""Which right does one call of a drill's plan need? The same answer as the whole list gives."""

from collections.abc import Iterator, Mapping
from functools import cache

from drcheck.drill.planning.announcement import Call
from drcheck.permissions.azure import data_right_of
from drcheck.permissions.rights import HYPERV, SIGN_IN, rights_of
from drcheck.permissions.scripts import invoked_by
from drcheck.permissions.uses import RunKind, Use, uses
from drcheck.query import ArmAction, ArmRead, BlobCall

VAULT_PARTS = 9
"""Segments of a vault's ARM id, the empty one before the first slash included."""
DIRECT = "the guest's own account (windows.guest_credentials)"


def needed(call: Call) -> tuple[str, ...]:
    """Names of the rights that a call needs; none when nothing is sent. An undeclared call is told as such."""
    if call.verb:
        return tuple(_of_verb(call.verb))
    if call.on.startswith("https://"):
        return (data_right_of(BlobCall(method=call.method)),)
    if call.method:
        return tuple(_of_request(call))
    return tuple(sorted({right for use in looked_at(call) for right in _names(use)}))


def calls_of(verb: str) -> tuple[str, ...]:
    """The cmdlets that a verb may call on its host, with their parameters; PowerShell's own are left out."""
    found = (one for one in invoked_by(verb) if "\\" in one.cmdlet or "VMId" in one.parameters)
    return tuple(f"{one.cmdlet}{''.join(f' -{name}' for name in one.parameters)}" for one in found)


def _of_verb(verb: str) -> Iterator[str]:
    yield SIGN_IN.name
    called = invoked_by(verb)
    if any(one.cmdlet.startswith("Hyper-V\\") for one in called):
        yield HYPERV.name
    if any("VMId" in one.parameters for one in called):
        yield DIRECT


def _of_request(call: Call) -> Iterator[str]:
    vault = "/".join(call.path.split("/")[:VAULT_PARTS])
    subscription = "/".join(call.path.split("/")[:3])
    wanted: type[ArmRead | ArmAction] = ArmRead if call.method == "GET" else ArmAction
    for use in _arm_uses():
        query = use.query
        assert isinstance(query, ArmRead | ArmAction)  # noqa: S101 - of these it was made
        if isinstance(query, wanted) and any(
            query.covers(call.path, call.api_version, endpoint) for endpoint in (vault, subscription)
        ):
            yield from _names(use)
            return
    yield f"UNDECLARED: {call.method} {call.path}; please report this as a bug"


@cache
def _arm_uses() -> tuple[Use, ...]:
    return tuple(use for use in uses(RunKind.DRILL) if isinstance(use.query, ArmRead | ArmAction))


@cache
def _reads() -> Mapping[str, tuple[Use, ...]]:
    found: dict[str, list[Use]] = {}
    for use in uses(RunKind.READ):
        found.setdefault(use.role, []).append(use)
    return {role: tuple(listed) for role, listed in found.items()}


def looked_at(call: Call) -> Iterator[Use]:
    """What a call that looks as discovery does asks."""
    for target in call.look:
        for use in _reads().get(target.role, ()):
            if use.kind is not None and (not call.kinds or use.kind.__name__ in call.kinds):
                yield use


def _names(use: Use) -> Iterator[str]:
    yield from (right.name for right in rights_of(use.query))
