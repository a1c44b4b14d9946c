"""One deployment of a drawn estate: a VMM server with its vault, its hosts, and the machines that run on them."""

from collections.abc import Iterator
from datetime import date
from itertools import cycle

from msgspec import Struct, field
from msgspec.structs import replace

from drcheck.topology.base import Fact
from drcheck.topology.drills import DrillProbe
from drcheck.topology.site_recovery import PlanAction
from tests import estate_facts as facts
from tests import estate_governed as governed
from tests import estate_names as names
from tests import estate_rehearsed as rehearsed
from tests import estate_vault as vault
from tests.estate_azure_ready import RUNBOOK
from tests.generated.shape import GROUP, REPLICA, App, Deployment
from tests.generated.template import template, written

ROOMY = (
    ('"10.0.1.0/24"', '"10.0.0.0/16"'),
    ('"limit":100', '"limit":100000'),
    ('"logical_processors":8,"memory_bytes":68719476736', '"logical_processors":8000,"memory_bytes":68719476736000'),
)
"""Subnets, quotas and hosts of the small estate are as small as it is."""
PHYSICAL = (f'"is_virtual":true,"vm_id":"{names.VMM_VM}"', '"is_virtual":false,"vm_id":""')
GROUPS, MACHINES = 5, 100
"""How many applications share a plan at most (each is a group of its own), and how many machines."""
PROMISED = {1: (14400, 900), 2: (28800, 3600), 3: (86400, 14400)}
"""RTO and RPO of each tier, in seconds."""
ALWAYS = "identity"
NAMESPACE = "\\\\contoso.lab\\scripts\\dns.ps1"
"""Where a script is when the VMM server stays at the site that is lost."""


class Member(Struct, frozen=True):
    """An application that Site Recovery protects: its machines and their items."""

    at: int
    app: App
    vm_ids: tuple[str, ...]
    items: tuple[str, ...]


class Copy(Struct):
    """A deployment under way, in the names of the small estate but for what there is more than one of."""

    number: int
    shape: Deployment
    facts: list[str] = field(default_factory=list)
    targets: list[str] = field(default_factory=list)
    steps: list[tuple[str, str]] = field(default_factory=list)
    """Actions of the recovery sequence, and what they are about."""
    machines: int = 0

    def add(self, part: str, *pairs: tuple[str, str], marks: tuple[str, str] = ("", "")) -> None:
        """Copy a part, or those of its facts and targets that mention something, under other names."""
        copied = template()[part].only(*marks).renamed(*pairs)
        self.facts += copied.facts
        self.targets += copied.targets

    def write(self, *made: Fact) -> None:
        """Add facts that were made."""
        self.facts += map(written, made)

    def machine(self, part: str, name: str, old: tuple[str, str], *pairs: tuple[str, str]) -> str:
        """Copy a machine whose id and name in the small estate are given; the answer is the copy's id."""
        self.machines += 1
        vm_id = f"{self.machines:08x}-0000-0000-0000-000000000001"
        self.add(part, (old[0], vm_id), (old[1], name), (old[1].lower(), name.lower()), *pairs)
        return vm_id

    def spots(self) -> Iterator[tuple[tuple[str, str], tuple[tuple[str, str], ...]]]:
        """Where machines go, round all hosts of the primary site: what their host and cloud are called."""
        return cycle(
            (_host("hv1", pair, node), _cloud(1 + (pair + node) % self.shape.clouds))
            for pair in range(1, self.shape.pairs + 1)
            for node in range(1, self.shape.nodes + 1)
        )


def deployed(number: int, shape: Deployment) -> Copy:
    """Everything of a deployment, but for what all of them share."""
    copy = Copy(number=number, shape=shape)
    copy.add("core", *ROOMY, *(() if shape.virtual else (PHYSICAL,)))
    copy.steps.append(("vmm", f"vmm{number:02}.lon.c{number}.lab"))
    for pair in range(1, shape.pairs + 1):
        _pair(copy, pair)
    for cloud in range(1, shape.clouds + 1):
        copy.add("cloud", *_cloud(cloud))
    if shape.virtual:
        copy.add("vmm")
    if shape.clustered:
        copy.add("role")
        copy.add("group")
    for group in range(1, shape.groups + 1):
        _group(copy, group)
    _machines(copy)
    return copy


def _pair(copy: Copy, pair: int) -> None:
    """A cluster over both sites, with so many hosts at each as the shape says."""
    mine = (*ROOMY, *_of_pair(pair))
    copy.add("pair", *mine)
    for node in range(2, copy.shape.nodes + 1):
        for host in ("hv1", "hv2"):
            marks = (f'"host":"{host}.', f'"endpoint":"{host}.')
            copy.add("pair", (f"{host}.", f"{host}n{node}."), (f'"{host}"', f'"{host}n{node}"'), *mine, marks=marks)


def _of_pair(pair: int) -> tuple[tuple[str, str], ...]:
    """What is called otherwise in each cluster; hosts keep what tells nodes apart."""
    if pair == 1:
        return ()
    hosts = ((host, f"p{pair}{host}") for host in ("hv1", "hv2"))
    return (*hosts, ("hvc", f"p{pair}hvc"), ("HVC", f"P{pair}HVC"), ("cluster-hv", f"cluster-p{pair}hv"))


def _host(host: str, pair: int, node: int) -> tuple[str, str]:
    """The name of a host instead of that of the small estate."""
    return f"{host}.", f"{f'p{pair}' if pair > 1 else ''}{host}{f'n{node}' if node > 1 else ''}."


def _cloud(cloud: int) -> tuple[tuple[str, str], ...]:
    if cloud == 1:
        return ()
    return (("cloud-gold", f"cloud-gold{cloud}"), ("containers/gold", f"containers/gold{cloud}"))


def _group(copy: Copy, group: int) -> None:
    """An availability group on a cluster of its own, and an application on it."""
    words = (("sql1", f"sql1g{group}"), ("sql2", f"sql2g{group}"), ("SQL1", f"SQL1G{group}"), ("SQL2", f"SQL2G{group}"))
    copy.add(
        "group", *words, ("sqlc", f"sqlcg{group}"), ("cluster-sql", f"cluster-sqlg{group}"),
        ("ag-0001", f"ag-0001g{group}"), ("ag-vmm", f"ag-app{group}"), ("AG-VMM", f"AG-APP{group}"),
        ("replica-l", f"replica-g{group}-l"), ("listener-vmm", f"listener-app{group}"),
        ("VirtualManagerDB", f"App{group}DB"),
    )  # fmt: skip
    name = f"grouped-{copy.number}-{group}"
    copy.write(
        facts.application(name, 1, method=GROUP, drill_method="restore-clone", drilled=date(2026, 11, 1)),
    )


def _machines(copy: Copy) -> None:
    """All machines but VMM's own, with the applications they belong to."""
    copy.write(facts.application(f"{ALWAYS}-{copy.number}", 1, f"D{copy.number}DC*", always_on=True, method="none"))
    spots = copy.spots()
    if copy.shape.controller:
        copy.machine("dc", f"D{copy.number}DC", (names.DC_VM, "DC01"), next(spots)[0])
    spare = [
        copy.machine("aux", f"D{copy.number}AUX{one}", (names.AUX_VM, "AUX01"), next(spots)[0])
        for one in range(copy.shape.spare)
    ]
    copy.write(*(governed.waiver(f"W-{copy.number}", subject=vm_id) for vm_id in spare[:1]))
    planned = []
    for at, app in _apps(copy):
        if app.method == REPLICA:
            _replicated(copy, at)
        else:
            planned.append(_protected(copy, at))
    _plans(copy, planned)


def _apps(copy: Copy) -> Iterator[tuple[int, App]]:
    """The applications, written down as they come."""
    last: App | None = None
    for at, app in enumerate(copy.shape.apps):
        wanted: tuple[str, ...] = (f"{ALWAYS}-{copy.number}",)
        # People bring back what Hyper-V Replica protects, and that before any plan runs.
        if app.needs and last and last.tier <= app.tier and (app.method != REPLICA or last.method == REPLICA):
            wanted = (*wanted, _called(copy, at - 1))
        rto, rpo = PROMISED[app.tier]
        given = {"method": app.method, "depends_on": wanted, "rto_seconds": rto, "rpo_seconds": rpo}
        copy.write(facts.application(_called(copy, at), app.tier, f"D{copy.number}A{at}-*", **given))
        copy.write(rehearsed.duty(_called(copy, at), switchover_seconds=None))
        last = app
        yield at, app


def _called(copy: Copy, at: int) -> str:
    return f"app-{copy.number}-{at}"


def _replicated(copy: Copy, at: int) -> None:
    """Machines that Hyper-V Replica protects, and a step of people who bring them back."""
    vm_ids = []
    for one in range(copy.shape.apps[at].vms):
        pair = 1 + one % copy.shape.pairs
        name = f"D{copy.number}A{at}-{one:04}"
        vm_ids.append(copy.machine("file", name, (names.FILE_VM, "FILE01"), *_of_pair(pair)))
    copy.steps.append(("manual", _called(copy, at)))
    _drill(copy, _called(copy, at), vm_ids[0], vm_ids, [at])


def _drill(copy: Copy, name: str, target: str, vm_ids: list[str], apps: list[int]) -> None:
    """A drill that was green, and was signed: one machine of each application was probed."""
    probes = tuple(
        DrillProbe(name="service", target=f"D{copy.number}A{at}-0000", mandatory=True, green_seconds=30.0)
        for at in apps
    )
    kind = "recovery-plan" if target.startswith("/") else "hyperv-replica"
    record = facts.record(f"drill-{name}", target, *vm_ids, scenarios=("site-loss",), probes=probes, drill_kind=kind)
    copy.write(replace(record, rto_seconds=60.0), rehearsed.review(record.key, executors=("A. Nother",)))
    copy.write(rehearsed.change_of(f"CHG-{name}", applications=tuple(_called(copy, at) for at in apps)))


def _protected(copy: Copy, at: int) -> Member:
    """Machines that Site Recovery protects."""
    app, spots = copy.shape.apps[at], copy.spots()
    vm_ids, items = [], []
    for one in range(app.vms):
        name, (host, cloud) = f"D{copy.number}A{at}-{one:04}", next(spots)
        item = f"/items/{name.lower()}"
        given = (host, ("/items/web", item), *cloud, *_pinned(copy.machines))
        vm_ids.append(copy.machine("web", name, (names.WEB_VM, "PAY-WEB01"), *given))
        container = names.CONTAINER
        for old, new in cloud:
            container = container.replace(old, new)
        items.append(container + item)
    return Member(at, app, tuple(vm_ids), tuple(items))


def _pinned(number: int) -> tuple[tuple[str, str], ...]:
    """Every third machine keeps an address that was chosen for it."""
    return (
        ()
        if number % 3
        else (('"target_address":""', f'"target_address":"10.0.{2 + number // 200}.{4 + number % 200}"'),)
    )


def _actions(copy: Copy, name: str, at: int) -> tuple[PlanAction, ...]:
    """A script; in other plans a runbook or a question besides, which is a step of its own."""
    script = vault.action() if copy.shape.virtual else vault.action(detail=NAMESPACE)
    if at % 3 == 1:
        copy.steps.append(("manual", f"confirm {name}"))
        return (script, vault.action(name=f"confirm {name}", action_type="ManualActionDetails", detail="Ask the desk."))
    if at % 3 == 2:
        return (script, vault.action(name="warm up", action_type="AutomationRunbookActionDetails", detail=RUNBOOK))
    return (script,)


def _plans(copy: Copy, members: list[Member]) -> None:
    """Recovery plans for the applications in their order, with a drill of each."""
    plans: list[list[Member]] = []
    for member in members:
        room = bool(plans) and len(plans[-1]) < GROUPS
        if member.app.joins and room and sum(one.app.vms for one in (*plans[-1], member)) <= MACHINES:
            plans[-1].append(member)
        else:
            plans.append([member])
    for at, held in enumerate(plans):
        name = f"rp-{copy.number}-{at}"
        key = f"{names.VAULT}/plans/{name}"
        vm_ids = [vm_id for member in held for vm_id in member.vm_ids]
        actions = _actions(copy, name, at)
        copy.write(vault.plan(key, name, *(member.items for member in held), actions=actions))
        _drill(copy, name, key, vm_ids, [member.at for member in held])
        copy.steps.append(("plan", name))
