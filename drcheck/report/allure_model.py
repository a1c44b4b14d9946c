"""How are our words said in Allure's, and what has every Allure result in common?"""

import hashlib
from datetime import datetime
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

import allure_commons
from allure_commons.model2 import Attachment, Label, TestResult

from drcheck.verdict import Run, Severity, Subject, Verdict

TITLE = 90
"""The longest title that stays on one line of the report."""

STATUS = {
    Verdict.PASS: "passed",
    Verdict.WARN: "passed",
    Verdict.WAIVED: "failed",
    Verdict.FAIL: "failed",
    Verdict.UNKNOWN: "broken",
    Verdict.NOT_APPLICABLE: "skipped",
}
"""A waived failure stays a failure that is known; Allure 3 shows it as accepted (see ``html``)."""

SEVERITY = {
    Severity.CRITICAL: "blocker",
    Severity.HIGH: "critical",
    Severity.MEDIUM: "normal",
    Severity.LOW: "minor",
}

AREAS = {
    "ASR": "Azure Site Recovery",
    "BWC": "Bandwidth and churn",
    "CAP": "Capacity",
    "CLN": "Clean-up",
    "CLU": "Failover clusters",
    "DRL": "Drills",
    "GOV": "Governance",
    "HVR": "Hyper-V Replica",
    "IDN": "Identity and names",
    "IPC": "Addresses",
    "NET": "Networks",
    "PLN": "Recovery plans",
    "RPL": "Replication",
    "SEC": "Security",
    "SQL": "SQL Server",
    "SUP": "Supportability",
    "VHA": "Highly available VMM",
    "VMM": "Virtual Machine Manager",
}


def case_id(identity: str) -> str:
    """The id that links one run's result to the next run's; Allure wants a hash."""
    return hashlib.md5(f"drcheck:{identity}".encode(), usedforsecurity=False).hexdigest()


def blank(run: Run, identity: str, title: str, at: datetime) -> TestResult:
    """A result that has an identity, a title and a moment, and says nothing yet."""
    digest, moment = case_id(identity), milliseconds(at)
    return TestResult(
        uuid=unique(run, "result", identity),
        name=shortened(title),
        fullName=" ".join(title.split()),
        historyId=digest,
        testCaseId=digest,
        start=moment,
        stop=moment,
    )


def shortened(text: str) -> str:
    """A title on one line."""
    flat = " ".join(text.split())
    return flat if len(flat) <= TITLE else flat[: TITLE - 1].rstrip() + "…"


def labelled(pairs: list[tuple[str, str]]) -> list[Label]:
    """Labels; an empty one would make a group without a name."""
    return [Label(name=name, value=value) for name, value in pairs if value]


def of_subject(subject: Subject) -> list[tuple[str, str]]:
    """The labels that say what a result is about."""
    application = subject.application or "no application"
    return [
        ("story", application),
        ("app", application),
        ("tier", "no tier" if subject.tier is None else f"tier {subject.tier}"),
        ("site", subject.site or "no site"),
    ]


def attached(run: Run, identity: str, name: str, mime: str, body: bytes | Path) -> Attachment:
    """Hand a file, or what is to be in one, to Allure's file loggers and return the reference to it."""
    suffix = name.rpartition(".")[2] if "." in name else "bin"
    file = f"{unique(run, name, identity)}-attachment.{suffix if suffix.isalnum() else 'bin'}"
    hook = allure_commons.plugin_manager.hook
    if isinstance(body, Path):
        hook.report_attached_file(source=str(body), file_name=file)
    else:
        hook.report_attached_data(body=body, file_name=file)
    return Attachment(name=name, source=file, type=mime)


def unique(run: Run, *names: str) -> str:
    """An id for a thing of a run that is the same whenever the same run is rendered."""
    return str(uuid5(NAMESPACE_URL, "\0".join(("drcheck", run.id, *names))))


def milliseconds(at: datetime, seconds: float = 0.0) -> int:
    """A moment, or one some seconds later, as Allure counts time."""
    return round((at.timestamp() + seconds) * 1000)
