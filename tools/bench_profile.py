"""Where a service's time goes under the bench's load: python -m tools.bench_profile.

py-spy takes samples of each service in turn while wrk asks it for one product. A sample counts where the interpreter
lock is held, for the package of its innermost frame: what that package spends itself, not what it calls.
"""

import argparse
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from compose.local.failures import StackError
from compose.local.placement import pinned
from compose.local.stack import Stack
from loadtests.studies.ceiling.run import COMBINATIONS, PATH, describe_run, started

CONNECTIONS: Final = 50
# Samples of the warmed service only: imports and first requests are not what is asked.
WARM_SECONDS: Final = 2
SAMPLES_PER_SECOND: Final = 200
# py-spy and wrk take a moment to start and to stop.
SPARE_SECONDS: Final = 30
# Where pip has put it, which need not be on a user's PATH.
SAMPLER: Final = str(Path(sys.executable).with_name("py-spy"))
# One folded stack a line: frames from the outside in, each with its file, then how many samples.
FRAME_FILE: Final = re.compile(r"\(([^();]+?)(?::\d+)?\) \d+$")
PACKAGE: Final = re.compile(r"site-packages/([^/]+?)(?:\.py)?(?:/|$)")
STANDARD: Final = re.compile(r"/python3\.\d+/([^/]+?)(?:\.py)?(?:/|$)")
OURS: Final = ("sync_api", "async_api", "shared")
ELSEWHERE: Final = "interpreter"
# A package of less is left to the last line of the table.
SMALLEST_SHARE: Final = 0.02

Shares = dict[str, float]


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints a column a combination and writes the shares; gives 0, or 2 when something is missing."""
    options = _options(arguments)
    run = describe_run(shlex.join(["python", "-m", "tools.bench_profile", *sys.argv[1:]]))
    try:
        with started(int(os.environ.get("PORT_BASE") or 8000)) as stack:
            found = {name: shares(sampled(stack, name, options.seconds)) for name in COMBINATIONS}
            run["versions"] = {"database": stack.database_version}
    except StackError as error:
        sys.stderr.write(f"bench_profile: {error}\n")
        return error.status
    show(found)
    if options.json:
        options.json.write_text(json.dumps({"run": run, "path": PATH, "shares": found}, indent=2) + "\n", "utf-8")
    return 0


def sampled(stack: Stack, name: str, seconds: int) -> Sequence[str]:
    """Gives the folded stacks of one service under load; raises StackError."""
    load = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{WARM_SECONDS + seconds + SPARE_SECONDS}s", stack.url(name) + PATH]
    with pinned(stack.placement.others), tempfile.TemporaryDirectory() as folder:
        asking = subprocess.Popen(load, stdout=subprocess.DEVNULL)
        try:
            _wait(asking, WARM_SECONDS)
            return _samples(stack.service(name).pid, seconds, Path(folder) / "stacks")
        finally:
            asking.terminate()
            asking.wait(SPARE_SECONDS)


def shares(stacks: Sequence[str]) -> Shares:
    """Gives the share of the samples by package of the innermost frame, the largest first; raises StackError."""
    counts: Counter[str] = Counter()
    for line in stacks:
        counts[package_of(line)] += int(line.rpartition(" ")[2])
    if not counts:
        raise StackError("py-spy saw nothing run")
    return {name: round(count / counts.total(), 4) for name, count in counts.most_common()}


def package_of(line: str) -> str:
    """Gives the package of a folded stack's innermost frame; the services' own code by its folder."""
    file = FRAME_FILE.search(line)
    if file is None:
        return ELSEWHERE
    path = file.group(1)
    ours = [name for name in OURS if f"/{name}/" in path or path.startswith(f"{name}/")]
    for found in (PACKAGE.search(path), STANDARD.search(path)):
        if found and not ours:
            return found.group(1)
    return ours[0] if ours else ELSEWHERE


def show(found: Mapping[str, Shares]) -> None:
    """Prints a line a package that has a share worth a line in any combination."""
    table = Table("package", *found)
    names = dict.fromkeys(name for each in found.values() for name, share in each.items() if share >= SMALLEST_SHARE)
    for name in names:
        table.add_row(name, *(f"{each.get(name, 0):.0%}" for each in found.values()))
    table.add_row("all others", *(f"{_rest(each, list(names)):.0%}" for each in found.values()))
    Console().print(table)


def _rest(each: Shares, named: Sequence[str]) -> float:
    return sum(share for name, share in each.items() if name not in named)


def _samples(pid: int, seconds: int, file: Path) -> Sequence[str]:
    words = ["--pid", str(pid), "--duration", str(seconds), "--rate", str(SAMPLES_PER_SECOND), "--output", str(file)]
    command = [SAMPLER, "record", "--subprocesses", "--gil", "--full-filenames", "--format", "raw", *words]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + SPARE_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise StackError(f"py-spy: {error}") from error
    if done.returncode or not file.exists():
        raise StackError(f"py-spy: {(done.stderr or done.stdout).strip()}")
    return list(_lines(file))


def _lines(file: Path) -> Iterator[str]:
    return (line for line in file.read_text(encoding="utf-8").splitlines() if line.strip())


def _wait(asking: subprocess.Popen[bytes], seconds: int) -> None:
    try:
        asking.wait(seconds)
    except subprocess.TimeoutExpired:
        return
    raise StackError("wrk ended before it was to")


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tools.bench_profile", description=__doc__)
    parser.add_argument("--seconds", type=int, default=10, help="seconds of samples for each service (10)")
    parser.add_argument("--json", type=Path, help="also write the shares to this file")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
