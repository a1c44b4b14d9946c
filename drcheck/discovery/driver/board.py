"""What is still to be looked at, where can it be asked, and what has been tried?

A machine is visited at most three times: with everything that is known at the start, again with what was found since,
and a last time when nothing else is under way that could find more. A machine that could not be reached is not tried
again; its targets go to the next machine that can answer for them, if there is one. So does what a machine could not
tell, while another one may be able to (a node's cluster service is stopped, say).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from msgspec import Struct, structs

from drcheck.discovery.driver.work import Failure, Part, Told, Visit
from drcheck.topology.base import Clock, Gap, Looked, Target

MOST_VISITS = 3


class Job(Struct, frozen=True, kw_only=True):
    """A visit to be made; ``machine`` is empty for a cloud's target."""

    machine: str
    targets: tuple[Target, ...]
    known: frozenset[tuple[str, str]] = frozenset()
    """Scopes and kinds of fact that need not be asked about again."""


@dataclass(kw_only=True)
class _Machine:
    visits: int = 0
    busy: bool = False
    lost: Failure | None = None


@dataclass(kw_only=True)
class _Task:
    target: Target
    candidates: list[str] = field(default_factory=list)
    """Machines that can answer, in the order in which they are tried; empty for a cloud's target."""
    via: set[str] = field(default_factory=set)
    """Those of them that facts told of."""
    left: Failure | None = None
    """Why it is not asked here."""
    failures: dict[str, Failure] = field(default_factory=dict)
    """What became of those that were tried."""
    busy: bool = False
    parts: dict[str, Part] = field(default_factory=dict)
    """What was told best about each kind of fact."""
    settled: bool = False

    @property
    def looked(self) -> set[str]:
        """The kinds of fact that were read to their end."""
        return {part.kind for part in self.parts.values() if isinstance(part.end, Looked)}

    def next(self) -> str | None:
        """The next machine to try."""
        return next((name for name in self.candidates if name not in self.failures), None)


class Board:
    """The state of a discovery; used by one thread.

    Args:
        on_machines: the roles that are asked on a Windows machine.
        kinds: every role that has a source, and the kinds of fact that it tells.
        via: the machines that estate.yaml says answer for a name.
        left: why a target, given the machines that can answer for it, is not asked here; ``None`` when it is.
    """

    def __init__(
        self,
        *,
        on_machines: frozenset[str],
        kinds: Mapping[str, frozenset[str]],
        via: Callable[[str], tuple[str, ...]],
        left: Callable[[Target, Sequence[str]], Failure | None] = lambda _target, _machines: None,
    ) -> None:
        self._on_machines = on_machines
        self._kinds = kinds
        self._via = via
        self._left = left
        self._tasks: dict[str, _Task] = {}
        self._machines: dict[str, _Machine] = {}
        self._clocks: dict[str, Clock] = {}

    def add(self, target: Target) -> bool:
        """Note a target; was it new? A known one may gain machines that can answer for it."""
        if target.role not in self._kinds or not target.endpoint:
            return False
        candidates: list[str] = []
        if target.role in self._on_machines:
            candidates = list(dict.fromkeys((*self._via(target.host), *target.via))) or [target.host]
        new = target.scope not in self._tasks
        task = self._tasks.setdefault(target.scope, _Task(target=target))
        task.candidates.extend(name for name in candidates if name not in task.candidates)
        task.via.update(target.via)
        task.left = self._left(target, task.candidates)
        return new

    def kinds(self, role: str) -> frozenset[str]:
        """The kinds of fact that a role tells."""
        return self._kinds[role]

    def recall(self, told: Told) -> None:
        """Note what was read to its end at an earlier time."""
        task = self._tasks[told.target.scope]
        task.parts.update((part.kind, part) for part in told.parts)
        task.settled = task.looked >= self._kinds[told.target.role]

    def ready(self, *, nothing_runs: bool) -> Iterator[Job]:
        """Every visit that can begin now; each is noted as begun."""
        waiting: dict[str, list[_Task]] = {}
        for task in self._tasks.values():
            if task.busy or task.settled or task.left:
                continue
            if not task.candidates:
                nothing_runs = False
                yield self._begin("", [task])
            elif (machine := self._reachable(task)) is not None:
                waiting.setdefault(machine, []).append(task)
        # The last visit must hold all there is to ask, so it waits until nothing can add to it.
        begun = [name for name in waiting if self._may_begin(name, MOST_VISITS - 1)]
        if not begun and nothing_runs:
            begun = [name for name in waiting if self._may_begin(name, MOST_VISITS)]
        for name in begun:
            yield self._begin(name, waiting[name])

    def take(self, visit: Visit) -> None:
        """Note how a visit ended."""
        if visit.machine:
            machine = self._machines[visit.machine]
            machine.busy = False
            machine.lost = visit.failure
        if visit.clock is not None:
            self._clocks[visit.machine] = structs.replace(visit.clock, endpoint=visit.machine)
        for target in visit.targets:
            self._tasks[target.scope].busy = False
        if visit.failure is not None:
            for target in visit.targets:
                self._tasks[target.scope].failures[visit.machine] = visit.failure
        for told in visit.told:
            self._note(self._tasks[told.target.scope], told, visit.machine)

    def told(self) -> Iterator[Told]:
        """What every target told that told anything."""
        for task in self._tasks.values():
            if task.parts:
                yield Told(target=task.target, parts=tuple(task.parts.values()))

    def untold(self) -> Iterator[tuple[Target, frozenset[str], Failure]]:
        """Every target of which nobody told these kinds of fact, and why."""
        for task in self._tasks.values():
            kinds = self._kinds[task.target.role] - task.parts.keys()
            if kinds:
                yield task.target, kinds, task.left or _summed(task)

    @property
    def targets(self) -> tuple[Target, ...]:
        """Every target that was found; whoever told of it, and in which order."""
        return tuple(structs.replace(task.target, via=tuple(sorted(task.via))) for task in self._tasks.values())

    @property
    def clocks(self) -> tuple[Clock, ...]:
        """The clocks of the machines that answered."""
        return tuple(self._clocks.values())

    def _reachable(self, task: _Task) -> str | None:
        """The next machine to try for a task; those that are known to be lost are passed over."""
        while (name := task.next()) is not None:
            machine = self._machines.setdefault(name, _Machine())
            if machine.lost is not None:
                task.failures[name] = machine.lost
            elif machine.visits >= MOST_VISITS and not machine.busy:
                reason = f"{name} was visited {MOST_VISITS} times before this was known to be asked there"
                task.failures[name] = Failure(cause="visits", reason=reason)
            else:
                return name
        return None

    def _may_begin(self, name: str, most: int) -> bool:
        machine = self._machines[name]
        return not machine.busy and machine.visits < most

    def _begin(self, name: str, tasks: Iterable[_Task]) -> Job:
        if name:
            self._machines[name].visits += 1
            self._machines[name].busy = True
        begun = list(tasks)
        for task in begun:
            task.busy = True
        known = frozenset((task.target.scope, kind) for task in begun for kind in task.looked)
        return Job(machine=name, targets=tuple(sorted(task.target for task in begun)), known=known)

    def _note(self, task: _Task, told: Told, machine: str) -> None:
        for part in told.parts:
            known = task.parts.get(part.kind)
            if known is None or (isinstance(known.end, Gap) and isinstance(part.end, Looked)):
                task.parts[part.kind] = part
        gaps = [part.end for part in task.parts.values() if isinstance(part.end, Gap)]
        task.settled = not gaps or not machine
        if gaps:
            task.failures[machine] = Failure(cause=gaps[0].cause, reason=gaps[0].reason)


def _summed(task: _Task) -> Failure:
    failures = list(dict.fromkeys(task.failures.values()))
    if not failures:
        return Failure(cause="never-asked", reason="was never asked")
    if len(failures) == 1:
        return failures[0]
    return Failure(
        cause=failures[0].cause, reason="nobody could be asked: " + "; ".join(one.reason for one in failures)
    )
