"""The shipped checks, loaded by path as a run loads them, and the tables of cases about them."""

import importlib
import importlib.util
from collections import Counter
from pathlib import Path
from types import ModuleType

from drcheck.check import Check, checks_in
from drcheck.evaluate import evaluate_all
from drcheck.policy import Policy
from drcheck.verdict import Finding
from tests.check_cases.case import Case
from tests.estate_facts import healthy

FOLDER = Path(__file__).parents[1] / "checks"
FILES = tuple(sorted(FOLDER.rglob("check_*.py")))
TABLES = tuple(
    sorted(path.stem for path in Path(__file__).with_name("check_cases").glob("*.py") if path.stem != "case")
)
CASES: tuple[Case, ...] = tuple(
    case for name in TABLES for case in importlib.import_module(f"tests.check_cases.{name}").CASES
)


def load(path: Path) -> ModuleType:
    """A module that no package claims."""
    spec = importlib.util.spec_from_file_location(f"shipped_{path.parent.name}_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


MODULES = {path: load(path) for path in FILES}
CHECKS: dict[str, Check] = {check.id: check for module in MODULES.values() for check in checks_in(module)}


def judged(case: Case, *, changed: bool = True) -> tuple[Finding, ...]:
    """Every finding of the case's check, on its estate or on the healthy one under the same policy."""
    estate = case.change(healthy()) if changed else healthy()
    return evaluate_all(estate.topology(), [CHECKS[case.check]], case.policy or Policy())


def judged_healthy(check: Check) -> tuple[Finding, ...]:
    """Every finding of a check on the healthy estate."""
    return evaluate_all(healthy().topology(), [check], Policy())


def twice(names: list[str]) -> list[str]:
    """Names that occur more than once."""
    return [name for name, count in Counter(names).items() if count > 1]
