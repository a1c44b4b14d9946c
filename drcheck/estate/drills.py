"""Which drills are to be held, and do they name things that are declared?"""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from msgspec import Struct, structs

from drcheck.estate.document import Document, Loc
from drcheck.estate.drill_forms import (
    KINDS,
    PARTS,
    WHOLE_ONLY,
    DrillForm,
    GroupEstimateForm,
    GroupForm,
    ItemDrillForm,
    PlanDrillForm,
    ProbeForm,
    RehearsalForm,
    ReplicaDrillForm,
)
from drcheck.estate.drill_parts import (
    read_authorisation,
    read_human,
    read_impact,
    read_limits,
    read_out_of_scope,
    read_people,
    read_scenario,
    read_sentinel,
    script_of,
)
from drcheck.estate.drill_spec import DrillGroup, DrillSpec, NetworkSpec, ProbeSpec, SentinelSpec
from drcheck.estate.model import ApplicationSpec, VaultRef
from drcheck.estate.reader import Part, Reader

GUEST_KINDS = (
    *("ad", "baseline", "boot-time", "dns", "file", "script", "sentinel", "service", "sql-database", "tcp", "vmm"),
)
"""What a script inside the guest tells, by whichever channel it gets there."""
PROBES: Mapping[str, Sequence[str]] = {
    "hyperv-replica": ("heartbeat", *GUEST_KINDS),
    "protected-item": ("run-command", *GUEST_KINDS),
    "recovery-plan": ("run-command", *GUEST_KINDS),
}
"""Which probes reach into a copy that has no network: the host's own channels, and Azure's."""
SENTINEL_SECONDS = 600
"""How long a copy may take until its sentinel can be read: it may have to recover a database first."""
ALONE = ("hyperv-replica", "protected-item")
"""What brings up one machine, which its probes need not name."""
PLACES: Mapping[str, Sequence[str]] = {
    "hyperv-replica": ("switch",),
    "protected-item": ("vault", "network"),
    "recovery-plan": ("vault", "network"),
}
"""What a part of a rehearsal takes over from the whole."""


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
    """The drills in their order: each one stands here, or in a file of its own that is named here.

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
        loc: Loc = ("drills", at)
        if isinstance(item, dict) and set(item) == {"file"}:
            path = reader.existing_file(str(item["file"]), (*loc, "file"))
            found = read_drill_file(reader, path, declared) if path is not None and path.is_file() else ()
        else:
            found = tuple(_whole(reader, item, loc, declared))
        for spec in found:
            if spec.name in names:
                reader.problem(
                    (*loc, "file" if spec.file else "name"), f"{spec.name!r} is the name of an earlier drill"
                )
            names.add(spec.name)
            made.append(spec)
    return tuple(made)


def read_drill_files(reader: Reader, paths: Sequence[Path], declared: Nameable) -> tuple[DrillSpec, ...]:
    """The drills of files that are named from outside, in order; their names must differ."""
    made: dict[str, DrillSpec] = {}
    for path in paths:
        for spec in read_drill_file(reader, path, declared):
            if spec.name in made:
                own = reader.of(Document(path, reader.document.problems))
                own.problem(("name",), f"{spec.name!r} is the name of the drill in {made[spec.name].file}")
            made.setdefault(spec.name, spec)
    return tuple(made.values())


def read_drill_file(reader: Reader, path: Path, declared: Nameable) -> tuple[DrillSpec, ...]:
    """The one drill of a drill file; empty when it has mistakes, which are noted.

    Args:
        reader: reads the file that names it, and gathers the mistakes.
        path: the file; it must exist.
        declared: what it may name.
    """
    document = Document(path, reader.document.problems)
    value = document.value
    if value is None:
        return ()
    own = reader.of(document)
    if not isinstance(value, dict) or value.get("version") != 1:
        own.problem(("version",), "a drill file begins with version: 1")
        return ()
    item = {name: each for name, each in value.items() if name != "version"}
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return tuple(structs.replace(spec, file=path, sha256=digest) for spec in _whole(own, item, (), declared))


def read_probes(reader: Reader, value: object, loc: Loc) -> tuple[ProbeSpec, ...]:
    """The probes of a section, whichever kind of drill will use them."""
    return tuple(_probes_of(reader, reader.rows(ProbeForm, value, loc)))


def _whole(reader: Reader, item: object, loc: Loc, declared: Nameable) -> Iterator[DrillSpec]:
    part = _part(reader, item, loc)
    groups = tuple(_groups(reader, part, declared)) if part.get("kind") == "rehearsal" else ()
    human = read_human(reader, part.get("human"), (*loc, "human"), [group.name for group in groups])
    # Before the drill itself: of one with a mistake elsewhere nothing more would be told.
    sections = {
        "authorisation": read_authorisation(reader, part.get("authorisation"), (*loc, "authorisation")),
        "limits": read_limits(reader, part.get("limits"), (*loc, "limits")),
        "people": read_people(reader, part.get("people"), (*loc, "people")),
        "out_of_scope": read_out_of_scope(reader, part.get("out_of_scope"), (*loc, "out_of_scope")),
        "scenario": read_scenario(reader, part.get("scenario"), (*loc, "scenario")),
        "business_impact": read_impact(reader, part.get("business_impact"), (*loc, "business_impact")),
    }
    for spec in _drill(reader, part, declared):
        yield structs.replace(spec, groups=groups, human=human, **sections)


def _groups(reader: Reader, whole: Part[Any], declared: Nameable) -> Iterator[DrillGroup]:
    names: set[str] = set()
    for group in reader.rows(GroupForm, whole.get("groups"), (*whole.loc, "groups")):
        name, items = group.get("name"), group.get("parts")
        if name in names:
            reader.problem((*group.loc, "name"), f"{name!r} is the name of an earlier group")
        names.add(name)
        if not isinstance(items, list) or not items:
            reader.problem((*group.loc, "parts"), "must be a list of drills, and not empty")
            continue
        parts = [
            spec
            for at, item in enumerate(items)
            for spec in _drill(reader, _part_of(reader, whole, item, (*group.loc, "parts", at)), declared)
        ]
        if name:
            yield DrillGroup(name=name, parts=tuple(parts))


def _part_of(reader: Reader, whole: Part[Any], item: object, loc: Loc) -> Part[Any]:
    """A part of a rehearsal; what would have no effect there is a mistake, since somebody relies on it."""
    given = _placed(item, whole)
    if isinstance(given, dict):
        for name in sorted(given.keys() & set(WHOLE_ONLY)):
            reader.problem((*loc, name), "belongs to the rehearsal, not to one of its parts", at_key=True)
        given = {name: value for name, value in given.items() if name not in WHOLE_ONLY}
    return _part(reader, given, loc, PARTS)


def _placed(item: object, whole: Part[Any]) -> object:
    """A part of a rehearsal with the places of the whole, and a name, where it has none of its own."""
    if not isinstance(item, dict):
        return item
    places = {name: whole.get(name) for name in PLACES.get(str(item.get("kind")), ()) if whole.get(name)}
    target = item.get("vm") or item.get("item") or item.get("plan") or item.get("availability_group") or ""
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", str(target)).strip("-._")[:60]
    return {**({"name": name} if name else {}), **places, **item}


def _part(reader: Reader, item: object, loc: Loc, kinds: Mapping[str, type[DrillForm]] = KINDS) -> Part[Any]:
    kind = item.get("kind") if isinstance(item, dict) else None
    if isinstance(item, dict) and kind not in kinds:
        said = "is missing" if kind is None else f"{kind!r} is not a kind of drill"
        reader.problem((*loc, "kind"), f"{said}; there is {', '.join(kinds)}")
        return Part(loc, None, {})
    return reader.part(kinds.get(str(kind), DrillForm), item, loc)


def _drill(reader: Reader, part: Part[DrillForm], declared: Nameable) -> Iterator[DrillSpec]:
    application = _check_names(reader, part, declared)
    own = reader.rows(ProbeForm, part.get("probes"), (*part.loc, "probes"))
    _check_kinds(reader, part, own, declared)
    given = tuple(_probes_of(reader, own))
    if not own and application is not None and part.get("kind") in PROBES:
        given = _inherited(reader, part, application, declared)
    if part.get("kind") in PROBES and not any(one.get("mandatory") in (True, None) for one in own):
        _check_mandatory(reader, part, given)
    if part.form is not None:
        sentinel = read_sentinel(reader, part.get("sentinel"), (*part.loc, "sentinel"))
        yield _promised(_watched(_spec(part.form, given, declared), sentinel), application)


def _check_names(reader: Reader, part: Part[DrillForm], declared: Nameable) -> ApplicationSpec | None:
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
    return declared.applications.get(name or "")


def _spec(form: DrillForm, probes: tuple[ProbeSpec, ...], declared: Nameable) -> DrillSpec:
    spec = DrillSpec(
        name=form.name,
        kind=form.kind,
        application=form.application or "",
        probes=probes,
        rto_seconds=form.rto,
        rpo_seconds=form.rpo,
        seconds=form.seconds,
        scenarios=tuple(form.scenarios),
        t0=form.t0,
        decision_seconds=form.decision or 0,
        abort_on=tuple(form.abort_on),
    )
    vault = declared.vaults.get(getattr(form, "vault", None) or "", "")
    match form:
        case ReplicaDrillForm():
            return structs.replace(spec, vm=form.vm, switch=declared.switches.get(form.switch.lower(), form.switch))
        case ItemDrillForm():
            place = structs.replace(spec, vault=vault, network=form.network, recovery_point=form.recovery_point)
            return structs.replace(place, item=form.item)
        case PlanDrillForm():
            actions = tuple(form.allowed_actions)
            place = structs.replace(spec, vault=vault, network=form.network, recovery_point=form.recovery_point)
            people = form.manual_actions
            return structs.replace(place, plan=form.plan, allowed_actions=actions, manual_actions=people)
        case GroupEstimateForm():
            return structs.replace(spec, availability_group=form.availability_group)
        case RehearsalForm():
            switch = declared.switches.get((form.switch or "").lower(), form.switch or "")
            place = structs.replace(spec, switch=switch, vault=vault, network=form.network or "")
            actions, people = tuple(form.allowed_actions), form.manual_actions
            return structs.replace(place, allowed_actions=actions, manual_actions=people)
        case _:
            raise TypeError(f"{form.kind} is listed in KINDS, and nothing here makes a drill of it")


def _probes_of(reader: Reader, parts: Sequence[Part[ProbeForm]]) -> Iterator[ProbeSpec]:
    for part in parts:
        if part.form is not None:
            yield _probe(part.form, script_of(reader, part.form.file, (*part.loc, "file")))


def _probe(form: ProbeForm, file: Path | None) -> ProbeSpec:
    return ProbeSpec(
        kind=form.kind,
        name=form.name or "",
        vm=form.vm or "",
        script=form.script or "",
        expect=form.expect or "",
        mandatory=form.mandatory,
        host=form.host or "",
        port=form.port,
        path=form.path or "",
        database=form.database or "",
        file=file,
        sha256=(form.sha256 or "").lower(),
        max_age_seconds=form.max_age,
        seconds=form.seconds,
        attempts=form.attempts,
    )


def _inherited(
    reader: Reader, drill: Part[DrillForm], application: ApplicationSpec, declared: Nameable
) -> tuple[ProbeSpec, ...]:
    """The application's probes that reach into a copy of this kind of drill, and are about what it brings up."""
    kind, alone = drill.get("kind"), drill.get("vm") or drill.get("item")
    given = tuple(
        one
        for one in application.probes
        if one.kind in PROBES.get(kind, ()) and _is_about(one.vm, alone if kind in ALONE else None)
    )
    signing_in = [one.kind for one in given if _signs_in(kind, one.kind)]
    if signing_in and not declared.guest:
        what = (
            f"the {signing_in[0]} probe of {application.name} signs in to the guest; declare windows.guest_credentials"
        )
        reader.problem((*drill.loc, "application"), what)
    return given


def _is_about(vm: str, alone: object) -> bool:
    """Is a probe of that machine meant? A drill of one machine needs no name, one of several does."""
    return vm != "" if alone is None else vm == "" or vm.lower() == str(alone).lower()


def _signs_in(drill: object, probe: object) -> bool:
    """PowerShell Direct signs in to the guest; Azure's agent is in it already."""
    return drill == "hyperv-replica" and probe in GUEST_KINDS


def _watched(spec: DrillSpec, sentinel: SentinelSpec | None) -> DrillSpec:
    """A drill with a sentinel reads its newest record in the copy: one more probe, on which nothing else depends."""
    if sentinel is None:
        return spec
    probe = ProbeSpec(
        kind="sentinel",
        vm=sentinel.vm,
        path=sentinel.path,
        database=sentinel.database,
        mandatory=False,
        seconds=SENTINEL_SECONDS,
    )
    return structs.replace(spec, sentinel=sentinel, probes=(*spec.probes, probe))


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
        elif _signs_in(drill.get("kind"), kind) and not declared.guest:
            reader.problem(loc, f"a {kind} probe signs in to the guest; declare windows.guest_credentials")
        elif drill.get("kind") not in ALONE and not probe.get("vm"):
            reader.problem((*probe.loc, "vm"), "is missing: the drill brings up several machines")
