"""What is to be recovered, in which order, into what, and where is everything?"""

from collections.abc import Mapping, Sequence
from graphlib import CycleError, TopologicalSorter

from drcheck.estate.document import Loc
from drcheck.estate.forms import ApplicationForm, EndpointsForm, NetworksForm, SiteForm, StepForm
from drcheck.estate.model import ApplicationSpec, NetworkSpec, SiteSpec, StepSpec
from drcheck.estate.reader import Reader


def read_sites(reader: Reader, value: object) -> tuple[SiteSpec, ...]:
    """The declared sites."""
    forms = reader.table(SiteForm, value, ("sites",))
    if isinstance(value, dict) and not value:
        reader.problem(("sites",), "declare at least one site")
    return tuple(
        SiteSpec(name=name, role=form.role, hosts=tuple(form.hosts), regions=tuple(form.regions))
        for name, form in forms.items()
    )


def read_endpoints(reader: Reader, value: object) -> dict[tuple[str, str], Loc]:
    """Where discovery starts: (role, name) with its place in the file."""
    if isinstance(value, dict) and ("vault" in value or "azure" in value):
        reader.problem(("endpoints", "vault"), "vaults are declared under azure.vaults", at_key=True)
        value = {name: each for name, each in value.items() if name not in ("vault", "azure")}
    form = EndpointsForm() if value is None else reader.form(EndpointsForm, value, ("endpoints",))
    found: dict[tuple[str, str], Loc] = {}
    for role in EndpointsForm.model_fields if form else ():
        for at, name in enumerate(getattr(form, role)):
            loc: Loc = ("endpoints", role, at)
            if (role, name) in found:
                reader.problem(loc, f"{name} is listed twice")
            found.setdefault((role, name), loc)
    return found


def read_applications(reader: Reader, value: object) -> tuple[ApplicationSpec, ...]:
    """The declared applications."""
    forms = reader.table(ApplicationForm, value, ("applications",))
    names = [str(name) for name in value] if isinstance(value, dict) else []
    _check_dependencies(reader, forms, names)
    _check_members(reader, forms)
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
        )
        for name, form in forms.items()
    )


def read_sequence(reader: Reader, value: object) -> tuple[StepSpec, ...]:
    """The declared recovery sequence, in order."""
    return tuple(
        StepSpec(action=form.action, target=form.target, owner=form.owner, minutes=form.minutes, manual=form.manual)
        for _, form in reader.rows(StepForm, value, ("sequence",))
    )


def read_networks(reader: Reader, value: object) -> tuple[NetworkSpec, ...]:
    """The networks that drills may use."""
    loc: Loc = ("drill_networks",)
    form = None if value is None else reader.form(NetworksForm, value, loc)
    found: dict[tuple[str, str], NetworkSpec] = {}
    for platform in ("azure", "hyperv") if form else ():
        for at, name in enumerate(getattr(form, platform)):
            if (platform, name.lower()) in found:
                reader.problem((*loc, platform, at), f"{name} is listed twice")
            found.setdefault((platform, name.lower()), NetworkSpec(platform=platform, name=name))
    return tuple(found.values())


def _check_dependencies(reader: Reader, forms: Mapping[str, ApplicationForm], names: Sequence[str]) -> None:
    known: dict[str, list[str]] = {}
    for name, form in forms.items():
        for at, needed in enumerate(form.depends_on):
            place: Loc = ("applications", name, "depends_on", at)
            if reader.one_of(needed, names, place, "a declared application"):
                known.setdefault(name, []).append(needed)
    try:
        TopologicalSorter(known).prepare()
    except CycleError as error:
        # graphlib lists a cycle from each application to the one that needs it, and the first one again at the end.
        circle = list(reversed(error.args[1]))
        place = ("applications", circle[0], "depends_on")
        reader.problem(place, f"the dependencies go in a circle: {' needs '.join(circle)}")


def _check_members(reader: Reader, forms: Mapping[str, ApplicationForm]) -> None:
    owners: dict[str, str] = {}
    for name, form in forms.items():
        for at, vm_id in enumerate(form.vm_ids):
            owner = owners.setdefault(vm_id, name)
            if owner != name:
                place: Loc = ("applications", name, "vm_ids", at)
                reader.problem(place, f"{vm_id} already belongs to the application {owner}")
