"""Which items does a session have: one per (check, scope) of the check files, and one per drill of the estate."""

import hashlib
import importlib.util
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import TypeAlias

import pytest

from drcheck.check import Check, checks_in
from drcheck.drill import DrillOutcome
from drcheck.estate import DrillSpec
from drcheck.evaluate import Work, evaluate, plan
from drcheck.pytest_plugin.options import WHICH, marks, shipped_checks
from drcheck.pytest_plugin.outcomes import CheckFailed, Delivery, Exhibit, NotObserved, conclude, pack
from drcheck.pytest_plugin.scene import SCENE, Scene

DRILLS = "drills"
"""The first part of every drill item's id."""


DrillRunner: TypeAlias = Callable[[DrillSpec], DrillOutcome]
DRILL_RUNNER = pytest.StashKey[DrillRunner]()
"""Runs one drill; filled in when the session is set up to drill."""

NO_SOURCE = pytest.StashKey[bool]()
"""Set when check files were found and nobody said which estate they are about."""


def is_check_file(path: Path) -> bool:
    """Is this a file with checks? Other people's ``check_*.py``, which never mention drcheck, are left alone."""
    return path.name.startswith("check_") and path.suffix == ".py" and b"drcheck" in path.read_bytes()


def is_ours(nodeid: str) -> bool:
    """Does an id look like that of an item of this plugin? What has delivered is ours whatever it looks like."""
    path = nodeid.partition("::")[0]
    name = path.rpartition("/")[2]
    return path == DRILLS or (name.startswith("check_") and name.endswith(".py") and nodeid.endswith("]"))


class CheckFile(pytest.File):
    """A file with checks."""

    def collect(self) -> Iterator["CheckItem"]:
        """One item for each scope of each check in the file."""
        scene = self.config.stash.get(SCENE, None)
        if scene is None:
            self._without_source()
            return
        scene.collected.add(self.path)
        checks = load_checks(self.path)
        if not checks:
            raise self.CollectError(f"{self.path}: has no check; decorate a function with drcheck.check.check")
        scene.offered += checks
        for work in plan(scene.topology, [check for check in checks if scene.selection.takes(check)]):
            kept = scene.selection.narrow(work, scene.topology)
            if kept.subjects or not work.subjects:
                yield CheckItem.from_parent(self, name=f"{work.check.id}[{work.scope}]", work=kept, scene=scene)

    def _without_source(self) -> None:
        """Complain once; a worker cannot raise a usage error, so there it is a failed collection."""
        first = not self.config.stash.get(NO_SOURCE, False)
        self.config.stash[NO_SOURCE] = True
        if first and hasattr(self.config, "workerinput"):
            raise self.CollectError(WHICH)


class CheckItem(pytest.Item):
    """One check on one scope."""

    def __init__(self, *, work: Work, scene: Scene, **kwargs: object) -> None:
        super().__init__(**kwargs)  # type: ignore[arg-type]  # pytest passes name, parent and more through
        self.work = work
        self.scene = scene
        for name in marks(work, scene.topology):
            if name not in scene.marks:  # once: strict markers are looked up in a list
                self.config.addinivalue_line("markers", f"{name}: checks and subjects of that kind")
                scene.marks[name] = getattr(pytest.mark, name)
            self.add_marker(scene.marks[name])

    def runtest(self) -> None:
        """Judge every subject, hand the findings on, and show the worst."""
        scene = self.scene
        findings = evaluate(self.work, scene.topology, scene.policy, scene.waivers, scene.known)
        delivery = Delivery(findings=findings)
        self.user_properties.append(pack(delivery, self.config))
        conclude(delivery)

    def teardown(self) -> None:
        """Let go of the findings, which would otherwise travel to the controller a second time."""
        self.user_properties.clear()

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: object = None) -> str:  # noqa: ARG002 - hook
        """The findings, one line each; a traceback only when drcheck itself went wrong."""
        return _plainly(excinfo) or str(super().repr_failure(excinfo))

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where the item is, and its title."""
        return self.path, 0, f"{self.name} {self.work.check.title}"


class DrillFolder(pytest.Collector):
    """Stands for the drills section of estate.yaml."""

    def collect(self) -> Iterator["DrillItem"]:
        """One item for each drill, in the order in which they are declared."""
        for drill in self.config.stash[SCENE].drills:
            yield DrillItem.from_parent(self, name=drill.name, drill=drill)


class DrillItem(pytest.Item):
    """One test failover."""

    def __init__(self, *, drill: DrillSpec, **kwargs: object) -> None:
        super().__init__(**kwargs)  # type: ignore[arg-type]  # pytest passes name, parent and more through
        self.drill = drill

    def runtest(self) -> None:
        """Fail over in test, measure, clean up; hand everything on."""
        outcome = self.config.stash[DRILL_RUNNER](self.drill)
        delivery = Delivery(
            findings=outcome.findings,
            measurements=outcome.measurements,
            trouble=outcome.trouble,
            exhibits=tuple(
                Exhibit(drill=outcome.drill, name=each.name, mime=each.media_type, body=each.body)
                for each in outcome.attachments
            ),
        )
        self.user_properties.append(pack(delivery, self.config))
        conclude(delivery)

    def teardown(self) -> None:
        """Let go of the evidence, which would otherwise travel to the controller a second time."""
        self.user_properties.clear()

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: object = None) -> str:  # noqa: ARG002 - hook
        """What went wrong in the drill, one line each."""
        return _plainly(excinfo) or str(super().repr_failure(excinfo))

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where the item is, and its title."""
        return self.path, 0, f"drill {self.name}"


def drill_items(session: pytest.Session) -> list[pytest.Item]:
    """The items of every drill the estate asks for."""
    folder = DrillFolder.from_parent(session, name=DRILLS, nodeid=DRILLS)
    return list(folder.collect())


def _plainly(excinfo: pytest.ExceptionInfo[BaseException]) -> str:
    return str(excinfo.value) if isinstance(excinfo.value, CheckFailed | NotObserved) else ""


def known_checks(scene: Scene) -> list[Check]:
    """The checks of every file that was collected, and the shipped ones that were not: those are left out."""
    files = sorted(shipped_checks().rglob("check_*.py"))
    offered = {check.id for check in scene.offered}
    shipped = (check for path in files if path not in scene.collected for check in _loaded_once(path))
    return [*scene.offered, *(check for check in shipped if check.id not in offered)]


@cache
def _loaded_once(path: Path) -> tuple[Check, ...]:
    return load_checks(path)


def load_checks(path: Path) -> tuple[Check, ...]:
    """The checks a file defines, by id."""
    return checks_in(_load(path))


def _load(path: Path) -> ModuleType:
    """Import a file under a name of its own, so that equal file names in two folders never meet."""
    name = f"drcheck_check_{hashlib.sha256(str(path).encode()).hexdigest()[:12]}_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} cannot be imported")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # type hints of the checks are resolved through it
    spec.loader.exec_module(module)
    return module
