"""How long would an availability group take to fail over, and what would be lost? An estimate: nothing is started.

SQL Server has no test failover of an availability group. Sources: Microsoft, "Monitor performance for Always On
availability groups": the failover takes as long as the redo queue at the redo rate, besides detection and overhead,
which people declare; the data loss is how far the secondary's last commit is behind the primary's.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from msgspec import Struct, structs

from drcheck.drill import Context, Failover, Prober, ProbeResult
from drcheck.drill.journal import Journal
from drcheck.drill.planning.announcement import Announced, Call, Load, Stage
from drcheck.drill.timing.measurement import Moment
from drcheck.drill.timing.timeline import Timeline
from drcheck.errors import DrillError
from drcheck.estate import DrillSpec
from drcheck.topology.availability import spared
from drcheck.topology.base import Topology
from drcheck.topology.drills import DrilledPlan
from drcheck.topology.membership import applications_of_group
from drcheck.topology.sql import AvailabilityGroup, AvailabilityReplica, DatabaseReplica
from drcheck.verdict import Measurement, Subject

KIND = "availability-group"
ARM_CALLS = ()
METHOD = "estimated"
FORMULA = "redo queue / redo rate, largest over the databases; detection and overhead are not in it"


class Estimate(Struct, frozen=True, kw_only=True):
    """What would happen to a group, by what was sampled. In seconds."""

    replica: str
    redo: float
    least_lag: float
    most_lag: float
    samples: tuple[str, ...]
    """One sentence per database."""

    @property
    def detail(self) -> str:
        """How it was computed."""
        return f"{METHOD}: {FORMULA}; to {self.replica}; {'; '.join(self.samples)}"


def prepare(spec: DrillSpec, context: Context) -> Failover:
    """Find the one availability group of that name."""
    wanted = spec.availability_group.lower()
    found = [one for one in context.topology.seen(AvailabilityGroup) if wanted in (one.key, one.name.lower())]
    if len(found) != 1:
        raise DrillError(
            f"{len(found)} availability groups are called {spec.availability_group}; exactly one is needed"
        )
    return EstimatedFailover(spec, context, key=found[0].key, name=found[0].name)


def resume(identity: Mapping[str, str], context: Context) -> Failover:
    """The group that a journal names."""
    return EstimatedFailover(None, context, key=identity["group"], name=identity["name"])


def estimate(topology: Topology, group: str) -> Estimate:
    """What failing over to the other site would take and lose, by the samples of the last discovery.

    Of several replicas at other sites the one that lags least is meant.

    Raises:
        Unknown: which replicas there are, or where, is not known.
        DrillError: none is at another site, or there is nothing to compute with.
    """
    replicas = [one for one in topology.all(AvailabilityReplica) if one.group == group and not spared(topology, one)]
    topology.require(DatabaseReplica)
    estimates = [_to(topology, replica) for replica in replicas]
    if not estimates:
        raise DrillError("it has no replica with data at another site")
    return min(estimates, key=lambda one: (one.most_lag, one.redo))


def _to(topology: Topology, replica: AvailabilityReplica) -> Estimate:
    databases = [one for one in topology.seen(DatabaseReplica) if one.replica == replica.key]
    if not databases:
        raise DrillError(f"no database was seen on {replica.name}")
    redo = [_redo_seconds(one) for one in databases]
    lags = [_lags(one, replica) for one in databases]
    return Estimate(
        replica=replica.name,
        redo=max(redo),
        least_lag=max(min(each) for each in lags),
        most_lag=max(max(each) for each in lags),
        samples=tuple(_told(*one) for one in zip(databases, redo, lags, strict=True)),
    )


def _redo_seconds(database: DatabaseReplica) -> float:
    told = (database.redo_queue_kb, *(one.redo_queue_kb for one in database.samples))
    queues, rate = [one for one in told if one is not None], database.redo_rate_kb_per_second
    if not queues or (max(queues) > 0 and not rate):
        raise DrillError(f"{database.name}: its redo queue or redo rate was not told")
    return max(queues) / rate if rate else 0.0


def _lags(database: DatabaseReplica, replica: AvailabilityReplica) -> Sequence[float]:
    """How far it was behind, sample by sample; a synchronous one that is ready for failover loses nothing."""
    if replica.availability_mode == "SYNCHRONOUS_COMMIT" and database.failover_ready:
        return (0.0,)
    if not database.lag_seconds or not all(lag >= 0 for lag in database.lag_seconds):
        raise DrillError(f"{database.name} on {replica.name}: no lag was sampled, or one that proves nothing")
    return database.lag_seconds


def _told(database: DatabaseReplica, redo: float, lags: Sequence[float]) -> str:
    rate = database.redo_rate_kb_per_second or 0
    listed = ", ".join(f"{lag:.1f}" for lag in lags)
    return f"{database.name}: redo {redo:.1f} s at {rate} KB/s, lag {listed} s"


class EstimatedFailover:
    """The failover of one availability group, computed and not tried.

    Args:
        spec: the part of a rehearsal; ``None`` for one that is resumed.
        context: what it works with.
        key: the group's.
        name: what people call it.
    """

    def __init__(self, spec: DrillSpec | None, context: Context, *, key: str, name: str) -> None:
        self._spec = spec
        self._context = context
        self._key = key
        self._name = name
        self._estimate: Estimate | None = None

    @property
    def subject(self) -> Subject:
        """The group, of the application that declares one of its databases."""
        owners = applications_of_group(self._context.topology, self._key)
        return Subject(
            kind="availability group", key=self._key, name=self._name, application=owners[0].name if owners else ""
        )

    def leaks(self) -> tuple[str, ...]:
        """Nothing is started that could reach anything."""
        return ()

    def leaks_meanwhile(self) -> tuple[str, ...]:
        """Nothing was started."""
        return ()

    def canaries(self) -> tuple[Prober, ...]:
        """There is no network that anything comes up in."""
        return ()

    def refusals(self) -> tuple[str, ...]:
        """Why it cannot even be estimated."""
        try:
            estimate(self._context.topology, self._key)
        except DrillError as error:
            return (f"cannot be estimated: {error}",)
        return ()

    def identity(self) -> dict[str, str]:
        """The group."""
        return {"group": self._key, "name": self._name}

    def take_lease(self, drill: str, expires: datetime) -> str:
        """Nothing is touched."""
        del drill, expires
        return f"{self._name} is only estimated: nothing is taken"

    def release_lease(self, drill: str) -> None:
        """Nothing was taken."""

    def mirror(self, drill: str) -> Callable[[str], None] | None:
        """There is nothing to be undone elsewhere."""
        del drill
        return None

    def inventory(self) -> frozenset[str]:
        """It leaves nothing behind."""
        return frozenset()

    def execute(self, journal: Journal, timeline: Timeline) -> tuple[ProbeResult, ...]:
        """Compute, and count the time as declared."""
        made = self._estimate = estimate(self._context.topology, self._key)
        requested = timeline.request()
        journal.write("estimated", KIND, formula=FORMULA, replica=made.replica, samples=list(made.samples))
        timeline.green(Moment(after=requested, by=requested))
        timeline.declare(f"failover to {made.replica} ({METHOD})", made.redo)
        return (
            ProbeResult(
                name="estimate",
                target=self._name,
                mandatory=False,
                green_seconds=made.redo,
                detail=made.detail,
                kind="estimate",
                expected="nothing: it is computed from samples",
            ),
        )

    def measurements(self, drill: str, timeline: Timeline) -> tuple[Measurement, ...]:
        """Both figures, labelled as what they are; the lag lies between the least and the largest sample."""
        if self._estimate is None or timeline.requested is None:
            return ()
        made, spec = self._estimate, self.declared()
        rto = Measurement(
            kind="rto",
            subject=self.subject,
            drill=drill,
            seconds=made.redo,
            uncertainty_seconds=0.0,
            target_seconds=spec.rto_seconds,
            method=METHOD,
            at=timeline.requested,
            phases=timeline.counted,
        )
        between, half = (made.least_lag + made.most_lag) / 2, (made.most_lag - made.least_lag) / 2
        lost = structs.replace(rto, kind="rpo", seconds=between, uncertainty_seconds=half, phases=())
        return (rto, structs.replace(lost, target_seconds=spec.rpo_seconds))

    def clean_up(self, journal: Journal) -> None:
        """There is nothing to clean up."""

    def vm_ids(self) -> tuple[str, ...]:
        """It brings up none."""
        return ()

    def loads(self) -> tuple[Load, ...]:
        """It takes nothing."""
        return ()

    def announced(self) -> Announced:
        """It calls nothing; what is computed, and from what, can be told before."""
        try:
            told = estimate(self._context.topology, self._key).detail
        except DrillError as error:
            told = f"{METHOD}: {FORMULA}; {error}"
        said = Call(does=f"not tried, nothing is called; {told}")
        stages = (Stage(name=METHOD, calls=(said,)),)
        return Announced(judge=(), lease=(), inventory=(), work=stages, watch=(), clean_up=(), release=())

    def plans(self) -> tuple[DrilledPlan, ...]:
        """There is no plan."""
        return ()

    def declared(self) -> DrillSpec:
        """As it was given."""
        return self._spec or DrillSpec(name=self._name, kind=KIND)
