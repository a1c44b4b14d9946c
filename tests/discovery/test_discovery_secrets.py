"""No secret enters a snapshot: not a declared one, nor one that somebody wrote where it can be read."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from drcheck.discovery.driver.redaction import REDACTED, Redactor
from drcheck.errors import Refused
from drcheck.estate import Secret
from drcheck.snapshot import dumps, save
from drcheck.snapshot.parts import PartsFile
from drcheck.topology.base import Fact, Seen, Topology
from drcheck.topology.declared import Application
from drcheck.topology.hyperv import HyperVVm
from tests.discovery_runs import HV1, VMM, contoso, discovered
from tests.pretend_machines import PASSWORD, START, Pretend, estate

SEEN = Seen(source="test", endpoint="estate", query="-", at=START)
SECRET = "Tr0ub4dor&3"
TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJkcmNoZWNrIn0.c2lnbmF0dXJlLW9mLWEtdG9rZW4"
WRITTEN = (
    f"Server=sql1;Database=db;User Id=sa;Password={SECRET};Encrypt=true",
    f"server=sql1;uid=sa;pwd={SECRET}",
    f'PASSWORD = "{SECRET}"',
    f"Password: '{SECRET}'",
    f"passwd:{SECRET}",
    f"login with -Password {SECRET} please",
    f"setup.exe /password:{SECRET}",
    f"DefaultEndpointsProtocol=https;AccountName=a;AccountKey={SECRET}==;EndpointSuffix=core.windows.net",
    f"Endpoint=sb://x/;SharedAccessKeyName=root;SharedAccessKey={SECRET}=",
    f"https://a.blob.core.windows.net/c?sv=2024&sig={SECRET}%3D&se=2027",
    f"https://admin:{SECRET}@proxy.lab:8080/x",
    f"client_secret={SECRET}",
    f"ApiKey: {SECRET}",
    f"api-key={SECRET}",
    f"Authorization: Basic {SECRET.replace('&', '')}AAAA",
    f"-----BEGIN RSA PRIVATE KEY-----\n{SECRET}\n-----END RSA PRIVATE KEY-----",
    f"-----BEGIN PRIVATE KEY-----\n{SECRET}",
    f"Bearer {TOKEN}",
    f"the token is {TOKEN}, keep it",
)
HARMLESS = (
    "Payments: owner is the password reset team",
    "The password expired; ask for another.",
    "https://management.azure.com/subscriptions/1",
    "TCP://SQL1.LAB:5022",
    "C:\\ClusterStorage\\Secrets\\disk.vhdx",
    "Declare password_env: DRCHECK_PASSWORD or password_file: guest.password",
    "Basic authentication is not allowed",
    "Standard key: a-b-c",
)


def fact(text: str) -> Application:
    return Application(
        key="k", seen=SEEN, name=text, tier=1, owner="o", rto_seconds=1, rpo_seconds=1, vm_names=("x", text)
    )


def plain(data: bytes) -> bytes:
    """What any tool sees of a snapshot, or of a file of parts, after decompression."""
    with zstandard.ZstdDecompressor().stream_reader(data, read_across_frames=True) as reader:
        return data + reader.read()


@pytest.mark.parametrize("text", WRITTEN)
def test_what_looks_like_a_secret_is_blotted_out(text: str) -> None:
    (clean,) = Redactor(()).facts([fact(text)])
    said = msgspec.json.encode(clean)
    assert SECRET.encode() not in said
    assert SECRET.replace("&", "").encode() not in said
    assert TOKEN.encode() not in said
    assert REDACTED.encode() in said
    assert Redactor(()).facts([clean]) == (clean,), "once is enough"


@pytest.mark.parametrize("text", HARMLESS)
def test_what_only_speaks_of_secrets_stays_as_it_is(text: str) -> None:
    assert Redactor(()).text(text) == text
    assert Redactor([Secret(PASSWORD)]).facts([fact(text)]) == (fact(text),)


@given(st.text(min_size=4), st.text(), st.text())
def test_a_declared_secret_is_blotted_out_whatever_it_is_made_of(secret: str, before: str, after: str) -> None:
    redactor = Redactor([Secret(secret), Secret("another one")])
    (clean,) = redactor.facts([fact(before + secret + after)])
    assert isinstance(clean, Application)
    assert secret not in clean.name.replace(REDACTED, "\0") or secret in REDACTED
    assert redactor.text(secret).replace(REDACTED, "") == ""


def test_a_secret_of_a_few_characters_hides_nothing_else() -> None:
    assert Redactor([Secret("lab"), Secret("")]).text("hv1.lab") == "hv1.lab"


def test_other_facts_are_the_very_same_objects() -> None:
    facts = [fact("a"), fact(f"pwd={SECRET}"), fact("b")]
    clean = Redactor(()).facts(facts)
    assert clean[0] is facts[0]
    assert clean[2] is facts[2]
    assert clean[1] == fact(f"pwd={REDACTED}")


def seeded() -> Pretend:
    """Secrets wherever the far side can put a text: names, notes, paths, error messages."""
    pretend = contoso()
    for machine in pretend.machines.values():
        machine.rows = {query: [dict(_seeded(row)) for row in rows] for query, rows in machine.rows.items()}
    leaking = Refused("winrm https://hv2.lab:5986", f"said: Password={SECRET}; token {TOKEN}; {PASSWORD}", "Wait")
    pretend.lost["hv2.lab"] = leaking
    pretend.machines["hv1.lab"].partial = {"hyperv-switches": f"partial: access denied for pwd={SECRET} ({PASSWORD})"}
    return pretend


NAMES = ("Name", "HardDrives.Path", "VMHostGroup.Path", "name")


def _seeded(row: object) -> Iterator[tuple[str, object]]:
    assert isinstance(row, dict)
    leak = f" Password={SECRET}; Bearer {TOKEN} {PASSWORD}"
    for name, value in row.items():
        if name not in NAMES:
            yield name, value
        elif isinstance(value, list):
            yield name, [f"{each}{leak}" for each in value]
        else:
            yield name, f"{value}{leak}"


def assert_clean(data: bytes) -> None:
    text = plain(data)
    for secret in (SECRET, TOKEN, PASSWORD):
        assert secret.encode() not in text
    assert text.count(REDACTED.encode()) > 3


def test_no_secret_is_in_a_snapshot_wherever_it_was_seeded(tmp_path: Path) -> None:
    topology = discovered(seeded(), estate(VMM, HV1))
    assert topology.seen(HyperVVm)
    assert {gap.cause for gap in topology.gaps} >= {"refused", "incomplete"}
    save(topology, tmp_path / "estate.snapshot")
    assert_clean((tmp_path / "estate.snapshot").read_bytes())
    parts = PartsFile(tmp_path / "other.snapshot")
    parts.keep(topology)
    parts.close()
    assert_clean(parts.path.read_bytes())


def test_the_test_would_see_a_secret() -> None:
    facts: list[Fact] = [fact(PASSWORD)]
    assert PASSWORD.encode() in plain(dumps(Topology(facts=facts, as_of=START)))
