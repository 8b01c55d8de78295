"""`python -m loadtests.run`."""

import sys

from loadtests.cli.run import main

if __name__ == "__main__":
    sys.exit(main())
