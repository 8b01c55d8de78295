"""`python -m loadtests.compare`."""

import sys

from loadtests.cli.compare import main

if __name__ == "__main__":
    sys.exit(main())
