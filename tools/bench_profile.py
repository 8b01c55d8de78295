"""A CPU profile of each service under load, by package: python -m tools.bench_profile.

py-spy samples each service in turn while k6 requests products. A sample counts when a thread holds the GIL, for the
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
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from compose.local.failures import StackError
from compose.local.options import StackOptions
from compose.local.stack import Stack
from loadtests.observe.window import MEASURED
from loadtests.studies.ceiling.run import COMBINATIONS, describe_run
from loadtests.targets.local import LocalTarget

# Imports and first requests are left out.
WARM_SECONDS: Final = 1
LONGEST_START_SECONDS: Final = 60
POLL_SECONDS: Final = 0.1
# The same number of visitors as the ceiling.
LOAD: Final = {"PROFILE": "capacity", "MIX": "product=1", "VUS": "8", "WARM_UP": str(WARM_SECONDS), "TURNS": "0"}
SAMPLES_PER_SECOND: Final = 200
# py-spy and k6 take a moment to start and to stop.
SPARE_SECONDS: Final = 30
# Where pip has installed it, which may not be on PATH.
SAMPLER: Final = str(Path(sys.executable).with_name("py-spy"))
# One folded stack per line: frames from the outside in, each with its file, then the number of samples.
FRAME_FILE: Final = re.compile(r"\(([^();]+?)(?::\d+)?\) \d+$")
PACKAGE: Final = re.compile(r"site-packages/([^/]+?)(?:\.py)?(?:/|$)")
STANDARD: Final = re.compile(r"/python3\.\d+/([^/]+?)(?:\.py)?(?:/|$)")
OURS: Final = ("sync_api", "async_api", "shared")
ELSEWHERE: Final = "interpreter"
# Packages with less are summed up in the last row of the table.
SMALLEST_SHARE: Final = 0.02

Shares = dict[str, float]


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status 2 if a program is missing."""
    options = _options(arguments)
    run = describe_run(shlex.join(["python", "-m", "tools.bench_profile", *sys.argv[1:]]))
    try:
        with Stack(StackOptions(port_base=int(os.environ.get("PORT_BASE") or 8000))) as stack:
            profiles = {name: shares(sampled(stack, name, options.seconds)) for name in COMBINATIONS}
            run["versions"] = {"database": stack.database_version}
    except StackError as error:
        sys.stderr.write(f"bench_profile: {error}\n")
        return error.status
    show(profiles)
    if options.json:
        options.json.write_text(json.dumps({"run": run, "load": LOAD, "shares": profiles}, indent=2) + "\n", "utf-8")
    return 0


def sampled(stack: Stack, name: str, seconds: int) -> Sequence[str]:
    """Folded stacks of one service under load; raises StackError."""
    lasting = {"DURATION": str(WARM_SECONDS + seconds + SPARE_SECONDS)}
    where = {"COMBINATIONS": name, "PORT_BASE": str(stack.options.port_base)}
    with tempfile.TemporaryDirectory() as folder, closing(LocalTarget(stack)) as target:
        log = Path(folder) / "k6.log"
        with closing(target.generator({**LOAD, **lasting, **where, "RESULTS": folder}, log)):
            _wait_for_load(log)
            return _samples(stack.service(name).pid, seconds, Path(folder) / "stacks")


def _wait_for_load(log: Path) -> None:
    until = time.monotonic() + LONGEST_START_SECONDS
    while not MEASURED.search(log.read_text("utf-8")):
        if time.monotonic() > until:
            raise StackError(f"k6 asked for nothing: {log.read_text('utf-8').strip()}")
        time.sleep(POLL_SECONDS)
    time.sleep(WARM_SECONDS)


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


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tools.bench_profile", description=__doc__)
    parser.add_argument("--seconds", type=int, default=10, help="seconds of samples for each service (10)")
    parser.add_argument("--json", type=Path, help="also write the shares to this file")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
