"""What it costs to collect the server's side of a cell: python -m loadtests.validation.simulation.collecting.

The stack is up and nobody asks it for anything. Over the measured time of a cell that is observed, and over as long
without, the CPU time of every program is read, and of this one; the difference is what collecting costs that cell. What
is done before the measured time and after it is not in it.
"""

import sys
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

from compose.local.failures import StackError
from compose.local.options import StackOptions
from compose.local.progress import Progress
from compose.local.stack import Stack
from loadtests.observe.processes import processes_of
from loadtests.observe.snapshot import Looker
from loadtests.observe.window import Observation
from loadtests.targets.local import LocalTarget

NAME: Final = "sync-cached"
# As short as any cell is unless asked for: a longer one has as many looks, and samples as often.
SECONDS: Final = 4.0
# Until the measured time begins, for the look before it, and how far ahead of it CPU time is read.
UNTIL_S, AHEAD_S = 1.0, 0.02
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
    programs, log = target.programs(NAME), folder / "k6.log"
    with closing(target), Looker(target, NAME) as looker:
        idle = _spent(programs, time.time())
        start = time.time() + UNTIL_S
        log.write_text(f"{NAME} is measured from {round(start * 1000)} for {SECONDS:g} s")
        with Observation(looker, programs, log):
            return Cost(idle, _spent(programs, start))


def _spent(programs: dict[str, int], start: float) -> dict[str, float]:
    """The CPU seconds of every program, and of this one, over the time that a cell from `start` on is measured."""
    _sleep_until(start - AHEAD_S)
    before, own = _used(programs), time.process_time()
    _sleep_until(start + SECONDS)
    own, after = time.process_time() - own, _used(programs)
    return {name: after[name] - before[name] for name in programs} | {OURS: own}


def _sleep_until(at: float) -> None:
    time.sleep(max(0.0, at - time.time()))


def _used(programs: dict[str, int]) -> dict[str, float]:
    """By the kernel's nanoseconds: its usual count goes by hundredths of a second, which is more than a look takes."""
    return {name: sum(_on_a_core(each.pid) for each in processes_of(pid)) for name, pid in programs.items()}


def _on_a_core(pid: int) -> float:
    texts = [(task / "schedstat").read_text() for task in Path(f"/proc/{pid}/task").iterdir()]
    return sum(int(text.split()[0]) for text in texts) * NANOSECOND


if __name__ == "__main__":
    sys.exit(main())
