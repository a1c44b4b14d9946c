"""The list of cmdlets that the scripts call, held against a real parser of PowerShell."""

from collections.abc import Iterator

import pytest
import tree_sitter_powershell
from tree_sitter import Language, Node, Parser

from drcheck.drill.guest.scripts import frame_script, guest_scripts
from drcheck.permissions.scripts import invoked
from drcheck.permissions.uses import RunKind
from drcheck.transport.scripts import collect_script, loader_text

SCRIPTS = {"loader": loader_text(), "collect": collect_script(), "act": frame_script()}
SCRIPTS["guest"] = "\n".join(guest_scripts().values())
OPERATORS = ("-EQ", "-NE")


def every(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        yield from every(child)


def parsed(script: str) -> dict[str, set[str]]:
    """Parameters by cmdlet, as the parser sees them; our own functions and script blocks left out."""
    root = Parser(Language(tree_sitter_powershell.language())).parse(script.encode()).root_node
    found: dict[str, set[str]] = {}
    for command in every(root):
        name = command.child_by_field_name("command_name") if command.type == "command" else None
        text = name.text.decode() if name is not None and name.text is not None else ""
        if "-" in text and "-Drc" not in text and not text.startswith("$"):
            elements = command.child_by_field_name("command_elements")
            own = [one for one in elements.children if one.type == "command_parameter"] if elements else []
            words = [one.text.decode().rstrip(":") for one in own if one.text is not None]
            found.setdefault(text, set()).update(word for word in words if word not in OPERATORS)
    return found


@pytest.mark.parametrize("script", SCRIPTS)
def test_the_list_names_what_the_parser_finds(script: str) -> None:
    listed = {
        call.cmdlet: {f"-{name}" for name in call.parameters}
        for call in invoked(RunKind.DRILL)
        if call.script == script
    }
    found = parsed(SCRIPTS[script])
    assert found
    assert set(found) <= set(listed)
    for cmdlet, parameters in found.items():
        assert {word.partition(":")[0] for word in parameters} <= listed[cmdlet], cmdlet
