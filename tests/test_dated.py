"""The date of a data file is that of its oldest value."""

from datetime import date
from pathlib import Path

from drcheck.data.dated import dated
from drcheck.data.lifecycle import lifecycles
from drcheck.data.limits import limits


def test_the_oldest_value_dates_a_file(tmp_path: Path) -> None:
    (tmp_path / "b.yaml").write_text("x: {as_of: 2026-02-03}\ny: {as_of: 2026-02-01}\nz: {as_of: 2026-02-01}\n")
    (tmp_path / "a.yaml").write_text("")
    (found,) = dated(tmp_path)
    assert (found.name, found.values, found.oldest, found.as_of) == ("b.yaml", 3, "y", date(2026, 2, 1))


def test_every_shipped_value_counts() -> None:
    known = {file.name: file.values for file in dated()}
    assert known["limits.yaml"] == len(limits())
    assert known["lifecycle.yaml"] == len(lifecycles())
