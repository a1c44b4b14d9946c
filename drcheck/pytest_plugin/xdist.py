"""How does a session behave when pytest-xdist spreads it over worker processes?"""

import os
import signal
import threading
from collections.abc import Mapping
from contextlib import suppress
from types import FrameType
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]  # ships no types

from drcheck.pytest_plugin.collect import DRILLS
from drcheck.pytest_plugin.ledger import Ledger
from drcheck.pytest_plugin.omitted import Omitted
from drcheck.pytest_plugin.options import drills_wanted
from drcheck.pytest_plugin.scene import KEY, SCENE

if TYPE_CHECKING:
    from xdist.workermanage import WorkerController  # type: ignore[import-untyped]  # ships no types


ANSWER_SECONDS = 30.0
"""How long a worker that has just been started may take to say who it is."""


class DrcheckScheduling(LoadScopeScheduling):  # type: ignore[misc]  # its base is untyped
    """Check items go wherever there is room, file by file; drills that share something stay on one worker, in order.

    Ours because ``--dist loadgroup`` of xdist 3.8 ignores groups under pytest 9.2 without a word.

    Args:
        config: of the session.
        log: xdist's own.
        units: which drills belong together, by their names; a drill that is not in it belongs to all like it.
    """

    def __init__(self, config: pytest.Config, log: Any, units: Mapping[str, str]) -> None:
        super().__init__(config, log)
        self._units = units

    def _split_scope(self, nodeid: str) -> str:
        path, _, name = nodeid.partition("::")
        return self._units.get(name, path) if path == DRILLS else path

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


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    """A CI runner's SIGTERM, or a lost terminal, is what Ctrl-C is: the end, after the clean-up."""
    raise KeyboardInterrupt


class Distribution:
    """The controller's xdist hooks."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.nodes: list[Any] = []
        self.processes: dict[str, int] = {}
        """Process ids of workers, by the ids of their gateways."""

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell a worker where the snapshot is."""
        node.workerinput[KEY] = msgspec.json.encode(node.config.stash[SCENE].handover).decode()

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> LoadScopeScheduling | None:
        """Our scheduler, unless the user asked for a particular one and no drill depends on it."""
        if drills_wanted(config):
            from drcheck.drill.interruption import ending  # noqa: PLC0415 - likewise
            from drcheck.pytest_plugin.drills import units  # noqa: PLC0415 - the drill engine: only to drill

            if threading.current_thread() is threading.main_thread():
                for number in set(ending()) - {signal.SIGINT}:
                    signal.signal(number, _interrupt)
            return DrcheckScheduling(config, log, units(config.stash[SCENE]))
        if config.getoption("dist") in ("load", "loadscope", "loadgroup"):
            return DrcheckScheduling(config, log, {})
        return None

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node: Any, ids: list[str]) -> None:  # noqa: ARG002 - hook
        """Note which items there are."""
        self.ledger.expect(ids)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_newgateway(self, gateway: Any) -> None:
        """Learn a worker's process id while it is idle."""
        channel = gateway.remote_exec("import os; channel.send(os.getpid())")
        self.processes[gateway.id] = channel.receive(ANSWER_SECONDS)
        channel.waitclose(ANSWER_SECONDS)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodeready(self, node: Any) -> None:
        """Remember a worker, to be told when the session is interrupted."""
        self.nodes.append(node)

    def pytest_keyboard_interrupt(self) -> None:
        """Let every worker end its drill and clean up: xdist would end their processes after some seconds."""
        for node in self.nodes:
            with suppress(ProcessLookupError):
                os.kill(self.processes[node.gateway.id], signal.SIGINT)
        for node in self.nodes:
            with suppress(node.channel.RemoteError, EOFError, OSError):
                node.channel.waitclose()

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:
        """Note what a worker left out, or that it died; its process id may be another's from now on."""
        self.nodes = [one for one in self.nodes if one is not node]
        output = getattr(node, "workeroutput", {})
        if "drcheck_omitted" in output:
            self.ledger.omitted = Omitted(**output["drcheck_omitted"])  # all workers collect the same
        if error:
            self.ledger.trouble.append(f"worker {node.gateway.id} died: {str(error).strip().splitlines()[-1]}")
