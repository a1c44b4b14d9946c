"""Which shape has a programme of drills in estate.yaml, and what does it say?"""

from collections.abc import Sequence
from typing import Annotated, TypeAlias

from pydantic import Field

from drcheck.estate.forms import Date, Duration, Form, Section, Text
from drcheck.estate.programme import ChangeSpec, DutySpec, HistorySpec, Programme
from drcheck.estate.reader import Reader

Sha256: TypeAlias = Annotated[str, Field(pattern=r"^[0-9A-Fa-f]{64}$")]


class ProgrammeForm(Form):
    """What a programme of drills has to do."""

    changes: Section = None
    switchovers: dict[Text, Duration] | None = None
    authors: dict[Text, Text] | None = None
    runbooks: dict[Text, Sha256] | None = None


class ChangeForm(Form):
    """A substantive change."""

    on: Date
    what: Text
    applications: Annotated[list[Text], Field(min_length=1)]


class HistoryForm(Form):
    """A file of figures, which need not exist yet."""

    file: Text
    every: Duration = 86400


def read_history(reader: Reader, value: object) -> HistorySpec | None:
    """Where figures are written down, if anywhere."""
    form = None if value is None else reader.part(HistoryForm, value, ("history",)).form
    return None if form is None else HistorySpec(path=reader.document.file(form.file), every_seconds=form.every)


def read_programme(reader: Reader, value: object, applications: Sequence[str]) -> Programme:
    """The programme, about declared applications only."""
    if value is None:
        return Programme()
    whole = reader.part(ProgrammeForm, value, ("programme",))
    expected = {name: whole.get(name) or {} for name in ("switchovers", "authors")}
    for section, given in expected.items():
        for name in given:
            reader.one_of(name, applications, ("programme", section, name), "a declared application")
    switchovers, authors = expected["switchovers"], expected["authors"]
    duties = (
        DutySpec(application=name, switchover_seconds=switchovers.get(name), author=authors.get(name, ""))
        for name in sorted({*switchovers, *authors})
    )
    runbooks = tuple((name.lower(), digest.lower()) for name, digest in sorted((whole.get("runbooks") or {}).items()))
    changes = _changes(reader, whole.get("changes"), applications)
    return Programme(changes=changes, duties=tuple(duties), runbooks=runbooks)


def _changes(reader: Reader, value: object, applications: Sequence[str]) -> tuple[ChangeSpec, ...]:
    found = []
    for name, part in reader.table(ChangeForm, value, ("programme", "changes")).items():
        for loc, application in part.listed("applications"):
            reader.one_of(application, applications, loc, "a declared application")
        if (form := part.form) is not None:
            found.append(ChangeSpec(name=name, on=form.on, what=form.what, applications=tuple(form.applications)))
    return tuple(found)
