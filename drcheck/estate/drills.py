"""Which drills are to be held, and do they name things that are declared?"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Self

from msgspec import Struct, structs

from drcheck.estate.document import Loc
from drcheck.estate.forms import DrillForm, PlanDrillForm, ProbeForm, ReplicaDrillForm
from drcheck.estate.model import ApplicationSpec, DrillSpec, NetworkSpec, ProbeSpec, VaultRef
from drcheck.estate.reader import Part, Reader

KINDS: Mapping[str, type[DrillForm]] = {"hyperv-replica": ReplicaDrillForm, "recovery-plan": PlanDrillForm}
PROBES: Mapping[str, Sequence[str]] = {
    "hyperv-replica": ("heartbeat", "service"),
    "recovery-plan": ("run-command",),
}
"""Which probes reach into a copy that has no network: the host's own channels, and Azure's."""


class Nameable(Struct, frozen=True, kw_only=True):
    """What a drill may name. ``switches`` go by lower-case names; ``guest``: there is a credential for guests."""

    switches: Mapping[str, str]
    vnets: Sequence[str]
    vaults: Mapping[str, str]
    applications: Mapping[str, ApplicationSpec]
    guest: bool

    @classmethod
    def of(
        cls,
        networks: Sequence[NetworkSpec],
        vaults: Sequence[VaultRef],
        applications: Sequence[ApplicationSpec],
        *,
        guest: bool,
    ) -> Self:
        """By name: the networks that drills may use, the vaults, the applications."""
        return cls(
            switches={network.name.lower(): network.name for network in networks if network.platform == "hyperv"},
            vnets=[network.name for network in networks if network.platform == "azure"],
            vaults={vault.name: vault.id for vault in vaults},
            applications={application.name: application for application in applications},
            guest=guest,
        )


def read_drills(reader: Reader, value: object, declared: Nameable) -> tuple[DrillSpec, ...]:
    """The drills in their order.

    Args:
        reader: reads the file.
        value: the section.
        declared: what they may name.
    """
    if value is not None and not isinstance(value, list):
        reader.problem(("drills",), "must be a list")
    made: list[DrillSpec] = []
    names: set[str] = set()
    for at, item in enumerate(value if isinstance(value, list) else []):
        part = _part(reader, item, ("drills", at))
        name = part.get("name")
        if name in names:
            reader.problem((*part.loc, "name"), f"{name!r} is the name of an earlier drill")
        names.add(name)
        made.extend(_drill(reader, part, declared))
    return tuple(made)


def read_probes(reader: Reader, value: object, loc: Loc) -> tuple[ProbeSpec, ...]:
    """The probes of a section, whichever kind of drill will use them."""
    parts = reader.rows(ProbeForm, value, loc)
    return tuple(_probe(part.form) for part in parts if part.form is not None)


def _part(reader: Reader, item: object, loc: Loc) -> Part[Any]:
    kind = item.get("kind") if isinstance(item, dict) else None
    if isinstance(item, dict) and kind not in KINDS:
        said = "is missing" if kind is None else f"{kind!r} is not a kind of drill"
        reader.problem((*loc, "kind"), f"{said}; there is {', '.join(KINDS)}")
        return Part(loc, None, {})
    return reader.part(KINDS.get(str(kind), DrillForm), item, loc)


def _drill(reader: Reader, part: Part[DrillForm], declared: Nameable) -> Iterator[DrillSpec]:
    switch, vnet, vault = part.get("switch"), part.get("network"), part.get("vault")
    if switch is not None and switch.lower() not in declared.switches:
        known = list(declared.switches.values())
        reader.one_of(switch, known, (*part.loc, "switch"), "declared under drill_networks.hyperv")
    if vnet is not None:
        reader.one_of(vnet, declared.vnets, (*part.loc, "network"), "declared under drill_networks.azure")
    if vault is not None:
        reader.one_of(vault, list(declared.vaults), (*part.loc, "vault"), "the name of one of azure.vaults")
    name = part.get("application")
    if name is not None:
        reader.one_of(name, list(declared.applications), (*part.loc, "application"), "a declared application")
    own = reader.rows(ProbeForm, part.get("probes"), (*part.loc, "probes"))
    _check_kinds(reader, part, own, declared)
    application = declared.applications.get(name or "")
    given = tuple(_probe(probe.form) for probe in own if probe.form is not None)
    if not own and application is not None:
        given = _inherited(reader, part, application, declared)
    if part.get("kind") is not None and not any(one.get("mandatory") in (True, None) for one in own):
        _check_mandatory(reader, part, given)
    if part.form is not None:
        yield _promised(_spec(part.form, given, declared), application)


def _spec(form: DrillForm, probes: tuple[ProbeSpec, ...], declared: Nameable) -> DrillSpec:
    spec = DrillSpec(
        name=form.name,
        kind=form.kind,
        probes=probes,
        rto_seconds=form.rto,
        rpo_seconds=form.rpo,
        seconds=form.seconds,
        scenarios=tuple(form.scenarios),
    )
    if isinstance(form, ReplicaDrillForm):
        switch = declared.switches.get(form.switch.lower(), form.switch)
        return structs.replace(spec, vm=form.vm, switch=switch)
    if isinstance(form, PlanDrillForm):
        vault, actions = declared.vaults.get(form.vault, ""), tuple(form.allowed_actions)
        return structs.replace(spec, vault=vault, plan=form.plan, network=form.network, allowed_actions=actions)
    raise TypeError(f"{form.kind} is listed in KINDS, and nothing here makes a drill of it")


def _probe(form: ProbeForm) -> ProbeSpec:
    return ProbeSpec(
        kind=form.kind,
        name=form.name or "",
        vm=form.vm or "",
        script=form.script or "",
        expect=form.expect or "",
        mandatory=form.mandatory,
    )


def _inherited(
    reader: Reader, drill: Part[DrillForm], application: ApplicationSpec, declared: Nameable
) -> tuple[ProbeSpec, ...]:
    """The application's probes that reach into a copy of this kind of drill."""
    given = tuple(one for one in application.probes if one.kind in PROBES.get(drill.get("kind"), ()))
    if not declared.guest and any(one.kind == "service" for one in given):
        what = f"the service probe of {application.name} signs in to the guest; declare windows.guest_credentials"
        reader.problem((*drill.loc, "application"), what)
    return given


def _promised(spec: DrillSpec, application: ApplicationSpec | None) -> DrillSpec:
    """A drill of an application has that one's targets unless it has its own."""
    if application is None:
        return spec
    rto = application.rto_seconds if spec.rto_seconds is None else spec.rto_seconds
    rpo = application.rpo_seconds if spec.rpo_seconds is None else spec.rpo_seconds
    return structs.replace(spec, rto_seconds=rto, rpo_seconds=rpo)


def _check_mandatory(reader: Reader, drill: Part[DrillForm], probes: Sequence[ProbeSpec]) -> None:
    if not any(one.mandatory for one in probes):
        what = "at least one probe must be mandatory, or nothing would prove a recovery"
        reader.problem((*drill.loc, "probes"), what)


def _check_kinds(reader: Reader, drill: Part[DrillForm], probes: Sequence[Part[ProbeForm]], declared: Nameable) -> None:
    # A value that is wrong is told as such, and does not make it optional.
    allowed = PROBES.get(drill.get("kind"), ())
    for probe in probes:
        kind, loc = probe.get("kind"), (*probe.loc, "kind")
        if kind is None or not allowed:
            continue
        if kind not in allowed:
            what = f"a {drill.get('kind')} drill has no {kind} probe; there is {', '.join(allowed)}"
            reader.problem(loc, what)
        elif kind == "service" and not declared.guest:
            reader.problem(loc, "a service probe signs in to the guest; declare windows.guest_credentials")
