"""What it costs to collect the server's side of a cell: python -m loadtests.collecting.

The stack is up and nobody asks it for anything. For as long as a cell is observed, and for as long when it is not, the
CPU time of every program is read, and of this one; the difference is what collecting costs.
"""

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

from compose.failures import StackError
from compose.local import Stack, StackOptions
from compose.progress import Progress
from loadtests.local_target import LocalTarget
from loadtests.looks import Looker
from loadtests.observation import Observation
from loadtests.usage import processes_of

NAME: Final = "sync-cached"
# The shortest cell that is quoted: a longer one has as many looks, and samples as often.
SECONDS: Final = 8.0
TIMES: Final = 5
LIMIT: Final = 0.01
NANOSECOND: Final = 1e-9
OURS: Final = "the collector"


class Cost(NamedTuple):
    """CPU seconds by program."""

    idle: dict[str, float]
    observed: dict[str, float]


def main(_: Sequence[str] | None = None) -> int:
    """Prints the share of one core that collecting takes; 1 when it is not below 1 %."""
    progress = Progress()
    try:
        options = StackOptions(only=[NAME], progress=progress, port_base=18000)
        with Stack(options) as stack, TemporaryDirectory() as folder:
            progress(f"{TIMES} times {SECONDS:g} s with and without looking")
            costs = [_measure(LocalTarget(stack), Path(folder)) for _ in range(TIMES)]
    except StackError as error:
        return progress.fail(error)
    finally:
        progress.end()
    shares = {name: median(cost.observed[name] - cost.idle[name] for cost in costs) / SECONDS for name in costs[0].idle}
    for name, share in shares.items():
        print(f"{name:<15}{share:8.3%} of one core")
    everything = sum(shares.values())
    print(
        f"{'in all':<15}{everything:8.3%} of one core, less than {LIMIT:.0%}: {'yes' if everything < LIMIT else 'NO'}"
    )
    return int(everything >= LIMIT)


def _measure(target: LocalTarget, folder: Path) -> Cost:
    try:
        idle = _spent(target, None)
        log = folder / "k6.log"
        start = time.time() + 0.2
        log.write_text(f"{NAME} is measured from {round(start * 1000)} for {SECONDS:g} s")
        return Cost(idle, _spent(target, log))
    finally:
        target.close()


def _spent(target: LocalTarget, log: Path | None) -> dict[str, float]:
    """The CPU seconds of every program in one cell's time, observed when there is a log to follow."""
    programs = target.programs(NAME)
    with Looker(target, NAME) as looker:
        before, own = _used(programs), time.process_time()
        if log:
            with Observation(looker, programs, log) as observation:
                time.sleep(SECONDS + 0.5)
                observation.end()
        else:
            time.sleep(SECONDS + 0.5)
        own, after = time.process_time() - own, _used(programs)
    return {name: after[name] - before[name] for name in programs} | {OURS: own}


def _used(programs: dict[str, int]) -> dict[str, float]:
    """By the kernel's nanoseconds: its usual count goes by hundredths of a second, which is more than a look takes."""
    return {name: sum(_on_a_core(each.pid) for each in processes_of(pid)) for name, pid in programs.items()}


def _on_a_core(pid: int) -> float:
    texts = [(task / "schedstat").read_text() for task in Path(f"/proc/{pid}/task").iterdir()]
    return sum(int(text.split()[0]) for text in texts) * NANOSECOND


if __name__ == "__main__":
    sys.exit(main())
