"""How does pytest run a check when nobody else looks on? In one phase of three: nothing is set up for it or torn down.

A session of a hundred thousand machines has tens of thousands of items, each of which is a fraction of a millisecond's
work: two empty phases around it, each with a report and its dozen listeners, take longer than that.
"""

import os
from collections.abc import Sequence

import pytest

from drcheck.pytest_plugin.collect import CheckItem

PHASES = (
    "pytest_runtest_protocol",
    "pytest_runtest_setup",
    "pytest_runtest_call",
    "pytest_runtest_teardown",
    "pytest_runtest_makereport",
    "pytest_runtest_logreport",
    "pytest_exception_interact",
)
"""Whoever answers one of these may count on all three phases."""
MARKS = frozenset({"skip", "skipif", "xfail"})
"""Marks that pytest heeds in the set-up of an item."""
SET_UP = frozenset({"logging-plugin", "skipping"})
"""Plugins of pytest that answer the call of an item only after they have seen its set-up."""
OPTIONS = ("usepdb", "setupshow", "setuponly", "xmlpath", "log_level", "log_cli_level", "log_file")
SETTINGS = ("log_cli", "log_level", "log_cli_level", "log_file")
"""What asks for something that needs the other phases, or the plugins that see them."""


def one_phase(config: pytest.Config, items: Sequence[pytest.Item]) -> bool:
    """May every item of a session go without set-up and tear-down, because nobody would see either?"""
    return (
        all(isinstance(item, CheckItem) for item in items)  # what the fixtures of others do may happen around a check
        and not any(mark.name in MARKS for item in items for mark in item.iter_markers())
        and not any(config.getoption(name, None) for name in OPTIONS)
        and not any(config.getini(name) for name in SETTINGS)
        and all(_known(config, name) for name in PHASES)
    )


def _known(config: pytest.Config, name: str) -> bool:
    """Do only pytest and drcheck answer a hook?"""
    implementations = getattr(config.hook, name).get_hookimpls()
    return all(each.function.__module__.startswith(("_pytest.", "drcheck.")) for each in implementations)


class OnePhase:
    """Runs checks for pytest: calls each, and reports that call.

    Args:
        manager: pytest's plugins.
    """

    def __init__(self, manager: pytest.PytestPluginManager) -> None:
        without = {plugin for name in SET_UP if (plugin := manager.getplugin(name)) is not None}
        self._call = manager.subset_hook_caller("pytest_runtest_call", without)

    @pytest.hookimpl
    def pytest_runtest_protocol(self, item: pytest.Item) -> bool:
        """Run one item, in pytest's place."""
        hook = item.ihook
        hook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        call = pytest.CallInfo.from_call(
            lambda: self._call(item=item), when="call", reraise=(pytest.exit.Exception, KeyboardInterrupt)
        )
        report = pytest.TestReport.from_item_and_call(item, call)
        item.teardown()
        hook.pytest_runtest_logreport(report=report)
        hook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
        return True

    @pytest.hookimpl
    def pytest_sessionfinish(self) -> None:
        """Forget the last item, which pytest names to other programs and forgets when it is torn down."""
        os.environ.pop("PYTEST_CURRENT_TEST", None)
