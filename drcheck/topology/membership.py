"""Which application does a machine, a database or an availability group belong to?

A machine belongs to the application that names its id, else to one whose pattern its name matches, else by what VMM
and Site Recovery tell of it: its cloud, its tag, its recovery plan. Of several in one of these ways the first counts.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from fnmatch import translate
from operator import itemgetter

from msgspec import Struct

from drcheck.topology.base import Fact, Topology, Unknown, matches
from drcheck.topology.declared import Application
from drcheck.topology.plan_state import hollow_plans
from drcheck.topology.site_recovery import ProtectedItem, RecoveryPlan
from drcheck.topology.sql import AvailabilityGroup, AvailabilityReplica, DatabaseReplica, SqlDatabase
from drcheck.topology.vmm import Cloud, VmmVm


def application_of(topology: Topology, vm_id: str, name: str) -> Application | None:
    """The application a VM belongs to; ``None`` when nobody declared one.

    Raises:
        Unknown: an application has machines by cloud, tag or plan, and what would tell whether this is one of them was
            not read; or machines are claimed by their ids, and the id of this one is empty: nobody told it.
    """
    claims = topology.memo("claims", lambda: _Claims(topology))
    return claims.on(vm_id, name) if vm_id else claims.without_id(name)


def application_named(topology: Topology, name: str) -> Application | None:
    """The application whose pattern a name matches, for what has a name and no id: the host of a database, say."""
    return topology.memo("claims", lambda: _Claims(topology)).named(name)


def applications_of_database(topology: Topology, name: str) -> tuple[Application, ...]:
    """The applications that declare a database of this name, the most demanding tier first."""
    return topology.memo(("applications of database", name), lambda: _of_database(topology, name))


def _of_database(topology: Topology, name: str) -> tuple[Application, ...]:
    owners = (one for one in topology.seen(Application) if one.databases and matches(name, one.databases))
    return tuple(sorted(owners, key=lambda one: (one.tier, one.key)))


def applications_of_group(topology: Topology, group: str) -> tuple[Application, ...]:
    """Whose data an availability group was seen to hold: by its databases, else by the machines of its replicas."""
    return topology.memo(("applications of group", group), lambda: _of_group(topology, group))


def _of_group(topology: Topology, group: str) -> tuple[Application, ...]:
    known = topology.get(AvailabilityGroup, group)
    found = [one for name in (known.databases if known else ()) for one in applications_of_database(topology, name)]
    if not found:
        machines = (one.host.partition(".")[0] for one in topology.where(AvailabilityReplica, "group", group))
        found = [one for name in machines if (one := application_named(topology, name)) is not None]
    return tuple({one.key: one for one in found}.values())


def application_of_data(topology: Topology, fact: Fact) -> Application | None:
    """The one application that something of SQL Server belongs to, by its database or its availability group.

    ``None`` when none is declared, or when several share it.
    """
    if type(fact).ROLE != "sql":
        return None
    owners: tuple[Application, ...] = ()
    if isinstance(fact, DatabaseReplica | SqlDatabase):
        owners = applications_of_database(topology, fact.title)
    group = fact.key if isinstance(fact, AvailabilityGroup) else str(getattr(fact, "group", ""))
    if group and not owners:
        owners = applications_of_group(topology, group)
    return owners[0] if len(owners) == 1 else None


Machines = Iterator[tuple[str, str | None]]
"""Ids of VMs, each with the name that patterns are held against; ``None``: the source did not tell it."""


def _by_cloud(topology: Topology) -> Machines:
    for vm in topology.seen(VmmVm):
        cloud = topology.get(Cloud, vm.cloud_id) if vm.cloud_id else None
        if cloud is not None and not vm.is_recovery:
            yield vm.key, cloud.name


def _by_tag(topology: Topology) -> Machines:
    for vm in topology.seen(VmmVm):
        if not vm.is_recovery:
            yield vm.key, vm.tag


def _by_plan(topology: Topology) -> Machines:
    for plan in topology.seen(RecoveryPlan):
        for key in plan.items:
            item = topology.get(ProtectedItem, key)
            if item is not None and item.vm_id:
                yield item.vm_id, plan.name


class _Way(Struct, frozen=True, kw_only=True):
    """One of the wider ways to have machines: a field of ``Application``, and what tells who they are."""

    field: str
    kinds: tuple[type[Fact], ...]
    read: Callable[[Topology], Machines]


_WAYS = (
    _Way(field="clouds", kinds=(VmmVm, Cloud), read=_by_cloud),
    _Way(field="tags", kinds=(VmmVm,), read=_by_tag),
    _Way(field="plans", kinds=(RecoveryPlan, ProtectedItem), read=_by_plan),
)


class _Found(Struct, frozen=True, kw_only=True):
    """What one way found: members by VM id, machines it could not tell of, and why there may be more."""

    members: Mapping[str, Application]
    untold: frozenset[str]
    gap: str


class _Claims:
    """Which application claims a VM?"""

    def __init__(self, topology: Topology) -> None:
        applications = topology.seen(Application)
        self._ids = {vm_id: app for app in reversed(applications) for vm_id in app.vm_ids}
        # By what patterns begin with: asking each of a thousand applications in turn took most of a run.
        self._begun: dict[str, list[tuple[int, re.Pattern[str], Application]]] = {}
        for place, app in enumerate(applications):
            for pattern in map(str.lower, app.vm_names):
                begin = re.split(r"[*?\[]", pattern, maxsplit=1)[0]
                self._begun.setdefault(begin, []).append((place, re.compile(translate(pattern)), app))
        self._lengths = {len(begin) for begin in self._begun}
        self._known: dict[str, Application | None] = {}
        self._ways = tuple(_searched(topology, way, applications) for way in _WAYS if _used(way, applications))

    def without_id(self, name: str) -> Application | None:
        """The application that claims a VM of which nobody told the id."""
        found = self.named(name)
        if found is None and (self._ids or self._ways):
            raise Unknown(f"which application {name} belongs to is not known: nobody told which VM it is")
        return found

    def on(self, vm_id: str, name: str) -> Application | None:
        """The application that claims this VM."""
        found = self._ids.get(vm_id) or self.named(name)
        if found:
            return found
        for way in self._ways:
            if vm_id in way.members:
                return way.members[vm_id]
            if way.gap or vm_id in way.untold:
                raise Unknown(
                    f"which application {name or vm_id} belongs to is not known: {way.gap or 'no tag is told'}"
                )
        return None

    def named(self, name: str) -> Application | None:
        """The application with a pattern that this name matches."""
        try:
            return self._known[name]
        except KeyError:
            owner = self._known[name] = self._first_claim(name.lower())
            return owner

    def _first_claim(self, name: str) -> Application | None:
        claims = (claim for length in self._lengths for claim in self._begun.get(name[:length], ()))
        found = (claim for claim in claims if name and claim[1].match(name))
        return min(found, key=itemgetter(0), default=(0, None, None))[2]


def _used(way: _Way, applications: Sequence[Application]) -> bool:
    return any(getattr(one, way.field) for one in applications)


def _searched(topology: Topology, way: _Way, applications: Sequence[Application]) -> _Found:
    members: dict[str, Application] = {}
    untold: set[str] = set()
    owners: dict[str, Application | None] = {}
    for vm_id, name in way.read(topology):
        if name is None:
            untold.add(vm_id)
            continue
        if name not in owners:
            owners[name] = next((one for one in applications if matches(name, getattr(one, way.field))), None)
        owner = owners[name]
        if owner is not None and (vm_id not in members or owner.key < members[vm_id].key):
            members[vm_id] = owner
    return _Found(members=members, untold=frozenset(untold), gap=_unread(topology, way, applications))


def _unread(topology: Topology, way: _Way, applications: Sequence[Application]) -> str:
    """Why a machine that was not found in this way may be a member all the same."""
    for gap in (gap for kind in way.kinds for gap in topology.missing(kind)):
        return f"{gap.key}: {gap.reason}"
    for plan in hollow_plans(topology) if RecoveryPlan in way.kinds else ():
        if any(matches(plan, one.plans) for one in applications):
            return f"the plan {plan} was read without its groups"
    return ""
