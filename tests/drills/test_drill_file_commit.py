"""Which commit a drill file belongs to, and that no git is no trouble."""

import subprocess
from pathlib import Path

import pytest

from drcheck.drill.evidence.committed import commit_of


def git(folder: Path, *asked: str) -> str:
    who = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")
    done = subprocess.run(["git", *who, "-C", str(folder), *asked], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def test_a_drill_file_is_named_with_its_commit_and_with_what_was_altered_since(tmp_path: Path) -> None:
    file = tmp_path / "payments.yaml"
    file.write_text("version: 1\n")
    assert commit_of(file) == ""
    git(tmp_path, "init", "-q")
    assert commit_of(file) == ""
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "drill")
    head = git(tmp_path, "rev-parse", "HEAD")
    assert commit_of(file) == head
    file.write_text("version: 1\nname: other\n")
    assert commit_of(file) == f"{head}, altered since"


def test_a_machine_without_git_tells_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert commit_of(tmp_path / "payments.yaml") == ""
