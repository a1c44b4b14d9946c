"""How many drills may run on one host, or in one vault, at a time? Counted over all processes that share a folder.

The operating system gives a place back when its process dies, so nobody has to.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from filelock import FileLock, Timeout

from drcheck.drill import Context
from drcheck.drill.planning.announcement import Load
from drcheck.drill.timing.waiting import STEADY_SECONDS
from drcheck.errors import DrillError
from drcheck.estate.drill_spec import Limits

FOLDER = ".places"


def places(context: Context, loads: Sequence[Load], limits: Limits, seconds: float) -> ExitStack:
    """Hold a place for each test failover on each host and in each vault, as far as they run there at once.

    Args:
        context: knows the folder, the time and how to wait.
        loads: what is failed over.
        limits: how many may run at once.
        seconds: how long to wait for others.

    Raises:
        DrillError: there were too few places in that time.
    """
    hosts, vaults = Counter(one.host for one in loads if one.host), Counter(one.vault for one in loads if one.vault)
    wanted = [(f"host {name}", min(count, limits.per_host), limits.per_host) for name, count in sorted(hosts.items())]
    wanted += [
        (f"vault {name}", min(count, limits.per_vault), limits.per_vault) for name, count in sorted(vaults.items())
    ]
    with ExitStack() as stack:
        for resource, count, most in wanted:
            stack.enter_context(place(context, resource, most, count=count, seconds=seconds))
        return stack.pop_all()


@contextmanager
def place(context: Context, resource: str, most: int, *, count: int = 1, seconds: float) -> Iterator[None]:
    """Hold places that a resource has, and wait for them to become free.

    Args:
        context: knows the folder, the time and how to wait.
        resource: what has places.
        most: how many may be taken, ours included. The strictest of those who hold one counts.
        count: how many to take, all of them or none.
        seconds: how long to wait.

    Raises:
        DrillError: there were too few in that time.
    """
    folder = context.estate.drill_journals or context.estate.drill_records or context.folder
    base = folder / FOLDER / hashlib.sha256(resource.lower().encode()).hexdigest()[:24]
    base.parent.mkdir(parents=True, exist_ok=True)
    began = context.now()
    with ExitStack() as stack:
        while (refused := _taken(base, most, count, stack)) is not None:
            if (context.now() - began).total_seconds() >= seconds:
                raise DrillError(
                    f"{resource}: {len(refused)} test failovers run there now, and no more than "
                    f"{min([most, *refused])} may (limits); {count} more did not find a place in {seconds:.0f} s"
                )
            context.wait(STEADY_SECONDS)
        yield


def _taken(base: Path, most: int, count: int, stack: ExitStack) -> Sequence[int] | None:
    """Take a place; if there is none, the limits of those who hold the others."""
    with FileLock(f"{base}.lock"):
        limits = [limit for path in base.parent.glob(f"{base.name}.*.*.lock") for limit in _held(path)]
        if len(limits) + count > min([most, *limits]):
            return limits
        for _ in range(count):
            mine = Path(f"{base}.{uuid4().hex}.{most}.lock")  # never a name of before: others may remove that
            stack.callback(_forget, mine)
            stack.enter_context(FileLock(mine, timeout=0))
        return None


def _held(path: Path) -> Iterator[int]:
    """The limit of whoever holds a place; nothing when nobody does any more, and then its file goes."""
    lock = FileLock(path, timeout=0)
    try:
        lock.acquire()
    except Timeout:
        yield int(path.name.split(".")[-2])
        return
    lock.release()
    _forget(path)


def _forget(path: Path) -> None:
    with suppress(OSError):  # Windows: somebody looks at it now, and removes it
        path.unlink(missing_ok=True)
