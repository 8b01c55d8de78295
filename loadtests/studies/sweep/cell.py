"""One cell of a sweep: its load, and its result."""

from typing import Final

import msgspec

from loadtests.analysis.limit import GENERATOR, NOT_THE_SERVICE, limit_of
from loadtests.analysis.void import RULES, voided
from loadtests.schema.result import Result
from loadtests.schema.sweep import Cell
from loadtests.studies.sweep.factors import Point
from loadtests.studies.sweep.options import WARM_UP_S

# Of a load without think time k6 always waits for its core; what counts is whose the cores were.
VOIDED_BY: Final = frozenset(rule.name for rule in RULES) - {"load generator"}
PLACES: Final = 4


def variables(point: Point, seconds: float) -> dict[str, str]:
    return {
        "VUS": f"{point.settings['concurrency']:.0f}",
        "HIT_RATIO": f"{point.settings['hit_ratio']:g}",
        "THINK": "0",
        "RATE": "",
        "DURATION": f"{seconds:g}",
        "WARM_UP": f"{WARM_UP_S:g}",
    }


def cell_of(result: Result, number: int, passed: int, point: Point) -> Cell:
    limit = limit_of(result)
    void = voided(result, VOIDED_BY)
    if limit.name in NOT_THE_SERVICE:
        void.append(f"the service was not the limit: {limit.sentence}")
    server = result.server
    statements = server.statements if server else []
    executions = sum(statement.executions for statement in statements)
    return Cell(
        number=number,
        passed=passed,
        factor=point.factor,
        level=point.level,
        settings=point.settings,
        combination=result.combination,
        requests=result.requests,
        failed=result.failed + result.checks_failed,
        throughput_rps=result.throughput_rps,
        latency_ms=msgspec.to_builtins(result.latency_ms),
        hit_ratio=result.cache.hit_ratio,
        database_ms=round(sum(statement.total_ms for statement in statements) / executions, PLACES)
        if executions
        else None,
        cpu_cores=limit.cores_used,
        k6_share=limit.cores_used.get(GENERATOR),
        limit=limit.name,
        limit_sentence=limit.sentence,
        injected=result.injected,
        void=void,
    )


def unmeasured(number: int, passed: int, point: Point, name: str, reason: str) -> Cell:
    return Cell(
        number=number,
        passed=passed,
        factor=point.factor,
        level=point.level,
        settings=point.settings,
        combination=name,
        void=[reason],
    )
