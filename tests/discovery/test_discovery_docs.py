"""The figures of docs/discovery.md are those of the code, and its commands exist."""

import re
import subprocess
import sys
from pathlib import Path

from drcheck.discovery.driver.redaction import SHORTEST
from drcheck.discovery.driver.run import CLOUDS_AT_A_TIME, MACHINES_AT_A_TIME
from drcheck.transport.arm_ask import AT_A_TIME
from drcheck.transport.arm_pace import RETRY_SECONDS
from drcheck.transport.arm_policies import ATTEMPTS, RETRIED

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "discovery.md").read_text(encoding="utf-8")
WORDS = {4: "four", 5: "five", 10: "ten"}


def test_the_bounds_are_those_of_the_code() -> None:
    assert f"| machines asked side by side | {MACHINES_AT_A_TIME};" in PAGE
    assert f"| vaults and subscriptions side by side | {CLOUDS_AT_A_TIME}; up to {AT_A_TIME} resources" in PAGE
    assert f"up to {WORDS[ATTEMPTS]} attempts" in PAGE
    assert f"{WORDS[int(RETRY_SECONDS)]} seconds of pauses per visit" in PAGE.replace("\n", " ")
    assert f"fewer than {WORDS[SHORTEST]} characters" in PAGE
    assert {int(code) for code in re.findall(r"\b[45]\d\d\b", PAGE)} == RETRIED


def test_every_option_it_names_exists() -> None:
    commands = ("discover", "check", "export")
    helps = {
        name: subprocess.run(
            [sys.executable, "-m", "drcheck", name, "--help"], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout
        for name in commands
    }
    for line in PAGE.splitlines():
        for name in commands:
            if line.startswith(f"drcheck {name} "):
                for option in re.findall(r" (-{1,2}[a-z][a-z-]*)", line.partition("#")[0]):
                    assert option in helps[name], line
    assert all((ROOT / path).exists() for path in re.findall(r"examples/[a-z/-]+\.ya?ml", PAGE))
