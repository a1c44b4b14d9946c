"""Faults of what was declared, drilled and planned, and of VMM servers on a cluster."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from msgspec.structs import replace

from drcheck.topology.cluster import ClusterNode
from drcheck.topology.declared import Application, DeclaredScenario, DeclaredWaiver, SequenceStep
from drcheck.topology.drills import DrillRecord, DrillReview
from drcheck.topology.site_recovery import ProtectedItem, RecoveryPlan
from drcheck.topology.site_recovery_state import RecoveryProvider
from drcheck.topology.sql import AvailabilityReplica
from drcheck.topology.sql_objects import AgListener
from drcheck.topology.vmm import VmmServer, VmmVm
from drcheck.topology.vmm_fabric import VmmNode
from tests import estate_facts as facts
from tests import estate_vault as vault
from tests.estates import ago, seen
from tests.generated.fault import Drawn, Edits, Fault, Seeded, edited, judged, of, simple
from tests.generated.kinship import needed, owner, undrilled
from tests.generated.shape import GROUP, REPLICA

APPS = of(Application, lambda app: not app.always_on)


def stale_drill(drawn: Drawn, record: DrillRecord) -> Seeded:
    """The only drill of some machines was held long ago."""
    apps = {owner(drawn, drawn.get(VmmVm, vm_id).name).key for vm_id in record.vm_ids}
    found = judged("DR-DRL-001", *apps) | judged("DR-DRL-103", *apps)
    if len(drawn.all(DrillRecord)) == 1:
        found |= judged("DR-DRL-008", "site-loss")
    changed = edited(record, started=ago(days=400, hours=1), finished=ago(days=400))
    return Seeded(edits=changed, expects=found, claims=frozenset({"drills", record.target}))


def slow_drill(drawn: Drawn, record: DrillRecord) -> Seeded:
    """A newer drill took more than half of the RTO of tier 1."""
    made = replace(record, key=f"{record.key}-2", started=ago(days=2), finished=ago(days=1), rto_seconds=7300.0)
    owners = {owner(drawn, drawn.get(VmmVm, vm_id).name) for vm_id in record.vm_ids}
    found = judged("DR-DRL-006", *(app.key for app in owners if app.tier == 1))
    claims = frozenset({"recovery time", "drills", *(app.key for app in owners)})
    signed = replace(drawn.get(DrillReview, record.key), key=made.key, reviewed=ago(days=1).date())
    edits: Edits = {(DrillRecord, made.key): made, (DrillReview, made.key): signed}
    return Seeded(edits=edits, expects=found, claims=claims)


def of_plans(drawn: Drawn) -> list[DrillRecord]:
    """Drills of plans with machines of tier 1."""
    records = [one for one in drawn.all(DrillRecord) if "/plans/" in one.target]
    return [one for one in records if any(owner(drawn, drawn.get(VmmVm, vm).name).tier == 1 for vm in one.vm_ids)]


def untried(drawn: Drawn, site: object) -> Seeded:
    made = DeclaredScenario(key="link-loss", seen=seen("estate"), name="link-loss")
    return Seeded(edits={(DeclaredScenario, made.key): made}, expects=judged("DR-DRL-008", made.key))


def too_quick(drawn: Drawn, app: Application) -> Seeded:
    """Less time is promised than any step takes, and than clients remember where any listener is."""
    listeners = (f"name:{one.name}" for one in drawn.all(AgListener))
    found = judged("DR-PLN-010", app.key) | judged("DR-DRL-002", app.key) | judged("DR-IDN-003", *listeners)
    return Seeded(edits=edited(app, rto_seconds=1), expects=found, claims=frozenset({"recovery time"}))


def independent(drawn: Drawn) -> list[Application]:
    """Applications that need nothing but the directory, and are brought back by a step."""
    return [app for app in APPS(drawn) if app.method != GROUP and len(app.depends_on) == 1]


def reversed_plan(drawn: Drawn, plan: RecoveryPlan) -> Seeded:
    boots = plan.groups[2:]
    groups = (*plan.groups[:2], *reversed(boots))
    return Seeded(edits=edited(plan, groups=groups), expects=judged("DR-PLN-004", plan.key) | undrilled(drawn, plan))


def chained(drawn: Drawn) -> list[RecoveryPlan]:
    """Plans of which a group needs the one before it."""
    return [plan for plan in drawn.all(RecoveryPlan) if any(_links(drawn, plan))]


def _links(drawn: Drawn, plan: RecoveryPlan) -> Iterator[bool]:
    for first, second in pairwise(_apps(drawn, plan)):
        yield first.name in second.depends_on


def _apps(drawn: Drawn, plan: RecoveryPlan) -> list[Application]:
    """The application of each group."""
    return [owner(drawn, drawn.get(ProtectedItem, group.items[0]).name) for group in plan.groups if group.items]


def contradicted(drawn: Drawn, plan: RecoveryPlan) -> Seeded:
    """A second plan holds the machines the other way round."""
    boots = [group.items for group in plan.groups if group.items]
    made = vault.plan(f"{plan.key}-later", f"{plan.name}-later", *reversed(boots))
    made = replace(made, seen=plan.seen, vault=plan.vault)
    step = facts.step(900, "plan", made.name, minutes=1)
    found = judged("DR-PLN-101", plan.key, made.key)
    return Seeded(edits={(RecoveryPlan, made.key): made, (SequenceStep, step.key): step}, expects=found)


def loose(drawn: Drawn) -> list[RecoveryPlan]:
    """Plans with groups that need nothing of each other, and that no other plan needs."""
    several = [plan for plan in drawn.all(RecoveryPlan) if sum(bool(group.items) for group in plan.groups) > 1]
    others = needed(drawn)
    return [plan for plan in several if not others & {app.name for app in _apps(drawn, plan)}]


def on_group(drawn: Drawn, plan: RecoveryPlan) -> Seeded:
    """An application of a plan needs an availability group, and nothing moves that before."""
    first = next(group.items[0] for group in plan.groups if group.items)
    app = owner(drawn, drawn.get(ProtectedItem, first).name)
    group = drawn.all(Application, method=GROUP)[0]
    changed = edited(app, depends_on=(*app.depends_on, group.name))
    return Seeded(edits=changed, expects=judged("DR-PLN-005", plan.key))


def beside_groups(drawn: Drawn) -> list[RecoveryPlan]:
    """Plans with machines, where some application is on an availability group."""
    return [plan for plan in drawn.all(RecoveryPlan) if plan.items and drawn.all(Application, method=GROUP)]


def not_by_hand(drawn: Drawn, step: SequenceStep) -> Seeded:
    server = next(one for one in drawn.all(VmmServer) if one.host == step.target)
    return Seeded(edits=edited(step, manual=False), expects=judged("DR-VMM-005", server.key))


def off(drawn: Drawn, vm: VmmVm) -> Seeded:
    return Seeded(edits=edited(vm, status="PowerOff"), expects=judged("DR-GOV-105", f"vm:{vm.key}@{vm.host}"))


def clustered(drawn: Drawn) -> list[VmmServer]:
    """Highly available VMM servers."""
    return drawn.all(VmmServer, highly_available=True)


def on(drawn: Drawn, server: VmmServer, machine: str) -> Edits:
    """The server's database is on a machine, in each place where that is written."""
    nodes = [drawn.get(VmmNode, host) for host in server.nodes]
    changed = edited(server, database_server=machine, registry_database_server=machine)
    return changed | edited(*nodes, database_server=machine, database_machine=machine)


def by_machine(drawn: Drawn, server: VmmServer) -> Seeded:
    """VMM asks for a machine instead of the listener."""
    listener = drawn.all(AgListener, name=server.database_server)[0]
    primary = next(one for one in drawn.all(AvailabilityReplica, group=listener.group) if one.role == "PRIMARY")
    return Seeded(edits=on(drawn, server, primary.host), expects=judged("DR-SQL-002", server.key))


def on_no_group(drawn: Drawn, server: VmmServer) -> Seeded:
    machine = f"sql9.{server.host.partition('.')[2]}"
    return Seeded(edits=on(drawn, server, machine), expects=judged("DR-SQL-001", server.key))


def half_down(drawn: Drawn, server: VmmServer) -> Seeded:
    """The only node of VMM's cluster at a site is down."""
    node = next(one for one in drawn.all(ClusterNode, host=server.nodes[1]))
    found = judged("DR-VHA-001", server.key) | judged("DR-CLU-001", node.cluster) | judged("DR-CLU-003", node.cluster)
    return Seeded(edits=edited(node, state="Down"), expects=found)


def registered_node(drawn: Drawn, server: VmmServer) -> Seeded:
    """The provider of a highly available server is registered under a node's name."""
    provider = next(one for one in drawn.all(RecoveryProvider) if one.name.split(".")[2:] == server.host.split(".")[2:])
    nodes = [drawn.get(VmmNode, host) for host in server.nodes]
    changed = edited(provider, name=server.host) | edited(*nodes, asr_provider_version=provider.version)
    return Seeded(edits=changed, expects=judged("DR-VHA-004", server.key))


FAULTS: Sequence[Fault] = (
    Fault("drill long ago", frozenset({"DR-DRL-001"}), of(DrillRecord), stale_drill),
    Fault("drill slower", frozenset({"DR-DRL-006"}), of_plans, slow_drill),
    Fault("scenario never drilled", frozenset({"DR-DRL-008"}), lambda _: [None], untried),
    simple("application of nobody", APPS, "DR-GOV-001", owner=""),
    simple("waiver signed by its owner", of(DeclaredWaiver), "DR-GOV-002", approver=lambda one: one.owner),
    simple(
        "need that nobody declared",
        of(Application, lambda app: app.method in (REPLICA, GROUP)),
        "DR-GOV-101",
        depends_on=("ghost",),
    ),
    Fault("sources disagree", frozenset({"DR-GOV-105"}), of(VmmVm), off),
    Fault("promise too short", frozenset({"DR-PLN-010"}), independent, too_quick),
    Fault("plan the wrong way round", frozenset({"DR-PLN-004"}), chained, reversed_plan),
    Fault("plans contradict each other", frozenset({"DR-PLN-101"}), loose, contradicted),
    Fault("database not brought over", frozenset({"DR-PLN-005"}), beside_groups, on_group),
    simple("group never rehearsed", of(Application, lambda app: app.method == GROUP), "DR-SQL-010", drilled=None),
    Fault("VMM not by hand", frozenset({"DR-VMM-005"}), of(SequenceStep, lambda one: one.action == "vmm"), not_by_hand),
    Fault("database by its machine", frozenset({"DR-SQL-002"}), clustered, by_machine),
    Fault("database on no group", frozenset({"DR-SQL-001"}), clustered, on_no_group),
    Fault("half of VMM's cluster down", frozenset({"DR-VHA-001"}), clustered, half_down),
    Fault("provider under a node's name", frozenset({"DR-VHA-004"}), clustered, registered_node),
)
