"""`python -m loadtests`: every command; --help says which there are."""

import sys

from loadtests.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
