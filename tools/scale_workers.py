"""The throughput of two workers on two cores by that of one worker on one: two stacks in turns, one product, wrk.

Per request k6 needs half of a service's CPU, wrk a twentieth: generator and service share the two cores.
"""

import os
import re
import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import fmean
from typing import Any, Final, NamedTuple

from compose.local.failures import StackError
from compose.local.options import StackOptions
from compose.local.placement import listed, pinned
from compose.local.stack import Stack
from loadtests.observe.processes import busy_between, cpu_seconds, processes_of, read_cores
from tools.scale_costs import ratio

SECONDS: Final = 1
PAIRS: Final = 6
CONNECTIONS: Final = 16
PATH: Final = "/api/products/7"
NAMES: Final = ("sync", "sync-cached", "async", "async-cached")
DONE: Final = re.compile(r"(\d+) requests in ([\d.]+)s")
WRONG: Final = re.compile(r"(Non-2xx.*|Socket errors.*)")


class Turn(NamedTuple):
    """Milliseconds of CPU per request by program, the busiest worker's share of all workers' CPU time, and the shares
    of the machine's time of these programs and of all others.
    """

    requests_per_s: float
    service_cpu_ms: float
    database_cpu_ms: float
    cache_cpu_ms: float
    generator_cpu_ms: float
    busiest_worker: float
    used: float
    used_by_others: float


@contextmanager
def stacks(port_base: int) -> Iterator[list[Stack]]:
    """One worker on the first core, all else on the others; and as many workers as cores, shared with all else."""
    cores = sorted(os.sched_getaffinity(0))[:2]
    if len(cores) < 2:
        raise StackError("two workers need two cores")
    first, both = str(cores[0]), ",".join(map(str, cores))
    single = StackOptions(port_base=port_base, workers=1)
    two = StackOptions(port_base=port_base + 100, workers=2)
    with (
        _on(first, str(cores[1])), Stack(single) as small,
        _on(both, both), Stack(two) as large,
    ):  # fmt: skip
        yield [small, large]


@contextmanager
def _on(services: str, others: str) -> Iterator[None]:
    names = {"SERVICE_CPUS": services, "OTHER_CPUS": others}
    before = {name: os.environ.get(name) for name in names}
    os.environ |= names
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def measure(running: list[Stack], name: str) -> dict[str, Any]:
    """Raises StackError for a failed request."""
    turns: dict[int, list[Turn]] = {1: [], 2: []}
    for number in range(PAIRS + 1):
        for stack in running[:: -1 if number % 2 else 1]:
            turns[stack.options.workers].append(turn(stack, name))
    single, double = (rounds[1:] for rounds in turns.values())  # the first has warmed it up
    return {
        "one": mean(single),
        "two": mean(double),
        "rate": ratio([each.requests_per_s for each in single], [each.requests_per_s for each in double]),
        "service_cpu": ratio([each.service_cpu_ms for each in single], [each.service_cpu_ms for each in double]),
    }


def mean(turns: list[Turn]) -> dict[str, float]:
    return {figure: round(fmean(getattr(each, figure) for each in turns), 4) for figure in Turn._fields}


def turn(stack: Stack, name: str) -> Turn:
    pids = [process.pid for process in processes_of(stack.service(name).pid)]
    pids += [stack.database_pid, stack.cache_pid]
    before, generator, cores = [cpu_seconds(pid) for pid in pids], _children(), read_cores()
    requests, seconds = _ask(stack, name)
    busy, made = fmean(busy_between(cores, read_cores()).values()), _children() - generator
    spent = [cpu_seconds(pid) - was for pid, was in zip(pids, before, strict=True)]
    *workers, database, cache = spent
    each, used = 1000 / requests, (sum(spent) + made) / seconds / len(cores)
    return Turn(
        requests / seconds, sum(workers) * each, database * each, cache * each, made * each,
        max(workers) / sum(workers), used, max(0.0, busy - used),
    )  # fmt: skip


def _ask(stack: Stack, name: str) -> tuple[int, float]:
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", stack.url(name) + PATH]
    with pinned(stack.placement.others):
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS + 10, check=False)
    match, wrong = DONE.search(done.stdout), WRONG.search(done.stdout)
    if not match or wrong:
        raise StackError(f"{name}, {listed(stack.placement.services)}: {wrong[0] if wrong else done.stderr}")
    return int(match[1]), float(match[2])


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
