"""What can be done from the command line? Every command is thin over functions that others can call as well.

Exit codes: 0 PASSED, 1 FAILED, 2 INCOMPLETE, 4 usage error, 130 interrupted.
"""

import sys
from collections.abc import Sequence

import typer

from drcheck.cli.sentinel import app
from drcheck.errors import DrcheckError, SnapshotError, UsageError

USAGE_ERROR, INCOMPLETE, INTERRUPTED = 4, 2, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line; returns the exit code. What goes wrong on purpose is one line, never a traceback."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        return int(app(args=given or ["--help"], prog_name="drcheck", standalone_mode=False) or 0)
    except typer.TyperException as mistake:
        sys.stderr.write(f"drcheck: {mistake.format_message()} (see: drcheck --help)\n")
        return USAGE_ERROR
    except (KeyboardInterrupt, typer.Abort):
        sys.stderr.write("drcheck: interrupted\n")
        return INTERRUPTED
    except DrcheckError as error:
        sys.stderr.write(f"drcheck: {error}\n")
        return USAGE_ERROR if isinstance(error, UsageError | SnapshotError) else INCOMPLETE
