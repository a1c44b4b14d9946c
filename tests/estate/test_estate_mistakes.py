"""A wrong estate.yaml tells every mistake at once, each at its place."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from drcheck.estate import load
from tests.estate_file import ENVIRON, WAIVERS, WHOLE, Write, problems_of, writer

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
policy: {tiers: {one: {rpo: 5m}, 9: {rpo: 5m}}, lag_cycles: 0, default_tier: 7, sql_lag_samples: 13}
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
estate.yaml:16:11: windows.credentials.both: give one of password_env, password_file, password_keyring, \
cert_file with key_file, keytab_file, and ticket_cache
estate.yaml:17:27: windows.credentials.inline.password: is not known here; did you mean 'password_env'?
estate.yaml:18:11: windows.credentials.text: must be a mapping with username, password_env, \
password_file, password_keyring, cert_file, key_file, keytab_file, ticket_cache
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
estate.yaml:37:89: drills[2].probes[0].kind: a recovery-plan drill has no heartbeat probe; there is \
run-command, ad, baseline, boot-time, dns, file, script, sentinel, service, sql-database, tcp, vmm
estate.yaml:38:25: drills[3].kind: 'real-failover' is not a kind of drill; there is \
hyperv-replica, protected-item, recovery-plan, rehearsal
estate.yaml:39:10: waivers: there is no readable file missing.yaml
estate.yaml:40:18: policy.tiers.one: a tier is a whole number from 0 on
estate.yaml:40:37: policy.tiers.9: a tier without defaults needs rto, drill_interval, \
recovery_plan_required, coverage_percent
estate.yaml:40:61: policy.lag_cycles: must be greater than or equal to 1, not 0
estate.yaml:40:78: policy.default_tier: 7 is not one of the tiers 0, 1, 2, 3
estate.yaml:40:98: policy.sql_lag_samples: must be less than or equal to 12, not 13
estate.yaml:41:1: policy: is given twice (first in line 40)
"""


@pytest.fixture
def write(tmp_path: Path) -> Write:
    return writer(tmp_path)


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
    from drcheck.estate.rule_forms import TierForm  # noqa: PLC0415 - pydantic, as the package does it

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


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX's")
@pytest.mark.parametrize(("mode", "private"), [(0o600, True), (0o400, True), (0o640, False), (0o604, False)])
def test_a_password_file_is_for_its_owner_alone(write: Write, tmp_path: Path, mode: int, private: bool) -> None:
    path = write(WHOLE)
    (tmp_path / "other.password").chmod(mode)
    if private:
        assert load(path, ENVIRON).guest_credentials is not None
    else:
        assert [f"mode {mode:04o}" in problem for problem in problems_of(path)] == [True, True]


def test_an_empty_password_file_is_a_mistake(write: Write, tmp_path: Path) -> None:
    path = write(WHOLE)
    (tmp_path / "other.password").write_text("\n")
    assert all(problem.endswith("other.password is empty") for problem in problems_of(path))


@pytest.mark.parametrize("text", ["", "-----BEGIN CERTIFICATE-----\n", "not a certificate"])
def test_a_file_without_a_certificate_is_no_authority(write: Write, tmp_path: Path, text: str) -> None:
    path = write(WHOLE)
    (tmp_path / "ca.pem").write_text(text)
    assert all("ca.pem holds no certificate in PEM form" in problem for problem in problems_of(path))


def test_what_is_still_to_be_filled_in_is_told_as_empty(write: Write) -> None:
    path = write(WHOLE.replace("tier: 1\n    owner: Payments\n    rto: 4h", "tier:\n    owner:\n    rto:"))
    told = [problem.partition("applications.payments.")[2] for problem in problems_of(path)]
    assert told == [f"{name}: is empty; fill it in" for name in ("tier", "owner", "rto")]


def test_every_part_of_a_drill_is_looked_at_whatever_is_wrong_with_the_others(write: Write) -> None:
    broken = (
        "kind: hyperv-replica, vm: 5, authorisation: {change: C, approver: A, not_before: now}, limits: {machines: x}"
    )
    told = problems_of(write(WHOLE.replace("\ndrills:\n", "\ndrills:\n  - {name: broken, " + broken + "}\n", 1)))
    for place in ("vm: must be", "switch: is missing", "authorisation.not_before: 'now'", "limits.machines: must be"):
        assert any(f"drills[0].{place}" in problem for problem in told), told
