"""``python -m drcheck``: the command line without its launcher."""

import sys

from drcheck.cli import main

if __name__ == "__main__":
    sys.exit(main())
