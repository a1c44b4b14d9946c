"""Records that are signed, and what `drcheck drill verify` tells of those that are not as they were."""

import hashlib
import json
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec import structs

from drcheck.cli import main
from drcheck.discovery.drills import records
from drcheck.drill import Context
from drcheck.drill.engine import run
from drcheck.drill.evidence.record import write_record
from drcheck.drill.evidence.verifying import verified
from drcheck.drill.held import Held
from drcheck.drill.journal import Journal
from drcheck.drill.planning.objectives import digest, objectives
from drcheck.drill.signing import unusable
from drcheck.errors import EstateError, UsageError
from drcheck.estate import DrillSpec, Estate, ProbeSpec, load
from drcheck.topology.base import Seen, Topology
from tests.authority import AUTHORITY
from tests.drills.conftest import assert_records_fit
from tests.estate_file import ENVIRON, WAIVERS, WHOLE

signs = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="ssh-keygen is not installed")
NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
SPEC = DrillSpec(name="d", kind="hyperv-replica", vm="VMM01", probes=(ProbeSpec(kind="heartbeat"),))
Verify = Callable[..., tuple[int, dict[str, str]]]


def key(folder: Path, name: str, passphrase: str = "") -> Path:
    words = ["-q", "-t", "ed25519", "-N", passphrase, "-C", name, "-f", str(folder / name)]
    subprocess.run(["ssh-keygen", *words], check=True, timeout=60)
    return folder / name


def surroundings(folder: Path, signing: Path | None = None, said: list[str] | None = None) -> Context:
    (folder / "estate.yaml").touch()
    return Context(
        estate=Estate(path=folder / "estate.yaml", name="e", sites=(), endpoints=(), drill_signing_key=signing),
        topology=Topology(as_of=NOW),
        folder=folder / "drills",
        now=lambda: NOW,
        wait=lambda _: None,
        say=(said if said is not None else []).append,
        look=lambda *_: Topology(as_of=NOW),
    )


def record(context: Context, drill: str) -> Path:
    """A drill that was begun and came to nothing, and its journal."""
    journal = Journal(context.folder / f"{drill}.journal.jsonl", drill, context.now)
    journal.write("opened", kind=SPEC.kind, name=SPEC.name, objectives_sha256=digest(objectives(SPEC)))
    journal.write("closed", left_over=[])
    held = Held(drill=drill, spec=SPEC, started=NOW, finished=NOW, fixed_at=NOW, executor="me@here")
    return write_record(held, context)


@pytest.fixture
def verify(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Verify:
    """Verifies a record by the command; gives its exit code and the answers by what was looked at."""

    def ask(path: Path, *options: str) -> tuple[int, dict[str, str]]:
        capsys.readouterr()
        code = main(["drill", "verify", str(path), "--runs", str(tmp_path / "runs"), *options])
        lines = capsys.readouterr().out.splitlines()[1:]
        answers = (line.strip().partition("  ") for line in lines)
        told = {words.strip().partition(": ")[0]: (answer, words) for answer, _, words in answers}
        return code, {what: f"{answer} {words.strip().partition(': ')[2]}" for what, (answer, words) in told.items()}

    return ask


def allowing(folder: Path, who: str, by: Path) -> Path:
    path = folder / f"{who}.allowed"
    kind, body, *_ = by.with_name(f"{by.name}.pub").read_text(encoding="utf-8").split()
    path.write_text(f"{who} {kind} {body}\n", encoding="utf-8")
    return path


@signs
def test_a_signed_record_is_good_by_who_may_sign_and_bad_by_anybody_else(tmp_path: Path, verify: Verify) -> None:
    mine, other = key(tmp_path, "mine"), key(tmp_path, "other")
    path = record(surroundings(tmp_path, mine), "one")
    assert_records_fit(tmp_path)
    assert json.loads(path.read_bytes())["integrity"]["signature"]["key"].startswith("256 SHA256:")
    code, found = verify(path)
    assert (code, found["signature"].split()[0]) == (0, "good")
    assert "whose key that is was not asked" in found["signature"]
    assert found["content"] == "good its digest is that of signature"
    assert found["objectives"] == "good as the journal has them from before the start"
    assert found["one.journal.jsonl"] == "good unaltered"
    assert found["sign-off"].startswith("absent")
    code, found = verify(path, "--allowed-signers", str(allowing(tmp_path, "ops", mine)))
    assert (code, "for ops" in found["signature"]) == (0, True)
    code, found = verify(path, "--allowed-signers", str(allowing(tmp_path, "audit", other)))
    assert (code, found["signature"].split()[0]) == (1, "BAD")


@signs
def test_the_signature_belongs_to_the_evidence_of_a_drill(tmp_path: Path) -> None:
    context = surroundings(tmp_path, key(tmp_path, "mine"))
    outcome = run(SPEC, context)
    (written, signature) = outcome.attachments
    assert (written.name, signature.name) == ("drill record.json", "drill record.json.sig")
    kept = structs.replace(context.estate, drill_records=context.folder)
    here = Seen(source="test", endpoint="estate", query="test", at=NOW)
    assert [one.signature_gone for one in records(kept, here)] == [False]
    (context.folder / f"{outcome.drill}.json.sig").rename(tmp_path / "moved")
    assert [one.signature_gone for one in records(kept, here)] == [True]
    (tmp_path / "moved").rename(context.folder / f"{outcome.drill}.json.sig")
    assert signature.body == (context.folder / f"{outcome.drill}.json.sig").read_bytes()


@signs
def test_a_record_that_was_altered_after_it_was_signed_is_found_out(tmp_path: Path, verify: Verify) -> None:
    path = record(surroundings(tmp_path, key(tmp_path, "mine")), "one")
    path.write_bytes(path.read_bytes().replace(b"me@here", b"you@ther"))
    code, found = verify(path)
    assert (code, found["signature"].startswith("BAD it is not of this record")) == (1, True)
    path.with_name("one.json.sig").unlink()
    assert verify(path)[1]["signature"] == "BAD it is said to be signed, and one.json.sig is not beside it"


@signs
def test_a_key_that_cannot_sign_is_refused_before_anything_is_started(tmp_path: Path) -> None:
    locked = surroundings(tmp_path, key(tmp_path, "locked", "a passphrase"))
    (why,) = unusable(locked.estate)
    assert why.startswith("its record could not be signed: ssh-keygen does not sign with ")
    assert "passphrase" in why
    assert unusable(surroundings(tmp_path, key(tmp_path, "mine")).estate) == ()
    assert unusable(surroundings(tmp_path).estate) == ()


def test_without_the_program_the_evidence_is_written_and_says_that_it_is_not_signed(
    tmp_path: Path, verify: Verify, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    (tmp_path / "mine").touch()
    context = surroundings(tmp_path, tmp_path / "mine", said)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert unusable(context.estate) == ()
    outcome = run(SPEC, context)
    assert said == ["d: its record is not signed: ssh-keygen is not installed"]
    path = context.folder / f"{outcome.drill}.json"
    assert_records_fit(tmp_path)
    assert verify(path)[1]["signature"] == "absent not signed: ssh-keygen is not installed"
    assert not path.with_name(f"{path.name}.sig").exists()


def test_an_unsigned_record_is_told_apart_from_one_that_must_be_signed(tmp_path: Path, verify: Verify) -> None:
    path = record(surroundings(tmp_path), "one")
    (tmp_path / "allowed").touch()
    code, found = verify(path)
    assert (code, found["content"].partition(":")[0]) == (2, "not checked nobody else has its digest")
    code, found = verify(path, "--allowed-signers", str(tmp_path / "allowed"))
    assert (code, found["signature"]) == (1, "BAD not signed: no key is declared (drill_signing_key)")


def test_a_journal_may_grow_and_may_not_change(tmp_path: Path, verify: Verify) -> None:
    context = surroundings(tmp_path)
    path = record(context, "one")
    journal = Journal(context.folder / "one.journal.jsonl", "one", context.now)
    journal.write("undone", "lease")
    assert verify(path)[1][journal.path.name] == "good unaltered; 1 lines were added since, as a recovery does"
    before = journal.path.read_bytes()
    journal.path.write_bytes(before.replace(b'"d"', b'"e"', 1))
    code, found = verify(path)
    assert (code, found[journal.path.name].split()[0]) == (1, "BAD")
    (tmp_path / "runs").mkdir()
    journal.path.rename(tmp_path / "runs" / journal.path.name)
    assert verify(path)[1][journal.path.name].startswith("BAD")
    (tmp_path / "runs" / journal.path.name).unlink()
    code, found = verify(path)
    assert (code, found["objectives"].split()[:2]) == (2, ["not", "checked"])


def test_objectives_that_were_moved_afterwards_are_found_out(tmp_path: Path, verify: Verify) -> None:
    path = record(surroundings(tmp_path), "one")
    document = json.loads(path.read_bytes())
    document["objectives"]["rto_seconds"] = 99
    path.write_text(json.dumps(document), encoding="utf-8")
    assert verify(path)[1]["objectives"] == "BAD they are not those of their own digest"
    own = {name: value for name, value in document["objectives"].items() if name not in ("sha256", "fixed_at")}
    document["objectives"]["sha256"] = digest(own)
    path.write_text(json.dumps(document), encoding="utf-8")
    assert verify(path)[1]["objectives"] == "BAD the journal has others from before the start"


def test_of_a_drill_that_is_declared_otherwise_by_now_the_record_tells_the_digest_of_then(
    tmp_path: Path, verify: Verify
) -> None:
    context = surroundings(tmp_path)
    then = digest(objectives(SPEC))
    Journal(context.folder / "one.journal.jsonl", "one", context.now).write("opened", objectives_sha256=then)
    now = structs.replace(SPEC, rto_seconds=99)
    path = write_record(Held(drill="one", spec=now, started=NOW, fixed_at=NOW, fixed_sha256=then), context)
    assert_records_fit(tmp_path)
    assert list(json.loads(path.read_bytes())["objectives"]) == ["fixed_at", "sha256", "why_not"]
    assert verify(path)[1]["objectives"].startswith("good as the journal has them")


def test_the_chain_is_followed_to_its_beginning_and_the_review_is_of_this_record(
    tmp_path: Path, verify: Verify
) -> None:
    context = surroundings(tmp_path)
    kept = Estate(path=context.estate.path, name="e", sites=(), endpoints=(), drill_records=context.folder)
    paths = []
    for number, drill in enumerate(("one", "two", "three")):
        held = Held(drill=drill, spec=SPEC, started=NOW.replace(minute=number), finished=NOW.replace(minute=number))
        paths.append(write_record(held, structs.replace(context, estate=kept)))
    first, middle, last = paths
    assert verify(last)[1]["chain"] == "good 2 records before it, none altered"
    assert verify(first)[1]["content"] == "good its digest is that of two"
    assert verify(last)[1]["content"].startswith("not checked")
    review = {"schema": 1, "drill": "three", "record_sha256": hashlib.sha256(last.read_bytes()).hexdigest()}
    beside = last.with_name("three.review.json")
    beside.write_text(json.dumps({**review, "reviewer": "H. Ops", "reviewed": "2026-11-25"}), encoding="utf-8")
    assert verify(last)[1]["sign-off"] == "good of this very record, by H. Ops on 2026-11-25"
    assert verify(last)[1]["content"] == "good its digest is that of sign-off"
    beside.write_text(json.dumps({**review, "record_sha256": "0" * 64}), encoding="utf-8")
    assert verify(last)[1]["sign-off"].startswith("BAD")
    first.write_bytes(first.read_bytes() + b" ")
    assert verify(last)[1]["chain"] == "BAD the record before, one, was altered"
    code, found = verify(first)
    assert (code, found["content"]) == (1, "BAD it is not what it was when two was written after it")
    middle.unlink()
    beside.unlink()
    code, found = verify(last)
    assert (code, found["chain"].partition(";")[0]) == (2, "not checked the record before, two, is not in this folder")


FORGED = (
    *("id", "previous", "objectives", "objectives.sha256", "integrity.signature", "integrity.signature.file"),
    *("integrity.attachments", "integrity.attachments.0.name", "integrity.attachments.0.bytes"),
)
BROKEN: tuple[object, ...] = (None, "", "..", "/", "../../etc/passwd", "*", {}, [], -1, 1e9, "\x00", "x" * 300, "é")


@pytest.mark.parametrize("broken", BROKEN, ids=lambda one: repr(one)[:12])
def test_whatever_stands_in_a_forged_record_it_is_judged_or_no_record(tmp_path: Path, broken: object) -> None:
    path = record(surroundings(tmp_path), "one")
    whole = path.read_text(encoding="utf-8")
    for place in FORGED:
        document = json.loads(whole)
        inner, *outer = reversed(place.split("."))
        at = document
        for name in reversed(outer):
            at = at[int(name) if name.isdigit() else name]
        at[inner] = broken
        path.write_text(json.dumps(document), encoding="utf-8")
        try:
            answers = {looked.answer for looked in verified(path)}
        except UsageError:
            continue
        assert answers <= {"good", "BAD", "not checked", "absent"}


def test_what_is_no_record_and_one_of_another_name_are_told(
    tmp_path: Path, verify: Verify, capsys: pytest.CaptureFixture[str]
) -> None:
    path = record(surroundings(tmp_path), "one")
    moved = path.rename(path.with_name("two.json"))
    assert verify(moved)[1]["id"] == "BAD it is that of one"
    other = tmp_path / "other.json"
    other.write_text("[]", encoding="utf-8")
    review = other.rename(tmp_path / "two.review.json")
    assert main(["drill", "verify", str(moved), str(review)]) == 1
    assert main(["drill", "verify", str(review)]) == 4
    assert "a review is verified with its record" in capsys.readouterr().err
    other.write_text("[]", encoding="utf-8")
    assert main(["drill", "verify", str(other)]) == 4
    assert "is no record of a drill" in capsys.readouterr().err


def test_a_private_key_that_others_can_read_is_no_key(tmp_path: Path) -> None:
    (tmp_path / "estate.yaml").write_text(f"{WHOLE}drill_signing_key: signing\n", encoding="utf-8")
    (tmp_path / "waivers.yaml").write_text(WAIVERS, encoding="utf-8")
    (tmp_path / "ca.pem").write_text(AUTHORITY)
    for name in ("other.password", "signing"):
        (tmp_path / name).write_text("x", encoding="utf-8")
    (tmp_path / "other.password").chmod(0o600)
    (tmp_path / "signing").chmod(0o644)
    with pytest.raises(EstateError, match=r"drill_signing_key: .* can be read by others"):
        load(tmp_path / "estate.yaml", ENVIRON)
    (tmp_path / "signing").chmod(0o600)
    assert load(tmp_path / "estate.yaml", ENVIRON).drill_signing_key == tmp_path / "signing"
