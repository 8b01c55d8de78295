"""The third cure: what one statement costs the database, and what it would save to make it twice as fast."""

from collections import defaultdict
from collections.abc import Sequence
from statistics import median

import msgspec

from loadtests.results_schema import Result


class StatementCure(msgspec.Struct, frozen=True):
    """The statement that costs most, its share of all statements' time, and the database with and without half of it.

    `busy` is the share of its cores' time that the database works, `limit_rps` the requests per second at which it
    would work all the time; `_after` is each at the same load if the statement took half its time.
    """

    statement: str
    routes: list[str]
    share: float
    busy: float
    busy_after: float
    limit_rps: float
    limit_rps_after: float


def statement_cure(results: Sequence[Result]) -> StatementCure | None:
    """Gives what the costliest statement of one combination's rounds would save; null where none was recorded.

    By the utilization law, U = X D: with X requests per second and D seconds of a core for each, the database works U
    of the time, and can serve 1/D. A statement that takes a share s of the time of all statements is taken to have that
    share of D, so half of it leaves D (1 - s/2). The source is P. Denning and J. Buzen, "The Operational Analysis of
    Queueing Network Models", ACM Computing Surveys 10 (1978).
    """
    times: defaultdict[str, float] = defaultdict(float)
    routes: dict[str, list[str]] = {}
    for result in results:
        for one in result.server.statements if result.server else []:
            times[one.statement] += one.total_ms
            routes[one.statement] = one.routes
    demands = [demand for result in results if (demand := _demand_s(result))]
    total = sum(times.values())
    if not demands or not total:
        return None
    statement = max(times, key=lambda name: times[name])
    share, demand = times[statement] / total, median(demands)
    busy = median(result.throughput_rps for result in results) * demand
    left = 1 - share / 2
    return StatementCure(statement, routes[statement], share, busy, busy * left, 1 / demand, 1 / (demand * left))


def _demand_s(result: Result) -> float | None:
    """Seconds of the database's cores for each request."""
    if not result.server or "database" not in result.server.programs or not result.requests:
        return None
    cores = max(1, result.server.cores.get("database", 1))
    return result.server.programs["database"].cpu_s / cores / result.requests
