"""A whole and right estate.yaml, with the files it names, for tests that change something in it."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from drcheck.errors import EstateError
from drcheck.estate import load
from tests.authority import AUTHORITY

SUBSCRIPTION = "11111111-2222-3333-4444-555555555555"
VNET = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-dr/providers/Microsoft.Network/virtualNetworks/vnet-test"
ENVIRON = {"DRCHECK_PASSWORD": "hunter2", "DRCHECK_ARM_TOKEN": "token-1"}

WHOLE = f"""\
version: 1
name: contoso
sites:
  london: {{role: primary, hosts: ["*.lon.contoso.lab"]}}
  leeds: {{role: secondary, hosts: ["*.lds.contoso.lab"]}}
  azure-uksouth: {{role: azure, regions: [uksouth]}}
endpoints:
  vmm: [VMM01.lon.contoso.lab]
  hyperv: [hv-lds1.lds.contoso.lab]
windows:
  ca_file: ca.pem
  connect_seconds: 2
  credentials:
    default: {{username: 'CONTOSO\\drcheck', password_env: DRCHECK_PASSWORD}}
    other: {{username: other, password_file: other.password}}
  guest_credentials: {{username: Administrator, password_file: other.password}}
  hosts:
    VMM01.lon.contoso.lab: {{address: 127.0.10.1, port: 5987, credential: other, transport: basic}}
    ag-vmm.contoso.lab: {{via: [sql1.lon.contoso.lab, SQL2.lds.contoso.lab]}}
azure:
  endpoint: https://127.0.0.1:8443/
  token_env: DRCHECK_ARM_TOKEN
  vaults:
    - {{subscription: {SUBSCRIPTION}, resource_group: RG-dr, name: vault-dr}}
applications:
  identity: {{tier: 1, owner: IT, rto: 1h, rpo: 900s, always_on: true}}
  payments:
    tier: 1
    owner: Payments
    rto: 4h
    rpo: 15m
    vms: ["PAY-*"]
    vm_ids: [0F8FAD5B-D9CB-469F-A165-70867728950E]
    depends_on: [identity]
sequence:
  - {{action: vmm, target: vmm01, owner: ops, minutes: 15, manual: true}}
  - {{action: plan, target: rp-payments, owner: ops, minutes: 30}}
drill_networks: {{azure: [{VNET}], hyperv: ["DR Test (isolated)"]}}
drills:
  - name: vmm-first
    kind: hyperv-replica
    vm: VMM01
    switch: dr test (isolated)
    probes: [{{kind: heartbeat}}, {{kind: service, name: SCVMMService, mandatory: false}}]
    rto: 30m
    rpo: 15m
    seconds: 600
  - name: payments-plan
    kind: recovery-plan
    vault: vault-dr
    plan: rp-payments
    network: {VNET}
    probes: [{{kind: run-command, vm: PAY-WEB01, script: hostname, expect: PAY-WEB01}}]
drill_records: drills/
waivers: waivers.yaml
policy: {{tiers: {{1: {{rpo: 5m, look_back: 12h}}}}, snapshot_max_age: 2d, excluded_disks: ["*pagefile*"]}}
"""

WAIVERS = """\
version: 1
waivers:
  - id: W-1
    check: DR-VMM-001
    subject: "*"
    reason: migration
    risk: none for two weeks
    owner: alice
    approver: bob
    ticket: CHG-1
    start: 2026-11-01
    expiry: 2026-12-01
"""

Write = Callable[[str], Path]


def writer(folder: Path) -> Write:
    """What writes an estate.yaml into a folder, beside the files that it may name."""
    (folder / "ca.pem").write_text(AUTHORITY)
    (folder / "other.password").write_text("s3cret\n")
    (folder / "other.password").chmod(0o600)
    (folder / "waivers.yaml").write_text(WAIVERS)

    def written(text: str) -> Path:
        path = folder / "estate.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return written


def problems_of(path: Path, environ: Mapping[str, str] = ENVIRON) -> list[str]:
    with pytest.raises(EstateError) as caught:
        load(path, environ)
    return [problem.replace(str(path.parent) + os.sep, "") for problem in caught.value.problems]
