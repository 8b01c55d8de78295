"""python -m loadtests.sweep."""

import sys

from loadtests.sweep.command import main

if __name__ == "__main__":
    sys.exit(main())
