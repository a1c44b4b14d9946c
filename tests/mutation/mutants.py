"""The ways in which a check could be wrong: one small change of its code each."""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.mutation.prose import Prose

COMPARED: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
COMPUTED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}
NAMES: dict[str, tuple[str, ...]] = {
    "passed": ("failed",),
    "failed": ("passed",),
    "warned": ("failed", "passed"),
    "Unknown": ("NotApplicable",),
    "NotApplicable": ("Unknown",),
    "min": ("max",),
    "max": ("min",),
    "any": ("all",),
    "all": ("any",),
}
ASIDE = ast.Import | ast.ImportFrom | ast.ClassDef | ast.Assert | ast.arg
PLAIN = {"lower", "upper", "casefold", "strip", "rstrip", "lstrip"}
"""Methods that make two spellings one."""


@dataclass(frozen=True)
class Mutant:
    """One change: the node with this number in ``ast.walk`` order becomes another."""

    line: int
    number: int
    operator: str
    before: str
    after: str
    node: ast.AST

    @property
    def title(self) -> str:
        return f"{self.line}: {self.operator}: {self.before} -> {self.after}"

    def of(self, source: str) -> ast.Module:
        """The module with this change."""
        tree = ast.parse(source)
        old = list(ast.walk(tree))[self.number]
        _Put(old, self.node).visit(tree)
        return ast.fix_missing_locations(tree)


class _Put(ast.NodeTransformer):
    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> ast.AST:
        return self.new if node is self.old else self.generic_visit(node)


Change = Callable[[ast.AST], Iterator[ast.AST]]


def mutants_of(source: str) -> tuple[Mutant, ...]:
    """Every mutant of a module, in the order of its lines. Text, types and metadata stay as they are."""
    tree = ast.parse(source)
    prose, left = Prose(tree), _left_alone(tree)
    compared = {id(inner) for node in ast.walk(tree) if isinstance(node, ast.Compare) for inner in ast.walk(node)}
    found: list[Mutant] = []
    for number, node in enumerate(ast.walk(tree)):
        if id(node) in left or prose.holds(node) or (_is_sentence(node) and id(node) not in compared):
            continue
        for name, change in CHANGES.items():
            found.extend(_mutant(number, node, name, new) for new in change(node))
    return tuple(sorted(found, key=lambda one: (one.line, one.number)))


def _mutant(number: int, node: ast.AST, operator: str, new: ast.AST) -> Mutant:
    place = node.target if isinstance(node, ast.comprehension) else node
    ast.copy_location(new, place)
    return Mutant(place.lineno, number, operator, _brief(node), _brief(new), new)  # type: ignore[attr-defined]  # has


def _brief(node: ast.AST) -> str:
    text = ast.unparse(node).strip().splitlines()[0]
    return text if len(text) <= 90 else f"{text[:87]}..."


def _left_alone(tree: ast.Module) -> set[int]:
    """Decorators, annotations, imports, class definitions, docstrings and assertions about types."""
    roots: list[ast.AST] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            roots.extend([*node.decorator_list, *([node.returns] if node.returns else [])])
        elif isinstance(node, ast.AnnAssign):
            roots.append(node.annotation)
        elif isinstance(node, ASIDE) or _is_docstring(node) or _is_alias(node):
            roots.append(node)
    return {id(inner) for root in roots for inner in ast.walk(root)}


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_alias(node: ast.AST) -> bool:
    """Is it the name of a type, such as ``Found = tuple[int, str]``?"""
    if not isinstance(node, ast.Assign) or node.col_offset or not isinstance(node.value, ast.Subscript | ast.BinOp):
        return False
    return isinstance(node.targets[0], ast.Name) and not node.targets[0].id.isupper()


def _is_sentence(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value


def _comparison(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.Compare):
        for place, old in enumerate(node.ops):
            for new in COMPARED[type(old)]:
                ops = [*node.ops[:place], new(), *node.ops[place + 1 :]]
                yield ast.Compare(node.left, ops, node.comparators)


def _connective(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.BoolOp):
        yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
        for place in range(len(node.values)):
            rest = [*node.values[:place], *node.values[place + 1 :]]
            yield ast.BoolOp(node.op, rest) if len(rest) > 1 else rest[0]


def _negation(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.USub):
        yield node.operand


def _constant(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.Constant):
        if isinstance(node.value, bool):
            yield ast.Constant(not node.value)
        elif isinstance(node.value, int | float):
            yield ast.Constant(node.value + 1)
        elif isinstance(node.value, str):
            yield ast.Constant(f"XX{node.value}")


def _arithmetic(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.BinOp) and type(node.op) in COMPUTED:
        yield ast.BinOp(node.left, COMPUTED[type(node.op)](), node.right)
    if isinstance(node, ast.AugAssign) and type(node.op) in COMPUTED:
        yield ast.AugAssign(node.target, COMPUTED[type(node.op)](), node.value)


def _verdict_or_extreme(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        for new in NAMES.get(node.id, ()):
            yield ast.Name(new, node.ctx)


def _evidence(node: ast.AST) -> Iterator[ast.AST]:
    """What was seen taken for all there is, the other way round, and one scope's facts for everybody's."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and _is_topology(node.func.value):
        if node.func.attr == "seen":
            yield ast.Call(ast.Attribute(node.func.value, "all", ast.Load()), node.args, node.keywords)
        if node.func.attr == "all" and len(node.args) == 1:
            yield ast.Call(ast.Attribute(node.func.value, "seen", ast.Load()), node.args, node.keywords)
        if node.func.attr == "all" and len(node.args) > 1:
            yield ast.Call(ast.Attribute(node.func.value, "seen", ast.Load()), node.args[:1], node.keywords)
        if node.func.attr in ("all", "require") and len(node.args) > 1:
            yield ast.Call(node.func, node.args[:1], node.keywords)


def _is_topology(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id == "topology"


def _spelling(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in PLAIN:
        yield node.func.value


def _condition(node: ast.AST) -> Iterator[ast.AST]:
    """A branch that is never taken, and one that always is: returning early, or not at all."""
    for value in (True, False):
        if isinstance(node, ast.If) and not isinstance(node.test, ast.Constant):
            yield ast.If(ast.Constant(value), node.body, node.orelse)
        if isinstance(node, ast.IfExp):
            yield node.body if value else node.orelse


def _filter(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.comprehension):
        for place in range(len(node.ifs)):
            rest = [*node.ifs[:place], *node.ifs[place + 1 :]]
            yield ast.comprehension(node.target, node.iter, rest, node.is_async)


def _statement(node: ast.AST) -> Iterator[ast.AST]:
    """Calls for their effect, results that are yielded, exceptions and sums are left out; loops do not begin."""
    if isinstance(node, ast.Expr | ast.Raise | ast.AugAssign | ast.Delete):
        yield ast.Pass()
    if isinstance(node, ast.Continue):
        yield ast.Break()
    if isinstance(node, ast.Break):
        yield ast.Continue()
    if isinstance(node, ast.For):
        yield ast.For(node.target, ast.Tuple([], ast.Load()), node.body, node.orelse)
    if isinstance(node, ast.Return) and node.value is None:
        yield ast.Pass()


CHANGES: dict[str, Change] = {
    "comparison": _comparison,
    "connective": _connective,
    "negation": _negation,
    "constant": _constant,
    "arithmetic": _arithmetic,
    "name": _verdict_or_extreme,
    "evidence": _evidence,
    "spelling": _spelling,
    "condition": _condition,
    "filter": _filter,
    "statement": _statement,
}
