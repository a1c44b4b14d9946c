"""What can be done from the command line? Every command is thin over functions that others can call as well.

Exit codes: 0 PASSED, 1 FAILED, 2 INCOMPLETE, 4 usage error, 130 interrupted.
"""

import sys
import traceback
from collections.abc import Sequence

import typer

from drcheck.cli.sentinel import app
from drcheck.errors import DrcheckError, SnapshotError, UsageError

USAGE_ERROR, INCOMPLETE, INTERRUPTED = 4, 2, 130
CODES = (
    ((typer.TyperException, UsageError, SnapshotError), USAGE_ERROR),
    ((KeyboardInterrupt, typer.Abort), INTERRUPTED),
    (Exception, INCOMPLETE),  # Python's own exit code of a crash is 1, which says FAILED here
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line; returns the exit code. What goes wrong on purpose is one line, never a traceback."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        code = int(app(args=given or ["--help"], prog_name="drcheck", standalone_mode=False) or 0)
    except SystemExit as left:
        if isinstance(left.__context__, BrokenPipeError):  # nobody reads on, and typer leaves with 1
            return INCOMPLETE
        raise
    except (KeyboardInterrupt, Exception) as error:  # noqa: BLE001 - every end has an exit code of ours
        sys.stderr.write(f"drcheck: {_said(error)}\n")
        return next(code for kinds, code in CODES if isinstance(error, kinds))
    if code == INTERRUPTED:  # typer turns Ctrl-C into an exit code, and says nothing
        sys.stderr.write("drcheck: interrupted\n")
    return code


def _said(error: BaseException) -> str:
    match error:
        case typer.TyperException():
            return f"{error.format_message()} (see: drcheck --help)"
        case KeyboardInterrupt() | typer.Abort():
            return "interrupted"
        case DrcheckError():
            return str(error)
        case OSError():
            where = f"{error.filename}: " if error.filename else ""
            return f"{where}{error.strerror or error}; what was being written is not whole"
        case _:
            return "".join(["broken off by a mistake\n", *traceback.format_exception(error)]).rstrip()
