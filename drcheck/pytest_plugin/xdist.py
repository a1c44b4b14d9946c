"""How does a session behave when pytest-xdist spreads it over worker processes?"""

from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]  # ships no types

from drcheck.pytest_plugin.ledger import Ledger
from drcheck.pytest_plugin.omitted import Omitted
from drcheck.pytest_plugin.options import drills_wanted
from drcheck.pytest_plugin.scene import KEY, SCENE

if TYPE_CHECKING:
    from xdist.workermanage import WorkerController  # type: ignore[import-untyped]  # ships no types


class DrcheckScheduling(LoadScopeScheduling):  # type: ignore[misc]  # its base is untyped
    """Check items go wherever there is room, file by file; all drills stay on one worker, in order.

    Ours because ``--dist loadgroup`` of xdist 3.8 ignores groups under pytest 9.2 without a word.
    """

    def _split_scope(self, nodeid: str) -> str:
        return nodeid.partition("::")[0]

    def remove_node(self, node: "WorkerController") -> str | None:
        """Name the item a worker died on, and never run it again: a drill is not repeated unasked.

        The base class would hand the whole unit to another worker, the item that killed this one included.
        """
        workload = self.assigned_work.pop(node)
        for unit in workload.values():
            for nodeid, completed in unit.items():
                if not completed:
                    unit[nodeid] = True
                    self._put_back(workload)
                    return str(nodeid)
        return None

    def _put_back(self, workload: dict[str, dict[str, bool]]) -> None:
        self.workqueue.update({scope: unit for scope, unit in workload.items() if not all(unit.values())})
        for node in self.assigned_work:
            self._reschedule(node)


class Distribution:
    """The controller's xdist hooks."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell a worker where the snapshot is."""
        node.workerinput[KEY] = msgspec.json.encode(node.config.stash[SCENE].handover).decode()

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> LoadScopeScheduling | None:
        """Our scheduler, unless the user asked for a particular one and no drill depends on it."""
        asked = config.getoption("dist")
        if drills_wanted(config) or asked in ("load", "loadscope", "loadgroup"):
            return DrcheckScheduling(config, log)
        return None

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node: Any, ids: list[str]) -> None:  # noqa: ARG002 - hook
        """Note which items there are."""
        self.ledger.expect(ids)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:
        """Note what a worker left out, or that it died."""
        output = getattr(node, "workeroutput", {})
        if "drcheck_omitted" in output:
            self.ledger.omitted = Omitted(**output["drcheck_omitted"])  # all workers collect the same
        if error:
            self.ledger.trouble.append(f"worker {node.gateway.id} died: {str(error).strip().splitlines()[-1]}")
