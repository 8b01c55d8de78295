"""`python -m loadtests`: all commands; see --help."""

import sys

from loadtests.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
