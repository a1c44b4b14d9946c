"""The code stays small: budgets on functions, files and imports, and no dumping grounds."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCES = sorted([*ROOT.glob("drcheck/**/*.py"), *ROOT.glob("checks/**/*.py")])
FORBIDDEN = {"utils", "util", "helpers", "helper", "common", "misc"}


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """The definitions and handlers of a file, which more than one budget looks at."""
    wanted = ast.FunctionDef | ast.AsyncFunctionDef | ast.ExceptHandler
    return tuple(node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, wanted))


def functions() -> Iterator[tuple[str, int]]:
    for path in SOURCES:
        for node in nodes(path):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert node.end_lineno is not None
                yield f"{path.relative_to(ROOT)}:{node.lineno} {node.name}", node.end_lineno - node.lineno + 1


def test_functions_are_short() -> None:
    sizes = sorted(functions(), key=lambda item: item[1])
    assert len(sizes) > 100
    assert sizes[int(len(sizes) * 0.95)][1] <= 40
    assert [item for item in sizes if item[1] > 60] == []


def test_files_are_short() -> None:
    long = [
        (path.name, count)
        for path in [*SOURCES, *ROOT.glob("tests/**/*.py")]
        if (count := len(path.read_text(encoding="utf-8").splitlines())) > 400
    ]
    assert long == []


def test_no_module_is_a_dumping_ground() -> None:
    assert [path for path in SOURCES if path.stem in FORBIDDEN] == []


def test_checks_have_no_package_files() -> None:
    """With an __init__.py in checks/ import contracts would silently cover fewer files."""
    assert list(ROOT.glob("checks/**/__init__.py")) == []


def test_nothing_swallows_an_exception() -> None:
    silent = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in SOURCES
        for node in nodes(path)
        if isinstance(node, ast.ExceptHandler) and len(node.body) == 1 and isinstance(node.body[0], ast.Pass)
    ]
    assert silent == []
