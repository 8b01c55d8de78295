"""Whether the load generator was starved of CPU: then its figures describe k6 and not the service."""

from typing import Final

from loadtests.schema.result import Result
from loadtests.schema.server import Process

# Share of its cores; above this k6 itself is measured.
SATURATED: Final = 0.9
# Share of the latency that may be k6 waiting for a core.
WAITED_SHARE: Final = 0.25
# The waits of all threads are added, including those that delay no answer: with answers of 5 ms it is 1 to 2 ms per
# request on a quiet machine, and 3 to 4 ms with the database on the same core.
WAITED_MS: Final = 3.0
# Share of a visitor's cycle, and the requests that make it significant: think time varies by 0.29 of its mean.
LATE_SHARE: Final = 0.15
ENOUGH_REQUESTS: Final = 200
GENERATOR: Final = "k6"


def starvation(result: Result) -> str | None:
    """Why a cell's load generator was starved; null if it was not or that is unknown."""
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
    """Of several k6 processes, the one that waited longest: each sent about the same number of requests."""
    waits = _waits(result.server.processes) if result.server else []
    longest = max(waits, default=None) if result.generators > 1 else sum(waits) if waits else None
    return without_a_core(longest, result.requests // result.generators, result.latency_ms.avg)


def _waits(processes: list[Process]) -> list[float]:
    return [each.waited_s for each in processes if each.program == GENERATOR and each.waited_s is not None]


def without_a_core(waited_s: float | None, requests: int, average_ms: float | None) -> str | None:
    """The kernel counts how long k6 was runnable without a core, which is the harm done by a busy core."""
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
    """By Little's law a visitor's cycle lasts VUs / throughput; what exceeds think time and latency is k6's delay."""
    if result.rate_rps is not None or result.requests < ENOUGH_REQUESTS or not result.throughput_rps:
        return None
    planned = result.think_time_s + (result.latency_ms.avg or 0.0) / 1000
    lasted = visitors / result.throughput_rps
    if lasted <= planned * (1 + LATE_SHARE):
        return None
    return f"visitors came round every {lasted:.2f} s, thinking and latency take {planned:.2f} s: k6 was late"
