"""The command that makes snapshots: interrupted, killed, gone on with, one site at a time, joined, exported."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import chdir, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

import pytest

from drcheck.cli import main
from drcheck.lab.state.world import World
from drcheck.snapshot import load, load_parts
from drcheck.topology.base import Topology
from drcheck.topology.hyperv import HyperVVm
from drcheck.topology.vmm import VmmServer
from tests.lab_estates import edit, served

SILENT = "hv-lon2.lon.contoso.lab"
SITES = ("london", "leeds", "azure-uksouth")


def command(*given: str) -> list[str]:
    return [sys.executable, "-m", "drcheck", "discover", *given]


def drcheck(where: Path, *given: str, code: int = 0) -> str:
    """What a command says, in this process: a new one would take longer than the command."""
    out, err = StringIO(), StringIO()
    with chdir(where), redirect_stdout(out), redirect_stderr(err):
        found = main(given)
    assert found == code, out.getvalue() + err.getvalue()
    return out.getvalue() + err.getvalue() if code == 4 else out.getvalue()


def content(topology: Topology) -> set[tuple[str, str, str]]:
    return {(type(fact).__name__, fact.key, fact.seen.endpoint) for fact in topology.facts}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, World]]:
    """A folder with an estate.yaml, and the estate."""
    folder = tmp_path_factory.mktemp("contoso")
    with served("contoso", folder) as world:
        edit(folder, lambda value: value["windows"].update(total_seconds=60))
        yield folder, world


@pytest.fixture(scope="module")
def whole(lab: tuple[Path, World]) -> Topology:
    folder, _ = lab
    told = drcheck(folder, "discover", "--estate", "estate.yaml", "-o", "whole.snapshot")
    assert "0 gaps" in told
    assert not (folder / "whole.snapshot.parts").exists()
    return load(folder / "whole.snapshot")[0]


def stopped(folder: Path, output: str, sent: signal.Signals) -> tuple[int, str]:
    """A discovery that gets a signal when only one silent host is left; its exit code, and its last words."""
    given = command("--estate", "estate.yaml", "-o", output)
    with subprocess.Popen(given, cwd=folder, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            # VMM tells of the silent host, and the vault is the slowest of what is asked beside it.
            if line.startswith("discovery: azure:"):
                break
        process.send_signal(sent)
        words = process.stderr.read()
        return process.wait(timeout=90), words


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_discovery_that_is_stopped_leaves_what_it_read_to_go_on_from(
    lab: tuple[Path, World], whole: Topology, sent: signal.Signals
) -> None:
    folder, world = lab
    output = f"{sent.name}.snapshot"
    edit(folder, lambda value: value["windows"]["hosts"][SILENT].update(total_seconds=3))
    world.hosts[SILENT].fault = "silent"
    try:
        code, words = stopped(folder, output, sent)
    finally:
        world.hosts[SILENT].fault = ""
    assert not (folder / output).exists()
    if sent is signal.SIGINT:
        assert code == 130
        assert f"go on with: --resume {output}.parts" in words
    parts, _ = load_parts(folder / f"{output}.parts")
    assert any(part.seen(VmmServer) for part in parts)
    told = drcheck(folder, "discover", "--estate", "estate.yaml", "-o", output, "--resume", f"{output}.parts")
    assert "facts were read before, and kept" in told
    assert "0 gaps" in told
    assert not (folder / f"{output}.parts").exists()
    again, _ = load(folder / output)
    assert content(again) == content(whole)
    before = {fact.key: fact.seen.at for part in parts for fact in part.seen(VmmServer)}
    assert {fact.key: fact.seen.at for fact in again.seen(VmmServer)} == before


def test_what_is_too_old_is_asked_again(lab: tuple[Path, World], whole: Topology) -> None:
    folder, _ = lab
    given = ("discover", "--estate", "estate.yaml", "-o", "anew.snapshot", "--resume", "whole.snapshot")
    assert "  0 facts were read before" not in drcheck(folder, *given)
    kept, _ = load(folder / "anew.snapshot")
    assert kept.seen(HyperVVm) == whole.seen(HyperVVm)


def test_sites_discovered_one_by_one_are_the_whole(lab: tuple[Path, World], whole: Topology) -> None:
    folder, _ = lab
    for site in SITES:
        told = drcheck(folder, "discover", "--estate", "estate.yaml", "--site", site, "-o", f"{site}.shard")
        assert "left to other sites: " in told
    shards = [f"{site}.shard" for site in SITES]
    told = drcheck(folder, "discover", "--merge", *shards, "-o", "merged.snapshot", code=2)
    assert "the shard of site leeds did not know of it; run it again with --leads of the others" in told
    again = ("--site", "leeds", "--resume", "leeds.shard", "--leads", "london.shard", "-o", "leeds.shard")
    drcheck(folder, "discover", "--estate", "estate.yaml", *again)
    told = drcheck(folder, "discover", "--merge", *shards, "-o", "merged.snapshot")
    assert "0 gaps" in told
    merged, _ = load(folder / "merged.snapshot")
    assert content(merged) == content(whole)
    assert {(look.kind, look.scope) for look in merged.looked} == {(look.kind, look.scope) for look in whole.looked}
    assert merged.targets == whole.targets
    assert {clock.endpoint for clock in merged.clocks} == {clock.endpoint for clock in whole.clocks}
    told = drcheck(folder, "discover", "--merge", *shards[1:], "-o", "torn.snapshot", code=2)
    assert "Shard of site:london: there is no shard of site london" in told


def test_a_snapshot_is_exported_as_tables(lab: tuple[Path, World], whole: Topology) -> None:
    folder, _ = lab
    told = drcheck(folder, "export", "whole.snapshot", "-o", "tables")
    assert f"tables/HyperVVm.ndjson: {len(whole.seen(HyperVVm))} rows" in told
    rows = [json.loads(line) for line in (folder / "tables/HyperVVm.ndjson").read_text(encoding="utf-8").splitlines()]
    assert [row["vm_id"] for row in rows] == [fact.vm_id for fact in whole.facts if isinstance(fact, HyperVVm)]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("discover", "-o", "x", "--site", "mars"), "there is no site 'mars'; there are: london, leeds, azure-uksouth"),
        (("discover", "-o", "x", "--younger-than", "soon"), "--younger-than: 'soon' is not a duration"),
        (("discover", "-o", "x", "--resume", "nothing"), "nothing: No such file or directory"),
        (("discover", "-o", "x", "--resume", "estate.yaml"), "not a snapshot"),
        (("discover", "-o", "x", "a.shard"), "shards are named only with --merge"),
        (("discover", "-o", "x", "--merge"), "name the shards to merge"),
        (("discover", "-o", "x", "--merge", "whole.snapshot"), "only shards can be merged"),
        (("export", "whole.snapshot", "-o", "."), "is not an empty folder"),
        (("export", "estate.yaml", "-o", "t"), "not a snapshot"),
    ],
)
def test_what_cannot_be_done_is_said(
    lab: tuple[Path, World], whole: Topology, given: tuple[str, ...], said: str
) -> None:
    folder, _ = lab
    assert whole.facts
    source = ("--estate", "estate.yaml") if given[0] == "discover" and "--merge" not in given else ()
    assert said in drcheck(folder, *given, *source, code=4)
    assert not (folder / "x").exists()


def test_a_file_of_parts_that_cannot_be_written_is_one_clear_line(lab: tuple[Path, World]) -> None:
    folder, _ = lab
    (folder / "taken.parts").mkdir()
    told = drcheck(folder, "discover", "--estate", "estate.yaml", "-o", "taken", code=4)
    assert "taken.parts" in told
    assert list((folder / "taken.parts").iterdir()) == []
