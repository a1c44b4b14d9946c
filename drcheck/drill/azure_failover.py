"""What is the same in every test failover to Azure? It is asked for once, followed by its job, probed and removed.

Sources: Microsoft, REST reference of Site Recovery 2025-08-01 (test failover and its clean-up), and "Test failover to
Azure". The job's own times leave out what happens in the guest: only a probe says that it is ready.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import ClassVar

from msgspec import structs

from drcheck.discovery.driver.reach import arm_endpoint
from drcheck.drill import Context, Prober, ProbeResult, probe_refusals
from drcheck.drill.azure import announced, calls
from drcheck.drill.azure.begun import begun
from drcheck.drill.azure.far_side import Azure
from drcheck.drill.azure.guest import INLINE, machine_of
from drcheck.drill.azure.job_times import job_details
from drcheck.drill.azure.lease_store import key_of
from drcheck.drill.azure.leases import MachineLeases, leases_again, leases_for
from drcheck.drill.azure.manual_actions import MANUAL, ManualActions
from drcheck.drill.azure.orders import Orders
from drcheck.drill.azure.places import CopyPlaces
from drcheck.drill.azure.probes import Probes
from drcheck.drill.guest.asked import known_kinds, script_problems
from drcheck.drill.isolation.canary import canaries_in
from drcheck.drill.isolation.configuration import edge_leaks, network_leaks
from drcheck.drill.journal import Journal, Record
from drcheck.drill.planning.announcement import Announced, Load
from drcheck.drill.sentinels import clocks_asked, compare_clocks
from drcheck.drill.timing.figures import figures
from drcheck.drill.timing.losses import losses_of, with_applications
from drcheck.drill.timing.timeline import FAILOVER, Timeline
from drcheck.drill.timing.waiting import STEADY_SECONDS, Waits, insist
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
from drcheck.topology.base import Fact, Target, Topology
from drcheck.topology.declared import SequenceStep
from drcheck.topology.drills import DrilledPlan
from drcheck.topology.isolation import TELLING
from drcheck.topology.site_recovery import NetworkMapping, ProtectedItem, RecoveryPlan, Vault
from drcheck.topology.subscriptions import subscriptions_of
from drcheck.transport.arm_job import Job
from drcheck.verdict import Measurement, Subject

TEST = "site-recovery.test-failover"
PROBES = (INLINE, *known_kinds())
CLEAN_UP = f"{TEST}.clean-up"
CLEAN_UP_SECONDS = 1800.0
MEMBERS: tuple[type[Fact], ...] = (RecoveryPlan, ProtectedItem)
"""What tells which machines a plan has."""
SEEN_AGAIN: tuple[type[Fact], ...] = (*MEMBERS, Vault, NetworkMapping, *TELLING)
"""What is read again and again, with what leads to networks; the rest that discovery reads takes too long."""
ATTEMPTS = 3
TESTABLE = "TestFailover"
REFUSALS = (QueryFailed, AuthenticationFailed, AccessDenied, Throttled)
"""Answers that say that nothing was begun."""


class AzureFailover(ABC):
    """The test failover of one thing in a vault, be it one machine or many.

    Args:
        spec: the drill; ``None`` for one that is resumed, which can only be cleaned up.
        context: what it works with.
        target: ARM id of what is failed over, lower case.
        vault: ARM id of its vault.
        name: what people call it.
        journal: what ``identity`` gave, for one that is resumed.
    """

    KEY: ClassVar[str]
    """Under which name a journal holds the ARM id."""

    def __init__(
        self,
        spec: DrillSpec | None,
        context: Context,
        *,
        target: str,
        vault: str,
        name: str,
        journal: Mapping[str, str] | None = None,
    ) -> None:
        self._spec = spec
        self._context = context
        self.target = target
        self.vault = vault
        self._name = name
        client = calls.DrillArm(arm_endpoint(context.estate), now=context.now)
        places = CopyPlaces.of(vault, () if spec is None else self._items(context.topology))
        self._azure = Azure(client=client, vault=vault, now=context.now, wait=context.wait, places=places)
        self._orders = self._make_orders(self._azure)
        self._journal = journal
        self._requested = context.now()

    @property
    @abstractmethod
    def subject(self) -> Subject:
        """What is recovered."""

    def identity(self) -> dict[str, str]:
        """What another process needs to find it again: ids in Azure, and the leases."""
        return {self.KEY: self.target, "vault": self.vault, "name": self._name, **self._leases.identity()}

    @abstractmethod
    def _make_orders(self, azure: Azure) -> Orders:
        """How it is asked for."""

    @abstractmethod
    def _items(self, topology: Topology) -> tuple[ProtectedItem, ...]:
        """The machines that it brings up; ``DrillError`` when the vault does not know all of them."""

    def _own_leaks(self, topology: Topology) -> Iterator[str]:
        """What could reach production besides the network."""
        del topology
        return iter(())

    def _is_step(self, step: SequenceStep) -> bool:
        """Is it a person's step of this very recovery?"""
        del step
        return False

    def _manual(self) -> tuple[str, ...]:
        """Names of the actions at which it waits for a person."""
        return ()

    def loads(self) -> tuple[Load, ...]:
        """Its machines."""
        items = tuple(sorted(item.key for item in self._items(self._context.topology)))
        return (Load(machines=len(items), vault=self.vault, items=items, network=self._given.network.lower()),)

    def announced(self) -> Announced:
        """Every call of the drill."""
        aim = announced.Aim(
            target=self.target,
            vault=self.vault,
            items=self._items(self._context.topology),
            judged=self._places(),
            watched=tuple(subscriptions_of(self._given.network.lower())),
            seen=SEEN_AGAIN,
            members=MEMBERS,
            telling=TELLING,
            leases=self._leases,
            clocks=clocks_asked(self._given, self._context.topology, self._machines()),
            manual=self._manual(),
            human=self._human_steps(),
        )
        return announced.announced(self._given, aim)

    @cached_property
    def _leases(self) -> MachineLeases:
        if self._journal is not None:
            return leases_again(self._journal, self._context)
        return leases_for(self._items(self._context.topology), self._context)

    def plans(self) -> tuple[DrilledPlan, ...]:
        """See ``Failover``."""
        return ()

    def declared(self) -> DrillSpec:
        """As it was given."""
        return self._given

    def vm_ids(self) -> tuple[str, ...]:
        """Hyper-V ids of its machines."""
        return tuple(sorted(item.vm_id for item in self._items(self._context.topology) if item.vm_id))

    def leaks(self) -> tuple[str, ...]:
        """The network's edges and its own, read now."""
        topology = self._look()
        return (*network_leaks(topology, self._given.network), *self._own_leaks(topology))

    def leaks_meanwhile(self) -> tuple[str, ...]:
        """The network's edges and who is in it, without reading the vault again."""
        before, where = self._context.topology, tuple(subscriptions_of(self._given.network.lower()))
        return edge_leaks(self._context.look(where, TELLING), self._given.network, before, self._items(before))

    def canaries(self) -> tuple[Prober, ...]:
        """Who stands in the virtual network."""
        return canaries_in(self._context, self._given.network)

    def refusals(self) -> tuple[str, ...]:
        """Probes that could prove nothing, and Site Recovery's own word on which machines allow a test failover now."""
        items = self._items(self._look())
        if not items:
            return ("it has no machines",)
        unable = (*probe_refusals(self._given, PROBES), *script_problems(self._given.probes))
        names = {item.name.lower(): item.key for item in items}
        absent = [
            probe.vm or f"(of the {probe.kind} probe)"
            for probe in self._given.probes
            if machine_of(probe, names) not in names
        ]
        if unable or absent:
            return unable or (f"it has no machine {', '.join(absent)} to probe",)
        return tuple(
            f"{item.name} does not allow TestFailover ({item.state_description or item.protection_state}; allowed: "
            f"{', '.join(item.allowed_operations) or 'nothing'})"
            for item in items
            if TESTABLE not in item.allowed_operations
        )

    def take_lease(self, drill: str, expires: datetime) -> str:
        """A blob per machine, all or none; without a declared container, only what Azure does by itself."""
        return self._leases.take(drill, expires, self._remains)

    def release_lease(self, drill: str) -> None:
        """Delete every blob that is this drill's."""
        self._leases.release(drill)

    def mirror(self, drill: str) -> Callable[[str], None] | None:
        """Copies each journal line next to the leases, where there are any."""
        return self._leases.mirror(drill)

    def inventory(self) -> frozenset[str]:
        """Machines, interfaces and disks where its copies appear."""
        return self._azure.inventory()

    def execute(self, journal: Journal, timeline: Timeline) -> tuple[ProbeResult, ...]:
        """Request the test failover, follow its job, probe the machines it made."""
        before = self._orders.job()
        point = self._orders.point(self._given.recovery_point)
        probes = self._probes()
        compare_clocks(self._given, self._context, self._machines(), timeline)
        items, network = [item.key for item in self._items(self._context.topology)], self._given.network
        journal.write("intent", TEST, target=self.target, network=network, job_before=before, items=items)
        self._requested = timeline.request()
        with timeline.phase("failover"):
            done = self._follow(self._start(point, journal), journal, timeline, probes)
        with timeline.phase("probes"):
            probes.confirm(done, self._requested)
            probes.finish(self._given.seconds, self._context.wait)
        self._note(done, timeline)
        for step in self._human_steps():
            name = f"{step.action} {step.target} (declared, {step.owner})"
            timeline.declare(name, step.minutes * 60, step.owner)
        ids = {item.name.lower(): item.vm_id for item in self._items(self._context.topology)}
        return tuple(structs.replace(one, vm_id=ids[one.target.lower()]) for one in probes.results(timeline))

    def measurements(self, drill: str, timeline: Timeline) -> tuple[Measurement, ...]:
        """RTO from the last mandatory probe; RPO from the oldest data of any machine, and of each application's."""
        found = figures(self.subject, drill, timeline, self._given)
        losses = tuple(losses_of(self._context.topology, self.vm_ids(), timeline, drill))
        return with_applications(found, losses, self._context.estate.applications)

    def clean_up(self, journal: Journal) -> None:
        """Wait for the test failover of this drill to end, and have the service remove what it made."""
        intent = journal.announced(TEST)
        if intent is None or self._taken_over(journal):
            return
        job = str(journal.effect(TEST).get("job", "")) or self._begun(intent, journal)
        if job:
            self._remove(job, self._item_ids(intent), journal)
        journal.write("undone", CLEAN_UP)
        journal.write("undone", TEST)

    def _note(self, done: Job, timeline: Timeline) -> None:
        """What the job tells of its own course and of the data; where it does not tell, how far replication was."""
        clock = self._azure.clock
        timeline.clocks[clock.endpoint] = clock
        timeline.details += job_details(done, timeline.last(FAILOVER), clock)
        timeline.points += self._azure.points_of(done)
        timeline.points += self._azure.lags_of(self._items(self._context.topology), self._requested)

    def _taken_over(self, journal: Journal) -> bool:
        """Has another drill, after it had proven that nothing of this one was left, taken the machines over?"""
        others = insist(self._context.wait, lambda: self._leases.others(journal.drill))
        if not others:
            return False
        drills = ", ".join(sorted({lease.drill for lease in others}))
        if len(others) < len(self._leases.machines):
            raise DrillFailed(f"some of the machines of {self._name} are leased to {drills} by now; recover after it")
        journal.write("undone", TEST, taken_over_by=drills)
        return True

    def _remains(self, key: str, records: tuple[Record, ...]) -> str:
        """What is still there of another drill of one of our machines; empty when it is proven that nothing is."""
        begun = [record for record in records if record.event == "effect" and record.action.endswith(TEST)]
        jobs = [self._azure.job(str(record.data["job"])) for record in begun if record.data.get("job")]
        made = sorted(name for job in jobs for name in self._azure.test_machines(job))
        if made:
            return f"its copies of {', '.join(made)} are still there"
        for item in self._items(self._context.topology):
            allowed = self._azure.allowed_operations(item.key) if key_of(item.vm_id, item.key) == key else (TESTABLE,)
            if TESTABLE not in allowed:
                return f"{item.name} allows no test failover now ({', '.join(allowed) or 'an operation runs'})"
        return ""

    def _start(self, point: str, journal: Journal) -> str:
        try:
            job = self._orders.start(self._given.network, point)
        except REFUSALS as refused:
            journal.write("undone", TEST, refused=str(refused))
            raise
        journal.write("effect", TEST, job=job)
        return job

    def _begun(self, intent: Record, journal: Journal) -> str:
        """The job of a request whose answer was lost; empty when the service never took it."""
        asked = datetime.fromisoformat(intent.at)
        found = begun(self._azure, self._orders, asked, intent.data.get("job_before"))
        if found.ours:
            journal.write("effect", TEST, job=found.job)
            return found.job
        if found.job and insist(self._context.wait, lambda: self._azure.needs_clean_up(self._item_ids(intent))):
            raise DrillFailed(f"{self._name} has copies, and job {found.job} is not this drill's: whose are they?")
        return ""

    def _remove(self, job: str, items: Sequence[str], journal: Journal) -> None:
        """Ask for the clean-up and believe what is there, not what was answered; ask again only for what is there."""
        problem = "it was never asked for"
        for attempt in range(ATTEMPTS + 1):
            self._orders.settle(job, CLEAN_UP_SECONDS)
            if not insist(self._context.wait, lambda: self._azure.needs_clean_up(items)):
                return
            if attempt < ATTEMPTS:
                problem = self._ask_clean_up(journal)
        raise DrillFailed(f"test machines of {self._name} are still there: the clean-up {problem}")

    def _ask_clean_up(self, journal: Journal) -> str:
        """Ask once and follow; returns what is known of its end."""
        journal.write("intent", CLEAN_UP, target=self.target)
        try:
            job = self._orders.start_clean_up()
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
        return self._context.look(self._places(), SEEN_AGAIN)

    def _places(self) -> tuple[Target, ...]:
        network = self._spec.network.lower() if self._spec else ""
        return (Target(role="vault", endpoint=self.vault), *subscriptions_of(self.vault, network))

    def _item_ids(self, intent: Record) -> Sequence[str]:
        """Those that were asked for, and those of now: a plan may have been changed since."""
        topology = self._context.look((Target(role="vault", endpoint=self.vault),), MEMBERS)
        return sorted(
            {*(item.key for item in self._items(topology)), *(str(key) for key in intent.data.get("items", ()))}
        )

    def _machines(self) -> Mapping[str, str]:
        return {item.name.lower(): item.vm_id for item in self._items(self._context.topology) if item.vm_id}

    def _probes(self) -> Probes:
        items = {item.name.lower(): item.key for item in self._items(self._context.topology)}
        return Probes(self._azure, self._given.probes, items, self._context.now, self._given.seconds)

    def _follow(self, name: str, journal: Journal, timeline: Timeline, probes: Probes) -> Job:
        """The job once it has ended; its machines are probed meanwhile, a manual action is confirmed and counted."""
        job = self._end_of(name, journal, timeline, probes)
        if not (job.succeeded or job.waits_for == "WaitingForStopTestFailover"):
            raise DrillFailed(f"the test failover of {self._name} ended {job.state}: {'; '.join(job.problems)}")
        return job

    def _end_of(self, name: str, journal: Journal, timeline: Timeline, probes: Probes) -> Job:
        people = ManualActions(self._given, self._azure, self._context, probes)
        while True:  # the time for what follows a person's part begins anew
            job = self._next_of(name, people, probes)
            if job.waits_for != MANUAL:
                return job
            people.carry_out(job, journal, timeline)

    def _next_of(self, name: str, people: ManualActions, probes: Probes) -> Job:
        """The job as soon as it has ended or waits for somebody."""
        for _ in Waits(self._context.now, self._context.wait, self._given.seconds, f"job {name}", probes.pause):
            job = self._azure.job(name)
            if job.ended or (job.waits_for and not people.have_done(job)):
                return job
            probes.look()
        raise AssertionError("the wait ends by itself")

    def _human_steps(self) -> tuple[SequenceStep, ...]:
        if self._given.human:
            return ()  # the drill says itself what people do
        return tuple(step for step in self._context.topology.seen(SequenceStep) if step.manual and self._is_step(step))
