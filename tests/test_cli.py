"""The command line: exit codes that mean something, one clear line for every mistake, and a lean start."""

import json
import os
import signal
import subprocess
import sys
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from drcheck.cli import main
from drcheck.cli.running import Request, arguments, exit_code
from drcheck.snapshot import load, save
from drcheck.topology.base import Fact, Looked, Seen, Target, Topology
from drcheck.topology.declared import Application, DeclaredEndpoint, Site
from drcheck.topology.vmm import Cloud

AT = datetime(2026, 1, 5, 10, 0, tzinfo=UTC)

CHECK = """
import os, signal
from drcheck.check import Outcome, Unknown, check, failed, passed
from drcheck.topology.vmm import Cloud
from drcheck.verdict import Severity


@check("DR-TST-001", "Every cloud floats", severity=Severity.LOW, why="w", source="s", remedy="lift it", controls=())
def check_float(subject: Cloud) -> Outcome:
    if subject.name == "fail":
        return failed("fell", observed="down", expected="up")
    if subject.name == "unknown":
        raise Unknown("fog")
    if subject.name == "interrupt":
        os.kill(os.getpid(), signal.SIGINT)
    return passed("floats", observed="up", expected="up")
"""


def drcheck(*arguments: str, where: Path, environ: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command line as a terminal would: a test run in the background hands down an ignored SIGINT."""
    command = [sys.executable, "-m", "drcheck", *arguments]
    return subprocess.run(
        command, cwd=where, env=environ, capture_output=True, text=True, timeout=300, check=False, preexec_fn=_listen
    )


def _listen() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def snapshot(path: Path, *clouds: str) -> Path:
    seen = Seen(source="test", endpoint="vmm01", query="Get-SCCloud", at=AT)
    kinds: tuple[type[Fact], ...] = (DeclaredEndpoint, Site, Application)
    looked = [Looked(kind=kind.__name__, scope="estate:estate", seen=seen) for kind in kinds]
    topology = Topology(
        facts=[Cloud(key=name, seen=seen, name=name, host_groups=()) for name in clouds],
        looked=[*looked, Looked(kind="Cloud", scope="vmm:vmm01", seen=seen)],
        targets=[Target(role="estate", endpoint="estate"), Target(role="vmm", endpoint="vmm01")],
        as_of=AT,
    )
    save(topology, path)
    return path


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """A folder with a check of the user's own."""
    (tmp_path / "check_float.py").write_text(CHECK, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("clouds", "code", "verdict"),
    [
        (("fine",), 0, "PASSED"),
        (("fine", "fail"), 1, "FAILED"),
        (("fine", "unknown"), 2, "INCOMPLETE"),
        (("unknown", "fail"), 1, "FAILED"),
        ((), 2, "INCOMPLETE"),
    ],
)
def test_the_exit_code_is_the_runs_verdict(mine: Path, clouds: tuple[str, ...], code: int, verdict: str) -> None:
    snapshot(mine / "it.snapshot", *clouds)
    told = drcheck("check", "check_float.py", "--snapshot", "it.snapshot", "--as-of-snapshot", "--no-html", where=mine)
    assert told.returncode == code, told.stdout + told.stderr
    assert f"drcheck: {verdict} of a selection (left out: " in told.stdout
    document = json.loads((mine / "reports/latest/run.json").read_text(encoding="utf-8"))
    assert document["run"]["verdict"] == verdict


def test_an_old_snapshot_is_incomplete(mine: Path) -> None:
    snapshot(mine / "it.snapshot", "fine")
    told = drcheck("check", "check_float.py", "--snapshot", "it.snapshot", "--no-html", where=mine)
    assert told.returncode == 2
    assert "give --as-of-snapshot" in told.stdout


def test_an_interruption_is_130_and_leaves_an_incomplete_run(mine: Path) -> None:
    snapshot(mine / "it.snapshot", "fine", "interrupt")
    told = drcheck("check", "check_float.py", "--snapshot", "it.snapshot", "--as-of-snapshot", "--no-html", where=mine)
    assert told.returncode == 130, told.stdout + told.stderr
    assert told.stderr.endswith("drcheck: interrupted\n")
    document = json.loads((mine / "reports/latest/run.json").read_text(encoding="utf-8"))
    assert document["run"]["verdict"] == "INCOMPLETE"
    assert any("interrupted" in line for line in document["run"]["trouble"])


def one_clear_line(code: int, err: str, said: str) -> None:
    assert code == 4, err
    lines = [line for line in err.splitlines() if line.strip()]
    assert said in lines[-1]
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("check",), "--estate FILE, --snapshot FILE or --lab NAME"),
        (("check", "--snapshot", "a", "--lab", "b"), "--snapshot and --lab exclude each other"),
        (("check", "--snapshot", "nowhere"), "nowhere: No such file or directory"),
        (("check", "--lab", "atlantis"), "there is no scenario 'atlantis'; there are: contoso"),
        (("lab", "serve", "--scenario", "atlantis", "--out", "x"), "there is no scenario 'atlantis'"),
        (("fly",), "No such command 'fly'"),
    ],
)
def test_a_usage_error_is_4_and_one_clear_line(tmp_path: Path, given: tuple[str, ...], said: str) -> None:
    told = drcheck(*given, where=tmp_path)
    one_clear_line(told.returncode, told.stderr, said)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("check", "--nonsense"), "No such option"),
        (("drill",), "say where to drill"),
        (("discover", "-o", "x"), "give one of --estate FILE or --lab NAME"),
        (("discover", "-o", "no/folder/x", "--lab", "contoso"), "there is no folder no/folder"),
        (("diff", "a", "b"), "a: No such file or directory"),
        (("report", "pdf"), "'pdf' is not one of"),
    ],
)
def test_so_is_one_before_there_is_a_session(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    given: tuple[str, ...],
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    one_clear_line(main(given), capsys.readouterr().err, said)


def test_every_mistake_in_an_estate_file_is_told_before_anything_is_asked(tmp_path: Path) -> None:
    (tmp_path / "estate.yaml").write_text("version: 1\nname: x\nsites: 3\nendpoints: {vmm: [a], fax: [b]}\n")
    told = drcheck("check", "--estate", "estate.yaml", "--no-html", where=tmp_path)
    assert told.returncode == 4
    assert told.stderr.count("estate.yaml:") >= 2
    assert "Traceback" not in told.stderr


def test_no_run_where_a_report_is_wanted_is_one_clear_line(tmp_path: Path) -> None:
    told = drcheck("report", "html", str(tmp_path), where=tmp_path)
    assert told.returncode == 2
    assert told.stderr.strip().endswith("name the directory of a run")


def test_a_run_can_be_rendered_again(mine: Path) -> None:
    snapshot(mine / "it.snapshot", "fine")
    drcheck("check", "check_float.py", "--snapshot", "it.snapshot", "--as-of-snapshot", "--no-html", where=mine)
    before = (mine / "reports/latest/run.json").read_text()
    (mine / "reports/latest/junit.xml").unlink()
    told = drcheck("report", "files", where=mine)
    assert told.returncode == 0, told.stderr
    assert (mine / "reports/latest/junit.xml").exists()
    assert (mine / "reports/latest/run.json").read_text() == before


def test_help_starts_lean(tmp_path: Path) -> None:
    code = (
        "import sys; from drcheck.cli import main; code = main(['--help']); "
        "print([name for name in ('azure', 'winrm', 'pydantic', 'aiohttp', 'pytest') if name in sys.modules], code)"
    )
    told = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert told.stdout.splitlines()[-1] == "[] 0"
    assert "drcheck check --lab contoso" in " ".join(told.stdout.split())


def test_the_labs_are_listed_with_what_they_are(tmp_path: Path) -> None:
    told = drcheck("lab", "list", where=tmp_path)
    assert told.returncode == 0
    assert [line.split()[0] for line in told.stdout.splitlines()][:2] == ["contoso", "contoso-drifted"]


def test_two_labs_are_discovered_and_their_difference_is_named(tmp_path: Path) -> None:
    for name in ("contoso", "contoso-drifted"):
        told = drcheck("discover", "--lab", name, "-o", f"{name}.snapshot", where=tmp_path)
        assert told.returncode == (0 if name == "contoso" else 2), told.stderr
    topology, digest = load(tmp_path / "contoso.snapshot")
    assert topology.gaps == ()
    told = drcheck("diff", "contoso.snapshot", "contoso.snapshot", where=tmp_path)
    assert (told.returncode, told.stdout) == (0, "What changed:\n  nothing\nVerdicts that changed:\n  none\n")
    told = drcheck("diff", "contoso.snapshot", "contoso-drifted.snapshot", where=tmp_path)
    assert told.returncode == 1
    assert "VMM01" in told.stdout
    assert " FAIL: " in told.stdout
    assert len(digest) == 64


def test_the_command_line_brings_its_own_pytest_configuration(mine: Path) -> None:
    """Whatever the folder's own pytest is told to do, a compliance run is not changed by it."""
    (mine / "pytest.ini").write_text("[pytest]\naddopts = --no-such-option\n")
    snapshot(mine / "it.snapshot", "fine")
    told = drcheck("check", "check_float.py", "--snapshot", "it.snapshot", "--as-of-snapshot", "--no-html", where=mine)
    assert told.returncode == 0, told.stdout + told.stderr


def test_an_installed_wheel_brings_its_checks_and_a_users_folder_named_checks_shadows_none(mine: Path) -> None:
    root = Path(__file__).parents[1]
    uv = Path(sys.executable).with_name("uv")
    subprocess.run([uv, "build", "--wheel", "--quiet", "--out-dir", mine / "dist", root], check=True, timeout=300)
    (wheel,) = (mine / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(mine / "site")
    own = mine / "checks" / "vmm" / "check_vm_protected.py"
    own.parent.mkdir(parents=True)
    own.write_text(CHECK, encoding="utf-8")
    snapshot(mine / "it.snapshot", "fine")
    environ = {**os.environ, "PYTHONPATH": str(mine / "site")}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "checks", "--shipped-checks", "--collect-only"]
    command += ["-q", "--snapshot", "it.snapshot"]
    told = subprocess.run(command, cwd=mine, env=environ, capture_output=True, text=True, check=False)
    assert "checks/vmm/check_vm_protected.py::DR-TST-001[estate]" in told.stdout, told.stdout + told.stderr
    shipped = {line.partition("::")[0] for line in told.stdout.splitlines() if line.startswith("drcheck/_checks/")}
    assert len(shipped) == len(list((root / "checks").rglob("check_*.py")))


@pytest.mark.parametrize(
    ("status", "interrupted", "code"),
    [(0, True, 130), (4, False, 4), (3, False, 2), (5, False, 2), (2, False, 2), (0, False, 2)],
)
def test_a_session_without_a_run_never_looks_like_a_pass(status: int, interrupted: bool, code: int) -> None:
    assert exit_code(status, None, interrupted=interrupted) == code


def test_options_reach_pytest_as_they_were_given() -> None:
    options = [("--lab", "contoso"), ("--drill", True), ("--no-html", False), ("--app", ["a", "b"]), ("--site", None)]
    given = arguments(Request(options=options))
    assert given[-5:] == ["--lab=contoso", "--drill", "--app=a", "--app=b", "--shipped-checks"]
    assert "--no-html" not in given
    assert arguments(Request(paths=[Path("mine")]))[-1] == "mine"
