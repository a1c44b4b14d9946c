"""A disk that is full, an output that nobody reads: never a traceback, never an exit code that would be a verdict."""

import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from drcheck.cli import main
from drcheck.errors import SnapshotError
from drcheck.snapshot import load_parts, save
from drcheck.snapshot.parts import PartsFile
from drcheck.topology.base import Looked, Seen, Topology
from drcheck.topology.vmm import Cloud

AT = datetime(2026, 1, 5, 10, 0, tzinfo=UTC)
SEEN = Seen(source="test", endpoint="vmm01", query="Get-SCCloud", at=AT)
CHECK = """
from drcheck.check import Outcome, check, passed
from drcheck.topology.vmm import Cloud
from drcheck.verdict import Severity


@check("DR-TST-001", "Every cloud floats", severity=Severity.LOW, why="w", source="s", remedy="r", controls=())
def check_float(subject: Cloud) -> Outcome:
    return passed("floats", observed="up", expected="up")
"""


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """No file of this process can grow beyond that; writing on fails like on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def clouds(number: int) -> Topology:
    return Topology(
        facts=[Cloud(key=f"c{each}", seen=SEEN, name=f"c{each * 7919}", host_groups=()) for each in range(number)],
        looked=[Looked(kind="Cloud", scope="vmm:vmm01", seen=SEEN)],
        as_of=AT,
    )


def test_an_export_that_finds_no_room_is_one_line_and_incomplete(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save(clouds(300), tmp_path / "one.snapshot")
    with room_for(2000):
        code = main(["export", str(tmp_path / "one.snapshot"), "-o", str(tmp_path / "out")])
    assert code == 2
    assert "too large; what was being written is not whole" in capsys.readouterr().err


def test_parts_that_find_no_room_say_so_and_leave_what_was_read(tmp_path: Path) -> None:
    parts = PartsFile(tmp_path / "one.snapshot")
    parts.keep(clouds(1))
    whole = parts.path.stat().st_size
    with room_for(whole + 50):
        with pytest.raises(SnapshotError, match=r"one\.snapshot\.parts: File too large"):
            parts.keep(clouds(300))
        parts.close()
    assert parts.path.stat().st_size > whole
    kept, begun = load_parts(parts.path)
    assert [len(each.facts) for each in kept] == [1]
    assert len(begun) == whole


def test_a_snapshot_that_finds_no_room_leaves_no_half(tmp_path: Path) -> None:
    with room_for(100), pytest.raises(SnapshotError, match="File too large"):
        save(clouds(300), tmp_path / "one.snapshot")
    assert list(tmp_path.iterdir()) == []


def test_two_discoveries_into_one_snapshot_both_end(tmp_path: Path) -> None:
    one, two = PartsFile(tmp_path / "one.snapshot"), PartsFile(tmp_path / "one.snapshot")
    for parts in (one, two):
        parts.keep(clouds(1))
        parts.done()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_no_snapshot_and_nobody_is_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["discover", "--estate", "any.yaml", "-o", str(tmp_path)]) == 4
    assert "is a folder; name the file to write" in capsys.readouterr().err


def test_a_run_whose_evidence_finds_no_room_does_not_pass(tmp_path: Path) -> None:
    save(clouds(1), tmp_path / "one.snapshot")
    (tmp_path / "check_float.py").write_text(CHECK)
    line = ["check", "check_float.py", "--snapshot", "one.snapshot", "--as-of-snapshot", "--run-dir", "reports/mine"]
    code = f"""if True:
        import resource, sys
        from drcheck.cli import main
        resource.setrlimit(resource.RLIMIT_FSIZE, (4000, 4000))
        sys.exit(main({line!r}))"""
    told = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert told.returncode == 2, told.stdout + told.stderr
    assert "drcheck: INCOMPLETE of a selection" in told.stdout
    assert "incomplete: the evidence is not whole: " in told.stdout
    assert "HTML" not in told.stdout
    assert "Traceback" not in told.stdout + told.stderr
    assert not (tmp_path / "reports" / "latest").exists()
    assert not (tmp_path / "reports" / "mine" / "run.json").exists()


def test_an_output_that_nobody_takes_is_no_failure_of_the_estate(tmp_path: Path) -> None:
    shell = f"set -o pipefail; {sys.executable} -m drcheck catalogue --format json | true"
    told = subprocess.run(["bash", "-c", shell], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (told.returncode, told.stderr) == (2, "")


def test_a_mistake_of_a_check_file_is_told_whole_and_is_no_verdict(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "check_wrong.py").write_text("raise RuntimeError('odd')")
    assert main(["catalogue", str(tmp_path / "check_wrong.py")]) == 2
    assert "RuntimeError: odd" in capsys.readouterr().err
