"""Are the probes of a drill green in production, and where does the newest drill say otherwise? Asked, never changed.

A probe that is red in production as well says nothing about recovery; one that is green there and was red in the copy
says what a disaster would lose.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby

from msgspec import Struct, structs

from drcheck.discovery.driver.reach import windows_endpoint
from drcheck.drill import Context
from drcheck.drill.guest.asked import baseline_of, known_kinds
from drcheck.drill.hyperv.far_side import Windows
from drcheck.drill.hyperv.guest import Direct, Seen
from drcheck.errors import DrcheckError, DrillError
from drcheck.estate import DrillSpec, ProbeSpec
from drcheck.topology.base import Topology
from drcheck.topology.drills import DrillProbe, DrillRecord, GuestBaseline
from drcheck.topology.hyperv import HyperVVm

NEEDS = (HyperVVm, DrillRecord)
"""What a comparison has to know of the estate."""
SECONDS = 30
"""How long production is asked about a probe: once, and not until it turns green."""
AT_ONCE = 4
"""How many machines are asked at the same time."""


class Compared(Struct, frozen=True, kw_only=True):
    """One probe here and there."""

    machine: str
    probe: str
    production: str
    """``green``, ``red: <why>``, or why it was not asked."""
    drill: str
    """Likewise in the newest drill that had it, with the drill's id."""
    differs: bool | None
    """``None``: it was not asked on one of the sides."""
    note: str = ""
    """What differs beyond the colour."""


def compare(spec: DrillSpec, context: Context, *, scripts: bool) -> tuple[Compared, ...]:
    """Ask the running machines what a drill asks their copies; no answer is an error, each is told.

    Args:
        spec: the drill.
        context: what it works with.
        scripts: whether the user's own scripts may run in production.
    """
    asked = sorted(_targets(spec), key=lambda one: one[0].lower())
    machines = [(name, [probe for _, probe in each]) for name, each in groupby(asked, key=lambda one: one[0])]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = pool.map(lambda one: _machine(one[0], one[1], context, scripts=scripts), machines)
        return tuple(row for rows in found for row in rows)


def _targets(spec: DrillSpec) -> Iterator[tuple[str, ProbeSpec]]:
    for part in (spec, *(part for group in spec.groups for part in group.parts)):
        for probe in part.probes:
            yield probe.vm or part.vm or part.item, probe


def _machine(name: str, probes: Sequence[ProbeSpec], context: Context, *, scripts: bool) -> list[Compared]:
    copies = [vm for vm in context.topology.seen(HyperVVm) if name.lower() in (vm.vm_id, vm.name.lower())]
    held = _newest(context.topology, name, {vm.vm_id for vm in copies})
    label = copies[0].name if copies else name
    able = [probe for probe in probes if not _why_not(probe, scripts=scripts)]
    answers, problem = _answers(name, able, context, scripts=scripts)
    rows = []
    for probe in probes:
        why = _why_not(probe, scripts=scripts) or problem
        rows.append(_row(label, probe, why or next(answers), held.get(_name(probe))))
    return rows


def _answers(name: str, probes: Sequence[ProbeSpec], context: Context, *, scripts: bool) -> tuple[Iterator[Seen], str]:
    """The answers in order; none, and why, when the machine cannot be asked."""
    try:
        return iter(_ask(name, probes, context, scripts=scripts)), ""
    except DrcheckError as error:
        return iter(()), f"not asked: {error}"


def _why_not(probe: ProbeSpec, *, scripts: bool) -> str:
    if probe.kind not in known_kinds():
        return f"not asked: {probe.kind} is not asked inside a guest"
    if probe.kind == "script" and not scripts:
        return "not asked: your own script runs in production only with --scripts"
    return ""


def _ask(name: str, probes: Sequence[ProbeSpec], context: Context, *, scripts: bool) -> Sequence[Seen]:
    if not probes:
        return ()
    vm = _running(context.topology, name)
    windows = Windows(endpoint=windows_endpoint(context.estate, vm.host), now=context.now)
    direct = Direct(windows=windows, estate=context.estate, wait=context.wait)
    once = [structs.replace(probe, attempts=1, seconds=SECONDS) for probe in probes]
    return direct.ask_production(vm.vm_id, once, seconds=SECONDS, scripts=scripts)


def _running(topology: Topology, name: str) -> HyperVVm:
    """The machine of production, by name or VM id; its copies elsewhere are not asked.

    Raises:
        DrillError: there is no such machine, or there are several.
    """
    wanted = name.lower()
    found = [
        vm
        for vm in topology.seen(HyperVVm)
        if wanted in (vm.vm_id, vm.name.lower()) and vm.replication_mode in ("None", "Primary")
    ]
    if len(found) != 1:
        where = ", ".join(vm.host for vm in found) or "no Hyper-V host that was read"
        raise DrillError(f"the running machine {name} must be on one host; it is on {where}")
    return found[0]


def _newest(topology: Topology, name: str, ids: Collection[str]) -> Mapping[str, tuple[DrillRecord, DrillProbe]]:
    """The newest drill of each probe of a machine."""
    return {
        probe.name: (record, probe)
        for record in sorted(topology.seen(DrillRecord), key=lambda one: (one.started, one.key))
        for probe in record.probes or ()
        if probe.target.lower() == name.lower() or (probe.vm_id and probe.vm_id in ids)
    }


def _name(probe: ProbeSpec) -> str:
    return f"{probe.kind} {probe.name}".strip()


def _row(name: str, probe: ProbeSpec, seen: Seen | str, held: tuple[DrillRecord, DrillProbe] | None) -> Compared:
    here = seen if isinstance(seen, str) else "green" if seen.green else f"red: {seen.detail}"
    there = "no drill had it" if held is None else f"{'green' if _was_green(held) else 'red'} ({held[0].key})"
    differs: bool | None = None
    note = ""
    if not isinstance(seen, str) and held is not None:
        note = _otherwise(baseline_of(seen.told), held[1].baseline)
        differs = (seen.green is not None) != _was_green(held) or bool(note)
    return Compared(machine=name, probe=_name(probe), production=here, drill=there, differs=differs, note=note)


def _was_green(held: tuple[DrillRecord, DrillProbe]) -> bool:
    return held[1].green_seconds is not None


def _otherwise(here: GuestBaseline | None, there: GuestBaseline | None) -> str:
    """What a guest is set up otherwise in production."""
    if here is None or there is None:
        return ""
    return "; ".join(
        f"{name.replace('_', ' ')}: {_said(mine)}, in the drill {_said(its)}"
        for name in here.__struct_fields__
        if (mine := getattr(here, name)) != (its := getattr(there, name))
    )


def _said(value: object) -> str:
    return ", ".join(map(str, value)) or "none" if isinstance(value, tuple) else str(value) or "none"
