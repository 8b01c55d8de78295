"""What kept each combination from being faster: the part that was busiest while it was measured."""

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Final

import msgspec

from loadtests.results_schema import Result

THINK_TIME: Final = "think time"
NOT_CAPTURED: Final = "the server's side was not captured: `make matrix` does, k6 by hand cannot"


class Bottleneck(msgspec.Struct, frozen=True):
    """The busiest part and its share of the time; where that is unknown, the reason."""

    name: str | None
    share: float | None
    shares: dict[str, float]
    reason: str | None = None


def shares_of(result: Result) -> dict[str, float]:
    """Gives how busy each part was, as a share of the cores it may use, and of think time.

    Empty when the server's side was not captured.
    """
    server = result.server
    if server is None or not server.programs:
        return {}
    shares = {
        name: usage.cpu_s / result.duration_s / max(1, server.cores.get(name, 1))
        for name, usage in server.programs.items()
    }
    cycle = result.think_time_s + (result.latency_ms.avg or 0.0) / 1000
    return shares | ({THINK_TIME: result.think_time_s / cycle} if cycle else {})


def bottleneck(results: Sequence[Result]) -> Bottleneck:
    """Gives the busiest part of one combination, by the median over its rounds."""
    rounds = [shares for result in results if (shares := shares_of(result))]
    if not rounds:
        return Bottleneck(None, None, {}, NOT_CAPTURED)
    names = sorted(set.intersection(*(set(shares) for shares in rounds)))
    shares = {name: round(median(one[name] for one in rounds), 4) for name in names}
    busiest = max(shares, key=lambda name: shares[name])
    return Bottleneck(busiest, shares[busiest], shares)


def bottlenecks(rounds: Sequence[Mapping[str, Result]]) -> dict[str, Bottleneck]:
    """Gives the bottleneck of every combination that has a cell which counts."""
    names = dict.fromkeys(name for cells in rounds for name in cells)
    return {name: bottleneck([cells[name] for cells in rounds if name in cells]) for name in names}
