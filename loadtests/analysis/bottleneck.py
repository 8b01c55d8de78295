"""The bottleneck of each combination, with its cause: a statement or route, and other programs on its core."""

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Final

import msgspec

from loadtests.analysis.resources import (
    AWAY,
    CONNECTIONS,
    DATABASE,
    GENERATOR,
    PLACES,
    REDIS,
    SERVICE,
    THINK_TIME,
    resources_of,
)
from loadtests.schema.result import Result
from loadtests.schema.server import by_label

OF_THE_DATABASE: Final = frozenset({DATABASE, CONNECTIONS, AWAY})
OF_THE_SERVICE: Final = frozenset({SERVICE, PLACES})
NAMED_FROM: Final = 0.01


def cause_of(name: str, results: Sequence[Result]) -> str | None:
    """A sentence about the last round, without its full stop; null if nothing more is known."""
    result = results[-1]
    if name == THINK_TIME:
        return "visitors wait for nothing but their own thinking; a quicker service would serve no more of them"
    parts = []
    if name in OF_THE_DATABASE and (statement := _statement(result)):
        parts.append(statement)
    if name in OF_THE_SERVICE and (route := _route(result)):
        parts.append(route)
    if shared := _core(name, result):
        parts.append(shared)
    return "; ".join(parts) or None


def _statement(result: Result) -> str | None:
    statements = result.server.statements if result.server else []
    every = sum(statement.total_ms for statement in statements)
    if not every:
        return None
    first = statements[0]
    who = f" of {', '.join(first.routes)}" if first.routes else ""
    return (
        f"{first.statement}{who} takes {first.total_ms / every:.0%} of the statements' time, "
        f"{first.avg_ms:.1f} ms each of {first.executions}"
    )


def _route(result: Result) -> str | None:
    times = by_label(result.server.counters, "http_request_seconds_sum", "route") if result.server else {}
    if not (every := sum(times.values())):
        return None
    route = max(times, key=lambda name: times[name])
    return f"{route} takes {times[route] / every:.0%} of the handlers' time"


def _core(name: str, result: Result) -> str | None:
    """Each program's share of a core that several use."""
    cores = result.server.core_use if result.server else {}
    for number, core in cores.items():
        if name in core.programs and len(core.programs) > 1:
            used = {program: share for program, share in core.programs.items() if share >= NAMED_FROM}
            parts = [f"{program} {share:.0%}" for program, share in sorted(used.items(), key=lambda item: -item[1])]
            rest = core.busy - sum(core.programs.values())
            parts += [f"others {rest:.0%}"] if rest >= NAMED_FROM else []
            return f"core {number} was {core.busy:.0%} busy: {', '.join(parts)}"
    return None


NOT_CAPTURED: Final = "the server's side was not captured: `make matrix` does, k6 by hand cannot"
# Above this a single server has a queue of four or more requests, on average.
SATURATED: Final = 0.8
# A full core limits its largest user even if others use the rest of it; think time has no such limit.
FULL: Final = 0.95
LARGE: Final = 0.25
THINKING: Final = 0.9
PROCESSORS: Final = (DATABASE, SERVICE, REDIS, GENERATOR)
ORDER: Final = (PROCESSORS, (CONNECTIONS,), (PLACES,))
DELAYS: Final = (THINK_TIME, AWAY)


class Bottleneck(msgspec.Struct, frozen=True):
    """The binding resource and its share of the time; if that is unknown, the reason.

    `demands` are ms per request. `saturated_at_vus` is the number of visitors at which it saturates: a visitor's cycle
    without waiting, divided by the demand. `cause` is what it works for.
    """

    name: str | None
    share: float | None
    shares: dict[str, float]
    reason: str | None = None
    demands: dict[str, float] = {}
    saturated_at_vus: float | None = None
    cause: str | None = None


def bottleneck(results: Sequence[Result]) -> Bottleneck:
    """The bottleneck of one combination, by the medians over its rounds."""
    rounds = [by_name for result in results if (by_name := {each.name: each for each in resources_of(result)})]
    if not rounds:
        return Bottleneck(None, None, {}, NOT_CAPTURED)
    names = [name for name in rounds[0] if all(name in resources for resources in rounds)]
    shares = {name: round(median(resources[name].share for resources in rounds), 4) for name in names}
    demands = {
        name: round(median(known), 4)
        for name in names
        if (known := [ms for resources in rounds if (ms := resources[name].demand_ms) is not None])
    }
    full = _largest_user_of_a_full_core(results)
    binding = _saturated(shares, full) or max(
        (name for name in DELAYS if name in shares),
        key=lambda name: shares[name],
        default=max(shares, key=shares.__getitem__),
    )
    return Bottleneck(
        binding,
        shares[binding],
        shares,
        demands=demands,
        saturated_at_vus=_saturation(binding, demands, results[0]),
        cause=cause_of(binding, results),
    )


def bottlenecks(rounds: Sequence[Mapping[str, Result]]) -> dict[str, Bottleneck]:
    """The bottleneck of every combination with a valid cell."""
    names = dict.fromkeys(name for cells in rounds for name in cells)
    return {name: bottleneck([cells[name] for cells in rounds if name in cells]) for name in names}


def _saturated(shares: Mapping[str, float], full: str | None) -> str | None:
    for group in ORDER:
        busy = [name for name in group if shares.get(name, 0.0) >= SATURATED]
        if busy:
            return max(busy, key=lambda name: shares[name])
        if group is PROCESSORS and full in shares and shares.get(THINK_TIME, 0.0) < THINKING:
            return full
    return None


def _largest_user_of_a_full_core(results: Sequence[Result]) -> str | None:
    users = [_user(result) for result in results]
    return max(set(users), key=users.count) if users else None


def _user(result: Result) -> str | None:
    for core in result.server.core_use.values() if result.server else ():
        if core.busy >= FULL and core.programs:
            name = max(core.programs, key=lambda program: core.programs[program])
            if core.programs[name] >= LARGE:
                return name
    return None


def _saturation(name: str, demands: Mapping[str, float], result: Result) -> float | None:
    """Denning and Buzen's saturation point, N* = (Z + R without waiting) / D, for a resource of one server."""
    demand = demands.get(name)
    if name in DELAYS or not demand:
        return None
    alone = sum(ms for part, ms in demands.items() if part in (DATABASE, SERVICE, REDIS))
    servers = result.server.limits.get(name, 1) if result.server else 1
    return round((result.think_time_s * 1000 + alone) / demand * servers, 1)
