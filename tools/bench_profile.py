"""A CPU profile of each service under load, by package: python -m tools.bench_profile.

py-spy samples each service in turn while wrk requests one product. A sample counts when a thread holds the GIL, for the
package of its innermost frame: self time, without callees.
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
# Imports and first requests are left out.
WARM_SECONDS: Final = 2
SAMPLES_PER_SECOND: Final = 200
# py-spy and wrk take a moment to start and to stop.
SPARE_SECONDS: Final = 30
# Where pip has installed it, which need not be on PATH.
SAMPLER: Final = str(Path(sys.executable).with_name("py-spy"))
# One folded stack a line: frames from the outside in, each with its file, then how many samples.
FRAME_FILE: Final = re.compile(r"\(([^();]+?)(?::\d+)?\) \d+$")
PACKAGE: Final = re.compile(r"site-packages/([^/]+?)(?:\.py)?(?:/|$)")
STANDARD: Final = re.compile(r"/python3\.\d+/([^/]+?)(?:\.py)?(?:/|$)")
OURS: Final = ("sync_api", "async_api", "shared")
ELSEWHERE: Final = "interpreter"
# Packages with less are summed up in the last row of the table.
SMALLEST_SHARE: Final = 0.02

Shares = dict[str, float]


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status 2 when a program is missing."""
    options = _options(arguments)
    run = describe_run(shlex.join(["python", "-m", "tools.bench_profile", *sys.argv[1:]]))
    try:
        with started(int(os.environ.get("PORT_BASE") or 8000)) as stack:
            profiles = {name: shares(sampled(stack, name, options.seconds)) for name in COMBINATIONS}
            run["versions"] = {"database": stack.database_version}
    except StackError as error:
        sys.stderr.write(f"bench_profile: {error}\n")
        return error.status
    show(profiles)
    if options.json:
        options.json.write_text(json.dumps({"run": run, "path": PATH, "shares": profiles}, indent=2) + "\n", "utf-8")
    return 0


def sampled(stack: Stack, name: str, seconds: int) -> Sequence[str]:
    """Folded stacks of one service under load; raises StackError."""
    load = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{WARM_SECONDS + seconds + SPARE_SECONDS}s", stack.url(name) + PATH]
    with pinned(stack.placement.others), tempfile.TemporaryDirectory() as folder:
        wrk = subprocess.Popen(load, stdout=subprocess.DEVNULL)
        try:
            _wait(wrk, WARM_SECONDS)
            return _samples(stack.service(name).pid, seconds, Path(folder) / "stacks")
        finally:
            wrk.terminate()
            wrk.wait(SPARE_SECONDS)


def shares(stacks: Sequence[str]) -> Shares:
    """Share of the samples by package of the innermost frame, largest first; StackError without a sample."""
    counts: Counter[str] = Counter()
    for line in stacks:
        counts[package_of(line)] += int(line.rpartition(" ")[2])
    if not counts:
        raise StackError("py-spy took no sample: is the service idle?")
    return {name: round(count / counts.total(), 4) for name, count in counts.most_common()}


def package_of(line: str) -> str:
    """The package of a folded stack's innermost frame; the services' own code counts by folder."""
    file = FRAME_FILE.search(line)
    if file is None:
        return ELSEWHERE
    path = file.group(1)
    ours = [name for name in OURS if f"/{name}/" in path or path.startswith(f"{name}/")]
    for match in (PACKAGE.search(path), STANDARD.search(path)):
        if match and not ours:
            return match.group(1)
    return ours[0] if ours else ELSEWHERE


def show(profiles: Mapping[str, Shares]) -> None:
    """A row for each package that reaches SMALLEST_SHARE in any combination."""
    table = Table("package", *profiles)
    names = dict.fromkeys(name for each in profiles.values() for name, share in each.items() if share >= SMALLEST_SHARE)
    for name in names:
        table.add_row(name, *(f"{each.get(name, 0):.0%}" for each in profiles.values()))
    table.add_row("all others", *(f"{_rest(each, list(names)):.0%}" for each in profiles.values()))
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


def _wait(wrk: subprocess.Popen[bytes], seconds: int) -> None:
    try:
        wrk.wait(seconds)
    except subprocess.TimeoutExpired:
        return
    raise StackError("wrk ended early")


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tools.bench_profile", description=__doc__)
    parser.add_argument("--seconds", type=int, default=10, help="seconds of samples for each service (10)")
    parser.add_argument("--json", type=Path, help="also write the shares to this file")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
