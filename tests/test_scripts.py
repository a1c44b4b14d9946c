"""Are the PowerShell scripts what the security team was told: ASCII, Windows PowerShell 5.1, a closed list of commands?

No PowerShell runs here: a grammar finds syntax errors and the commands that are called; the lab keeps to the hashes.
"""

import base64
import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import tree_sitter_powershell
from tree_sitter import Language, Node, Parser

from drcheck.drill.guest.scripts import act_script, carriers, guest_scripts, known_hashes
from drcheck.transport import scripts

ROOT = Path(__file__).parent.parent
KNOWN = ROOT / "drcheck/lab/powershell/known_scripts.json"

READING = {"ForEach-Object", "Get-Command", "New-Object"}
ACTING = {
    *(
        "ConvertFrom-Json",
        "Invoke-Command",
        "New-Object",
        "Receive-Job",
        "Select-Object",
        "Start-Sleep",
        "Where-Object",
    ),
    *("Get-VM", "Get-VMNetworkAdapter", "Get-VMReplication", "Get-VMSnapshot", "Start-VM"),
    *("Start-VMFailover", "Stop-VMFailover"),
}


GUEST = {
    *("ConvertFrom-Json", "ConvertTo-Json", "Get-CimInstance", "Get-NetFirewallRule", "Get-SCVMHostGroup"),
    *("Get-SCVMMServer", "Get-Service", "Get-StorageSetting", "New-Object", "Resolve-DnsName"),
}
CARRYING = {"ConvertFrom-Json", "New-Object", "Start-Sleep"}
"""What the scripts that run inside guests call."""
SCRIPTS = {"loader": scripts.loader_text(), "collect": scripts.collect_script(), "act": act_script()}
SCRIPTS |= {f"guest {kind}": script for kind, script in guest_scripts().items()}
SCRIPTS |= {f"run-command {name}": script for name, script in carriers().items()}


@pytest.fixture(params=SCRIPTS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def script(name: str) -> str:
    return SCRIPTS[name]


def nodes(script: str) -> Iterator[Node]:
    waiting = [Parser(Language(tree_sitter_powershell.language())).parse(script.encode()).root_node]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += node.children


def text_of(node: Node) -> str:
    return (node.text or b"").decode()


def commands(script: str) -> list[str]:
    return [text_of(node) for node in nodes(script) if node.type == "command"]


def called(script: str) -> set[str]:
    """Names of the commands that are not functions of the script itself, without their module."""
    own = {text_of(node) for node in nodes(script) if node.type == "function_name"}
    names = {text_of(node) for node in nodes(script) if node.type == "command_name"}
    return {name.rpartition("\\")[2] for name in names - own}


def test_it_parses(script: str) -> None:
    assert [(node.start_point, text_of(node)[:60]) for node in nodes(script) if node.is_error or node.is_missing] == []


def test_the_grammar_would_notice_an_unclosed_brace() -> None:
    assert any(node.is_error or node.is_missing for node in nodes(SCRIPTS["collect"][:-4]))


def test_it_is_ascii_with_unix_line_ends(script: str) -> None:
    assert script.isascii()
    assert "\r" not in script
    assert "\t" not in script


def test_it_uses_no_operator_of_powershell_7(script: str) -> None:
    code = "\n".join(line for line in script.splitlines() if not line.lstrip().startswith("#"))
    assert re.findall(r"\?\?|\?\.|&&|\|\||-AsHashtable|-Parallel\b|ProgressAction", code) == []


def test_it_calls_only_what_was_told(name: str, script: str) -> None:
    told = {"loader": {"ConvertFrom-Json"}, "collect": READING, "act": ACTING | GUEST}
    if name.startswith("guest "):
        assert called(script) <= GUEST
    elif name.startswith("run-command "):
        assert called(script) <= CARRYING
    else:
        assert called(script) == told[name]


def test_nothing_builds_code_from_text(name: str, script: str) -> None:
    words = r"Invoke-Expression|\biex\b|Add-Type|Start-Process|DownloadString|InvokeScript|ExpandString"
    assert re.findall(words, script, re.IGNORECASE) == []
    assert script.count("[ScriptBlock]::Create") == (1 if name == "loader" else 0)
    running = name in ("act", "guest script") or name.startswith("run-command ")
    assert script.count("AddScript") == (1 if running else 0)


def test_a_user_s_script_runs_only_behind_its_hash() -> None:
    text = SCRIPTS["guest script"]
    assert text.index("ComputeHash") < text.index("-cne [string]$Asked.sha256") < text.index("AddScript")


def test_every_failover_is_a_test_failover() -> None:
    starts = [command for command in commands(SCRIPTS["act"]) if "Start-VMFailover" in command.split()[0]]
    assert len(starts) == 2
    for command in starts:
        assert " -AsTest " in command
        assert "@" not in command, "a splatted command could lose its switch"
        assert not re.search(r"-(Prepare|Passthru|ComputerName)\b", command)


def test_stop_stands_behind_its_guard_and_names_one_vm() -> None:
    text = (ROOT / "drcheck/drill/hyperv_replica.ps1").read_text(encoding="ascii")
    assert [line.strip() for line in text.splitlines() if "Stop-VMFailover -" in line] == [
        "Hyper-V\\Stop-VMFailover -VM $vm -Confirm:$false -ErrorAction Stop"
    ]
    verb = text[text.index("$Verbs['hyperv.test-failover.stop']") :]
    assert verb.index("TestVmNotFound") < verb.index("InvalidState") < verb.index("Stop-VMFailover -VM")


def test_nothing_is_removed_or_reconfigured() -> None:
    for script in SCRIPTS.values():
        assert not [name for name in called(script) if name.startswith(("Remove-", "Set-", "Reset-", "Complete-"))]


def test_the_verbs_are_a_closed_set() -> None:
    assert set(re.findall(r"^\$Verbs\['([^']+)'\] = \{", SCRIPTS["act"], re.MULTILINE)) == {
        *("lease.take", "lease.release", "lease.read", "lease.list"),
        *("journal.mirror", "journal.fence", "journal.read", "journal.find"),
        *("hyperv.test-failover.start", "hyperv.test-failover.stop"),
        *("hyperv.test-vm.start", "hyperv.test-vm.watch", "hyperv.test-vm.probe", "hyperv.vm.probe"),
        "hyperv.canary.tcp",
    }


def test_the_command_line_fits_and_pins_the_script() -> None:
    line = scripts.command_line(SCRIPTS["collect"])
    encoded = line.rpartition(" ")[2]
    assert len(line) < 8191
    assert len(encoded) <= 4000
    loader = base64.b64decode(encoded).decode("utf-16-le")
    digest = hashlib.sha256(SCRIPTS["collect"].encode()).hexdigest()
    assert loader == SCRIPTS["loader"].replace(scripts.PLACEHOLDER, digest)
    assert loader.count(digest) == 1


def test_stdin_is_one_ascii_line() -> None:
    sent = scripts.stdin(SCRIPTS["act"], {"verb": "lease.read", "args": {"holder": 'Jörg "O\'Neil"; Stop-VM *\n'}})
    assert sent.isascii()
    assert sent.count(b"\n") == 1
    read = json.loads(sent)
    assert read["drc"] == 1
    assert base64.b64decode(read["script"]).decode() == SCRIPTS["act"]
    assert read["request"]["args"]["holder"] == 'Jörg "O\'Neil"; Stop-VM *\n'


def test_the_lab_knows_exactly_these_scripts() -> None:
    assert json.loads(KNOWN.read_text(encoding="utf-8")) == known_hashes(), (
        "a script changed: check that the lab's emulation still tells the truth, then write the new hashes with "
        f"python -m drcheck.drill.guest.scripts > {KNOWN.relative_to(ROOT)}"
    )


def test_a_maintainer_can_print_the_hashes() -> None:
    command = [sys.executable, "-m", "drcheck.drill.guest.scripts"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == known_hashes()


def test_a_script_without_its_marker_is_an_error_not_a_half_script(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="@answers@"):
        scripts._insert("param($Request)\n", scripts.ANSWERS, ["x"])
