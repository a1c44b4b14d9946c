"""Are the checks' own tests good enough? Changes each check in every way of ``mutants`` and counts who notices.

``python -m tests.mutation.run [DR-VMM-001 ...]``; ``make mutate`` runs it over all checks. Every check gets a process
that builds its tests once, and the mutants run in a fork of it, a new one after each mutant that does not end: a
pytest of its own would cost each mutant some seconds, and there are thousands. Survivors go to the terminal and to
``reports/mutation/``.
"""

import argparse
import gc
import json
import os
import resource
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from multiprocessing import get_context
from pathlib import Path

from drcheck.check import checks_in
from tests.checks_loaded import MODULES
from tests.mutation.mutants import Mutant, mutants_of
from tests.mutation.report import ENDLESS, Fate, Result, argued, page, share
from tests.mutation.trial import Trial, check_of, module_of

FOLDER = Path(__file__).parents[2] / "reports" / "mutation"
MEMORY = 2 << 30
"""Bytes that a mutant may take on top of what its check took."""
PATIENCE = 20
"""How many times longer than the check itself, in CPU seconds, a mutant may think."""


def judged(path: Path) -> Result:
    """The fate of every mutant of one check."""
    source = path.read_text(encoding="utf-8")
    check = check_of(module_of(path))
    trial = Trial(check)
    began = time.process_time()
    wrong = trial.noticed(check)
    if wrong:
        return Result(check.id, (Fate(f"0: as it is: fails its own tests: {wrong}", ""),))
    trial.forget()
    limit = 1 + PATIENCE * (time.process_time() - began)
    gc.freeze()
    mutants = mutants_of(source)
    fates: list[Fate] = []
    while len(fates) < len(mutants):
        rest = mutants[len(fates) :]
        fates.extend(
            Fate(mutant.title, noticed)
            for mutant, noticed in zip(rest, _in_a_fork(rest, source, path, trial, limit), strict=False)
        )
    return Result(check.id, tuple(fates))


def _in_a_fork(mutants: Sequence[Mutant], source: str, path: Path, trial: Trial, limit: float) -> Iterator[str]:
    """What a fork of this process says about one mutant after the other, until one of them ends it."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            resource.setrlimit(resource.RLIMIT_AS, (_size() + MEMORY, resource.RLIM_INFINITY))
            for mutant in mutants:
                signal.setitimer(signal.ITIMER_VIRTUAL, limit)
                noticed = _noticed(mutant, source, path, trial)
                os.write(writing, noticed.replace("\n", " ").encode()[:1000] + b"\n")
                trial.forget()
        finally:
            os._exit(0)
    os.close(writing)
    told = 0
    with os.fdopen(reading, "rb") as pipe:
        for line in pipe:
            told += 1
            yield line.decode().rstrip("\n")
    _, status = os.waitpid(child, 0)
    if told < len(mutants):
        yield ENDLESS if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGVTALRM else "ends the process"


def _noticed(mutant: Mutant, source: str, path: Path, trial: Trial) -> str:
    try:
        check = check_of(module_of(path, mutant.of(source)))
    except Exception as error:  # noqa: BLE001 - whatever it is, nobody could ship it
        return f"does not load: {type(error).__name__}"
    return trial.noticed(check)


def _size() -> int:
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()


def main() -> int:
    """Judge the checks that are named, or all; 1 when fewer mutants were noticed than asked for."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("checks", nargs="*", metavar="DR-AREA-NNN")
    arguments.add_argument("--at-least", type=float, default=90.0, metavar="PERCENT")
    arguments.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    given = arguments.parse_args()
    paths = [
        path
        for path, module in MODULES.items()
        if not given.checks or {check.id for check in checks_in(module)} & set(given.checks)
    ]
    gc.freeze()
    with get_context("fork").Pool(given.processes, maxtasksperchild=1) as pool:
        results = []
        for result in pool.imap_unordered(judged, paths):
            results.append(result)
            sys.stderr.write(f"{result.check}: {len(result.survivors)} of {len(result.fates)} survive\n")
            sys.stderr.flush()
    text = page(sorted(results), argued())
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / "mutants.txt").write_text(text, encoding="utf-8")
    (FOLDER / "mutants.json").write_text(json.dumps({one.check: one.fates for one in results}), encoding="utf-8")
    sys.stdout.write(text)
    return 0 if share(results) >= given.at_least else 1


if __name__ == "__main__":
    sys.exit(main())
