"""What do the records of a simulated estate's earlier drills tell: of plans as they were, probes, people, sign-off?"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping

from drcheck.lab.azure.build import item_path, plan_named
from drcheck.lab.azure.state import Plan, PlanAction, ProtectedItem, azure_of
from drcheck.lab.guests.finds import baseline
from drcheck.lab.state.inside import Inside
from drcheck.lab.state.world import Vm, World

Section = dict[str, object]


def plan_digests(world: World, name: str) -> Section:
    """A recovery plan at this moment, part by part, as a record keeps it (``docs/drills.md``)."""
    plan = plan_named(world, name)
    vault = next(vault for vault in azure_of(world).vaults if any(one is plan for one in vault.plans))
    known = {item.name: item for item in vault.items}
    items = {name: known[name] for name in plan.item_names()}
    ids = {name: item_path(world, item).lower() for name, item in items.items()}
    targets = {mapping.network_id: mapping.vnet_id for mapping in vault.network_mappings}
    return {
        "groups": _digest(_groups(plan, ids)),
        "actions": _digest(_actions(plan)),
        "networks": _digest(
            sorted(line for name in items for line in _networks(world, items[name], ids[name], targets))
        ),
    }


def looked_into(vm: Vm, green: float) -> Section:
    """What a drill's baseline probe read in a machine as it is now; it decides nothing."""
    name: Section = {"name": "baseline", "kind": "baseline", "target": vm.name, "vm_id": vm.id}
    return {**name, "mandatory": False, "green_seconds": green, "baseline": baseline(vm.inside or Inside())}


def _groups(plan: Plan, ids: dict[str, str]) -> Iterator[str]:
    for number, group in enumerate(plan.groups, start=1):
        yield f"{number} {group.kind}"
        yield from (f"{number} {key}" for key in sorted(ids[name] for name in group.items))


def _actions(plan: Plan) -> Iterator[str]:
    for number, group in enumerate(plan.groups, start=1):
        for place, actions in (("start", group.start), ("end", group.end)):
            yield from (f"{number} {place} {_action(action)}" for action in actions)


def _action(action: PlanAction) -> str:
    people = action.kind == "ManualActionDetails"
    timeout, location = ("", "") if people else (f"00:{action.minutes:02d}:00", "Recovery")
    what = (action.kind, action.name, action.detail, location, timeout)
    return "\t".join((*what, *sorted(action.failover_types), *sorted(action.directions)))


def _networks(world: World, item: ProtectedItem, key: str, targets: Mapping[str, str]) -> Iterator[str]:
    for nic in world.vms[item.vm_id].nics:
        target = targets.get(nic.network_id, "")
        yield f"{key} {nic.id} {target} {item.subnet if target else ''} {item.address}".lower()


def _digest(lines: Iterable[str]) -> str:
    return hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()
