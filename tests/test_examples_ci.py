"""The examples for CI and Kubernetes: their very commands, run against a lab, find what one discovery finds."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from drcheck.snapshot import load
from drcheck.topology.base import Topology
from tests.lab_estates import discovered, served

EXAMPLES = Path(__file__).parents[1] / "examples"
SITES = ("london", "leeds", "azure-uksouth")

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="the examples are for bash")


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with the estate.yaml of a lab whose machines at Leeds are known to London alone."""
    folder = tmp_path_factory.mktemp("contoso")
    with served("contoso", folder):
        yield folder


@pytest.fixture(scope="module")
def whole(lab: Path) -> Topology:
    return discovered(lab)


def content(topology: Topology) -> set[tuple[str, str, str]]:
    return {(type(fact).__name__, fact.key, fact.seen.endpoint) for fact in topology.facts}


def run(script: str, where: Path, **variables: str) -> None:
    """Run a step as its runner would: bash -e, with drcheck on the path."""
    tools = where / ".tools"
    tools.mkdir(exist_ok=True)
    program = tools / "drcheck"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m drcheck "$@"\n')
    program.chmod(0o755)
    root = str(Path(__file__).parents[1])
    paths = {"PATH": f"{tools}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": os.environ.get("PYTHONPATH", root)}
    told = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        cwd=where, env={**os.environ, **variables, **paths}, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert told.returncode == 0, told.stdout + told.stderr


def steps(job: Mapping[str, Any]) -> list[str]:
    return [step["run"] for step in job["steps"] if "run" in step and "install" not in step["run"]]


def workflow() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((EXAMPLES / "ci" / "discover-by-site.yml").read_text(encoding="utf-8"))
    return loaded


def exchange(matrix: Mapping[str, Path], pattern: str) -> None:
    """What uploading and downloading the artefacts of all matrix jobs does."""
    for path in [found for folder in matrix.values() for found in folder.glob(pattern)]:
        for folder in matrix.values():
            if path.parent != folder and not (folder / path.name).exists():
                shutil.copy(path, folder)


def test_the_matrix_finds_what_one_discovery_finds_and_judges_it(lab: Path, whole: Topology, tmp_path: Path) -> None:
    jobs = workflow()["jobs"]
    assert jobs["discover"]["strategy"]["matrix"]["site"] == list(SITES) == jobs["follow"]["strategy"]["matrix"]["site"]
    folders = {site: tmp_path / site for site in SITES}
    estate = str(lab / "estate.yaml")
    for site, folder in folders.items():
        folder.mkdir()
        for step in steps(jobs["discover"]):
            run(step, folder, SITE=site, ESTATE=estate)
    exchange(folders, "*.shard")
    for site, folder in folders.items():
        for step in steps(jobs["follow"]):
            run(step, folder, SITE=site, ESTATE=estate)
    judge = tmp_path / "judge"
    judge.mkdir()
    for site, folder in folders.items():
        shutil.copy(folder / f"{site}.shard", judge)
    for step in steps(jobs["judge"]):
        run(step.replace("drcheck check", "drcheck check --no-html"), judge, ESTATE=estate)
    merged, _ = load(judge / "estate.snapshot")
    assert merged.gaps == ()
    assert content(merged) == content(whole)
    assert (judge / "reports/nightly/run.json").exists()


def test_an_interrupted_site_is_gone_on_with_from_its_parts(lab: Path, tmp_path: Path) -> None:
    jobs = workflow()["jobs"]
    estate = str(lab / "estate.yaml")
    for step in steps(jobs["discover"]):
        run(step, tmp_path, SITE="leeds", ESTATE=estate)
    (tmp_path / "leeds.shard").rename(tmp_path / "leeds.shard.parts")
    for step in steps(jobs["follow"]):
        run(step, tmp_path, SITE="leeds", ESTATE=estate)
    assert load(tmp_path / "leeds.shard")[0].sites == ("leeds",)
    assert not (tmp_path / "leeds.shard.parts").exists()
    (tmp_path / "leeds.shard").unlink()
    for step in steps(jobs["follow"]):
        run(step, tmp_path, SITE="leeds", ESTATE=estate)
    assert load(tmp_path / "leeds.shard")[0].gaps


def test_every_step_has_the_secrets_and_rights_it_needs_and_no_more() -> None:
    loaded = workflow()
    assert loaded["permissions"] == {"contents": "read"}
    assert set(loaded["jobs"]) == {"discover", "follow", "judge"}
    for job in loaded["jobs"].values():
        assert job["timeout-minutes"] <= 60
        assert all("${{" not in step for step in steps(job)), "what comes from outside is passed by variables"


def job_manifest() -> dict[str, Any]:
    text = (EXAMPLES / "kubernetes" / "discover-job.yaml").read_text(encoding="utf-8")
    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded


def test_the_indexed_job_finds_what_one_discovery_finds(lab: Path, whole: Topology, tmp_path: Path) -> None:
    job = job_manifest()
    assert (job["apiVersion"], job["kind"], job["spec"]["completionMode"]) == ("batch/v1", "Job", "Indexed")
    (container,) = job["spec"]["template"]["spec"]["containers"]
    assert container["command"] == ["/bin/bash", "-euc"]
    (script,) = container["args"]
    variables = {each["name"]: each["value"] for each in container["env"] if "value" in each}
    assert len(variables["SITES"].split()) == job["spec"]["completions"] == len(SITES)
    given = {**variables, "ESTATE": str(lab / "estate.yaml"), "SHARDS": str(tmp_path)}
    for _ in range(2):
        for index in range(job["spec"]["completions"]):
            run(f"set -eu\n{script}", tmp_path, JOB_COMPLETION_INDEX=str(index), **given)
    run("drcheck discover --merge *.shard -o estate.snapshot", tmp_path)
    merged, _ = load(tmp_path / "estate.snapshot")
    assert merged.gaps == ()
    assert content(merged) == content(whole)
    assert merged.targets == whole.targets


def test_the_job_asks_for_no_rights() -> None:
    pod = job_manifest()["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert pod["automountServiceAccountToken"] is False
    assert container["securityContext"]["runAsNonRoot"] is True
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    mounted = {mount["name"] for mount in container["volumeMounts"]}
    assert mounted == {volume["name"] for volume in pod["volumes"]}
