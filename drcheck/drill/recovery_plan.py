"""Can a recovery plan bring its machines up in Azure? A test failover of the plan into an isolated virtual network.

Sources: Microsoft, REST reference of Site Recovery 2025-08-01 (plan test failover and its clean-up), and "Test
failover to Azure". The job's own times leave out what happens in the guest: only a probe says that it is ready.
"""

from collections.abc import Callable, Mapping
from datetime import datetime

from drcheck.discovery.driver.reach import arm_endpoint
from drcheck.drill import Context, Failover, ProbeResult, azure_calls, probe_refusals
from drcheck.drill.azure_far_side import Azure
from drcheck.drill.azure_probes import Probes
from drcheck.drill.isolation import action_leaks, edge_leaks, network_leaks
from drcheck.drill.journal import Journal, Record
from drcheck.drill.measurement import Moment, recovery_point, recovery_time
from drcheck.drill.timeline import Timeline
from drcheck.drill.waiting import STEADY_SECONDS, Waits, insist, looks
from drcheck.errors import (
    AccessDenied,
    AuthenticationFailed,
    DrillError,
    DrillFailed,
    QueryFailed,
    Throttled,
    TransportError,
)
from drcheck.estate import DrillSpec
from drcheck.topology.base import Target, Topology, Unknown
from drcheck.topology.declared import SequenceStep
from drcheck.topology.drills import PlanState
from drcheck.topology.isolation import TELLING
from drcheck.topology.plan_state import plan_state
from drcheck.topology.site_recovery import ProtectedItem, RecoveryPlan
from drcheck.topology.subscriptions import subscriptions_of
from drcheck.transport.arm_job import Job
from drcheck.verdict import Measurement, Subject

KIND = "recovery-plan"
TEST = "site-recovery.test-failover"
PROBES = ("run-command",)
ARM_CALLS = (*azure_calls.READS, *azure_calls.ACTIONS)
CLEAN_UP = f"{TEST}.clean-up"
CLEAN_UP_SECONDS = 1800.0
BEGINS_SECONDS = 60.0
"""How long after a request without an answer the service may still show nothing of it."""
ATTEMPTS = 3
REFUSALS = (QueryFailed, AuthenticationFailed, AccessDenied, Throttled)
"""Answers that say that nothing was begun."""


def prepare(spec: DrillSpec, context: Context) -> Failover:
    """Find the one recovery plan that the specification names, by vault and name."""
    found = [
        plan
        for plan in context.topology.seen(RecoveryPlan)
        if plan.name.lower() == spec.plan.lower() and plan.vault == spec.vault
    ]
    if len(found) != 1:
        raise DrillError(f"vault {spec.vault} has {len(found)} recovery plans named {spec.plan}; exactly one is needed")
    return RecoveryPlanTest(spec, context, plan_id=found[0].key, vault=found[0].vault, name=found[0].name)


def resume(identity: Mapping[str, str], context: Context) -> Failover:
    """The plan that a journal names."""
    return RecoveryPlanTest(None, context, plan_id=identity["plan"], vault=identity["vault"], name=identity["name"])


def _state_of(topology: Topology, plan: RecoveryPlan) -> PlanState | None:
    try:
        return plan_state(topology, plan)
    except Unknown:
        return None  # the record then says nothing of the plan, and the check of it is UNKNOWN


class RecoveryPlanTest:
    """The test failover of one recovery plan."""

    def __init__(self, spec: DrillSpec | None, context: Context, *, plan_id: str, vault: str, name: str) -> None:
        self._spec = spec
        self._context = context
        self.plan_id = plan_id
        self.vault = vault
        self._name = name
        client = azure_calls.DrillArm(arm_endpoint(context.estate), now=context.now)
        self._azure = Azure(client=client, vault=vault, now=context.now, wait=context.wait)
        self._points: tuple[datetime, ...] = ()
        self._state: PlanState | None = None
        self._requested = context.now()

    @property
    def subject(self) -> Subject:
        """The recovery plan."""
        return Subject(kind="recovery plan", key=self.plan_id, name=self._name)

    def vm_ids(self) -> tuple[str, ...]:
        """Hyper-V ids of the plan's machines."""
        return tuple(sorted(item.vm_id for item in self._items(self._context.topology) if item.vm_id))

    def identity(self) -> dict[str, str]:
        """Plan and vault, by ARM id."""
        return {"plan": self.plan_id, "vault": self.vault, "name": self._name}

    def leaks(self) -> tuple[str, ...]:
        """The network's edges and the plan's actions, read now."""
        topology = self._look()
        plan = self._plan(topology)
        self._state = _state_of(topology, plan)
        return (
            *network_leaks(topology, self._given.network),
            *action_leaks(plan, self._given.allowed_actions),
        )

    def leaks_meanwhile(self) -> tuple[str, ...]:
        """The network's edges and who is in it, without reading the vault again."""
        where = tuple(subscriptions_of(self._given.network.lower()))
        return edge_leaks(self._context.look(where, TELLING), self._given.network)

    def plan_state(self) -> PlanState | None:
        """The plan with its machines' networks as last looked at; ``None`` when part of it could not be read."""
        return self._state

    def refusals(self) -> tuple[str, ...]:
        """Probes that could prove nothing, and Site Recovery's own word on which machines allow a test failover now."""
        items = self._items(self._look())
        if not items:
            return ("it has no machines",)
        unable = probe_refusals(self._given, PROBES)
        names = {item.name.lower() for item in items}
        absent = [probe.vm for probe in self._given.probes if probe.vm.lower() not in names]
        if unable or absent:
            return unable or (f"it has no machine {', '.join(absent)} to probe",)
        return tuple(
            f"{item.name} does not allow TestFailover ({item.state_description or item.protection_state}; allowed: "
            f"{', '.join(item.allowed_operations) or 'nothing'})"
            for item in items
            if "TestFailover" not in item.allowed_operations
        )

    def take_lease(self, drill: str, expires: datetime) -> str:
        """Azure offers no lease on a plan; the service runs one operation per machine at a time."""
        del drill, expires
        return "not exclusive: there is no lease in Azure; Site Recovery runs one operation per machine at a time"

    def release_lease(self, drill: str) -> None:
        """Nothing was taken."""

    def mirror(self, drill: str) -> Callable[[str], None] | None:
        """There is no second place next to a plan; the journal file itself is the only copy."""
        del drill
        return None

    def inventory(self) -> frozenset[str]:
        """Machines, interfaces and disks of the vault's subscription."""
        return self._azure.inventory()

    def execute(self, journal: Journal, timeline: Timeline) -> tuple[ProbeResult, ...]:
        """Request the test failover of the plan, follow its job, probe the machines it made."""
        before = self._azure.job_of(self.plan_id)
        probes = self._probes()
        journal.write("intent", TEST, plan=self.plan_id, network=self._given.network, job_before=before)
        self._requested = timeline.request()
        with timeline.phase("failover"):
            done = self._follow(self._start(journal), timeline, probes)
        self._points = tuple(one.recovery_point.at for one in done.machines if one.recovery_point.at is not None)
        with timeline.phase("probes"):
            probes.confirm(done, self._requested)
            probes.finish(self._given.seconds, self._context.wait)
        for step in self._human_steps():
            timeline.declare(f"{step.action} {step.target} (declared, {step.owner})", step.minutes * 60)
        return probes.results(timeline)

    def measurements(self, drill: str, timeline: Timeline) -> tuple[Measurement, ...]:
        """RTO from the last mandatory probe; RPO from the oldest recovery point any machine was made from."""
        if timeline.requested is None or timeline.ready is None:
            return ()
        rto = recovery_time(
            subject=self.subject,
            drill=drill,
            started=timeline.requested,
            ready=timeline.ready,
            phases=timeline.counted,
            target_seconds=self._given.rto_seconds,
        )
        if not self._points:
            raise DrillFailed(
                f"the test failover job of {self._name} names no recovery point: what was recovered has no known age"
            )
        oldest = min(self._points)
        rpo = recovery_point(
            subject=self.subject,
            drill=drill,
            started=timeline.requested,
            point=Moment(after=oldest, by=oldest),
            clock_uncertainty=self._azure.clock_uncertainty,
            target_seconds=self._given.rpo_seconds,
        )
        return (rto, rpo)

    def clean_up(self, journal: Journal) -> None:
        """Wait for the test failover of this drill to end, and have the service remove what it made."""
        intent = journal.announced(TEST)
        if intent is None:
            return
        job = str(journal.effect(TEST).get("job", "")) or self._begun(intent, journal)
        if job:
            self._remove(job, journal)
        journal.write("undone", CLEAN_UP)
        journal.write("undone", TEST)

    def _start(self, journal: Journal) -> str:
        try:
            job = self._azure.start_plan_test(self.plan_id, self._given.network)
        except REFUSALS as refused:
            journal.write("undone", TEST, refused=str(refused))
            raise
        journal.write("effect", TEST, job=job)
        return job

    def _begun(self, intent: Record, journal: Journal) -> str:
        """The job of a request whose answer was lost; empty when the service never took it."""
        passed = (self._context.now() - datetime.fromisoformat(intent.at)).total_seconds()
        for _ in looks(self._context.wait, max(0.0, BEGINS_SECONDS - passed)):
            found = insist(self._context.wait, lambda: self._azure.job_of(self.plan_id))
            if found and found != intent.data.get("job_before"):
                journal.write("effect", TEST, job=found)
                return found
        return ""

    def _remove(self, job: str, journal: Journal) -> None:
        """Ask for the clean-up and believe what is there, not what was answered; ask again only for what is there."""
        problem = "it was never asked for"
        for attempt in range(ATTEMPTS + 1):
            self._azure.settle(self.plan_id, job, CLEAN_UP_SECONDS)
            if not insist(self._context.wait, lambda: self._azure.needs_clean_up(self._plan_items())):
                return
            if attempt < ATTEMPTS:
                problem = self._ask_clean_up(journal)
        raise DrillFailed(f"test machines of {self._name} are still there: the clean-up {problem}")

    def _ask_clean_up(self, journal: Journal) -> str:
        """Ask once and follow; returns what is known of its end."""
        journal.write("intent", CLEAN_UP, plan=self.plan_id)
        try:
            job = self._azure.start_plan_clean_up(self.plan_id)
            journal.write("effect", CLEAN_UP, job=job)
            done = self._azure.finish(job, CLEAN_UP_SECONDS)
        except (TransportError, QueryFailed) as error:
            self._context.wait(STEADY_SECONDS)
            return f"met {error}"
        return f"ended {done.state}: {'; '.join(done.problems)}"

    @property
    def _given(self) -> DrillSpec:
        if self._spec is None:
            raise DrillError("a resumed drill can only be cleaned up")
        return self._spec

    def _look(self) -> Topology:
        """The vault, its subscription, and that of the drill network: isolation is judged where the network is."""
        network = self._spec.network.lower() if self._spec else ""
        return self._context.look((Target(role="vault", endpoint=self.vault), *subscriptions_of(self.vault, network)))

    def _plan(self, topology: Topology) -> RecoveryPlan:
        for plan in topology.all(RecoveryPlan, f"vault:{self.vault}"):
            if plan.key == self.plan_id:
                return plan
        raise DrillError(f"the vault does not hold the recovery plan {self._name} any more")

    def _items(self, topology: Topology) -> tuple[ProtectedItem, ...]:
        wanted = self._plan(topology).items
        found = tuple(item for item in topology.all(ProtectedItem, f"vault:{self.vault}") if item.key in wanted)
        if len(found) != len(wanted):
            raise DrillError(
                f"recovery plan {self._name} names {len(wanted)} machines; the vault knows {len(found)} of them"
            )
        return found

    def _plan_items(self) -> tuple[str, ...]:
        return tuple(item.key for item in self._items(self._look()))

    def _probes(self) -> Probes:
        items = {item.name.lower(): item.key for item in self._items(self._context.topology)}
        return Probes(self._azure, self._given.probes, items, self._context.now)

    def _follow(self, name: str, timeline: Timeline, probes: Probes) -> Job:
        """The job once it has ended; its machines are probed meanwhile, a manual action is confirmed and counted."""
        job = self._end_of(name, timeline, probes)
        if not (job.succeeded or job.waits_for == "WaitingForStopTestFailover"):
            raise DrillFailed(f"the test failover of {self._name} ended {job.state}: {'; '.join(job.problems)}")
        return job

    def _end_of(self, name: str, timeline: Timeline, probes: Probes) -> Job:
        for _ in Waits(self._context.now, self._context.wait, self._given.seconds, f"job {name}", probes.pause):
            job = self._azure.job(name)
            if job.waits_for == "WaitingForManualAction":
                with timeline.phase("manual action, confirmed by drcheck"):
                    self._azure.resume(name)
            elif job.ended or job.waits_for:
                return job
            probes.look()
        raise AssertionError("the wait ends by itself")

    def _human_steps(self) -> tuple[SequenceStep, ...]:
        steps = self._context.topology.seen(SequenceStep)
        return tuple(step for step in steps if step.manual and step.action == "plan" and step.target == self._name)
