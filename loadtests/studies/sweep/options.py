"""What a sweep is asked for, beside the plan that all runs share."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from loadtests.report.numbers import MINUTE_S
from loadtests.schema.options import Option, decimal, study_parser
from loadtests.schema.plan import Plan, UnusableInput, number, read_plan
from loadtests.studies.sweep.factors import BY_NAME, points, settings_of
from loadtests.studies.sweep.here import Here

WARM_UP_S: Final = 1.5
# Around a cell: the service is stopped and started, the machine settles, k6 starts and ends.
AROUND_S: Final = 4.0
# Before all cells, for each ledger: the service is stopped and started, and read.
LEDGER_S: Final = 1.5
SHORTEST_S: Final = 1.0
# Another pass over all points tells more than cells that are longer than this.
ENOUGH_S: Final = 4.0

DESCRIPTION: Final = """
Varies one factor at a time around a stated centre - concurrency, distance of the database, hit ratio, database
connections, threads - and says where async, or the cache, becomes better or worse, with an interval.
"""
EPILOG: Final = """
Each option is also a variable: MINUTES=60 make matrix PROFILE=sweep. More minutes make more passes over all points,
and so tighter intervals. --combinations, --port-base, --workers and --results are those of `python -m loadtests.run`.
docs/studies.md explains the figures.

You are here: your own figures beside an earlier sweep, without measuring anything.

  python -m loadtests.sweep --minutes 12
  python -m loadtests.sweep --factors database_ms,hit_ratio
  python -m loadtests.sweep --read loadtests/results/.../sweep.json --database-ms 20 --hit-ratio 0.9 --visitors 200
"""
OPTIONS: Final[tuple[Option, ...]] = (
    ("minutes", "30", "how long it may take, after the stack is up"),
    ("seed", "1", "of the order of the points"),
    ("factors", ",".join(BY_NAME), "those that are swept"),
    ("read", "", "a sweep.json: says what it holds, and measures nothing"),
    ("database-ms", "", "your database milliseconds per request"),
    ("hit-ratio", "", "your cache's hit ratio, or the one that you expect, from 0 to 1"),
    ("visitors", "", "your requests at once"),
    ("json", "", "also write the figures to this file"),
)


class Asked(NamedTuple):
    """The sweep: its passes over all points and the seconds that each cell is measured."""

    minutes: float
    passes: int
    measured_s: float
    seed: int
    factors: tuple[str, ...]
    read: Path | None
    here: Here
    json: Path | None = None


def read_asked(arguments: Sequence[str] | None) -> tuple[Asked, Plan]:
    """Gives what was asked for; raises UnusableInput."""
    options, rest = study_parser("sweep", DESCRIPTION, EPILOG, OPTIONS).parse_known_args(arguments)
    plan = read_plan(["--profile", "sweep", *rest])
    if plan.stack != "local":
        raise UnusableInput(f"STACK={plan.stack}: a sweep starts services with other settings, so it needs STACK=local")
    factors = tuple(dict.fromkeys(name.strip() for name in options.factors.split(",")))
    if unknown := [name for name in factors if name not in BY_NAME]:
        raise UnusableInput(f"FACTORS={options.factors}: there is no {unknown[0]}, choose from {', '.join(BY_NAME)}")
    minutes = decimal("MINUTES", options.minutes, 0.1, 24 * 60)
    passes, measured = (1, SHORTEST_S) if options.read else _times(minutes, factors, len(plan.names))
    here = Here(
        _optional("DATABASE_MS", options.database_ms, 0, 100_000),
        _optional("HIT_RATIO", options.hit_ratio, 0, 1),
        _optional("VISITORS", options.visitors, 1, 1_000_000),
    )
    read, json = (Path(path) if path else None for path in (options.read, options.json))
    return Asked(minutes, passes, measured, number("SEED", options.seed, 0, 10**9), factors, read, here, json), plan


def _times(minutes: float, factors: Sequence[str], combinations: int) -> tuple[int, float]:
    """Gives the passes that fit, and the seconds of a cell with which they fill the time."""
    around, cells = WARM_UP_S + AROUND_S, len(points(factors)) * combinations
    ledgers = len(settings_of(factors)) * combinations * LEDGER_S
    seconds = minutes * MINUTE_S - ledgers
    passes = max(1, int(seconds / (cells * (around + ENOUGH_S))))
    measured = seconds / (cells * passes) - around
    if measured < SHORTEST_S:
        least = math.ceil((ledgers + cells * (around + SHORTEST_S)) / MINUTE_S)
        raise UnusableInput(
            f"MINUTES={minutes:g}: {cells} cells need {least} at least; sweep fewer FACTORS= or COMBINATIONS="
        )
    return passes, round(measured, 1)


def _optional(name: str, text: str, low: float, high: float) -> float | None:
    return decimal(name, text, low, high) if text else None
