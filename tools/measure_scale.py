"""The effect of more data and more workers: seeding, each route's cost, and requests per second with two workers.

python -m tools.measure_scale costs      three minutes, with Docker five
python -m tools.measure_scale workers    two minutes; needs two cores and wrk
"""

import argparse
import json
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from compose.local.definition import CHECKOUT, room_for
from compose.local.failures import StackError
from compose.local.options import StackOptions
from compose.local.stack import Stack
from loadtests.runner.ended import say
from loadtests.schema.files import write_json
from loadtests.studies.ceiling.run import describe_run
from tools import scale_costs, scale_workers
from tools.scale_requests import AGGREGATES, LIMIT

SEEDING_S: Final = 120
# The limit for the workers' rate, where the database is not the bottleneck.
LEAST: Final = 1.7
COMPOSE: Final = ["docker", "compose", "--project-name", "async-rewrite-matrix-scale"]
WAIT_S: Final = 600


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status 1: a limit is broken, or a program failed. 2: this machine cannot be used."""
    options = _options(arguments)
    run = describe_run(shlex.join(["python", "-m", "tools.measure_scale", *sys.argv[1:]]))
    try:
        document = {options.part: PARTS[options.part](options.scale, options.port_base)}
    except StackError as error:
        sys.stderr.write(f"measure_scale: {error}\n")
        return error.status
    show(document, options.scale)
    if options.json:
        earlier = json.loads(options.json.read_text("utf-8")) if options.json.exists() else {}
        write_json(options.json, earlier | {part: {"run": run} | figures for part, figures in document.items()})
    broken = list(broken_limits(document))
    print("\n".join(broken) or "all limits hold")
    return int(bool(broken))


def measure_costs(scale: int, port_base: int) -> dict[str, Any]:
    """Seconds of seeding both ways, and the routes' costs."""
    names = scale_workers.NAMES
    containers_s = seeded_in_containers(scale)
    with Stack(StackOptions(port_base=port_base, only=names, progress=say)) as small:
        began = time.monotonic()
        with Stack(StackOptions(port_base=port_base + 100, only=names, scale=scale, progress=say)) as large:
            return {
                "scale": scale,
                "database": large.database_version,
                "seeding_s": {"local": round(time.monotonic() - began, 1), "compose": containers_s},
                "combinations": {name: dict(scale_costs.measure(small, large, name)) for name in names},
            }


def measure_workers(_scale: int, port_base: int) -> dict[str, Any]:
    with scale_workers.stacks(port_base) as running:
        return {"combinations": {name: scale_workers.measure(running, name) for name in scale_workers.NAMES}}


PARTS: Final[Mapping[str, Callable[[int, int], dict[str, Any]]]] = {"costs": measure_costs, "workers": measure_workers}


def seeded_in_containers(scale: int) -> float | None:
    """Seconds of the database container's first start, None without Docker."""
    environment = {**os.environ, "SCALE": str(scale), **room_for((), scale)}
    if not _succeeds(["docker", "info"], environment):
        return None
    say(f"filling the database container, SCALE={scale}")
    began = time.monotonic()
    try:
        if not _succeeds([*COMPOSE, "up", "--detach", "--wait", "database"], environment):
            raise StackError(f"the database container did not start: {shlex.join(COMPOSE)} logs database")
        return round(time.monotonic() - began, 1)
    finally:
        _succeeds([*COMPOSE, "down", "--volumes"], environment)


def _succeeds(command: Sequence[str], environment: Mapping[str, str]) -> bool:
    try:
        done = subprocess.run(command, cwd=CHECKOUT, env=environment, capture_output=True, timeout=WAIT_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def broken_limits(document: Mapping[str, Any]) -> Iterator[str]:
    for way, seconds in document.get("costs", {}).get("seeding_s", {}).items():
        if seconds is not None and seconds >= SEEDING_S:
            yield f"seeding, {way}: {seconds:.0f} s, not under {SEEDING_S}"
    for name, routes in _combinations(document, "costs"):
        for route, cost in routes.items():
            if route not in AGGREGATES and cost["cpu_ms"]["ratio"] > LIMIT:
                yield f"{name}, {route}: {cost['cpu_ms']['ratio']:.2f} times the CPU, more than {LIMIT}"
    for name, each in _combinations(document, "workers"):
        if name.endswith("-cached") and each["rate"]["ratio"] < LEAST:
            yield f"{name}: two workers serve {each['rate']['ratio']:.2f} times one worker's rate, less than {LEAST}"


def _combinations(document: Mapping[str, Any], part: str) -> Iterable[tuple[str, Any]]:
    return list(document.get(part, {}).get("combinations", {}).items())


def show(document: Mapping[str, Any], scale: int) -> None:
    console = Console()
    for way, seconds in document.get("costs", {}).get("seeding_s", {}).items():
        console.print(f"seeding, {way}: {seconds} s")
    costs = Table("", "", "CPU ms", f"x{scale}", "ratio", "rows read", f"x{scale}")
    for name, routes in _combinations(document, "costs"):
        for route, cost in routes.items():
            each = [cost["small"], cost["large"]]
            cpu = [f"{figures['service_cpu_ms'] + figures['servers_cpu_ms']:.2f}" for figures in each]
            rows = [f"{figures['rows']:,.1f}" for figures in each]
            costs.add_row(name, route, *cpu, _written(cost["cpu_ms"]), *rows)
    workers = Table(
        "", "req/s, one worker", "two", "ratio", "service CPU ms", "two", "busiest", "cores used", "by others"
    )
    for name, pairs in _combinations(document, "workers"):
        single, double = pairs["one"], pairs["two"]
        workers.add_row(
            name, f"{single['requests_per_s']:.0f}", f"{double['requests_per_s']:.0f}", _written(pairs["rate"]),
            f"{single['service_cpu_ms']:.3f}", f"{double['service_cpu_ms']:.3f}",
            f"{double['busiest_worker']:.0%}", f"{double['used']:.0%}", f"{double['used_by_others']:.0%}",
        )  # fmt: skip
    for table in (costs, workers):
        if table.row_count:
            console.print(table)


def _written(figures: Mapping[str, float]) -> str:
    return f"{figures['ratio']:.2f} ({figures['low']:.2f}-{figures['high']:.2f})"


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tools.measure_scale", description=__doc__)
    parser.add_argument("part", choices=PARTS, help="what is measured")
    parser.add_argument("--scale", type=int, default=10, help="of the larger data set (10)")
    parser.add_argument("--port-base", type=int, default=8000, help="services answer on the next ports (8000)")
    parser.add_argument("--json", type=Path, help="also write the figures to this file, beside the other part's")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
