"""The command that writes a first estate.yaml."""

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typer
from msgspec import Struct

from drcheck.cli.discovering import gap_lines
from drcheck.cli.permitting import write_new
from drcheck.discovery.driver import discover
from drcheck.discovery.driver.run import Silent
from drcheck.drill.timing.clock import now
from drcheck.errors import DrcheckError
from drcheck.proposal import FILL_IN
from drcheck.proposal.draft import estate, like, vault_of
from drcheck.proposal.findings import replica_hosts
from drcheck.proposal.text import proposal
from drcheck.topology.base import Topology
from drcheck.topology.vmm import VmmServer
from drcheck.verdict import EXIT_CODES, RunVerdict


class Access(Struct, frozen=True, kw_only=True):
    """How to sign in; what is empty stays as it is by default, or as ``like`` has it."""

    like: Path | None = None
    """An estate file that says it."""
    username: str = ""
    password_env: str = ""
    password_file: str = ""
    ca_file: str = ""
    transport: str = ""


def write_estate(vmm: str, vaults: Sequence[str], output: Path, access: Access) -> int:
    """Discover from a VMM server on, and write what was found as a file to be completed; 2 when something is missing.

    Raises:
        DrcheckError: VMM told nothing, and so nothing was written.
        UsageError: the file exists, or something that was given is wrong.
    """
    if output.exists():
        write_new(output, "")
    windows, azure = _sections(vaults, access)
    typer.echo(f"Asking {vmm}{' and Azure' if vaults else ''} …")
    topology = _discovered({"vmm": [vmm]}, windows, azure)
    beside = replica_hosts(topology)
    if beside:
        typer.echo(f"Asking {', '.join(beside)}, where replicas are sent …")
        topology = _discovered({"vmm": [vmm], "hyperv": [*beside]}, windows, azure)
    if not topology.seen(VmmServer):
        what = "\n".join(("nothing was read from it, and nothing is written:", *gap_lines(topology.gaps)))
        raise DrcheckError(f"{vmm}: {what}")
    text = proposal(topology, vmm.lower(), windows, azure, beside)
    write_new(output, text)
    left = text.count(f": {FILL_IN}\n")
    typer.echo(f"{output}: {len(topology.facts)} facts read, {len(topology.gaps)} gaps; {left} lines to fill in")
    for line in gap_lines(topology.gaps):
        typer.echo(line)
    typer.echo(f"Next: fill in what ends with {FILL_IN}, then: drcheck doctor --estate {output}")
    return EXIT_CODES[RunVerdict.INCOMPLETE if topology.gaps else RunVerdict.PASSED]


def _discovered(start: dict[str, list[str]], windows: dict[str, Any], azure: dict[str, Any]) -> Topology:
    declared = estate(start, windows, azure, os.environ)
    return discover(declared, now=now, monotonic=time.monotonic, progress=Silent())


def _sections(vaults: Sequence[str], access: Access) -> tuple[dict[str, Any], dict[str, Any]]:
    """The sections ``windows`` and ``azure``."""
    windows, azure = like(access.like) if access.like else ({}, {})
    proof = {name: value for name in ("password_env", "password_file") if (value := _file(name, access))}
    if access.username or proof:
        windows["credentials"] = {"default": {"username": access.username, **proof}}
    for name in ("ca_file", "transport"):
        if value := _file(name, access):
            windows[name] = value
    if vaults:
        azure["vaults"] = [vault_of(vault) for vault in vaults]
    return windows, azure if vaults else {}


def _file(name: str, access: Access) -> str:
    """What was given; files by their full path, as the estate file may lie elsewhere."""
    value = str(getattr(access, name))
    return str(Path(value).resolve()) if value and name.endswith("_file") else value
