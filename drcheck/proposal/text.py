"""How is the proposal written down, so that a person reads it, completes it, and drcheck takes it?"""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

import yaml

from drcheck.proposal import FILL_IN, findings
from drcheck.proposal.findings import ApplicationGuess, NetworkGuess, SiteGuess
from drcheck.topology.base import Topology

_PLAIN = re.compile(r"[A-Za-z/][A-Za-z0-9_./\\-]*")
MOST_NAMES = 40
_WORDS = ("true", "false", "null", "yes", "no", "on", "off")
_HEAD = f"""\
# What drcheck is to know about this estate. Proposed by drcheck init; every line is yours to change.
# Lines that end with {FILL_IN} hold what nobody can look up. Until all are filled in, drcheck check names those
# that are left, with their numbers.
"""


def proposal(
    topology: Topology, vmm: str, windows: dict[str, Any], azure: dict[str, Any], beside: tuple[str, ...] = ()
) -> str:
    """The file.

    Args:
        topology: what was found.
        vmm: the VMM server that was asked.
        windows: how Windows machines are reached, as the file says it.
        azure: how Azure is reached, and its vaults; empty without Azure.
        beside: Hyper-V hosts that only replication leads to.
    """
    lines = [_HEAD, "version: 1", f"name: {quoted(_name(vmm))}", ""]
    lines += [*_sites(findings.sites(topology)), ""]
    lines += [*_endpoints(topology, vmm, beside), ""]
    lines += _section("How Windows machines are reached. Passwords stand in variables or files.", "windows", windows)
    lines += _section("How Azure is reached, and which vaults are read.", "azure", azure) if azure else []
    lines += [*_applications(findings.applications(topology), findings.in_no_plan(topology)), ""]
    lines += [*_networks(topology), ""]
    lines += [*_later()]
    return "\n".join(lines) + "\n"


def quoted(text: str) -> str:
    """A text as a YAML scalar that is nothing but that text."""
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    return json.dumps(text, ensure_ascii=False)


def _name(vmm: str) -> str:
    return (vmm.split(".")[-2:] or [vmm])[0]


def _flow(texts: Iterable[str]) -> str:
    return f"[{', '.join(quoted(text) for text in texts)}]"


def _listed(name: str, texts: Iterable[str], indent: int) -> Iterator[str]:
    pad = " " * indent
    yield f"{pad}{name}:"
    for text in texts:
        yield f"{pad}  - {quoted(text)}"


def _sites(guesses: Iterable[SiteGuess]) -> Iterator[str]:
    yield "# Sites: which machines fail together? Rename them, split or merge them. A machine that no rule claims, or"
    yield "# two sites claim, is reported, never guessed. Other rules: host_groups, fault_domains, ad_sites, subnets."
    yield "sites:"
    for guess in guesses:
        yield f"  {guess.name}:  # {guess.why}"
        if guess.rule == "regions":
            yield "    role: azure"
        else:
            yield f"    role:  # primary, secondary or witness: {FILL_IN}"
        yield from _listed(guess.rule, guess.patterns, 4)


def _endpoints(topology: Topology, vmm: str, beside: tuple[str, ...]) -> Iterator[str]:
    found = findings.machines(topology)
    yield "# Where discovery starts; it follows what it finds there. Add what nothing leads to: SQL Servers and"
    yield "# clusters that VMM does not use, and a domain controller of each site under identity."
    yield "endpoints:"
    yield f"  vmm: {_flow((vmm,))}"
    yield f"  hyperv: {_flow(beside)}{'  # replicas are sent there, and VMM does not manage it' if beside else ''}"
    yield from ("  cluster: []", "  sql: []", "  identity: []")
    yield f"# Found from there: {', '.join(found) or 'no other machine'}."
    for gap in topology.gaps[:10]:
        yield f"# Not read: {gap.kind} of {gap.scope} ({gap.cause}). See: drcheck doctor"


def _section(comment: str, name: str, value: dict[str, Any]) -> Iterator[str]:
    yield f"# {comment}"
    dumped = yaml.safe_dump({name: value}, sort_keys=False, allow_unicode=True, width=110)
    yield dumped.rstrip("\n")
    yield ""


def _applications(guesses: Iterable[ApplicationGuess], rest: tuple[str, ...]) -> Iterator[str]:
    yield "# Applications: what people miss when it is gone. One was guessed per recovery plan."
    listed = list(guesses)
    yield "applications:" if listed else "applications: {}"
    taken: set[str] = set()
    for guess in listed:
        own = [name for name in guess.vms if name not in taken]
        taken.update(own)
        yield f"  {guess.name}:  # from the recovery plan {guess.plan}"
        yield f"    tier:  # 1 is recovered first: {FILL_IN}"
        yield f"    owner:  # who is called at night: {FILL_IN}"
        yield f"    rto:  # promised time to recover, such as 4h: {FILL_IN}"
        yield f"    rpo:  # promised loss at most, such as 15m: {FILL_IN}"
        yield from _listed("vms", own, 4) if own else ("    vms: []",)
        yield "    # depends_on: [another application]"
        yield "    method: site-recovery"
    if rest:
        more = ", …" if len(rest) > MOST_NAMES else ""
        yield f"# In no recovery plan ({len(rest)}): {', '.join(rest[:MOST_NAMES])}{more}"


def _networks(topology: Topology) -> Iterator[str]:
    yield "# Networks for drills. Only what is proven isolated at the time is used; these are isolated now."
    yield "drill_networks:"
    yield from _proposed("azure", findings.virtual_networks(topology))
    yield from _proposed("hyperv", findings.switches(topology))


def _proposed(platform: str, guesses: tuple[NetworkGuess, ...]) -> Iterator[str]:
    isolated = [guess for guess in guesses if not guess.leaks]
    yield f"  {platform}:" if isolated else f"  {platform}: []"
    for guess in isolated:
        yield f"    - {quoted(guess.name)}  # isolated: nothing leads out of it"
    for guess in guesses:
        if guess.leaks:
            more = f" (and {len(guess.leaks) - 1} more)" if len(guess.leaks) > 1 else ""
            yield f"    # not {guess.title}: {guess.leaks[0]}{more}"


def _later() -> Iterator[str]:
    yield "# Later: the order of recovery (sequence), drills (drills), exceptions (waivers), thresholds (policy)."
    yield "drill_records: drills/"
