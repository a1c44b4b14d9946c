"""How does a session begin with an estate and end in evidence?"""

import gc
import os
import platform
import secrets
from contextlib import ExitStack, suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
import pytest

from drcheck.errors import DrcheckError
from drcheck.evaluate import stale
from drcheck.history import append, figures_of
from drcheck.policy import human
from drcheck.pytest_plugin.ledger import Ledger
from drcheck.pytest_plugin.options import Selection, pytest_selection, selection
from drcheck.pytest_plugin.scene import SCENE, Scene, settle
from drcheck.pytest_plugin.sources import Sight, look, now
from drcheck.recoverability.applications import recoverability
from drcheck.recoverability.sites import site_recoverability
from drcheck.report import Attachment, Evidence, write_all
from drcheck.report.generator import HtmlUnavailable
from drcheck.report.html import render
from drcheck.report.terminal import headline, summary
from drcheck.report.thresholds import thresholds
from drcheck.verdict import Run, RunVerdict

PACKAGES = ("drcheck", "pytest", "pytest-xdist", "pywinrm", "azure-mgmt-core", "allure-pytest")
RUN = pytest.StashKey[Run]()
"""The finished run, for whoever started pytest from Python."""
MANY = 1_000
"""After so many items, again and again, what they left behind is no longer looked through for garbage."""


class Controller:
    """Prepares the scene before anything is collected, and turns what came back into a run and its reports."""

    def __init__(self, config: pytest.Config, source: str, ledger: Ledger) -> None:
        self.config = config
        self.source = source
        self.ledger = ledger
        self.stack = ExitStack()
        self.started = now()
        self.id = f"{self.started:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
        self.sight: Sight | None = None
        self.made: Path | None = None
        self.chosen = Selection()
        self.lines: list[str] = []
        self.items = 0

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self) -> None:
        """See the estate once, before a worker is started or a file collected.

        Raises:
            pytest.UsageError: the estate file, the snapshot or the run directory cannot be used.
        """
        self.chosen = selection(self.config)
        self.run_dir = self.ledger.gathering.folder = self._make_run_dir()
        try:
            self.sight = look(self.config, self.source, self.run_dir, self.stack)
        except DrcheckError as error:
            raise pytest.UsageError(str(error)) from error
        self.config.stash[SCENE] = settle(Scene(self.sight.handover, self.sight.topology, self.chosen))

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self) -> None:
        """Keep the garbage collector from walking all items again and again: they live as long as the session."""
        gc.freeze()

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logfinish(self) -> None:
        """Keep it from walking the reports of a long session, too, which pytest holds to the end."""
        self.items += 1
        if self.items % MANY == 0:
            gc.collect(1)  # what is young and in a cycle, a failure and its traceback, would stay for good
            gc.freeze()

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write every report; a run that is not PASSED never leaves a zero exit status."""
        if self.sight is None or self.config.option.collectonly or session.exitstatus == pytest.ExitCode.USAGE_ERROR:
            return
        run = self._run(self.sight)
        run = self.config.stash[RUN] = self._write(run)
        self._remember(run, self.sight)
        if run.verdict is not RunVerdict.PASSED and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    @pytest.hookimpl
    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Say the verdict, what stands behind it, and where the evidence is."""
        for line in self.lines:
            terminalreporter.write_line(line)

    @pytest.hookimpl
    def pytest_unconfigure(self) -> None:
        """Stop the lab, if one was started; a run that did not begin leaves no folder."""
        self.stack.close()
        if self.sight is None and self.made is not None:
            with suppress(OSError):  # only when nothing is in it
                self.made.rmdir()

    def _run(self, sight: Sight) -> Run:
        ended = now()
        findings, selection = self.ledger.findings(), self._selection()
        applications = recoverability(sight.topology, findings, everything=not selection)
        return Run(
            id=self.id,
            started=self.started,
            finished=ended,
            as_of=sight.topology.as_of,
            snapshot_sha256=sight.handover.sha256,
            versions=_versions(),
            selection=selection,
            findings=findings,
            gaps=sight.topology.gaps,
            measurements=self.ledger.measurements(),
            trouble=(*self._age(sight), *self._unmatched(sight), *self.ledger.all_trouble()),
            estate=sight.estate,
            policy=thresholds(sight.handover.policy),
            recoverability=applications,
            sites=site_recoverability(sight.topology, findings, applications, everything=not selection),
        )

    def _selection(self) -> dict[str, str]:
        recorded = self.chosen.recorded() | dict(pytest_selection(self.config))
        omitted = self.ledger.omitted or self.config.stash[SCENE].omitted
        return recorded | dict(omitted.recorded())

    def _unmatched(self, sight: Sight) -> tuple[str, ...]:
        return tuple(self.chosen.unmatched(sight.topology, self.config.stash[SCENE].known.values()))

    def _age(self, sight: Sight) -> tuple[str, ...]:
        """Why the snapshot cannot speak for now; the user may say that it need not."""
        policy = sight.handover.policy
        ahead = (sight.topology.as_of - self.started).total_seconds()
        if self.source == "snapshot" and ahead > policy.clock_skew_max:
            return (f"the snapshot is from {human(ahead)} in the future: a clock is wrong",)
        reason = stale(sight.topology, policy, self.started)
        if not reason or self.config.getoption("drcheck_as_of_snapshot"):
            return ()
        return (f"{reason}; give --as-of-snapshot to judge that moment",)

    def _write(self, run: Run) -> Run:
        """Write the reports; a run whose evidence is not whole says so, and never passes."""
        attachments = tuple(
            Attachment(drill=each.drill, name=each.name, mime=each.mime, body=each.body)
            for each in self.ledger.exhibits()
        )
        plain = self.config.getoption("drcheck_no_allure")
        evidence = Evidence(run=run, attachments=attachments)
        try:
            write_all(evidence, self.run_dir, without=("allure_results",) if plain else ())
        except OSError as error:
            what = f"the evidence is not whole: {error.filename or self.run_dir}: {error.strerror}"
            run = msgspec.structs.replace(run, trouble=(*run.trouble, what))
            self.lines += [headline(run, _shown(self.run_dir)), *summary(run)]
            return run
        link = _link_latest(self.run_dir) if self.run_dir.parent.name == "reports" else self.run_dir
        self.lines += [headline(run, _shown(link)), *summary(run)]
        if not (plain or self.config.getoption("drcheck_no_html")):
            self.lines.append(self._html())
        return run

    def _remember(self, run: Run, sight: Sight) -> None:
        """Add the run's figures to the estate's history; only what was read just now is new."""
        if self.source == "snapshot" or sight.history is None:
            return
        try:
            append(sight.history.path, figures_of(run.id, sight.topology, run.measurements))
        except DrcheckError as error:
            self.lines.append(f"no history was kept: {error}")

    def _html(self) -> str:
        try:
            return f"HTML: {_shown(render(self.run_dir))}"
        except HtmlUnavailable as error:
            return f"no HTML report: {error}"

    def _make_run_dir(self) -> Path:
        """A folder of our own: evidence of two runs in one folder would be evidence of neither."""
        if self.config.option.collectonly:
            return Path(self.stack.enter_context(TemporaryDirectory(prefix="drcheck-")))
        given = self.config.getoption("drcheck_run_dir")
        folder = Path(given) if given else self.config.invocation_params.dir / "reports" / self.id
        folder = folder.resolve()
        try:
            if not folder.exists():
                self.made = folder
            folder.mkdir(parents=True, exist_ok=True)
            used = any(folder.iterdir())
        except OSError as error:
            raise pytest.UsageError(f"--run-dir {folder}: {error.strerror}") from error
        if used:
            raise pytest.UsageError(f"--run-dir {folder} is not empty; evidence of two runs is never mixed")
        return folder


def _link_latest(run_dir: Path) -> Path:
    """Point ``reports/latest`` at this run; where links are not allowed, the run's own folder is as good."""
    link = run_dir.parent / "latest"
    fresh = run_dir.parent / f".latest-{run_dir.name}"
    try:
        fresh.symlink_to(run_dir.name, target_is_directory=True)
        fresh.replace(link)
    except OSError:
        fresh.unlink(missing_ok=True)
        return run_dir
    return link


def _shown(path: Path) -> str:
    """A path as short as it can be said from here."""
    here = Path.cwd()
    return os.path.relpath(path, here) if path.is_relative_to(here) else str(path)


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
