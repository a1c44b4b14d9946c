"""The recipe of CONTRIBUTING.md for a new check works as it is written, and nothing but what it says has to be done."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
PARTS = ("drcheck", "checks", "tests", "docs", "conftest.py", "pyproject.toml")
STEP = re.compile(r"^\d\. (?P<said>.*?)^```(?P<kind>\w+)\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE)
FILE = re.compile(r"`(?P<path>[\w/]+\.py)`")


def recipe() -> list[tuple[str, str, str]]:
    """What each step says, and the kind and text of its code."""
    section = (
        (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("## Add a check\n")[2].partition("\n## ")[0]
    )
    return [(step["said"], step["kind"], step["text"]) for step in STEP.finditer(section)]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the repository in which the files of the recipe were made."""
    where = tmp_path_factory.mktemp("repository")
    for name in PARTS:
        path = ROOT / name
        if path.is_dir():
            shutil.copytree(path, where / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(path, where / name)
    (where / ".venv").symlink_to(sys.prefix, target_is_directory=True)
    for said, kind, text in recipe():
        if kind == "python":
            named = [found["path"] for found in FILE.finditer(said) if not (where / found["path"]).exists()]
            assert len(named) == 1, said
            (where / named[0]).write_text(text, encoding="utf-8")
    return where


def run(command: str, where: Path) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "PYTHONPATH": str(where)}
    return subprocess.run(
        shlex.split(command), cwd=where, env=environ, capture_output=True, text=True, timeout=300, check=False
    )


def commands(word: str) -> str:
    (found,) = [line for _, kind, text in recipe() if kind == "sh" for line in text.splitlines() if word in line]
    return found


def test_the_recipe_is_three_files_and_three_commands() -> None:
    assert [kind for _, kind, _ in recipe()] == ["python", "python", "python", "sh"]
    assert len(recipe()[3][2].splitlines()) == 3


def test_its_cases_and_the_laws_hold(copy: Path) -> None:
    told = run(f"{commands('pytest')} -v", copy)
    assert told.returncode == 0, told.stdout + told.stderr
    for verdict in ("FAIL", "PASS", "UNKNOWN", "NOT_APPLICABLE"):
        assert re.search(rf"test_the_subject_gets_its_verdict\[DR-HVR-901 {verdict} .*PASSED", told.stdout), verdict
    assert "test_every_check_has_a_kind_of_fault PASSED" in told.stdout
    assert "test_metadata_is_complete[DR-HVR-901] PASSED" in told.stdout
    assert "test_losing_any_one_answer_leaves_a_finding_or_makes_it_unknown[DR-HVR-901 PASS" in told.stdout


def test_it_has_a_page(copy: Path) -> None:
    told = run(commands("pages_of_checks"), copy)
    assert told.returncode == 0, told.stderr
    assert "2 h behind; allowed: 1 h" in (copy / "docs/checks/DR-HVR-901.md").read_text(encoding="utf-8")
    assert "DR-HVR-901" in (copy / "docs/checks/index.md").read_text(encoding="utf-8")


def test_it_judges_a_simulated_estate(copy: Path) -> None:
    told = run(commands("--lab"), copy)
    document: dict[str, Any] = json.loads((copy / "reports/latest/run.json").read_text(encoding="utf-8"))
    verdicts = {each["verdict"] for each in document["findings"] if each["check"] == "DR-HVR-901"}
    assert verdicts == {"FAIL", "UNKNOWN"}, told.stdout
    assert told.returncode == 1
