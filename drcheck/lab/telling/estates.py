"""What do the people of a simulated estate declare in its estate.yaml, and which drills have they held?"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from drcheck.lab.azure.build import plan_id, the_vault
from drcheck.lab.azure.state import azure_of
from drcheck.lab.state.world import World
from drcheck.lab.telling.canaries import seen_by_canary
from drcheck.lab.telling.rehearsed import looked_into, plan_digests

DAY = 86400.0
AZURE_HOSTS = frozenset({"management.azure.com", "login.microsoftonline.com"})
"""What is reached in Azure from every site."""

Section = dict[str, object]


@dataclass(frozen=True, kw_only=True)
class App:
    """An application: name, tier, targets, the name pattern of its VMs, and what it needs."""

    name: str
    tier: int
    owner: str
    vms: tuple[str, ...]
    needs: tuple[str, ...] = ()
    method: str = "site-recovery"
    always_on: bool = False
    databases: tuple[str, ...] = ()

    def declare(self) -> Section:
        """Its entry in estate.yaml; targets follow from the tier."""
        rto, rpo = {1: ("4h", "15m"), 2: ("8h", "1h")}.get(self.tier, ("24h", "4h"))
        return {
            "tier": self.tier,
            "owner": self.owner,
            "rto": rto,
            "rpo": rpo,
            "vms": list(self.vms),
            "depends_on": list(self.needs),
            "always_on": self.always_on,
            "method": self.method,
            **({"databases": list(self.databases)} if self.databases else {}),
        }


def declare_applications(world: World, applications: Iterable[App]) -> None:
    """Write the applications."""
    world.estate["applications"] = {app.name: app.declare() for app in applications}


def declare_vault(world: World) -> None:
    """Write the vault; endpoint, CA and token are added when the lab is served."""
    azure, vault = azure_of(world), the_vault(world)
    place = {"subscription": azure.subscription, "resource_group": vault.resource_group, "name": vault.name}
    world.estate["azure"] = {"vaults": [place]}


def look_from(observers: Sequence[str], to: Sequence[str], *, dns: Sequence[str], names: Sequence[str]) -> Section:
    """What a site's machines try on their own: these ports and Azure, these names at these DNS servers."""
    azure = [f"https://{name}" for name in sorted(AZURE_HOSTS)]
    return {
        "observers": list(observers),
        "to": [*to, *azure],
        "dns_servers": list(dns),
        "names": [*names, *sorted(AZURE_HOSTS)],
    }


def web_probe(vm: str) -> Section:
    """A run-command probe: the web server of a recovered copy runs."""
    return {"kind": "run-command", "vm": vm, "script": "(Get-Service W3SVC).Status", "expect": "Running"}


def step(action: str, target: str, owner: str, minutes: int, *, manual: bool = False) -> Section:
    """A step of the recovery sequence."""
    return {"action": action, "target": target, "owner": owner, "minutes": minutes, "manual": manual}


@dataclass(frozen=True, kw_only=True)
class Held:
    """A drill that was held with success: of which kind, how long ago, and how fast it was."""

    name: str
    days_ago: float
    rto: float
    rpo: float
    scenarios: tuple[str, ...] = ()
    executor: str = "Duty engineer"
    found: str = ""
    """The check of what it showed to be wrong; then it failed."""
    retest: str = ""
    """Id of the drill that showed the way out to work."""


def accept(world: World, check: str, subject: str, *, now: float) -> None:
    """Add a waiver in order: it began a month ago, and ends in two."""
    world.waivers.append(
        {
            "id": f"W-{len(world.waivers) + 1}",
            "check": check,
            "subject": subject,
            "reason": "To be replaced in the next budget year",
            "risk": "Recovery takes half an hour longer",
            "owner": "Platform team",
            "approver": "Head of infrastructure",
            "ticket": f"CHG{1000 + len(world.waivers)}",
            "start": _iso(now - 30 * DAY)[:10],
            "expiry": _iso(now + 60 * DAY)[:10],
            "compensation": "Done by hand, as the runbook says",
        }
    )


def expect_of_drills(
    world: World, *, authors: dict[str, str], changed: dict[str, float], switchovers: dict[str, str], now: float
) -> None:
    """Declare a programme: who wrote plans, which applications changed how many days ago, what is switched over."""
    world.estate["programme"] = {
        "authors": authors,
        "changes": {
            f"CHG-{name}": {
                "on": datetime.fromtimestamp(now - days * DAY, UTC).date(),
                "what": "new storage",
                "applications": [name],
            }
            for name, days in changed.items()
        },
        "switchovers": switchovers,
    }


def record_replica_drill(world: World, held: Held, vm_id: str, *, now: float) -> None:
    """Add the record of a Hyper-V Replica drill."""
    record = _record(world, held, ("hyperv-replica", vm_id, [vm_id]), now)
    record["probes"] = [_green(world, vm_id, "service", held)]
    _tell_isolation(world, record, "hyperv")


def record_plan_drill(world: World, held: Held, plan: str, vm_ids: Sequence[str], *, now: float) -> None:
    """Add the record of a recovery plan drill."""
    record = _record(world, held, ("recovery-plan", plan_id(world, plan).lower(), sorted(vm_ids)), now)
    looks = [looked_into(world.vms[vm_id], held.rto) for vm_id in vm_ids]
    record["probes"] = [*(_green(world, vm_id, "run-command", held) for vm_id in vm_ids), *looks]
    record["plan"] = plan_digests(world, plan)
    _tell_isolation(world, record, "azure")


def _record(world: World, held: Held, what: tuple[str, str, list[str]], now: float) -> Section:
    kind, target, vm_ids = what
    started = now - held.days_ago * DAY
    identifier = f"{held.name}-{sum(one['name'] == held.name for one in world.drill_records) + 1}"
    record: Section = {
        "schema": 1,
        "id": identifier,
        "kind": kind,
        "target": target,
        "name": held.name,
        "verdict": "FAIL" if held.found else "PASS",
        "cleaned_up": True,
        "started": _iso(started),
        "finished": _iso(started + held.rto + 300),
        "rto_seconds": None if held.found else held.rto,
        "rpo_seconds": None if held.found else held.rpo,
        "vm_ids": vm_ids,
        "scenarios": list(held.scenarios),
        "measurements": []
        if held.found
        else [
            {"kind": "rto", "seconds": held.rto, "uncertainty_seconds": 1.5, "method": "probe"},
            {"kind": "rpo", "seconds": held.rpo, "uncertainty_seconds": 0.5, "method": "platform"},
        ],
        "phases": [{"name": "failover", "seconds": held.rto * 0.8}, {"name": "probes", "seconds": held.rto * 0.2}],
        "executors": [held.executor],
        "version": "0",
        **_evidence(held, started),
        "findings": [{"id": held.found, "severity": "high", "what": "a mandatory probe was red"}] if held.found else [],
    }
    world.drill_records.append(record)
    world.drill_reviews.append(_review(held, identifier, started))
    return record


def _tell_isolation(world: World, record: Section, platform: str) -> None:
    """Every drill went into the declared network of its platform, and the canary there saw what it has to see."""
    network, probes = seen_by_canary(world, platform, str(record["started"]))
    record["isolation"] = {"network": network, "isolated": True, "leaks": [], "probes": probes}


def _evidence(held: Held, started: float) -> Section:
    """What auditors ask of a record besides its figures."""
    ended = _iso(started + held.rto + 300)
    return {
        "authorisation": "change CHG0815, approved by Head of infrastructure",
        "people": {"executors": [held.executor], "owner": "Application owner"},
        "objectives": {"rto_seconds": 4 * 3600, "rpo_seconds": 900, "sha256": "0" * 64, "fixed_at": _iso(started)},
        "deviations": [held.found] if held.found else ["none"],
        "clean_up": {"verdict": "PASS", "finished": ended, "left_over": []},
        "conclusion": {"result": "fail" if held.found else "pass"},
        "integrity": {"attachments": [], "clock": "the clock of the machine that held the drill, UTC"},
    }


def _review(held: Held, identifier: str, started: float) -> Section:
    """Signed three days later; what was found was mended within a month, and seen to work."""
    review: Section = {
        "schema": 1,
        "drill": identifier,
        "reviewer": "Head of operations",
        "role": "operations",
        "reviewed": _iso(started + 3 * DAY)[:10],
        "accepted_by": "Application owner",
    }
    if held.found:
        day = _iso(started + 30 * DAY)[:10]
        follow_up = {"id": held.found, "owner": "Platform team", "due": day, "closed": day, "retest": held.retest}
        review["findings"] = [follow_up]
    return review


def _green(world: World, vm_id: str, kind: str, held: Held) -> Section:
    """A mandatory probe of a machine that turned green at the very end."""
    name = world.vms[vm_id].name
    green = None if held.found else held.rto
    return {"name": kind, "kind": kind, "target": name, "mandatory": True, "green_seconds": green}


def _iso(moment: float) -> str:
    return f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%dT%H:%M:%SZ}"
