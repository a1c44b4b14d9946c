"""What decides what a recovery plan does, as digests that can be compared; and was it read at all?"""

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


def hollow_plans(topology: Topology) -> tuple[str, ...]:
    """Names of the recovery plans that were seen without their groups, as lists of plans tell them."""
    return topology.memo("plans without groups", lambda: _hollow(topology))


def require_groups(topology: Topology) -> None:
    """Raise ``Unknown`` unless every recovery plan was read with its groups: any machine may be in one without."""
    topology.require(RecoveryPlan)
    hollow = hollow_plans(topology)
    if hollow:
        raise Unknown(f"{hollow[0]} was read without its groups; only the plan's own GET has them")


def _hollow(topology: Topology) -> tuple[str, ...]:
    return tuple(plan.name for plan in topology.seen(RecoveryPlan) if not plan.groups)


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
