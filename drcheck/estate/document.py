"""What does a YAML file say, and where does it say it?

PyYAML's C parser, with our own reading of its nodes: YAML 1.2 scalars (``no`` is a word, ``012`` is twelve), no
merge keys, no tags of other languages, and a key that is given twice is a mistake instead of the last one winning.
"""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TypeAlias

import yaml

Loc: TypeAlias = tuple[str | int, ...]

_TAG = "tag:yaml.org,2002:"


class _Loader(yaml.CSafeLoader):
    """Parses and resolves; nothing is constructed by PyYAML."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - PyYAML's own shape


for _name, _pattern, _first in (
    ("null", r"(?:~|null|Null|NULL|)\Z", ["~", "n", "N", ""]),
    ("bool", r"(?:true|True|TRUE|false|False|FALSE)\Z", list("tTfF")),
    ("int", r"(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)\Z", list("-+0123456789")),
    ("float", r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z", list("-+.0123456789")),
):
    _Loader.add_implicit_resolver(_TAG + _name, re.compile(_pattern), _first)


class Problems:
    """Mistakes, gathered so that all can be told at once."""

    def __init__(self) -> None:
        self._found: dict[tuple[int, int, int, str, str], str] = {}
        self._files: list[Path] = []

    def add(self, file: Path, mark: tuple[int, int], path: str, what: str) -> None:
        """Note a mistake at a line and a column, both counted from 1."""
        if file not in self._files:
            self._files.append(file)
        told = f"{path}: {what}" if path else what
        key = (self._files.index(file), *mark, path, what)
        self._found[key] = f"{file}:{mark[0]}:{mark[1]}: {told}"

    def listed(self) -> tuple[str, ...]:
        """Every mistake once, in the order of the files and of their lines."""
        return tuple(self._found[key] for key in sorted(self._found))


class Document:
    """A YAML file: its value, and the place of every part of it.

    Args:
        path: the file.
        problems: where mistakes go; a file that cannot be read at all is one mistake and has the value ``None``.
    """

    def __init__(self, path: Path, problems: Problems) -> None:
        self.path = path
        self.problems = problems
        self._root = self._parse()
        self.value: object = None if self._root is None else self._value(self._root, (), ())

    def problem(self, loc: Sequence[str | int], what: str, *, at_key: bool = False) -> None:
        """Note a mistake at a part of the file, or at the nearest part that exists."""
        mark, path = self._place(loc, at_key=at_key)
        self.problems.add(self.path, mark, path, what)

    def file(self, name: str) -> Path:
        """A path that the file names: relative ones start from the file's folder."""
        return self.path.parent / Path(name).expanduser()

    def _parse(self) -> yaml.Node | None:
        try:
            root: yaml.Node | None = yaml.compose(self.path.read_text(encoding="utf-8-sig"), Loader=_Loader)
        except OSError as error:
            self.problems.add(self.path, (1, 1), "", f"cannot be read: {error.strerror}")
        except UnicodeDecodeError as error:
            self.problems.add(self.path, (1, 1), "", f"is not UTF-8 text: {error.reason} at byte {error.start}")
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark
            at = (mark.line + 1, mark.column + 1) if mark else (1, 1)
            self.problems.add(self.path, at, "", f"is not YAML: {error.problem}")
        except yaml.YAMLError as error:
            self.problems.add(self.path, (1, 1), "", f"is not YAML: {' '.join(str(error).split())}")
        else:
            if root is None:
                self.problems.add(self.path, (1, 1), "", "is empty")
            return root
        return None

    def _value(self, node: yaml.Node, loc: Loc, above: tuple[int, ...]) -> object:
        if id(node) in above:
            self.problems.add(self.path, _mark(node), _dotted(loc), "contains itself")
            return None
        above = (*above, id(node))
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, loc, above)
        if isinstance(node, yaml.SequenceNode):
            return [self._value(item, (*loc, at), above) for at, item in enumerate(node.value)]
        value = _scalar(node)
        if value is _UNKNOWN_TAG:
            self.problems.add(self.path, _mark(node), _dotted(loc), f"the tag {node.tag} is not allowed")
            return None
        return value

    def _mapping(self, node: yaml.MappingNode, loc: Loc, above: tuple[int, ...]) -> dict[str | int, object]:
        made: dict[str | int, object] = {}
        lines: dict[str | int, int] = {}
        for key_node, value_node in node.value:
            key = _scalar(key_node) if isinstance(key_node, yaml.ScalarNode) else None
            if isinstance(key, bool) or not isinstance(key, str | int):
                self.problems.add(self.path, _mark(key_node), _dotted(loc), "a key must be a text or a whole number")
            elif key in made:
                what = f"is given twice (first in line {lines[key]})"
                self.problems.add(self.path, _mark(key_node), _dotted((*loc, key)), what)
            else:
                lines[key] = key_node.start_mark.line + 1
                made[key] = self._value(value_node, (*loc, key), above)
        return made

    def _place(self, loc: Sequence[str | int], *, at_key: bool) -> tuple[tuple[int, int], str]:
        node, mark, in_sequence = self._root, (1, 1), []
        for step in loc:
            in_sequence.append(isinstance(node, yaml.SequenceNode))
            found = _child(node, step)
            if found is None:
                node = None
                continue
            key, node = found
            mark = _mark(key if at_key else node)
        return (mark if loc or self._root is None else _mark(self._root)), _dotted(loc, in_sequence)


_UNKNOWN_TAG = object()


def _scalar(node: yaml.Node) -> object:
    """The value of a scalar by YAML 1.2's core schema."""
    tag, text = str(node.tag).removeprefix(_TAG), str(node.value)
    if tag == "null":
        return None
    if tag == "bool":
        return text.lower() == "true"
    if tag == "int":
        return int(text, {"0o": 8, "0x": 16}.get(text[:2], 10))
    if tag == "float":
        return float(text)
    return text if tag == "str" else _UNKNOWN_TAG


def _child(node: yaml.Node | None, step: str | int) -> tuple[yaml.Node, yaml.Node] | None:
    """The key and the value below a node; of a list, the element stands for both."""
    if isinstance(node, yaml.MappingNode):
        return next(((key, value) for key, value in node.value if _scalar(key) == step), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step], node.value[step]
    return None


def _mark(node: yaml.Node) -> tuple[int, int]:
    return node.start_mark.line + 1, node.start_mark.column + 1


def _dotted(loc: Sequence[str | int], in_sequence: Iterable[bool] | None = None) -> str:
    """``applications.payments.vms[2]``."""
    parts = []
    for step, listed in zip(loc, in_sequence or (isinstance(step, int) for step in loc), strict=True):
        parts.append(f"[{step}]" if listed else f".{step}")
    return "".join(parts).removeprefix(".")
