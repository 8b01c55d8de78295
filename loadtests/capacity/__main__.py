"""python -m loadtests.capacity."""

import sys

from loadtests.capacity.command import main

if __name__ == "__main__":
    sys.exit(main())
