"""Which drills are to be held, and do they name things that are declared?"""

from collections.abc import Mapping, Sequence

from drcheck.estate.document import Loc
from drcheck.estate.forms import DrillForm, PlanDrillForm, ReplicaDrillForm
from drcheck.estate.model import DrillSpec, NetworkSpec, ProbeSpec, VaultRef
from drcheck.estate.reader import Reader

KINDS: Mapping[str, type[DrillForm]] = {"hyperv-replica": ReplicaDrillForm, "recovery-plan": PlanDrillForm}
PROBES: Mapping[str, Sequence[str]] = {
    "hyperv-replica": ("heartbeat", "service"),
    "recovery-plan": ("run-command",),
}
"""Which probes reach into a copy that has no network: the host's own channels, and Azure's."""


def read_drills(
    reader: Reader, value: object, *, networks: Sequence[NetworkSpec], vaults: Sequence[VaultRef], guest: bool
) -> tuple[DrillSpec, ...]:
    """The drills in their order.

    Args:
        reader: reads the file.
        value: the section.
        networks: the networks that drills may use.
        vaults: the vaults that are declared.
        guest: is there a credential for services inside a guest?
    """
    if value is not None and not isinstance(value, list):
        reader.problem(("drills",), "must be a list")
    made: list[DrillSpec] = []
    for at, item in enumerate(value if isinstance(value, list) else []):
        loc: Loc = ("drills", at)
        form = _form(reader, item, loc)
        if form is None:
            continue
        if any(form.name == earlier.name for earlier in made):
            reader.problem((*loc, "name"), f"{form.name!r} is the name of an earlier drill")
        if isinstance(form, ReplicaDrillForm):
            made.append(_replica(reader, form, loc, networks))
        elif isinstance(form, PlanDrillForm):
            made.append(_plan(reader, form, loc, networks, vaults))
        _check_probes(reader, made[-1], loc, guest=guest)
    return tuple(made)


def _form(reader: Reader, item: object, loc: Loc) -> DrillForm | None:
    kind = item.get("kind") if isinstance(item, dict) else None
    if isinstance(item, dict) and kind not in KINDS:
        said = "is missing" if kind is None else f"{kind!r} is not a kind of drill"
        reader.problem((*loc, "kind"), f"{said}; there is {', '.join(KINDS)}")
        return None
    return reader.form(KINDS.get(str(kind), DrillForm), item, loc)


def _replica(reader: Reader, form: ReplicaDrillForm, loc: Loc, networks: Sequence[NetworkSpec]) -> DrillSpec:
    switches = {network.name.lower(): network.name for network in networks if network.platform == "hyperv"}
    if form.switch.lower() not in switches:
        reader.one_of(form.switch, list(switches.values()), (*loc, "switch"), "declared under drill_networks.hyperv")
    return DrillSpec(
        name=form.name,
        kind=form.kind,
        vm=form.vm,
        switch=switches.get(form.switch.lower(), form.switch),
        probes=_probes(form),
        rto_seconds=form.rto,
        rpo_seconds=form.rpo,
        seconds=form.seconds,
    )


def _plan(
    reader: Reader, form: PlanDrillForm, loc: Loc, networks: Sequence[NetworkSpec], vaults: Sequence[VaultRef]
) -> DrillSpec:
    declared = [network.name for network in networks if network.platform == "azure"]
    reader.one_of(form.network, declared, (*loc, "network"), "declared under drill_networks.azure")
    ids = {vault.name: vault.id for vault in vaults}
    reader.one_of(form.vault, list(ids), (*loc, "vault"), "the name of one of azure.vaults")
    return DrillSpec(
        name=form.name,
        kind=form.kind,
        vault=ids.get(form.vault, ""),
        plan=form.plan,
        network=form.network,
        allowed_actions=tuple(form.allowed_actions),
        probes=_probes(form),
        rto_seconds=form.rto,
        rpo_seconds=form.rpo,
        seconds=form.seconds,
    )


def _probes(form: DrillForm) -> tuple[ProbeSpec, ...]:
    return tuple(
        ProbeSpec(
            kind=probe.kind,
            name=probe.name or "",
            vm=probe.vm or "",
            script=probe.script or "",
            expect=probe.expect or "",
            mandatory=probe.mandatory,
        )
        for probe in form.probes
    )


def _check_probes(reader: Reader, drill: DrillSpec, loc: Loc, *, guest: bool) -> None:
    if not any(probe.mandatory for probe in drill.probes):
        reader.problem((*loc, "probes"), "at least one probe must be mandatory, or nothing would prove a recovery")
    for at, probe in enumerate(drill.probes):
        place: Loc = (*loc, "probes", at, "kind")
        allowed = PROBES[drill.kind]
        if probe.kind not in allowed:
            reader.problem(place, f"a {drill.kind} drill has no {probe.kind} probe; there is {', '.join(allowed)}")
        elif probe.kind == "service" and not guest:
            reader.problem(place, "a service probe signs in to the guest; declare windows.guest_credentials")
