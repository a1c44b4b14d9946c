"""Which commit does a file belong to? Asked of git, where there is one."""

import subprocess
from pathlib import Path

SECONDS = 10.0


def commit_of(path: Path) -> str:
    """The last commit that changed a file, with ``, altered since`` if it was; empty where git does not tell."""
    commit = _git(path, "log", "-1", "--format=%H", "--")
    if not commit:
        return ""
    return f"{commit}, altered since" if _git(path, "status", "--porcelain", "--") else commit


def _git(path: Path, *asked: str) -> str:
    """What git prints about a file; empty when there is no git, or no repository, or no answer in time."""
    try:
        done = subprocess.run(  # noqa: S603 - a fixed program; the file's name is one argument, after ``--``
            ["git", "-C", str(path.parent), *asked, path.name],  # noqa: S607 - whichever git is on the path
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
