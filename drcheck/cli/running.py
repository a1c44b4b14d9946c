"""How does a command become a pytest session, and a session an exit code?"""

from collections.abc import Sequence
from pathlib import Path

import pytest
from msgspec import Struct

from drcheck.pytest_plugin.session import RUN
from drcheck.verdict import EXIT_CODES, Run, RunVerdict

CONFIG = Path(__file__).with_name("pytest.ini")
USAGE_ERROR, INTERRUPTED = 4, 130


class Request(Struct, frozen=True, kw_only=True):
    """What a session is to do. ``options`` are pairs of a pytest option and its value; ``None``: not given."""

    paths: Sequence[Path] = ()
    options: Sequence[tuple[str, object]] = ()


class Observer:
    """Remembers how a session ended; pytest's own exit status cannot tell FAILED from INCOMPLETE."""

    def __init__(self) -> None:
        self.run: Run | None = None
        self.interrupted = False

    @pytest.hookimpl
    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Note an interruption by the user; pytest reports its own early ends the same way."""
        self.interrupted = self.interrupted or excinfo.type is KeyboardInterrupt

    @pytest.hookimpl
    def pytest_unconfigure(self, config: pytest.Config) -> None:
        """Note the finished run."""
        self.run = config.stash.get(RUN, None)


def run_checks(request: Request) -> int:
    """Hold the session and return the exit code of the command line."""
    observer = Observer()
    status = pytest.main(arguments(request), plugins=[observer])
    return exit_code(int(status), observer.run, interrupted=observer.interrupted)


def arguments(request: Request) -> list[str]:
    """The session's command line."""
    quiet = ["-q", "--no-header", "--tb=no", "-rN", "--continue-on-collection-errors"]
    ours = ["-c", str(CONFIG), "--rootdir", str(Path.cwd()), "-p", "drcheck", "-p", "no:cacheprovider"]
    checks = [str(path) for path in request.paths] or ["--shipped-checks"]
    options = [text for name, value in request.options for text in _option(name, value)]
    return [*ours, *quiet, *options, *checks]


def _option(name: str, value: object) -> list[str]:
    if value is None or value is False:
        return []
    if value is True:
        return [name]
    if isinstance(value, list | tuple):
        return [text for each in value for text in _option(name, each)]
    return [f"{name}={value}"]


def exit_code(status: int, run: Run | None, *, interrupted: bool) -> int:
    """The command's exit code: the run's verdict, unless there was none to speak of."""
    if interrupted:
        return INTERRUPTED
    if status == pytest.ExitCode.USAGE_ERROR:
        return USAGE_ERROR
    if run is None or status == pytest.ExitCode.INTERNAL_ERROR:
        return EXIT_CODES[RunVerdict.INCOMPLETE]
    return EXIT_CODES[run.verdict]
