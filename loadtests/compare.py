"""`python -m loadtests.compare`, which is `python -m loadtests compare`."""

import sys

from loadtests.cli.main import main

if __name__ == "__main__":
    sys.argv.insert(1, "compare")
    sys.exit(main())
