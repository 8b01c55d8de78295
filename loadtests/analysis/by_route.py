"""What binds each route of the head to head, by the utilization law: what is busiest for each request."""

from collections.abc import Sequence
from statistics import fmean

import msgspec

from loadtests.analysis.batches import Cells
from loadtests.analysis.resources import DATABASE, REDIS, SERVICE, servers_of
from loadtests.schema.result import Result


class RouteBottleneck(msgspec.Struct, frozen=True):
    """The part that is busiest while a service has its turn; `share` is how busy, `demands` ms of CPU by part.

    `cause` is the costliest statement of the route, where the database binds.
    """

    name: str
    share: float
    demands: dict[str, float]
    cause: str | None = None


def by_route(rounds: Sequence[Cells]) -> dict[str, dict[str, RouteBottleneck]]:
    """By phase and combination; none where CPU was not captured."""
    results = {name: [cells[name] for cells in rounds if name in cells] for cells in rounds for name in cells}
    phases = dict.fromkeys(phase for each in results.values() for result in each for phase in result.head_to_head)
    found = {
        phase: {name: one for name, each in results.items() if (one := _bottleneck(each, phase))} for phase in phases
    }
    return {phase: row for phase, row in found.items() if row}


def _bottleneck(results: Sequence[Result], phase: str) -> RouteBottleneck | None:
    known = [result for result in results if phase in result.head_to_head and result.server]
    demands = {name: ms for name in (SERVICE, DATABASE, REDIS) if (ms := _demand(known, phase, name)) is not None}
    averages = [avg for result in known if (avg := result.head_to_head[phase].latency_ms.avg)]
    if not demands or not averages:
        return None
    last = known[-1]
    rate = last.head_to_head[phase].visitors / fmean(averages)
    shares = {name: rate * ms / servers_of(last, name) for name, ms in demands.items()}
    name = max(shares, key=shares.__getitem__)
    cause = _statement(last, last.head_to_head[phase].route) if name == DATABASE else None
    return RouteBottleneck(name, min(1.0, shares[name]), demands, cause)


def _demand(results: Sequence[Result], phase: str, name: str) -> float | None:
    """Over all requests of the starts together."""
    parts = [result.head_to_head[phase] for result in results]
    spent = [(getattr(part, f"{name}_cpu_ms"), part.requests) for part in parts]
    known = [(ms, count) for ms, count in spent if ms is not None and count]
    return sum(ms * count for ms, count in known) / sum(count for _, count in known) if known else None


def _statement(result: Result, route: str) -> str | None:
    mine = [one for one in result.server.statements if route in one.routes] if result.server else []
    first = max(mine, key=lambda one: one.total_ms, default=None)
    return f"{first.statement}, {first.avg_ms:.1f} ms each" if first else None
