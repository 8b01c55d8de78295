"""`python -m loadtests.run`, the same as `python -m loadtests run`."""

import sys

from loadtests.cli.main import main

if __name__ == "__main__":
    sys.argv.insert(1, "run")
    sys.exit(main())
