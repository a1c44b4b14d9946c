"""The journal: what a drill may have left behind is always known."""

import json
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drcheck.drill.journal import Journal, opened, pending, read, unfinished
from drcheck.errors import DrillError

AT = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


def journal(folder: Path) -> Journal:
    return Journal(folder / "d1.journal.jsonl", "d1", lambda: AT)


def test_an_announced_effect_is_pending_until_undone(tmp_path: Path) -> None:
    made = journal(tmp_path)
    made.write("opened", kind="hyperv-replica")
    made.write("intent", "lease")
    made.write("intent", "test-failover", vm_id="a")
    assert [record.action for record in pending(read(made.path))] == ["test-failover", "lease"]
    made.write("undone", "test-failover")
    assert [record.action for record in pending(read(made.path))] == ["lease"]
    made.write("closed")
    assert pending(read(made.path)) == ()


def test_an_effect_does_not_undo_its_intent(tmp_path: Path) -> None:
    made = journal(tmp_path)
    made.write("intent", "test-failover")
    made.write("effect", "test-failover", test_vm_id="x")
    assert [record.action for record in pending(read(made.path))] == ["test-failover"]


def test_the_line_is_on_disk_before_the_mirror_sees_it(tmp_path: Path) -> None:
    made = journal(tmp_path)
    seen: list[str] = []

    def mirror(line: str) -> None:
        assert made.path.read_text(encoding="utf-8").endswith(line + "\n")
        seen.append(line)

    made.mirror = mirror
    made.write("intent", "test-failover")
    assert json.loads(seen[0])["action"] == "test-failover"


def test_a_mirror_that_fails_stops_the_drill(tmp_path: Path) -> None:
    made = journal(tmp_path)

    def mirror(_: str) -> None:
        raise DrillError("the replica host is gone")

    made.mirror = mirror
    with pytest.raises(DrillError, match="gone"):
        made.write("intent", "test-failover")


def test_every_line_is_synced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    real = os.fsync

    def noting(number: int) -> None:
        synced.append(number)
        real(number)

    monkeypatch.setattr(os, "fsync", noting)
    made = journal(tmp_path)
    made.write("opened")
    made.write("closed")
    assert len(synced) == 2


@given(cut=st.integers(min_value=0, max_value=400))
def test_a_crash_in_the_middle_of_a_line_loses_that_line_only(
    cut: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("journal")
    made = journal(folder)
    made.write("opened", identity={"host": "hv1"})
    made.write("intent", "test-failover")
    whole = made.path.read_bytes()
    kept = whole[: max(0, len(whole) - cut)]
    made.path.write_bytes(kept)
    complete = kept.count(b"\n")
    assert len(read(made.path)) in (complete, complete + 1)
    assert [record.number for record in read(made.path)][:complete] == list(range(1, complete + 1))


def test_damage_in_the_middle_is_said(tmp_path: Path) -> None:
    made = journal(tmp_path)
    made.write("opened")
    made.write("intent", "test-failover")
    lines = made.path.read_text(encoding="utf-8").splitlines(keepends=True)
    made.path.write_text("{noise}\n" + lines[1], encoding="utf-8")
    with pytest.raises(DrillError, match="damaged"):
        read(made.path)


def test_unfinished_journals_are_found_below_a_folder(tmp_path: Path) -> None:
    done = Journal(tmp_path / "run1" / "a.journal.jsonl", "a", lambda: AT)
    done.write("opened")
    done.write("closed")
    left = Journal(tmp_path / "run2" / "drills" / "b.journal.jsonl", "b", lambda: AT)
    left.write("opened", kind="recovery-plan")
    assert unfinished(tmp_path) == (left.path,)
    first = opened(read(left.path))
    assert first is not None
    assert first.data["kind"] == "recovery-plan"


def test_a_continued_journal_goes_on_counting(tmp_path: Path) -> None:
    journal(tmp_path).write("opened")
    journal(tmp_path).write("closed")
    assert [record.number for record in read(tmp_path / "d1.journal.jsonl")] == [1, 2]


def test_parts_share_a_journal_and_know_their_own_actions_only(tmp_path: Path) -> None:
    made = journal(tmp_path)
    first, second = made.part("VMM01"), made.part("payments")
    first.write("intent", "test-failover", vm_id="a")
    second.write("intent", "test-failover", plan="p")
    second.write("effect", "test-failover", job="j")
    second.write("undone", "test-failover")
    announced = first.announced("test-failover")
    assert announced is not None
    assert (announced.action, announced.data) == ("test-failover", {"vm_id": "a"})
    assert (second.announced("test-failover"), made.announced("test-failover")) == (None, None)
    assert (dict(first.effect("test-failover")), dict(second.effect("test-failover"))) == ({}, {"job": "j"})
    assert [record.action for record in pending(read(made.path))] == ["VMM01/test-failover"]
    made.write("closed")
    assert first.announced("test-failover") is None


def test_parts_write_at_the_same_time_one_line_after_another(tmp_path: Path) -> None:
    made = journal(tmp_path)

    def fill(name: str) -> None:
        part = made.part(name)
        for number in range(20):
            part.write("intent", str(number))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(fill, "abcd"))
    records = read(made.path)
    assert [record.number for record in records] == list(range(1, 81))
    assert len({record.action for record in records}) == 80
    made.part("e").write("intent", "last")
    assert read(made.path)[-1].number == 81


def test_bytes_that_are_no_text_are_damage_and_no_end_of_everything(tmp_path: Path) -> None:
    (tmp_path / "a.journal.jsonl").write_bytes(b'{"number":1,"at":"x","drill":"a","event":"\xff\xfe"}\n')
    assert unfinished(tmp_path) == (tmp_path / "a.journal.jsonl",)
    with pytest.raises(DrillError, match="is damaged"):
        read(tmp_path / "a.journal.jsonl")
