"""What has to be recovered so that one application runs, and in which order? For a rehearsal that names only that.

First what its platform needs where the declared sequence begins with it: VMM's database, then VMM. Then the
applications that it depends on, each after those that it depends on itself, and the application last.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from graphlib import TopologicalSorter

from msgspec import Struct, structs

from drcheck.drill import Context
from drcheck.errors import DrillError
from drcheck.estate import ApplicationSpec, DrillGroup, DrillSpec, ProbeSpec
from drcheck.topology.availability import group_of_vmm
from drcheck.topology.base import Topology
from drcheck.topology.declared import Application, SequenceStep
from drcheck.topology.hyperv import VmReplication
from drcheck.topology.membership import applications_of_group
from drcheck.topology.site_recovery import ProtectedItem, RecoveryPlan
from drcheck.topology.sql import AvailabilityGroup
from drcheck.topology.vmm import VmmServer, VmmVm
from drcheck.topology.workload import machines_of, plans_of

MANAGEMENT, DATABASES = "management", "management-databases"
LONGEST_NAME = 60


class Wanted(Struct, frozen=True, kw_only=True):
    """A machine of an application, and how it comes back: one of a plan, an item, or a replica."""

    machine: VmmVm
    plan: RecoveryPlan | None = None
    item: ProtectedItem | None = None
    replica: VmReplication | None = None


def groups_of(spec: DrillSpec, context: Context) -> tuple[DrillGroup, ...]:
    """The groups of a rehearsal that names an application and no groups.

    Args:
        spec: the rehearsal; its switch, and its network, are what parts come up in.
        context: what it works with.

    Raises:
        Unknown: what has to be known of machines, plans and replicas was not read.
        DrillError: a machine has no copy that could be brought up there.
    """
    topology = context.topology
    for kind in (VmmVm, ProtectedItem, RecoveryPlan, VmReplication):
        topology.require(kind)
    declared = {one.name: one for one in context.estate.applications}
    order = _in_order(spec.application, topology)
    needed = ((one.name, list(_parts(spec, declared[one.name], one, topology))) for one in order)
    return tuple(_once([*_management(spec, topology), *needed]))


def _in_order(name: str, topology: Topology) -> Iterator[Application]:
    """It, and what it depends on, the needed ones first; what runs at the recovery site anyhow is left out."""
    known = {one.name: one for one in topology.seen(Application)}
    needs: dict[str, Sequence[str]] = {}
    waiting = [name]
    while waiting:
        current = waiting.pop()
        if current not in needs and current in known:
            needs[current] = known[current].depends_on
            waiting += known[current].depends_on
    order = TopologicalSorter(needs).static_order()
    return (known[one] for one in order if one in known and not known[one].always_on)


def _management(spec: DrillSpec, topology: Topology) -> Iterator[tuple[str, list[DrillSpec]]]:
    steps = [one for one in topology.seen(SequenceStep) if one.action == "vmm"]
    servers = [server for step in steps if (server := topology.get(VmmServer, step.target.lower())) is not None]
    databases = [group for server in servers if (group := group_of_vmm(topology, server)) is not None]
    yield DATABASES, [_estimated(spec, group) for group in databases]
    replicas = [one for server in servers for one in _replicas(topology, server.vm_id)] if spec.switch else []
    heartbeat = (ProbeSpec(kind="heartbeat"),)
    yield MANAGEMENT, [structs.replace(_replica(spec, one), probes=heartbeat) for one in replicas]


def _once(groups: Iterable[tuple[str, Sequence[DrillSpec]]]) -> Iterator[DrillGroup]:
    """Every part where it is needed first, with all that is asked of it, and no empty groups."""
    known: dict[str, dict[str, DrillSpec]] = {}
    first: dict[str, str] = {}
    for group, parts in groups:
        for part in parts:
            own = known.setdefault(first.setdefault(part.name, group), {})
            own[part.name] = _both(own[part.name], part) if part.name in own else part
    return (DrillGroup(name=group, parts=tuple(own.values())) for group, own in known.items())


def _both(first: DrillSpec, again: DrillSpec) -> DrillSpec:
    """A plan that several applications need: it is the last one's, and proves what all of them ask."""
    return structs.replace(
        again,
        probes=(*first.probes, *again.probes),
        rto_seconds=min(filter(None, (first.rto_seconds, again.rto_seconds)), default=None),
        rpo_seconds=min(filter(None, (first.rpo_seconds, again.rpo_seconds)), default=None),
    )


def _parts(
    spec: DrillSpec, declared: ApplicationSpec, application: Application, topology: Topology
) -> Iterator[DrillSpec]:
    if application.method == "availability-group":
        for group in topology.all(AvailabilityGroup):
            if application in applications_of_group(topology, group.key):
                yield _promised(_estimated(spec, group), declared)
    wanted = [_wanted(spec, application, machine, topology) for machine in machines_of(topology, application)]
    for plan in dict.fromkeys(one.plan for one in wanted if one.plan):
        probes = [probe for one in wanted if one.plan == plan for probe in _probes(declared, one.machine)]
        part = structs.replace(_azure(spec, plan.name, plan.vault), kind="recovery-plan", plan=plan.name)
        yield _promised(structs.replace(part, probes=tuple(probes)), declared)
    for one in wanted:
        if one.plan is None:
            yield _promised(_alone(spec, one, declared), declared)


def _wanted(spec: DrillSpec, application: Application, machine: VmmVm, topology: Topology) -> Wanted:
    """How a machine comes back: as the application declares it, else in any way that there is."""
    replicas = _replicas(topology, machine.key) if spec.switch else []
    items = topology.where(ProtectedItem, "vm_id", machine.key) if spec.network else ()
    if replicas and (application.method == "hyperv-replica" or not items):
        return Wanted(machine=machine, replica=replicas[0])
    if not items:
        raise DrillError(f"{machine.name} of {application.name} has no copy that could come up in {spec.network_name}")
    plans = plans_of(topology, items[0].key)
    return Wanted(machine=machine, plan=plans[0] if plans else None, item=items[0])


def _alone(spec: DrillSpec, one: Wanted, declared: ApplicationSpec) -> DrillSpec:
    if one.replica is not None:
        probes = tuple(probe for probe in _probes(declared, one.machine, "heartbeat") if probe.kind != "run-command")
        return structs.replace(_replica(spec, one.replica), probes=probes)
    assert one.item is not None, "it has one of the three"  # noqa: S101 - see Wanted
    part = structs.replace(_azure(spec, one.item.name, one.item.vault), kind="protected-item", item=one.item.name)
    return structs.replace(part, probes=_probes(declared, one.machine))


def _probes(declared: ApplicationSpec, machine: VmmVm, default: str = "boot-time") -> tuple[ProbeSpec, ...]:
    """The application's own about this machine; else whether it has started at all."""
    own = [one for one in declared.probes if one.vm.lower() == machine.name.lower()]
    return tuple(own) or (ProbeSpec(kind=default, vm=machine.name),)


def _replicas(topology: Topology, vm_id: str) -> list[VmReplication]:
    return [one for one in topology.where(VmReplication, "vm_id", vm_id) if one.mode == "Replica"]


def _replica(spec: DrillSpec, replica: VmReplication) -> DrillSpec:
    return structs.replace(_part(spec, replica.name), kind="hyperv-replica", vm=replica.vm_id, switch=spec.switch)


def _azure(spec: DrillSpec, name: str, vault: str) -> DrillSpec:
    return structs.replace(_part(spec, name), vault=vault, network=spec.network, allowed_actions=spec.allowed_actions)


def _estimated(spec: DrillSpec, group: AvailabilityGroup) -> DrillSpec:
    return structs.replace(_part(spec, group.name), kind="availability-group", availability_group=group.key)


def _part(spec: DrillSpec, name: str) -> DrillSpec:
    safe = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-._")[:LONGEST_NAME]
    return DrillSpec(name=safe, kind="", seconds=spec.seconds, manual_actions=spec.manual_actions)


def _promised(part: DrillSpec, declared: ApplicationSpec) -> DrillSpec:
    return structs.replace(
        part, application=declared.name, rto_seconds=declared.rto_seconds, rpo_seconds=declared.rpo_seconds
    )
