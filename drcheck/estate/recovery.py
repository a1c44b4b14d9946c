"""What is to be recovered, in which order, into what, and where does looking for it start?"""

from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter

from drcheck.estate.document import Loc
from drcheck.estate.drills import read_probes
from drcheck.estate.forms import ApplicationForm, EndpointsForm, StepForm
from drcheck.estate.model import ApplicationSpec, StepSpec
from drcheck.estate.reader import Part, Reader


def read_endpoints(reader: Reader, value: object) -> dict[tuple[str, str], Loc]:
    """Where discovery starts: (role, name) with its place in the file."""
    if isinstance(value, dict) and ("vault" in value or "azure" in value):
        reader.problem(("endpoints", "vault"), "vaults are declared under azure.vaults", at_key=True)
        value = {name: each for name, each in value.items() if name not in ("vault", "azure")}
    part = reader.part(EndpointsForm, {} if value is None else value, ("endpoints",))
    found: dict[tuple[str, str], Loc] = {}
    for role in EndpointsForm.model_fields:
        for loc, name in part.listed(role):
            if (role, name) in found:
                reader.problem(loc, f"{name} is listed twice")
            found.setdefault((role, name), loc)
    return found


def read_applications(reader: Reader, value: object) -> tuple[ApplicationSpec, ...]:
    """The declared applications."""
    parts = reader.table(ApplicationForm, value, ("applications",))
    _check_dependencies(reader, parts)
    _check_members(reader, parts)
    return tuple(
        ApplicationSpec(
            name=name,
            tier=form.tier,
            owner=form.owner,
            rto_seconds=form.rto,
            rpo_seconds=form.rpo,
            vm_ids=tuple(form.vm_ids),
            vm_names=tuple(form.vms),
            depends_on=tuple(form.depends_on),
            always_on=form.always_on,
            method=form.method,
            drill_method=form.drill_method,
            drilled=form.drilled,
            clouds=tuple(form.clouds),
            tags=tuple(form.tags),
            plans=tuple(form.plans),
            databases=tuple(form.databases),
            drill_interval_seconds=form.drill_interval,
            probes=read_probes(reader, part.get("probes"), (*part.loc, "probes")),
        )
        for name, part in parts.items()
        if (form := part.form) is not None
    )


def read_sequence(reader: Reader, value: object) -> tuple[StepSpec, ...]:
    """The declared recovery sequence, in order."""
    return tuple(
        StepSpec(action=form.action, target=form.target, owner=form.owner, minutes=form.minutes, manual=form.manual)
        for part in reader.rows(StepForm, value, ("sequence",))
        if (form := part.form) is not None
    )


def _check_dependencies(reader: Reader, parts: Mapping[str, Part[ApplicationForm]]) -> None:
    known: dict[str, list[str]] = {}
    for name, part in parts.items():
        for loc, needed in part.listed("depends_on"):
            if reader.one_of(needed, list(parts), loc, "a declared application"):
                known.setdefault(name, []).append(needed)
    try:
        TopologicalSorter(known).prepare()
    except CycleError as error:
        # graphlib lists a cycle from each application to the one that needs it, and the first one again at the end.
        circle = list(reversed(error.args[1]))
        loc = (*parts[circle[0]].loc, "depends_on")
        reader.problem(loc, f"the dependencies go in a circle: {' needs '.join(circle)}")


def _check_members(reader: Reader, parts: Mapping[str, Part[ApplicationForm]]) -> None:
    owners: dict[str, str] = {}
    for name, part in parts.items():
        for loc, vm_id in part.listed("vm_ids"):
            owner = owners.setdefault(vm_id, name)
            if owner != name:
                reader.problem(loc, f"{vm_id} already belongs to the application {owner}")
