"""What may stand in a drill file, as a JSON schema: for editors, and for reviewers' own tools. Made from the forms.

What a schema cannot say is left to reading: whether a name is declared, and that some fields belong together.
"""

import json
from collections.abc import Mapping
from typing import Any

from drcheck.estate.drill_forms import (
    KINDS,
    PARTS,
    WHOLE_ONLY,
    AuthorisationForm,
    GroupForm,
    HumanForm,
    ImpactForm,
    LimitsForm,
    OutOfScopeForm,
    PeopleForm,
    ProbeForm,
    ScenarioForm,
    SentinelForm,
)
from drcheck.estate.forms import Form

DIALECT = "https://json-schema.org/draft/2020-12/schema"
ONE: Mapping[str, type[Form]] = {
    "authorisation": AuthorisationForm,
    "limits": LimitsForm,
    "people": PeopleForm,
    "sentinel": SentinelForm,
    "scenario": ScenarioForm,
    "business_impact": ImpactForm,
}
MANY: Mapping[str, type[Form]] = {"probes": ProbeForm, "human": HumanForm, "out_of_scope": OutOfScopeForm}
"""Sections that are read by themselves, so that the forms tell nothing of what is in them."""
ONLY_PARTS = tuple(PARTS.keys() - KINDS.keys())
"""Kinds that are no drill by themselves, but a part of a rehearsal."""
TAKEN_OVER = ("name", "vault", "network", "switch")
"""What a part of a rehearsal need not say."""


def drill_schema() -> dict[str, Any]:
    """The schema of a drill file."""
    wholes = [_whole(form) for form in KINDS.values()]
    return {"$schema": DIALECT, "title": "drcheck drill file", "type": "object", "oneOf": wholes}


def schema_text() -> str:
    """The schema as JSON text that ends with a line break."""
    return json.dumps(drill_schema(), indent=1) + "\n"


def _whole(form: type[Form]) -> dict[str, Any]:
    schema = _drill(form)
    schema["properties"] = {"version": {"const": 1}, **schema["properties"]}
    schema["required"] = ["version", *schema["required"]]
    if "groups" in schema["properties"]:
        schema["properties"]["groups"] = {"type": "array", "items": _group(), "minItems": 1}
    return schema


def _drill(form: type[Form]) -> dict[str, Any]:
    schema = _plain(form)
    schema["properties"] |= {name: _plain(part) for name, part in ONE.items()}
    schema["properties"] |= {name: {"type": "array", "items": _plain(part)} for name, part in MANY.items()}
    return schema


def _group() -> dict[str, Any]:
    schema = _plain(GroupForm)
    parts = [_part(form) for form in PARTS.values()]
    schema["properties"]["parts"] = {"type": "array", "items": {"oneOf": parts}, "minItems": 1}
    return schema


def _part(form: type[Form]) -> dict[str, Any]:
    schema = _drill(form)
    schema["required"] = [name for name in schema["required"] if name not in TAKEN_OVER]
    schema["properties"] = {name: each for name, each in schema["properties"].items() if name not in WHOLE_ONLY}
    return schema


def _plain(form: type[Form]) -> dict[str, Any]:
    """A form's own schema; forms hold no other forms, so there are no references in it."""
    schema = form.model_json_schema()
    return {"required": [], **{name: schema[name] for name in schema if name != "title"}}
