"""What production is given to write down the time, and that its form is the one that is read."""

import re
from pathlib import Path

import pytest

from drcheck.cli import main

ROOT = Path(__file__).parents[1]


def shown(capsys: pytest.CaptureFixture[str], *given: str) -> str:
    assert main(["drill", "sentinel-writer", *given]) == 0
    return capsys.readouterr().out


def test_a_file_s_writer_is_a_script_with_the_line_that_schedules_it(capsys: pytest.CaptureFixture[str]) -> None:
    text = shown(capsys, "--path", r"C:\drcheck data\sentinel.csv", "--every", "30")
    assert r"-Path \"C:\drcheck data\sentinel.csv\" -EverySeconds 30" in text
    assert "schtasks /Create" in text
    assert "sentinel: {path: 'C:\\drcheck data\\sentinel.csv', every: 30s}" in text
    assert text.endswith((ROOT / "drcheck/data/sentinel_writer.ps1").read_text())


def test_what_is_written_is_what_is_read() -> None:
    """Time with seven decimals and Z, counter, host; the reader wants exactly that."""
    writer = (ROOT / "drcheck/data/sentinel_writer.ps1").read_text()
    reader = (ROOT / "drcheck/drill/guest/sentinel.ps1").read_text()
    assert "HH:mm:ss.fffffff'Z'" in writer
    wanted = re.search(r"-match '(\^.*?Z\$)'", reader)
    assert wanted is not None
    assert re.fullmatch(wanted.group(1), "2026-11-23T10:00:00.1234567Z")
    assert not re.fullmatch(wanted.group(1), "2026-11-23T10:00:0")


def test_a_database_s_writer_names_the_database_where_it_belongs(capsys: pytest.CaptureFixture[str]) -> None:
    text = shown(capsys, "--database", "Ledger")
    assert "USE [Ledger];" in text
    assert "sqlcmd -E" in text


@pytest.mark.parametrize(
    "given",
    [
        (),
        ("--path", r"C:\a.csv", "--database", "L"),
        ("--path", 'C:\\a" & del'),
        ("--database", "a]; DROP"),
        ("--path", "a.csv"),
    ],
)
def test_what_cannot_be_scheduled_as_it_is_is_refused(
    given: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["drill", "sentinel-writer", *given]) == 4
    assert capsys.readouterr().out == ""
