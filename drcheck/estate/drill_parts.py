"""What do the parts of a drill say: its networks and canaries, its permission, its limits, its people?"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Self

from pydantic import TypeAdapter, ValidationError, model_validator

from drcheck.estate.access import check_reachable
from drcheck.estate.document import Loc
from drcheck.estate.drill_forms import (
    AuthorisationForm,
    BlackoutForm,
    CanaryForm,
    HumanForm,
    ImpactForm,
    LimitsForm,
    NetworksForm,
    OutOfScopeForm,
    OutsiderForm,
    PeopleForm,
    ReachForm,
    ScenarioForm,
    SentinelForm,
    SwitchForm,
    VirtualNetworkForm,
)
from drcheck.estate.drill_spec import (
    Authorisation,
    Blackout,
    Canary,
    HumanStep,
    ImpactSpec,
    LeaseStore,
    Limits,
    NetworkSpec,
    Outsider,
    People,
    Reach,
    ScenarioSpec,
    SentinelSpec,
)
from drcheck.estate.forms import Form, Https, Text, VirtualNetworkId
from drcheck.estate.model import Windows
from drcheck.estate.reader import Part, Reader

_VNET: TypeAdapter[str] = TypeAdapter(VirtualNetworkId)
_TEXT: TypeAdapter[str] = TypeAdapter(Text)


class LeasesForm(Form):
    """Where leases of drills in Azure are."""

    container: Text
    token_env: Text | None = None
    token_file: Text | None = None

    @model_validator(mode="after")
    def _one_token(self) -> Self:
        if self.token_env is not None and self.token_file is not None:
            raise ValueError("give token_env or token_file, not both")
        return self


def read_leases(reader: Reader, value: object) -> LeaseStore | None:
    """The container for leases; ``None`` when none is declared."""
    part = None if value is None else reader.part(LeasesForm, value, ("drill_leases",))
    if part is None or part.form is None:
        return None
    address, _, container = part.form.container.rstrip("/").rpartition("/")
    at = address.find("/", len("https://"))
    try:
        TypeAdapter(Https).validate_python(address if at < 0 else address[:at])
    except ValidationError:
        what = "must be the https:// address of a blob container: https://ACCOUNT.blob.core.windows.net/CONTAINER"
        reader.problem((*part.loc, "container"), what)
    token = None
    if part.form.token_env is not None:
        token = reader.secret_of_variable(part.form.token_env, (*part.loc, "token_env"))
    elif part.form.token_file is not None:
        token = reader.secret_of_file(part.form.token_file, (*part.loc, "token_file"))
    return LeaseStore(container=f"{address}/{container}", token=token)


def read_signing_key(reader: Reader, value: str | None) -> Path | None:
    """The key that signs records; a private one must be private."""
    loc: Loc = ("drill_signing_key",)
    public = value is not None and value.endswith(".pub")
    return reader.existing_file(value, loc) if public else reader.private_file(value, loc)


def read_blackouts(reader: Reader, value: object) -> tuple[Blackout, ...]:
    """The times in which no drill may be held."""
    return tuple(
        Blackout(name=form.name, start=form.start, end=form.end)
        for part in reader.rows(BlackoutForm, value, ("blackouts",))
        if (form := part.form) is not None
    )


def read_networks(reader: Reader, value: object, windows: Windows) -> tuple[NetworkSpec, ...]:
    """The networks that drills may use; whoever tries one from production has to be reached itself."""
    if value is None:
        return ()
    part = reader.part(NetworksForm, value, ("drill_networks",))
    found: dict[tuple[str, str], NetworkSpec] = {}
    for platform in NetworksForm.model_fields:
        for loc, item in part.listed(platform):
            for network in _network(reader, platform, item, loc):
                if (platform, network.name.lower()) in found:
                    reader.problem(loc, f"{network.name} is listed twice")
                found.setdefault((platform, network.name.lower()), network)
                if network.canary and network.canary.from_production:
                    place = (*loc, "canary", "from_production", "host")
                    check_reachable(reader, windows, {network.canary.from_production.host: place})
    return tuple(found.values())


def _network(reader: Reader, platform: str, item: object, loc: Loc) -> Iterator[NetworkSpec]:
    if not isinstance(item, dict):
        name = _checked(reader, _VNET if platform == "azure" else _TEXT, item, loc)
        if name:
            yield NetworkSpec(platform=platform, name=name)
        return
    form: type[VirtualNetworkForm | SwitchForm] = VirtualNetworkForm if platform == "azure" else SwitchForm
    part: Part[VirtualNetworkForm | SwitchForm] = reader.part(form, item, loc)
    canary, reason = part.get("canary"), part.get("without_canary")
    if canary is not None and reason is not None:
        reader.problem((*loc, "without_canary"), "it has a canary")
    name = part.get("id") if platform == "azure" else part.get("name")
    if name:
        yield NetworkSpec(
            platform=platform,
            name=name,
            canary=_canary(reader, platform, canary, (*loc, "canary")),
            without_canary=reason or "",
        )


def _canary(reader: Reader, platform: str, value: object, loc: Loc) -> Canary | None:
    part = None if value is None else reader.part(CanaryForm, value, loc)
    if part is None:
        return None
    closed = _reaches(reader, part.get("must_not_reach"), (*loc, "must_not_reach"))
    opened = _reaches(reader, part.get("must_reach"), (*loc, "must_reach"))
    if part.form is None or not closed or not opened:
        return None
    vm, *beside = [one.lower() if platform == "azure" else one for one in (part.form.vm, *part.form.beside)]
    outsider = _outsider(reader, part.get("from_production"), (*loc, "from_production"))
    return Canary(vm=vm, must_not_reach=closed, must_reach=opened, beside=tuple(beside), from_production=outsider)


def _outsider(reader: Reader, value: object, loc: Loc) -> Outsider | None:
    part = None if value is None else reader.part(OutsiderForm, value, loc)
    if part is None or part.form is None:
        return None
    opened = _reaches(reader, part.get("must_reach"), (*loc, "must_reach"))
    return Outsider(host=part.form.host, must_reach=opened) if opened else None


def _reaches(reader: Reader, value: object, loc: Loc) -> tuple[Reach, ...]:
    if value is None:
        return ()  # told as missing
    if not isinstance(value, list) or not value:
        reader.problem(loc, "must be a list of {host, port, name}, and not empty")
        return ()
    return tuple(
        Reach(host=form.host, port=form.port, name=form.name or "")
        for part in reader.rows(ReachForm, value, loc)
        if (form := part.form) is not None
    )


def _checked(reader: Reader, kind: TypeAdapter[str], item: object, loc: Loc) -> str:
    try:
        return kind.validate_python(item, strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        context = first.get("ctx", {})
        reader.problem(loc, str(context["error"]) if "error" in context else "must be a text or a mapping")
        return ""


def read_authorisation(reader: Reader, value: object, loc: Loc) -> Authorisation | None:
    """Who allowed it; ``None`` when nobody is named."""
    form = None if value is None else reader.part(AuthorisationForm, value, loc).form
    if form is None:
        return None
    return Authorisation(
        change=form.change,
        approver=form.approver,
        not_before=form.not_before,
        not_after=form.not_after,
        risk=form.risk or "",
    )


def read_limits(reader: Reader, value: object, loc: Loc) -> Limits:
    """How much it may do."""
    form = None if value is None else reader.part(LimitsForm, value, loc).form
    if form is None:
        return Limits()
    return Limits(
        machines=form.machines,
        parallel=form.parallel,
        per_host=form.per_host,
        per_vault=form.per_vault,
        seconds=form.duration,
    )


def read_human(reader: Reader, value: object, loc: Loc, groups: Sequence[str]) -> tuple[HumanStep, ...]:
    """The steps of people, each after a group that there is."""
    found = []
    for part in reader.rows(HumanForm, value, loc):
        after = part.get("after")
        if after is not None:
            reader.one_of(after, groups, (*part.loc, "after"), "the name of one of its groups")
        if (form := part.form) is not None:
            step = HumanStep(
                name=form.name, owner=form.owner, seconds=form.time, confirm=form.confirm, after=form.after or ""
            )
            found.append(step)
    return tuple(found)


def read_people(reader: Reader, value: object, loc: Loc) -> People:
    """Who has to do with it."""
    form = None if value is None else reader.part(PeopleForm, value, loc).form
    if form is None:
        return People()
    return People(
        observer=form.observer or "",
        reviewer=form.reviewer or "",
        owner=form.owner or "",
        communications=form.communications or "",
    )


def read_scenario(reader: Reader, value: object, loc: Loc) -> ScenarioSpec | None:
    """What it pretends has happened; ``None`` when nobody has said."""
    form = None if value is None else reader.part(ScenarioForm, value, loc).form
    if form is None:
        return None
    assumptions, parties = tuple(form.assumptions), tuple(form.third_parties)
    return ScenarioSpec(type=form.type, severity=form.severity, assumptions=assumptions, third_parties=parties)


def read_impact(reader: Reader, value: object, loc: Loc) -> ImpactSpec | None:
    """Where its targets come from; ``None`` when nobody has said."""
    form = None if value is None else reader.part(ImpactForm, value, loc).form
    return None if form is None else ImpactSpec(reference=form.reference, version=form.version or "")


def read_sentinel(reader: Reader, value: object, loc: Loc) -> SentinelSpec | None:
    """Where the machine writes down the time; ``None`` when it does not."""
    form = None if value is None else reader.part(SentinelForm, value, loc).form
    if form is None:
        return None
    return SentinelSpec(path=form.path or "", database=form.database or "", vm=form.vm or "", every_seconds=form.every)


def read_out_of_scope(reader: Reader, value: object, loc: Loc) -> tuple[tuple[str, str], ...]:
    """What it leaves out, and why."""
    parts = reader.rows(OutOfScopeForm, value, loc)
    return tuple((part.form.what, part.form.why) for part in parts if part.form is not None)


def script_of(reader: Reader, name: str | None, loc: Loc) -> Path | None:
    """The script that a probe names, which must be there."""
    return reader.existing_file(name, loc)
