"""The modules that a command loads."""

import subprocess
import sys

TIMEOUT_S = 60
DRIVERS = {"shared", "pymysql", "redis", "psutil", "aiomysql", "flask", "quart", "gunicorn", "hypercorn", "compose"}


def test_judging_results_loads_no_driver_and_no_server() -> None:
    script = """
import sys
import loadtests.compare
from loadtests.cli.main import main
main(["compare", "loadtests/results/example", "--json"])
print(*{name.partition(".")[0] for name in sys.modules}, file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=TIMEOUT_S, check=True)
    loaded = set(done.stderr.split())
    assert {"loadtests", "scipy"} <= loaded
    assert loaded & DRIVERS == set()
