"""Whether the load generator was held back: then its figures are its own and not the service's."""

from typing import Final

from loadtests.schema.result import Result
from loadtests.schema.server import Process

# Of the cores that it may use; above this it is measured itself.
SATURATED: Final = 0.9
# Of the latency: as much of it may be k6 waiting for a core, before it is no longer the service's.
WAITED_SHARE: Final = 0.25
# The waits of all its threads are added, also of those that no answer waits for: on a quiet machine 1 to 2 ms a request
# where answers take 5 ms, and 3 to 4 ms where the database beside it has the core.
WAITED_MS: Final = 3.0
# Of a visitor's round, and how many requests make such a share sure: thinking varies by 0.29 of its mean.
LATE_SHARE: Final = 0.15
ENOUGH_REQUESTS: Final = 200
GENERATOR: Final = "k6"


def starvation(result: Result) -> str | None:
    """Why a cell's load generator was held back; null when it was not, or that is unknown."""
    return next(iter(result.held_back), None) or _saturated(result) or _without_a_core(result) or _late(result)


def _saturated(result: Result) -> str | None:
    server = result.server
    if server is None or GENERATOR not in server.programs:
        return None
    return saturated(server.programs[GENERATOR].cpu_s, result.duration_s, server.cores.get(GENERATOR, 1))


def saturated(cpu_s: float, seconds: float, cores: int) -> str | None:
    share = cpu_s / seconds / max(1, cores)
    return f"k6 used {share:.0%} of the cores that it may use" if share >= SATURATED else None


def _without_a_core(result: Result) -> str | None:
    """Of several, the one that waited longest: each sent about as many requests."""
    waits = _waits(result.server.processes) if result.server else []
    longest = max(waits, default=None) if result.generators > 1 else sum(waits) if waits else None
    return without_a_core(longest, result.requests // result.generators, result.latency_ms.avg)


def _waits(processes: list[Process]) -> list[float]:
    return [each.waited_s for each in processes if each.program == GENERATOR and each.waited_s is not None]


def without_a_core(waited_s: float | None, requests: int, average_ms: float | None) -> str | None:
    """The kernel says how long k6 could have run and had no core, which is the harm that a busy core does."""
    if waited_s is None or not requests or not average_ms:
        return None
    each = waited_s * 1000 / requests
    if each < WAITED_MS or each < WAITED_SHARE * average_ms:
        return None
    return f"k6 waited {each:.1f} ms a request for a core, the average latency was {average_ms:.1f} ms"


def _late(result: Result) -> str | None:
    seen = result.server is not None and result.server.processes
    return late(result, result.vus) if seen else None


def late(result: Result, visitors: int) -> str | None:
    """By Little's law a visitor's round lasts VUs / throughput; what is not thinking or latency is k6 being late."""
    if result.rate_rps is not None or result.requests < ENOUGH_REQUESTS or not result.throughput_rps:
        return None
    planned = result.think_time_s + (result.latency_ms.avg or 0.0) / 1000
    lasted = visitors / result.throughput_rps
    if lasted <= planned * (1 + LATE_SHARE):
        return None
    return f"visitors came round every {lasted:.2f} s, thinking and latency take {planned:.2f} s: k6 was late"
