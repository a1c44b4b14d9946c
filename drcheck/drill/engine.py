"""The order of a drill, the same for every kind: refuse, journal, lease, execute, clean up, prove clean, record."""

import json
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

from drcheck import drill as package
from drcheck.drill import Context, DrillOutcome, Failover, FailoverKind, ProbeResult
from drcheck.drill.journal import Journal, opened, pending, read, unfinished
from drcheck.drill.record import Held, findings_of, write_record
from drcheck.drill.timeline import Timeline
from drcheck.errors import DrcheckError, DrillError, DrillFailed, IsolationRefused
from drcheck.estate import DrillSpec
from drcheck.extensions import modules

CLEAN_UP_SECONDS = 900
"""How much longer than the drill itself a lease lasts: time for the clean-up, or for somebody to take over."""


def kinds() -> dict[str, FailoverKind]:
    """Every kind of test failover there is, by the name drill specifications use."""
    found = (module for module in modules(package) if hasattr(module, "KIND"))
    return {module.KIND: module for module in found}


def run(spec: DrillSpec, context: Context) -> DrillOutcome:
    """Hold one drill.

    Refusals (not isolated, target not ready, lease held) start nothing and come back as trouble, like every failure:
    a drill that did not happen is never a pass. An interruption cleans up first and is then raised again.
    """
    drill = f"{context.now():%Y%m%dT%H%M%SZ}-{spec.name}-{uuid4().hex[:8]}"
    held = Held(drill=drill, spec=spec, started=context.now())
    try:
        failover = _kind(spec.kind).prepare(spec, context)
        held.subject = failover.subject
        held.vm_ids = failover.vm_ids()
        _refuse_unless_safe(failover, spec, held)
        _hold(failover, spec, context, held)
    except DrcheckError as error:
        held.trouble.append(f"drill {spec.name}: {error}")
    except BaseException as error:
        held.trouble.append(f"drill {spec.name}: ended by {type(error).__name__}")
        held.finished = context.now()
        write_record(held, context)
        raise
    held.finished = context.now()
    write_record(held, context)
    return DrillOutcome(
        drill=drill,
        name=spec.name,
        findings=findings_of(held, context),
        measurements=tuple(held.measurements),
        trouble=tuple(held.trouble),
    )


def _kind(name: str) -> FailoverKind:
    known = kinds()
    if name not in known:
        raise DrillError(f"there is no kind of failover named {name!r}; there are: {', '.join(sorted(known))}")
    return known[name]


def _refuse_unless_safe(failover: Failover, spec: DrillSpec, held: Held) -> None:
    leaks = failover.leaks()
    held.leaks = leaks
    if leaks:
        raise IsolationRefused(spec.network_name, leaks)
    held.isolated = True
    refusals = failover.refusals()
    if refusals:
        raise DrillError(f"{failover.subject.name} cannot be test-failed-over now: {'; '.join(refusals)}")


def _hold(failover: Failover, spec: DrillSpec, context: Context, held: Held) -> None:
    journal = Journal(_path(context.folder, held.drill), held.drill, context.now)
    journal.write("opened", kind=spec.kind, name=spec.name, identity=failover.identity())
    expires = context.now() + timedelta(seconds=spec.seconds + CLEAN_UP_SECONDS)
    journal.write("intent", "lease")
    held.exclusivity = failover.take_lease(held.drill, expires)
    journal.mirror = failover.mirror(held.drill)
    timeline = Timeline(context.now, lambda phase: context.say(f"{spec.name}: {phase}"))
    before = failover.inventory()
    try:
        held.probes = failover.execute(journal, timeline)
        _require_green(held.probes)
    finally:
        held.phases = tuple(timeline.phases)
        with _undisturbed(), timeline.phase("clean up"):
            _clean_up(failover, journal, held, before)
    held.measurements.extend(failover.measurements(held.drill, timeline))


def _require_green(probes: Sequence[ProbeResult]) -> None:
    red = [probe for probe in probes if probe.mandatory and probe.green_seconds is None]
    if red:
        raise DrillFailed(
            "; ".join(f"probe {probe.name} on {probe.target} never turned green: {probe.detail}" for probe in red)
        )


def _clean_up(failover: Failover, journal: Journal, held: Held, before: frozenset[str]) -> None:
    failover.clean_up(journal)
    held.left_over = tuple(sorted(failover.inventory() - before))
    held.cleaned_up = not held.left_over
    if held.left_over:
        raise DrillFailed(f"left behind: {', '.join(held.left_over)}; run `drcheck drill recover`")
    failover.release_lease(held.drill)
    journal.mirror = None
    journal.write("undone", "lease")
    journal.write("closed", left_over=[])


def recover(folder: Path, context: Context) -> tuple[str, ...]:
    """Undo whatever unfinished journals below a folder may have left behind; returns a sentence per journal.

    Asks the estate what really exists before it undoes anything; running it twice is harmless.
    """
    return tuple(_recover(path, context) for path in unfinished(folder))


def _recover(path: Path, context: Context) -> str:
    records = read(path)
    first = opened(records)
    if first is None:
        return f"{path.name}: nothing had been announced"
    failover = _kind(str(first.data["kind"])).resume(dict(first.data["identity"]), context)
    journal = Journal(path, first.drill, context.now)
    waiting = [record.action for record in pending(records)]
    context.say(f"{first.drill}: undoing {', '.join(waiting) or 'nothing'}")
    failover.clean_up(journal)
    failover.release_lease(first.drill)
    journal.write("undone", "lease")
    journal.write("closed", recovered=True)
    return f"{first.drill}: {failover.subject.name} is clean"


def _path(folder: Path, drill: str) -> Path:
    return folder / f"{drill}.journal.jsonl"


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Hold back SIGINT and SIGTERM: an impatient second Ctrl-C must not leave a test VM behind."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    waiting: list[int] = []
    previous = {
        number: signal.signal(number, lambda got, _: waiting.append(got)) for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
        if waiting:
            signal.raise_signal(waiting[0])


def status(folder: Path) -> tuple[str, ...]:
    """A sentence per drill below a folder that was opened and never closed."""
    lines = []
    for path in unfinished(folder):
        records = read(path)
        actions = ", ".join(record.action for record in pending(records)) or "nothing"
        first = opened(records)
        identity = json.dumps(first.data.get("identity", {}), sort_keys=True) if first else "{}"
        lines.append(f"{path}: opened {first.at if first else '?'}, may have left: {actions}; target {identity}")
    return tuple(lines)
