"""What the end of a lifetime costs those who ask for a hot key: early refresh against plain expiry.

One report is asked for at a steady rate over several lifetimes, with CACHE_REFRESH on and off in turn. A request that
is slower than ten times the median hit is slow; its X-Cache tells whether expiry made it so.
"""

import argparse
import json
import os
import shlex
import sys
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from statistics import median
from typing import Any, Final

import msgspec
import redis
from rich.console import Console
from rich.table import Table

from compose.local.failures import StackError
from compose.local.options import StackOptions
from compose.local.placement import pinned
from compose.local.stack import Stack
from loadtests.runner.environment import describe_checkout, describe_host
from loadtests.runner.steady_load import Asked, SteadyLoad

PATH: Final = "/api/reports/revenue?days=60"
COMBINATIONS: Final = ("sync-cached", "async-cached")
MODES: Final = {"early refresh": "on", "plain expiry": "off"}
SLOW: Final = 10
PATIENCE_S: Final = "1"
REDIS_TIMEOUT_S: Final = 5.0


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """What one run of one combination showed; `slow` counts requests above ten median hits, by their X-Cache."""

    combination: str
    mode: str
    requests: int
    answers: dict[str, int]
    median_hit_ms: float
    slowest_ms: float
    slow: dict[str, int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures, prints the table and writes the figures; gives 0, or 2 when something is missing."""
    options = _options(arguments)
    try:
        figures = measure(options)
    except StackError as error:
        sys.stderr.write(f"expiry: {error}\n")
        return error.status
    show(figures)
    if options.json:
        options.json.write_text(json.dumps(report(options, figures), indent=2) + "\n", encoding="utf-8")
    return 0


def measure(options: argparse.Namespace) -> list[Figure]:
    """Gives the figures, rounds alternating between the modes; raises StackError."""
    base = int(os.environ.get("PORT_BASE") or 8000)
    figures = []
    with Stack(StackOptions(workers=2, port_base=base, only=COMBINATIONS, progress=_say)) as stack:
        for turn in range(options.rounds):
            for name in COMBINATIONS:
                for mode, switch in MODES.items():
                    _renew(stack, name, {"CACHE_REFRESH": switch, "CACHE_LIFETIME": str(options.lifetime)})
                    with pinned(stack.placement.others):
                        load = SteadyLoad(stack.service(name).port, PATH, options.rate, options.seconds)
                        asked = load.run()
                    figures.append(_figure(name, mode, asked))
                    _say(f"round {turn + 1} of {options.rounds}: {name}, {mode}: {figures[-1].slow or 'none slow'}")
    return figures


def report(options: argparse.Namespace, figures: Sequence[Figure]) -> dict[str, Any]:
    """Gives the figures as JSON holds them."""
    load = {"path": PATH, "rate_rps": options.rate, "seconds": options.seconds, "lifetime_s": options.lifetime}
    return {
        "command": shlex.join(["python", "-m", "loadtests.expiry", *sys.argv[1:]]),
        **describe_checkout(),
        "host": describe_host(),
        **load,
        "workers": 2,
        "cache_timeout_s": float(PATIENCE_S),
        "slow_is_above_median_hits": SLOW,
        "runs": msgspec.to_builtins(figures),
    }


def show(figures: Sequence[Figure]) -> None:
    """Prints a line a run."""
    table = Table(
        "", "", "requests", "not hit", "median hit", "slowest", "slow hits", "slow others", title="times in ms"
    )
    for each in figures:
        slow = Counter(each.slow)
        found = Counter(each.answers)
        others = str(found.total() - found["hit"] - found["stale"])
        times = (f"{each.median_hit_ms:.2f}", f"{each.slowest_ms:.1f}")
        hits = slow["hit"] + slow["stale"]
        table.add_row(
            each.combination, each.mode, str(each.requests), others, *times, str(hits), str(slow.total() - hits)
        )
    Console().print(table)


def _renew(stack: Stack, name: str, settings: dict[str, str]) -> None:
    """Fresh processes and an empty Redis; a machine that stalls for a moment is not to count as a Redis in trouble."""
    stack.service(name).restart(settings | {"CACHE_TIMEOUT": PATIENCE_S})
    with closing(redis.Redis.from_url(stack.cache_url, socket_timeout=REDIS_TIMEOUT_S)) as client:
        client.flushall()


def _figure(name: str, mode: str, asked: Sequence[Asked]) -> Figure:
    typical = median(each.seconds for each in asked if each.cache == "hit")
    return Figure(
        combination=name,
        mode=mode,
        requests=len(asked),
        answers=dict(Counter(each.cache for each in asked)),
        median_hit_ms=round(1000 * typical, 3),
        slowest_ms=round(1000 * max(each.seconds for each in asked), 1),
        slow=dict(Counter(each.cache for each in asked if each.seconds > SLOW * typical)),
    )


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m loadtests.expiry", description=__doc__)
    parser.add_argument("--rounds", type=int, default=2, help="rounds, each with and without refresh (2)")
    parser.add_argument("--seconds", type=float, default=16, help="seconds of load in each run (16)")
    parser.add_argument("--rate", type=float, default=100, help="requests per second (100)")
    parser.add_argument("--lifetime", type=float, default=2, help="CACHE_LIFETIME in seconds (2)")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
