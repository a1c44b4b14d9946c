"""estate.yaml: what a right one says, and that a wrong one tells every mistake at once, each at its place."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from copy import copy
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from drcheck.errors import EstateError
from drcheck.estate import Estate, Secret, load
from drcheck.policy import DEFAULT_TIERS
from drcheck.topology.base import Target

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
policy: {{tiers: {{1: {{rpo: 5m}}}}, snapshot_max_age: 2d, excluded_disks: ["*pagefile*"]}}
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


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes an estate.yaml beside the files that it may name."""
    (tmp_path / "ca.pem").write_text("-----BEGIN CERTIFICATE-----\n")
    (tmp_path / "other.password").write_text("s3cret\n")
    (tmp_path / "other.password").chmod(0o600)
    (tmp_path / "waivers.yaml").write_text(WAIVERS)

    def written(text: str) -> Path:
        path = tmp_path / "estate.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return written


def problems_of(path: Path, environ: Mapping[str, str] = ENVIRON) -> list[str]:
    with pytest.raises(EstateError) as caught:
        load(path, environ)
    return [problem.replace(str(path.parent) + os.sep, "") for problem in caught.value.problems]


@pytest.fixture
def whole(write: Write) -> Estate:
    return load(write(WHOLE), ENVIRON)


def test_endpoints_and_vaults_are_where_discovery_starts(whole: Estate) -> None:
    vault = f"/subscriptions/{SUBSCRIPTION}/resourcegroups/rg-dr/providers/microsoft.recoveryservices/vaults/vault-dr"
    assert whole.endpoints == (
        Target(role="vmm", endpoint="vmm01.lon.contoso.lab"),
        Target(role="hyperv", endpoint="hv-lds1.lds.contoso.lab"),
        Target(role="vault", endpoint=vault),
    )


def test_a_host_has_what_is_declared_for_it_and_else_what_is_declared_for_all(whole: Estate, tmp_path: Path) -> None:
    own = whole.windows.host("vmm01.LON.contoso.lab")
    assert (own.address, own.port, own.transport) == ("127.0.10.1", 5987, "basic")
    assert own.credential is not None
    assert (own.credential.username, own.credential.password.reveal()) == ("other", "s3cret")
    assert own.ca_file == tmp_path / "ca.pem"
    plain = whole.windows.host("hv1.lon.contoso.lab")
    assert (plain.address, plain.port, plain.transport) == ("hv1.lon.contoso.lab", 5986, "ntlm")
    assert plain.credential is not None
    assert (plain.credential.username, plain.credential.password.reveal()) == ("CONTOSO\\drcheck", "hunter2")
    assert (plain.connect_seconds, plain.total_seconds) == (2.0, 120.0)


def test_a_listener_is_asked_through_machines(whole: Estate) -> None:
    assert whole.windows.via("AG-VMM.contoso.lab") == ("sql1.lon.contoso.lab", "sql2.lds.contoso.lab")
    assert whole.windows.via("hv1.lon.contoso.lab") == ()


def test_durations_are_seconds_and_ids_lower_case(whole: Estate) -> None:
    identity, payments = whole.applications
    assert (identity.rto_seconds, identity.rpo_seconds, identity.always_on) == (3600, 900, True)
    assert (payments.rto_seconds, payments.rpo_seconds) == (14400, 900)
    assert payments.vm_ids == ("0f8fad5b-d9cb-469f-a165-70867728950e",)
    assert payments.method == "site-recovery"


def test_drills_name_what_is_declared(whole: Estate) -> None:
    replica, plan = whole.drills
    assert (replica.target, replica.network_name, replica.seconds) == ("VMM01", "DR Test (isolated)", 600)
    assert [(probe.kind, probe.name, probe.mandatory) for probe in replica.probes] == [
        ("heartbeat", "", True),
        ("service", "SCVMMService", False),
    ]
    assert (replica.rto_seconds, replica.rpo_seconds) == (1800, 900)
    assert (plan.target, plan.network_name, plan.vault) == ("rp-payments", VNET.lower(), whole.azure.vaults[0].id)
    assert (plan.rto_seconds, plan.seconds) == (None, 1800)


def test_the_policy_changes_what_is_declared_and_nothing_else(whole: Estate) -> None:
    assert whole.policy.tiers[1].rpo == 300
    assert whole.policy.tiers[1].rto == DEFAULT_TIERS[1].rto
    assert whole.policy.tiers[2] == DEFAULT_TIERS[2]
    assert whole.policy.snapshot_max_age == 2 * 86400
    assert whole.policy.excluded_disks == ("*pagefile*",)
    assert whole.policy.lag_cycles == 3


def test_waivers_come_from_a_file_of_their_own(whole: Estate) -> None:
    assert [(waiver.id, waiver.start.isoformat(), waiver.expiry.isoformat()) for waiver in whole.waivers] == [
        ("W-1", "2026-11-01", "2026-12-01")
    ]


def test_paths_start_from_the_files_folder(whole: Estate, tmp_path: Path) -> None:
    assert whole.drill_records == tmp_path / "drills"
    assert whole.azure.endpoint == "https://127.0.0.1:8443"


def test_no_secret_shows_itself(whole: Estate) -> None:
    assert {secret.reveal() for secret in whole.secrets} == {"hunter2", "s3cret", "token-1"}
    shown = repr(whole)
    assert not [secret for secret in whole.secrets if secret.reveal() in shown]


def test_a_secret_is_not_shown_or_serialised() -> None:
    secret = Secret("hunter2")
    assert "hunter2" not in f"{secret} {secret!r} {[secret]}"
    assert secret == Secret("hunter2")
    assert secret != Secret("other")
    with pytest.raises(TypeError, match="not serialised"):
        copy(secret)


WRONG = """\
version: 1
nam: contoso
sites:
  london: {role: main, hosts: ["*.lon"]}
  azure: {role: azure}
endpoints:
  vmm: [vmm01.lon, "not a host"]
  hyper-v: [hv1.lon]
  vault: [vault-dr]
windows:
  port: "5986"
  ca_file: nowhere.pem
  credentials:
    default: {username: a, password_env: UNSET_VARIABLE}
    open: {username: b, password_file: open.password}
    both: {username: c, password_env: DRCHECK_PASSWORD, password_file: open.password}
    inline: {username: d, password: hunter2}
    text: hunter2
  hosts:
    hv1.lon: {credential: defualt}
    HV1.LON: {port: 99999}
    loop.lon: {via: [loop.lon]}
azure:
  endpoint: http://management.azure.com
  vaults:
    - {subscription: mine, resource_group: rg, name: v}
applications:
  web: {tier: one, owner: IT, rto: 4 hours, rpo: 15m, depends_on: [db, cache]}
  db: {tier: 1, owner: IT, rto: 4h, rpo: 15m, depends_on: [app]}
  app: {tier: 1, owner: IT, rto: 4h, rpo: 15m, depends_on: [db], always_on: no}
sequence:
  - {action: reboot, target: x, owner: y, minutes: -1}
drill_networks: {hyperv: [Isolated]}
drills:
  - {name: one, kind: hyperv-replica, vm: v, switch: Isolatd, probes: [{kind: service}]}
  - {name: one, kind: hyperv-replica, vm: v, switch: Isolated, probes: [{kind: service, name: s}]}
  - {name: two, kind: recovery-plan, vault: v2, plan: p, network: vnet, probes: [{kind: heartbeat}]}
  - {name: three, kind: real-failover}
waivers: missing.yaml
policy: {tiers: {one: {rpo: 5m}, 9: {rpo: 5m}}, lag_cycles: 0, default_tier: 7}
policy: {}
"""

TOLD = """\
estate.yaml:1:1: name: is missing
estate.yaml:2:1: nam: is not known here; did you mean 'name'?
estate.yaml:4:18: sites.london.role: must be 'primary', 'secondary', 'witness' or 'azure', not 'main'
estate.yaml:5:10: sites.azure: a site with the role azure needs regions
estate.yaml:7:20: endpoints.vmm[1]: 'not a host' is not a host name
estate.yaml:8:3: endpoints.hyper-v: is not known here; did you mean 'hyperv'?
estate.yaml:9:3: endpoints.vault: vaults are declared under azure.vaults
estate.yaml:11:9: windows.port: must be a valid integer, not '5986'
estate.yaml:12:12: windows.ca_file: there is no readable file nowhere.pem
estate.yaml:14:42: windows.credentials.default.password_env: the environment variable UNSET_VARIABLE is not set
estate.yaml:15:40: windows.credentials.open.password_file: open.password can be read by others (mode 0644); \
run chmod 600 on it
estate.yaml:16:11: windows.credentials.both: give one of password_env, password_file, and cert_file with key_file
estate.yaml:17:27: windows.credentials.inline.password: is not known here; did you mean 'password_env'?
estate.yaml:18:11: windows.credentials.text: must be a mapping with username, password_env, \
password_file, cert_file, key_file
estate.yaml:20:27: windows.hosts.hv1.lon.credential: 'defualt' is not one of windows.credentials; \
did you mean 'default'?
estate.yaml:21:5: windows.hosts.HV1.LON: hv1.lon is declared twice; case makes no difference
estate.yaml:21:21: windows.hosts.HV1.LON.port: must be less than or equal to 65535, not 99999
estate.yaml:22:21: windows.hosts.loop.lon.via: loop.lon cannot be asked through itself
estate.yaml:24:13: azure.endpoint: 'http://management.azure.com' is not an https:// address without a path
estate.yaml:26:22: azure.vaults[0].subscription: 'mine' is not an id; write it as 8-4-4-4-12 hexadecimal digits
estate.yaml:28:15: applications.web.tier: must be a valid integer, not 'one'
estate.yaml:28:36: applications.web.rto: '4 hours' is not a duration; write 30s, 15m, 4h or 90d
estate.yaml:28:72: applications.web.depends_on[1]: 'cache' is not a declared application; there is web, db, app
estate.yaml:29:59: applications.db.depends_on: the dependencies go in a circle: db needs app needs db
estate.yaml:30:77: applications.app.always_on: must be a valid boolean, not 'no'
estate.yaml:32:14: sequence[0].action: must be 'sql', 'vmm', 'plan' or 'manual', not 'reboot'
estate.yaml:32:52: sequence[0].minutes: must be greater than or equal to 0, not -1
estate.yaml:35:54: drills[0].switch: 'Isolatd' is not declared under drill_networks.hyperv; did you mean 'Isolated'?
estate.yaml:35:72: drills[0].probes[0]: a probe of the kind service needs name
estate.yaml:35:79: drills[0].probes[0].kind: a service probe signs in to the guest; \
declare windows.guest_credentials
estate.yaml:36:12: drills[1].name: 'one' is the name of an earlier drill
estate.yaml:36:80: drills[1].probes[0].kind: a service probe signs in to the guest; \
declare windows.guest_credentials
estate.yaml:37:45: drills[2].vault: 'v2' is not the name of one of azure.vaults; did you mean 'v'?
estate.yaml:37:67: drills[2].network: 'vnet' is not the ARM id of a virtual network; it looks like \
/subscriptions/ID/resourceGroups/NAME/providers/Microsoft.Network/virtualNetworks/NAME
estate.yaml:37:89: drills[2].probes[0].kind: a recovery-plan drill has no heartbeat probe; there is run-command
estate.yaml:38:25: drills[3].kind: 'real-failover' is not a kind of drill; there is hyperv-replica, recovery-plan
estate.yaml:39:10: waivers: there is no readable file missing.yaml
estate.yaml:40:18: policy.tiers.one: a tier is a whole number from 0 on
estate.yaml:40:37: policy.tiers.9: a tier without defaults needs rto, drill_interval, \
recovery_plan_required, coverage_percent
estate.yaml:40:61: policy.lag_cycles: must be greater than or equal to 1, not 0
estate.yaml:40:78: policy.default_tier: 7 is not one of the tiers 0, 1, 2, 3
estate.yaml:41:1: policy: is given twice (first in line 40)
"""


def test_every_mistake_is_told_at_once_in_the_order_of_the_file(write: Write, tmp_path: Path) -> None:
    (tmp_path / "open.password").write_text("x")
    (tmp_path / "open.password").chmod(0o644)
    assert "\n".join(problems_of(write(WRONG))) + "\n" == TOLD


def test_no_message_repeats_a_password_that_stands_in_the_wrong_place(write: Write) -> None:
    text = WHOLE.replace("password_env: DRCHECK_PASSWORD", "password_env: [hunter2], password: hunter2")
    text = text.replace("token_env: DRCHECK_ARM_TOKEN", "token_env: {hunter2: 1}")
    text = text.replace("password_file: other.password}", "password_file: 12345678}")
    told = "\n".join(problems_of(write(text)))
    assert "windows.credentials.default.password_env" in told
    assert "azure.token_env" in told
    assert not re.search("hunter2|12345678", told)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", ["estate.yaml:1:1: is empty"]),
        ("- 1\n", ["estate.yaml:1:1: must be a mapping with version, name, sites"]),
        ("a: [1\nb: 2\n", ["estate.yaml:2:2: is not YAML: "]),
        ("a: &a [*a]\n", ["estate.yaml:1:4: a[0]: contains itself"]),
        ("? [a]\n: 1\n", ["estate.yaml:1:3: a key must be a text or a whole number"]),
        ("name: !!python/name:os.system x\n", ["estate.yaml:1:7: name: the tag "]),
        ("version: 1\n---\nversion: 2\n", ["estate.yaml:2:1: is not YAML: "]),
    ],
)
def test_what_is_no_estate_at_all_is_told_too(write: Write, text: str, told: list[str]) -> None:
    problems = problems_of(write(text))
    assert all(any(problem.startswith(start) for problem in problems) for start in told), problems


def test_a_file_that_is_not_there_or_not_text_is_one_mistake(tmp_path: Path) -> None:
    assert problems_of(tmp_path / "none.yaml") == ["none.yaml:1:1: cannot be read: No such file or directory"]
    (tmp_path / "latin.yaml").write_bytes(b"name: caf\xe9\n")
    assert problems_of(tmp_path / "latin.yaml") == [
        "latin.yaml:1:1: is not UTF-8 text: invalid continuation byte at byte 9"
    ]


def test_mistakes_in_the_waivers_file_are_told_with_those_of_the_estate(write: Write, tmp_path: Path) -> None:
    path = write(WHOLE.replace("tier: 1, owner: IT", "tier: -1, owner: IT"))
    waiver = WAIVERS.partition("waivers:\n")[2]
    again = waiver.replace("approver: bob", "approver: Alice").replace("2026-12-01", "soon")
    late = waiver.replace("W-1", "W-2").replace("2026-12-01", "2026-10-01")
    own = waiver.replace("W-1", "W-3").replace("approver: bob", "approver: Alice")
    (tmp_path / "waivers.yaml").write_text("version: 2\nwaivers:\n" + waiver + again + late + own)
    assert problems_of(path) == [
        "estate.yaml:26:20: applications.identity.tier: must be greater than or equal to 0, not -1",
        "waivers.yaml:1:10: version: must be 1, not 2",
        "waivers.yaml:13:9: waivers[1].id: 'W-1' is the id of an earlier waiver",
        "waivers.yaml:22:13: waivers[1].expiry: 'soon' is not a date; write 2026-12-31",
        "waivers.yaml:23:5: waivers[2]: expires on 2026-10-01, before it starts on 2026-11-01",
        "waivers.yaml:33:5: waivers[3]: alice cannot approve their own waiver",
    ]


def test_an_estate_needs_somewhere_to_start_and_someone_to_sign_in_as(write: Write) -> None:
    nothing = 'version: 1\nname: x\nsites: {a: {role: primary, hosts: ["*"]}}\n'
    assert problems_of(write(nothing)) == [
        "estate.yaml:1:1: endpoints: there is nothing to start from; declare endpoints or azure.vaults"
    ]
    nobody = nothing + "endpoints: {vmm: [vmm.lab]}\nwindows: {hosts: {vmm.lab: {via: [a.lab]}}}\n"
    assert problems_of(write(nobody)) == [
        "estate.yaml:4:19: endpoints.vmm[0]: there is no credential for a.lab; declare windows.credentials.default"
    ]


def test_one_vm_belongs_to_one_application(write: Write) -> None:
    text = WHOLE.replace("rpo: 900s, always_on: true}", "rpo: 900s, vm_ids: [0f8fad5b-d9cb-469f-a165-70867728950e]}")
    assert problems_of(write(text)) == [
        (
            "estate.yaml:33:14: applications.payments.vm_ids[0]: 0f8fad5b-d9cb-469f-a165-70867728950e "
            "already belongs to the application identity"
        )
    ]


def test_a_drill_that_proves_nothing_is_a_mistake(write: Write) -> None:
    text = WHOLE.replace("{kind: heartbeat}", "{kind: heartbeat, mandatory: false}")
    assert problems_of(write(text)) == [
        "estate.yaml:44:13: drills[0].probes: at least one probe must be mandatory, or nothing would prove a recovery"
    ]


@given(st.integers(1, 10**6), st.sampled_from("smhd"))
def test_a_duration_is_its_number_of_units(number: int, unit: str) -> None:
    from drcheck.estate.forms import TierForm  # noqa: PLC0415 - pydantic, as the package does it

    form = TierForm.model_validate({"rpo": f"{number}{unit}"})
    assert form.rpo == number * {"s": 1, "m": 60, "h": 3600, "d": 86400}[unit]


@given(st.one_of(st.text(), st.integers(), st.booleans(), st.none(), st.lists(st.integers())))
def test_anything_else_in_an_estate_is_told_as_a_mistake(
    tmp_path_factory: pytest.TempPathFactory, junk: object
) -> None:
    path = tmp_path_factory.mktemp("junk") / "estate.yaml"
    path.write_text(yaml.safe_dump({"version": 1, "name": junk, "sites": junk, "drills": junk, "policy": junk}))
    problems = problems_of(path)
    assert all(re.match(r"estate\.yaml:[0-9]+:[0-9]+: ", problem) for problem in problems)


def test_yaml_words_that_look_like_truth_values_are_words(write: Write) -> None:
    estate = load(write(WHOLE.replace("name: contoso", "name: no")), ENVIRON)
    assert estate.name == "no"


def test_reading_types_of_an_estate_does_not_import_pydantic() -> None:
    code = "import sys, drcheck.estate, drcheck.transport.row; sys.exit('pydantic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
