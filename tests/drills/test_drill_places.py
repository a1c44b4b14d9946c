"""Places on hosts and in vaults: counted over processes and threads, given back by whoever dies."""

import subprocess
import sys
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest

from drcheck.drill import Context
from drcheck.drill.planning.announcement import Load
from drcheck.drill.planning.places import FOLDER, place, places
from drcheck.errors import DrillError
from drcheck.estate import Estate
from drcheck.estate.drill_spec import Limits
from drcheck.topology.base import Topology

NOW = datetime(2026, 11, 23, tzinfo=UTC)
HOLDER = """
import sys
from pathlib import Path
from drcheck.drill.planning.places import place
from tests.drills.test_drill_places import context

with place(context(Path(sys.argv[1])), "host a", 1, seconds=0):
    print("held", flush=True)
    sys.stdin.read()
"""


def context(folder: Path, waited: list[float] | None = None) -> Context:
    return Context(
        estate=Estate(path=folder, name="e", sites=(), endpoints=(), drill_journals=folder),
        topology=Topology(as_of=NOW),
        folder=folder / "run",
        now=lambda: datetime.fromtimestamp(NOW.timestamp() + sum(waited or ()), UTC),
        wait=(waited if waited is not None else []).append,
        say=lambda _: None,
        look=lambda *_: Topology(as_of=NOW),
    )


def refused(folder: Path, most: int, **more: int) -> str:
    with pytest.raises(DrillError) as caught, place(context(folder), "host a", most, seconds=0, **more):
        pass
    return str(caught.value)


def test_there_are_as_many_places_as_the_strictest_allows(tmp_path: Path) -> None:
    with place(context(tmp_path), "host a", 2, seconds=0):
        with place(context(tmp_path), "host b", 1, seconds=0):
            assert "1 test failovers run there now, and no more than 1 may" in refused(tmp_path, 1)
        with place(context(tmp_path), "host A", 3, seconds=0):
            assert "2 test failovers run there now, and no more than 2 may" in refused(tmp_path, 5)
        assert "2 more did not find a place" in refused(tmp_path, 2, count=2)
    with place(context(tmp_path), "host a", 2, count=2, seconds=0):
        assert "no more than 2 may" in refused(tmp_path, 3)


def test_a_place_is_waited_for_as_long_as_is_allowed(tmp_path: Path) -> None:
    waited: list[float] = []
    with (
        place(context(tmp_path), "host a", 1, seconds=0),
        pytest.raises(DrillError, match="in 30 s"),
        place(context(tmp_path, waited), "host a", 1, seconds=30),
    ):
        pass
    assert 30 <= sum(waited) < 40


def test_who_dies_gives_the_place_back(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)],
        cwd=Path(__file__).parents[2], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as holder:  # fmt: skip
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        assert "no more than 1 may" in refused(tmp_path, 1)
        holder.kill()
        holder.wait(30)
    began = time.monotonic()
    with place(context(tmp_path), "host a", 1, seconds=0):
        assert len(list((tmp_path / FOLDER).glob("*.*.*.lock"))) == 1
    assert time.monotonic() - began < 30


def test_a_drill_takes_as_many_places_as_it_uses_at_once(tmp_path: Path) -> None:
    loads = [Load(machines=1, host="a", vm_ids=(str(number),)) for number in range(3)]
    with ExitStack() as stack:
        stack.enter_context(places(context(tmp_path), [*loads, Load(machines=9, vault="/v")], Limits(per_host=2), 0))
        assert "2 test failovers run there now" in refused(tmp_path, 2)
        with pytest.raises(DrillError, match="vault /v"), place(context(tmp_path), "vault /v", 1, seconds=0):
            pass
    with places(context(tmp_path), loads, Limits(per_host=1), 0):
        pass
