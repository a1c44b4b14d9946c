"""Can a machine be recovered from its Hyper-V replica? A test failover on the host that holds the replica.

Sources: Microsoft, "Set up Hyper-V Replica" (test failover); the guard before the clean-up exists because
``Stop-VMFailover`` reverts a *real* failover when there is no test VM.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from drcheck.discovery.driver.reach import windows_endpoint
from drcheck.drill import Context, Failover, Prober, ProbeResult, probe_refusals
from drcheck.drill.guest.asked import CHANNEL_KINDS, baseline_of, known_kinds, script_problems
from drcheck.drill.holder import holder
from drcheck.drill.hyperv import announced
from drcheck.drill.hyperv.far_side import Watched, Windows
from drcheck.drill.hyperv.guest import Direct, Seen
from drcheck.drill.hyperv.host_lease import HostLease
from drcheck.drill.isolation.canary import canaries_on
from drcheck.drill.isolation.configuration import switch_leaks
from drcheck.drill.journal import Journal, Record
from drcheck.drill.planning.announcement import Announced, Load
from drcheck.drill.planning.expectations import expectation
from drcheck.drill.sentinels import clocks_asked, compare_clocks, note_record
from drcheck.drill.timing.figures import figures
from drcheck.drill.timing.measurement import Moment
from drcheck.drill.timing.timeline import Point, Timeline
from drcheck.drill.timing.waiting import attended, insist, looks
from drcheck.errors import DrillError, DrillFailed, IsolationRefused, QueryFailed, TransportError
from drcheck.estate import DrillSpec, ProbeSpec
from drcheck.evaluate import describe
from drcheck.topology.base import Target, Topology
from drcheck.topology.declared import SequenceStep
from drcheck.topology.drills import DrilledPlan
from drcheck.topology.hyperv import HyperVVm, VmReplication, VmSwitch
from drcheck.verdict import Measurement, Subject

KIND = "hyperv-replica"
TEST = "hyperv.test-failover"
PROBES = (*CHANNEL_KINDS, *known_kinds())
ARM_CALLS = ()
READY = ("Replicating", "Suspended")
ALIVE = ("OkApplicationsHealthy", "OkApplicationsUnknown")
NOTHING_MADE = ("TestVmExists", "InvalidState")
"""Refusals of a test failover after which no test VM is ours, even if there is one."""
APPEARS_SECONDS = 180.0
"""How long after a request without an answer a test VM may still appear: Hyper-V ends what it has begun."""
GOES_SECONDS = 60.0
SEEN_AGAIN = (HyperVVm, VmReplication, VmSwitch)
"""What a drill asks the replica host about, again and again; the rest of what discovery asks takes too long."""
ATTEMPTS = 3


def prepare(spec: DrillSpec, context: Context) -> Failover:
    """Find the one replica that the specification names, by VM id or name."""
    wanted = spec.vm.lower()
    found = [
        fact
        for fact in context.topology.seen(VmReplication)
        if fact.mode == "Replica" and wanted in (fact.vm_id, fact.name.lower())
    ]
    if len(found) != 1:
        hosts = ", ".join(fact.host for fact in found) or "no host that was read"
        raise DrillError(f"the replica of {spec.vm} must be on one host; it is on {hosts}")
    replica = found[0]
    return HyperVReplicaTest(spec, context, host=replica.host, vm_id=replica.vm_id, name=replica.name)


def resume(identity: Mapping[str, str], context: Context) -> Failover:
    """The replica that a journal names."""
    return HyperVReplicaTest(None, context, host=identity["host"], vm_id=identity["vm_id"], name=identity["name"])


class HyperVReplicaTest:
    """The test failover of one replica."""

    def __init__(self, spec: DrillSpec | None, context: Context, *, host: str, vm_id: str, name: str) -> None:
        self._spec = spec
        self._context = context
        self.host = host
        self.vm_id = vm_id
        self._name = name
        self._windows = Windows(endpoint=windows_endpoint(context.estate, host), now=context.now)
        self._lease = HostLease(windows=self._windows, vm_id=vm_id, name=name, now=context.now)
        self._powered = context.now()

    @property
    def subject(self) -> Subject:
        """The machine that is recovered."""
        replica = self._context.topology.get(HyperVVm, f"{self.vm_id}@{self.host}")
        if replica is None:
            return Subject(kind="VM", key=self.vm_id, name=self._name)
        described = describe(self._context.topology, replica)
        return Subject(
            kind="VM", key=self.vm_id, name=self._name, site=described.site, application=described.application
        )

    def vm_ids(self) -> tuple[str, ...]:
        """The one machine."""
        return (self.vm_id,)

    def loads(self) -> tuple[Load, ...]:
        """One machine more on the replica host."""
        return (Load(machines=1, host=self.host, vm_ids=(self.vm_id,)),)

    def announced(self) -> Announced:
        """Every call of the drill."""
        on = announced.OnHost(self.host, self.vm_id, SEEN_AGAIN)
        clocks = clocks_asked(self._given, self._context.topology, self._machine)
        return announced.announced(self._given, on=on, clocks=clocks, human=self._human_steps())

    def plans(self) -> tuple[DrilledPlan, ...]:
        """One machine has no plan."""
        return ()

    def declared(self) -> DrillSpec:
        """As it was given."""
        return self._given

    def identity(self) -> dict[str, str]:
        """Host and VM id."""
        return {"host": self.host, "vm_id": self.vm_id, "name": self._name}

    def leaks(self) -> tuple[str, ...]:
        """The switch and every connection to it, read from the replica host now."""
        return switch_leaks(self._look(), self.host, self.vm_id, self._given.switch)

    def leaks_meanwhile(self) -> tuple[str, ...]:
        """The same, but that test VMs may be on the switch."""
        return switch_leaks(self._look(), self.host, self.vm_id, self._given.switch, copied=True)

    def canaries(self) -> tuple[Prober, ...]:
        """Who stands on the switch."""
        return canaries_on(self._context, self.host, self._given.switch)

    def refusals(self) -> tuple[str, ...]:
        """The preconditions of Start-VMFailover -AsTest, whether a test is still there, and probes we do not have."""
        unable = (*probe_refusals(self._given, PROBES), *script_problems(self._given.probes))
        if self._context.estate.guest_credentials is None and any(
            one.kind not in CHANNEL_KINDS for one in self._given.probes
        ):
            unable = (*unable, "estate.yaml gives no windows.guest_credentials for its probes inside the guest")
        if unable:
            return unable
        replica = self._replica(self._look())
        if replica.test_vm_id:
            return (f"a test VM of it still exists ({replica.test_vm_id}); run `drcheck drill recover`",)
        if replica.state not in READY:
            return (f"its replication state is {replica.state}; {' or '.join(READY)} is needed",)
        return () if replica.last_replication else ("its initial replication has not ended",)

    def take_lease(self, drill: str, expires: datetime) -> str:
        """A file on the replica host, created exclusively, with holder and expiry in it."""
        self._lease.take(drill, expires, self._remains)
        return f"exclusive: a lease file on {self.host}, held by {holder()}"

    def release_lease(self, drill: str) -> None:
        """Delete the lease file if it is this drill's."""
        self._lease.release(drill)

    def mirror(self, drill: str) -> Callable[[str], None]:
        """Copies each journal line to the replica host, next to the lease."""
        return self._lease.mirror(drill)

    def inventory(self) -> frozenset[str]:
        """Every VM of the replica host but the test VMs of other replicas: ours is one more."""
        topology, scope = self._look(), f"hyperv:{self.host}"
        foreign = {one.test_vm_id for one in topology.all(VmReplication, scope) if one.vm_id != self.vm_id}
        machines = [one for one in topology.all(HyperVVm, scope) if one.vm_id not in foreign]
        return frozenset(f"VM {machine.name} [{machine.vm_id}] on {machine.host}" for machine in machines)

    def execute(self, journal: Journal, timeline: Timeline) -> tuple[ProbeResult, ...]:
        """Start the test failover, look at its adapters, start the copy, probe it."""
        before = self._replica(self._look())
        compare_clocks(self._given, self._context, self._machine, timeline)
        journal.write("intent", TEST, host=self.host, vm_id=self.vm_id)
        started = timeline.request()
        with timeline.phase("failover"):
            made = self._start(journal)
        test_vm = str(made["test_vm_id"])
        timeline.points.append(self._point(before, started))
        self._require_isolated(made)
        self._context.wait(0.0)  # making it may have taken minutes: nothing is started that has to end
        with timeline.phase("boot"):
            journal.write("starting", TEST, test_vm_id=test_vm)
            self._powered = self._context.now()
            self._windows.act("hyperv.test-vm.start", test_vm_id=test_vm)
            heartbeat = self._heartbeat(test_vm)
        with timeline.phase("probes"):
            results = tuple(self._probes(test_vm, heartbeat, timeline))
        timeline.heard(self.host, self._windows.offset.total_seconds(), self._windows.clock_uncertainty)
        for step in self._human_steps():
            name = f"{step.action} {step.target} (declared, {step.owner})"
            timeline.declare(name, step.minutes * 60, step.owner)
        return results

    def measurements(self, drill: str, timeline: Timeline) -> tuple[Measurement, ...]:
        """RTO from the last mandatory probe, RPO from the replica's last replication before the request."""
        return figures(self.subject, drill, timeline, self._given)

    def clean_up(self, journal: Journal) -> None:
        """Remove the test VM that this drill made, if it made one and it is there; never any other."""
        intent = journal.announced(TEST)
        if intent is None:
            return
        test_vm = str(journal.effect(TEST).get("test_vm_id", "")) or self._appeared(intent, journal)
        if test_vm:
            self._remove(test_vm, journal)
        journal.write("undone", f"{TEST}.stop")
        journal.write("undone", TEST)

    @property
    def _machine(self) -> Mapping[str, str]:
        return {self._name.lower(): self.vm_id}

    def _start(self, journal: Journal) -> Mapping[str, Any]:
        try:
            rows = self._windows.act("hyperv.test-failover.start", vm_id=self.vm_id, recovery_point=None)
        except QueryFailed as refused:
            if refused.error_id in NOTHING_MADE and not self._made_by(refused):
                journal.write("undone", TEST, refused=refused.error_id)
            raise
        if not rows:
            raise DrillFailed(f"the test failover of {self._name} was answered without naming a test VM")
        journal.write("effect", TEST, test_vm_id=str(rows[0]["test_vm_id"]))
        return rows[0]

    def _made_by(self, refused: QueryFailed) -> bool:
        """Hyper-V's own cmdlet may say so too when it fails half-way; there was no test VM when we asked for one."""
        return refused.error_id != "TestVmExists" and bool(self._replica(self._look()).test_vm_id)

    def _appeared(self, intent: Record, journal: Journal) -> str:
        """The test VM of a request whose answer was lost. There was none before it, and we hold the lease."""
        passed = (self._context.now() - datetime.fromisoformat(intent.at)).total_seconds()
        for _ in looks(self._context.wait, max(0.0, APPEARS_SECONDS - passed)):
            found = insist(self._context.wait, lambda: self._replica(self._look())).test_vm_id
            if found:
                self._require_lease(journal.drill, found)
                journal.write("effect", TEST, test_vm_id=found)
                return found
        return ""

    def _remains(self, records: tuple[Record, ...]) -> str:
        """What is still there of another drill of this machine; empty when it is proven that nothing is."""
        begun = [record for record in records if record.event == "effect" and record.action.endswith(TEST)]
        made = {str(record.data.get("test_vm_id", "")) for record in begun} | {self._replica(self._look()).test_vm_id}
        there = sorted((made - {""}) & self._machines())
        return f"a test VM of it still exists ({', '.join(there)})" if there else ""

    def _require_lease(self, drill: str, test_vm: str) -> None:
        """Without the lease, a test VM that is there may as well be another drill's."""
        rows = insist(self._context.wait, lambda: self._windows.act("lease.read", vm_id=self.vm_id))
        if not rows or rows[0].get("drill") != drill:
            whose = f"drill {rows[0].get('drill')} has the lease" if rows else "nobody has the lease"
            raise DrillFailed(
                f"{self._name} has a test VM {test_vm}, and {whose}: nobody can say whose it is. "
                "When no drill is under way, look with `drcheck drill orphans`"
            )

    def _remove(self, test_vm: str, journal: Journal) -> None:
        """Ask for the removal and believe what is there, not what was answered; ask again only for what is there."""
        problem = "the replica does not name it any more: an orphan, to be removed by hand"
        for _ in range(ATTEMPTS):
            if self._names(test_vm):
                journal.write("intent", f"{TEST}.stop", test_vm_id=test_vm)
                try:
                    self._windows.act("hyperv.test-failover.stop", vm_id=self.vm_id, test_vm_id=test_vm)
                    problem = "Stop-VMFailover did not remove it"
                except (TransportError, QueryFailed) as error:
                    problem = str(error)
            if self._goes(test_vm):
                return
        raise DrillFailed(f"the test VM {test_vm} of {self._name} is still there: {problem}")

    def _names(self, test_vm: str) -> bool:
        return insist(self._context.wait, lambda: self._replica(self._look())).test_vm_id == test_vm

    def _goes(self, test_vm: str) -> bool:
        for _ in looks(self._context.wait, GOES_SECONDS):
            if test_vm not in insist(self._context.wait, self._machines):
                return True
        return False

    def _machines(self) -> frozenset[str]:
        topology, scope = self._look(), f"hyperv:{self.host}"
        named = {one.test_vm_id for one in topology.all(VmReplication, scope)}
        return frozenset(named | {machine.vm_id for machine in topology.all(HyperVVm, scope)})

    @property
    def _given(self) -> DrillSpec:
        if self._spec is None:
            raise DrillError("a resumed drill can only be cleaned up")
        return self._spec

    def _look(self) -> Topology:
        return self._context.look((Target(role="hyperv", endpoint=self.host),), SEEN_AGAIN)

    def _replica(self, topology: Topology) -> VmReplication:
        for fact in topology.all(VmReplication, f"hyperv:{self.host}"):
            if fact.vm_id == self.vm_id and fact.mode == "Replica":
                return fact
        raise DrillError(f"{self.host} does not hold the replica of {self._name} [{self.vm_id}] any more")

    def _point(self, before: VmReplication, started: datetime) -> Point:
        """The latest point was used: what had been replicated just before the request, or a cycle that ended since."""
        after = self._replica(self._look())
        if before.last_replication is None or after.last_replication is None:
            raise DrillFailed(f"{self._name} has no replication time: what was recovered has no known age")
        ours = self._windows.to_our_clock
        first, last = ours(before.last_replication), ours(after.last_replication)
        if first <= started < last:
            last = started
        travelled = timedelta(seconds=max(_travel_seconds(before), _travel_seconds(after)))
        between = Moment(after=min(first, last) - travelled, by=last)
        return Point(vm=self._name, at=between.widened(self._windows.clock_uncertainty))

    def _require_isolated(self, made: Mapping[str, Any]) -> None:
        wrong = [one for one in made["adapters"] if one["switch"] and one["switch"] != self._given.switch]
        if wrong:
            raise IsolationRefused(
                self._given.switch,
                [f"the test VM's adapter {one['name']!r} is connected to {one['switch']!r}" for one in wrong],
            )

    def _heartbeat(self, test_vm: str) -> Seen:
        events = self._watch("hyperv.test-vm.watch", test_vm_id=test_vm)
        green = events.turned(lambda row: row.get("heartbeat") in ALIVE, self._powered)
        return Seen(green=green, detail=events.last("heartbeat"), looks=len(events.rows))

    def _watch(self, verb: str, **args: object) -> Watched:
        seconds = self._given.seconds
        return attended(self._context.wait, lambda: self._windows.watch(verb, seconds=seconds, **args))

    def _probes(self, test_vm: str, heartbeat: Seen, timeline: Timeline) -> Iterator[ProbeResult]:
        inside = [probe for probe in self._given.probes if probe.kind not in CHANNEL_KINDS]
        direct = Direct(windows=self._windows, estate=self._context.estate, wait=self._context.wait)
        answers = iter(direct.ask(test_vm, inside, seconds=self._given.seconds, floor=self._powered))
        for probe in self._given.probes:
            beaten = probe.kind in CHANNEL_KINDS
            yield self._result(probe, heartbeat if beaten else next(answers), timeline)

    def _result(self, probe: ProbeSpec, seen: Seen, timeline: Timeline) -> ProbeResult:
        if seen.green is not None and probe.mandatory:
            timeline.green(seen.green, probe.kind)
        note_record(probe, self._name, seen.told, timeline)
        return ProbeResult(
            name=f"{probe.kind} {probe.name}".strip(),
            target=self._name,
            mandatory=probe.mandatory,
            green_seconds=None if seen.green is None else timeline.since_request(seen.green),
            detail=seen.detail,
            kind=probe.kind,
            expected=expectation(probe),
            vm_id=self.vm_id,
            attempts=seen.looks,
            baseline=baseline_of(seen.told),
        )

    def _human_steps(self) -> tuple[SequenceStep, ...]:
        if self._given.human:
            return ()  # the drill says itself what people do
        steps = self._context.topology.seen(SequenceStep)
        own = {self._name.lower(), self.vm_id}
        return tuple(
            step
            for step in steps
            if step.manual
            and step.action == "vmm"
            and step.target.lower().split(".")[0] in {name.split(".")[0] for name in own}
        )


def _travel_seconds(replica: VmReplication) -> float:
    """How much older than its time of arrival the newest replicated data may be.

    ``LastReplicationTime`` is when a delta was received (Microsoft, Msvm_ReplicationRelationship); latencies come in
    whole seconds. Without a figure the bound is one cycle, as a delta that takes longer counts as missed.
    """
    if replica.max_latency_seconds is None:
        return float(replica.frequency_seconds)
    return replica.max_latency_seconds + 1
