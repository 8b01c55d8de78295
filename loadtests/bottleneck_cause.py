"""What is behind a bottleneck: the statement or route that it works for, and who else was on its core."""

from collections.abc import Sequence
from typing import Final

from loadtests.counters import by_label
from loadtests.resources import AWAY, CONNECTIONS, DATABASE, PLACES, SERVICE, THINK_TIME
from loadtests.results_schema import Result

OF_THE_DATABASE: Final = frozenset({DATABASE, CONNECTIONS, AWAY})
OF_THE_SERVICE: Final = frozenset({SERVICE, PLACES})
NAMED_FROM: Final = 0.01


def cause_of(name: str, results: Sequence[Result]) -> str | None:
    """Gives a sentence without its full stop, of the last round; null where nothing more is known."""
    result = results[-1]
    if name == THINK_TIME:
        return "visitors wait for nothing but their own thinking; a quicker service would serve no more of them"
    found = []
    if name in OF_THE_DATABASE and (statement := _statement(result)):
        found.append(statement)
    if name in OF_THE_SERVICE and (route := _route(result)):
        found.append(route)
    if shared := _core(name, result):
        found.append(shared)
    return "; ".join(found) or None


def _statement(result: Result) -> str | None:
    statements = result.server.statements if result.server else []
    every = sum(one.total_ms for one in statements)
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
    """A core that several programs share is named with what each had of it."""
    cores = result.server.core_use if result.server else {}
    for number, core in cores.items():
        if name in core.programs and len(core.programs) > 1:
            used = {program: share for program, share in core.programs.items() if share >= NAMED_FROM}
            parts = [f"{program} {share:.0%}" for program, share in sorted(used.items(), key=lambda item: -item[1])]
            rest = core.busy - sum(core.programs.values())
            parts += [f"others {rest:.0%}"] if rest >= NAMED_FROM else []
            return f"core {number} was {core.busy:.0%} busy: {', '.join(parts)}"
    return None
