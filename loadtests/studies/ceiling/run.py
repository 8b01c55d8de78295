"""How much of its server's speed each combination keeps: one product, no think time, beside a bare constant answer.

Every share is a ratio within one round, of neighbours, and every other round goes backwards, so a machine that drifts
moves both sides alike.
"""

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, Final, NamedTuple

from rich.console import Console
from rich.table import Table

from compose.local import ports, programs
from compose.local.failures import StackError, unusable
from compose.local.options import StackOptions
from compose.local.placement import pinned
from compose.local.processes import Process, environment, python
from compose.local.stack import Stack
from loadtests.observe.processes import processes_of, used
from loadtests.runner.ended import say
from loadtests.runner.environment import command_line, describe_checkout, describe_host
from loadtests.schema.files import write_json
from loadtests.studies.ceiling.app import TWINS

PATH: Final = "/api/products/7"
COMBINATIONS: Final = ("sync", "sync-cached", "async", "async-cached")
# Each combination beside its own ceiling.
ORDER: Final = tuple(f"{twin}{what}" for twin in TWINS for what in ("", "-ceiling", "-cached"))
RATE: Final = re.compile(r"Requests/sec:\s+([0-9.]+)")
TOTAL: Final = re.compile(r"([0-9]+) requests in")
FAILED: Final = re.compile(r"(Socket errors|Non-2xx).*")
READY_SECONDS: Final = 60.0
VERSION_SECONDS: Final = 10
AIMS: Final = {False: 0.5, True: 0.65}


class Target(NamedTuple):
    """What is measured: an address and the first process behind it."""

    url: str
    pid: int


class Figure(NamedTuple):
    """One round of one target: requests per second, and milliseconds of the service's CPU per request."""

    rate: float
    cpu_ms: float


Figures = dict[str, list[Figure]]


def bench(rounds: int, seconds: int, connections: int, port_base: int, json: Path | None) -> int:
    """Measures, prints the table and writes the figures; raises StackError when something is missing."""
    run = describe_run(command_line())
    with started(port_base) as stack:
        figures = measure(stack, rounds, seconds, connections)
        run["versions"] = {"database": stack.database_version, "wrk": wrk_version()}
    show(figures)
    if json:
        write_json(json, report(figures, run))
    return 0


def started(port_base: int) -> Stack:
    """One worker per service, not yet entered; raises StackError without wrk."""
    if programs.find("wrk") is None:
        raise unusable("wrk is not installed: apt install wrk")
    return Stack(StackOptions(workers=1, port_base=port_base, progress=say))


def describe_run(command: str) -> dict[str, Any]:
    return {
        "started_at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "command": command,
        "host": describe_host(),
        **describe_checkout(),
    }


def wrk_version() -> str:
    """Wrk exits with 1 here."""
    done = subprocess.run(["wrk", "-v"], capture_output=True, text=True, timeout=VERSION_SECONDS, check=False)
    return done.stdout.partition("[")[0].strip()


def measure(stack: Stack, rounds: int, seconds: int, connections: int) -> Figures:
    """One figure per round for each target; raises StackError."""
    figures: Figures = {}
    with _ceilings(stack) as ceilings:
        targets = ceilings | {name: Target(stack.url(name) + PATH, stack.service(name).pid) for name in COMBINATIONS}
        for turn in range(rounds):
            for name in ORDER[:: -1 if turn % 2 else 1]:
                figure = _figure(stack, targets[name], seconds, connections)
                figures.setdefault(name, []).append(figure)
                say(f"round {turn + 1} of {rounds}: {name} {figure.rate:.0f} req/s, {figure.cpu_ms:.3f} ms of CPU")
    return figures


def shares(figures: Figures) -> dict[str, float]:
    """The median over rounds of each combination's rate over its own server's ceiling."""
    pairs = {name: zip(figures[name], figures[_ceiling(name)], strict=True) for name in COMBINATIONS}
    return {name: median(mine.rate / top.rate for mine, top in rounds) for name, rounds in pairs.items()}


def report(figures: Figures, run: dict[str, Any]) -> dict[str, object]:
    rounds = {name: [figure._asdict() for figure in each] for name, each in figures.items()}
    return {"run": run, "path": PATH, "rounds": rounds, "of_the_ceiling": shares(figures)}


def show(figures: Figures) -> None:
    table = Table("", "req/s", "CPU ms/req", "of its ceiling", "aim")
    reached = shares(figures)
    for name in ORDER:
        rounds = figures[name]
        share = f"{reached[name]:.2f}" if name in reached else "1"
        aim = f"{AIMS[name.endswith('cached')]:.2f}" if name in reached else ""
        rate, cpu = median(each.rate for each in rounds), median(each.cpu_ms for each in rounds)
        table.add_row(name, f"{rate:.0f}", f"{cpu:.3f}", share, aim)
    Console().print(table)


@contextmanager
def _ceilings(stack: Stack) -> Iterator[dict[str, Target]]:
    running: dict[str, Process] = {}
    targets: dict[str, Target] = {}
    try:
        for twin in TWINS:
            name, port = _ceiling(twin), ports.free()
            running[name] = Process(name, stack.directory / f"{name}.log", stack.placement.services)
            settings = stack.service(twin).settings | {"BIND": f"{ports.LOOPBACK}:{port}"}
            command = [*python("loadtests.studies.ceiling.app"), twin]
            running[name].start(command, environment(stack.directory, settings), Path.cwd())
            running[name].wait(partial(ports.taken, port), READY_SECONDS)
            targets[name] = Target(f"http://{ports.LOOPBACK}:{port}/", running[name].pid)
        yield targets
    finally:
        for process in running.values():
            process.stop(READY_SECONDS)


def _figure(stack: Stack, target: Target, seconds: int, connections: int) -> Figure:
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", target.url]
    before, _ = used(processes_of(target.pid))
    with pinned(stack.placement.others):
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 30, check=False)
    after, _ = used(processes_of(target.pid))
    rate, total, failed = (pattern.search(done.stdout) for pattern in (RATE, TOTAL, FAILED))
    if done.returncode or rate is None or total is None or failed:
        raise StackError(f"wrk against {target.url}: {failed or done.stderr or done.stdout}")
    return Figure(float(rate.group(1)), 1000 * (after - before) / int(total.group(1)))


def _ceiling(name: str) -> str:
    return f"{name.partition('-')[0]}-ceiling"
