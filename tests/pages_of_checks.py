"""Writes a page for every shipped check: ``python -m tests.pages_of_checks docs/checks``. What failures say is real."""

import sys
from pathlib import Path

from drcheck.catalogue import entries, index, page
from drcheck.verdict import Verdict
from tests.checks_loaded import CASES, CHECKS, judged

MOST = 3
"""Examples on a page."""


def examples(check: str) -> list[str]:
    """What the check says in the first cases of its table in which it fails."""
    found: dict[str, None] = {}
    failing = (case for case in CASES if case.check == check and case.verdict is Verdict.FAIL and not case.alone)
    for case in failing:
        if len(found) < MOST:
            found.update({one.message: None for one in judged(case) if one.subject.key == case.subject})
    return list(found)[:MOST]


def pages() -> dict[str, str]:
    """Text by file name."""
    listed = entries(CHECKS.values())
    return {"index.md": index(listed), **{f"{one.id}.md": page(one, examples(one.id)) for one in listed}}


def main(folder: Path) -> None:
    """Write the pages, and remove those of checks that are gone."""
    written = pages()
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.md"):
        if old.name not in written:
            old.unlink()
    for name, text in written.items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
