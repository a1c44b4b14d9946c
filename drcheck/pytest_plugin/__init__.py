"""What does pytest see of drcheck? Options, check files, items, and a session that begins with discovery.

Without one of the plugin's options and without check files it does nothing at all.
"""

from pathlib import Path

import pytest
from msgspec.structs import asdict

from drcheck.pytest_plugin.collect import (
    NO_SOURCE,
    CheckFile,
    CheckItem,
    drill_items,
    is_check_file,
    known_checks,
)
from drcheck.pytest_plugin.omitted import omitted
from drcheck.pytest_plugin.options import (
    WHICH,
    add_options,
    drills_wanted,
    shipped_checks,
    shipped_id,
    source,
)
from drcheck.pytest_plugin.protocol import OnePhase, one_phase
from drcheck.pytest_plugin.scene import KEY, SCENE, take_over

__all__ = [
    "pytest_addoption",
    "pytest_collect_file",
    "pytest_collection_finish",
    "pytest_collection_modifyitems",
    "pytest_configure",
    "pytest_sessionfinish",
    "pytest_sessionstart",
]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options."""
    add_options(parser)


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Set the session up, as far as that needs no estate; after allure-pytest, whose listener must go."""
    if config.getoption("drcheck_shipped"):
        _add_shipped(config)
    given = source(config)
    if drills_wanted(config) and given not in ("estate", "lab"):
        raise pytest.UsageError("--drill needs a live estate: give --estate FILE or --lab NAME")
    if given:
        # Its listener would write every item a second time; its file logger stays and gets our results.
        config.pluginmanager.unregister(name="allure_listener")
    if hasattr(config, "workerinput"):
        return
    if given:
        _register(config, given)
    else:
        config.pluginmanager.register(Sourceless(), "drcheck-sourceless")


def pytest_sessionstart(session: pytest.Session) -> None:
    """Take over the controller's scene in a worker, and make ready for drills."""
    config = session.config
    if hasattr(config, "workerinput") and KEY in config.workerinput:
        config.stash[SCENE] = take_over(config.workerinput[KEY], config)
    if SCENE in config.stash and drills_wanted(config):
        from drcheck.pytest_plugin.drills import equip  # noqa: PLC0415 - the drill engine: only to drill

        equip(config, config.stash[SCENE])


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> CheckFile | None:
    """Collect ``check_*.py`` files that hold checks."""
    if not is_check_file(file_path):
        return None
    return CheckFile.from_parent(parent, path=file_path, nodeid=shipped_id(file_path))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(session: pytest.Session, items: list[pytest.Item]) -> None:
    """Put the drills after the checks; complain about checks without an estate.

    Raises:
        pytest.UsageError: check files were found, and nobody said which estate they are about.
    """
    config = session.config
    if config.stash.get(NO_SOURCE, False) and not hasattr(config, "workerinput"):
        raise pytest.UsageError(WHICH)
    if SCENE in config.stash and drills_wanted(config):
        items.extend(drill_items(session))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Count what is left out, whatever left it out, and see how the rest has to be run."""
    scene = session.config.stash.get(SCENE, None)
    if scene is not None:
        works = [item.work for item in session.items if isinstance(item, CheckItem)]
        known = known_checks(scene)
        scene.known = {check.id: check for check in known}
        scene.omitted = omitted(scene.topology, known, works)
        if one_phase(session.config, session.items):
            session.config.pluginmanager.register(OnePhase(session.config.pluginmanager), "drcheck-one-phase")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Tell the controller how much a worker's selection has left out."""
    config = session.config
    if hasattr(config, "workeroutput") and SCENE in config.stash:
        config.workeroutput["drcheck_omitted"] = asdict(config.stash[SCENE].omitted)


class Sourceless:
    """Turns a worker's complaint about checks without an estate into the usage error that it is."""

    def __init__(self) -> None:
        self.complaint = False

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note the complaint: a worker can only send it as a failed collection."""
        self.complaint = self.complaint or (report.failed and WHICH in report.longreprtext)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Give it the exit status of a usage error."""
        if self.complaint:
            session.exitstatus = pytest.ExitCode.USAGE_ERROR


def _register(config: pytest.Config, given: str) -> None:
    # Reports and xdist cost every pytest session a tenth of a second; only one with an estate needs them.
    from drcheck.pytest_plugin.ledger import Ledger  # noqa: PLC0415 - see above
    from drcheck.pytest_plugin.session import Controller  # noqa: PLC0415 - see above
    from drcheck.pytest_plugin.xdist import Distribution  # noqa: PLC0415 - see above

    ledger = Ledger()
    config.pluginmanager.register(ledger, "drcheck-ledger")
    config.pluginmanager.register(Controller(config, given, ledger), "drcheck-controller")
    if config.pluginmanager.hasplugin("xdist"):
        config.pluginmanager.register(Distribution(ledger), "drcheck-distribution")


def _add_shipped(config: pytest.Config) -> None:
    """Add the shipped checks to what is collected; alone when the user named no files."""
    folder = str(shipped_checks())
    if config.args_source is pytest.Config.ArgsSource.ARGS:
        config.args[:] = [*config.args, *([] if folder in config.args else [folder])]
    else:
        config.args[:] = [folder]
