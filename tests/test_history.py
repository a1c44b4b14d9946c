"""The history is only added to, by any number of processes, and says what runs have seen."""

import sqlite3
import threading
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from msgspec import structs

from drcheck.cli import main
from drcheck.discovery.driver import look
from drcheck.errors import AnswerError
from drcheck.estate import load
from drcheck.estate.programme import HistorySpec
from drcheck.history import Figure, append, figures, figures_of, rpo_histories
from drcheck.topology.history import RpoHistory
from drcheck.verdict import Measurement, Subject
from tests import estate_names as names
from tests.estate_facts import healthy
from tests.estate_file import ENVIRON, WHOLE, problems_of, writer
from tests.estates import AS_OF
from tests.pretend_machines import Pretend, Ticking, estate, reasons

DAY = 86400
WINDOW = 30 * DAY


def sample(days: float, seconds: float, run: str = "") -> Figure:
    at = AS_OF - timedelta(days=days)
    return Figure(run=run or f"run-{days}", kind="rpo", subject="vm-1", name="PAY-WEB01", at=at, seconds=seconds)


def told(path: Path, now: datetime = AS_OF, every: int = DAY) -> RpoHistory:
    (found,) = rpo_histories(path, now=now, window=WINDOW, every=every)
    return found


def test_what_is_added_is_read_again_and_added_once(tmp_path: Path) -> None:
    path = tmp_path / "history.sqlite"
    append(path, [sample(1, 60)])
    append(path, [sample(1, 99), sample(2, 30)])
    assert figures(path) == (sample(2, 30), sample(1, 60))
    assert figures(path, "pay-web01") == figures(path, "VM-1") == figures(path)
    assert figures(path, "other") == ()


@pytest.mark.parametrize("order", ["UPDATE figures SET seconds = 0", "DELETE FROM figures"])
def test_nothing_is_changed_or_deleted(tmp_path: Path, order: str) -> None:
    path = tmp_path / "history.sqlite"
    append(path, [sample(1, 60)])
    with closing(sqlite3.connect(path)) as database, pytest.raises(sqlite3.IntegrityError, match="only added to"):
        database.execute(order)
    assert figures(path) == (sample(1, 60),)


def test_several_add_at_once(tmp_path: Path) -> None:
    path = tmp_path / "history.sqlite"
    writers = [
        threading.Thread(target=append, args=(path, [sample(day, 60, run=f"{one}") for day in range(1, 20)]))
        for one in range(8)
    ]
    for one in writers:
        one.start()
    for one in writers:
        one.join()
    assert len(figures(path)) == 8 * 19


def test_a_sample_stands_until_the_next_and_not_for_ever(tmp_path: Path) -> None:
    path = tmp_path / "history.sqlite"
    append(path, [sample(40, 9), sample(10, 60), sample(9, 1000), sample(4, 70), sample(0.25, 80)])
    history = told(path)
    assert [(one.lag_seconds, one.held_seconds) for one in history.levels] == [
        (60, DAY), (1000, 1.5 * DAY), (70, 1.5 * DAY), (80, DAY // 4)
    ]  # fmt: skip
    assert history.since == AS_OF - timedelta(days=40)
    assert history.last == AS_OF - timedelta(days=0.25)
    assert history.covered_seconds == 4.25 * DAY
    assert history.violation_seconds(999) == 1.5 * DAY
    assert history.violation_seconds(1000) == 0
    assert (history.percentile(0.5), history.percentile(0.95), history.percentile(1.0)) == (70, 1000, 1000)


def test_of_several_samples_in_one_interval_the_worst_stands(tmp_path: Path) -> None:
    path = tmp_path / "history.sqlite"
    append(path, [sample(3 + part / 100, part, run=f"{part}") for part in range(20)])
    assert len(told(path).levels) <= 2
    assert max(level.lag_seconds for level in told(path).levels) == 19


def test_what_comes_later_does_not_count_yet(tmp_path: Path) -> None:
    path = tmp_path / "history.sqlite"
    append(path, [sample(5, 60), sample(-1, 999)])
    assert [level.lag_seconds for level in told(path).levels] == [60]


def test_a_run_adds_the_worse_of_what_it_saw_of_each_machine_and_its_drills() -> None:
    vm = Subject(kind="VM", key="v", name="vmm01")
    rto = Measurement(
        kind="rto", subject=vm, drill="d", seconds=60, uncertainty_seconds=1, target_seconds=None, method="probe",
        at=AS_OF,
    )  # fmt: skip
    found = {(one.kind, one.subject): one for one in figures_of("r", healthy().topology(), [rto])}
    assert found["rpo", names.WEB_VM].seconds == 240
    assert found["rpo", names.FILE_VM].seconds == 180
    assert found["rpo", names.FILE_VM].at == AS_OF
    assert (found["drill rto", "v"].run, found["drill rto", "v"].seconds) == ("d", 60)


@pytest.mark.parametrize(("kind", "what"), [("text", "not a database"), ("newer", "version 7")])
def test_a_file_that_is_none_of_ours_is_told_and_is_a_gap(tmp_path: Path, kind: str, what: str) -> None:
    path = tmp_path / kind
    if kind == "text":
        path.write_text("not a database, and longer than a header of one " * 9)
    else:
        with closing(sqlite3.connect(path)) as database:
            database.execute("PRAGMA user_version = 7")
    with pytest.raises(AnswerError, match=what):
        figures(path)
    with pytest.raises(AnswerError, match=what):
        append(path, [sample(1, 1)])
    clock = Ticking()
    given = structs.replace(estate(), history=HistorySpec(path=path, every_seconds=DAY))
    topology = look(given, (), now=clock.now, monotonic=clock.monotonic, via=Pretend().transports())
    (reason,) = reasons(topology)
    assert what in reason


def test_no_file_yet_is_no_history(tmp_path: Path) -> None:
    assert list(rpo_histories(tmp_path / "none", now=AS_OF, window=WINDOW, every=DAY)) == []


def test_where_it_is_kept_is_declared(tmp_path: Path) -> None:
    write = writer(tmp_path)
    assert load(write(WHOLE), ENVIRON).history is None
    declared = load(write(WHOLE + "history: {file: figures.sqlite}\n"), ENVIRON).history
    assert declared == HistorySpec(path=tmp_path / "figures.sqlite", every_seconds=DAY)
    wrong = problems_of(write(WHOLE + "history: {file: x, every: often}\n"))
    assert "history.every: 'often' is not a duration" in "\n".join(wrong)


def test_it_is_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "history.sqlite"
    append(path, [sample(day, 60 * day) for day in (1, 2, 3)])
    assert main(["history", "--file", str(path)]) == 0
    head, line = capsys.readouterr().out.splitlines()
    assert head.split() == ["kind", "figures", "first", "last", "newest", "p95", "worst", "subject"]
    assert line.split() == ["rpo", "3", "2026-11-20", "2026-11-22", "1", "min", "3", "min", "3", "min", "PAY-WEB01"]
    assert main(["history", "pay-web01", "--file", str(path)]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 3
    for wrong in (["nobody", "--file", str(path)], ["--file", str(tmp_path / "none")], []):
        assert main(["history", *wrong]) == 4
