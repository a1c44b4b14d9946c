"""``python -m drcheck.lab serve …``: the lab as a program of its own."""

import sys

from drcheck.lab.running.serve import USAGE_ERROR, main

if __name__ == "__main__":
    if sys.argv[1:2] != ["serve"]:
        sys.stderr.write("usage: python -m drcheck.lab serve --scenario NAME --out DIR\n")
        sys.exit(USAGE_ERROR)
    sys.exit(main(sys.argv[2:]))
