"""Is a recovery plan still the one that was drilled? What decides what it does, as digests that can be compared."""

import hashlib
from collections.abc import Iterable, Iterator

from drcheck.topology.base import Topology, Unknown
from drcheck.topology.drills import PlanState
from drcheck.topology.site_recovery import PlanAction, ProtectedItem, RecoveryPlan


def plan_state(topology: Topology, plan: RecoveryPlan) -> PlanState:
    """The plan's groups with their machines, its actions, and where its machines' adapters go after a failover.

    Each part is the SHA-256 of lines of UTF-8 text, each ended by a line feed. Lists whose order means nothing are
    sorted; a network mapping counts by what it makes of the adapters.

    Raises:
        Unknown: the plan was read without its groups, or not all of its machines were.
    """
    if not plan.groups:
        raise Unknown(f"the plan {plan.name} was read without its groups")
    return PlanState(
        groups=_digest(_groups(plan)), actions=_digest(_actions(plan)), networks=_digest(_networks(topology, plan))
    )


def _groups(plan: RecoveryPlan) -> Iterator[str]:
    for number, group in enumerate(plan.groups, start=1):
        yield f"{number} {group.group_type}"
        yield from (f"{number} {item}" for item in sorted(group.items))


def _actions(plan: RecoveryPlan) -> Iterator[str]:
    for number, group in enumerate(plan.groups, start=1):
        for place, actions in (("start", group.start_actions), ("end", group.end_actions)):
            yield from (f"{number} {place} {_action(action)}" for action in actions)


def _action(action: PlanAction) -> str:
    types, directions = sorted(action.failover_types), sorted(action.failover_directions)
    known = (action.action_type, action.name, action.detail, action.location, action.timeout, *types, *directions)
    return "\t".join((*known, *(f"{key}={value}" for key, value in action.unknown)))


def _networks(topology: Topology, plan: RecoveryPlan) -> Iterable[str]:
    lines: list[str] = []
    for key in plan.items:
        item = topology.get(ProtectedItem, key)
        if item is None:
            topology.require(ProtectedItem, f"vault:{plan.vault}")
            raise Unknown(f"the plan {plan.name} holds a machine that the vault does not know: {key}")
        lines += [
            f"{key} {nic.id} {nic.target_network} {nic.target_subnet} {nic.target_address}".lower() for nic in item.nics
        ]
    return sorted(lines)


def _digest(lines: Iterable[str]) -> str:
    return hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()
