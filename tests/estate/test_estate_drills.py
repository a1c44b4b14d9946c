"""Drill files and the drill parts of estate.yaml: all they say arrives, and every mistake is told at its place."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from drcheck.errors import EstateError
from drcheck.estate import DrillSpec, Estate, load
from drcheck.estate.drill_spec import (
    Authorisation,
    HumanStep,
    ImpactSpec,
    LeaseStore,
    Limits,
    People,
    Reach,
    ScenarioSpec,
    SentinelSpec,
)
from tests.authority import AUTHORITY
from tests.estate_file import ENVIRON, VNET, WAIVERS, WHOLE

REHEARSAL = f"""\
version: 1
name: site-loss
kind: rehearsal
switch: DR Test (isolated)
vault: vault-dr
network: {VNET}
t0: decision
decision: 10m
authorisation:
  change: CHG0042
  approver: H. Operations
  not_before: 2026-12-01T20:00:00+01:00
  not_after: 2026-12-01T23:00:00+01:00
  risk: the replica host has little memory left
limits: {{machines: 10, parallel: 3, per_host: 1, per_vault: 2, duration: 2h}}
people: {{observer: A. Auditor, reviewer: R. Reader, owner: P. Owner, communications: S. Desk}}
scenario: {{type: site-loss, severity: high, assumptions: [the phones work], third_parties: [a carrier]}}
business_impact: {{reference: BIA-7, version: "2"}}
human:
  - {{name: call the network team, owner: Network, time: 5m}}
  - {{name: open the gates, owner: Duty, time: 10m, confirm: true, after: management}}
out_of_scope: [{{what: mail, why: in another site}}]
abort_on: [probe, rpo]
groups:
  - name: management
    parts:
      - {{kind: hyperv-replica, vm: VMM01, probes: [{{kind: heartbeat}}],
          sentinel: {{path: 'C:\\drcheck\\sentinel.csv', every: 30s}}}}
  - name: payments
    parts:
      - {{kind: recovery-plan, plan: rp-payments,
          probes: [{{kind: run-command, vm: PAY-WEB01, script: hostname, expect: PAY-WEB01}}]}}
      - {{name: one, kind: protected-item, item: PAY-DB01,
          probes: [{{kind: run-command, vm: PAY-DB01, script: hostname, expect: PAY-DB01}}]}}
"""
CANARIES = f"""\
drill_networks:
  azure:
    - id: {VNET}
      canary:
        vm: /subscriptions/S/resourceGroups/G/providers/Microsoft.Compute/virtualMachines/Canary
        must_not_reach: [{{host: 10.1.0.10, port: 389, name: DC01}}]
        must_reach: [{{host: 10.99.0.5, port: 53}}]
        from_production: {{host: HV-LON1.lon.contoso.lab, must_reach: [{{host: 10.1.0.10, port: 389}}]}}
  hyperv: [{{name: DR Test (isolated), without_canary: nothing is left to run it on}}]
blackouts: [{{name: year's end, start: 2026-12-24T00:00:00Z, end: 2027-01-02T00:00:00Z}}]
drill_journals: /srv/drills
drill_authorisation: required
drill_leases: {{container: https://account.blob.core.windows.net/drcheck}}
"""


def estate(folder: Path, drill: str, text: str = WHOLE) -> Estate:
    (folder / "estate.yaml").write_text(text.replace("drills:\n", "drills:\n  - {file: drill.yaml}\n"))
    (folder / "drill.yaml").write_text(drill)
    (folder / "waivers.yaml").write_text(WAIVERS)
    (folder / "ca.pem").write_text(AUTHORITY)
    (folder / "other.password").write_text("x")
    (folder / "other.password").chmod(0o600)
    return load(folder / "estate.yaml", ENVIRON)


def first(folder: Path, drill: str) -> DrillSpec:
    return estate(folder, drill).drills[0]


def test_a_drill_file_says_everything_about_its_drill(tmp_path: Path) -> None:
    spec = first(tmp_path, REHEARSAL)
    assert (spec.file, spec.sha256) == (tmp_path / "drill.yaml", hashlib.sha256(REHEARSAL.encode()).hexdigest())
    assert spec.authorisation == Authorisation(
        change="CHG0042",
        approver="H. Operations",
        not_before=datetime(2026, 12, 1, 19, tzinfo=UTC),
        not_after=datetime(2026, 12, 1, 22, tzinfo=UTC),
        risk="the replica host has little memory left",
    )
    assert spec.limits == Limits(machines=10, parallel=3, per_host=1, per_vault=2, seconds=7200)
    assert spec.people == People(
        observer="A. Auditor", reviewer="R. Reader", owner="P. Owner", communications="S. Desk"
    )
    assert spec.scenario == ScenarioSpec(
        type="site-loss", severity="high", assumptions=("the phones work",), third_parties=("a carrier",)
    )
    assert spec.business_impact == ImpactSpec(reference="BIA-7", version="2")
    assert [(step.name, step.after, step.confirm, step.seconds) for step in spec.human] == [
        ("call the network team", "", False, 300),
        ("open the gates", "management", True, 600),
    ]
    assert isinstance(spec.human[0], HumanStep)
    assert (spec.t0, spec.decision_seconds, spec.abort_on) == ("decision", 600, ("probe", "rpo"))
    assert spec.out_of_scope == (("mail", "in another site"),)


def test_parts_of_a_rehearsal_take_over_its_places_and_are_named_by_their_targets(tmp_path: Path) -> None:
    management, payments = first(tmp_path, REHEARSAL).groups
    (vmm,), (plan, item) = management.parts, payments.parts
    assert (vmm.name, vmm.vm, vmm.switch) == ("VMM01", "VMM01", "DR Test (isolated)")
    assert vmm.sentinel == SentinelSpec(path="C:\\drcheck\\sentinel.csv", every_seconds=30)
    assert (plan.name, plan.plan, plan.network) == ("rp-payments", "rp-payments", VNET.lower())
    assert plan.vault == item.vault
    assert plan.vault.endswith("/vaults/vault-dr")
    assert (item.name, item.item, item.target) == ("one", "PAY-DB01", "PAY-DB01")


def test_networks_have_canaries_or_a_reason_and_blackouts_journals_and_leases_are_read(tmp_path: Path) -> None:
    bare = "\n".join(line for line in WHOLE.splitlines() if not line.startswith("drill_networks:")) + "\n"
    found = estate(tmp_path, REHEARSAL, bare + CANARIES)
    azure, hyperv = found.drill_networks
    assert azure.canary is not None
    assert azure.canary.vm.endswith("/virtualmachines/canary")
    assert azure.canary.must_not_reach == (Reach(host="10.1.0.10", port=389, name="DC01"),)
    assert [reach.label for reach in azure.canary.must_not_reach] == ["DC01 (10.1.0.10:389)"]
    assert [reach.label for reach in azure.canary.must_reach] == ["10.99.0.5:53"]
    outsider = azure.canary.from_production
    assert outsider is not None
    assert (outsider.host, outsider.must_reach[0].label) == ("hv-lon1.lon.contoso.lab", "10.1.0.10:389")
    assert (hyperv.canary, hyperv.without_canary) == (None, "nothing is left to run it on")
    assert found.blackouts[0].start == datetime(2026, 12, 24, tzinfo=UTC)
    assert found.drill_journals == Path("/srv/drills")
    assert found.drill_authorisation == "required"
    assert found.drill_leases == LeaseStore(container="https://account.blob.core.windows.net/drcheck")


def test_whoever_tries_from_production_needs_a_credential_before_any_drill_begins(tmp_path: Path) -> None:
    bare = "\n".join(line for line in WHOLE.splitlines() if not line.startswith("drill_networks:")) + "\n"
    with pytest.raises(EstateError) as caught:
        estate(tmp_path, REHEARSAL, bare.replace("    default: {", "    elsewhere: {", 1) + CANARIES)
    (told,) = [line for line in caught.value.problems if "from_production" in line]
    assert told.endswith(
        "drill_networks.azure[0].canary.from_production.host: there is no credential for hv-lon1.lon.contoso.lab; "
        "declare windows.credentials.default"
    )


def test_an_availability_group_is_a_part_of_a_rehearsal_and_nothing_else(tmp_path: Path) -> None:
    part = "{kind: availability-group, availability_group: ag-vmm, rpo: 5m}"
    found = estate(tmp_path, f"version: 1\nname: sql\nkind: rehearsal\ngroups: [{{name: sql, parts: [{part}]}}]\n")
    (spec,) = [one for one in found.drills if one.name == "sql"]
    (made,) = spec.groups[0].parts
    assert (made.name, made.target, made.rpo_seconds) == ("ag-vmm", "ag-vmm", 300)
    with pytest.raises(EstateError) as caught:
        estate(tmp_path, "version: 1\nname: sql\nkind: availability-group\navailability_group: ag-vmm\n")
    assert "kind: 'availability-group' is not a kind of drill" in caught.value.problems[0]


WRONG = {
    ("version: 1\n", ""): "drill.yaml:1:1: version: a drill file begins with version: 1",
    ("2026-12-01T20:00:00+01:00", "2026-12-01T20:00:00"): "authorisation.not_before: '2026-12-01T20:00:00' is not a",
    ("after: management", "after: managment"): "human[1].after: 'managment' is not the name of one of its groups",
    ("vm: VMM01, ", ""): "groups[0].parts[0].vm: is missing",
    ("vm: VMM01, ", "vm: VMM01, authorisation: {change: X, approver: Y}, "): (
        "groups[0].parts[0].authorisation: belongs to the rehearsal, not to one of its parts"
    ),
    ("kind: heartbeat", "kind: ping"): "groups[0].parts[0].probes[0].kind: must be 'heartbeat',",
    (
        "vault: vault-dr",
        "vault: vault-rd",
    ): "'vault-rd' is not the name of one of azure.vaults; did you mean 'vault-dr'?",
    ("name: payments", "name: management"): "groups[1].name: 'management' is the name of an earlier group",
    ("path: 'C:\\drcheck\\sentinel.csv', ", ""): "sentinel: a sentinel is in one place: path or database",
    ("type: site-loss, ", ""): "scenario.type: is missing",
    ("type: site-loss", "type: flood"): "scenario.type: must be 'site-loss', 'single-application',",
    ("severity: high", "severity: bad"): "scenario.severity: must be 'low', 'medium', 'high' or 'critical', not 'bad'",
    ("reference: BIA-7, ", ""): "business_impact.reference: is missing",
    ("duration: 2h", "duration: soon"): "limits.duration: 'soon' is not a duration",
    ("name: site-loss", "name: vmm-first"): "'vmm-first' is the name of an earlier drill",
}


@pytest.mark.parametrize(("change", "told"), WRONG.items(), ids=lambda value: str(value)[:40])
def test_a_mistake_in_a_drill_file_is_told_at_its_place(tmp_path: Path, change: tuple[str, str], told: str) -> None:
    assert change[0] in REHEARSAL
    with pytest.raises(EstateError) as caught:
        estate(tmp_path, REHEARSAL.replace(*change, 1))
    assert told in "\n".join(caught.value.problems)


WRONG_ESTATE = {
    "    - id: /sub": ("    - id: sub", "drill_networks.azure[0].id: 'subscriptions"),
    "from_production: {host: HV-LON1.lon.contoso.lab, must_reach: [{host: 10.1.0.10, port: 389}]}": (
        *("from_production: {host: x, must_reach: []}", "from_production.must_reach: must be a list of {host, port,"),
    ),
    "must_reach: [{host: 10.99.0.5, port: 53}]": ("must_reach: []", "must_reach: must be a list of {host, port, name}"),
    "port: 389": ("port: 99389", "must_not_reach[0].port: "),
    "end: 2027-01-02": ("end: 2026-01-02", "blackouts[0]: end must lie after start"),
    "https://account.blob.core.windows.net/drcheck": (
        "account/drcheck",
        "drill_leases.container: must be the https://",
    ),
}


@pytest.mark.parametrize(("before", "change"), WRONG_ESTATE.items(), ids=lambda value: str(value)[:30])
def test_a_mistake_about_networks_leases_and_blackouts_is_told(
    tmp_path: Path, before: str, change: tuple[str, str]
) -> None:
    bare = "\n".join(line for line in WHOLE.splitlines() if not line.startswith("drill_networks:")) + "\n"
    assert before in CANARIES
    with pytest.raises(EstateError) as caught:
        estate(tmp_path, REHEARSAL, bare + CANARIES.replace(before, change[0], 1))
    assert change[1] in "\n".join(caught.value.problems)
