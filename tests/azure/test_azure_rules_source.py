"""Does the source of policies tell what they do, however they are written, and nothing where it cannot know?"""

from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

import pytest

from drcheck.discovery.azure_rules import read_rules
from drcheck.topology.azure_governance import PolicyRule
from drcheck.topology.base import Seen, Target
from tests.recorded_vaults import AT, SUB, decode

T = TypeVar("T")
TARGET = Target(role="azure", endpoint=SUB)
POLICIES = f"{SUB}/providers/Microsoft.Authorization/policyDefinitions"
GROUP = "/providers/Microsoft.Management/managementGroups/root/providers/Microsoft.Authorization"
INITIATIVE = f"{GROUP}/policySetDefinitions/Our Baseline"


class Policies:
    """Assignments, and the definitions behind them by id in lower case."""

    def __init__(self, assignments: list[dict[str, Any]], *definitions: dict[str, Any]) -> None:
        self.assignments = assignments
        self.definitions = {one["id"].lower().replace(" ", "%20"): one for one in definitions}
        self.asked: list[str] = []

    def every(self, path: str, api_version: str, of: type[T]) -> Iterator[T]:
        return (decode(one, of) for one in self.assignments)

    def one(self, path: str, api_version: str, of: type[T]) -> T:
        self.asked.append(path)
        return decode(self.definitions[path], of)

    def each(self, paths: Iterable[str], api_version: str, of: type[T]) -> Iterator[T]:
        return (self.one(path, api_version, of) for path in paths)

    def seen(self, path: str) -> Seen:
        return Seen(source="azure_rules", endpoint=SUB, query=f"GET {path}", at=AT)


def assigned(definition: str, **parameters: Any) -> dict[str, Any]:
    given = {name: {"value": value} for name, value in parameters.items()}
    properties = {"scope": SUB, "policyDefinitionId": definition, "parameters": given}
    return {"id": f"{SUB}/providers/Microsoft.Authorization/policyAssignments/A", "name": "A", "properties": properties}


def policy(effect: Any, /, **defaults: Any) -> dict[str, Any]:
    parameters = {name: {"type": "String", "defaultValue": value} for name, value in defaults.items()}
    properties = {"displayName": "p", "parameters": parameters, "policyRule": {"if": {}, "then": {"effect": effect}}}
    return {"id": f"{POLICIES}/P", "name": "P", "properties": properties}


def effect_of(definition: dict[str, Any], **given: Any) -> str:
    (rule,) = read_rules(Policies([assigned(f"{POLICIES}/P", **given)], definition), TARGET)
    assert rule.key == f"{SUB}/providers/microsoft.authorization/policyassignments/a#{POLICIES.lower()}/p"
    return rule.effect


def test_an_effect_that_is_written_out() -> None:
    assert effect_of(policy("Deny")) == "deny"
    assert effect_of(policy("deny"), effect="Audit") == "deny", (
        "a parameter that the rule does not name changes nothing"
    )


def test_an_effect_that_is_a_parameter() -> None:
    parameter = policy("[parameters('Effect')]", effect="Audit")
    assert effect_of(parameter) == "audit"
    assert effect_of(parameter, effect="Deny") == "deny"
    assert effect_of(policy("[ parameters( 'effect' ) ]"), EFFECT="Deny") == "deny"


@pytest.mark.parametrize("effect", ["[if(true(),'deny','audit')]", "[parameters('missing')]", None, 3, ["deny"]])
def test_an_effect_that_cannot_be_known_is_not_guessed(effect: Any) -> None:
    assert effect_of(policy(effect)) == ""


def initiative(*references: tuple[str, Any], **defaults: Any) -> dict[str, Any]:
    members = [
        {
            "policyDefinitionId": f"{POLICIES}/P",
            "policyDefinitionReferenceId": name,
            "parameters": {"effect": {"value": value}},
        }
        for name, value in references
    ]
    parameters = {name: {"defaultValue": value} for name, value in defaults.items()}
    properties = {"displayName": "set", "parameters": parameters, "policyDefinitions": members}
    return {"id": INITIATIVE, "name": "Our Baseline", "properties": properties}


def rules(ask: Policies) -> dict[str, PolicyRule]:
    return {rule.key.rpartition("#")[2]: rule for rule in read_rules(ask, TARGET)}


def test_an_initiative_hands_parameters_on() -> None:
    whole = initiative(
        ("first", "[parameters('a')]"), ("second", "[parameters('b')]"), ("third", "Disabled"), b="Audit"
    )
    ask = Policies([assigned(INITIATIVE, a="Deny")], whole, policy("[parameters('effect')]"))
    assert {name: rule.effect for name, rule in rules(ask).items()} == {
        "first": "deny",
        "second": "audit",
        "third": "disabled",
    }
    assert {rule.definition for rule in rules(ask).values()} == {f"{POLICIES}/P".lower()}


def test_a_definition_is_read_once_and_its_name_may_hold_spaces() -> None:
    whole = initiative(("first", "Deny"), ("second", "Audit"))
    ask = Policies([assigned(INITIATIVE), assigned(f"{POLICIES}/P")], whole, policy("Deny"))
    rules(ask)
    assert sorted(ask.asked) == sorted({INITIATIVE.lower().replace(" ", "%20"), f"{POLICIES}/P".lower()})


def test_a_definition_that_cannot_be_read_is_no_silence() -> None:
    with pytest.raises(KeyError):
        rules(Policies([assigned(f"{POLICIES}/gone")]))
