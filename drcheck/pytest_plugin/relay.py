"""Which of pytest's own plugins have nothing to do for a check? Nothing is set up for it, and nothing torn down."""

from collections.abc import Mapping

import pluggy
import pytest

IDLE: Mapping[str, tuple[str, ...]] = {
    "pytest_runtest_setup": ("capturemanager",),
    "pytest_runtest_teardown": ("capturemanager",),
    "pytest_runtest_makereport": ("tmpdir", "unittest"),
}
"""Plugins of pytest, by the hook that they answer in vain: nobody prints before or after a check, whose output is
captured as ever, and it has no temporary folder and is no case of unittest."""


class Relay:
    """The hooks of a file's items, some of them with fewer plugins; to be used as a ``pluggy.HookRelay``.

    Args:
        whole: pytest's, for the file's place.
        spared: instead of those of the same names.
    """

    def __init__(self, whole: pluggy.HookRelay, spared: Mapping[str, pluggy.HookCaller]) -> None:
        self._whole = whole
        self.__dict__.update(spared)

    def __getattr__(self, name: str) -> pluggy.HookCaller:
        hook: pluggy.HookCaller = getattr(self._whole, name)
        self.__dict__[name] = hook
        return hook


def spared(manager: pytest.PytestPluginManager) -> Mapping[str, pluggy.HookCaller]:
    """The hooks without the idle plugins; none that somebody besides pytest answers, who may print, or look at all."""
    names = [name for name in IDLE if _pytest_alone(getattr(manager.hook, name))]
    return {name: manager.subset_hook_caller(name, _registered(manager, IDLE[name])) for name in names}


def _pytest_alone(hook: pluggy.HookCaller) -> bool:
    return all(each.function.__module__.startswith("_pytest.") for each in hook.get_hookimpls())


def _registered(manager: pytest.PytestPluginManager, names: tuple[str, ...]) -> set[object]:
    return {plugin for name in names if (plugin := manager.getplugin(name)) is not None}
