"""Which parts of a check only make the text of a finding? A mutant there changes words, not conclusions."""

import ast
from collections.abc import Iterator
from functools import cached_property
from itertools import pairwise

SPEAKS = {"passed": 1, "failed": 1, "warned": 1, "judge": 1, "Unknown": 9, "NotApplicable": 9}
"""What is called with text, and how many of the leading arguments are text."""
SAYS = {"observed", "expected"}
ASKS = {"require", "all", "need", "site_of"}
"""Calls that raise Unknown: a function that makes one decides something, even when it gives a text."""

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


class Prose:
    """The text-only nodes of one module, found by following values to where they end.

    What stands in an f-string or in the message of an outcome is text. So is a variable, a parameter or a private
    function that is used nowhere else, whatever is only computed for one of those, and which of two reasons an UNKNOWN
    gives.
    """

    def __init__(self, tree: ast.Module) -> None:
        self._tree = tree
        self._parent = {id(child): node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
        self._functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
        self._known: set[tuple[str, str]] = set()
        """Names that are text, with the function they belong to; functions with the module, which is ''."""
        while new := {place for place in self._names if place not in self._known and self._only_text(place)}:
            self._known |= new

    def holds(self, node: ast.AST) -> bool:
        """Does this node only make text?"""
        function = self._home(node)
        if isinstance(node, ast.stmt) and (self._sets_text(node) or id(node) in self._worded):
            return True
        if any(id(place) in self._worded for place in self._around(node)):
            return True
        if any(_chooses_words(place) for place in (node, *self._around(node))):
            return True
        return self._is_text(node) or (function in self._functions and self._makes_text(function))

    @cached_property
    def _names(self) -> dict[tuple[str, str], list[ast.Name]]:
        """Every use of a name that the module binds itself, by (function, name)."""
        bound = {(self._home(node), name) for node in ast.walk(self._tree) for name in _binds(node)}
        uses: dict[tuple[str, str], list[ast.Name]] = {place: [] for place in bound}
        for node in ast.walk(self._tree):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                home = self._home(node)
                place = (home, node.id) if (home, node.id) in bound else ("", node.id)
                uses.setdefault(place, []).append(node)
        return uses

    @cached_property
    def _worded(self) -> set[int]:
        """What is required just before a ``raise Unknown``: it is UNKNOWN either way, and better worded."""
        found: set[int] = set()
        for node in ast.walk(self._tree):
            body = getattr(node, "body", ())
            for one, after in reversed([*pairwise(body if isinstance(body, list) else ())]):
                raised = isinstance(after, ast.Raise) and "Unknown(" in ast.unparse(after)
                if _calls(one, "require") and (raised or id(after) in found):
                    found.add(id(one))
        return found

    def _around(self, node: ast.AST) -> Iterator[ast.AST]:
        while id(node) in self._parent:
            node = self._parent[id(node)]
            yield node

    def _only_text(self, place: tuple[str, str]) -> bool:
        uses = self._names[place]
        return bool(uses) and all(self._is_text(use) for use in uses)

    def _makes_text(self, name: str) -> bool:
        return ("", name) in self._known and not any(_decides(node) for node in ast.walk(self._functions[name]))

    def _home(self, node: ast.AST) -> str:
        """The outermost function around a node; '' for the module."""
        return next((one.name for one in reversed([*self._around(node)]) if isinstance(one, ast.FunctionDef)), "")

    def _is_text(self, node: ast.AST) -> bool:
        while id(node) in self._parent:
            parent = self._parent[id(node)]
            if isinstance(parent, ast.JoinedStr | ast.FormattedValue):
                return True
            if isinstance(parent, ast.Call) and self._is_said(parent, node):
                return True
            if isinstance(parent, ast.stmt):
                return self._ends_as_text(parent, node)
            if isinstance(parent, ast.Yield | ast.YieldFrom):
                return self._makes_text(self._home(parent))
            node = parent
        return False

    def _is_said(self, call: ast.Call, argument: ast.AST) -> bool:
        if isinstance(argument, ast.keyword):
            return argument.arg in SAYS
        if not isinstance(call.func, ast.Name) or argument not in call.args:
            return False
        place = call.args.index(argument)
        function = self._functions.get(call.func.id)
        if function is not None and place < len(function.args.args):
            return (function.name, function.args.args[place].arg) in self._known
        return place < SPEAKS.get(call.func.id, 0)

    def _ends_as_text(self, statement: ast.stmt, value: ast.AST) -> bool:
        if isinstance(statement, ast.If):
            return value is statement.test and self._sets_text(statement)
        if isinstance(statement, ast.Return):
            return self._makes_text(self._home(statement))
        return value is getattr(statement, "value", None) and self._sets_text(statement)

    def _sets_text(self, statement: ast.stmt) -> bool:
        if isinstance(statement, ast.If):
            return all(self._sets_text(one) for one in (*statement.body, *statement.orelse))
        names = set(_binds(statement))
        home = self._home(statement)
        return bool(names) and all((home, name) in self._known for name in names)


def _binds(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef):
        yield node.name
    elif isinstance(node, ast.arg):
        yield node.arg
    elif isinstance(node, ast.Assign):
        yield from (name.id for target in node.targets for name in ast.walk(target) if isinstance(name, ast.Name))
    elif isinstance(node, ast.AnnAssign | ast.AugAssign) and isinstance(node.target, ast.Name):
        yield node.target.id


def _chooses_words(node: ast.AST) -> bool:
    """Is it one text or another, each of which says something?"""
    return isinstance(node, ast.IfExp) and all(isinstance(one, ast.JoinedStr) for one in (node.body, node.orelse))


def _calls(statement: ast.stmt, name: str) -> bool:
    called = statement.value if isinstance(statement, ast.Expr) else None
    return isinstance(called, ast.Call) and getattr(called.func, "attr", "") == name


def _decides(node: ast.AST) -> bool:
    if isinstance(node, ast.Call):
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        return name in ASKS
    return isinstance(node, ast.Raise)
