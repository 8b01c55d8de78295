"""The third cure: what the costliest statement costs the database, and the gain if it were twice as fast."""

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from loadtests.analysis.effects import interval
from loadtests.schema.result import Result


class StatementCure(msgspec.Struct, frozen=True):
    """The costliest statement, its share of all statements' time, and the database before and after halving it.

    `busy` is the utilization of the database's cores, `limit_rps` the requests per second at which it would be 1;
    `_after` is each at the same load if the statement took half its time. They are means over rounds; `_low` and
    `_high` are the 95 % interval over rounds, null for one round.
    """

    statement: str
    routes: list[str]
    share: float
    busy: float
    busy_after: float
    limit_rps: float
    limit_rps_after: float
    busy_after_low: float | None = None
    busy_after_high: float | None = None
    limit_rps_after_low: float | None = None
    limit_rps_after_high: float | None = None


class _Round(NamedTuple):
    """One round: the statement's share, database seconds per request, requests per second."""

    share: float
    demand_s: float
    throughput_rps: float

    @property
    def left(self) -> float:
        """The remaining share of the demand if the statement takes half its time."""
        return 1 - self.share / 2


def statement_cure(results: Sequence[Result]) -> StatementCure | None:
    """What halving the costliest statement of a combination would save; null if no statement was recorded.

    By the utilization law, U = X D: with X requests per second and D core seconds per request, the database is busy for
    the share U of the time and can serve 1/D. A statement with the share s of all statements' time is assumed to have
    that share of D, so halving it leaves D (1 - s/2). Source: P. Denning and J. Buzen, "The Operational Analysis of
    Queueing Network Models", ACM Computing Surveys 10 (1978).
    """
    statement, routes = _costliest(results)
    rounds = [saving for result in results if (saving := _round(result, statement))]
    if not rounds:
        return None
    busy = interval([saving.throughput_rps * saving.demand_s * saving.left for saving in rounds])
    limit = interval([1 / (saving.demand_s * saving.left) for saving in rounds])
    return StatementCure(
        statement,
        routes,
        share=interval([saving.share for saving in rounds]).mean,
        busy=interval([saving.throughput_rps * saving.demand_s for saving in rounds]).mean,
        busy_after=busy.mean,
        limit_rps=interval([1 / saving.demand_s for saving in rounds]).mean,
        limit_rps_after=limit.mean,
        busy_after_low=busy.low,
        busy_after_high=busy.high,
        limit_rps_after_low=limit.low,
        limit_rps_after_high=limit.high,
    )


def _costliest(results: Sequence[Result]) -> tuple[str, list[str]]:
    times: defaultdict[str, float] = defaultdict(float)
    routes: dict[str, list[str]] = {"": []}
    for result in results:
        for statement_line in result.server.statements if result.server else []:
            times[statement_line.statement] += statement_line.total_ms
            routes[statement_line.statement] = statement_line.routes
    statement = max(times, key=lambda name: times[name], default="")
    return statement, routes[statement]


def _round(result: Result, statement: str) -> _Round | None:
    times = [(line.statement, line.total_ms) for line in result.server.statements] if result.server else []
    every, demand = sum(spent for _, spent in times), _demand_s(result)
    if not every or not demand:
        return None
    mine = sum(spent for name, spent in times if name == statement)
    return _Round(mine / every, demand, result.throughput_rps)


def _demand_s(result: Result) -> float | None:
    """Core seconds of the database per request."""
    if not result.server or "database" not in result.server.programs or not result.requests:
        return None
    cores = max(1, result.server.cores.get("database", 1))
    return result.server.programs["database"].cpu_s / cores / result.requests
