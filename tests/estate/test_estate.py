"""What a right estate.yaml says."""

from copy import copy
from pathlib import Path

import pytest

from drcheck.estate import Estate, Secret, load
from drcheck.policy import DEFAULT_TIERS
from drcheck.topology.base import Target
from tests.estate_file import ENVIRON, SUBSCRIPTION, VNET, WHOLE, Write, writer


@pytest.fixture
def write(tmp_path: Path) -> Write:
    return writer(tmp_path)


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
    assert (whole.policy.tiers[1].look_back, whole.policy.tiers[2].look_back) == (12 * 3600, 0)
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


@pytest.mark.parametrize(("written", "minutes"), [("010", 10), ("0o10", 8), ("0x10", 16), ("+7", 7)])
def test_numbers_are_read_as_yaml_1_2_has_them(write: Write, written: str, minutes: int) -> None:
    estate = load(write(WHOLE.replace("minutes: 15", f"minutes: {written}")), ENVIRON)
    assert estate.sequence[0].minutes == minutes
