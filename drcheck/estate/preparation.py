"""What have people prepared for the day of a recovery?"""

from collections.abc import Mapping, Sequence

from drcheck.estate.document import Loc
from drcheck.estate.forms import EstateForm
from drcheck.estate.preparation_forms import (
    BreakGlassForm,
    ClusterDesignForm,
    DrillControllerForm,
    KitForm,
    KitPartForm,
)
from drcheck.estate.prepared import BreakGlassSpec, ClusterDesign, DrillControllerSpec, Prepared
from drcheck.estate.reader import Part, Reader
from drcheck.topology.prepared import KitPart


def read_prepared(reader: Reader, whole: Part[EstateForm], sites: Sequence[str]) -> Prepared:
    """Every part that is declared.

    Args:
        reader: of the file.
        whole: the file.
        sites: names of the declared sites, at which things are kept.
    """
    return Prepared(
        clusters=_clusters(reader, whole.get("clusters")),
        break_glass=_break_glass(reader, whole.get("break_glass"), sites),
        drill_controllers=_controllers(reader, whole.get("drill_controllers")),
        kit=_kit(reader, whole.get("recovery_kit"), sites),
    )


def _clusters(reader: Reader, value: object) -> tuple[ClusterDesign, ...]:
    return tuple(
        ClusterDesign(
            name=name.lower(),
            witness=form.witness or "",
            votes=tuple(sorted((host.lower(), weight) for host, weight in (form.votes or {}).items())),
            dynamic_quorum=form.dynamic_quorum,
        )
        for name, part in reader.table(ClusterDesignForm, value, ("clusters",)).items()
        if (form := part.form) is not None
    )


def _break_glass(reader: Reader, value: object, sites: Sequence[str]) -> tuple[BreakGlassSpec, ...]:
    found = []
    for name, part in reader.table(BreakGlassForm, value, ("break_glass",)).items():
        for loc, site in part.listed("kept_at"):
            reader.one_of(site, sites, loc, "a declared site")
        if (form := part.form) is not None:
            found.append(
                BreakGlassSpec(
                    name=name,
                    kept_at=tuple(form.kept_at),
                    holders=tuple(form.holders),
                    needs=tuple(form.needs or ()),
                    domain=form.domain or "",
                    tested=form.tested,
                )
            )
    return tuple(found)


def _controllers(reader: Reader, value: object) -> tuple[DrillControllerSpec, ...]:
    return tuple(
        DrillControllerSpec(
            name=name,
            host=form.host,
            fsmo=form.fsmo or "",
            generation_id_accepted=form.generation_id_accepted,
        )
        for name, part in reader.table(DrillControllerForm, value, ("drill_controllers",)).items()
        if (form := part.form) is not None
    )


def _kit(reader: Reader, value: object, sites: Sequence[str]) -> tuple[KitPart, ...] | None:
    if value is None:
        return None
    loc: Loc = ("recovery_kit",)
    part = reader.part(KitForm, value, loc)
    given: Mapping[str, KitPartForm] = {name: part.get(name) for name in KitForm.model_fields if part.get(name)}
    for name, form in given.items():
        for at, site in enumerate(form.kept_at):
            reader.one_of(site, sites, (*loc, name, "kept_at", at), "a declared site")
    return tuple(
        KitPart(name=name, kept_at=tuple(form.kept_at), reviewed=form.reviewed) for name, form in given.items()
    )
