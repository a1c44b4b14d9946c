"""Which thresholds and which waivers has somebody declared?"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec import structs

from drcheck.estate.document import Document, Loc
from drcheck.estate.forms import Form
from drcheck.estate.reader import Reader
from drcheck.estate.rule_forms import PolicyForm, TierForm, WaiverForm, WaiversForm
from drcheck.policy import DEFAULT_TIERS, Policy, TierPolicy
from drcheck.waivers import Waiver


def read_policy(reader: Reader, value: object) -> Policy:
    """The default policy with what is declared otherwise."""
    if value is None:
        return Policy()
    part = reader.part(PolicyForm, value, ("policy",))
    tiers = _tiers(reader, part.get("tiers"))
    given = {} if part.form is None else _given(part.form)
    given.pop("tiers", None)
    given = {name: tuple(value) if isinstance(value, list) else value for name, value in given.items()}
    default = part.get("default_tier")
    if default is not None and default not in tiers:
        reader.problem(("policy", "default_tier"), f"{default} is not one of the tiers {_listed(tiers)}")
    return structs.replace(Policy(), tiers=tiers, **given)


def read_waivers(path: Path, reader: Reader) -> tuple[Waiver, ...]:
    """The waivers of a file of their own; ids are unique.

    Args:
        path: the file; it must exist.
        reader: reads the file that names it, and gathers the mistakes.
    """
    document = Document(path, reader.document.problems)
    if document.value is None:
        return ()
    own = reader.of(document)
    whole = own.part(WaiversForm, document.value, ())
    waivers: list[Waiver] = []
    ids: set[str] = set()
    for part in own.rows(WaiverForm, whole.get("waivers"), ("waivers",)):
        if part.get("id") in ids:
            own.problem((*part.loc, "id"), f"{part.get('id')!r} is the id of an earlier waiver")
        ids.add(part.get("id"))
        if part.form is not None:
            waivers.append(Waiver(**part.form.model_dump()))
    return tuple(waivers)


def _given(form: Form) -> dict[str, Any]:
    return {name: each for name, each in form.model_dump().items() if each is not None}


def _tiers(reader: Reader, value: object) -> Mapping[int, TierPolicy]:
    loc: Loc = ("policy", "tiers")
    if value is not None and not isinstance(value, dict):
        reader.problem(loc, "must be a mapping of tier numbers")
    tiers = dict(DEFAULT_TIERS)
    for number, each in (value if isinstance(value, dict) else {}).items():
        if not isinstance(number, int) or number < 0:
            reader.problem((*loc, number), "a tier is a whole number from 0 on", at_key=True)
            continue
        part = reader.part(TierForm, each, (*loc, number))
        if part.form is not None:
            _set_tier(reader, tiers, number, _given(part.form))
    return tiers


def _set_tier(reader: Reader, tiers: dict[int, TierPolicy], number: int, given: Mapping[str, Any]) -> None:
    if number in tiers:
        tiers[number] = structs.replace(tiers[number], **given)
        return
    lacking = [each.name for each in structs.fields(TierPolicy) if each.required and each.name not in given]
    if lacking:
        reader.problem(("policy", "tiers", number), f"a tier without defaults needs {', '.join(lacking)}")
    else:
        tiers[number] = TierPolicy(**given)


def _listed(tiers: Mapping[int, TierPolicy]) -> str:
    return ", ".join(str(number) for number in sorted(tiers))
