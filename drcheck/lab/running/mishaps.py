"""How does somebody say on a command line what is to go wrong in the lab?

==========================  ============================================================================
``HOST=KIND``               the host misbehaves at every request, or its listening socket does
``HOST/OPERATION=KIND``     every Create, Command, Send, Receive, Signal or Delete on it goes wrong
``HOST/OPERATION/3=KIND``   only the third of them does
``azure=KIND``              every call to Azure Resource Manager goes wrong
``azure/PATTERN=KIND``      every call whose path matches the regular expression does
==========================  ============================================================================

With an operation, HOST may be a shell pattern. The kinds are listed in ``lab.faults`` and ``lab.azure.faults``.
"""

import re
from collections.abc import Iterable
from fnmatch import filter as matching
from typing import get_args

from drcheck.lab.azure import faults as arm
from drcheck.lab.azure.state import azure_of
from drcheck.lab.chance import Chance
from drcheck.lab.faults import Fault
from drcheck.lab.running.server import Lab
from drcheck.lab.state.world import World

OPERATIONS = ("Create", "Command", "Send", "Receive", "Signal", "Delete")


class Mistaken(ValueError):
    """A mishap that cannot be meant: there is no such host, operation or kind."""


def declare(world: World, mishaps: Iterable[str]) -> list[Fault]:
    """Let things go wrong in a world; faults of single calls are returned, for the lab's ``faults``.

    Raises:
        Mistaken: one of them cannot be carried out.
    """
    return [fault for mishap in mishaps for fault in _declare(world, *mishap.rpartition("=")[::2])]


def leave_to_chance(lab: Lab, rate: float, seed: int) -> None:
    """Let a share of all calls go wrong, WS-Management operations and ARM requests alike.

    Raises:
        ValueError: it is no share.
    """
    lab.faults.chance = Chance(rate=rate, seed=seed)
    if lab.world.azure is not None:
        azure_of(lab.world).faults.chance = Chance(rate=rate, seed=seed)


def _declare(world: World, where: str, kind: str) -> list[Fault]:
    if not where:
        raise Mistaken(f"{kind!r} says no place: WHERE=KIND, hv1.contoso.lab=refuse say")
    name, _, call = where.partition("/")
    if name == "azure" and world.azure is not None:
        azure_of(world).faults.add(_of_arm(call, kind))
        return []
    if not matching(world.hosts, name):
        raise Mistaken(f"there is no host {name!r}; there are: {', '.join(world.hosts)}")
    if call:
        return [_of_call(name, call, kind)]
    for host in matching(world.hosts, name):
        world.hosts[host].fault = kind
    return []


def _of_call(host: str, call: str, kind: str) -> Fault:
    operation, _, nth = call.partition("/")
    if operation not in OPERATIONS or not (nth or "1").isdigit():
        raise Mistaken(f"there is no operation {call!r}; there are: {', '.join(OPERATIONS)}, each with /NUMBER")
    return Fault(kind=kind, host=host, operation=operation, nth=int(nth or 1), times=1 if nth else None)


def _of_arm(path: str, kind: str) -> arm.Fault:
    for known in get_args(arm.FaultKind):
        if known == kind:
            return arm.Fault(kind=known, path=_pattern(path), times=None)
    raise Mistaken(f"no such fault of Azure: {kind!r}; there are: {', '.join(get_args(arm.FaultKind))}")


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise Mistaken(f"{text!r} is no regular expression: {error}") from error
    return text
