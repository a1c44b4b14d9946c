"""The example of a user's own checks: its README's very commands, in a fresh directory, against a lab."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.lab_estates import served

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "examples" / "own-checks"
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.DOTALL | re.MULTILINE)
COMMANDS: list[str] = [
    line for block in BLOCK.findall((EXAMPLE / "README.md").read_text(encoding="utf-8")) for line in block.splitlines()
]
PROGRAMS = {"pytest": [sys.executable, "-m", "pytest"], "drcheck": [sys.executable, "-m", "drcheck"]}


@pytest.fixture(scope="module")
def mine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A directory that is no checkout of drcheck, with an estate.yaml."""
    folder = tmp_path_factory.mktemp("acme")
    shutil.copytree(EXAMPLE, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    with served("contoso", folder):
        yield folder


def run(line: str, where: Path) -> str:
    program, *arguments = shlex.split(line)
    environ = {**os.environ, "PYTHONPATH": os.environ.get("PYTHONPATH", str(ROOT))}
    told = subprocess.run(
        [*PROGRAMS[program], *arguments],
        cwd=where,
        env=environ,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert told.returncode == 0, told.stdout + told.stderr
    return str(told.stdout)


def latest(where: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((where / "reports/latest/run.json").read_text(encoding="utf-8"))
    return document


def about(document: dict[str, Any], area: str) -> set[str]:
    return {each["verdict"] for each in document["findings"] if each["check"].split("-")[1] == area}


def command(*words: str) -> str:
    (found,) = [line for line in COMMANDS if all(word in line for word in words)]
    return found


def test_every_command_is_tried() -> None:
    assert len(COMMANDS) == 7


def test_their_own_tests_pass(mine: Path) -> None:
    assert "2 passed" in run(command("test_my_checks.py"), mine)


def test_alone_they_are_a_selection(mine: Path) -> None:
    assert "contoso" in run(command("lab list"), mine)
    assert "drcheck: PASSED of a selection (left out: " in run(command("--lab contoso"), mine)
    document = latest(mine)
    assert {each["check"] for each in document["findings"]} == {"ACME-STO-001"}
    assert {one["answer"] for one in document["recoverability"]} == {"unknown"}


def test_with_the_shipped_ones_they_are_the_whole(mine: Path) -> None:
    told = run(command("pytest", "--estate"), mine)
    assert "drcheck: PASSED - " in told
    document = latest(mine)
    assert document["run"]["selection"] == {}
    assert about(document, "STO") == {"PASS"}
    assert about(document, "VMM") == {"PASS", "NOT_APPLICABLE"}
    assert {one["answer"] for one in document["recoverability"]} == {"recoverable"}


def test_the_command_line_takes_them_too(mine: Path) -> None:
    assert "drcheck: PASSED of a selection (area=STO,PLN; left out: " in run(command("drcheck check"), mine)
    assert {each["check"].split("-")[1] for each in latest(mine)["findings"]} == {"STO", "PLN"}
    assert "No boot group starts more than" in run(command("catalogue"), mine)
    assert "ACME storage standard" in run(command("explain"), mine)
