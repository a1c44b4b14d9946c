"""The order of a drill, the same for every kind: refuse, journal, lease, execute, clean up, prove clean, record."""

import re
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

from msgspec import structs

from drcheck import drill as package
from drcheck.discovery.driver.redaction import Redactor
from drcheck.drill import Attachment, Context, DrillOutcome, Failover, FailoverKind, ProbeResult
from drcheck.drill.confirming import carry_out
from drcheck.drill.evidence.record import SIGNATURE, findings_of, write_record
from drcheck.drill.held import Held
from drcheck.drill.holder import holder, machine
from drcheck.drill.interruption import Interruptions, undisturbed
from drcheck.drill.isolation.canary import Proofs
from drcheck.drill.isolation.vigil import Vigil
from drcheck.drill.journal import SUFFIX, Journal, Mirror, alone
from drcheck.drill.planning.announcement import CLEAN_UP
from drcheck.drill.planning.objectives import digest, objectives
from drcheck.drill.planning.places import places
from drcheck.drill.readiness import Deadline, readiness
from drcheck.drill.rehearsed.people import own_steps
from drcheck.drill.timing.timeline import Timeline
from drcheck.drill.timing.waiting import insist
from drcheck.errors import DrcheckError, DrillError, DrillFailed, IsolationLost, IsolationRefused
from drcheck.estate import DrillSpec
from drcheck.extensions import modules
from drcheck.topology.base import Unknown

LEASE = "lease"
LONGEST_NAME = 60
CLEAN_UP_SECONDS = 900
"""How much longer than the drill itself a lease lasts: time for the clean-up, or for somebody to take over."""
TROUBLE = (DrcheckError, Unknown)
"""What may go wrong in an estate. Anything else is a mistake of ours, and is not taken for an answer."""


def kinds() -> dict[str, FailoverKind]:
    """Every kind of test failover there is, by the name drill specifications use."""
    found = (module for module in modules(package) if hasattr(module, "KIND"))
    return {module.KIND: module for module in found}


def run(spec: DrillSpec, context: Context) -> DrillOutcome:
    """Hold one drill.

    Refusals (not isolated, target not ready, lease held) start nothing and come back as trouble, like every failure:
    a drill that did not happen is never a pass. An interruption cleans up first and is then raised again.
    """
    context = structs.replace(context, say=undisturbed(context.say))
    drill = _new_id(spec, context)
    held = Held(drill=drill, spec=spec, started=context.now(), executor=holder())
    vigil = Vigil(spec.network_name, context.wait, context.now)
    deadline = Deadline(context.now, vigil.wait)
    try:
        failover = kind_named(spec.kind).prepare(spec, structs.replace(context, wait=deadline.wait))
        held.subject = failover.subject
        held.vm_ids = failover.vm_ids()
        held.spec, held.hosts = failover.declared(), tuple(sorted({load.host for load in failover.loads()} - {""}))
        held.ready = ready = readiness(spec, failover, context, held.executor)
        deadline.at = ready.deadline
        _require("it must not be held now", ready.refused)
        _refuse_unless_safe(failover, spec, held)
        _require("there is no room for it", ready.short)
        with places(context, failover.loads(), spec.limits, spec.seconds):
            _hold(failover, context, held, vigil, deadline)
    except TROUBLE as error:
        held.trouble.insert(0, f"drill {spec.name}: {error}")
    except BaseException as error:
        held.trouble.insert(0, f"drill {spec.name}: ended by {type(error).__name__}")
        raise
    finally:
        held.finished = context.now()
        held.trouble[:] = map(Redactor(context.estate.secrets).text, held.trouble)
        record = write_record(held, context)
    return DrillOutcome(
        drill=drill,
        name=spec.name,
        findings=findings_of(held, context),
        measurements=tuple(held.measurements),
        trouble=tuple(held.trouble),
        attachments=tuple(_attachments(record, journal_path(context.folder, drill))),
    )


def _attachments(record: Path, journal: Path) -> Iterator[Attachment]:
    """What an auditor reads: the record, its signature if it has one, and the journal if anything was begun."""
    yield Attachment(name="drill record.json", media_type="application/json", body=record.read_bytes())
    signature = record.with_name(f"{record.stem}{SIGNATURE}")
    if signature.exists():
        yield Attachment(name="drill record.json.sig", media_type="text/plain", body=signature.read_bytes())
    if journal.exists():
        yield Attachment(name="drill journal.jsonl", media_type="application/jsonl", body=journal.read_bytes())


def _new_id(spec: DrillSpec, context: Context) -> str:
    """Names files here and on the replica host, which take no other characters and no more of them."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", spec.name)[:LONGEST_NAME]
    return f"{context.now():%Y%m%dT%H%M%SZ}-{name}-{uuid4().hex[:8]}"


def kind_named(name: str) -> FailoverKind:
    """The kind of failover of a name.

    Raises:
        DrillError: there is none.
    """
    known = kinds()
    if name not in known:
        raise DrillError(f"there is no kind of failover named {name!r}; there are: {', '.join(sorted(known))}")
    return known[name]


def _require(wanted: str, reasons: Sequence[str]) -> None:
    if reasons:
        raise DrillError(f"{wanted}: {'; '.join(reasons)}")


def _refuse_unless_safe(failover: Failover, spec: DrillSpec, held: Held) -> None:
    held.isolated = False
    held.leaks = failover.leaks()
    held.plans = failover.plans()
    if held.leaks:
        raise IsolationRefused(spec.network_name, held.leaks)
    held.isolated = True
    _require(f"{failover.subject.name} cannot be test-failed-over now", failover.refusals())


def _refuse_unless_proven(proofs: Proofs, held: Held) -> None:
    """By what the canaries see, after the configuration has been judged and before anything is started."""
    leaks = proofs.before()
    if leaks:
        held.isolated, held.leaks = False, leaks
        raise IsolationRefused(held.spec.network_name, leaks)


def _hold(failover: Failover, context: Context, held: Held, vigil: Vigil, deadline: Deadline) -> None:
    path, spec = journal_path(context.folder, held.drill), held.spec
    held.timeline = timeline = Timeline(context.now, lambda phase: context.say(f"{spec.name}: {phase}"))
    if spec.t0 == "decision":
        timeline.declare("decision", spec.decision_seconds)
    with alone(path), Interruptions() as interruptions:
        journal = Journal(path, held.drill, context.now)
        sha256, identity = digest(objectives(spec)), failover.identity()
        about = {"name": spec.name, "machine": machine(), "objectives_sha256": sha256}
        journal.write("opened", kind=spec.kind, identity=identity, **about)
        held.fixed_at = context.now()
        try:
            with interruptions.allowed(), deadline.running():
                _work(failover, journal, held, structs.replace(context, wait=deadline.wait), vigil)
        finally:
            held.requested = timeline.requested is not None
            with timeline.phase(CLEAN_UP):
                _clean_up(failover, journal, held, context)
            held.phases = tuple(timeline.phases)


def _work(failover: Failover, journal: Journal, held: Held, context: Context, vigil: Vigil) -> None:
    """What may be interrupted and may fail: everything that it begins is announced in the journal."""
    timeline = held.timeline
    assert timeline is not None, "the clock runs"  # noqa: S101 - order of calls
    proofs = held.proofs = Proofs(failover.canaries(), journal, vigil.wait, vigil.now)
    journal.write("intent", LEASE)
    people = sum(step.seconds for step in held.spec.human)
    expires = context.now() + timedelta(seconds=held.spec.seconds + people + CLEAN_UP_SECONDS)
    held.exclusivity = failover.take_lease(held.drill, expires)
    journal.mirror_to(failover.mirror(held.drill))
    _refuse_unless_safe(failover, held.spec, held)  # again: only now does nobody else change what was looked at
    held.judged_at = context.now()
    held.before = failover.inventory()
    _refuse_unless_proven(proofs, held)
    context.wait(0.0)  # whoever waited for a place, or for an answer, may be out of time by now
    try:
        with vigil.over(lambda: (*failover.leaks_meanwhile(), *proofs.meanwhile())):
            seen, spare = failover.execute(journal, timeline), Redactor(context.estate.secrets).text
            held.probes = tuple(structs.replace(one, detail=spare(one.detail)) for one in seen)
            if not _red(held.probes):
                for step in own_steps(held.spec, context.topology, failover.subject.key):
                    carry_out(step, journal, timeline, context)
    except IsolationLost as lost:
        held.isolated, held.leaks = False, lost.leaks
        raise
    _require_green(held.probes)
    held.measurements.extend(failover.measurements(held.drill, timeline))
    held.during = _inventory(failover)


def _inventory(failover: Failover) -> frozenset[str] | None:
    """What is there, where that can be read: it is told, and nothing depends on it."""
    try:
        return failover.inventory()
    except TROUBLE:
        return None


def _red(probes: Sequence[ProbeResult]) -> list[ProbeResult]:
    return [probe for probe in probes if probe.mandatory and probe.green_seconds is None]


def _require_green(probes: Sequence[ProbeResult]) -> None:
    red = _red(probes)
    if red:
        raise DrillFailed(
            "; ".join(f"probe {probe.name} on {probe.target} never turned green: {probe.detail}" for probe in red)
        )


def _clean_up(failover: Failover, journal: Journal, held: Held, context: Context) -> None:
    """Undo what the journal announced; what goes wrong joins the drill's trouble and hides nothing that came before."""
    journal.mirror = _forgiving(journal.mirror, held)
    journal.forgive = lambda why: held.trouble.append(f"drill {held.spec.name}: the journal lacks a line: {why}")
    if held.leaks:  # for whoever has to go on with this, and writes the record then
        journal.write("observed", "isolation", wrong=list(held.leaks))
    try:
        failover.clean_up(journal)
        if held.before is not None:
            held.after = insist(context.wait, failover.inventory)
            held.left_over = tuple(sorted(held.after - held.before))
        if held.left_over:
            raise DrillFailed(f"left behind: {', '.join(held.left_over)}")
        held.cleaned_up, held.clean_at = True, context.now()
        insist(context.wait, lambda: failover.release_lease(held.drill))
        journal.mirror = None
        journal.write("undone", LEASE)
        journal.write("closed", left_over=[])
    except TROUBLE as error:
        held.trouble.append(f"drill {held.spec.name}: clean-up: {error}. Run `drcheck drill recover`")


def _forgiving(mirror: Mirror | None, held: Held) -> Mirror:
    """A copy that cannot be written is trouble, but must not keep anything from being cleaned up."""

    def copy(line: str) -> None:
        try:
            if mirror is not None:
                mirror(line)
        except DrcheckError as error:
            held.trouble.append(f"drill {held.spec.name}: the journal's copy lacks a line: {error}")

    return copy


def journal_path(folder: Path, drill: str) -> Path:
    """Where the journal of a drill is, in a folder of journals."""
    return folder / f"{drill}{SUFFIX}"
