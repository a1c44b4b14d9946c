"""Which checks do some files and folders hold?"""

from collections.abc import Sequence
from pathlib import Path

from drcheck.check import Check
from drcheck.errors import UsageError
from drcheck.pytest_plugin.collect import load_checks
from drcheck.pytest_plugin.options import shipped_checks


def checks_at(paths: Sequence[Path]) -> list[Check]:
    """Every check of these files and folders; the shipped ones when none is named.

    Raises:
        UsageError: a path does not exist, or holds no check.
    """
    found: list[Check] = []
    for path in paths or [shipped_checks()]:
        files = sorted(path.rglob("check_*.py")) if path.is_dir() else [path]
        checks = [check for file in files if file.is_file() for check in load_checks(file)]
        if not checks:
            raise UsageError(f"{path}: there is no check; checks are functions in files named check_*.py")
        found += checks
    return found
