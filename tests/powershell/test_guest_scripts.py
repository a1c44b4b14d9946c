"""Do the scripts that run inside guests answer on a real PowerShell? Run as Run Command does, several in one file.

Skipped where there is no engine. What only Windows has is asked there alone; the rest answers anywhere.
"""

import base64
import hashlib
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from drcheck.drill.guest.asked import arguments, known_kinds
from drcheck.drill.guest.scripts import Told, alone, together, told
from drcheck.estate import ProbeSpec
from tests.powershell.far_side import ENGINES, SECONDS, engine

SCRIPT = "'caf\u00e9 is open'"


@pytest.fixture(params=ENGINES)
def program(request: pytest.FixtureRequest) -> str:
    found = engine(request.param)
    if found is None:
        pytest.skip(f"no {request.param} here: install it, or let the Windows workflow run this")
    return found


def run(program: str, folder: Path, probes: Mapping[str, ProbeSpec]) -> Mapping[str, Told]:
    """What the scripts print, by the ids of the probes."""
    script = folder / "script.ps1"
    asked = [(probe.kind, arguments(probe, name), 40.0) for name, probe in probes.items()]
    script.write_text(together(asked), encoding="ascii")
    done = subprocess.run(
        [program, "-NoProfile", "-NonInteractive", "-ExecutionPolicy", "Bypass", "-File", str(script)],
        capture_output=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.stdout.isascii()
    found = told(done.stdout.decode("ascii"))
    assert set(found) == set(probes), done.stderr
    return found


def test_files_ports_and_users_scripts_are_told_in_one_run(program: str, tmp_path: Path) -> None:
    own, there = tmp_path / "own.ps1", tmp_path / "there.txt"
    own.write_text(SCRIPT, encoding="utf-8")
    there.write_text("x", encoding="utf-8")
    digest = hashlib.sha256(own.read_bytes()).hexdigest()
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_server(("127.0.0.1", 0)) as closing:
        opened, closed = server.getsockname()[1], closing.getsockname()[1]
        closing.close()
        probes = {
            "there": ProbeSpec(kind="file", path=str(there), max_age_seconds=600),
            "old": ProbeSpec(kind="file", path=str(there), max_age_seconds=-600),
            "gone": ProbeSpec(kind="file", path=str(tmp_path / "gone.txt")),
            "open": ProbeSpec(kind="tcp", port=opened),
            "closed": ProbeSpec(kind="tcp", port=closed),
            "said": ProbeSpec(kind="script", file=own, sha256=digest, expect="is open"),
            "unsaid": ProbeSpec(kind="script", file=own, sha256=digest, expect="is shut"),
        }
        found = run(program, tmp_path, probes)
    good = {name: one.ok for name, one in found.items()}
    assert good == dict.fromkeys(("old", "gone", "closed", "unsaid"), False) | dict.fromkeys(
        ("there", "open", "said"), True
    )
    assert (found["gone"].seen, found["closed"].seen, found["said"].seen) == (
        "NotFound",
        "refused",
        "caf\u00e9 is open",
    )


def test_a_script_with_another_hash_does_not_run(program: str, tmp_path: Path) -> None:
    given = {"id": "x", "text": base64.b64encode(b"'ran'").decode(), "sha256": "0" * 64, "expect": "", "seconds": 5}
    script = tmp_path / "script.ps1"
    script.write_text(together([("script", given, 40.0)]), encoding="ascii")
    done = subprocess.run(
        [program, "-NoProfile", "-File", str(script)], capture_output=True, timeout=SECONDS, check=True
    )
    assert told(done.stdout.decode("ascii"))["x"].seen == "Failed: HashMismatch"


def test_what_hangs_is_left_and_ends_with_the_run(program: str, tmp_path: Path) -> None:
    """The script of the user would have 30 s by itself; the run gives it two."""
    sleeping = b"Start-Sleep -Seconds 20"
    text, digest = base64.b64encode(sleeping).decode(), hashlib.sha256(sleeping).hexdigest()
    given = {"id": "hung", "text": text, "sha256": digest, "expect": "", "seconds": 30}
    script = tmp_path / "script.ps1"
    file = arguments(ProbeSpec(kind="file", path=str(tmp_path / "gone.txt")), "file")
    script.write_text(together([("script", given, 2.0), ("file", file, 2.0)]), encoding="ascii")
    done = subprocess.run([program, "-NoProfile", "-File", str(script)], capture_output=True, timeout=15, check=True)
    found = told(done.stdout.decode("ascii"))
    assert (found["hung"].answered, found["file"].seen) == (False, "NotFound")
    assert found["file"].age > 0


def test_a_script_of_a_drill_file_prints_what_it_did_or_is_left(program: str, tmp_path: Path) -> None:
    script = tmp_path / "script.ps1"
    for text, seconds, out in (("'one'; Write-Host 'two'", 10.0, ["one", "two"]), ("Start-Sleep 20", 1.0, [])):
        script.write_text(alone(text, seconds), encoding="ascii")
        command = [program, "-NoProfile", "-File", str(script)]
        done = subprocess.run(command, capture_output=True, timeout=15, check=True)
        assert done.stdout.decode("ascii").split() == (out or ["NoAnswer:", "deadline"])


@pytest.mark.skipif(sys.platform != "win32", reason="services, CIM and the registry exist on Windows only")
def test_every_kind_answers_on_windows_whatever_it_finds(program: str, tmp_path: Path) -> None:
    probes = {
        kind: ProbeSpec(kind=kind, name="localhost", database="Ledger", path=str(tmp_path), port=9)
        for kind in known_kinds()
        if kind != "script"
    }
    found = run(program, tmp_path, probes)
    assert found["service"].seen == "NotFound"
    assert found["boot-time"].ok
    assert found["baseline"].ok, found["baseline"].seen
