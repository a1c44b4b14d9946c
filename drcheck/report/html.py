"""The run as HTML that opens from a file: made by Allure 3, freed of its analytics, and forbidden to call anybody."""

import json
import os
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

from drcheck.policy import human
from drcheck.report.allure_model import case_id
from drcheck.report.allure_results import FOLDER as RESULTS
from drcheck.report.allure_results import identity_of
from drcheck.report.generator import HtmlUnavailable, allure, run
from drcheck.report.recoverability import counted
from drcheck.report.run_json import read
from drcheck.report.selection import narrowed, said
from drcheck.report.thresholds import told
from drcheck.verdict import Run, Verdict, loud

FOLDER = "html"
CONFIG = Path(__file__).with_name("allure") / "allurerc.json"
SECONDS = 600

POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval' data: blob: 'self'; "
    "style-src 'unsafe-inline' data: 'self'; img-src data: blob: 'self'; font-src data: 'self'; "
    "media-src data: blob: 'self'; frame-src data: blob: 'self'; worker-src data: blob: 'self'; "
    "connect-src data: blob: 'self'; form-action 'none'; base-uri 'self'"
)
"""Everything the report needs is inside it; whatever tries to reach another place is stopped by the browser."""

_OUTSIDE = re.compile(
    r"<(script|link|iframe|img)\b[^>]*\b(?:src|href)\s*=\s*[\"']?(?:https?:)?//[^>]*>(?:\s*</\1>)?", re.IGNORECASE
)
_INLINE = re.compile(r"<script>\s*window\.dataLayer\b.*?</script>", re.DOTALL | re.IGNORECASE)
_HEAD = re.compile(r"<head[^>]*>", re.IGNORECASE)
_VIEW = re.compile(r'"href":"(by-[a-z]+)/"')
ANALYTICS = "googletagmanager"


def render(directory: Path) -> Path:
    """Make the HTML report of a run's directory; returns its first page.

    Raises:
        HtmlUnavailable: Node.js or Allure is missing or failed.
        DrcheckError: there is no run in the directory.
    """
    evidence = read(directory)
    program = allure(os.environ)
    target = directory / FOLDER
    with tempfile.TemporaryDirectory(prefix="drcheck-html-") as scratch:
        config = Path(scratch) / "allurerc.json"
        config.write_text(json.dumps(configuration(evidence)), encoding="utf-8")
        made = Path(scratch) / "report"
        command = [
            *program,
            "generate",
            "--config",
            str(config),
            "--output",
            str(made),
            str((directory / RESULTS).resolve()),
        ]
        run(command, Path(scratch), os.environ, "Allure could not make the report", SECONDS)
        first = made / "index.html"
        if not first.exists():
            raise HtmlUnavailable("Allure made no first page")
        for page in sorted(made.rglob("*.html")):
            page.write_text(freed(page.read_text(encoding="utf-8")), encoding="utf-8")
        # A folder opened from a file is a listing, not its first page.
        first.write_text(_VIEW.sub(r'"href":"\1/index.html"', first.read_text(encoding="utf-8")), encoding="utf-8")
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(made, target)
    return target / "index.html"


def configuration(evidence: Run) -> dict[str, Any]:
    """Allure's configuration for one run: what never changes, and what this run has to say on every page."""
    config: dict[str, Any] = json.loads(CONFIG.read_text(encoding="utf-8"))
    counts = ", ".join(f"{number} {name}" for name, number in evidence.counts.items() if number)
    config["name"] = f"{evidence.estate or 'Snapshot'}: {said(evidence)}"
    config["variables"] = {
        "Verdict": said(evidence),
        "Selection": narrowed(evidence) or "everything",
        "Counts": counts or "nothing was judged",
        "Applications": counted(evidence.recoverability),
        "Sites": counted(evidence.sites),
        "Policy": told(evidence),
        "Incomplete because": "; ".join(evidence.trouble) or "-",
    }
    for view in config["plugins"].values():
        view["options"]["reportName"] = f"{view['options']['reportName']} · {config['name']}"
    waived = [each for each in loud(evidence.findings) if each.verdict is Verdict.WAIVED]
    if waived:
        config["resolutions"] = {
            "rules": [_accepted(each.waiver, each.message, case_id(identity_of(each))) for each in waived]
        }
    if evidence.measurements:
        config["performance"] = _performance(evidence)
    return config


def _accepted(waiver: str, message: str, case: str) -> dict[str, Any]:
    return {"resolution": "accepted", "comment": f"Waiver {waiver}: {message}", "testCaseId": [case]}


def _performance(evidence: Run) -> dict[str, Any]:
    metrics = {
        f"{each.kind}-{each.subject.name}": {
            "title": f"{each.kind.upper()} of {each.subject.name}" + _promise(each.target_seconds),
            "unit": "s",
            "better": "lower",
            "group": each.kind,
        }
        for each in evidence.measurements
    }
    groups = {"rto": {"title": "Recovery time"}, "rpo": {"title": "Recovery point"}}
    return {"groups": groups, "metrics": metrics}


def _promise(seconds: float | None) -> str:
    return "" if seconds is None else f" (allowed: {human(seconds)})"


def freed(page: str) -> str:
    """A page without anything that calls another host, and with a policy that would stop it.

    Raises:
        HtmlUnavailable: something that calls the analytics host is still there.
    """
    page = _INLINE.sub("", _OUTSIDE.sub("", page))
    if ANALYTICS in page:
        raise HtmlUnavailable("the report still calls its maker's analytics host, so it was not kept")
    return _HEAD.sub(lambda found: f'{found[0]}<meta http-equiv="Content-Security-Policy" content="{POLICY}">', page, 1)
